/** Descriptors of many structures, with progress; of a dataset once only, kept in the project under its content hash. */
import { setImmediate as nextTask } from 'node:timers/promises';
import { CancelledError, ForcewrightError, StructureError } from '../../../src-compute/errors.ts';
import type { Descriptor, DescriptorMatrix } from '../../../src-compute/analysis/descriptors/descriptor.ts';
import { joinFrames, type FrameEnvironments } from '../../../src-compute/analysis/entropy/frames.ts';
import type { KernelProgress } from '../../../src-compute/analysis/entropy/kernel-engine.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { AnalysisRepository } from '../../store/analyses.ts';
import { DatasetRepository, type Selection } from '../../store/datasets.ts';
import type { Project } from '../../store/project.ts';

/** Time between two looks at the progress, ms. */
const TURN = 100;

/**
 * Environments of all structures.
 * @throws ForcewrightError naming the structure that has none
 */
export async function environmentsOf(
  configurations: Iterable<Configuration>,
  descriptor: Descriptor,
  count: number,
  progress: KernelProgress = {},
): Promise<FrameEnvironments> {
  const matrices: DescriptorMatrix[] = [];
  let turn = Date.now();
  for (const configuration of configurations) {
    matrices.push(describe(configuration, descriptor, matrices.length));
    if (Date.now() - turn < TURN) continue;
    progress.onProgress?.(matrices.length / count);
    await nextTask();
    if (progress.signal?.aborted) throw new CancelledError();
    turn = Date.now();
  }
  return joinFrames(matrices, descriptor.dimension);
}

function describe(configuration: Configuration, descriptor: Descriptor, frame: number): DescriptorMatrix {
  try {
    return descriptor.compute(configuration);
  } catch (error) {
    if (!(error instanceof StructureError)) throw error;
    throw new ForcewrightError(`Structure ${frame} (counted from 0): ${error.message}`, {
      remedy: error.remedy,
      cause: error,
    });
  }
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
