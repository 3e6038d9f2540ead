/**
 * The dimer: climbs from anywhere near a minimum to a saddle by the softest direction, which it finds from forces alone.
 * Henkelman and Jónsson, J. Chem. Phys. 111 (1999) 7010; rotations from one force beside the centre and the optimal angle:
 * Olsen et al., J. Chem. Phys. 121 (2004) 9776 and Heyden, Bell and Keil, J. Chem. Phys. 123 (2005) 224101.
 */
import { CancelledError, SimulationError } from '../../errors.ts';
import type { Surface } from './surface.ts';
import { addScaled, dot, largestTriple, norm, scale } from './vectors.ts';
import { Walker } from './walker.ts';

export interface DimerSettings {
  /** Largest force at the end, eV/Å. */
  readonly tolerance?: number;
  readonly steps?: number;
  readonly signal?: AbortSignal;
  readonly onStep?: (step: {
    readonly step: number;
    readonly energy: number;
    readonly curvature: number;
    readonly largestForce: number;
  }) => void;
}

export interface DimerResult {
  readonly x: Float64Array;
  /** Unit vector along which the energy falls to both sides. */
  readonly mode: Float64Array;
  /** eV */
  readonly energy: number;
  /** eV/Å², along the mode; negative at a saddle */
  readonly curvature: number;
  readonly steps: number;
  readonly evaluations: number;
  readonly converged: boolean;
  readonly largestForce: number;
}

/** Half the length of the dimer, Å. */
const HALF = 0.005;
/** Rotations of a step, and the angle below which none is worth its force. */
const ROTATIONS = 4;
const SMALL_ANGLE = 0.03;
/** Longest step of an atom, Å: less than on paths, since nothing pulls a dimer back. */
const LONGEST = 0.1;

/**
 * Climbs to a saddle.
 * @param start where to begin, near a minimum but not in it
 * @param direction a first guess of the way up
 * @throws SimulationError for a direction without length; CancelledError
 */
export async function climbByDimer(
  start: Float64Array,
  direction: Float64Array,
  surface: Surface,
  { tolerance = 0.01, steps: limit = 1000, signal, onStep }: DimerSettings = {},
): Promise<DimerResult> {
  const x = start.slice();
  const mode = direction.slice();
  if (!(norm(mode) > 0)) throw new SimulationError('The dimer needs a direction to begin with.');
  scale(mode, 1 / norm(mode));
  const walker = new Walker(LONGEST);
  const dimer = new Dimer(surface);
  let curvature = 0;
  let wasConvex = true;
  for (let step = 0; ; step++) {
    if (signal?.aborted) throw new CancelledError();
    await dimer.centre(x);
    curvature = await dimer.rotate(x, mode);
    const largestForce = largestTriple(dimer.force);
    onStep?.({ step, energy: dimer.energy, curvature, largestForce });
    const isSaddle = curvature < 0 && largestForce < tolerance;
    if (isSaddle || step >= limit) {
      return {
        x,
        mode,
        energy: dimer.energy,
        curvature,
        steps: step,
        evaluations: dimer.evaluations,
        converged: isSaddle,
        largestForce,
      };
    }
    const along = dot(dimer.force, mode);
    const isConvex = curvature > 0;
    // inside the basin: straight up the mode; beyond, up along it and down across it
    const force = isConvex ? new Float64Array(x.length) : dimer.force.slice();
    addScaled(force, mode, isConvex ? -along : -2 * along);
    if (isConvex !== wasConvex) walker.forget();
    wasConvex = isConvex;
    if (isConvex) {
      // the slope may be tiny near the minimum: a step of fixed length gets out
      const length = largestTriple(force);
      addScaled(
        x,
        length > 1e-12 ? force : mode,
        LONGEST / Math.max(1e-12, length > 1e-12 ? length : largestTriple(mode)),
      );
    } else walker.step(x, force);
  }
}

class Dimer {
  energy = 0;
  evaluations = 0;
  readonly force: Float64Array;
  private readonly surface: Surface;
  private readonly beside: Float64Array;

  constructor(surface: Surface) {
    this.surface = surface;
    this.force = new Float64Array(surface.size);
    this.beside = new Float64Array(surface.size);
  }

  async centre(x: Float64Array): Promise<void> {
    const pending = this.surface.evaluate(x);
    if (pending) await pending;
    this.evaluations++;
    this.energy = this.surface.energy;
    this.force.set(this.surface.force);
    if (!Number.isFinite(this.energy)) throw new SimulationError('The energy at the dimer is not a number.');
  }

  /** −(F(x + h·n) − F(x))/h: the Hessian times n. */
  private async along(x: Float64Array, n: Float64Array): Promise<Float64Array> {
    this.beside.set(x);
    addScaled(this.beside, n, HALF);
    const pending = this.surface.evaluate(this.beside);
    if (pending) await pending;
    this.evaluations++;
    return Float64Array.from(this.surface.force, (f, k) => (this.force[k] - f) / HALF);
  }

  /** Turns the mode to lower curvature, in place. @returns the curvature along it */
  async rotate(x: Float64Array, mode: Float64Array): Promise<number> {
    let hn = await this.along(x, mode);
    let curvature = dot(hn, mode);
    for (let rotation = 0; rotation < ROTATIONS; rotation++) {
      // the part of −H·n across n, towards which the curvature falls
      const theta = Float64Array.from(hn, (value, k) => curvature * mode[k] - value);
      const torque = norm(theta);
      if (!(torque > 1e-9)) break;
      scale(theta, 1 / torque);
      // C(φ) = a₀/2 + a₁ cos 2φ + b₁ sin 2φ with C′(0) = 2 n·H·θ: a trial angle gives a₁
      const slope = -2 * torque;
      const trial = 0.5 * Math.atan(torque / Math.max(1e-12, Math.abs(curvature)));
      if (trial < SMALL_ANGLE) break;
      const turned = rotated(mode, theta, trial);
      const hTurned = await this.along(x, turned);
      const there = dot(hTurned, turned);
      const b = slope / 2;
      const a = (curvature - there + b * Math.sin(2 * trial)) / (1 - Math.cos(2 * trial));
      let best = 0.5 * Math.atan2(b, a);
      if (curvature - a + a * Math.cos(2 * best) + b * Math.sin(2 * best) > curvature) best += Math.PI / 2;
      // H is linear: H·n at the best angle from those at two
      const weight = Math.sin(best) / Math.sin(trial);
      const rest = Math.cos(best) - weight * Math.cos(trial);
      hn = Float64Array.from(hn, (value, k) => rest * value + weight * hTurned[k]);
      mode.set(rotated(mode, theta, best));
      curvature = dot(hn, mode);
      if (Math.abs(best) < SMALL_ANGLE) break;
    }
    return curvature;
  }
}

function rotated(n: Float64Array, theta: Float64Array, angle: number): Float64Array {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const out = Float64Array.from(n, (value, k) => c * value + s * theta[k]);
  scale(out, 1 / norm(out));
  return out;
}
