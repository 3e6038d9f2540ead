/** What a finished fit knows of its errors: the error models that go into the document, and how they do on test data. */
import { CancelledError } from '../../../src-compute/errors.ts';
import type { Predictions } from '../../../src-compute/fitting/design-pass.ts';
import type { FitProgress } from '../../../src-compute/fitting/fit-settings.ts';
import { TEST_GROUP } from '../../../src-compute/fitting/fit-settings.ts';
import { FOLDS } from '../../../src-compute/fitting/tensor-regression/fit.ts';
import type { FoldSums } from '../../../src-compute/fitting/tensor-regression/settings.ts';
import type { TrainingSource } from '../../../src-compute/fitting/training-set.ts';
import {
  estimateUncertainty,
  MOST_COLUMNS,
  sampledAtoms,
  type RowSource,
} from '../../../src-compute/fitting/uncertainty/held-out.ts';
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
  readonly sums: FoldSums | undefined;
  readonly penalties: Float64Array;
  readonly ridge: number;
  readonly rows: () => RowSource;
  readonly source: TrainingSource;
  readonly model: PotentialModel;
  /** By chunk. */
  readonly predictions: ReadonlyMap<number, Predictions>;
  readonly signal: AbortSignal | undefined;
  onProgress?(progress: FitProgress): void;
}

/** Test configurations at most that are compared. */
const COMPARED = 400;

/** Whether a fit of so many columns keeps its sums for this. */
export function keepsUncertainty(wanted: boolean, columns: number): boolean {
  return wanted && columns <= MOST_COLUMNS;
}

/** Error models by cross-validation from the sums of a fit, and their coverage of the test data. */
export async function fittedErrors(input: FittedErrorsInput): Promise<FittedErrors> {
  const { sums, source, signal } = input;
  if (!sums || sums.folds.size < 2) return { warnings: [] };
  const check = (): void => {
    if (signal?.aborted) throw new CancelledError();
  };
  const uncertainty = await estimateUncertainty(
    {
      ...sums,
      penalties: input.penalties,
      ridge: input.ridge,
      rows: input.rows(),
      source,
      foldOf: (group) => (group === TEST_GROUP ? -1 : group % FOLDS),
    },
    check,
    (fraction) => input.onProgress?.({ fraction, message: 'errors by cross-validation' }),
  );
  const coverage = await coverageOfTest(input, uncertainty, check);
  return { uncertainty, coverage, warnings: coverage?.warnings ?? [] };
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
