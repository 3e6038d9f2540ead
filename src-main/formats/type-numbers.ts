/** Numbers for species in formats that know only types 1, 2, …: one numbering for all frames of a file. */
import { numberOfTypeName } from './species.ts';

export class TypeNumbers {
  private readonly numbers = new Map<string, number>();

  /** @param species names of the types 1, 2, … that are fixed beforehand */
  constructor(species: readonly string[] = []) {
    for (const name of species) if (!this.numbers.has(name)) this.numbers.set(name, this.numbers.size + 1);
  }

  /** Number of a species, from 1; a name 'type3' stands for itself while that number is free. */
  numberOf(name: string): number {
    const known = this.numbers.get(name);
    if (known !== undefined) return known;
    const taken = new Set(this.numbers.values());
    let number = numberOfTypeName(name) ?? 1;
    while (taken.has(number)) number++;
    this.numbers.set(name, number);
    return number;
  }

  /** Highest number given. */
  get count(): number {
    return Math.max(0, ...this.numbers.values());
  }

  /** Names of the types 1 … count; 'typeN' where a number was not given. */
  names(): string[] {
    const names = Array.from({ length: this.count }, (_, k) => `type${k + 1}`);
    for (const [name, number] of this.numbers) names[number - 1] = name;
    return names;
  }
}
