/**
 * What is known against data before they are fitted: what the import found, duplicates and outliers, and structures that
 * training and test share. The same words wherever data come from a project or straight from a file.
 */
import { z } from 'zod';
import { DIGEST_BYTES } from '../../store/columns.ts';
import { ColumnReader } from '../../store/columns.ts';
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

/** A finding of the import for the page of its dataset, with the configurations that it names. */
export interface NamedFinding {
  readonly severity: string;
  /** The words of the import, the fit and the command line. */
  readonly message: string;
  /** Where, when it is about single frames: 'a.xyz, frame 3, line 27'. */
  readonly places: readonly string[];
  /** Configurations that are in the dataset; bad frames that were left out are not. */
  readonly positions: readonly number[];
}

/** Findings with the same words together, in the order in which they were made. */
export function namedFindings(project: Project, datasetId: number): NamedFinding[] {
  const { findings, source } = new DatasetRepository(project).get(datasetId);
  const { files } = sourceSchema.parse(source);
  const listed = findingList.parse(findings);
  const at = placesInFiles(project, datasetId, listed.length > 0);
  const groups = new Map<string, { severity: string; places: string[]; positions: number[] }>();
  for (const { severity, message, file, frame, line } of listed) {
    const group = groups.get(message) ?? { severity, places: [], positions: [] };
    groups.set(message, group);
    if (file === undefined || frame === undefined) continue;
    group.places.push(`${baseName(file)}, frame ${frame}, line ${line}`);
    const index = files.findIndex(({ path }) => path === file || baseName(path) === baseName(file));
    const position = at(index, frame);
    if (position !== undefined) group.positions.push(position);
  }
  return [...groups].map(([message, group]) => ({ message, ...group }));
}

/** Finds positions by number of the file and frame: frames of a file come in order, some are left out. */
function placesInFiles(
  project: Project,
  datasetId: number,
  wanted: boolean,
): (file: number, frame: number) => number | undefined {
  if (!wanted) return () => undefined;
  const columns = new ColumnReader(project);
  const [files, frames] = (['sourceFile', 'sourceFrame'] as const).map((name) =>
    columns.numbers(datasetId, name),
  );
  return (file, frame) => {
    for (let k = 0; k < files.length; k++) if (frames[k] === frame && files[k] === file) return k;
    return undefined;
  };
}

const sourceSchema = z.object({ files: z.array(z.object({ path: z.string() })) }).catch({ files: [] });
const baseName = (path: string) => path.replace(/^.*[/\\]/, '');
