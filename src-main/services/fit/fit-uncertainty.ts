/** What a finished fit knows of its errors: the error models that go into the document, and how they do on test data. */
import { CancelledError } from '../../../src-compute/errors.ts';
import type { NormalEquations } from '../../../src-compute/fitting/least-squares.ts';
import type { FitProgress } from '../../../src-compute/fitting/fit-settings.ts';
import { TEST_GROUP } from '../../../src-compute/fitting/fit-settings.ts';
import { sampledAtoms } from '../../../src-compute/fitting/row-sample.ts';
import type { Predictions, TrainingSource } from '../../../src-compute/fitting/training-set.ts';
import { estimateUncertainty, type FoldSums } from '../../../src-compute/fitting/uncertainty/held-out.ts';
import { LARGEST_HELD_OUT } from '../../../src-compute/fitting/uncertainty/parts.ts';
import {
  CoverageSum,
  ErrorPredictor,
  type Coverage,
} from '../../../src-compute/fitting/uncertainty/predicted.ts';
import type { PotentialModel } from '../../../src-compute/potentials/registry.ts';
import type { PotentialUncertainty } from '../../../src-compute/potentials/uncertainty.ts';

export interface FittedErrors {
  readonly uncertainty?: PotentialUncertainty;
  /** On the test data. */
  readonly coverage?: Coverage;
  readonly warnings: readonly string[];
}

export interface FittedErrorsInput {
  /** Whether errors are to be predicted. */
  readonly wanted: boolean;
  /** Absent when there are too many columns. */
  readonly sums: FoldSums | undefined;
  readonly source: TrainingSource;
  readonly model: PotentialModel;
  /** By chunk. */
  readonly predictions: ReadonlyMap<number, Predictions>;
  readonly signal: AbortSignal | undefined;
  onProgress?(progress: FitProgress): void;
}

/** Test configurations at most that are compared. */
const COMPARED = 160;

/** One structure, or structures that are all alike, cannot be held out. */
const UNKNOWN =
  'The data are too few to hold a part of them out: the errors of this potential cannot be predicted (evaluate --uncertainty).';

const TOO_MANY = `A fit of more than ${LARGEST_HELD_OUT} coefficients holds no part of the data out: the errors of this potential cannot be predicted (evaluate --uncertainty).`;

/** Error models by cross-validation from the sums of a fit, and their coverage of the test data. */
export async function fittedErrors(input: FittedErrorsInput): Promise<FittedErrors> {
  const { sums, source, signal } = input;
  if (!input.wanted) return { warnings: [] };
  if (!sums) return { warnings: [TOO_MANY] };
  if (sums.samples.length < 2 || sums.folds.size === 0 || [...sums.folds.values()].some(isAllOf(sums.all))) {
    return { warnings: [UNKNOWN] };
  }
  const check = (): void => {
    if (signal?.aborted) throw new CancelledError();
  };
  const uncertainty = await estimateUncertainty(sums, source, check, (fraction) =>
    input.onProgress?.({ fraction, message: 'errors by cross-validation' }),
  );
  const coverage = await coverageOfTest(input, uncertainty, check);
  return { uncertainty, coverage, warnings: coverage?.warnings ?? [] };
}

/** Whether a part of the data is all of them. */
function isAllOf({ n, gram }: NormalEquations): (part: NormalEquations) => boolean {
  const trace = (values: Float64Array) => {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += values[j * n + j];
    return sum;
  };
  const whole = trace(gram);
  return (part) => whole - trace(part.gram) <= 1e-12 * whole;
}

async function coverageOfTest(
  { source, model, predictions }: FittedErrorsInput,
  uncertainty: PotentialUncertainty,
  check: () => void,
): Promise<Coverage | undefined> {
  const predictor = new ErrorPredictor(model, uncertainty);
  const sum = new CoverageSum();
  let count = 0;
  for (let index = 0; index < source.chunkCount && count < COMPARED; index++) {
    const chunk = await source.chunk(index);
    const found = predictions.get(index);
    for (let k = 0; found && k < chunk.count && count < COMPARED; k++) {
      if (chunk.group[k] !== TEST_GROUP) continue;
      check();
      count++;
      const first = chunk.atomStart[k];
      const sigma = predictor.ofChunk(chunk, k, sampledAtoms(chunk.atomStart[k + 1] - first, 6));
      const virial = found.virials.subarray(9 * k, 9 * k + 9);
      sum.add(chunk, k, sigma, found.energies[k], found.forces.subarray(3 * first), virial);
    }
  }
  return count > 0 ? sum.result() : undefined;
}
