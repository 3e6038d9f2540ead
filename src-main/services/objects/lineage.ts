/**
 * What was made from what: datasets, potentials, runs (molecular dynamics, hybrid Monte Carlo, learning on the fly,
 * recipes) and exports of a project, and the arrows between them. Nothing is stored for it: jobs, provenance and the
 * sources of datasets already say it.
 */
import { z } from 'zod';
import { formWords } from '../potentials/form-words.ts';
import { DatasetRepository, type DatasetSummary } from '../../store/datasets.ts';
import { JobRepository, type Job } from '../../store/jobs.ts';
import { PotentialRepository } from '../../store/potentials.ts';
import type { Project } from '../../store/project.ts';
import { TrajectoryRepository } from '../../store/trajectories.ts';

export type NodeKind = 'dataset' | 'potential' | 'run' | 'export';

/** An object of the project. */
export interface LineageNode {
  /** 'potential:3'; runs and exports have the number of their job. */
  readonly key: string;
  readonly kind: NodeKind;
  readonly id: number;
  readonly name: string;
  readonly createdAt: number;
  /** 'done', 'running', …; 'done' for what no job made. */
  readonly state: string;
  /** A few words: configurations, kind of run, format. */
  readonly about: string;
}

export interface Lineage {
  /** In order of time. */
  readonly nodes: readonly LineageNode[];
  /** From parent to child, each once. */
  readonly edges: readonly (readonly [string, string])[];
}

/** Jobs that are runs, and what they are called. */
export const RUN_KINDS: Readonly<Record<string, string>> = {
  md: 'molecular dynamics',
  hmc: 'hybrid Monte Carlo',
  'on-the-fly': 'learning on the fly',
  recipe: 'recipe',
};

const madeSchema = z
  .object({
    potentialId: z.number().optional(),
    datasetId: z.number().optional(),
    trajectoryId: z.number().optional(),
  })
  .catch({});
/** What the settings of jobs name. */
const usedSchema = z
  .object({
    potentialId: z.number().optional(),
    cheapPotentialId: z.number().optional(),
    datasetId: z.number().optional(),
    testDatasetId: z.number().optional(),
    datasetIds: z.array(z.number()).optional(),
    format: z.string().optional(),
    recipe: z.string().optional(),
    structure: z
      .union([
        z.object({ kind: z.literal('dataset'), datasetId: z.number() }),
        z.object({ kind: z.literal('trajectory'), trajectoryId: z.number() }),
      ])
      .optional()
      .catch(undefined),
  })
  .catch({});
const sourceSchema = z
  .object({
    datasets: z.array(z.object({ from: z.string(), hash: z.string() })).optional(),
    trajectory: z.string().optional(),
    generated: z.object({ dataset: z.object({ datasetId: z.number() }).optional() }).optional(),
  })
  .catch({});

/** @throws StoreError */
export function lineageOf(project: Project): Lineage {
  const datasets = new DatasetRepository(project).list();
  const potentials = new PotentialRepository(project).list();
  const jobs = new JobRepository(project).list();
  const trajectories = new TrajectoryRepository(project).list();
  const edges = new EdgeSet();
  const nodes: LineageNode[] = [
    ...datasets.map(datasetNode),
    ...potentials.map((potential) => {
      const { id, name, createdAt } = potential;
      const key = `potential:${id}`;
      return {
        key,
        kind: 'potential' as const,
        id,
        name,
        createdAt,
        state: 'done',
        about: formWords(potential),
      };
    }),
    ...jobs.flatMap(jobNode),
  ];
  const runOf = new Map(trajectories.map(({ id, jobId }) => [id, jobId]));
  for (const dataset of datasets) {
    const source = sourceSchema.parse(dataset.source);
    for (const { from, hash } of source.datasets ?? []) {
      const parent = datasets.find((other) => other.hash === hash) ?? datasets.find((o) => o.name === from);
      if (parent) edges.add(`dataset:${parent.id}`, `dataset:${dataset.id}`);
    }
    const run = trajectories.find(({ name }) => name === source.trajectory)?.jobId;
    if (run !== undefined) edges.add(`run:${run}`, `dataset:${dataset.id}`);
  }
  for (const { id, datasetId } of potentials) edges.add(`dataset:${datasetId}`, `potential:${id}`);
  for (const job of jobs) addJobEdges(job, runOf, edges);
  const known = new Set(nodes.map(({ key }) => key));
  return {
    nodes: nodes.sort((a, b) => a.createdAt - b.createdAt || a.key.localeCompare(b.key)),
    edges: edges.list.filter(([from, to]) => known.has(from) && known.has(to)),
  };
}

function datasetNode({ id, name, createdAt, configurationCount }: DatasetSummary): LineageNode {
  return {
    ...{ key: `dataset:${id}`, kind: 'dataset', id, name, createdAt, state: 'done' },
    about: `${configurationCount} configuration${configurationCount === 1 ? '' : 's'}`,
  };
}

function jobNode({ id, kind, title, createdAt, state, settings }: Job): LineageNode[] {
  const { format, recipe } = usedSchema.parse(settings);
  if (Object.hasOwn(RUN_KINDS, kind)) {
    const about = kind === 'recipe' ? `recipe ${recipe ?? ''}`.trim() : RUN_KINDS[kind];
    return [{ key: `run:${id}`, kind: 'run', id, name: title, createdAt, state, about }];
  }
  if (kind === 'export')
    return [{ key: `export:${id}`, kind: 'export', id, name: title, createdAt, state, about: format ?? '' }];
  return [];
}

function addJobEdges(job: Job, runOf: ReadonlyMap<number, number | undefined>, edges: EdgeSet): void {
  const used = usedSchema.parse(job.settings);
  const made = madeSchema.parse(job.result ?? {});
  const potentials = [used.potentialId, used.cheapPotentialId].filter((id) => id !== undefined);
  if (job.kind === 'export') for (const id of potentials) edges.add(`potential:${id}`, `export:${job.id}`);
  if (job.kind === 'fit' && made.potentialId !== undefined) {
    for (const id of [used.datasetId, used.testDatasetId, ...(used.datasetIds ?? [])])
      if (id !== undefined) edges.add(`dataset:${id}`, `potential:${made.potentialId}`);
  }
  if (!Object.hasOwn(RUN_KINDS, job.kind)) return;
  const run = `run:${job.id}`;
  for (const id of potentials) edges.add(`potential:${id}`, run);
  if (used.structure?.kind === 'dataset') edges.add(`dataset:${used.structure.datasetId}`, run);
  if (used.structure?.kind === 'trajectory') {
    const from = runOf.get(used.structure.trajectoryId);
    if (from !== undefined) edges.add(`run:${from}`, run);
  }
  // learning on the fly makes both
  if (made.potentialId !== undefined && !potentials.includes(made.potentialId))
    edges.add(run, `potential:${made.potentialId}`);
  if (made.datasetId !== undefined) edges.add(run, `dataset:${made.datasetId}`);
}

class EdgeSet {
  readonly list: (readonly [string, string])[] = [];
  readonly #known = new Set<string>();

  add(from: string, to: string): void {
    const key = `${from} ${to}`;
    if (from === to || this.#known.has(key)) return;
    this.#known.add(key);
    this.list.push([from, to]);
  }
}
