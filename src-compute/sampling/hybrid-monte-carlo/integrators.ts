/**
 * Reversible, volume-preserving maps for hybrid Monte Carlo, as words of kicks B (p += h F) and drifts A (q += h M⁻¹p).
 *
 * | name | word | force calls per step | order | source |
 * |---|---|---|---|---|
 * | verlet | B½ A1 B½ | 1 | 2 | Swope et al. 1982 |
 * | omf2 | Bλ A½ B(1−2λ) A½ Bλ, λ = 0.1931833275037836 | 2 | 2, least error | Omelyan, Mryglod & Folk, Comput. Phys. Commun. 151 (2003) 272 |
 * | forcegradient4 | B⅙ A½ G⅔ A½ B⅙ | 3 | 4 | Chin, Phys. Lett. A 226 (1997) 344 (4A); G by a shifted force: Yin & Mawhinney, PoS Lattice 2011, 051 |
 *
 * G kicks with the force at q + (h²/24) M⁻¹F(q), which is F + (h²/24)(M⁻¹F·∇)F up to h⁴. Since the kick depends on q
 * alone it stays exactly volume preserving, and the symmetric word exactly reversible, so the sampling stays exact.
 */
import type { ForceEngine } from '../../potentials/potential.ts';
import type { IntegratorName } from './settings.ts';
import type { Metric } from './metric.ts';

interface Operation {
  readonly kind: 'kick' | 'drift' | 'gradient-kick';
  readonly weight: number;
}

const B = (weight: number): Operation => ({ kind: 'kick', weight });
const A = (weight: number): Operation => ({ kind: 'drift', weight });
const G = (weight: number): Operation => ({ kind: 'gradient-kick', weight });
const LAMBDA = 0.1931833275037836;

export const INTEGRATOR_WORDS: Record<IntegratorName, readonly Operation[]> = {
  verlet: [B(1 / 2), A(1), B(1 / 2)],
  omf2: [B(LAMBDA), A(1 / 2), B(1 - 2 * LAMBDA), A(1 / 2), B(LAMBDA)],
  forcegradient4: [B(1 / 6), A(1 / 2), G(2 / 3), A(1 / 2), B(1 / 6)],
};

/** Order of the error of H in the step. */
export const INTEGRATOR_ORDER: Record<IntegratorName, 2 | 4> = { verlet: 2, omf2: 2, forcegradient4: 4 };

/** What a trajectory works on. Forces of the accepted start are given, so that no call is spent on them. */
export interface PhasePoint {
  readonly positions: Float64Array;
  readonly momenta: Float64Array;
  readonly cell: Float64Array;
}

/** Buffers of one trajectory runner and its engines. */
export class TrajectoryRunner {
  forceCalls = 0;
  cheapForceCalls = 0;
  readonly #metric: () => Metric;
  readonly #accurate: ForceEngine;
  readonly #cheap: ForceEngine | undefined;
  readonly #velocity: Float64Array;
  readonly #shifted: Float64Array;

  constructor(count: number, metric: () => Metric, accurate: ForceEngine, cheap?: ForceEngine) {
    this.#metric = metric;
    this.#accurate = accurate;
    this.#cheap = cheap;
    this.#velocity = new Float64Array(3 * count);
    this.#shifted = new Float64Array(3 * count);
  }

  /** Evaluates the accurate potential. */
  async evaluate(positions: Float64Array, cell: Float64Array): Promise<void> {
    this.forceCalls++;
    const pending = this.#accurate.compute(positions, cell);
    if (pending) await pending;
  }

  /**
   * Moves the point along one trajectory with one potential; ends with the accurate potential evaluated at its end.
   * @param startForces forces of the driving potential at the start, or undefined when they are not known
   * @param surrogate drive with the cheap potential
   * @returns false when the trajectory left the region where the potential is defined
   */
  async run(
    point: PhasePoint,
    name: IntegratorName,
    steps: number,
    dt: number,
    startForces: Float64Array | undefined,
    surrogate: boolean,
  ): Promise<boolean> {
    const engine = surrogate && this.#cheap ? this.#cheap : this.#accurate;
    // undefined when the forces at the present positions are not known
    let forces = startForces;
    const word = INTEGRATOR_WORDS[name];
    for (let step = 0; step < steps; step++) {
      for (const { kind, weight } of word) {
        if (kind === 'drift') {
          this.#drift(point, weight * dt);
          forces = undefined;
          continue;
        }
        if (forces === undefined) {
          if (!withinReach(point.positions)) return false;
          const pending = this.#count(engine).compute(point.positions, point.cell);
          if (pending) await pending;
          forces = engine.result.forces;
        }
        if (kind === 'gradient-kick') {
          this.#shift(point.positions, forces, (dt * dt) / 24);
          if (!withinReach(this.#shifted)) return false;
          const pending = this.#count(engine).compute(this.#shifted, point.cell);
          if (pending) await pending;
          addScaled(point.momenta, engine.result.forces, weight * dt);
          forces = undefined;
        } else {
          addScaled(point.momenta, forces, weight * dt);
        }
      }
    }
    if (!withinReach(point.positions)) return false;
    if (engine !== this.#accurate) await this.evaluate(point.positions, point.cell);
    return Number.isFinite(this.#accurate.result.energy);
  }

  /**
   * Multiple time steps: accurate − cheap kicks around n cheap Verlet steps. Needs the accurate forces at the start.
   */
  async runMultiple(
    point: PhasePoint,
    steps: number,
    inner: number,
    dt: number,
    startForces: Float64Array,
  ): Promise<boolean> {
    const cheap = this.#cheap ?? this.#accurate;
    let slow = startForces;
    const first = this.#count(cheap).compute(point.positions, point.cell);
    if (first) await first;
    for (let step = 0; step < steps; step++) {
      addScaled(point.momenta, slow, dt / 2);
      addScaled(point.momenta, cheap.result.forces, -dt / 2);
      for (let k = 0; k < inner; k++) {
        addScaled(point.momenta, cheap.result.forces, dt / inner / 2);
        this.#drift(point, dt / inner);
        if (!withinReach(point.positions)) return false;
        const pending = this.#count(cheap).compute(point.positions, point.cell);
        if (pending) await pending;
        addScaled(point.momenta, cheap.result.forces, dt / inner / 2);
      }
      await this.evaluate(point.positions, point.cell);
      slow = this.#accurate.result.forces;
      addScaled(point.momenta, slow, dt / 2);
      addScaled(point.momenta, cheap.result.forces, -dt / 2);
    }
    return Number.isFinite(this.#accurate.result.energy);
  }

  #count(engine: ForceEngine): ForceEngine {
    if (engine === this.#accurate) this.forceCalls++;
    else this.cheapForceCalls++;
    return engine;
  }

  #drift(point: PhasePoint, time: number): void {
    this.#metric().velocity(point.momenta, this.#velocity);
    addScaled(point.positions, this.#velocity, time);
  }

  #shift(positions: Float64Array, forces: Float64Array, factor: number): void {
    this.#metric().velocity(forces, this.#velocity);
    for (let k = 0; k < positions.length; k++) this.#shifted[k] = positions[k] + factor * this.#velocity[k];
  }
}

function addScaled(target: Float64Array, source: Float64Array, factor: number): void {
  for (let k = 0; k < target.length; k++) target[k] += factor * source[k];
}

/** Whether no position is lost: neither NaN nor absurdly far away. */
function withinReach(positions: Float64Array): boolean {
  for (let k = 0; k < positions.length; k++) if (!(Math.abs(positions[k]) < 1e9)) return false;
  return true;
}
