/** Jobs whose result is kept in the project under all that went into it: a second run of the same finds it there. */
import type { z } from 'zod';
import { AnalysisRepository, type AnalysisResult } from '../../store/analyses.ts';
import { jsonValue, type JsonValue } from '../../store/json.ts';
import type { Project } from '../../store/project.ts';
import type { JobContext, JobRunner } from './runner.ts';

/** What such a job is. */
export interface KeptAnalysis<Schema extends z.ZodType> {
  /** Of the job and of the analysis that it makes. */
  readonly kind: string;
  readonly settings: Schema;
  /** Everything the result depends on: digests of data, settings. Undefined values are left out. */
  inputs(project: Project, settings: z.output<Schema>): object;
  compute(context: JobContext, settings: z.output<Schema>): Promise<AnalysisResult>;
}

export interface KeptAnalysisRunner<Schema extends z.ZodType> extends JobRunner {
  /** Number of the analysis when the project has it already. */
  known(project: Project, settings: z.output<Schema>): number | undefined;
}

/** The runner of such a job; its result is `{ analysisId }`. */
export function keptAnalysisRunner<Schema extends z.ZodType>(
  analysis: KeptAnalysis<Schema>,
): KeptAnalysisRunner<Schema> {
  const { kind } = analysis;
  const key = (project: Project, settings: z.output<Schema>): JsonValue =>
    jsonValue.parse(JSON.parse(JSON.stringify(analysis.inputs(project, settings))));
  return {
    kind,
    known: (project, settings) => new AnalysisRepository(project).known(kind, key(project, settings)),
    async run(context) {
      const settings = analysis.settings.parse(context.settings);
      const inputs = key(context.project, settings);
      const analyses = new AnalysisRepository(context.project);
      const analysisId =
        analyses.known(kind, inputs) ??
        analyses.save(kind, inputs, await analysis.compute(context, settings), context.jobId);
      return { analysisId };
    },
  };
}
