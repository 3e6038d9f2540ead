/**
 * Fits of polynomials of first or second degree in the descriptors of an atom, one for each element, by one linear solve:
 * what SNAP and linear ACE have in common.
 */
import { fitTensorRegression } from '../fitting/tensor-regression/fit.ts';
import type { TensorPool } from '../fitting/tensor-regression/sums.ts';
import { descriptorCount, type FamilySettings } from '../fitting/tensor-regression/families.ts';
import type { PotentialModelBase } from '../potentials/potential.ts';
import type { CommonFitRequest } from './common-settings.ts';
import { descriptorReport, descriptorWarnings } from './descriptor-fit.ts';
import type { FitData, FitRun, FittedForm } from './fit-form.ts';

export interface DenseFit<Model extends PotentialModelBase> {
  readonly descriptors: FamilySettings;
  /** Workers that are open already. */
  readonly pool?: TensorPool;
  /** Degree of the polynomial. */
  readonly rank: 1 | 2;
  /** How strongly each descriptor is held back, of a linear fit; all alike where absent. */
  readonly penalties?: Float64Array;
  /** Highest power of sums over neighbours in a descriptor. */
  readonly order: number;
  /** Energies per species that are taken off the labels, eV. */
  readonly baseline: Float64Array;
  /** What makes the form smaller, to begin a sentence: 'A smaller 2J'. */
  readonly smaller: string;
  readonly warnings: readonly string[];
  /** Settings as they were taken, for the provenance. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The model, from coefficients of the descriptors themselves: constants, slopes (and products), species after species. */
  assemble(coefficients: Float64Array): Model;
}

type DenseRequest = CommonFitRequest & { readonly ridgeChoice: 'evidence' | 'cross-validation' };

/** @throws FitError, CancelledError */
export async function runDenseFit<Model extends PotentialModelBase>(
  { request, survey, references }: FitData<DenseRequest>,
  fit: DenseFit<Model>,
  run: FitRun,
): Promise<FittedForm<Model>> {
  const pool = fit.pool ?? run.open('descriptors');
  const result = await fitTensorRegression(
    {
      descriptors: fit.descriptors,
      mode: 'shared',
      heads: survey.species.length,
      weights: request.weights,
      rank: fit.rank,
      ridge: request.ridge,
      ridgeChoice: request.ridgeChoice,
      ...(fit.penalties && { penalties: fit.penalties }),
      sweeps: 1,
      seed: request.seed,
      hasValidation: run.hasValidation,
      keepSums: request.uncertainty,
    },
    pool,
    { onProgress: run.onProgress },
  );
  const { shift, scale, head, point, equations } = result;
  if (head.kind !== 'dense') throw new Error('polynomials have dense coefficients');
  const size = survey.species.length;
  const own = (x: Float64Array) => {
    const per = x.length / size;
    const m = shift.length / size;
    const out = new Float64Array(x.length);
    for (let z = 0; z < size; z++) {
      const [from, to] = [z * m, (z + 1) * m];
      const part = x.subarray(z * per, (z + 1) * per);
      out.set(
        multipliedOut(part, shift.subarray(from, to), scale.subarray(from, to), fit.rank === 2),
        z * per,
      );
      out[z * per] += fit.baseline[z];
    }
    return out;
  };
  return {
    searched: {
      equations,
      x: head.coefficients,
      rows: async (chunks) => await pool.energyRows(point, chunks),
      baseline: fit.baseline,
      isolated: references.fixed,
      degree: fit.order * fit.rank,
    },
    sums: result.sums && { ...result.sums, standard: { shift, scale } },
    iterations: 1,
    curve: [],
    warnings: [...descriptorWarnings(result, survey, fit.smaller), ...fit.warnings],
    settings: fit.settings,
    report: { ...descriptorReport(result), descriptors: descriptorCount(fit.descriptors) },
    finish: (x) => {
      const coefficients = x ?? head.coefficients;
      return {
        term: fit.assemble(own(coefficients)),
        predict: (onChunk) =>
          pool.predict(
            { kind: 'model', shift, scale, head: { ...head, coefficients } },
            new Float64Array(0),
            onChunk,
          ),
      };
    },
  };
}

/**
 * Coefficients of descriptors from those of standardised ones: β₀, β and α of Σ_{a≤b} x_ab v'_a v'_b with v'_0 = 1,
 * v'_a = c_a (v_a − s_a); α_aa counts half.
 * @param x constant, linear and quadratic coefficients by rows of the upper triangle
 */
export function multipliedOut(
  x: Float64Array,
  shift: Float64Array,
  scale: Float64Array,
  quadratic: boolean,
): Float64Array {
  const m = shift.length;
  const out = new Float64Array(x.length);
  out[0] = x[0];
  for (let a = 1; a < m; a++) {
    out[a] += x[a] * scale[a];
    out[0] -= x[a] * scale[a] * shift[a];
  }
  if (!quadratic) return out;
  let at = m;
  for (let a = 1; a < m; a++) {
    for (let b = a; b < m; b++, at++) {
      const product = x[at] * scale[a] * scale[b];
      out[at] = a === b ? 2 * product : product;
      out[a] -= product * shift[b];
      out[b] -= product * shift[a];
      out[0] += product * shift[a] * shift[b];
    }
  }
  return out;
}
