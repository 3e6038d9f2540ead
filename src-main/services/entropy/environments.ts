/** Descriptors of many structures, with progress; of a dataset once only, kept in the project under its content hash. */
import { availableParallelism } from 'node:os';
import { setImmediate as nextTask } from 'node:timers/promises';
import { CancelledError, ForcewrightError } from '../../../src-compute/errors.ts';
import type {
  Descriptor,
  DescriptorMatrix,
  DescriptorRecipe,
} from '../../../src-compute/analysis/descriptors/descriptor.ts';
import { joinFrames, type FrameEnvironments } from '../../../src-compute/analysis/entropy/frames.ts';
import type { KernelProgress } from '../../../src-compute/analysis/entropy/kernel-engine.ts';
import { atomCount, type Configuration } from '../../../src-compute/structure/configuration.ts';
import { AnalysisRepository } from '../../store/analyses.ts';
import { DatasetRepository, type Selection } from '../../store/datasets.ts';
import type { Project } from '../../store/project.ts';
import { describeBatch, matricesOf, type Batch, type DescribedBatch } from './descriptor-batch.ts';
import { DescriptorPool } from './descriptor-pool.ts';

/** Time between two looks at the progress, ms. */
const TURN = 100;
/** Time after which other threads help: starting them takes as long. ms */
const ALONE = 400;
/** Atoms of a batch that goes to another thread. */
const BATCH_ATOMS = 1000;

/** How environments are computed. */
export interface EnvironmentProgress extends KernelProgress {
  /** Threads; as many as there are cores for 0 or when absent. */
  readonly threads?: number;
}

/**
 * Environments of all structures. What takes longer than a moment is shared between threads; the numbers are the same.
 * @param count of the structures, for the progress
 * @throws ForcewrightError naming the structure that has none
 */
export async function environmentsOf(
  configurations: Iterable<Configuration>,
  descriptor: Descriptor,
  count: number,
  progress: EnvironmentProgress = {},
): Promise<FrameEnvironments> {
  const { signal } = progress;
  const threads = progress.threads || availableParallelism();
  const matrices: DescriptorMatrix[] = [];
  const rest = configurations[Symbol.iterator]();
  const report = () => progress.onProgress?.(Math.min(1, matrices.length / count));
  const started = performance.now();
  let turn = started;
  try {
    for (let next = rest.next(); !next.done; next = rest.next()) {
      const batch = { first: matrices.length, configurations: [next.value] };
      matrices.push(...matricesOf(describeBatch(batch, descriptor), descriptor.dimension));
      if (performance.now() - turn < TURN) continue;
      report();
      await nextTask();
      if (signal?.aborted) throw new CancelledError();
      turn = performance.now();
      if (threads > 1 && descriptor.recipe && turn - started > ALONE) {
        await describeOnThreads(rest, descriptor, descriptor.recipe, threads, matrices, { signal, report });
      }
    }
  } finally {
    // a database is not left in the middle of a query
    rest.return?.();
  }
  return joinFrames(matrices, descriptor.dimension);
}

/** Describes what is left of `rest`, and puts it behind the matrices that are there. */
async function describeOnThreads(
  rest: Iterator<Configuration>,
  descriptor: Descriptor,
  recipe: DescriptorRecipe,
  threads: number,
  matrices: DescriptorMatrix[],
  { signal, report }: { signal: AbortSignal | undefined; report: () => void },
): Promise<void> {
  let first = matrices.length;
  const next = (): Batch | undefined => {
    const configurations: Configuration[] = [];
    for (let atoms = 0; atoms < BATCH_ATOMS;) {
      const { done, value } = rest.next();
      if (done) break;
      // labels and further columns stay here
      const { symbols, kinds, positions, cell, periodic } = value;
      configurations.push({ symbols, kinds, positions, cell, periodic });
      atoms += atomCount(value);
    }
    if (configurations.length === 0) return undefined;
    first += configurations.length;
    return { first: first - configurations.length, configurations };
  };
  // an early batch may be answered late: of two structures that fail, the first is named
  let failed: DescribedBatch | undefined;
  using pool = new DescriptorPool(recipe, threads);
  await pool.run(
    () => (failed ? undefined : next()),
    (batch) => {
      if (signal?.aborted) throw new CancelledError();
      if (batch.kind === 'failed') {
        if (!failed || batch.first < failed.first) failed = batch;
        return;
      }
      matricesOf(batch, descriptor.dimension).forEach((matrix, k) => (matrices[batch.first + k] = matrix));
      report();
    },
  );
  if (failed) matricesOf(failed, descriptor.dimension);
}

/**
 * Environments of a selection from a dataset, computed once for each content and descriptor.
 * @param positions of the configurations in the dataset
 */
export async function datasetEnvironments(
  project: Project,
  datasetId: number,
  which: Selection | Uint32Array,
  descriptor: Descriptor,
  progress: KernelProgress = {},
): Promise<{ frames: FrameEnvironments; positions: Uint32Array }> {
  const store = new DatasetRepository(project);
  const positions = which instanceof Uint32Array ? which : store.select(datasetId, which);
  if (positions.length === 0) {
    throw new ForcewrightError('No configuration is selected, so there is nothing to measure.', {
      remedy: 'All are excluded, or no part or tag fits.',
    });
  }
  const inputs = { data: store.selectionHash(datasetId, positions), descriptor: descriptor.key };
  const { arrays = {} } = await new AnalysisRepository(project).cached('descriptors', inputs, async () => {
    const stream = (function* () {
      for (const { configuration } of store.stream(datasetId, positions)) yield configuration;
    })();
    const frames = await environmentsOf(stream, descriptor, positions.length, progress);
    const { values, rows, dimension } = frames.matrix;
    return {
      result: { environments: rows, dimension, descriptor: descriptor.name },
      arrays: { values: { data: values, shape: [rows, dimension] }, start: { data: frames.start } },
    };
  });
  const values = arrays.values?.data;
  const start = arrays.start?.data;
  if (!(values instanceof Float64Array) || !(start instanceof Int32Array)) {
    throw new ForcewrightError('The descriptors kept in the project cannot be read.', {
      remedy: 'Remove the analysis of kind "descriptors" and measure again.',
    });
  }
  const { dimension } = descriptor;
  return { frames: { matrix: { values, rows: values.length / dimension, dimension }, start }, positions };
}
