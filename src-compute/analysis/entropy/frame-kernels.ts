/**
 * What selection of frames needs: kernel sums between every environment and every frame, G[f][y] = Σ_{x ∈ f} K(y, x),
 * and kernels between the frames' mean environments. Environments are packed once; each frame's atoms pass as a few
 * blocks of references.
 */
import { CancelledError, StructureError } from '../../errors.ts';
import { standardise, standardisationOf } from '../descriptors/standardise.ts';
import { medianBandwidth } from './bandwidth.ts';
import { PassMemory, type Precision } from './block-pass.ts';
import { frameCount, frameMeans, frameRows, type FrameEnvironments } from './frames.ts';
import { checkKernelInput, type KernelProgress } from './kernel-engine.ts';
import { BLOCK } from './kernel-program.ts';
import { packingAxes, packPoints, type PackedPoints } from './packed-points.ts';
import { EXACT_TOLERANCE, SINGLE_PRECISION_LIMIT } from './wasm-engine.ts';

/** Numbers of G that are kept at most: 1 GiB. */
const LARGEST = 2 ** 28;

export interface FrameKernels {
  readonly environments: number;
  /** G: frame by frame one number per environment. */
  readonly sums: readonly Float32Array[];
  /** Frame by frame the kernel between its mean environment and that of every frame. */
  readonly means: readonly Float32Array[];
  /** Bandwidth of `means`, in standard deviations of the frames' means. */
  readonly meanBandwidth: number;
}

/**
 * Bandwidth between mean environments as a part of the median rule's. Means differ far less than environments do; a
 * tenth tells strained cells of one crystal apart (chosen on the silicon set, test/benchmarks/entropy-selection.ts).
 */
const MEAN_BANDWIDTH = 0.1;

/**
 * G for a set of frames.
 * @throws StructureError when it would not fit into memory: environments × frames is bounded
 */
export async function frameKernels(
  frames: FrameEnvironments,
  bandwidth: number,
  progress?: KernelProgress,
): Promise<FrameKernels> {
  const { matrix } = frames;
  checkKernelInput(matrix, matrix, bandwidth);
  const count = frameCount(frames);
  if ((matrix.rows + count) * count > LARGEST) {
    throw new StructureError(
      `Selecting among ${count} frames with ${matrix.rows} environments needs more memory than is allowed.`,
      { remedy: 'Thin the frames out first: take every n-th, or use farthest-point selection.' },
    );
  }
  if (matrix.rows === 0) throw new StructureError('There are no environments to compare.');
  const sums = new FrameSums(frames, bandwidth, 'f32');
  const result: Float32Array[] = [];
  let turn = performance.now();
  for (let frame = 0; frame < count; frame++) {
    result.push(Float32Array.from(sums.ofFrame(frame)));
    if (performance.now() - turn < 50) continue;
    progress?.onProgress?.(frame / count);
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (progress?.signal?.aborted) throw new CancelledError();
    turn = performance.now();
  }
  return { environments: matrix.rows, sums: result, ...meanKernels(frames) };
}

/** Kernels between the frames' mean environments, standardised over the frames. */
function meanKernels(frames: FrameEnvironments): Pick<FrameKernels, 'means' | 'meanBandwidth'> {
  const count = frameCount(frames);
  const { dimension } = frames.matrix;
  const plain = frameMeans(frames);
  const means = standardise(plain, standardisationOf(plain));
  const meanBandwidth = MEAN_BANDWIDTH * medianBandwidth(means);
  const kernels = Array.from({ length: count }, (_, a) => {
    const row = new Float32Array(count);
    for (let b = 0; b < count; b++) {
      let square = 0;
      for (let k = 0; k < dimension; k++) {
        square += (means.values[a * dimension + k] - means.values[b * dimension + k]) ** 2;
      }
      row[b] = Math.exp(-square / (2 * meanBandwidth * meanBandwidth));
    }
    return row;
  });
  return { means: kernels, meanBandwidth };
}

/** Sums and nearest squared distances of all environments to one frame at a time. */
export class FrameSums {
  private readonly bandwidth: number;
  private readonly packed: PackedPoints;
  private readonly packFrame: (frame: number) => PackedPoints;
  private readonly pass: PassMemory;

  constructor(frames: FrameEnvironments, bandwidth: number, wanted: Precision = 'f64') {
    const { matrix } = frames;
    const axes = packingAxes(matrix);
    const spread = Math.sqrt(axes.variances.reduce((sum, value) => sum + value, 0));
    const precision = bandwidth < SINGLE_PRECISION_LIMIT * spread ? 'f64' : wanted;
    const far = 1e3 * (1e3 * spread + 100 * bandwidth);
    this.bandwidth = bandwidth;
    this.packed = packPoints(matrix, axes, precision, 0);
    this.packFrame = (frame) => packPoints(frameRows(frames, frame), axes, precision, far);
    let largest = 1;
    for (let f = 0; f < frameCount(frames); f++) {
      largest = Math.max(largest, Math.ceil((frames.start[f + 1] - frames.start[f]) / BLOCK));
    }
    this.pass = new PassMemory({
      precision,
      dimension: this.packed.dimension,
      queryBlocks: this.packed.blocks,
      referenceBlocks: largest,
      same: false,
      threads: 1,
      shared: false,
    });
    this.pass.setQueries(this.packed);
  }

  /** Σ_{x ∈ frame} K(y, x) of every environment y. */
  ofFrame(frame: number): Float64Array {
    return this.run('oneSided', frame);
  }

  /** Smallest ‖y − x‖² to an environment x of the frame, for every environment y. */
  nearest(frame: number): Float64Array {
    return this.run('nearest', frame);
  }

  private run(mode: 'oneSided' | 'nearest', frame: number): Float64Array {
    const { bandwidth, pass } = this;
    const references = this.packFrame(frame);
    pass.setReferences(references);
    const limit = 2 * bandwidth * bandwidth * Math.log(Math.max(2, this.packed.rows) / EXACT_TOLERANCE);
    pass.begin(mode, references.blocks, bandwidth, limit);
    pass.runHere(mode);
    const results = pass.results();
    const unpacked = new Float64Array(this.packed.rows);
    this.packed.order.forEach((row, place) => {
      if (row >= 0) unpacked[row] = results[place];
    });
    return unpacked;
  }
}
