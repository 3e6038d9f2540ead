/**
 * Tabulated pair potential: a cubic spline through (r_k, φ_k) per pair of species. Energy and force come from the
 * same spline, so they are consistent to round-off; φ, φ′ and φ″ are continuous inside the table.
 *
 * Ends: at the last point (the cutoff) φ′ = 0 and the table is shifted so that φ = 0; at the first point φ″ = 0, and
 * φ goes on linearly below it, so that an atom that dips under the table is still pushed out.
 *
 * Source: Press et al., Numerical Recipes, 3rd ed., §3.3.
 */
import { z } from 'zod';
import { PotentialError } from '../../errors.ts';
import type { Configuration } from '../../structure/configuration.ts';
import type { Evaluation, PotentialModelBase } from '../potential.ts';
import {
  evaluatePairFunctions,
  modelBaseFields,
  pairTable,
  requireCutoff,
  type PairFunction,
} from './pair-function.ts';

export interface TabulatedPair {
  /** The two species; the order does not matter. */
  readonly species: readonly [string, string];
  /** Distances in ascending order, Å; the last one is the cutoff of the pair. */
  readonly distances: readonly number[];
  /** φ at these distances, eV. */
  readonly energies: readonly number[];
}

export interface TabulatedPairModel extends PotentialModelBase {
  readonly form: 'tabulated-pair';
  /** One entry per unordered pair of species. */
  readonly pairs: readonly TabulatedPair[];
}

export const tabulatedPairSchema = z.strictObject({
  form: z.literal('tabulated-pair'),
  ...modelBaseFields,
  pairs: z.array(
    z.strictObject({
      species: z.tuple([z.string().min(1), z.string().min(1)]),
      distances: z.array(z.number().finite().positive()).min(4),
      energies: z.array(z.number().finite()).min(4),
    }),
  ),
}) satisfies z.ZodType<TabulatedPairModel>;

/** Second derivatives of the cubic spline with φ″ = 0 at the first and φ′ = 0 at the last point. */
function splineCurvatures(x: ArrayLike<number>, y: ArrayLike<number>): Float64Array {
  const n = x.length;
  const curvature = new Float64Array(n);
  const u = new Float64Array(n);
  for (let k = 1; k < n - 1; k++) {
    const share = (x[k] - x[k - 1]) / (x[k + 1] - x[k - 1]);
    const pivot = share * curvature[k - 1] + 2;
    curvature[k] = (share - 1) / pivot;
    const bend = (y[k + 1] - y[k]) / (x[k + 1] - x[k]) - (y[k] - y[k - 1]) / (x[k] - x[k - 1]);
    u[k] = ((6 * bend) / (x[k + 1] - x[k - 1]) - share * u[k - 1]) / pivot;
  }
  const h = x[n - 1] - x[n - 2];
  const last = (3 / h) * (0 - (y[n - 1] - y[n - 2]) / h);
  curvature[n - 1] = (last - u[n - 2] / 2) / (curvature[n - 2] / 2 + 1);
  for (let k = n - 2; k >= 0; k--) curvature[k] = curvature[k] * curvature[k + 1] + u[k];
  return curvature;
}

/**
 * φ from a table.
 * @throws PotentialError when the lists differ in length or the distances do not ascend
 */
export function tabulatedFunction(pair: TabulatedPair): PairFunction {
  const { distances: x, energies } = pair;
  const n = x.length;
  if (n < 4 || energies.length !== n) {
    throw new PotentialError(
      `The table of ${pair.species.join('–')} should hold as many energies as distances, at least 4: it holds ${energies.length} and ${n}.`,
    );
  }
  for (let k = 1; k < n; k++) {
    if (!(x[k] > x[k - 1]))
      throw new PotentialError(`The distances of ${pair.species.join('–')} do not ascend at row ${k + 1}.`);
  }
  const y = energies.map((energy) => energy - energies[n - 1]);
  const curvature = splineCurvatures(x, y);
  return {
    cutoff: x[n - 1],
    evaluate(r, out) {
      if (r >= x[n - 1]) {
        out[0] = out[1] = out[2] = 0;
        return;
      }
      let low = 0;
      let high = n - 1;
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (x[middle] > r) high = middle;
        else low = middle;
      }
      const h = x[high] - x[low];
      const at = Math.max(r, x[0]);
      const a = (x[high] - at) / h;
      const b = (at - x[low]) / h;
      const [ca, cb] = [curvature[low], curvature[high]];
      out[0] = a * y[low] + b * y[high] + (((a * a * a - a) * ca + (b * b * b - b) * cb) * h * h) / 6;
      out[1] = (y[high] - y[low]) / h + (((1 - 3 * a * a) * ca + (3 * b * b - 1) * cb) * h) / 6;
      out[2] = a * ca + b * cb;
      if (r < x[0]) out[0] += (r - x[0]) * out[1];
    },
  };
}

/** φ by zi·S + zj. */
export function tabulatedFunctions(model: TabulatedPairModel): PairFunction[] {
  const entries = model.pairs.map((pair) => ({ ...pair, cutoff: pair.distances[pair.distances.length - 1] }));
  const functions = pairTable(model.species, entries).map(tabulatedFunction);
  requireCutoff(model.cutoff, functions);
  return functions;
}

/** Energy, forces and virial; see evaluatePairFunctions. */
export function evaluateTabulatedPair(model: TabulatedPairModel, configuration: Configuration): Evaluation {
  return evaluatePairFunctions(model.species, tabulatedFunctions(model), model.cutoff, configuration);
}
