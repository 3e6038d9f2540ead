/** Environments grouped by the frames (configurations) they belong to. */
import { selectRows, stack, type Descriptor, type DescriptorMatrix } from '../descriptors/descriptor.ts';
import type { Configuration } from '../../structure/configuration.ts';

export interface FrameEnvironments {
  readonly matrix: DescriptorMatrix;
  /** First row of every frame, and the number of rows at the end; frames + 1. */
  readonly start: Int32Array;
}

/** Number of frames. */
export function frameCount(frames: FrameEnvironments): number {
  return frames.start.length - 1;
}

/** Environments of configurations, in order. */
export function frameEnvironments(
  configurations: readonly Configuration[],
  descriptor: Descriptor,
): FrameEnvironments {
  return joinFrames(
    configurations.map((configuration) => descriptor.compute(configuration)),
    descriptor.dimension,
  );
}

/** Frames from one matrix each. */
export function joinFrames(matrices: readonly DescriptorMatrix[], dimension: number): FrameEnvironments {
  const start = new Int32Array(matrices.length + 1);
  matrices.forEach((matrix, f) => (start[f + 1] = start[f] + matrix.rows));
  return { matrix: stack(matrices, dimension), start };
}

/** Rows of one frame. */
export function frameRows(frames: FrameEnvironments, frame: number): DescriptorMatrix {
  return frameRange(frames, frame, frame + 1);
}

/** Rows of the frames from … to − 1; shares memory with the whole. */
export function frameRange({ matrix, start }: FrameEnvironments, from: number, to: number): DescriptorMatrix {
  const { values, dimension } = matrix;
  return {
    values: values.subarray(start[from] * dimension, start[to] * dimension),
    rows: start[to] - start[from],
    dimension,
  };
}

/** Some of the frames, in the given order. */
export function selectFrames(frames: FrameEnvironments, which: ArrayLike<number>): FrameEnvironments {
  const rows: number[] = [];
  const start = new Int32Array(which.length + 1);
  for (let k = 0; k < which.length; k++) {
    for (let row = frames.start[which[k]]; row < frames.start[which[k] + 1]; row++) rows.push(row);
    start[k + 1] = rows.length;
  }
  return { matrix: selectRows(frames.matrix, rows), start };
}

/** Mean and maximum of a number per environment over each frame. NaN and −∞ for frames without atoms. */
export function byFrame(
  frames: Pick<FrameEnvironments, 'start'>,
  values: Float64Array,
): { mean: Float64Array; max: Float64Array } {
  const count = frames.start.length - 1;
  const mean = new Float64Array(count);
  const max = new Float64Array(count).fill(-Infinity);
  for (let f = 0; f < count; f++) {
    for (let row = frames.start[f]; row < frames.start[f + 1]; row++) {
      mean[f] += values[row];
      if (values[row] > max[f]) max[f] = values[row];
    }
    mean[f] /= frames.start[f + 1] - frames.start[f];
  }
  return { mean, max };
}

/** Mean environment of every frame; frames × dimension. Zeros for frames without atoms. */
export function frameMeans({ matrix, start }: FrameEnvironments): DescriptorMatrix {
  const count = start.length - 1;
  const { dimension, values } = matrix;
  const means = new Float64Array(count * dimension);
  for (let f = 0; f < count; f++) {
    const rows = start[f + 1] - start[f];
    for (let y = start[f]; y < start[f + 1]; y++) {
      for (let k = 0; k < dimension; k++) means[f * dimension + k] += values[y * dimension + k] / rows;
    }
  }
  return { values: means, rows: count, dimension };
}
