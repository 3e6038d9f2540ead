/**
 * What a fit will take, before it is started: parameters, memory, time. Parameters are counted; memory follows from
 * the normal equations that every thread keeps for every group of the data; time goes with atoms × columns × passes,
 * scaled by what earlier fits of the project took on this machine. Before the first one it is a rough figure.
 */
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { TRAINING_GROUPS } from '../../../src-compute/fitting/fit-settings.ts';
import { generateMomentGraph } from '../../../src-compute/potentials/moment-tensor/basis.ts';
import type { Job } from '../../store/jobs.ts';
import { fitRequestSchema, type FitRequest } from './fit-request.ts';

export interface FitEstimate {
  /** Linear coefficients, energies per element included. */
  readonly linear: number;
  /** Coefficients of the radial functions. */
  readonly radial: number;
  readonly memoryBytes: number;
  readonly seconds: number;
  /** Earlier fits of this project that the time was scaled by. */
  readonly learnedFrom: number;
  readonly threads: number;
  /** Labels per coefficient: energies, force components and virial components over all coefficients. */
  readonly labelsPerCoefficient: number;
}

/** A dataset as far as the estimate needs it. */
export interface FitDataSize {
  readonly configurations: number;
  readonly atoms: number;
  readonly species: number;
  readonly withForces: number;
  readonly withVirial: number;
}

/** Memory of the program and of each thread before any normal equations, bytes. */
const BASE_MEMORY = 150e6;
const THREAD_MEMORY = 60e6;
/** Start, survey of the data, final solve, s. */
const BASE_SECONDS = 1.5;
/** One pass: s × threads per atom and column; measured with level 8 to 16 on silicon. */
const SECONDS_PER_ATOM_COLUMN = 1.6e-6;
/** Passes over the data of a full fit: search and climb work on parts of the data and at lower levels. */
const FULL_PASSES = 35;

const doneFit = z.object({ request: fitRequestSchema });
const doneResult = z.object({ seconds: z.number().positive(), train: z.object({ atoms: z.number() }) });

/** Columns of a fit. */
function columns(request: FitRequest, species: number): { linear: number; radial: number } {
  const graph = generateMomentGraph(request);
  const radial = graph.radialFunctionCount * request.radialBasisSize * species * species;
  return { linear: graph.scalarMoments.length + species, radial };
}

function unscaledSeconds(
  request: FitRequest,
  size: { atoms: number; species: number },
  threads: number,
): number {
  const { linear } = columns(request, size.species);
  const pass = (SECONDS_PER_ATOM_COLUMN * size.atoms * (linear + 8)) / Math.max(1, threads);
  return BASE_SECONDS + pass * (request.linear ? 1 : FULL_PASSES);
}

/**
 * @param earlier fits of the project that are done
 */
export function estimateFit(request: FitRequest, size: FitDataSize, earlier: readonly Job[]): FitEstimate {
  const threads = request.threads ?? availableParallelism();
  const { linear, radial } = columns(request, size.species);
  const ratios: number[] = [];
  for (const job of earlier) {
    const settings = doneFit.safeParse(job.settings);
    const result = doneResult.safeParse(job.result);
    if (!settings.success || !result.success) continue;
    const { atoms } = result.data.train;
    ratios.push(
      result.data.seconds / unscaledSeconds(settings.data.request, { atoms, species: size.species }, threads),
    );
  }
  const sorted = ratios.slice(0, 9).sort((a, b) => a - b);
  const scale = sorted.length > 0 ? sorted[sorted.length >> 1] : 1;
  const groups = TRAINING_GROUPS + 1;
  const n = linear + (request.linear ? 0 : radial);
  const labels =
    size.configurations +
    (3 * size.atoms * size.withForces + 6 * size.configurations * size.withVirial) / size.configurations;
  return {
    linear,
    radial: request.linear ? 0 : radial,
    memoryBytes: BASE_MEMORY + threads * (THREAD_MEMORY + 8 * n * n * groups),
    seconds: scale * unscaledSeconds(request, size, threads),
    learnedFrom: sorted.length,
    threads,
    labelsPerCoefficient: labels / (linear + (request.linear ? 0 : radial)),
  };
}
