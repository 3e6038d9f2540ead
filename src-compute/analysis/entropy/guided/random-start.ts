/** Random structures of given composition and volume, to start from. */
import { StructureError } from '../../../errors.ts';
import { kindsFromSymbols, type Configuration } from '../../../structure/configuration.ts';
import type { Random } from '../../../sampling/random.ts';
import { randomSubset } from '../completeness.ts';

export interface RandomStructureSettings {
  /** Number of atoms of each element. */
  readonly composition: Readonly<Record<string, number>>;
  /** Range of the volume per atom, Å³. */
  readonly volume: readonly [number, number];
  /** Largest strain of the cubic cell in each of its six components; 0.1 by default. */
  readonly strain?: number;
}

/**
 * Atoms at uniformly random places in a randomly strained cubic cell, elements in random order.
 * @throws StructureError for no atoms or an impossible range of volumes
 */
export function randomStructure(settings: RandomStructureSettings, random: Random): Configuration {
  const perAtom: string[] = [];
  for (const [symbol, count] of Object.entries(settings.composition)) {
    for (let k = 0; k < count; k++) perAtom.push(symbol);
  }
  const n = perAtom.length;
  if (n === 0) throw new StructureError('A composition needs at least one atom, as in Si32 or Ga16As16.');
  const [low, high] = settings.volume;
  if (!(low > 0) || !(high >= low) || !Number.isFinite(high)) {
    throw new StructureError(
      'The range of volumes per atom must be two positive numbers, the smaller one first.',
      {
        remedy: 'Give Å³ per atom, such as 15,25.',
      },
    );
  }
  const volume = n * (low + (high - low) * random.uniform());
  const strain = settings.strain ?? 0.1;
  const draw = () => strain * (2 * random.uniform() - 1);
  const [xx, yy, zz, yz, xz, xy] = [1 + draw(), 1 + draw(), 1 + draw(), draw(), draw(), draw()];
  const length = Math.cbrt(volume / (xx * yy * zz));
  const cell = Float64Array.of(xx, 0, 0, xy, yy, 0, xz, yz, zz).map((x) => x * length);
  const positions = new Float64Array(3 * n);
  for (let i = 0; i < n; i++) positions.set(randomPlace(cell, random), 3 * i);
  const shuffled = Array.from(randomSubset(n, n, random), (k) => perAtom[k]);
  return { ...kindsFromSymbols(shuffled), positions, cell, periodic: [true, true, true] };
}

/** A uniformly random place in a cell, Å. */
export function randomPlace(cell: Float64Array, random: Random): number[] {
  const s = [random.uniform(), random.uniform(), random.uniform()];
  return [0, 1, 2].map((axis) => s[0] * cell[axis] + s[1] * cell[3 + axis] + s[2] * cell[6 + axis]);
}

/**
 * Composition of a formula such as Si32 or Ga16As16.
 * @throws StructureError when it is none
 */
export function compositionOf(formula: string): Record<string, number> {
  const composition: Record<string, number> = {};
  if (!/^([A-Z][a-z]?[0-9]*)+$/.test(formula)) {
    throw new StructureError(`${formula} is no formula.`, {
      remedy: 'Write elements with numbers: Si32, Ga16As16.',
    });
  }
  for (const [, symbol, digits] of formula.matchAll(/([A-Z][a-z]?)([0-9]*)/g)) {
    composition[symbol] = (composition[symbol] ?? 0) + (digits === '' ? 1 : Number(digits));
  }
  return composition;
}
