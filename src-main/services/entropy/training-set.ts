/** What a potential was trained on: the set that simulations with it are to stay within. */
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { DatasetRepository } from '../../store/datasets.ts';
import type { Project } from '../../store/project.ts';
import { PotentialRepository } from '../../store/potentials.ts';
import { trainingParts } from '../datasets/training-selection.ts';
import type { DatasetPart } from './dataset-part.ts';

/**
 * The part of a dataset that a potential of the project was fitted to.
 * @throws ForcewrightError when the potential came from elsewhere, or its dataset is gone
 */
export function trainingPart(project: Project, potentialId: number): DatasetPart {
  const { name, datasetId } = new PotentialRepository(project).get(potentialId);
  if (datasetId === undefined) {
    throw new ForcewrightError(`The data that ${name} was fitted to are not in this project.`, {
      remedy: 'Import its training set and choose it as what to compare with.',
    });
  }
  const parts = trainingParts(new DatasetRepository(project), datasetId);
  return parts ? { datasetId, parts } : { datasetId };
}
