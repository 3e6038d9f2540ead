/**
 * The function that a relaxation minimises, H = E + PV, over the coordinates x = (u, D): positions r = u·D and cell
 * h = h₀·D as in Tadmor et al., Phys. Rev. B 59 (1999) 235. Its slope is −F·Dᵀ for u and −D⁻ᵀ(W − PV·1) for D.
 */
import { SimulationError } from '../errors.ts';
import type { ForceEngine } from '../potentials/potential.ts';
import { inverseInto, volume } from '../structure/cell.ts';
import type { Configuration } from '../structure/configuration.ts';
import { SymmetryAverage } from '../structure/symmetry.ts';
import { EV_PER_A3_IN_GPA } from '../units.ts';
import type { RelaxationSettings } from './settings.ts';

/** Backends whose energies have seven digits. */
const SINGLE_PRECISION: readonly ForceEngine['backend'][] = ['wasm-f32', 'webgpu'];

/** H, its slope, and the structure at a point. */
export class Landscape {
  /** 3N, and 9 more when the cell may change. */
  readonly size: number;
  readonly atoms: number;
  readonly cellMoves: boolean;
  /** Present positions (3N) and cell (9), Å. */
  readonly positions: Float64Array;
  readonly cell: Float64Array;
  /** −∂H/∂x at the present point. */
  readonly force: Float64Array;
  /** H at the present point, eV. */
  energy = 0;
  /** Largest force on an atom, eV/Å, over the components that may move. */
  largestForce = 0;
  /** Largest component of (W − PV)/N, eV. */
  largestStress = 0;
  evaluations = 0;
  /** Relative round-off of an energy on this engine. */
  readonly roundOff: number;

  private readonly start: Configuration;
  private readonly engine: ForceEngine;
  private readonly free: readonly boolean[] | 'isotropic' | undefined;
  private readonly fixed: Uint8Array | undefined;
  private readonly symmetry: SymmetryAverage | undefined;
  /** eV/Å³ */
  private readonly pressure: number;
  private readonly inverse = new Float64Array(9);
  private readonly stress = new Float64Array(9);
  private readonly forces: Float64Array;

  /** @throws StructureError when a symmetry operation does not belong to the structure */
  constructor(start: Configuration, engine: ForceEngine, settings: RelaxationSettings) {
    this.start = start;
    this.engine = engine;
    this.roundOff = SINGLE_PRECISION.includes(engine.backend) ? 1e-7 : 1e-13;
    this.free = settings.cell;
    this.fixed = settings.fixed;
    this.pressure = (settings.pressure ?? 0) / EV_PER_A3_IN_GPA;
    this.atoms = start.kinds.length;
    this.cellMoves = settings.cell !== undefined;
    this.size = 3 * this.atoms + (this.cellMoves ? 9 : 0);
    this.positions = start.positions.slice();
    this.cell = start.cell.slice();
    this.force = new Float64Array(this.size);
    this.forces = new Float64Array(3 * this.atoms);
    this.symmetry = settings.symmetry && new SymmetryAverage(start, settings.symmetry);
  }

  /** The point of the start. */
  startingPoint(): Float64Array {
    const x = new Float64Array(this.size);
    x.set(this.start.positions);
    for (let k = 0; this.cellMoves && k < 9; k += 4) x[3 * this.atoms + k] = 1;
    return x;
  }

  /**
   * Goes to a point and evaluates it.
   * @throws SimulationError when the energy is no number
   */
  async evaluate(x: Float64Array): Promise<void> {
    this.place(x);
    const pending = this.engine.compute(this.positions, this.cell);
    if (pending) await pending;
    this.evaluations++;
    const { energy, forces, virial } = this.engine.result;
    if (!Number.isFinite(energy)) {
      throw new SimulationError('The structure cannot be relaxed: its energy is not a finite number.', {
        remedy: 'Check for overlapping atoms.',
      });
    }
    this.energy = energy;
    this.forces.set(forces);
    this.symmetry?.vectors(this.forces, this.cell);
    for (let k = 0; this.fixed && k < this.forces.length; k++) if (this.fixed[k]) this.forces[k] = 0;
    this.largestForce = largestVector(this.forces);
    if (this.cellMoves) this.projectOnCell(x, virial);
    else this.force.set(this.forces);
  }

  /** Keeps a direction within what may move: fixed components and the form of D. */
  project(direction: Float64Array): void {
    for (let k = 0; this.fixed && k < this.fixed.length; k++) if (this.fixed[k]) direction[k] = 0;
    if (this.cellMoves) this.constrain(direction.subarray(3 * this.atoms));
  }

  private place(x: Float64Array): void {
    const n3 = 3 * this.atoms;
    if (!this.cellMoves) {
      this.positions.set(x);
      return;
    }
    const apply = (source: ArrayLike<number>, target: Float64Array, count: number) => {
      for (let k = 0; k < count; k += 3)
        for (let b = 0; b < 3; b++)
          target[k + b] =
            source[k] * x[n3 + b] + source[k + 1] * x[n3 + 3 + b] + source[k + 2] * x[n3 + 6 + b];
    };
    apply(x, this.positions, n3);
    apply(this.start.cell, this.cell, 9);
  }

  /** Forces on u and D from those on the atoms and the virial. */
  private projectOnCell(x: Float64Array, virial: Float64Array): void {
    const { atoms, stress, force, forces, inverse } = this;
    const n3 = 3 * atoms;
    const d = x.subarray(n3);
    const pv = this.pressure * volume(this.cell);
    this.energy += pv;
    stress.set(virial);
    for (let k = 0; k < 9; k += 4) stress[k] -= pv;
    this.symmetry?.tensor(stress, this.cell);
    for (let k = 0; k < n3; k += 3)
      for (let a = 0; a < 3; a++)
        force[k + a] = forces[k] * d[3 * a] + forces[k + 1] * d[3 * a + 1] + forces[k + 2] * d[3 * a + 2];
    inverseInto(d, inverse);
    const onCell = force.subarray(n3);
    for (let a = 0; a < 3; a++)
      for (let b = 0; b < 3; b++) {
        let sum = 0;
        for (let c = 0; c < 3; c++) sum += inverse[3 * c + a] * stress[3 * c + b];
        onCell[3 * a + b] = sum;
      }
    this.constrain(onCell);
    this.constrain(stress);
    this.largestStress = largest(stress) / atoms;
  }

  /** A matrix within the freedom of D: masked, of one size, symmetric where the mask is. */
  private constrain(matrix: Float64Array): void {
    const { free } = this;
    if (free === 'isotropic') {
      const mean = (matrix[0] + matrix[4] + matrix[8]) / 3;
      matrix.fill(0);
      for (let k = 0; k < 9; k += 4) matrix[k] = mean;
      return;
    }
    for (let k = 0; free && k < 9; k++) if (!free[k]) matrix[k] = 0;
    for (let a = 0; free && a < 3; a++)
      for (let b = 0; b < a; b++)
        if (free[3 * a + b] && free[3 * b + a])
          matrix[3 * a + b] = matrix[3 * b + a] = (matrix[3 * a + b] + matrix[3 * b + a]) / 2;
  }
}

/** Length of the longest of N vectors. */
export function largestVector(v: Float64Array): number {
  let most = 0;
  for (let k = 0; k < v.length; k += 3) most = Math.max(most, v[k] ** 2 + v[k + 1] ** 2 + v[k + 2] ** 2);
  return Math.sqrt(most);
}

function largest(x: Float64Array): number {
  let most = 0;
  for (const value of x) most = Math.max(most, Math.abs(value));
  return most;
}
