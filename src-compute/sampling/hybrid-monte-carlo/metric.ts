/**
 * Kinetic energies K = ½ pᵀM⁻¹p for hybrid Monte Carlo. Positions are sampled rightly whatever the positive definite
 * constant M; a good M makes all motions equally fast, so that one step size suits them all.
 *
 * p in eV fs/Å, M in eV fs²/Å², M⁻¹p in Å/fs.
 */
import { SimulationError } from '../../errors.ts';
import type { ForceEngine } from '../../potentials/potential.ts';
import { AMU_A2_PER_FS2_IN_EV } from '../../units.ts';
import type { Random } from '../random.ts';
import type { ParticleSystem } from '../system.ts';

export interface Metric {
  /** Writes a Maxwell sample: √kT M^½ ξ. */
  draw(random: Random, kT: number, momenta: Float64Array): void;
  /** Writes M⁻¹p. */
  velocity(momenta: Float64Array, out: Float64Array): void;
  /** ½ pᵀM⁻¹p, eV. */
  kinetic(momenta: Float64Array): number;
}

/**
 * One mass per atom.
 * @param masses amu; the physical ones, or any others (preconditioning). Fixed atoms never move.
 */
export class DiagonalMetric implements Metric {
  readonly #inverse: Float64Array;

  constructor(system: ParticleSystem, masses: Float64Array = system.masses) {
    this.#inverse = Float64Array.from({ length: 3 * system.count }, (_, k) => {
      const i = Math.floor(k / 3);
      return system.fixed[i] ? 0 : 1 / (masses[i] * AMU_A2_PER_FS2_IN_EV);
    });
  }

  draw(random: Random, kT: number, momenta: Float64Array): void {
    for (let k = 0; k < momenta.length; k++) {
      momenta[k] = this.#inverse[k] === 0 ? 0 : Math.sqrt(kT / this.#inverse[k]) * random.normal();
    }
  }

  velocity(momenta: Float64Array, out: Float64Array): void {
    for (let k = 0; k < momenta.length; k++) out[k] = this.#inverse[k] * momenta[k];
  }

  kinetic(momenta: Float64Array): number {
    let twice = 0;
    for (let k = 0; k < momenta.length; k++) twice += this.#inverse[k] * momenta[k] * momenta[k];
    return twice / 2;
  }
}

/** Largest structure for a full matrix: 3N × 3N numbers. */
const LARGEST_HESSIAN = 1000;

/**
 * M = τ² H with H the Hessian of the potential at a reference structure (floored to stay positive definite): every
 * harmonic mode oscillates with the angular frequency 1/τ. This is Fourier acceleration (Duane et al., Phys. Lett. B
 * 176 (1986) 143) for a crystal: worth it where stiff and soft modes lie far apart and atoms stay on their sites.
 */
export class HessianMetric implements Metric {
  readonly #size: number;
  readonly #cholesky: Float64Array;
  readonly #inverse: Float64Array;
  readonly #scratch: Float64Array;
  readonly #time: number;

  /**
   * @param hessian 3N × 3N, eV/Å², symmetric
   * @param time τ, fs
   * @param floor smallest eigenvalue allowed, as a fraction of the mean diagonal element
   */
  constructor(hessian: Float64Array, time: number, floor = 0.02) {
    const n = Math.sqrt(hessian.length);
    this.#size = n;
    this.#time = time;
    this.#scratch = new Float64Array(n);
    let trace = 0;
    for (let k = 0; k < n; k++) trace += hessian[k * n + k];
    const shift = (floor * trace) / n;
    this.#cholesky = positiveCholesky(hessian, shift);
    this.#inverse = inverseFromCholesky(this.#cholesky, n);
  }

  draw(random: Random, kT: number, momenta: Float64Array): void {
    const n = this.#size;
    const scale = this.#time * Math.sqrt(kT);
    for (let k = 0; k < n; k++) this.#scratch[k] = random.normal();
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j <= i; j++) sum += this.#cholesky[i * n + j] * this.#scratch[j];
      momenta[i] = scale * sum;
    }
  }

  velocity(momenta: Float64Array, out: Float64Array): void {
    const n = this.#size;
    const factor = 1 / (this.#time * this.#time);
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += this.#inverse[i * n + j] * momenta[j];
      out[i] = factor * sum;
    }
  }

  kinetic(momenta: Float64Array): number {
    this.velocity(momenta, this.#scratch);
    let twice = 0;
    for (let k = 0; k < momenta.length; k++) twice += momenta[k] * this.#scratch[k];
    return twice / 2;
  }
}

/** L with LLᵀ = H + s·1, where s starts at `shift` and grows tenfold until the matrix is positive definite. */
function positiveCholesky(matrix: Float64Array, shift: number): Float64Array {
  const n = Math.sqrt(matrix.length);
  const lower = new Float64Array(n * n);
  for (let s = shift, attempt = 0; attempt < 6; s *= 10, attempt++) {
    if (cholesky(matrix, s, lower)) return lower;
  }
  throw new SimulationError(
    'The Hessian of the potential cannot be used as a mass matrix: it has strongly negative curvature.',
    {
      remedy: 'Relax the structure first, or use the physical masses.',
    },
  );
}

function cholesky(matrix: Float64Array, shift: number, lower: Float64Array): boolean {
  const n = Math.sqrt(matrix.length);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j] + (i === j ? shift : 0);
      for (let k = 0; k < j; k++) sum -= lower[i * n + k] * lower[j * n + k];
      if (i !== j) lower[i * n + j] = sum / lower[j * n + j];
      else if (sum > shift * 1e-3) lower[i * n + i] = Math.sqrt(sum);
      else return false;
    }
  }
  return true;
}

function inverseFromCholesky(lower: Float64Array, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  const column = new Float64Array(n);
  for (let c = 0; c < n; c++) {
    column.fill(0);
    column[c] = 1;
    for (let i = c; i < n; i++) {
      let sum = column[i];
      for (let k = c; k < i; k++) sum -= lower[i * n + k] * column[k];
      column[i] = sum / lower[i * n + i];
    }
    for (let i = n - 1; i >= 0; i--) {
      let sum = column[i];
      for (let k = i + 1; k < n; k++) sum -= lower[k * n + i] * column[k];
      column[i] = sum / lower[i * n + i];
    }
    for (let i = 0; i < n; i++) inverse[i * n + c] = column[i];
  }
  return inverse;
}

/**
 * Hessian by central differences of forces: 6N force calls.
 * @param step displacement, Å
 * @returns 3N × 3N, eV/Å², symmetrised
 * @throws SimulationError for more than 1000 atoms and for fixed atoms
 */
export async function hessianOf(
  system: ParticleSystem,
  engine: ForceEngine,
  step = 0.01,
): Promise<Float64Array> {
  if (system.count > LARGEST_HESSIAN || system.fixed.some(Boolean)) {
    throw new SimulationError(
      `A Hessian mass matrix works for up to ${LARGEST_HESSIAN} atoms, all free; the structure has ${system.count}.`,
      { remedy: 'Use the physical masses.' },
    );
  }
  const n = 3 * system.count;
  const hessian = new Float64Array(n * n);
  const moved = system.positions.slice();
  for (let k = 0; k < n; k++) {
    for (const sign of [1, -1]) {
      moved[k] = system.positions[k] + sign * step;
      const pending = engine.compute(moved, system.cell);
      if (pending) await pending;
      const f = engine.result.forces;
      for (let j = 0; j < n; j++) hessian[k * n + j] -= (sign * f[j]) / (2 * step);
    }
    moved[k] = system.positions[k];
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      hessian[i * n + j] = hessian[j * n + i] = (hessian[i * n + j] + hessian[j * n + i]) / 2;
    }
  }
  return hessian;
}
