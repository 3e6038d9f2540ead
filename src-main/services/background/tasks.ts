/**
 * What may take long of a project and is no job: answers about large datasets and changes to them. Each is a plain
 * function of an open project, so that it can run where it is asked for or in a thread of its own (background.ts).
 */
import { compareDatasets } from '../datasets/compare.ts';
import { DatasetService } from '../datasets/dataset-service.ts';
import { datasetTable } from '../datasets/dataset-table.ts';
import { splitDataset, type SplitRequest } from '../datasets/splits.ts';
import { testDigest, type TestChoice } from '../datasets/test-digest.ts';
import type { Project } from '../../store/project.ts';

interface Some {
  readonly id: number;
  readonly positions: Uint32Array;
}

/** Which configurations, null for those of no part, to which file. */
interface ExportRequest {
  readonly id: number;
  readonly parts?: readonly (string | null)[] | undefined;
  readonly path: string;
  readonly format: string;
  readonly aseNames?: boolean | undefined;
}

export const TASKS = {
  /** Columns of a dataset for the window: dataset-table.ts. */
  table: (project: Project, { id }: { readonly id: number }) => datasetTable(project, id),
  /** Parts, tags and their counts. */
  counts: (project: Project, { id }: { readonly id: number }) => {
    const { store } = new DatasetService(project);
    return { parts: store.parts(id), tags: store.tags(id) };
  },
  exclude: (project: Project, { id, positions, reason }: Some & { readonly reason?: string | undefined }) =>
    new DatasetService(project).exclude(id, positions, reason),
  include: (project: Project, { id, positions }: Some) => new DatasetService(project).include(id, positions),
  tag: (project: Project, { id, positions, tag }: Some & { readonly tag: string }) =>
    new DatasetService(project).tag(id, positions, tag),
  untag: (project: Project, { id, positions, tag }: Some & { readonly tag: string }) =>
    new DatasetService(project).untag(id, positions, tag),
  reweight: (project: Project, { id, positions, weight }: Some & { readonly weight: number }) =>
    new DatasetService(project).reweight(id, positions, weight),
  split: (project: Project, { id, request }: { readonly id: number; readonly request: SplitRequest }) =>
    splitDataset(project, id, request),
  unsplit: (project: Project, { id }: { readonly id: number }) => new DatasetService(project).unsplit(id),
  undo: (project: Project, { id }: { readonly id: number }) => new DatasetService(project).undo(id) ?? null,
  redo: (project: Project, { id }: { readonly id: number }) => new DatasetService(project).redo(id) ?? null,
  remove: (project: Project, { id }: { readonly id: number }) => new DatasetService(project).store.remove(id),
  compare: (project: Project, { first, second }: { readonly first: number; readonly second: number }) =>
    compareDatasets(project, first, second),
  extract: (
    project: Project,
    {
      name,
      id,
      positions,
      weights,
    }: Some & { readonly name: string; readonly weights?: number[] | undefined },
  ) => new DatasetService(project).extract(name, id, positions, weights),
  combine: (project: Project, { name, ids }: { readonly name: string; readonly ids: readonly number[] }) =>
    new DatasetService(project).union(name, ids),
  /** Writes configurations to a file, and says what could not be said in its format. */
  exportFile: async (
    project: Project,
    { id, parts, path, format, aseNames }: ExportRequest,
    signal?: AbortSignal,
  ) => {
    const notes: string[] = [];
    const onNote = (sentence: string) => void notes.push(sentence);
    const options = { onNote, aseNames, ...(signal && { signal }) };
    const written = await new DatasetService(project).exportFile(
      id,
      { ...(parts && { parts }) },
      path,
      format,
      options,
    );
    return { written, notes };
  },
  /** Digest of the present test set; null where there is none. */
  testDigest: (project: Project, choice: TestChoice) =>
    testDigest(new DatasetService(project).store, choice) ?? null,
  /** µs per atom of a potential, or null where no dataset fits: potential-cost.ts. */
  cost: async (project: Project, { id }: { readonly id: number }) => {
    const { potentialCost } = await import('../evaluation/potential-cost.ts'); // force engines: loaded when needed
    return potentialCost(project, new DatasetService(project).store, id) ?? null;
  },
} as const;

export type Tasks = typeof TASKS;
export type TaskName = keyof Tasks;
export type TaskInput<Name extends TaskName> = Parameters<Tasks[Name]>[1];
export type TaskResult<Name extends TaskName> = Awaited<ReturnType<Tasks[Name]>>;
