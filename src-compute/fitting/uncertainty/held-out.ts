/**
 * Errors on configurations that a fit has not seen, without fitting anew: the normal equations of a part of the data are
 * taken off the whole, the rest is solved, and the part is predicted from its design rows. Every training configuration
 * is held out once.
 *
 * For moment tensor potentials the columns hold the derivatives by the radial coefficients too, so that the step that
 * these would take without the part is part of the solution (to first order).
 */
import { FitError } from '../../errors.ts';
import type { NormalEquations } from '../least-squares.ts';
import { LEADING_ROWS, sampledAtoms, sampledRows, type RowSample } from '../row-sample.ts';
import { PenalisedLeastSquares } from '../tensor-regression/ridge.ts';
import type { TrainingChunk, TrainingSource } from '../training-set.ts';
import { fitKind, type HeldOutError } from './error-model.ts';
import type { PotentialUncertainty } from '../../potentials/uncertainty.ts';

/** Design rows of one configuration without weights: energy, six virial components (VIRIAL_ROWS), 3N forces. */
export interface RowSource {
  readonly columns: number;
  /** Row-major; valid until the next call. */
  rowsOf(chunk: TrainingChunk, k: number): Float64Array;
}

/** What a fit keeps of its data, so that its errors can be known. */
export interface FoldSums {
  /** Sums over everything that the fit has seen, and over those of its parts that are held out. */
  readonly all: NormalEquations;
  readonly folds: ReadonlyMap<number, NormalEquations>;
  /** π per column, and λ of the fit. */
  readonly penalties: Float64Array;
  readonly ridge: number;
  /** Design rows of some of the configurations. */
  readonly samples: readonly RowSample[];
  /** Coefficients that a form is linearised around: the sums are of what these leave. */
  readonly origin?: Float64Array;
  /** Columns whose posterior is kept, where it is not all of them. */
  readonly subset?: Int32Array;
  /** What descriptors were standardised by, where the model does not hold it. */
  readonly standard?: PotentialUncertainty['standard'];
}

/** Columns up to which every part of the data is held out in turn, and all columns have a posterior. */
export const MOST_COLUMNS = 2600;

/**
 * The error models and the posterior of a fit.
 * @param source of the labels
 * @param onFraction progress
 * @throws CancelledError through `check`
 */
export async function estimateUncertainty(
  sums: FoldSums,
  source: TrainingSource,
  check: () => void = () => undefined,
  onFraction: (fraction: number) => void = () => undefined,
): Promise<PotentialUncertainty> {
  const { all, folds, penalties, ridge, samples, subset } = sums;
  const errors = { energy: [] as HeldOutError[], force: [] as HeldOutError[], virial: [] as HeldOutError[] };
  let done = 0;
  for (const [fold, part] of folds) {
    check();
    const rest = less(all, part);
    const solution = new PenalisedLeastSquares(rest, penalties).solve(ridge);
    const root = subset
      ? rootOf(rest, penalties, ridge, subset)
      : inverseFactor(solution.factor, solution.scale, all.n);
    const x = sums.origin ? solution.x.map((value, j) => value + sums.origin![j]) : solution.x;
    for (const sample of samples.filter((entry) => entry.fold === fold)) {
      check();
      collect(await source.chunk(sample.index), sample, { x, root, subset }, errors);
    }
    onFraction(++done / (folds.size + 1));
  }
  return {
    columns: all.n,
    ...(subset && { subset }),
    ...(sums.standard && { standard: sums.standard }),
    root: rootOf(all, penalties, ridge, subset),
    energy: fitKind(errors.energy, [1, 2, 0]),
    force: fitKind(errors.force, [0]),
    virial: fitKind(errors.virial, [1, 2, 0]),
  };
}

/** The data without a part of them. */
export function less(all: NormalEquations, part: NormalEquations): NormalEquations {
  return {
    n: all.n,
    gram: all.gram.map((value, k) => value - part.gram[k]),
    right: all.right.map((value, k) => value - part.right[k]),
    target: all.target - part.target,
  };
}

/** The same sums for what coefficients x₀ leave of the targets. */
export function around(equations: NormalEquations, x0: Float64Array): NormalEquations {
  const { n, gram, right, target } = equations;
  const moved = right.slice();
  let rest = target;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += gram[i * n + j] * x0[j];
    moved[i] -= sum;
    rest -= x0[i] * (right[i] + moved[i]);
  }
  return { n, gram, right: moved, target: Math.max(0, rest) };
}

/** W of the columns that are kept; the others count as known. */
function rootOf(
  equations: NormalEquations,
  penalties: Float64Array,
  ridge: number,
  subset: Int32Array | undefined,
): Float32Array {
  const { n, gram, right, target } = equations;
  if (!subset) {
    const { factor, scale } = new PenalisedLeastSquares(equations, penalties).solve(ridge);
    return inverseFactor(factor, scale, n);
  }
  const m = subset.length;
  if (m === 0) return new Float32Array(0);
  const part = {
    n: m,
    gram: Float64Array.from(
      { length: m * m },
      (_, at) => gram[subset[Math.floor(at / m)] * n + subset[at % m]],
    ),
    right: Float64Array.from(subset, (j) => right[j]),
    target,
  };
  const chosen = Float64Array.from(subset, (j) => penalties[j]);
  const { factor, scale } = new PenalisedLeastSquares(part, chosen).solve(ridge);
  return inverseFactor(factor, scale, m);
}

const COMPONENTS = [0, 4, 8, 5, 2, 1];

/** Labels of a configuration by kind: row of the design matrix and value. Energies, then virials, then forces. */
export function labelsOf(
  chunk: TrainingChunk,
  k: number,
  atoms: readonly number[],
): Record<'energy' | 'virial' | 'force', { row: number; label: number }[]> {
  const first = 3 * chunk.atomStart[k];
  const known = (list: { row: number; label: number }[]) => list.filter(({ label }) => !Number.isNaN(label));
  return {
    energy: known([{ row: 0, label: chunk.energies[k] }]),
    virial: known(
      COMPONENTS.map((component, c) => ({ row: 1 + c, label: chunk.virials[9 * k + component] })),
    ),
    force: known(
      atoms.flatMap((atom) =>
        [0, 1, 2].map((axis) => ({
          row: LEADING_ROWS + 3 * atom + axis,
          label: chunk.forces[first + 3 * atom + axis],
        })),
      ),
    ),
  };
}

function collect(
  chunk: TrainingChunk,
  { k, atoms, rows }: RowSample,
  at: { x: Float64Array; root: Float32Array; subset: Int32Array | undefined },
  errors: Record<'energy' | 'virial' | 'force', HeldOutError[]>,
): void {
  const { x, root, subset } = at;
  const n = x.length;
  if (rows.length !== sampledRows(atoms).length * n) {
    throw new FitError('The design rows do not belong to these normal equations.');
  }
  const places = sampledRows(atoms);
  const labels = labelsOf(chunk, k, sampledAtoms(atoms));
  for (const kind of ['energy', 'virial', 'force'] as const) {
    for (const { row, label } of labels[kind]) {
      const start = places.indexOf(row) * n;
      const a = rows.subarray(start, start + n);
      let prediction = 0;
      for (let j = 0; j < n; j++) prediction += a[j] * x[j];
      errors[kind].push({ error: label - prediction, spread: spreadOf(root, a, subset), atoms });
    }
  }
}

/** d = |W a|. @param subset columns of a that W is of; all when absent */
export function spreadOf(root: Float32Array, row: Float64Array, subset?: ArrayLike<number>): number {
  const a = subset ? Float64Array.from(subset, (j) => row[j]) : row;
  let square = 0;
  let at = 0;
  for (let i = 0; i < a.length; i++) {
    let sum = 0;
    for (let j = 0; j <= i; j++) sum += root[at + j] * a[j];
    at += i + 1;
    square += sum * sum;
  }
  return Math.sqrt(square);
}

/** W = L⁻¹ S⁻¹, lower triangle row by row: by forward substitution of all unit vectors at once. */
function inverseFactor(factor: Float64Array, scale: Float64Array, n: number): Float32Array {
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = i * n;
    for (let k = 0; k < i; k++) {
      const l = factor[row + k];
      if (l === 0) continue;
      const other = k * n;
      for (let j = 0; j <= k; j++) inverse[row + j] -= l * inverse[other + j];
    }
    const diagonal = factor[row + i];
    for (let j = 0; j < i; j++) inverse[row + j] /= diagonal;
    inverse[row + i] = 1 / diagonal;
  }
  const root = new Float32Array((n * (n + 1)) / 2);
  for (let i = 0, at = 0; i < n; i++) for (let j = 0; j <= i; j++) root[at++] = inverse[i * n + j] / scale[j];
  return root;
}
