/** What fits of polynomials in descriptors have in common, whatever the descriptors are. */
import type { ConfigurationSet } from '../fitting/data/configuration-set.ts';
import { noForces, type TrainingSurvey } from '../fitting/data/survey.ts';
import type { TensorFitResult } from '../fitting/tensor-regression/settings.ts';
import type { Provenance } from '../potentials/provenance.ts';
import { labelCount, type FitDataSize } from './fit-form.ts';

/** One multiplication with addition of the normal equations of a dense tensor, s of one core. */
const SECONDS_PER_PRODUCT = 4e-10;

/** One pass for n columns and their solution: the products that are shared out, as s of one core. */
export function denseWork(n: number, size: FitDataSize): { shared: number; alone: number } {
  return {
    shared: SECONDS_PER_PRODUCT * (0.5 * labelCount(size) * n * n),
    alone: SECONDS_PER_PRODUCT * n ** 3,
  };
}

/** Labels of the training data. */
export function labelsOfSurvey(survey: TrainingSurvey, train: ConfigurationSet): number {
  const atoms = train.atoms.reduce((sum, n) => sum + n, 0);
  return survey.withEnergy + (3 * atoms * survey.withForces) / train.count + 6 * survey.withVirial;
}

export function descriptorWarnings(
  { rows, columns }: TensorFitResult,
  survey: TrainingSurvey,
  smaller: string,
): string[] {
  const few =
    rows < columns
      ? [
          `There are ${rows} labels for ${columns} coefficients: the ridge decides most of them. ${smaller} or more data would be safer.`,
        ]
      : [];
  return [...few, ...noForces(survey)];
}

/** What a fit found out, for the provenance. */
export function descriptorReport(result: TensorFitResult): Provenance['report'] {
  return {
    iterations: Math.max(1, result.sweeps),
    passesOverTheData: result.passes,
    stoppedBecause: result.stoppedBecause,
    objectivePerConfiguration: result.objective / Math.max(1, result.configurations),
    ridge: result.ridge,
    conditionNumber: result.conditionNumber,
    degreesOfFreedom: result.degreesOfFreedom,
    linearColumns: result.columns,
    labels: result.rows,
  };
}
