/**
 * Checks that need many configurations: labels that are missing, units and signs that look wrong (formats/checks).
 * Fed with one configuration after the other, it holds a window of bounded size.
 */
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { CheckedWindow } from '../../formats/index.ts';

/** Atoms and configurations that are compared with one another. */
const WINDOW_ATOMS = 300_000;
const WINDOW_CONFIGURATIONS = 10_000;

const LABELS = {
  energy: { noun: 'energy', all: 'an energy', expected: 'a total energy in eV' },
  forces: { noun: 'forces', all: 'forces', expected: 'forces in eV/Å' },
  virial: { noun: 'virial', all: 'a virial', expected: 'a virial in eV' },
} as const;
type LabelName = keyof typeof LABELS;

export class DatasetChecks {
  private count = 0;
  private readonly missing: Record<LabelName, number> = { energy: 0, forces: 0, virial: 0 };
  private readonly sentences = new Set<string>();
  /** Labels whose unit some window could check. */
  private readonly checked = { forces: false, virial: false };
  private window = new CheckedWindow();
  private atoms = 0;

  add(configuration: Configuration): void {
    this.count++;
    if (configuration.energy === undefined) this.missing.energy++;
    if (configuration.forces === undefined) this.missing.forces++;
    if (configuration.virial === undefined) this.missing.virial++;
    this.window.add(configuration);
    this.atoms += configuration.kinds.length;
    if (this.atoms > WINDOW_ATOMS || this.window.length >= WINDOW_CONFIGURATIONS) this.checkWindow();
  }

  private checkWindow(): void {
    const { findings, checked } = this.window.judge();
    for (const sentence of findings) this.sentences.add(sentence);
    this.checked.forces ||= checked.forces;
    this.checked.virial ||= checked.virial;
    this.window = new CheckedWindow();
    this.atoms = 0;
  }

  /** Sentences about units and signs alone. */
  units(): string[] {
    this.checkWindow();
    return [...this.sentences];
  }

  /** Sentences on labels that there are, and whose unit nothing here could tell. */
  unchecked(): string[] {
    this.checkWindow();
    const { missing, checked, count } = this;
    const sentences: string[] = [];
    if (missing.forces < count && !checked.forces)
      sentences.push(
        'The unit and sign of the forces could not be checked: for that neighbouring frames of a trajectory with energies are needed, or many covalent bonds of different length.',
      );
    if (missing.virial < count && !checked.virial)
      sentences.push(
        'The unit and sign of the virials could not be checked: for that several volumes of one composition are needed.',
      );
    return sentences;
  }

  /** Sentences for the user; none when nothing is suspicious. */
  findings(): string[] {
    this.checkWindow();
    const missing: string[] = [];
    for (const label of Object.keys(LABELS) as LabelName[]) {
      const count = this.missing[label];
      const { noun, all, expected } = LABELS[label];
      // many methods give no virial: that none has one is no surprise, that some have none is
      if (count === 0 || (label === 'virial' && count === this.count)) continue;
      missing.push(
        count === this.count
          ? `Expected ${expected} with every configuration, but none has ${all}.`
          : `Expected ${expected} with every configuration, but ${count} of ${this.count} have no ${noun}.`,
      );
    }
    return [...missing, ...this.sentences];
  }
}
