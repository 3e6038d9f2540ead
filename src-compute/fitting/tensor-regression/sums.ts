/** What fits of a tensor as a whole and core by core do with the sums of a pass. */
import { FitError } from '../../errors.ts';
import type { FitPool } from '../fit-pool.ts';
import { slotsOf, TEST_GROUP, type FitProgress } from '../fit-settings.ts';
import { dropLeading, linearPart, type NormalEquations } from '../least-squares.ts';
import { addGroups, type GroupSums } from '../normal-equations.ts';
import {
  conditionNumber,
  degreesOfFreedom,
  posteriorOf,
  type PenalisedLeastSquares,
  type PenalisedSolution,
} from './ridge.ts';
import type { TensorPassSettings, TensorPoint } from './tensor-pass.ts';
import type { TrainCheckpoint } from './train-checkpoint.ts';

export type TensorPool = FitPool<TensorPassSettings, TensorPoint>;

export interface TensorFitHooks {
  onProgress?(progress: FitProgress): void;
  onCheckpoint?(checkpoint: TrainCheckpoint): void;
}

/** Shift and scale of descriptors. */
export interface Standard {
  readonly shift: Float64Array;
  readonly scale: Float64Array;
}

/** Slot of every group in a pass over the training data, validation included. */
export function trainingSlots(slot: (group: number, part: number) => number): Int32Array {
  return slotsOf((group, part) => (group === TEST_GROUP ? -1 : slot(group, part)));
}

/** All the normal equations of groups, and what they were made of. */
export interface SummedData {
  readonly equations: NormalEquations;
  readonly rows: number;
  readonly configurations: number;
}

export function summed(groups: readonly GroupSums[]): SummedData {
  if (groups.length === 0) throw noData();
  const { gram, rows, configurations } = groups.length === 1 ? groups[0] : addGroups(groups);
  if (configurations === 0) throw noData();
  const total = Math.round(Math.sqrt(gram.length));
  if (rows === 0) {
    throw new FitError('No training configuration has a label with a weight above zero.', {
      remedy: 'Check the labels of the data and --weights.',
    });
  }
  return { equations: linearPart(gram, total, total - 1), rows, configurations };
}

export function noData(): FitError {
  return new FitError('There are no training configurations.', {
    remedy: 'Check the file, the split and what was excluded.',
  });
}

/** Normal equations of the parts of the data by slot; parts without labels are left out. */
export function foldEquations(
  sums: ReadonlyMap<number, GroupSums>,
  total: number,
  n: number,
  dropped = 0,
): Map<number, NormalEquations> {
  const used = [...sums].filter(([, { rows }]) => rows > 0);
  return new Map(
    used.map(([slot, { gram }]) => [
      slot,
      linearPart(dropLeading(gram, total, dropped), total - dropped, n - dropped),
    ]),
  );
}

/** Numbers of a solution that reports show. */
export function outcomeOf(problem: PenalisedLeastSquares, solution: PenalisedSolution, rows: number) {
  return {
    ridge: solution.ridge,
    loss: solution.loss,
    objective: solution.objective,
    rows,
    columns: problem.equations.n,
    equations: problem.equations,
    degreesOfFreedom: degreesOfFreedom(problem, solution),
    conditionNumber: conditionNumber(problem, solution),
    posterior: posteriorOf(solution, rows),
  };
}

/** The constants of the heads are free, everything else is penalised alike, or as `own` says of what follows the constant. */
export function densePenalties(heads: number, count: number, own?: Float64Array): Float64Array {
  return Float64Array.from({ length: heads * count }, (_, t) =>
    t % count === 0 ? 0 : (own?.[(t % count) - 1] ?? 1),
  );
}
