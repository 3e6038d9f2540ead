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
import { createMemory, hasSharedMemory, hasSimd } from '../../backends/wasm/runtime.ts';
import { BackendError, CancelledError } from '../../errors.ts';
import { selectRows, type DescriptorMatrix } from '../descriptors/descriptor.ts';
import { MemoryLayout, PassRunner, writePoints, type BlockPass } from './block-pass.ts';
import { checkKernelInput, type KernelEngine, type KernelProgress } from './kernel-engine.ts';
import { BLOCK } from './kernel-program.ts';
import { packingAxes, packPoints, type PackedPoints } from './packed-points.ts';
import type { PrincipalAxes } from './principal-axes.ts';
import type { WasmMemory } from '../../backends/wasm/runtime.ts';

/** Runs a pass to its end, on one thread or several. */
export type PassExecutor = (pass: BlockPass, memory: WasmMemory, progress?: KernelProgress) => Promise<void>;

export interface WasmEngineOptions {
  readonly precision?: 'f64' | 'f32';
  /** Error bound ε in nats of what is left out; 1e-16 (exact to round-off) by default. */
  readonly tolerance?: number;
  /** Runs passes on several threads; on this one by default. */
  readonly executor?: PassExecutor;
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
  const sums = new KernelSums(precision, options);
  return {
    backend: precision === 'f64' ? 'wasm' : 'wasm-f32',
    threads: options.threads ?? 1,
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
  private readonly precision: 'f64' | 'f32';
  private readonly tolerance: number;
  private readonly execute: PassExecutor;
  private readonly threads: number;

  constructor(precision: 'f64' | 'f32', options: WasmEngineOptions) {
    this.precision = precision;
    this.tolerance = options.tolerance ?? EXACT_TOLERANCE;
    this.execute = options.executor ?? onThisThread;
    this.threads = options.executor ? (options.threads ?? 1) : 1;
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

  private precisionFor(axes: PrincipalAxes, bandwidth: number): 'f64' | 'f32' {
    const spread = Math.sqrt(axes.variances.reduce((sum, value) => sum + value, 0));
    return this.precision === 'f32' && bandwidth < SINGLE_PRECISION_LIMIT * spread ? 'f64' : this.precision;
  }

  /** One pass; gives the result of each packed query. */
  private async run(
    mode: BlockPass['mode'],
    precision: 'f64' | 'f32',
    queries: PackedPoints,
    references: PackedPoints,
    shifts: Float64Array | undefined,
    bandwidth: number,
    progress?: KernelProgress,
  ): Promise<Float64Array> {
    const rows = queries.blocks * BLOCK;
    const copies = mode === 'symmetric' ? this.threads : 1;
    const bytes = precision === 'f64' ? 8 : 4;
    const layout = new MemoryLayout();
    const placedQueries = layout.takePoints(queries);
    const pass: BlockPass = {
      mode,
      precision,
      dimension: queries.dimension,
      shared: this.threads > 1 && hasSharedMemory(),
      queries: placedQueries,
      references: references === queries ? placedQueries : layout.takePoints(references),
      results: layout.take(copies * rows * 8),
      shifts: layout.take(rows * bytes),
      scratch: layout.take(this.threads * BLOCK * bytes),
      counter: layout.take(4),
      factor: -1 / (2 * bandwidth * bandwidth),
      limit: 2 * bandwidth * bandwidth * Math.log(Math.max(2, references.rows) / this.tolerance),
    };
    const memory = createMemory(layout.bytes, layout.bytes, pass.shared);
    writePoints(memory, pass.queries, queries);
    if (pass.references !== pass.queries) writePoints(memory, pass.references, references);
    const results = new Float64Array(memory.buffer, pass.results, copies * rows);
    if (mode === 'nearest') results.fill(precision === 'f64' ? 1e300 : 1e38);
    if (shifts && bytes === 8) new Float64Array(memory.buffer, pass.shifts, rows).set(shifts);
    if (shifts && bytes === 4) new Float32Array(memory.buffer, pass.shifts, rows).set(shifts);
    await this.execute(pass, memory, progress);
    const sum = results.slice(0, rows);
    for (let copy = 1; copy < copies; copy++) {
      for (let row = 0; row < rows; row++) sum[row] += results[copy * rows + row];
    }
    return sum;
  }
}

/** Runs a pass on this thread, giving others their turn now and then. */
const onThisThread: PassExecutor = async (pass, memory, progress) => {
  const runner = new PassRunner(pass, memory, 0);
  let turn = Date.now();
  for (let row = 0; runner.step(); row++) {
    if (Date.now() - turn < 50) continue;
    progress?.onProgress?.(rowFraction(pass, row));
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (progress?.signal?.aborted) throw new CancelledError();
    turn = Date.now();
  }
};

/** Fraction of the work behind a row of blocks; symmetric rows become shorter. */
export function rowFraction(pass: BlockPass, row: number): number {
  const f = Math.min(1, (row + 1) / pass.queries.blocks);
  return pass.mode === 'symmetric' ? f * (2 - f) : f;
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
