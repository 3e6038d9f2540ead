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

export interface HeldOutProblem {
  /** Sums over everything that the fit has seen, and over its parts. */
  readonly all: NormalEquations;
  readonly folds: ReadonlyMap<number, NormalEquations>;
  /** π per column, and λ of the fit. */
  readonly penalties: Float64Array;
  readonly ridge: number;
  readonly rows: RowSource;
  readonly source: TrainingSource;
  /** The part that a group of configurations belongs to; −1 for those that the fit has not seen. */
  foldOf(group: number): number;
}

/** Configurations at most whose errors are looked at. */
const CONFIGURATIONS = 320;
/** Atoms of a configuration whose forces are looked at. */
const ATOMS = 3;
/** Columns up to which the posterior is kept: beyond, its solutions take longer than the fit. */
export const MOST_COLUMNS = 2600;

/**
 * The error models and the posterior of a fit.
 * @param onFraction progress
 * @throws CancelledError through `check`
 */
export async function estimateUncertainty(
  problem: HeldOutProblem,
  check: () => void = () => undefined,
  onFraction: (fraction: number) => void = () => undefined,
): Promise<PotentialUncertainty> {
  const { all, folds, penalties, ridge, rows } = problem;
  if (rows.columns !== all.n) throw new FitError('The design rows do not belong to these normal equations.');
  const chosen = await chooseConfigurations(problem);
  const errors = { energy: [] as HeldOutError[], force: [] as HeldOutError[], virial: [] as HeldOutError[] };
  let done = 0;
  for (const [fold, part] of folds) {
    check();
    const rest: NormalEquations = {
      n: all.n,
      gram: all.gram.map((value, k) => value - part.gram[k]),
      right: all.right.map((value, k) => value - part.right[k]),
      target: all.target - part.target,
    };
    const solution = new PenalisedLeastSquares(rest, penalties).solve(ridge);
    const root = inverseFactor(solution.factor, solution.scale, all.n);
    for (const { index, k } of chosen.filter((entry) => entry.fold === fold)) {
      check();
      collect(await problem.source.chunk(index), k, rows, solution.x, root, errors);
    }
    onFraction(++done / (folds.size + 1));
  }
  const whole = new PenalisedLeastSquares(all, penalties).solve(ridge);
  return {
    columns: all.n,
    root: inverseFactor(whole.factor, whole.scale, all.n),
    energy: fitKind(errors.energy, [1, 2, 0]),
    force: fitKind(errors.force, [0]),
    virial: fitKind(errors.virial, [1, 2, 0]),
  };
}

/** Configurations of the training data, evenly over all of them. */
async function chooseConfigurations({ source, foldOf }: HeldOutProblem) {
  const all: { index: number; k: number; fold: number }[] = [];
  for (let index = 0; index < source.chunkCount; index++) {
    const { count, group, importance } = await source.chunk(index);
    for (let k = 0; k < count; k++) {
      const fold = foldOf(group[k]);
      if (fold >= 0 && importance[k] > 0) all.push({ index, k, fold });
    }
  }
  const step = Math.max(1, all.length / CONFIGURATIONS);
  return Array.from({ length: Math.min(all.length, CONFIGURATIONS) }, (_, n) => all[Math.floor(n * step)]);
}

const LEADING = 7;
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
          row: LEADING + 3 * atom + axis,
          label: chunk.forces[first + 3 * atom + axis],
        })),
      ),
    ),
  };
}

/** Atoms spread over a configuration. */
export function sampledAtoms(count: number, most = ATOMS): number[] {
  const used = Math.min(count, most);
  return Array.from({ length: used }, (_, n) => Math.floor(((n + 0.5) * count) / used));
}

function collect(
  chunk: TrainingChunk,
  k: number,
  rows: RowSource,
  x: Float64Array,
  root: Float32Array,
  errors: Record<'energy' | 'virial' | 'force', HeldOutError[]>,
): void {
  const atoms = chunk.atomStart[k + 1] - chunk.atomStart[k];
  const values = rows.rowsOf(chunk, k);
  const n = rows.columns;
  const labels = labelsOf(chunk, k, sampledAtoms(atoms));
  for (const kind of ['energy', 'virial', 'force'] as const) {
    for (const { row, label } of labels[kind]) {
      const a = values.subarray(row * n, (row + 1) * n);
      let prediction = 0;
      for (let j = 0; j < n; j++) prediction += a[j] * x[j];
      errors[kind].push({ error: label - prediction, spread: spreadOf(root, a), atoms });
    }
  }
}

/** d = |W a|. */
export function spreadOf(root: Float32Array, row: Float64Array): number {
  let square = 0;
  let at = 0;
  for (let i = 0; i < row.length; i++) {
    let sum = 0;
    for (let j = 0; j <= i; j++) sum += root[at + j] * row[j];
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
