/** A few structures that are described at a time, on this thread or another one. */
import type { Descriptor, DescriptorMatrix } from '../../../src-compute/analysis/descriptors/descriptor.ts';
import { ForcewrightError, StructureError } from '../../../src-compute/errors.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';

export interface Batch {
  /** Number of the first structure in the whole. */
  readonly first: number;
  readonly configurations: readonly Configuration[];
}

/** What comes of a batch, as it travels between threads. */
export type DescribedBatch =
  | {
      readonly kind: 'described';
      readonly first: number;
      /** Environments of each structure. */
      readonly rows: Int32Array;
      /** Of all structures one after the other. */
      readonly values: Float64Array<ArrayBuffer>;
    }
  | {
      readonly kind: 'failed';
      readonly first: number;
      /** The structure that cannot be described, and why. */
      readonly structure: number;
      readonly message: string;
      readonly remedy: string | undefined;
    };

/** Describes all structures of a batch, or says which one cannot be described. */
export function describeBatch({ first, configurations }: Batch, descriptor: Descriptor): DescribedBatch {
  const matrices: DescriptorMatrix[] = [];
  for (const configuration of configurations) {
    try {
      matrices.push(descriptor.compute(configuration));
    } catch (error) {
      if (!(error instanceof StructureError)) throw error;
      const { message, remedy } = error;
      return { kind: 'failed', first, structure: first + matrices.length, message, remedy };
    }
  }
  const values = new Float64Array(matrices.reduce((sum, matrix) => sum + matrix.values.length, 0));
  let offset = 0;
  for (const matrix of matrices) {
    values.set(matrix.values, offset);
    offset += matrix.values.length;
  }
  return { kind: 'described', first, rows: Int32Array.from(matrices, (matrix) => matrix.rows), values };
}

/**
 * The matrices of a batch.
 * @throws ForcewrightError naming the structure that cannot be described
 */
export function matricesOf(batch: DescribedBatch, dimension: number): DescriptorMatrix[] {
  if (batch.kind === 'failed') {
    throw new ForcewrightError(`Structure ${batch.structure} (counted from 0): ${batch.message}`, {
      remedy: batch.remedy,
    });
  }
  let offset = 0;
  return Array.from(batch.rows, (rows) => {
    const values = batch.values.subarray(offset, (offset += rows * dimension));
    return { values, rows, dimension };
  });
}
