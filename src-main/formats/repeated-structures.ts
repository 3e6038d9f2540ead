/** Structures that occur more than once with different energies: a fit can follow one of them at most. */
import { atomCount, type Configuration } from '../../src-compute/structure/configuration.ts';

/** Energies of one structure that differ by more than this contradict each other, eV/atom. */
const SAME_ENERGY = 1e-3;

interface Energies {
  /** eV/atom */
  low: number;
  high: number;
}

/** Collects energies by structure, of which a number of 53 bits is kept. */
export class RepeatedStructures {
  private readonly energies = new Map<number, Energies>();

  add(configuration: Configuration): void {
    const { energy } = configuration;
    const atoms = atomCount(configuration);
    // isolated atoms are looked at by the fit
    if (energy === undefined || atoms < 2) return;
    const key = fingerprint(configuration);
    const perAtom = energy / atoms;
    const known = this.energies.get(key);
    if (known === undefined) this.energies.set(key, { low: perAtom, high: perAtom });
    else {
      known.low = Math.min(known.low, perAtom);
      known.high = Math.max(known.high, perAtom);
    }
  }

  /** A sentence where labels contradict each other. */
  findings(): string[] {
    const gaps = [...this.energies.values()]
      .map(({ low, high }) => high - low)
      .filter((gap) => gap > SAME_ENERGY);
    if (gaps.length === 0) return [];
    const largest = gaps.reduce((most, gap) => Math.max(most, gap), 0);
    const [what, they] =
      gaps.length === 1 ? ['1 structure occurs', 'it has'] : [`${gaps.length} structures occur`, 'they have'];
    return [
      `Expected one energy for one structure, but ${what} more than once and ${they} energies that differ, by up to ${(1000 * largest).toPrecision(3)} meV/atom: they may be of different methods or settings. Keep one of them.`,
    ];
  }
}

/** Two 32-bit FNV-1a sums over the bits of elements, positions and cell, as one number. */
function fingerprint({ symbols, kinds, positions, cell }: Configuration): number {
  let [a, b] = [0x811c9dc5, 0x1000193];
  const mix = (word: number) => {
    a = Math.imul(a ^ word, 0x01000193);
    b = Math.imul(b ^ word ^ (a >>> 15), 0x85ebca6b);
  };
  for (const numbers of [positions, cell]) {
    for (const word of new Uint32Array(numbers.buffer, numbers.byteOffset, 2 * numbers.length)) mix(word);
  }
  for (const kind of kinds) for (let k = 0; k < symbols[kind].length; k++) mix(symbols[kind].charCodeAt(k));
  return (a >>> 11) * 4294967296 + (b >>> 0);
}
