/**
 * Sums of Gaussian kernels over all pairs of rows, as WGSL: a thread per query, references in tiles of workgroup memory,
 * a workgroup row per chunk of references. Every thread keeps the smallest distance² of its chunk and the sum relative
 * to it (log-sum-exp), so that far outliers do not underflow; chunks are added up on the CPU in 64 bits.
 */
import { BackendError } from '../../errors.ts';
import type { RowsOfNumbers } from './array-kernels.ts';
import { bind, BufferSet, compile, ReadBack, record } from './buffers.ts';
import { openGpu, type GpuContext, type GpuProvider } from './device.ts';
import { WORKGROUP } from './shaders.ts';

/** References per thread: sums of so many terms keep five digits in 32 bits at worst. */
const CHUNK = 1024;
/** Bytes of workgroup memory that every adapter has. */
const TILE_BYTES = 16384;
/** Longest row: it is kept in a thread's own memory. */
const MAXIMUM_DIMENSION = 1024;
/** How often a lost device is opened again within one call. */
const ATTEMPTS = 3;

/** WGSL for rows of `vectors` × 4 numbers. */
function shader(vectors: number): string {
  const tile = Math.max(1, Math.min(WORKGROUP, Math.floor(TILE_BYTES / (16 * vectors))));
  return `
struct Sizes { queries: u32, references: u32, scale: f32 }
@group(0) @binding(0) var<storage, read> sizes: Sizes;
@group(0) @binding(1) var<storage, read> queries: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> references: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> sums: array<vec2<f32>>;
var<workgroup> tile: array<vec4<f32>, ${tile * vectors}>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let i = workgroup.x * ${WORKGROUP}u + thread;
  let row = min(i, sizes.queries - 1u) * ${vectors}u;
  var query: array<vec4<f32>, ${vectors}>;
  for (var k = 0u; k < ${vectors}u; k++) { query[k] = queries[row + k]; }
  let end = min(sizes.references, (workgroup.y + 1u) * ${CHUNK}u);
  var smallest = 1e30;
  var sum = 0.0;
  for (var first = workgroup.y * ${CHUNK}u; first < end; first += ${tile}u) {
    let rows = min(${tile}u, end - first);
    workgroupBarrier();
    for (var k = thread; k < rows * ${vectors}u; k += ${WORKGROUP}u) {
      tile[k] = references[first * ${vectors}u + k];
    }
    workgroupBarrier();
    for (var j = 0u; j < rows; j++) {
      var square = 0.0;
      for (var k = 0u; k < ${vectors}u; k++) {
        let d = query[k] - tile[j * ${vectors}u + k];
        square += dot(d, d);
      }
      if (square < smallest) {
        sum = sum * exp((square - smallest) * sizes.scale) + 1.0;
        smallest = square;
      } else {
        sum += exp((smallest - square) * sizes.scale);
      }
    }
  }
  if (i < sizes.queries) { sums[workgroup.y * sizes.queries + i] = vec2<f32>(smallest, sum); }
}`;
}

/** Kernel sums on one provider's device; opens it again when it was lost. */
export class DeviceKernelSums {
  private readonly provider: GpuProvider;
  private context: GpuContext | undefined;

  constructor(provider: GpuProvider) {
    this.provider = provider;
  }

  /**
   * ln Σ_j exp(−‖x_i − y_j‖²/2h²) for every row of x.
   * @throws NoGpuError without an adapter; BackendError for rows that are too long and sets that do not fit
   */
  async logKernelSums(x: RowsOfNumbers, y: RowsOfNumbers, bandwidth: number): Promise<Float64Array> {
    if (x.rows === 0 || y.rows === 0) return new Float64Array(x.rows).fill(-Infinity);
    if (x.dimension !== y.dimension || x.dimension > MAXIMUM_DIMENSION) {
      throw new BackendError(
        `Rows of the same length, up to ${MAXIMUM_DIMENSION} numbers, were expected, and got ${x.dimension} and ${y.dimension}.`,
        { remedy: 'Use --backend wasm.' },
      );
    }
    for (let attempt = 1; ; attempt++) {
      this.context ??= await openGpu(this.provider);
      const { context } = this;
      try {
        return await compute(context, x, y, 1 / (2 * bandwidth * bandwidth));
      } catch (error) {
        const lost = await context.isLost();
        if (lost) this.context = undefined;
        if (!lost || attempt >= ATTEMPTS) throw error;
      }
    }
  }
}

async function compute(
  { device }: GpuContext,
  x: RowsOfNumbers,
  y: RowsOfNumbers,
  scale: number,
): Promise<Float64Array> {
  const vectors = Math.ceil(x.dimension / 4);
  const pipeline = await compile(device, 'kernel sums', shader(vectors));
  const chunks = Math.ceil(y.rows / CHUNK);
  const sizes = new Uint32Array(4);
  sizes.set([x.rows, y.rows]);
  new Float32Array(sizes.buffer)[2] = scale;
  const set = new BufferSet(device);
  const readBack = new ReadBack(device);
  try {
    const sums = set.storage(2 * x.rows * chunks, 'the sums');
    const buffers = [
      set.filled(sizes, 'the sizes'),
      set.filled(inVectors(x, vectors), 'the environments'),
      set.filled(inVectors(y, vectors), 'the reference environments'),
      sums,
    ];
    await set.settle();
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    record(pass, bind(device, pipeline, buffers, [Math.ceil(x.rows / WORKGROUP), chunks]));
    pass.end();
    const read = readBack.record(encoder, [{ buffer: sums, words: 2 * x.rows * chunks }]);
    device.queue.submit([encoder.finish()]);
    return addChunks(new Float32Array(await read()), x.rows, chunks, scale);
  } finally {
    set.destroy();
    readBack.destroy();
  }
}

/** Rows padded with zeros to vectors of four, in 32 bits. */
function inVectors({ values, rows, dimension }: RowsOfNumbers, vectors: number): Float32Array<ArrayBuffer> {
  const padded = new Float32Array(4 * vectors * rows);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < dimension; k++) padded[4 * vectors * i + k] = values[i * dimension + k];
  }
  return padded;
}

/** ln Σ from the pairs (smallest distance², sum) of the chunks. */
function addChunks(sums: Float32Array, rows: number, chunks: number, scale: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => {
    let smallest = Infinity;
    for (let c = 0; c < chunks; c++) smallest = Math.min(smallest, sums[2 * (c * rows + i)]);
    let sum = 0;
    for (let c = 0; c < chunks; c++) {
      const k = 2 * (c * rows + i);
      sum += sums[k + 1] * Math.exp((smallest - sums[k]) * scale);
    }
    return Math.log(sum) - smallest * scale;
  });
}
