/** The Lennard-Jones fluid with argon-like units, small enough for tests. */
import { lennardJonesFunctions, type LennardJonesModel } from '../../src-compute/potentials/pair/index.ts';
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { lattice, supercell } from '../../src-compute/structure/lattices.ts';
import { BOLTZMANN_EV_PER_K } from '../../src-compute/units.ts';
import { PairEngine } from './engines.ts';

export const EPSILON = 0.01;
export const SIGMA = 3.4;

/** Kelvin of a reduced temperature. */
export const kelvin = (reduced: number) => (reduced * EPSILON) / BOLTZMANN_EV_PER_K;

export function argonModel(
  reducedCutoff: number,
  truncation: 'shifted' | 'switched' | 'truncated',
): LennardJonesModel {
  const cutoff = reducedCutoff * SIGMA;
  return {
    form: 'lennard-jones',
    species: ['Ar'],
    cutoff,
    truncation,
    pairs: [{ species: ['Ar', 'Ar'], epsilon: EPSILON, sigma: SIGMA, cutoff, switchStart: 0.75 * cutoff }],
  };
}

/** fcc crystal of n³ cells at a reduced density. */
export function argonCrystal(n: number, reducedDensity: number): Configuration {
  const a = SIGMA * Math.cbrt(4 / reducedDensity);
  return supercell(lattice('fcc', ['Ar'], a), [n, n, n]);
}

export function argonEngine(configuration: Configuration, model: LennardJonesModel): PairEngine {
  return new PairEngine(configuration.kinds, lennardJonesFunctions(model));
}
