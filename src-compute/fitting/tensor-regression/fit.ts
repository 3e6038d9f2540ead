/**
 * Fits a tensor-regression potential. docs/physics.md §2, "Fit".
 *
 *  standardise  one pass: mean and spread of every descriptor by species of the central atom.
 *  dense        one pass: normal equations of all monomials; ridge strength by evidence (or by cross-validation over
 *               four parts of the data); one solve.
 *  train        alternating least squares, train-fit.ts.
 */
import { lossOf, type NormalEquations } from '../least-squares.ts';
import type { GroupSums } from '../normal-equations.ts';
import { denseCount } from '../../potentials/tensor-regression/heads.ts';
import { FitError } from '../../errors.ts';
import { RowSamples } from '../row-sample.ts';
import { heldOut, heldOutPart, heldOutParts, keptColumns, LARGEST_HELD_OUT } from '../uncertainty/parts.ts';
import { descriptorCount } from './families.ts';
import { PenalisedLeastSquares, ridgeByEvidence } from './ridge.ts';
import type { TensorFitResult, TensorFitSettings } from './settings.ts';
import type { TrainCheckpoint } from './train-checkpoint.ts';
import {
  densePenalties,
  foldEquations,
  noData,
  outcomeOf,
  summed,
  trainingSlots,
  type Standard,
  type TensorFitHooks,
  type TensorPool,
} from './sums.ts';
import { fitTrain } from './train-fit.ts';

/** Share of the fraction that the standardisation takes. */
const STATISTICS_SHARE = 0.1;

/** A spread below this share of the largest is round-off: the descriptor is the same for all atoms. */
const LEAST_SPREAD = 1e-10;

/**
 * Runs a fit.
 * @param pool workers with the training data, groups as in fit-settings.ts, energies less the baseline
 * @throws FitError when nothing can be fitted; CancelledError through the pool
 */
export async function fitTensorRegression(
  settings: TensorFitSettings,
  pool: TensorPool,
  hooks: TensorFitHooks = {},
  resume?: TrainCheckpoint,
): Promise<TensorFitResult> {
  const { descriptors, mode, heads, weights } = settings;
  pool.configure({ descriptors, mode, heads, weights });
  const standard = await standardise(settings, pool, hooks);
  const dense =
    settings.bondDimension === undefined
      ? await fitDense(settings, pool, standard, hooks)
      : await fitTrain(settings, pool, standard, hooks, resume);
  hooks.onProgress?.({ fraction: 1, message: 'fitted' });
  return dense;
}

async function standardise(
  settings: TensorFitSettings,
  pool: TensorPool,
  hooks: TensorFitHooks,
): Promise<Standard> {
  const sums = await pool.pass(
    { kind: 'statistics' },
    trainingSlots(() => 0),
    (fraction) => hooks.onProgress?.({ fraction: STATISTICS_SHARE * fraction, message: 'descriptors' }),
  );
  const group = sums.get(0);
  if (!group) throw noData();
  return standardFromSums(
    group.gram,
    settings.descriptors.species.length,
    descriptorCount(settings.descriptors),
  );
}

/**
 * Standardisation from the sums of a statistics pass.
 * @param sums per species: number of atoms, Σ v, Σ v²
 */
export function standardFromSums(sums: Float64Array, species: number, m: number): Standard {
  const shift = new Float64Array(species * m);
  const scale = new Float64Array(species * m).fill(1);
  for (let z = 0; z < species; z++) {
    const at = z * (1 + 2 * m);
    const count = sums[at];
    if (count === 0) continue;
    for (let d = 1; d < m; d++) {
      const mean = sums[at + 1 + d] / count;
      const square = sums[at + 1 + m + d] / count;
      const spread = Math.sqrt(Math.max(0, square - mean * mean));
      shift[z * m + d] = mean;
      scale[z * m + d] = spread > LEAST_SPREAD * Math.sqrt(square) ? 1 / spread : 1;
    }
  }
  return { shift, scale };
}

async function fitDense(
  settings: TensorFitSettings,
  pool: TensorPool,
  standard: Standard,
  hooks: TensorFitHooks,
): Promise<TensorFitResult> {
  const { rank, heads, descriptors } = settings;
  if (rank !== 1 && rank !== 2 && rank !== 3) {
    throw new FitError(`A dense tensor has rank 1, 2 or 3, and rank ${rank} was asked for.`, {
      remedy: 'Give --bond-dimension to fit a tensor train of any rank.',
    });
  }
  const m = descriptorCount(descriptors);
  const count = denseCount(m, rank);
  const n = heads * count;
  const byFolds = settings.ridge === undefined && settings.ridgeChoice === 'cross-validation';
  const keeps = settings.keepSums && n <= LARGEST_HELD_OUT;
  const slots = trainingSlots((_, part) => (byFolds ? part : keeps ? heldOutPart(part, n) : 0));
  const samples = keeps
    ? await RowSamples.choose(pool.source, (number) =>
        heldOutParts(n).includes(slots[number]) ? slots[number] : -1,
      )
    : undefined;
  const point = { kind: 'dense', rank, ...standard } as const;
  const sums = await pool.pass(
    point,
    slots,
    (fraction) =>
      hooks.onProgress?.({
        fraction: STATISTICS_SHARE + 0.8 * fraction,
        message: 'normal equations',
      }),
    samples,
  );
  hooks.onProgress?.({ fraction: 0.9, message: 'ridge strength' });
  const labelled = [...sums.values()].filter(({ rows: labels }) => labels > 0);
  const groups = labelled.length > 0 ? labelled : [...sums.values()];
  const { equations, rows, configurations } = summed(groups);
  const penalties = densePenalties(heads, count, rank === 1 ? settings.penalties : undefined);
  const problem = new PenalisedLeastSquares(equations, penalties);
  const solution =
    settings.ridge !== undefined
      ? problem.solve(settings.ridge)
      : byFolds && groups.length > 1
        ? problem.solve(ridgeByFolds(groups, equations, penalties))
        : ridgeByEvidence(problem, rows);
  return {
    ...standard,
    head: { kind: 'dense', rank, coefficients: solution.x },
    ...outcomeOf(problem, solution, rows),
    point,
    ...(samples && {
      sums: {
        all: equations,
        folds: heldOut(foldEquations(sums, n + 1, n)),
        penalties,
        ridge: solution.ridge,
        samples: samples.list,
        // of a wide fit the linear monomials, which come first in every head
        subset: keptColumns(n, () =>
          Array.from({ length: heads * m }, (_, j) => Math.floor(j / m) * count + (j % m)),
        ),
      },
    }),
    configurations,
    passes: 2,
    sweeps: 0,
    curve: [],
    stoppedBecause: 'one linear solve',
  };
}

/** λ with the smallest loss on folds left out; downhill from 1e-6 in steps of ten. */
function ridgeByFolds(folds: readonly GroupSums[], all: NormalEquations, penalties: Float64Array): number {
  const parts = folds.map((fold) => summed([fold]).equations);
  const known = new Map<number, number>();
  const loss = (exponent: number): number => {
    const found = known.get(exponent);
    if (found !== undefined) return found;
    let sum = 0;
    for (const part of parts) {
      const rest: NormalEquations = {
        n: all.n,
        gram: all.gram.map((value, k) => value - part.gram[k]),
        right: all.right.map((value, k) => value - part.right[k]),
        target: all.target - part.target,
      };
      sum += lossOf(part, new PenalisedLeastSquares(rest, penalties).solve(10 ** exponent).x);
    }
    known.set(exponent, sum);
    return sum;
  };
  let best = -6;
  for (const direction of [1, -1]) {
    while (best + direction >= -14 && best + direction <= 0 && loss(best + direction) < loss(best)) {
      best += direction;
    }
  }
  return 10 ** best;
}
