/**
 * What a fit will take, before it is started: parameters, memory, time. Parameters are counted; memory follows from
 * the normal equations that every thread keeps for every group of the data; work is forecast by the form (src-compute/forms)
 * and scaled by what earlier fits of the same kind took on this machine. Before the first one it is a rough figure.
 */
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { TRAINING_GROUPS } from '../../../src-compute/fitting/fit-settings.ts';
import {
  labelCount,
  type EstimatedDescriptors,
  type FitDataSize,
  type FitForecast,
} from '../../../src-compute/forms/fit-form.ts';
import { requestedForm } from '../../../src-compute/forms/fit-forms.ts';
import type { Job } from '../../store/jobs.ts';
import { fitRequestSchema, type FitRequest } from './fit-request.ts';

export interface FitEstimate {
  /** What the potential is called after its data when nobody names it. */
  readonly name: string;
  /** Linear coefficients, energies per element included. */
  readonly linear: number;
  /** Coefficients of the radial functions. */
  readonly radial: number;
  /** Descriptors of a tensor-regression potential, as the data and the choices give them. */
  readonly descriptors: EstimatedDescriptors | null;
  readonly memoryBytes: number;
  readonly seconds: number;
  /** Earlier fits of this project that the time was scaled by. */
  readonly learnedFrom: number;
  readonly threads: number;
  /** Labels per coefficient: energies, force components and virial components over all coefficients. */
  readonly labelsPerCoefficient: number;
}

/** Memory of the program and of each thread before any normal equations, bytes. */
const BASE_MEMORY = 150e6;
const THREAD_MEMORY = 60e6;
/** Start, survey of the data, final solve, s. */
const BASE_SECONDS = 1.5;
const doneFit = z.object({ request: fitRequestSchema });
const doneResult = z.object({ seconds: z.number().positive(), train: z.object({ atoms: z.number() }) });

function unscaledSeconds({ work }: FitForecast, threads: number): number {
  return BASE_SECONDS + work.shared / Math.max(1, threads) + work.alone;
}

/**
 * @param earlier fits of the project that are done
 */
export function estimateFit(request: FitRequest, size: FitDataSize, earlier: readonly Job[]): FitEstimate {
  const threads = request.threads ?? availableParallelism();
  const asked = requestedForm(request);
  const forecast = asked.forecast(size);
  const { linear, radial, solved, descriptors, kind } = forecast;
  const ratios: number[] = [];
  for (const job of earlier) {
    const settings = doneFit.safeParse(job.settings);
    const result = doneResult.safeParse(job.result);
    if (!settings.success || !result.success) continue;
    const form = requestedForm(settings.data.request);
    const { atoms } = result.data.train;
    const part = atoms / size.atoms;
    const data = {
      ...size,
      atoms,
      configurations: Math.max(1, size.configurations * part),
      withForces: size.withForces * part,
      withVirial: size.withVirial * part,
    };
    const then = form.forecast(data);
    if (then.kind === kind) ratios.push(result.data.seconds / unscaledSeconds(then, threads));
  }
  const sorted = ratios.slice(0, 9).sort((a, b) => a - b);
  const scale = sorted.length > 0 ? sorted[sorted.length >> 1] : 1;
  const groups = TRAINING_GROUPS + 1;
  const search = 'auto' in request ? (request.auto?.seconds ?? 0) : 0;
  return {
    name: asked.name,
    linear,
    radial,
    descriptors,
    memoryBytes: BASE_MEMORY + threads * (THREAD_MEMORY + 8 * solved * solved * groups),
    seconds: scale * unscaledSeconds(forecast, threads) + search,
    learnedFrom: sorted.length,
    threads,
    labelsPerCoefficient: labelCount(size) / (linear + radial),
  };
}
