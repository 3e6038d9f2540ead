/** What of a dataset a fit learns from. */
import type { DatasetRepository } from '../../store/datasets.ts';

/** Parts that are held back from training where they exist. */
export const HELD_PARTS = ['test', 'validation'] as const;

/** Parts to train on: everything but what is held back; undefined means the whole dataset. */
export function trainingParts(store: DatasetRepository, datasetId: number): (string | null)[] | undefined {
  const parts = Object.keys(store.parts(datasetId));
  return HELD_PARTS.some((name) => parts.includes(name)) ? ['train', null] : undefined;
}
