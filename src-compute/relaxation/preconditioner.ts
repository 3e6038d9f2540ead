/**
 * A model of the Hessian for relaxations: springs between neighbours that weaken with distance, Packwood et al., J. Chem.
 * Phys. 144 (2016) 164109. P_ij = −w(r_ij), P_ii = Σ_j w(r_ij) + c with w(r) = exp(−A(r/r_nn − 1)), taken smoothly to zero at r_cut; the
 * same springs stretched by a deformation of the cell give M_ab = Σ_pairs w r_a r_b. Its scale is left to the
 * optimiser.
 */
import type { Configuration } from '../structure/configuration.ts';
import { neighbourPairs } from '../structure/neighbour-list.ts';
import { minimumDistance } from '../structure/minimum-distance.ts';
import { inverse } from '../structure/cell.ts';

/** A: how fast springs weaken. */
const DECAY = 3;
/** r_cut/r_nn */
const REACH = 2.5;
/** c, in springs of the nearest neighbours: keeps translations and loose atoms from being taken for free. */
const STABILISER = 0.1;
/** Relative error of the solution. */
const PRECISION = 1e-6;

/** Solves P·z = g for positions and M·Z = G for the cell. */
export class SpringPreconditioner {
  /** Shortest distance of the structure, Å; undefined where atoms have no neighbours. */
  readonly nearest: number | undefined;
  private readonly start: Int32Array;
  private readonly neighbours: Int32Array;
  private readonly weights: Float64Array;
  private readonly diagonal: Float64Array;
  /** M⁻¹ */
  private readonly cellInverse: Float64Array;
  private readonly residual: Float64Array;
  private readonly direction: Float64Array;
  private readonly product: Float64Array;

  constructor(structure: Configuration) {
    const n = structure.kinds.length;
    this.nearest = minimumDistance(structure, 8);
    const nearest = this.nearest ?? 2.5;
    const pairs = neighbourPairs(structure, REACH * nearest);
    this.start = pairs.start;
    this.neighbours = pairs.neighbours;
    this.weights = new Float64Array(pairs.neighbours.length);
    this.diagonal = new Float64Array(n).fill(STABILISER);
    const m = new Float64Array(9);
    for (let i = 0; i < n; i++)
      for (let p = this.start[i]; p < this.start[i + 1]; p++) {
        const v = pairs.vectors.subarray(3 * p, 3 * p + 3);
        const r = Math.hypot(v[0], v[1], v[2]) / nearest;
        // ends smoothly: a shell that lies at the cutoff would else be taken by halves, against the crystal's symmetry
        const w = Math.exp(-DECAY * (r - 1)) * (1 - (r / REACH) ** 2) ** 2;
        this.weights[p] = w;
        this.diagonal[i] += w;
        for (let a = 0; a < 3; a++) for (let b = 0; b < 3; b++) m[3 * a + b] += 0.5 * w * v[a] * v[b];
      }
    for (let k = 0; k < 9; k += 4) m[k] += STABILISER * n * nearest ** 2;
    this.cellInverse = inverse(m);
    this.residual = new Float64Array(3 * n);
    this.direction = new Float64Array(3 * n);
    this.product = new Float64Array(3 * n);
  }

  /** Replaces g (3N, or 3N + 9 with the cell) by the solution. */
  solve(g: Float64Array): void {
    const n3 = this.residual.length;
    this.solvePositions(g.subarray(0, n3));
    if (g.length > n3) {
      const cell = g.subarray(n3);
      const source = cell.slice();
      for (let a = 0; a < 3; a++)
        for (let b = 0; b < 3; b++) {
          cell[3 * a + b] = 0;
          for (let c = 0; c < 3; c++) cell[3 * a + b] += this.cellInverse[3 * a + c] * source[3 * c + b];
        }
    }
  }

  /** Conjugate gradients with the diagonal taken out; the three directions are solved at once. */
  private solvePositions(g: Float64Array): void {
    const { residual: r, direction: d, product: q, diagonal } = this;
    r.set(g);
    g.fill(0);
    let [rz, aim] = [0, 0];
    for (let k = 0; k < r.length; k++) {
      d[k] = r[k] / diagonal[(k / 3) | 0];
      rz += r[k] * d[k];
    }
    aim = rz * PRECISION ** 2;
    for (let iteration = 0; iteration < 500 && rz > aim && rz > 0; iteration++) {
      this.multiply(d, q);
      let dq = 0;
      for (let k = 0; k < d.length; k++) dq += d[k] * q[k];
      const alpha = rz / dq;
      let next = 0;
      for (let k = 0; k < r.length; k++) {
        g[k] += alpha * d[k];
        r[k] -= alpha * q[k];
        next += (r[k] * r[k]) / diagonal[(k / 3) | 0];
      }
      const beta = next / rz;
      rz = next;
      for (let k = 0; k < d.length; k++) d[k] = r[k] / diagonal[(k / 3) | 0] + beta * d[k];
    }
  }

  private multiply(x: Float64Array, out: Float64Array): void {
    const { start, neighbours, weights, diagonal } = this;
    for (let i = 0; i < diagonal.length; i++) {
      let sx = diagonal[i] * x[3 * i];
      let sy = diagonal[i] * x[3 * i + 1];
      let sz = diagonal[i] * x[3 * i + 2];
      for (let p = start[i]; p < start[i + 1]; p++) {
        const j = 3 * neighbours[p];
        const w = weights[p];
        sx -= w * x[j];
        sy -= w * x[j + 1];
        sz -= w * x[j + 2];
      }
      out[3 * i] = sx;
      out[3 * i + 1] = sy;
      out[3 * i + 2] = sz;
    }
  }
}
