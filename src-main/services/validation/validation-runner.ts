/** The job that validates potentials of a project and keeps the result, report included, as an analysis. */
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { parsePotentialDocument } from '../../../src-compute/potentials/document.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { AnalysisRepository } from '../../store/analyses.ts';
import { DatasetRepository } from '../../store/datasets.ts';
import { jsonValue, type JsonValue } from '../../store/json.ts';
import { PotentialRepository } from '../../store/potentials.ts';
import type { Project } from '../../store/project.ts';
import type { JobContext, JobRunner } from '../jobs/runner.ts';
import { knowledgeOf } from '../recipes/recipe.ts';
import { buildStructure, structureSourceSchema } from '../simulations/structure-source.ts';
import { PLANS } from './check.ts';
import { comparisonFigures } from './comparison.ts';
import { materialOf } from './material.ts';
import { referenceFile, referencesOf } from './references.ts';
import { validationJson } from './result-json.ts';
import { stateFromJson, stateToJson } from './state.ts';
import { changedThresholds, thresholdChanges } from './thresholds.ts';
import { validate, type Validation } from './validate.ts';
import { validationHtml } from './validation-html.ts';

export const validationJob = z.object({
  potentialIds: z.array(z.int().positive()).min(1).max(8),
  /** The crystal; that of the dataset of the first potential when absent, else the lattice of least energy. */
  structure: structureSourceSchema.optional(),
  plan: z.enum(PLANS).default('quick'),
  checks: z.array(z.string().max(60)).max(40).optional(),
  references: referenceFile.optional(),
  published: z.boolean().default(true),
  thresholds: thresholdChanges.optional(),
  threads: z.int().min(1).max(256).optional(),
});
export type ValidationJob = z.output<typeof validationJob>;

/** What the job leaves behind beside the analysis. */
export const validationVerdicts = z.object({
  verdicts: z.array(z.object({ potentialId: z.number(), verdict: z.array(z.string()) })),
});

/** Kind under which results are kept. */
export const VALIDATION_ANALYSIS = 'validation';
const CHECKPOINT_VERSION = 1;
/** Structures of a check that are kept for the window: so many frames, of so many atoms. */
const KEPT = { frames: 24, atoms: 2000 };
/** Frames of a dataset in which the material is looked for. */
const LOOKED_AT = 5000;

export const validationRunner: JobRunner = {
  kind: 'validation',
  async run(context: JobContext): Promise<JsonValue> {
    const job = validationJob.parse(context.settings);
    const { project, lastCheckpoint } = context;
    const repository = new PotentialRepository(project);
    const potentials = job.potentialIds.map((id) => {
      const document = parsePotentialDocument(repository.document(id));
      return { name: repository.get(id).name, knowledge: knowledgeOf(document) };
    });
    const validation = await validate(
      {
        potentials,
        ...materialFor(project, job),
        plan: job.plan,
        only: job.checks,
        references: job.references && referencesOf(job.references),
        published: job.published,
        thresholds: job.thresholds && changedThresholds(job.thresholds),
        engine: { threads: job.threads ?? availableParallelism() },
      },
      {
        signal: context.signal,
        onProgress: (fraction, message) => context.progress({ fraction, message }),
        onState: (state) => context.checkpoint(Buffer.from(stateToJson(state)), CHECKPOINT_VERSION),
        resume: lastCheckpoint && stateFromJson(Buffer.from(lastCheckpoint.data).toString('utf8')),
      },
    );
    for (const { name, verdict } of validation.potentials)
      for (const sentence of verdict) context.log(potentials.length > 1 ? `${name}: ${sentence}` : sentence);
    const analysisId = new AnalysisRepository(project).save(
      VALIDATION_ANALYSIS,
      context.settings,
      { result: await kept(validation, job.potentialIds) },
      context.jobId,
    );
    return {
      analysisId,
      verdicts: validation.potentials.map(({ verdict }, k) => ({
        potentialId: job.potentialIds[k],
        verdict: [...verdict],
      })),
    };
  },
};

function materialFor(project: Project, job: ValidationJob): { structure?: Configuration; origin?: string } {
  if (job.structure)
    return { structure: buildStructure(project, job.structure), origin: 'The structure was given.' };
  const { datasetId } = new PotentialRepository(project).get(job.potentialIds[0]);
  const datasets = new DatasetRepository(project);
  const dataset = datasets.list().find(({ id }) => id === datasetId);
  if (!dataset) return {};
  function* frames(id: number, count: number): Generator<Configuration> {
    for (let k = 0; k < Math.min(count, LOOKED_AT); k++) yield datasets.configuration(id, k);
  }
  return { ...materialOf(frames(dataset.id, dataset.configurationCount), dataset.name) };
}

/** What the project keeps: numbers, figures, structures, and the report as it is saved. */
async function kept(validation: Validation, potentialIds: readonly number[]): Promise<JsonValue> {
  const { html } = await validationHtml(validation);
  const sections = validation.potentials.map(({ checks, ...potential }, k) => ({
    potentialId: potentialIds[k],
    name: potential.name,
    checks: checks.map(
      ({ name, title, question, figures, notes, failed, seconds, evaluations, structures }) => ({
        name,
        title,
        question,
        figures,
        notes,
        failed: failed ?? null,
        seconds,
        evaluations,
        structures: structures
          .filter(({ kinds }) => kinds.length <= KEPT.atoms)
          .slice(0, KEPT.frames)
          .map(atomsOf),
      }),
    ),
  }));
  const whole = {
    ...validationJson(validation),
    sections,
    comparison: validation.potentials.length > 1 ? comparisonFigures(validation.potentials) : [],
    html,
  };
  // JSON knows no NaN: what could not be measured becomes null
  return jsonValue.parse(JSON.parse(JSON.stringify(whole)));
}

const atomsOf = ({ symbols, kinds, positions, cell, periodic }: Configuration) => ({
  symbols,
  kinds: Array.from(kinds),
  positions: Array.from(positions),
  cell: Array.from(cell),
  periodic,
});
