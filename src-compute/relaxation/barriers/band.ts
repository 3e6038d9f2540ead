/**
 * The nudged elastic band: images between two minima, held apart by springs along the path and pulled onto it by the true
 * force across it. Tangents: Henkelman and Jónsson, J. Chem. Phys. 113 (2000) 9978. Climbing image and springs weighted
 * by energy: Henkelman, Uberuaga and Jónsson, J. Chem. Phys. 113 (2000) 9901.
 */
import { CancelledError, SimulationError } from '../../errors.ts';
import type { Surface } from './surface.ts';
import { addScaled, difference, dot, largestTriple, norm, scale } from './vectors.ts';
import { Walker } from './walker.ts';

export interface BandSettings {
  /** Largest force across the path on an atom at the end, eV/Å. */
  readonly tolerance?: number;
  readonly steps?: number;
  /** Whether the highest image climbs to the saddle. */
  readonly climb?: boolean;
  /** eV/Å²: springs at low and at high energy; the same number is no weighting. */
  readonly springs?: readonly [number, number];
  readonly signal?: AbortSignal;
  readonly onStep?: (step: BandStep) => void;
}

export interface BandStep {
  readonly step: number;
  /** eV, of all images, ends included */
  readonly energies: readonly number[];
  /** eV/Å */
  readonly largestForce: number;
}

export interface BandResult {
  readonly images: readonly Float64Array[];
  /** eV, of all images, ends included */
  readonly energies: readonly number[];
  /** dE/ds along the path at each image, eV/Å. */
  readonly slopes: readonly number[];
  /** Distance along the path, Å. */
  readonly distances: readonly number[];
  readonly steps: number;
  readonly evaluations: number;
  readonly converged: boolean;
  readonly largestForce: number;
  /** Number of the image that climbed; undefined when none did. */
  readonly climber: number | undefined;
}

/** The highest image climbs once the band is so many times its tolerance from the path. */
const BEGIN_CLIMBING = 5;
/** A gap so many times the length of the first path tears it. */
const TORN = 2;
/** Longest step of an atom, Å. */
const LONGEST = 0.2;
/** Images closer than this part of their mean distance have collapsed. */
const COLLAPSED = 0.02;

/**
 * Relaxes a band. The ends are evaluated and stay.
 * @param images at least three, the ends included; moved in place
 * @param surfaces one per image, so that they can be evaluated at the same time; the same one is allowed
 * @throws SimulationError when images collapse or an energy is no number; CancelledError
 */
export async function relaxBand(
  images: readonly Float64Array[],
  surfaces: readonly Surface[],
  settings: BandSettings = {},
): Promise<BandResult> {
  const { tolerance = 0.01, steps: limit = 500, climb = true, springs = [1, 5], signal } = settings;
  if (images.length < 3) throw new SimulationError('A band needs at least one image between its ends.');
  const band = new Band(images, surfaces, springs);
  // no image goes further at once than half of what lies between two
  const path = band.distances();
  const length = path[path.length - 1];
  const walker = new Walker(Math.min(LONGEST, (0.5 * length) / (path.length - 1)));
  await band.evaluate(true);
  let climber: number | undefined;
  let step = 0;
  let force = band.project(climber);
  for (; ; step++) {
    settings.onStep?.({ step, energies: band.energies, largestForce: band.largest });
    if (climb && climber === undefined && band.largest < BEGIN_CLIMBING * tolerance) {
      const top = band.top();
      if (top !== undefined) {
        climber = top;
        walker.forget();
        force = band.project(climber);
      }
    } else if (climber !== undefined) {
      const top = band.top();
      // another image has become the highest
      if (top !== undefined && top !== climber && band.energies[top] > band.energies[climber] + 1e-6) {
        climber = top;
        walker.forget();
        force = band.project(climber);
      }
    }
    if (band.largest < tolerance || step >= limit) break;
    if (signal?.aborted) throw new CancelledError();
    walker.step(band.x, force);
    band.spread();
    if (norm(difference(images[0], images[1])) > TORN * length) {
      throw new SimulationError(
        'The path tears apart: its first image has gone further than the whole path was long.',
        {
          remedy: 'Use more images, or ends that are nearer to each other.',
        },
      );
    }
    await band.evaluate(false);
    force = band.project(climber);
  }
  const { energies, evaluations, largest } = band;
  return {
    images: images.map((image) => image.slice()),
    energies: [...energies],
    slopes: band.slopes(),
    distances: band.distances(),
    steps: step,
    evaluations,
    converged: largest < tolerance,
    largestForce: largest,
    climber,
  };
}

/** The state of a band. */
class Band {
  readonly energies: number[];
  /** Coordinates of the images between the ends, one after the other. */
  readonly x: Float64Array;
  /** Largest force across the path on an atom, eV/Å. */
  largest = Infinity;
  evaluations = 0;
  private readonly images: readonly Float64Array[];
  private readonly surfaces: readonly Surface[];
  private readonly springs: readonly [number, number];
  private readonly forces: Float64Array[];
  private readonly force: Float64Array;
  private readonly size: number;

  constructor(
    images: readonly Float64Array[],
    surfaces: readonly Surface[],
    springs: readonly [number, number],
  ) {
    this.images = images;
    this.surfaces = surfaces;
    this.springs = springs;
    this.size = images[0].length;
    this.energies = images.map(() => NaN);
    this.forces = images.map((image) => new Float64Array(image.length));
    this.x = new Float64Array((images.length - 2) * this.size);
    this.force = new Float64Array(this.x.length);
    images.slice(1, -1).forEach((image, k) => this.x.set(image, k * this.size));
  }

  /** Coordinates back into the images. */
  spread(): void {
    for (let i = 1; i < this.images.length - 1; i++)
      this.images[i].set(this.x.subarray((i - 1) * this.size, i * this.size));
  }

  /** All images at the same time, where their engines can. */
  async evaluate(ends: boolean): Promise<void> {
    const wanted = this.images.map((_, i) => i).filter((i) => ends || (i > 0 && i < this.images.length - 1));
    const one = async (i: number) => {
      const surface = this.surfaces[i];
      const pending = surface.evaluate(this.images[i]);
      if (pending) await pending;
      this.energies[i] = surface.energy;
      this.forces[i].set(surface.force);
      this.evaluations++;
    };
    const isShared = new Set(this.surfaces).size < this.surfaces.length;
    if (isShared) for (const i of wanted) await one(i);
    else await Promise.all(wanted.map(one));
    const broken = this.energies.findIndex((energy) => !Number.isFinite(energy));
    if (broken >= 0) {
      throw new SimulationError(`The energy of image ${broken} of the path is not a number.`, {
        remedy: 'Atoms may pass through each other on the way: use more images, or ends that are nearer.',
      });
    }
  }

  /** The number of the highest image that is higher than both ends; undefined on a path without a barrier. */
  top(): number | undefined {
    const { energies } = this;
    let best = 1;
    for (let i = 2; i < energies.length - 1; i++) if (energies[i] > energies[best]) best = i;
    return energies[best] > Math.max(energies[0], energies[energies.length - 1]) ? best : undefined;
  }

  /** Forces on the images between the ends. @param climber goes up along the path instead */
  project(climber: number | undefined): Float64Array {
    this.largest = 0;
    const gaps = this.images.slice(1).map((image, i) => norm(difference(image, this.images[i])));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const closest = gaps.findIndex((gap) => !(gap > COLLAPSED * mean));
    if (closest >= 0) {
      throw new SimulationError(
        `Images ${closest} and ${closest + 1} of the path have collapsed onto each other.`,
        {
          remedy:
            'The ends may be the same minimum, or the springs too weak: check the ends, or use fewer images.',
        },
      );
    }
    for (let i = 1; i < this.images.length - 1; i++) {
      const tangent = this.tangent(i);
      const force = this.forces[i].slice();
      const along = dot(force, tangent);
      addScaled(force, tangent, i === climber ? -2 * along : -along);
      this.largest = Math.max(this.largest, largestTriple(force));
      if (i !== climber)
        addScaled(force, tangent, this.spring(i + 1) * gaps[i] - this.spring(i) * gaps[i - 1]);
      this.force.set(force, (i - 1) * this.size);
    }
    return this.force;
  }

  /** The stiffness of the spring between images i − 1 and i: stiffer where the energy is high. */
  private spring(i: number): number {
    const [least, most] = this.springs;
    const { energies } = this;
    const reference = Math.max(energies[0], energies[energies.length - 1]);
    const highest = energies.reduce((a, b) => Math.max(a, b));
    const energy = Math.max(energies[i], energies[i - 1]);
    if (!(energy > reference) || !(highest > reference)) return least;
    return most - ((most - least) * (highest - energy)) / (highest - reference);
  }

  /** Unit tangent of image i towards the higher neighbour, blended at extrema: eqs. 8–11 of the tangents' paper. */
  private tangent(i: number): Float64Array {
    const { images, energies } = this;
    const forward = difference(images[i + 1], images[i]);
    const back = difference(images[i], images[i - 1]);
    const [before, here, after] = [energies[i - 1], energies[i], energies[i + 1]];
    let tangent: Float64Array;
    if (after > here && here > before) tangent = forward;
    else if (after < here && here < before) tangent = back;
    else {
      const [up, down] = [Math.abs(after - here), Math.abs(before - here)];
      const [most, least] = [Math.max(up, down), Math.min(up, down)];
      const isUp = after > before;
      scale(forward, isUp ? most : least);
      addScaled(forward, back, isUp ? least : most);
      tangent = forward;
    }
    const length = norm(tangent);
    // of a flat path: through both neighbours
    if (!(length > 0)) {
      tangent = difference(images[i + 1], images[i - 1]);
      scale(tangent, 1 / norm(tangent));
      return tangent;
    }
    scale(tangent, 1 / length);
    return tangent;
  }

  /** dE/ds; at the ends, minima both, zero up to what is left of their forces. */
  slopes(): number[] {
    const { images, forces } = this;
    const last = images.length - 1;
    return images.map((_, i) => {
      if (i > 0 && i < last) return -dot(forces[i], this.tangent(i));
      const t = i === 0 ? difference(images[1], images[0]) : difference(images[last], images[last - 1]);
      return -dot(forces[i], t) / norm(t);
    });
  }

  distances(): number[] {
    const all = [0];
    for (let i = 1; i < this.images.length; i++)
      all.push(all[i - 1] + norm(difference(this.images[i], this.images[i - 1])));
    return all;
  }
}
