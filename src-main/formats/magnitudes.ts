/**
 * Units that the size of labels gives away. Total energies of programs that treat all electrons lie close to those of
 * free atoms, E(Z) ≈ −0.7687 Z^(7/3) + 0.5 Z² − 0.2699 Z^(5/3) hartree (Thomas–Fermi with the corrections of Scott and
 * Schwinger: Englert & Schwinger, Phys. Rev. A 32 (1985) 26; bonds change that by less than 1 %): their ratio to it
 * names the unit. Energies with pseudopotentials are far smaller, and say nothing.
 */
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { EV_PER_A3_IN_GPA, HARTREE_IN_EV } from '../../src-compute/units.ts';
import { summaryOf, type LabelSummary } from './label-summary.ts';
import { KCAL_PER_MOL_IN_EV } from './units.ts';

/** Relative width of the windows about the ratios. */
const WINDOW = 0.025;
/** Typical |pressure| that is still believed, GPa; the centre of the earth has 364. */
const LARGEST_PRESSURE = 500;

const UNITS = [
  { name: 'hartree', ratio: 1, heaviest: Infinity },
  // pseudopotentials of heavier elements come near to this ratio in eV
  { name: 'rydberg', ratio: 2, heaviest: 9 },
  { name: 'kcal/mol', ratio: HARTREE_IN_EV / KCAL_PER_MOL_IN_EV, heaviest: Infinity },
  { name: 'kJ/mol', ratio: (4.184 * HARTREE_IN_EV) / KCAL_PER_MOL_IN_EV, heaviest: Infinity },
] as const;

/** Sentences about energies and pressures whose size is that of another unit; empty when none is. */
export function checkMagnitudes(configurations: readonly Configuration[]): string[] {
  const summaries = configurations.map(summaryOf);
  return [...checkTotalEnergies(summaries), ...checkPressureSize(summaries)];
}

/** A sentence when total energies have the size of all electrons in another unit. */
export function checkTotalEnergies(summaries: readonly LabelSummary[]): string[] {
  const ratios: number[] = [];
  let heaviest = 0;
  for (const { energy, freeAtoms, heaviest: ofFrame } of summaries) {
    if (energy === undefined || !(energy < 0)) continue;
    heaviest = Math.max(heaviest, ofFrame);
    if (freeAtoms < 0) ratios.push(energy / freeAtoms);
  }
  if (ratios.length === 0) return [];
  const typical = median(ratios);
  const unit = UNITS.find(
    ({ ratio, heaviest: most }) => heaviest <= most && Math.abs(typical / ratio - 1) < WINDOW,
  );
  if (unit === undefined) return [];
  return [
    `Expected energies in eV, but their size is that of all electrons in ${unit.name}: read them with that unit, and look at the forces, which may be in its kin.`,
  ];
}

/** A sentence when pressures are larger than any that is believed. */
export function checkPressureSize(summaries: readonly LabelSummary[]): string[] {
  const sizes: number[] = [];
  for (const { pressure } of summaries)
    if (pressure !== undefined) sizes.push(Math.abs(pressure) * EV_PER_A3_IN_GPA);
  if (sizes.length === 0) return [];
  const typical = median(sizes);
  if (!(typical > LARGEST_PRESSURE)) return [];
  return [
    `Expected virials in eV or stresses in eV/Å³, but half of the pressures lie above ${typical.toPrecision(3)} GPa: the stresses look like GPa (then ${(typical / EV_PER_A3_IN_GPA).toPrecision(2)} GPa are meant) or kbar (${(typical / EV_PER_A3_IN_GPA / 10).toPrecision(2)} GPa).`,
  ];
}

function median(values: readonly number[]): number {
  // numbers in a typed array are sorted without a call for every comparison
  return Float64Array.from(values).sort()[values.length >> 1];
}
