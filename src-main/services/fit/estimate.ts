/**
 * What a fit will take, before it is started: parameters, memory, time. Parameters are counted; memory follows from
 * the normal equations that every thread keeps for every group of the data; time goes with atoms × columns × passes
 * (moment tensors) or with labels × columns² (tensor regression), scaled by what earlier fits of the same kind took on
 * this machine. Before the first one it is a rough figure.
 */
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { TRAINING_GROUPS } from '../../../src-compute/fitting/fit-settings.ts';
import {
  suggestSizes,
  type DescriptorSizes,
} from '../../../src-compute/fitting/tensor-regression/suggest-sizes.ts';
import { basisSize } from '../../../src-compute/potentials/moment-tensor/basis-size.ts';
import { denseCount, trainCount } from '../../../src-compute/potentials/tensor-regression/heads.ts';
import { descriptorLayout } from '../../../src-compute/potentials/tensor-regression/layout.ts';
import type { Job } from '../../store/jobs.ts';
import { fitRequestSchema, type FitRequest } from './fit-request.ts';

export interface FitEstimate {
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

/** Sizes of a descriptor vector. */
export interface EstimatedDescriptors extends DescriptorSizes {
  /** m */
  readonly size: number;
}

/** A dataset as far as the estimate needs it. */
export interface FitDataSize {
  readonly configurations: number;
  readonly atoms: number;
  readonly species: readonly string[];
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

/** One multiplication with addition of the normal equations of a dense tensor, s × threads. */
const SECONDS_PER_PRODUCT = 4e-10;
/** Bond dimension that is assumed where it is found by the fit. */
const ASSUMED_BOND = 6;

/** Columns of a fit. */
interface Columns {
  readonly linear: number;
  readonly radial: number;
  /** Columns of the normal equations that are held at once. */
  readonly solved: number;
  readonly descriptors: EstimatedDescriptors | null;
}

function labelCount(size: FitDataSize): number {
  const { configurations, atoms, withForces, withVirial } = size;
  return configurations + (3 * atoms * withForces + 6 * configurations * withVirial) / configurations;
}

function columns(request: FitRequest, size: FitDataSize): Columns {
  if (request.model === 'tensor') return tensorColumns(request, size);
  const species = size.species.length;
  const { scalars, radialFunctions } = basisSize(request);
  const radial = request.linear ? 0 : radialFunctions * request.radialBasisSize * species * species;
  const linear = scalars + species;
  return { linear, radial, solved: linear + radial, descriptors: null };
}

/** Sizes and heads as the fit will choose them (tensor-fit.ts). */
function tensorColumns(request: FitRequest, size: FitDataSize): Columns {
  const { tensor } = request;
  const { species } = size;
  const heads = tensor.perAtom ? Math.max(1, Math.round(size.atoms / size.configurations)) : species.length;
  const train = tensor.bondDimension !== undefined;
  const { radialSize, angularSize, angularRadial } = tensor;
  const sizes = suggestSizes({
    species,
    elementWeighting: tensor.elements,
    rank: train ? 2 : tensor.rank,
    heads,
    labels: labelCount(size),
    given: { radialSize, angularSize, angularRadial },
  });
  const m = descriptorLayout({
    species,
    elementWeighting: tensor.elements,
    cutoff: request.cutoff,
    minimumDistance: 0,
    ...sizes,
  }).size;
  const descriptors = { ...sizes, size: m };
  if (!train) {
    const linear = heads * denseCount(m, tensor.rank);
    return { linear, radial: 0, solved: linear, descriptors };
  }
  const chi = bondOf(request);
  const bonds = Array.from({ length: tensor.rank + 1 }, (_, k) => (k === 0 || k === tensor.rank ? 1 : chi));
  const linear = heads * (1 + trainCount(m, bonds));
  return { linear, radial: 0, solved: heads * m * chi * chi, descriptors };
}

function bondOf({ tensor }: FitRequest): number {
  return typeof tensor.bondDimension === 'number' ? tensor.bondDimension : ASSUMED_BOND;
}

function unscaledSeconds(request: FitRequest, size: FitDataSize, threads: number): number {
  const { linear, solved } = columns(request, size);
  const share = 1 / Math.max(1, threads);
  if (request.model === 'tensor') {
    // one pass for a dense tensor, one for every core of every sweep of a train; then the solutions
    const passes =
      request.tensor.bondDimension === undefined ? 1 : request.tensor.sweeps * request.tensor.rank;
    const rows = 0.5 * labelCount(size) * solved * solved * share;
    return BASE_SECONDS + passes * SECONDS_PER_PRODUCT * (rows + solved ** 3);
  }
  const pass = SECONDS_PER_ATOM_COLUMN * size.atoms * (linear + 8) * share;
  return BASE_SECONDS + pass * (request.linear ? 1 : FULL_PASSES);
}

/** Fits that take their time in the same way. */
function kindOf({ model, linear, tensor }: FitRequest): string {
  if (model === 'tensor') return tensor.bondDimension === undefined ? 'dense' : 'train';
  return linear ? 'linear' : 'full';
}

/**
 * @param earlier fits of the project that are done
 */
export function estimateFit(request: FitRequest, size: FitDataSize, earlier: readonly Job[]): FitEstimate {
  const threads = request.threads ?? availableParallelism();
  const { linear, radial, solved, descriptors } = columns(request, size);
  const ratios: number[] = [];
  for (const job of earlier) {
    const settings = doneFit.safeParse(job.settings);
    const result = doneResult.safeParse(job.result);
    if (!settings.success || !result.success) continue;
    if (kindOf(settings.data.request) !== kindOf(request)) continue;
    const { atoms } = result.data.train;
    const part = atoms / size.atoms;
    const data = {
      ...size,
      atoms,
      configurations: Math.max(1, size.configurations * part),
      withForces: size.withForces * part,
      withVirial: size.withVirial * part,
    };
    ratios.push(result.data.seconds / unscaledSeconds(settings.data.request, data, threads));
  }
  const sorted = ratios.slice(0, 9).sort((a, b) => a - b);
  const scale = sorted.length > 0 ? sorted[sorted.length >> 1] : 1;
  const groups = TRAINING_GROUPS + 1;
  return {
    linear,
    radial,
    descriptors,
    memoryBytes: BASE_MEMORY + threads * (THREAD_MEMORY + 8 * solved * solved * groups),
    seconds: scale * unscaledSeconds(request, size, threads) + (request.auto?.seconds ?? 0),
    learnedFrom: sorted.length,
    threads,
    labelsPerCoefficient: labelCount(size) / (linear + radial),
  };
}
