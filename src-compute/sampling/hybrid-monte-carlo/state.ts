/** The present state of a chain: structure, momenta, and what the accurate potential says about the structure. */
import type { Evaluation } from '../../potentials/potential.ts';
import type { ParticleSystem } from '../system.ts';

export class ChainState {
  readonly system: ParticleSystem;
  /** U, eV */
  potential = NaN;
  /** eV/Å; 3N */
  readonly forces: Float64Array;
  /** eV; N */
  readonly atomEnergies: Float64Array;
  /** W, eV; 9 */
  readonly virial = new Float64Array(9);
  /** eV fs/Å; 3N */
  readonly momenta: Float64Array;
  readonly #startPositions: Float64Array;
  readonly #startMomenta: Float64Array;

  constructor(system: ParticleSystem) {
    const size = 3 * system.count;
    this.system = system;
    this.forces = new Float64Array(size);
    this.atomEnergies = new Float64Array(system.count);
    this.momenta = new Float64Array(size);
    this.#startPositions = new Float64Array(size);
    this.#startMomenta = new Float64Array(size);
  }

  /** Takes an evaluation as that of the present structure. */
  adopt({ energy, forces, virial, atomEnergies }: Evaluation): void {
    this.potential = energy;
    this.forces.set(forces);
    this.virial.set(virial);
    this.atomEnergies.set(atomEnergies);
  }

  /** p ← √(1 − α²) p + α ξ, with ξ as `draw` writes it. */
  refreshMomenta(alpha: number, draw: (momenta: Float64Array) => void): void {
    if (alpha >= 1) {
      draw(this.momenta);
      return;
    }
    const fresh = this.#startMomenta; // free until the trajectory starts
    draw(fresh);
    const keep = Math.sqrt(1 - alpha ** 2);
    for (let k = 0; k < fresh.length; k++) this.momenta[k] = keep * this.momenta[k] + alpha * fresh[k];
  }

  /** Before a trajectory. */
  remember(): void {
    this.#startPositions.set(this.system.positions);
    this.#startMomenta.set(this.momenta);
  }

  /** After a rejected one: back to where it started, momenta turned round. */
  goBack(): void {
    this.system.positions.set(this.#startPositions);
    for (let k = 0; k < this.momenta.length; k++) this.momenta[k] = -this.#startMomenta[k];
  }

  /** Exchanges structure and evaluation with another chain of the same system; momenta stay. */
  exchangeStructure(other: ChainState): void {
    swap(this.system.positions, other.system.positions);
    swap(this.system.cell, other.system.cell);
    swap(this.forces, other.forces);
    swap(this.atomEnergies, other.atomEnergies);
    swap(this.virial, other.virial);
    [this.potential, other.potential] = [other.potential, this.potential];
  }
}

function swap(a: Float64Array, b: Float64Array): void {
  const copy = a.slice();
  a.set(b);
  b.set(copy);
}
