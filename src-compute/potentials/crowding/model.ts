/**
 * What an atom pays for having more neighbours than any atom of the data:
 *
 *   E = Σ_i Σ_k A_{z_i,k} x_i^{p_k},   x_i = max(0, ρ_i/ρ̂_{z_i} − 1),   ρ_i = Σ_j (1 − r_ij²/R²)³ over r_ij < R(z_i, z_j)
 *
 * Below the threshold ρ̂, which is the largest ρ of the data, it is exactly zero, and twice continuously differentiable
 * there for p ≥ 3. A polynomial in sums over neighbours, which every learnt potential is, runs off to ±∞ as matter is
 * compressed; this term with the highest power of them runs to +∞.
 *
 * | symbol | field | shape | unit |
 * |---|---|---|---|
 * | R | ranges | species × species | Å |
 * | ρ̂ | thresholds | species | – |
 * | p | powers | one per term | – |
 * | A | amplitudes | species × powers, ≥ 0 | eV |
 */
import { z } from 'zod';
import { atomCount, type Configuration } from '../../structure/configuration.ts';
import { referencePairs, type PairList } from '../../structure/reference-pairs.ts';
import { PotentialError } from '../../errors.ts';
import { speciesOfKinds, symmetrise } from '../moment-tensor/reference.ts';
import { emptyEvaluation, type Evaluation, type PotentialModelBase } from '../potential.ts';

export interface CrowdingModel extends PotentialModelBase {
  readonly form: 'crowding';
  readonly ranges: Float64Array;
  readonly thresholds: Float64Array;
  readonly powers: Int32Array;
  readonly amplitudes: Float64Array;
}

const positive = z.array(z.number().finite().positive()).transform((list) => Float64Array.from(list));

export const crowdingSchema = z.strictObject({
  form: z.literal('crowding'),
  species: z.array(z.string().min(1)).min(1),
  cutoff: z.number().positive(),
  ranges: positive,
  thresholds: positive,
  powers: z.array(z.int().min(3).max(16)).transform((list) => Int32Array.from(list)),
  amplitudes: z.array(z.number().finite().nonnegative()).transform((list) => Float64Array.from(list)),
}) satisfies z.ZodType<CrowdingModel, unknown>;

/** @throws PotentialError with the first broken invariant */
export function validateCrowdingModel(model: CrowdingModel): void {
  const { species, cutoff, ranges, thresholds, powers, amplitudes } = model;
  const n = species.length;
  const wrong =
    ranges.length !== n * n || thresholds.length !== n || amplitudes.length !== n * powers.length
      ? 'a range per pair, a threshold per species and an amplitude per species and power were expected'
      : ranges.some((range) => range > cutoff)
        ? `no range should be longer than the cutoff ${cutoff} Å`
        : undefined;
  if (wrong === undefined) return;
  throw new PotentialError(`This crowding term is inconsistent: ${wrong}.`, {
    remedy: 'The file may be cut short or edited; save it again.',
  });
}

/** (1 − r²/R²)³ for r < R, else 0. */
export function crowdingWeight(r: number, range: number): number {
  const gap = 1 - (r * r) / (range * range);
  return gap > 0 ? gap * gap * gap : 0;
}

/** Energy, per-atom energies, forces and virial. @param pairs all within the cutoff at least */
export function evaluateCrowding(
  model: CrowdingModel,
  configuration: Configuration,
  pairs: PairList = referencePairs(configuration, model.cutoff),
): Evaluation {
  const n = atomCount(configuration);
  const { species, ranges, thresholds, powers, amplitudes } = model;
  const toSpecies = speciesOfKinds(species, configuration);
  const result = emptyEvaluation(n);
  for (let i = 0; i < n; i++) {
    const zi = toSpecies[configuration.kinds[i]];
    const neighbours = Array.from({ length: pairs.start[i + 1] - pairs.start[i] }, (_, k) => {
      const p = pairs.start[i] + k;
      const j = pairs.neighbours[p];
      const range = ranges[zi * species.length + toSpecies[configuration.kinds[j]]];
      const vector = pairs.vectors.subarray(3 * p, 3 * p + 3);
      return { j, range, vector, r: Math.hypot(vector[0], vector[1], vector[2]) };
    });
    const density = neighbours.reduce((sum, { r, range }) => sum + crowdingWeight(r, range), 0);
    const x = Math.max(0, density / thresholds[zi] - 1);
    if (x === 0) continue;
    let slope = 0; // ∂E_i/∂ρ_i
    powers.forEach((p, k) => {
      const amplitude = amplitudes[zi * powers.length + k];
      result.atomEnergies[i] += amplitude * x ** p;
      slope += (amplitude * p * x ** (p - 1)) / thresholds[zi];
    });
    result.energy += result.atomEnergies[i];
    for (const { j, range, vector, r } of neighbours) {
      const gap = Math.max(0, 1 - (r * r) / (range * range));
      for (let axis = 0; axis < 3; axis++) {
        const gradient = slope * ((-6 * gap * gap) / (range * range)) * vector[axis];
        result.forces[3 * i + axis] += gradient;
        result.forces[3 * j + axis] -= gradient;
        for (let a = 0; a < 3; a++) result.virial[3 * a + axis] -= vector[a] * gradient;
      }
    }
  }
  symmetrise(result.virial);
  return result;
}
