/**
 * Distances, histograms and sums of long arrays through gpu.js, on the device that everything shares.
 *
 * gpu.js gives every thread one output and knows no scatter, so that a histogram is counted by one thread per bin and
 * block of values, and sums are those of blocks; blocks are added up on the CPU in 64 bits. Two-dimensional inputs
 * keep indices exact: gpu.js computes them as integers, while an index of a flat array is a float (exact below 2²⁴).
 */
import type { IKernelRunShortcut } from 'gpu.js';
import { BackendError } from '../../errors.ts';
import { openGpu } from './device.ts';
import type { GpuContext, GpuProvider } from './device.ts';
import type { GpuJs } from './gpujs.ts';

/** Rows of numbers, one after another. */
export interface RowsOfNumbers {
  readonly values: Float64Array | Float32Array;
  readonly rows: number;
  readonly dimension: number;
}

/** Values per thread of sums and histograms. */
const BLOCK = 256;

const DISTANCES = `function (x, y, dimension) {
  let sum = 0.0;
  for (let k = 0; k < dimension; k++) {
    const d = x[this.thread.y][k] - y[this.thread.x][k];
    sum = sum + d * d;
  }
  return sum;
}`;

const SUMS = `function (values) {
  let sum = 0.0;
  for (let k = 0; k < ${BLOCK}; k++) { sum = sum + values[this.thread.x][k]; }
  return sum;
}`;

const HISTOGRAM = `function (values, low, perWidth) {
  let count = 0.0;
  for (let k = 0; k < ${BLOCK}; k++) {
    const bin = Math.floor((values[this.thread.y][k] - low) * perWidth);
    if (bin == this.thread.x) { count = count + 1.0; }
  }
  return count;
}`;

/** Smallest distance² and Σ_j exp(−(d² − smallest)/2h²) over a block of references. */
const KERNEL_SUMS = `function (x, y, dimension, references, scale) {
  let smallest = 1e30;
  let sum = 0.0;
  for (let n = 0; n < ${BLOCK}; n++) {
    const j = this.thread.x * ${BLOCK} + n;
    if (j < references) {
      let square = 0.0;
      for (let k = 0; k < dimension; k++) {
        const d = x[this.thread.y][k] - y[j][k];
        square = square + d * d;
      }
      if (square < smallest) {
        sum = sum * Math.exp((square - smallest) * scale) + 1.0;
        smallest = square;
      } else {
        sum = sum + Math.exp((smallest - square) * scale);
      }
    }
  }
  return [smallest, sum];
}`;

/** Longest row that a kernel loops over. */
const MAXIMUM_DIMENSION = 65536;

/** A number or an Input of gpu.js. */
type KernelArgument = unknown;

/** Computes on one provider's device; opens it again when it was lost. */
export class ArrayKernels {
  private readonly provider: GpuProvider;
  private context: GpuContext | undefined;
  private readonly kernels = new Map<string, IKernelRunShortcut>();

  constructor(provider: GpuProvider) {
    this.provider = provider;
  }

  /** The device in use. @throws NoGpuError without an adapter */
  async open(): Promise<GpuContext> {
    this.context ??= await openGpu(this.provider);
    return this.context;
  }

  /**
   * ‖x_i − y_j‖² for all pairs of rows.
   * @returns rows of x × rows of y
   */
  async squaredDistances(x: RowsOfNumbers, y: RowsOfNumbers): Promise<Float32Array> {
    const squares = new Float32Array(x.rows * y.rows);
    if (squares.length === 0) return squares;
    const { dimension } = sameDimension(x, y);
    const rows = await this.run(DISTANCES, [y.rows, x.rows], (gpujs) => [
      matrix(gpujs, x),
      matrix(gpujs, y),
      dimension,
    ]);
    rows.forEach((row, i) => squares.set(row, i * y.rows));
    return squares;
  }

  /** Σ values: blocks in 32 bits, their sum in 64. */
  async sum(values: Float64Array | Float32Array): Promise<number> {
    if (values.length === 0) return 0;
    const blocks = Math.ceil(values.length / BLOCK);
    const sums = await this.run(SUMS, [blocks], (gpujs) => [matrix(gpujs, inBlocks(values, 0))]);
    return sums.reduce((total, block) => total + block.reduce((sum, value) => sum + value, 0), 0);
  }

  /**
   * How many values lie in each of `bins` equal bins of [low, high); values outside are not counted.
   * @throws BackendError for an empty range
   */
  async histogram(
    values: Float64Array | Float32Array,
    { low, high, bins }: { low: number; high: number; bins: number },
  ): Promise<Float64Array> {
    if (!(high > low) || !Number.isInteger(bins) || bins < 1) {
      throw new BackendError(
        `A histogram needs a range and a number of bins, and got ${low} … ${high} and ${bins}.`,
      );
    }
    const counts = new Float64Array(bins);
    if (values.length === 0) return counts;
    const blocks = Math.ceil(values.length / BLOCK);
    // what fills the last block lies below the first bin
    const padding = low - (high - low);
    const rows = await this.run(HISTOGRAM, [bins, blocks], (gpujs) => [
      matrix(gpujs, inBlocks(values, padding)),
      low,
      bins / (high - low),
    ]);
    for (const row of rows) row.forEach((count, bin) => (counts[bin] += count));
    return counts;
  }

  /**
   * ln Σ_j exp(−‖x_i − y_j‖²/2h²) for every row of x, by the log-sum-exp of blocks: far outliers do not underflow.
   */
  async logKernelSums(x: RowsOfNumbers, y: RowsOfNumbers, bandwidth: number): Promise<Float64Array> {
    const result = new Float64Array(x.rows).fill(-Infinity);
    if (x.rows === 0 || y.rows === 0) return result;
    const { dimension } = sameDimension(x, y);
    const blocks = Math.ceil(y.rows / BLOCK);
    const scale = 1 / (2 * bandwidth * bandwidth);
    const rows = await this.run(KERNEL_SUMS, [blocks, x.rows], (gpujs) => [
      matrix(gpujs, x),
      matrix(gpujs, y),
      dimension,
      y.rows,
      scale,
    ]);
    rows.forEach((row, i) => {
      // pairs of (smallest distance², sum) by block
      let smallest = Infinity;
      for (let k = 0; k < row.length; k += 2) smallest = Math.min(smallest, row[k]);
      let sum = 0;
      for (let k = 0; k < row.length; k += 2) sum += row[k + 1] * Math.exp((smallest - row[k]) * scale);
      result[i] = Math.log(sum) - smallest * scale;
    });
    return result;
  }

  dispose(): void {
    for (const kernel of this.kernels.values()) kernel.destroy();
    this.kernels.clear();
  }

  /** Runs a kernel; gives the rows of its output, numbers of a thread side by side. */
  private async run(
    source: string,
    output: number[],
    makeArguments: (gpujs: GpuJs) => KernelArgument[],
  ): Promise<Float32Array[]> {
    for (let attempt = 1; ; attempt++) {
      const context = await this.open();
      try {
        const kernel = this.kernels.get(source) ?? this.create(context, source, output);
        this.kernels.set(source, kernel);
        kernel.setOutput(output);
        const values: unknown = await Reflect.apply(kernel, undefined, makeArguments(context.gpujs));
        return rowsOf(values);
      } catch (cause) {
        const lost = await context.isLost();
        this.kernels.clear();
        this.context = undefined;
        if (lost && attempt < 3) continue;
        throw new BackendError('The GPU could not compute an array.', {
          remedy: 'Use the WebAssembly backend, or smaller arrays.',
          cause,
        });
      }
    }
  }

  private create({ gpujs }: GpuContext, source: string, output: number[]): IKernelRunShortcut {
    const gpu = new gpujs.GPU({ mode: 'webgpu' });
    const kernel = gpu.createKernel(source, { output, dynamicOutput: true, dynamicArguments: true });
    // without it loops whose bounds are arguments end after 1000 turns
    kernel.setLoopMaxIterations(MAXIMUM_DIMENSION);
    return kernel;
  }
}

function sameDimension(x: RowsOfNumbers, y: RowsOfNumbers): { dimension: number } {
  if (x.dimension !== y.dimension || x.dimension > MAXIMUM_DIMENSION) {
    throw new BackendError(
      `Rows of the same length, up to ${MAXIMUM_DIMENSION} numbers, were expected, and got ${x.dimension} and ${y.dimension}.`,
    );
  }
  return { dimension: x.dimension };
}

function matrix(gpujs: GpuJs, { values, rows, dimension }: RowsOfNumbers): KernelArgument {
  const floats = values instanceof Float32Array ? values : Float32Array.from(values);
  // its declaration wants plain lists of numbers; typed arrays are what it is made for
  return Reflect.construct(gpujs.Input, [floats.subarray(0, rows * dimension), [dimension, rows]]);
}

/** The values in rows of BLOCK, the last one padded. */
function inBlocks(values: Float64Array | Float32Array, padding: number): RowsOfNumbers {
  const rows = Math.ceil(values.length / BLOCK);
  const padded = new Float32Array(rows * BLOCK).fill(padding);
  padded.set(values);
  return { values: padded, rows, dimension: BLOCK };
}

/** gpu.js gives a row, rows, or rows of short vectors. */
function rowsOf(values: unknown): Float32Array[] {
  if (values instanceof Float32Array) return [values];
  if (!Array.isArray(values)) throw new BackendError('gpu.js gave no array.');
  return values.map((row: unknown) => {
    if (row instanceof Float32Array) return row;
    if (!Array.isArray(row)) throw new BackendError('gpu.js gave no array.');
    return Float32Array.from(
      row.flatMap((vector: unknown) => (vector instanceof Float32Array ? [...vector] : [])),
    );
  });
}
