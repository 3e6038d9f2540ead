/**
 * What is known against data before they are fitted: what the import found, duplicates and outliers, and structures that
 * training and test share. The same words wherever data come from a project or straight from a file.
 */
import { z } from 'zod';
import { DIGEST_BYTES } from '../../store/columns.ts';
import { DatasetRepository, type Selection } from '../../store/datasets.ts';
import type { Project } from '../../store/project.ts';
import { flagDataset } from './flags.ts';

const findingList = z
  .array(
    z.object({
      severity: z.string(),
      message: z.string(),
      file: z.string().optional(),
      frame: z.number().optional(),
      line: z.number().optional(),
    }),
  )
  .catch([]);

/** What the import of a dataset found, as sentences. */
export function importFindings(project: Project, datasetId: number): string[] {
  const { findings } = new DatasetRepository(project).get(datasetId);
  return findingList
    .parse(findings)
    .map(({ message, file, frame, line }) =>
      file === undefined ? message : `${file}, frame ${frame}, line ${line}: ${message}`,
    );
}

/** What the import found, duplicates and outliers; the latter are marked in the dataset. */
export function dataFindings(project: Project, datasetId: number): string[] {
  return [...importFindings(project, datasetId), ...flagDataset(project, datasetId).sentences];
}

/** Digests of the structures of a selection, labels left out. */
export function structureDigests(project: Project, datasetId: number, selection: Selection = {}): string[] {
  const datasets = new DatasetRepository(project);
  const digests = Buffer.from(datasets.digests(datasetId, 'structure').buffer);
  return Array.from(datasets.select(datasetId, selection), (position) =>
    digests.toString('hex', DIGEST_BYTES * position, DIGEST_BYTES * (position + 1)),
  );
}

/** A sentence when structures of the test part are in the training part too: errors on them say nothing. */
export function sharedStructures(train: Iterable<string>, test: readonly string[]): string[] {
  const known = new Set(train);
  const shared = test.filter((hash) => known.has(hash)).length;
  if (shared === 0) return [];
  const which =
    shared === test.length
      ? 'All structures of the test data are'
      : `${shared} of the ${test.length} test structures are`;
  return [`${which} in the training data too: errors on them say nothing about new structures.`];
}
