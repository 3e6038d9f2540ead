/**
 * Kernel sums in WebAssembly: block pairs of 64 × 64 environments, symmetric where both sets are one, far block pairs
 * left out.
 *
 * **What is left out.** A term exp(−t) is skipped when t > T = ln(N/ε). The N skipped terms of a row then add up to
 * less than ε, and a row of H holds its own term 1, so that
 *
 *   0 ≤ H_computed − H ≤ ln(1 + ε) ≤ ε.
 *
 * With the default ε = 1e-16 that is below round-off: the result is exact. A larger ε is the neighbour-search
 * approximation for large sets: only pairs within the radius h √(2 ln(N/ε)) are visited, and ε is its error bound in
 * nats. Novelty has no own term; rows whose sum is not large against ε are done again with the distance to their
 * nearest reference taken out (log-sum-exp), where the nearest term is 1 and the same bound holds.
 */
import { hasSharedMemory, hasSimd } from '../../backends/wasm/runtime.ts';
import { BackendError } from '../../errors.ts';
import { sharedTeam } from '../../workers/team.ts';
import { selectRows, type DescriptorMatrix } from '../descriptors/descriptor.ts';
import { PassMemory, type Precision } from './block-pass.ts';
import { checkKernelInput, type KernelEngine, type KernelProgress } from './kernel-engine.ts';
import type { PairMode } from './kernel-program.ts';
import { packingAxes, packPoints, type PackedPoints } from './packed-points.ts';
import { runPass } from './pass-runner.ts';
import type { PrincipalAxes } from './principal-axes.ts';

export interface WasmEngineOptions {
  readonly precision?: Precision;
  /** Error bound ε in nats of what is left out; 1e-16 (exact to round-off) by default. */
  readonly tolerance?: number;
  /** Threads, this one included; 1 by default. More than one needs a host that provides workers. */
  readonly threads?: number;
}

/** ε of exact sums. */
export const EXACT_TOLERANCE = 1e-16;

/** f32 resolves descriptors to about 1e-7 of their size; below this ratio of h to their size f64 is used instead. */
export const SINGLE_PRECISION_LIMIT = 1e-4;

/**
 * The fast engine.
 * @throws BackendError where WebAssembly has no vectors
 */
export function wasmEngine(options: WasmEngineOptions = {}): KernelEngine {
  if (!hasSimd()) {
    throw new BackendError('The WebAssembly of this machine has no vector instructions.', {
      remedy: 'Use the reference backend.',
    });
  }
  const precision = options.precision ?? 'f64';
  const team = hasSharedMemory() ? sharedTeam() : undefined;
  const threads = team ? Math.max(1, options.threads ?? 1) : 1;
  const sums = new KernelSums(precision, options.tolerance ?? EXACT_TOLERANCE, threads);
  return {
    backend: precision === 'f64' ? 'wasm' : 'wasm-f32',
    threads,
    selfLogSums(points, bandwidth, progress) {
      checkKernelInput(points, points, bandwidth);
      return sums.self(points, bandwidth, progress);
    },
    crossLogSums(queries, references, bandwidth, progress) {
      checkKernelInput(queries, references, bandwidth);
      return sums.cross(queries, references, bandwidth, progress);
    },
    dispose() {
      // memory lives no longer than a pass
    },
  };
}

class KernelSums {
  private readonly precision: Precision;
  private readonly tolerance: number;
  private readonly threads: number;

  constructor(precision: Precision, tolerance: number, threads: number) {
    this.precision = precision;
    this.tolerance = tolerance;
    this.threads = threads;
  }

  async self(points: DescriptorMatrix, bandwidth: number, progress?: KernelProgress): Promise<Float64Array> {
    if (points.rows === 0) return new Float64Array(0);
    const axes = packingAxes(points);
    const precision = this.precisionFor(axes, bandwidth);
    const packed = packPoints(points, axes, precision, farAway(axes, points, bandwidth));
    const rows = await this.run('symmetric', precision, packed, packed, undefined, bandwidth, progress);
    return unpack(packed, rows, Math.log);
  }

  async cross(
    queries: DescriptorMatrix,
    references: DescriptorMatrix,
    bandwidth: number,
    progress?: KernelProgress,
  ): Promise<Float64Array> {
    if (references.rows === 0) return new Float64Array(queries.rows).fill(-Infinity);
    if (queries.rows === 0) return new Float64Array(0);
    const axes = packingAxes(references);
    const precision = this.precisionFor(axes, bandwidth);
    const packedReferences = packPoints(references, axes, precision, farAway(axes, references, bandwidth));
    const pack = (matrix: DescriptorMatrix) => packPoints(matrix, axes, precision, 0);
    const packed = pack(queries);
    const rows = await this.run(
      'oneSided',
      precision,
      packed,
      packedReferences,
      undefined,
      bandwidth,
      progress,
    );
    const result = unpack(packed, rows, Math.log);
    // rows whose sum S is not large against the ε left out: their error would be ln(1 + ε/S)
    const reliable = Math.log(Math.min(1, 1e12 * this.tolerance));
    const far: number[] = [];
    result.forEach((value, row) => {
      if (!(value >= reliable)) far.push(row);
    });
    if (far.length > 0) {
      const farPacked = pack(selectRows(queries, far));
      const nearest = await this.run(
        'nearest',
        precision,
        farPacked,
        packedReferences,
        undefined,
        bandwidth,
        progress,
      );
      const shifted = await this.run(
        'oneSided',
        precision,
        farPacked,
        packedReferences,
        nearest,
        bandwidth,
        progress,
      );
      const shifts = precision === 'f32' ? Float64Array.from(Float32Array.from(nearest)) : nearest;
      shifted.forEach((sum, place) => {
        const row = farPacked.order[place];
        if (row >= 0) result[far[row]] = Math.log(sum) - shifts[place] / (2 * bandwidth * bandwidth);
      });
    }
    return result;
  }

  private precisionFor(axes: PrincipalAxes, bandwidth: number): Precision {
    const spread = Math.sqrt(axes.variances.reduce((sum, value) => sum + value, 0));
    return this.precision === 'f32' && bandwidth < SINGLE_PRECISION_LIMIT * spread ? 'f64' : this.precision;
  }

  /** One pass; gives the result of each packed query. */
  private async run(
    mode: PairMode,
    precision: Precision,
    queries: PackedPoints,
    references: PackedPoints,
    shifts: Float64Array | undefined,
    bandwidth: number,
    progress?: KernelProgress,
  ): Promise<Float64Array> {
    const pass = new PassMemory({
      precision,
      dimension: queries.dimension,
      queryBlocks: queries.blocks,
      referenceBlocks: references.blocks,
      same: mode === 'symmetric',
      threads: this.threads,
      shared: this.threads > 1,
    });
    pass.setQueries(queries);
    if (references !== queries) pass.setReferences(references);
    const limit = 2 * bandwidth * bandwidth * Math.log(Math.max(2, references.rows) / this.tolerance);
    pass.begin(mode, references.blocks, bandwidth, limit, shifts);
    await runPass(pass, mode, this.threads, progress);
    return pass.results();
  }
}

/** A coordinate along the first axis at which kernels with all points vanish. */
function farAway(axes: PrincipalAxes, points: DescriptorMatrix, bandwidth: number): number {
  let largest = 0;
  for (let i = 0; i < points.rows; i++) {
    let square = 0;
    for (let k = 0; k < points.dimension; k++) {
      square += (points.values[i * points.dimension + k] - axes.mean[k]) ** 2;
    }
    largest = Math.max(largest, square);
  }
  // as far again as any query can be from the mean, and many bandwidths further
  return 1e3 * (Math.sqrt(largest) + 100 * bandwidth);
}

/** Results by original row. */
function unpack(packed: PackedPoints, values: Float64Array, map: (value: number) => number): Float64Array {
  const result = new Float64Array(packed.rows);
  packed.order.forEach((row, place) => {
    if (row >= 0) result[row] = map(values[place]);
  });
  return result;
}
