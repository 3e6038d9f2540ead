/**
 * What all pair potentials share: a function φ(r) per pair of species, E = Σ_{i<j} φ_{z_i z_j}(r_ij), how it ends at
 * its cutoff, and the plain evaluation of a configuration.
 *
 * | truncation | φ used | continuous at the cutoff |
 * |---|---|---|
 * | truncated | φ | nothing |
 * | shifted | φ(r) − φ(r_c) | energy |
 * | switched | φ(r)·S(x), x = (r − r_s)/(r_c − r_s) inside [r_s, r_c] | energy and two derivatives |
 *
 * S(x) = 1 − 10x³ + 15x⁴ − 6x⁵ has S′ = S″ = 0 at both ends.
 */
import { z } from 'zod';
import { PotentialError } from '../../errors.ts';
import { atomCount, type Configuration } from '../../structure/configuration.ts';
import { referencePairs, type PairList } from '../../structure/reference-pairs.ts';
import { speciesOfKinds } from '../moment-tensor/reference.ts';
import { cutoffField, speciesField } from '../bounds.ts';
import { emptyEvaluation, type Evaluation } from '../potential.ts';

/** φ(r) of one pair of species. */
export interface PairFunction {
  /** φ is zero from here on, Å. */
  readonly cutoff: number;
  /**
   * Writes φ, φ′ and φ″ at r > 0 (eV, eV/Å, eV/Å²) into out[0], out[1], out[2]. Zero at and beyond the cutoff.
   */
  evaluate(r: number, out: Float64Array): void;
}

/** How φ ends at its cutoff, see the head of this file. */
export type Truncation = 'truncated' | 'shifted' | 'switched';

/** Fields that every pair entry of a model has. */
export interface PairEntry {
  /** The two species; the order does not matter. */
  readonly species: readonly [string, string];
  /** r_c of this pair, Å. */
  readonly cutoff: number;
  /** r_s of a switched pair, Å; 0.9 r_c where absent. */
  readonly switchStart?: number;
}

const positive = z.number().finite().positive();

/** zod fields of PairEntry, to be spread into the schemas of the forms. */
export const pairEntryFields = {
  species: z.tuple([z.string().min(1), z.string().min(1)]),
  cutoff: cutoffField,
  switchStart: positive.optional(),
};

/** zod fields of PotentialModelBase, without `form`. */
export const modelBaseFields = {
  species: speciesField,
  cutoff: cutoffField,
};

/**
 * Ends a pair function at its cutoff.
 * @param raw writes φ, φ′, φ″ of the untruncated function
 */
export function endAtCutoff(
  raw: (r: number, out: Float64Array) => void,
  cutoff: number,
  truncation: Truncation,
  switchStart = 0.9 * cutoff,
): PairFunction {
  if (truncation === 'switched' && !(switchStart > 0 && switchStart < cutoff)) {
    throw new PotentialError(
      `The switch must start inside the cutoff of ${cutoff} Å, and starts at ${switchStart} Å.`,
    );
  }
  const atCutoff = new Float64Array(3);
  raw(cutoff, atCutoff);
  const shift = truncation === 'shifted' ? atCutoff[0] : 0;
  const width = cutoff - switchStart;
  return {
    cutoff,
    evaluate(r, out) {
      if (r >= cutoff) {
        out[0] = out[1] = out[2] = 0;
        return;
      }
      raw(r, out);
      out[0] -= shift;
      if (truncation !== 'switched' || r <= switchStart) return;
      const x = (r - switchStart) / width;
      const s = 1 - x * x * x * (10 - x * (15 - 6 * x));
      const sSlope = (-30 * x * x * (1 - x) ** 2) / width;
      const sCurvature = (-60 * x * (1 - x) * (1 - 2 * x)) / (width * width);
      out[2] = out[2] * s + 2 * out[1] * sSlope + out[0] * sCurvature;
      out[1] = out[1] * s + out[0] * sSlope;
      out[0] *= s;
    },
  };
}

/**
 * Arranges pair entries as a full table, entry zi·S + zj, both directions filled.
 * @throws PotentialError when a pair is missing, given twice, or names a species that the model does not have
 */
export function pairTable<E extends PairEntry>(species: readonly string[], entries: readonly E[]): E[] {
  const size = species.length;
  const table = new Array<E | undefined>(size * size).fill(undefined);
  for (const entry of entries) {
    const [i, j] = entry.species.map((name) => species.indexOf(name));
    const name = entry.species.join('–');
    if (i < 0 || j < 0)
      throw new PotentialError(`The pair ${name} names a species that the potential does not list.`);
    if (table[i * size + j]) throw new PotentialError(`The pair ${name} is given twice.`);
    table[i * size + j] = table[j * size + i] = entry;
  }
  return table.map((entry, index) => {
    if (entry) return entry;
    const name = `${species[Math.floor(index / size)]}–${species[index % size]}`;
    throw new PotentialError(`The pair potential has no parameters for ${name}.`, {
      remedy: 'Every pair of its species needs an entry.',
    });
  });
}

/**
 * Energy, per-atom energies (half of each pair), forces and virial of Σ_{i<j} φ(r_ij).
 * @param functions φ by zi·S + zj, symmetric
 * @param cutoff largest cutoff among them, Å
 * @param pairs all within the cutoff at least
 * @throws PotentialError for species that the potential does not have; StructureError for unusable structures
 */
export function evaluatePairFunctions(
  species: readonly string[],
  functions: readonly PairFunction[],
  cutoff: number,
  configuration: Configuration,
  pairs: PairList = referencePairs(configuration, cutoff),
): Evaluation {
  const n = atomCount(configuration);
  const toSpecies = speciesOfKinds(species, configuration);
  const result = emptyEvaluation(n);
  const phi = new Float64Array(3);
  for (let i = 0; i < n; i++) {
    const row = toSpecies[configuration.kinds[i]] * species.length;
    for (let p = pairs.start[i]; p < pairs.start[i + 1]; p++) {
      const vector = pairs.vectors.subarray(3 * p, 3 * p + 3);
      const r = Math.hypot(vector[0], vector[1], vector[2]);
      functions[row + toSpecies[configuration.kinds[pairs.neighbours[p]]]].evaluate(r, phi);
      // every pair is met twice, once from each side
      result.atomEnergies[i] += phi[0] / 2;
      result.energy += phi[0] / 2;
      for (let axis = 0; axis < 3; axis++) {
        const gradient = (phi[1] * vector[axis]) / r; // ∂φ/∂r_j = −∂φ/∂r_i
        result.forces[3 * i + axis] += gradient;
        for (let a = 0; a < 3; a++) result.virial[3 * a + axis] -= (vector[a] * gradient) / 2;
      }
    }
  }
  return result;
}

/**
 * Checks that the model's cutoff covers every pair.
 * @throws PotentialError when it does not
 */
export function requireCutoff(cutoff: number, functions: readonly PairFunction[]): void {
  const largest = Math.max(...functions.map((phi) => phi.cutoff));
  if (Math.abs(largest - cutoff) > 1e-9 * largest) {
    throw new PotentialError(
      `The cutoff of the potential is ${cutoff} Å, and that of its longest pair ${largest} Å.`,
      {
        remedy: 'Set the cutoff of the potential to that of the longest pair.',
      },
    );
  }
}
