/** Which configurations a fit tests on, as a digest. */
import type { DatasetRepository } from '../../store/datasets.ts';

/** What a fit was asked to test on; undefined where nothing is held back. */
export interface TestChoice {
  readonly datasetId: number;
  /** Another dataset as a whole. */
  readonly testDatasetId?: number;
}

/** The part of the split that is the test set. */
export const TEST_PART = 'test';

/** Digest of a test set; undefined where the dataset is gone or holds nothing back. */
export function testDigest(
  datasets: DatasetRepository,
  { datasetId, testDatasetId }: TestChoice,
): string | undefined {
  const tested = testDatasetId ?? datasetId;
  if (!datasets.list().some(({ id }) => id === tested)) return undefined;
  if (testDatasetId !== undefined) return datasets.selectionHash(tested);
  if (!Object.keys(datasets.parts(tested)).includes(TEST_PART)) return undefined;
  return datasets.selectionHash(tested, { parts: [TEST_PART] });
}
