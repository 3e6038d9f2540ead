/**
 * Who computes the kernel sums Σ_j exp(−‖y_i − x_j‖²/2h²): the plain reference, or generated WebAssembly on one or
 * several threads. Every measure takes an engine, so that all of them run on all backends.
 */
import { StructureError } from '../../errors.ts';
import type { DescriptorMatrix } from '../descriptors/descriptor.ts';
import { referenceLogKernelSums } from './reference.ts';

/** What the caller may watch and stop. */
export interface KernelProgress {
  readonly signal?: AbortSignal;
  /** Called with the fraction done, 0 … 1. */
  readonly onProgress?: (fraction: number) => void;
}

export interface KernelEngine {
  /** 'reference', 'wasm' (f64) or 'wasm-f32'. */
  readonly backend: string;
  readonly threads: number;
  /** ln Σ_j K(x_i, x_j) for every i, the sum over the same points, j = i included. */
  selfLogSums(points: DescriptorMatrix, bandwidth: number, progress?: KernelProgress): Promise<Float64Array>;
  /** ln Σ_j K(y_i, x_j) for every query y_i; −∞ when there are no references. */
  crossLogSums(
    queries: DescriptorMatrix,
    references: DescriptorMatrix,
    bandwidth: number,
    progress?: KernelProgress,
  ): Promise<Float64Array>;
  dispose(): void;
}

/** The plain implementation; slow and clear. */
export function referenceEngine(): KernelEngine {
  return {
    backend: 'reference',
    threads: 1,
    async selfLogSums(points, bandwidth) {
      checkKernelInput(points, points, bandwidth);
      return referenceLogKernelSums(points, points, bandwidth);
    },
    async crossLogSums(queries, references, bandwidth) {
      checkKernelInput(queries, references, bandwidth);
      return referenceLogKernelSums(queries, references, bandwidth);
    },
    dispose() {
      // nothing held
    },
  };
}

/**
 * What every engine demands of its input.
 * @throws StructureError for a bandwidth that is not positive and finite, descriptors of different length, or NaN
 */
export function checkKernelInput(
  queries: DescriptorMatrix,
  references: DescriptorMatrix,
  bandwidth: number,
): void {
  checkBandwidth(bandwidth);
  if (queries.dimension !== references.dimension && references.rows > 0) {
    throw new StructureError(
      `Descriptors of ${queries.dimension} and of ${references.dimension} numbers cannot be compared.`,
      { remedy: 'Use the same descriptor with the same settings for both.' },
    );
  }
  for (const { values } of [queries, references]) {
    for (let k = 0; k < values.length; k++) {
      if (!Number.isFinite(values[k])) {
        throw new StructureError('A descriptor is not a finite number.', {
          remedy: 'Two atoms of a structure may lie on top of each other.',
        });
      }
    }
  }
}

/**
 * Kernel widths are positive lengths in the descriptor's unit. Zero would make every environment different from every
 * other one, and is refused rather than answered with ln N; a huge width is allowed and gives H → 0.
 * @throws StructureError
 */
export function checkBandwidth(bandwidth: number): void {
  if (!(bandwidth > 0) || !Number.isFinite(bandwidth)) {
    throw new StructureError(`The bandwidth must be a positive number, and ${bandwidth} was given.`, {
      remedy:
        'The published value for the QUESTS descriptor is 0.015 1/Å; `volume` and `median` choose one by rule.',
    });
  }
}
