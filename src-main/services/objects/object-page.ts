/** Everything about one dataset, potential or run on one page: facts, settings, badges, cost, parents, children, notes. */
import { z } from 'zod';
import { parsePotentialDocument, type Metrics } from '../../../src-compute/potentials/document.ts';
import { fittedParameterCount } from '../../../src-compute/potentials/registry.ts';
import { JobRepository, type Job } from '../../store/jobs.ts';
import type { JsonValue } from '../../store/json.ts';
import { NoteRepository, type ObjectKind } from '../../store/notes.ts';
import type { Project } from '../../store/project.ts';
import { StoreError } from '../../store/store-error.ts';
import type { ProjectService } from '../project-service.ts';
import { exportJob, exportReport } from '../export/export-runner.ts';
import { validationVerdicts } from '../validation/validation-runner.ts';
import { testChoiceOf } from '../datasets/test-digest.ts';
import { testedOn } from '../datasets/test-set.ts';
import { formWords } from '../potentials/form-words.ts';
import type { LineageNode } from './lineage.ts';

/** A label and what belongs to it, for the eye. */
export interface Fact {
  readonly label: string;
  readonly value: string;
}

/** Something that was found out about an object. */
export interface Badge {
  readonly kind: 'verified' | 'judged' | 'validated' | 'tested' | 'changed' | 'untested';
  readonly label: string;
  /** A sentence. */
  readonly text: string;
}

export interface ObjectPage {
  readonly kind: ObjectKind;
  readonly id: number;
  readonly name: string;
  readonly createdAt: number;
  readonly state: string;
  readonly facts: readonly Fact[];
  readonly settings: readonly Fact[];
  /** Digest of the content: another digest is another version. */
  readonly version: string;
  readonly badges: readonly Badge[];
  /** What making it took; null where no job did. */
  readonly cost: { readonly seconds: number; readonly cores: number } | null;
  readonly parents: readonly LineageNode[];
  readonly children: readonly LineageNode[];
  readonly notes: string;
}

type Described = Pick<ObjectPage, 'facts' | 'settings' | 'version' | 'badges' | 'cost'>;

/** @throws StoreError when there is no such object */
export function objectPage(open: ProjectService, kind: ObjectKind, id: number): ObjectPage {
  const { nodes, edges } = open.lineage();
  const byKey = new Map(nodes.map((node) => [node.key, node]));
  const node = byKey.get(`${kind}:${id}`);
  if (!node) {
    throw new StoreError('not-found', `There is no ${kind} number ${id} in this project.`, {
      remedy: 'It may have been removed. Go back to the overview.',
    });
  }
  const { key, name, createdAt, state } = node;
  const related = (side: 0 | 1) =>
    edges.flatMap((edge) => {
      const other = edge[side === 0 ? 1 : 0] === key ? byKey.get(edge[side]) : undefined;
      return other ? [other] : [];
    });
  const described = { dataset: describeDataset, potential: describePotential, run: describeRun }[kind](
    open,
    id,
  );
  return {
    ...{ kind, id, name, createdAt, state, ...described },
    parents: related(0),
    children: related(1),
    notes: new NoteRepository(open.project).get(kind, id),
  };
}

function describeDataset(open: ProjectService, id: number): Described {
  const dataset = open.datasets.get(id);
  const parts = Object.entries(open.datasets.store.parts(id)).filter(([part]) => part !== '');
  const { data: source } = z
    .object({ files: z.array(z.object({ path: z.string() })), options: z.json().optional() })
    .safeParse(dataset.source);
  return {
    facts: [
      fact('Elements', dataset.species.join(', ')),
      fact('Configurations', dataset.configurationCount),
      fact('Atoms', dataset.atomCount),
      fact(
        'With energy, forces, virial',
        [dataset.withEnergy, dataset.withForces, dataset.withVirial].join(', '),
      ),
      ...(dataset.reference === '' ? [] : [fact('Reference', dataset.reference)]),
      ...(parts.length > 0 ? [fact('Parts', parts.map(([part, n]) => `${part} ${n}`).join(', '))] : []),
      ...(source?.files ?? []).map(({ path }) => fact('File', path.replace(/^.*[/\\]/, ''))),
    ],
    settings: [...flat(source?.options ?? {}), ...flat({ split: plain(dataset.split ?? null) })],
    version: dataset.hash,
    badges: [],
    cost: costOf(jobThatMade(open.project, 'import', 'datasetId', id)),
  };
}

function describePotential(open: ProjectService, id: number): Described {
  const potential = open.potentials.get(id);
  const { model, metrics, provenance } = parsePotentialDocument(open.potentials.document(id));
  const jobs = new JobRepository(open.project).list();
  return {
    facts: [
      fact('Form', formWords(potential)),
      fact('Elements', model.species.join(', ')),
      fact('Cutoff (Å)', model.cutoff),
      fact('Parameters', fittedParameterCount(model, provenance.settings)),
      ...errorFacts('Test', metrics.test),
      ...errorFacts('Training', metrics.train),
      ...provenance.data.map(({ name, role, sha256 }) =>
        fact(`Data, ${role}`, sha256 === undefined ? name : `${name} (${sha256.slice(0, 12)})`),
      ),
      fact('Made by', provenance.program),
    ],
    settings: flat(provenance.settings),
    version: potential.fileHash,
    badges: potentialBadges(open, id, metrics.test, testedOn(provenance.data), jobs),
    cost: costOf(jobs.find((job) => job.id === potential.jobId)),
  };
}

function errorFacts(part: string, m: Metrics | undefined): Fact[] {
  if (!m) return [];
  return [
    fact(`${part} configurations`, m.configurations),
    ...(m.energy_mae_mev_per_atom == null
      ? []
      : [fact(`${part} energy MAE (meV/atom)`, m.energy_mae_mev_per_atom.toFixed(2))]),
    ...(m.force_mae_ev_per_a == null
      ? []
      : [fact(`${part} force MAE (eV/Å)`, m.force_mae_ev_per_a.toFixed(4))]),
  ];
}

/** The verdict of the newest validation. */
function verdictBadge(id: number, done: readonly Job[]): Badge[] {
  const verdicts = done
    .filter(({ kind }) => kind === 'validation')
    .sort((a, b) => b.createdAt - a.createdAt)
    .flatMap(({ result }) => validationVerdicts.safeParse(result).data?.verdicts ?? []);
  const verdict = verdicts.find(({ potentialId }) => potentialId === id)?.verdict;
  return verdict === undefined ? [] : [{ kind: 'judged', label: 'validated', text: verdict.join(' ') }];
}

function potentialBadges(
  open: ProjectService,
  id: number,
  test: Metrics | undefined,
  digest: string | undefined,
  jobs: readonly Job[],
): Badge[] {
  const badges: Badge[] = [];
  const done = jobs.filter(({ state }) => state === 'done');
  for (const job of done.filter(({ kind }) => kind === 'export')) {
    const { data: asked } = exportJob.safeParse(job.settings);
    const { data: report } = exportReport.safeParse(job.result);
    if (asked?.potentialId !== id || !report?.tested) continue;
    const { lammps, forceDifference } = report.tested;
    badges.push({
      ...{ kind: 'verified', label: 'verified in LAMMPS' },
      text: `Exported and run in LAMMPS ${lammps}: forces agree to ${forceDifference.toExponential(1)} eV/Å.`,
    });
    break;
  }
  const recipes = done.flatMap(({ kind, title, settings }) =>
    kind === 'recipe' && z.object({ potentialId: z.literal(id) }).safeParse(settings).success ? [title] : [],
  );
  badges.push(...verdictBadge(id, done));
  if (recipes.length > 0) {
    badges.push({
      ...{ kind: 'validated', label: `tried in ${recipes.length} recipe${recipes.length === 1 ? '' : 's'}` },
      text: `What was computed with it: ${[...new Set(recipes)].join('; ')}.`,
    });
  }
  const { datasetId, jobId } = open.potentials.get(id);
  const asked = jobs.find((job) => job.id === jobId)?.settings;
  const now = datasetId === undefined ? undefined : open.tests.digest(testChoiceOf(datasetId, asked));
  if (test === undefined) {
    badges.push({
      ...{ kind: 'untested', label: 'not tested' },
      text: 'No configurations were held back, so nothing is known of errors beyond the training data.',
    });
  } else if (digest !== undefined && now !== undefined && now !== digest) {
    badges.push({
      ...{ kind: 'changed', label: 'test set changed' },
      text: 'The test set has changed since the errors were measured.',
    });
  } else {
    badges.push({
      ...{ kind: 'tested', label: 'tested' },
      text: `Errors were measured on ${test.configurations} configurations that the fit has not seen.`,
    });
  }
  return badges;
}

function describeRun(open: ProjectService, id: number): Described {
  const job = open.jobs.get(id);
  const trajectory = open.trajectories.list().find(({ jobId }) => jobId === id);
  return {
    facts: [
      fact('State', job.state),
      ...(trajectory ? [fact('Atoms', trajectory.atoms), fact('Frames', trajectory.frames)] : []),
      ...(job.error ? [fact('Error', job.error.message)] : []),
      ...resultFacts(job.result),
    ],
    settings: flat(job.settings),
    version: trajectory ? `trajectory ${trajectory.id}, ${trajectory.frames} frames` : `job ${id}`,
    badges: [],
    cost: costOf(job),
  };
}

/** Results of runs that are told here, with their units; all of them are on the page of the run. */
const RESULTS: Readonly<Record<string, string>> = {
  steps: 'Steps',
  temperature: 'Temperature (K)',
  energy: 'Energy (eV/atom)',
  potential: 'Potential energy (eV/atom)',
  pressure: 'Pressure (GPa)',
  volume: 'Volume (Å³)',
  acceptance: 'Acceptance',
  drift: 'Drift (meV/atom/ps)',
  microsecondsPerAtomStep: 'Speed (µs/atom/step)',
};
const resultsSchema = z.record(z.string(), z.unknown()).catch({});
const estimateSchema = z.object({ value: z.number(), error: z.number().nullish() });

function resultFacts(result: unknown): Fact[] {
  const known = resultsSchema.parse(result);
  return Object.entries(RESULTS).flatMap(([key, label]) => {
    const value = known[key];
    if (typeof value === 'number') return [fact(label, rounded(value))];
    const estimate = estimateSchema.safeParse(value);
    return estimate.success ? [fact(label, withError(estimate.data))] : [];
  });
}

const rounded = (value: number) =>
  Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));

/** Value ± error, both to two digits of the error. */
function withError({ value, error }: z.output<typeof estimateSchema>): string {
  if (error == null || !(error > 1e-9 * Math.abs(value))) return rounded(value);
  const digits = Math.min(10, Math.max(0, 1 - Math.floor(Math.log10(error))));
  return `${value.toFixed(digits)} ± ${error.toFixed(digits)}`;
}

function jobThatMade(project: Project, kind: string, key: string, id: number): Job | undefined {
  const made = z.union([
    z.object({ [key]: z.literal(id) }),
    z.object({
      datasets: z.array(z.object({ id: z.number() })).refine((list) => list.some((d) => d.id === id)),
    }),
  ]);
  return new JobRepository(project).list({ kind }).find(({ result }) => made.safeParse(result).success);
}

const threadsSchema = z
  .union([
    z.object({ request: z.object({ threads: z.number().min(1) }) }).transform((s) => s.request.threads),
    z.object({ threads: z.number().min(1) }).transform((s) => s.threads),
  ])
  .catch(1);

/** Wall-clock time of the last attempt, and how many threads the job was given; 1 where it does not say. */
function costOf(job: Job | undefined): ObjectPage['cost'] {
  if (job?.startedAt === undefined) return null;
  // by the clock on the wall, which may have been set back meanwhile
  const seconds = Math.max(0, (job.finishedAt ?? Date.now()) - job.startedAt) / 1000;
  return { seconds, cores: threadsSchema.parse(job.settings) };
}

function fact(label: string, value: string | number): Fact {
  return { label, value: String(value) };
}

const plain = (value: unknown): JsonValue => z.json().parse(JSON.parse(JSON.stringify(value)));

/** Most entries of a settings list, and longest value. */
const MOST_SETTINGS = 80;
const LONGEST_VALUE = 300;

/** Nested settings as one list: {a: {b: 1}} is 'a.b', 1. Lists of plain values stay together. */
export function flat(value: JsonValue, path = ''): Fact[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) {
    const simple = value.every((item) => typeof item !== 'object' || item === null);
    const text = simple ? value.join(', ') : JSON.stringify(value);
    return value.length === 0 ? [] : [fact(path, shortened(text))];
  }
  if (typeof value === 'object')
    return Object.entries(value)
      .flatMap(([key, inner]) => flat(inner, path === '' ? key : `${path}.${key}`))
      .slice(0, MOST_SETTINGS);
  return [fact(path, shortened(String(value)))];
}

const shortened = (text: string) =>
  text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)} …` : text;
