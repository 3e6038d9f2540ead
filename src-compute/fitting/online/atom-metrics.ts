/**
 * The small systems of the decoupled per-atom scheme: for every atom i the normal matrix of the force rows that its head
 * enters, H_i ← ω H_i + Σ_k B_{k,i}ᵀ B_{k,i}, and the Cholesky factor of its mean with a ridge λ diag H_i. Systems are
 * independent of each other. A frame brings up to date a part of the atoms only, in turn: the matrices change slowly,
 * and the residual, which every atom follows at every frame, does not wait for them.
 */
import { AccumulatedEquations } from './accumulated-equations.ts';

/** λ: small enough to follow the data, large enough that directions the data has not shown yet stay put. */
const RIDGE = 0.1;
/** Diagonal of columns without data (the constant of a head), relative to the largest. */
const EMPTY = 1e-12;
/** Atoms brought up to date per frame. */
const ATOMS_PER_FRAME = 4;

export class AtomMetrics {
  readonly atoms: number;
  /** K */
  readonly columns: number;
  /** Frames after which every atom's matrix has been brought up to date. */
  readonly period: number;
  readonly equations: AccumulatedEquations;
  /** Frames in each matrix, Σ ω^age. */
  readonly frames: Float64Array;
  /** Cholesky factors, atoms × K × K. */
  readonly #factors: Float64Array;
  readonly #noLabels: Float64Array;

  constructor(atoms: number, columns: number, largestRowCount: number) {
    this.atoms = atoms;
    this.columns = columns;
    this.period = Math.ceil(atoms / ATOMS_PER_FRAME);
    this.equations = new AccumulatedEquations(columns, atoms);
    this.frames = new Float64Array(atoms);
    this.#factors = new Float64Array(atoms * columns * columns);
    this.#noLabels = new Float64Array(largestRowCount);
  }

  /** Whether every atom has a system to solve. */
  get complete(): boolean {
    return this.frames.every((count) => count > 0);
  }

  /**
   * Adds the rows of one atom, which stand for the frames of a whole period, and factorises its matrix.
   * @param rows count × K
   * @param forgetting ω
   */
  update(atom: number, rows: Float64Array, count: number, forgetting: number): void {
    const ratio = forgetting ** this.period;
    this.equations.forgetBlock(atom, ratio);
    this.frames[atom] = this.frames[atom] * ratio + this.period;
    this.equations.add(atom, rows, 0, count, this.#noLabels, 0, this.period);
    this.factorise(atom);
  }

  /** Makes the factor of one atom anew; it depends on its sums alone. */
  factorise(atom: number): void {
    const { columns: n } = this;
    const l = this.#factors;
    const at = atom * n * n;
    this.equations.lowerTriangle(atom, l, at);
    const mean = 1 / this.frames[atom];
    let largest = 0;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) l[at + i * n + j] *= mean;
      largest = Math.max(largest, l[at + i * n + i]);
    }
    for (let i = 0; i < n; i++) l[at + i * n + i] += RIDGE * l[at + i * n + i] + EMPTY * (largest || 1);
    // with the ridge the matrix is positive definite by far
    for (let i = 0; i < n; i++) {
      const rowI = at + i * n;
      for (let j = 0; j <= i; j++) {
        const rowJ = at + j * n;
        let s0 = l[rowI + j];
        let s1 = 0;
        let k = 0;
        for (; k + 1 < j; k += 2) {
          s0 -= l[rowI + k] * l[rowJ + k];
          s1 -= l[rowI + k + 1] * l[rowJ + k + 1];
        }
        if (k < j) s0 -= l[rowI + k] * l[rowJ + k];
        const value = s0 + s1;
        l[rowI + j] = i === j ? Math.sqrt(value) : value / l[rowJ + j];
      }
    }
  }

  /** Replaces vector[at … at + K − 1] by the solution of one atom's system for it. */
  solve(atom: number, vector: Float64Array, at: number): void {
    const { columns: n } = this;
    const l = this.#factors;
    const first = atom * n * n;
    for (let i = 0; i < n; i++) {
      let sum = vector[at + i];
      const row = first + i * n;
      for (let k = 0; k < i; k++) sum -= l[row + k] * vector[at + k];
      vector[at + i] = sum / l[row + i];
    }
    for (let i = n - 1; i >= 0; i--) {
      const row = first + i * n;
      const value = (vector[at + i] /= l[row + i]);
      for (let k = 0; k < i; k++) vector[at + k] -= l[row + k] * value;
    }
  }

  /** @throws FitError for sums of another size */
  restore(sums: Float64Array, rows: Float64Array, frames: Float64Array): void {
    this.equations.restore(sums, rows);
    this.frames.set(frames);
    for (let i = 0; i < this.atoms; i++) if (this.frames[i] > 0) this.factorise(i);
  }
}
