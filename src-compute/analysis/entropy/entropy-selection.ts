/**
 * Entropy-greedy compression: few frames, with weights, whose kernel density stands for that of the whole set.
 *
 * A frame f is the density of its environments, k_f(y) = 1/n_f Σ_{x ∈ f} K(y, x); chosen frames with weights w mix to
 * p(y) = Σ_f w_f k_f(y), Σ w = 1. The information lost is the cross-entropy of all frames under that mixture,
 *
 *   L = −Σ_levels ½ ⟨ln(p(y) + ε)⟩,
 *
 * with a floor ε, so that a point that nothing resembles costs a finite amount. It is taken at two levels: over
 * environments (every frame counts the same, however many atoms it has: so does a fit), which is what forces depend on,
 * and over the frames' mean environments, which is what energies depend on: without the second, strained crystals count
 * for nothing beside a liquid.
 *
 * L is convex in w. Each step adds the frame that lowers L most when it is mixed in as one among equals, and improves all
 * weights by expectation maximisation (Lindsay, Ann. Stat. 11 (1983) 86), held towards equal ones by a little of each.
 * Why weights: a choice that covers rare environments holds too many of them for a fit, which
 * weighs what it is given; with its weight each frame counts as often as what it stands for. Measured on the silicon
 * set in test/benchmarks/entropy-selection.ts.
 */
import { CancelledError } from '../../errors.ts';
import type { FrameKernels } from './frame-kernels.ts';
import { frameCount, type FrameEnvironments } from './frames.ts';
import type { KernelProgress } from './kernel-engine.ts';
import { wantedFrames, type Selected } from './selection.ts';

export interface EntropySelectionSettings {
  /** ε. */
  readonly floor: number;
  /** Part of the equal weight 1/n that every chosen frame is given in each round. */
  readonly equalPart: number;
}

export const ENTROPY_SELECTION_DEFAULTS: EntropySelectionSettings = { floor: 1e-4, equalPart: 0.1 };

/** Rounds of expectation maximisation after each choice, and after the last one. */
const ROUNDS = 6;
const LAST_ROUNDS = 60;
/** Time between two looks at the progress, ms. */
const TURN = 100;

/**
 * Chooses frames and their weights. Gains are how much L falls by each; weights have mean 1. Frames without atoms come
 * last, with weight 0.
 * @param candidates frames that may be chosen are marked with 1; all may when absent
 * @throws StructureError for numbers below one and for sets without frames; CancelledError
 */
export async function selectByEntropy(
  frames: FrameEnvironments,
  kernels: FrameKernels,
  count: number,
  settings: EntropySelectionSettings = ENTROPY_SELECTION_DEFAULTS,
  progress: KernelProgress = {},
  candidates?: Uint8Array,
): Promise<Selected> {
  const total = wantedFrames(frames, count);
  const mixture = new Mixture(frames, kernels, settings, candidates);
  const { chosen } = mixture;
  const gains: number[] = [];
  const withAtoms = mixture.available;
  let lost = mixture.informationLost();
  let turn = performance.now();
  while (chosen.length < Math.min(total, withAtoms)) {
    mixture.add(mixture.best());
    for (let round = 0; round < ROUNDS; round++) mixture.improveWeights();
    const now = mixture.informationLost();
    gains.push(lost - now);
    lost = now;
    if (performance.now() - turn < TURN) continue;
    progress.onProgress?.(chosen.length / total);
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (progress.signal?.aborted) throw new CancelledError();
    turn = performance.now();
  }
  for (let round = 0; round < LAST_ROUNDS; round++) mixture.improveWeights();
  const weights = mixture.weights.map((weight) => weight * chosen.length);
  const rest = mixture.empty.slice(0, total - chosen.length);
  return {
    frames: Int32Array.from([...chosen, ...rest]),
    gains: Float64Array.from([...gains, ...rest.map(() => 0)]),
    weights: Float64Array.from([...weights, ...rest.map(() => 0)]),
  };
}

/** One level on which densities are compared. */
interface Level {
  /** Kernel sums of every frame at every point, to be multiplied by the frame's `scale`. */
  readonly sums: readonly Float32Array[];
  readonly scale: Float64Array;
  /** Weight of every point in L; sums to ½. */
  readonly mass: Float64Array;
  /** p(y) + ε. */
  readonly density: Float64Array;
  /** mass/(p + ε). */
  readonly slope: Float64Array;
}

/** The chosen frames as a mixture of densities. */
class Mixture {
  readonly chosen: number[] = [];
  weights: number[] = [];
  /** Frames without atoms. */
  readonly empty: readonly number[];
  /** How many frames with atoms may be chosen. */
  readonly available: number;
  private readonly settings: EntropySelectionSettings;
  private readonly levels: readonly Level[];
  private readonly left: Set<number>;

  constructor(
    frames: FrameEnvironments,
    kernels: FrameKernels,
    settings: EntropySelectionSettings,
    candidates: Uint8Array | undefined,
  ) {
    const { start } = frames;
    const count = frameCount(frames);
    const all = Array.from({ length: count }, (_, f) => f);
    const atoms = all.map((f) => start[f + 1] - start[f]);
    const filled = all.filter((f) => atoms[f] > 0);
    this.empty = all.filter((f) => atoms[f] === 0 && candidates?.[f] !== 0);
    this.left = new Set(filled.filter((f) => candidates?.[f] !== 0));
    this.available = this.left.size;
    this.settings = settings;
    // what is to be described is the whole set, with every frame that may not be chosen
    const share = 0.5 / Math.max(1, filled.length);
    const byEnvironment = new Float64Array(kernels.environments);
    for (const f of filled) byEnvironment.fill(share / atoms[f], start[f], start[f + 1]);
    const byFrame = Float64Array.from(atoms, (n) => (n > 0 ? share : 0));
    this.levels = [
      level(
        kernels.sums,
        Float64Array.from(atoms, (n) => (n > 0 ? 1 / n : 0)),
        byEnvironment,
      ),
      level(kernels.means, new Float64Array(count).fill(1), byFrame),
    ];
    this.update();
  }

  informationLost(): number {
    let lost = 0;
    for (const { mass, density } of this.levels) {
      for (let y = 0; y < mass.length; y++) if (mass[y] > 0) lost -= mass[y] * Math.log(density[y]);
    }
    return lost;
  }

  /**
   * The frame that lowers L most when it is added. L is convex, so that no frame gains more than its slope promises:
   * frames are looked at in the order of their slopes, until the promises are smaller than the best gain.
   */
  best(): number {
    const part = 1 / (this.chosen.length + 1);
    const promises = Array.from(this.left, (frame) => ({ frame, slope: this.slopeAlong(frame) }));
    promises.sort((a, b) => b.slope - a.slope || a.frame - b.frame);
    const before = this.slopeOfMixture();
    let [best, largest] = [-1, -Infinity];
    for (const { frame, slope } of promises) {
      if (part * (slope - before) <= largest) break;
      const gain = this.gainOf(frame, part);
      if (gain > largest) [best, largest] = [frame, gain];
    }
    return best;
  }

  /** Adds a frame with the weight that it would have among equal ones. */
  add(frame: number): void {
    this.left.delete(frame);
    this.chosen.push(frame);
    const weight = 1 / this.chosen.length;
    this.weights = [...this.weights.map((w) => w * (1 - weight)), weight];
    this.update();
  }

  /** One round of expectation maximisation: w_f ← w_f ⟨k_f/p⟩, and a part of the equal weight. */
  improveWeights(): void {
    const equal = this.settings.equalPart / this.chosen.length;
    const raised = this.weights.map((weight, k) => weight * this.slopeAlong(this.chosen[k]) + equal);
    const sum = raised.reduce((a, b) => a + b, 0);
    this.weights = raised.map((weight) => weight / sum);
    this.update();
  }

  /** How much L falls when a frame takes this part of the mixture. */
  private gainOf(frame: number, part: number): number {
    const { floor } = this.settings;
    let gain = 0;
    for (const { sums, scale, mass, density } of this.levels) {
      const own = sums[frame];
      const factor = part * scale[frame];
      for (let y = 0; y < mass.length; y++) {
        if (mass[y] === 0) continue;
        const mixed = (1 - part) * (density[y] - floor) + factor * own[y] + floor;
        gain += mass[y] * Math.log(mixed / density[y]);
      }
    }
    return gain;
  }

  /** −∂L along the mixture itself: what every slope loses when the others make room. */
  private slopeOfMixture(): number {
    let result = 0;
    for (const { density, slope } of this.levels) {
      for (let y = 0; y < slope.length; y++) result += slope[y] * (density[y] - this.settings.floor);
    }
    return result;
  }

  /** −∂L/∂w_f. */
  private slopeAlong(frame: number): number {
    let result = 0;
    for (const { sums, scale, slope } of this.levels) {
      const own = sums[frame];
      let sum = 0;
      for (let y = 0; y < own.length; y++) sum += own[y] * slope[y];
      result += scale[frame] * sum;
    }
    return result;
  }

  private update(): void {
    for (const { sums, scale, mass, density, slope } of this.levels) {
      density.fill(this.settings.floor);
      this.chosen.forEach((frame, k) => {
        const own = sums[frame];
        const factor = this.weights[k] * scale[frame];
        for (let y = 0; y < own.length; y++) density[y] += factor * own[y];
      });
      for (let y = 0; y < mass.length; y++) slope[y] = mass[y] / density[y];
    }
  }
}

function level(sums: readonly Float32Array[], scale: Float64Array, mass: Float64Array): Level {
  return {
    sums,
    scale,
    mass,
    density: new Float64Array(mass.length),
    slope: new Float64Array(mass.length),
  };
}
