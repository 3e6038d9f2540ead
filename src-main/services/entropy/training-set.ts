/** What a potential was trained on: the set that simulations with it are to stay within. */
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { DatasetRepository } from '../../store/datasets.ts';
import { JobRepository } from '../../store/jobs.ts';
import type { Project } from '../../store/project.ts';
import { PotentialRepository } from '../../store/potentials.ts';
import { testChoiceOf } from '../datasets/test-digest.ts';
import { trainingParts } from '../datasets/training-selection.ts';
import type { DatasetPart, ReferencePart } from './dataset-part.ts';

/**
 * The parts of datasets that a potential of the project was fitted to.
 * @throws ForcewrightError when the potential came from elsewhere, or its dataset is gone
 */
export function trainingPart(project: Project, potentialId: number): ReferencePart {
  const { name, datasetId, jobId } = new PotentialRepository(project).get(potentialId);
  if (datasetId === undefined) {
    throw new ForcewrightError(`The data that ${name} was fitted to are not in this project.`, {
      remedy: 'Import its training set and choose it as what to compare with.',
    });
  }
  const store = new DatasetRepository(project);
  const part = (id: number): DatasetPart => {
    const parts = trainingParts(store, id);
    return parts ? { datasetId: id, parts } : { datasetId: id };
  };
  const known = new Set(store.list().map(({ id }) => id));
  const settings = new JobRepository(project).list({ kind: 'fit' }).find(({ id }) => id === jobId)?.settings;
  const further = testChoiceOf(datasetId, settings).datasetIds ?? [];
  const missing = further.filter((id) => !known.has(id)).length;
  if (missing > 0) {
    throw new ForcewrightError(
      `${missing === 1 ? 'A dataset' : `${missing} datasets`} that ${name} was fitted to, too, ${missing === 1 ? 'is' : 'are'} gone from this project.`,
      { remedy: 'Choose a dataset to compare with.' },
    );
  }
  return { ...part(datasetId), ...(further.length > 0 && { and: further.map(part) }) };
}
