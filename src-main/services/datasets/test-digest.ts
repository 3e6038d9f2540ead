/** Which configurations a fit tests on, as a digest. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { DatasetRepository } from '../../store/datasets.ts';

/** What a fit was asked to test on; undefined where nothing is held back. */
export interface TestChoice {
  readonly datasetId: number;
  /** Further datasets to learn from; what they hold back belongs to the test set. */
  readonly datasetIds?: readonly number[] | undefined;
  /** Another dataset as a whole. */
  readonly testDatasetId?: number | undefined;
}

/** The part of the split that is the test set. */
export const TEST_PART = 'test';

/** Datasets that test configurations come from. */
export function testedDatasets({ datasetId, datasetIds, testDatasetId }: TestChoice): number[] {
  return testDatasetId === undefined ? [...new Set([datasetId, ...(datasetIds ?? [])])] : [testDatasetId];
}

/** Digest of a test set; undefined where one of its datasets is gone, or nothing is held back. */
export function testDigest(datasets: DatasetRepository, choice: TestChoice): string | undefined {
  const known = new Set(datasets.list().map(({ id }) => id));
  const tested = testedDatasets(choice);
  if (!tested.every((id) => known.has(id))) return undefined;
  if (choice.testDatasetId !== undefined) return datasets.selectionHash(choice.testDatasetId);
  const digests = tested
    .filter((id) => Object.keys(datasets.parts(id)).includes(TEST_PART))
    .map((id) => datasets.selectionHash(id, { parts: [TEST_PART] }));
  // of one dataset its own, as potentials have known it all along
  if (digests.length < 2) return digests.at(0);
  return createHash('sha256').update(digests.join(' ')).digest('hex');
}

/** What a job of a fit was asked to test on, as far as its settings say. */
export function testChoiceOf(datasetId: number, settings: unknown): TestChoice {
  const asked = jobChoice.safeParse(settings).data ?? {};
  return { datasetId, ...asked };
}
const jobChoice = z.object({
  datasetIds: z.array(z.number()).optional(),
  testDatasetId: z.number().optional(),
});
