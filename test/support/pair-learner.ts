/**
 * A learner small enough to be read in one sitting: E = N c₀ + Σ_pairs Σ_p c_p (1 − r/r_c)^{p+2}, p = 1 … P, by ridge
 * regression on energies and forces. It learns a pair potential well and any other one badly, which tests of the
 * on-the-fly simulation want both.
 */
import { forEachPair } from '../../src-compute/analysis/pair-iteration.ts';
import { FitError } from '../../src-compute/errors.ts';
import type {
  LabelledFrame,
  OnlineLearner,
  OnlinePrediction,
  OnlineUpdate,
} from '../../src-compute/fitting/online/learner.ts';
import { emptyEvaluation, type PotentialModelBase } from '../../src-compute/potentials/potential.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../src-compute/sampling/checkpoint.ts';
import type { Configuration } from '../../src-compute/structure/configuration.ts';

const RIDGE = 1e-10;

export class PairLearner implements OnlineLearner {
  readonly parameters: number;
  readonly #cutoff: number;
  readonly #structure: Configuration;
  readonly #gram: Float64Array;
  readonly #right: Float64Array;
  #coefficients: Float64Array;
  /** Inverse of the Gram matrix at the last solution. */
  #covariance: Float64Array;
  #squares = 0;
  #rows = 0;
  frames = 0;
  ready = false;

  constructor(structure: Configuration, cutoff: number, functions = 8) {
    this.#structure = structure;
    this.#cutoff = cutoff;
    const m = functions + 1;
    this.parameters = m;
    this.#gram = new Float64Array(m * m);
    this.#right = new Float64Array(m);
    this.#coefficients = new Float64Array(m);
    this.#covariance = new Float64Array(m * m);
  }

  /** Rows of the design matrix: energy, then force components. */
  #design(positions: Float64Array, cell: Float64Array): Float64Array[] {
    const m = this.parameters;
    const rows = Array.from({ length: 1 + positions.length }, () => new Float64Array(m));
    rows[0][0] = positions.length / 3;
    forEachPair({ ...this.#structure, positions, cell }, this.#cutoff, (i, j, r, x, y, z) => {
      const s = 1 - r / this.#cutoff;
      for (let p = 1; p < m; p++) {
        const slope = (-(p + 2) * s ** (p + 1)) / this.#cutoff / r;
        rows[0][p] += s ** (p + 2);
        [x, y, z].forEach((d, axis) => {
          // F_i = −∂E/∂x_i, and r grows when i moves against d
          rows[1 + 3 * i + axis][p] += slope * d;
          rows[1 + 3 * j + axis][p] -= slope * d;
        });
      }
    });
    return rows;
  }

  add({ positions, cell, energy, forces }: LabelledFrame): void {
    const targets = [energy, ...forces];
    this.#design(positions, cell).forEach((row, k) => {
      row.forEach((a, p) => {
        this.#right[p] += a * targets[k];
        row.forEach((b, q) => (this.#gram[p * this.parameters + q] += a * b));
      });
      this.#squares += targets[k] ** 2;
      this.#rows++;
    });
    this.frames++;
  }

  solve(): OnlineUpdate {
    if (this.frames === 0) throw new FitError('Nothing was learned yet.');
    const m = this.parameters;
    const scale = this.#gram.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    this.#covariance = invert(
      this.#gram.map((x, k) => x + (k % (m + 1) === 0 ? RIDGE * scale : 0)),
      m,
    );
    this.#coefficients = this.#right.map((_, p) =>
      this.#right.reduce((sum, b, q) => sum + this.#covariance[p * m + q] * b, 0),
    );
    this.ready = true;
    return { seconds: 0, ridge: RIDGE, frames: this.frames, energyRmse: NaN, forceRmse: this.#noise };
  }

  get #noise(): number {
    const explained = this.#coefficients.reduce((sum, c, p) => sum + c * this.#right[p], 0);
    return Math.sqrt(Math.max(0, this.#squares - explained) / Math.max(1, this.#rows));
  }

  predict(positions: Float64Array, cell: Float64Array): OnlinePrediction {
    const m = this.parameters;
    const rows = this.#design(positions, cell);
    const values = rows.map((row) => row.reduce((sum, a, p) => sum + a * this.#coefficients[p], 0));
    const evaluation = emptyEvaluation(positions.length / 3);
    evaluation.energy = values[0];
    evaluation.atomEnergies.fill((3 * values[0]) / positions.length);
    evaluation.forces.set(values.slice(1));
    const variance = rows.map((row) =>
      row.reduce((sum, a, p) => sum + a * row.reduce((t, b, q) => t + this.#covariance[p * m + q] * b, 0), 0),
    );
    const forceUncertainty = Float64Array.from(
      { length: positions.length / 3 },
      (_, i) =>
        this.#noise *
        Math.sqrt(Math.max(0, variance[1 + 3 * i] + variance[2 + 3 * i] + variance[3 + 3 * i]) / 3),
    );
    return {
      evaluation,
      energyUncertainty: this.#noise * Math.sqrt(Math.max(0, variance[0])),
      forceUncertainty,
    };
  }

  model(): PotentialModelBase {
    return { form: 'pair-learner', species: this.#structure.symbols, cutoff: this.#cutoff };
  }

  save(): Uint8Array {
    const { frames, ready } = this;
    const arrays = {
      gram: this.#gram,
      right: this.#right,
      coefficients: this.#coefficients,
      covariance: this.#covariance,
      squares: Float64Array.of(this.#squares, this.#rows),
    };
    return encodeCheckpoint({ kind: 'pair-learner', values: { frames, ready }, arrays });
  }

  restore(bytes: Uint8Array): void {
    const { values, arrays } = decodeCheckpoint(bytes, 'pair-learner');
    this.frames = Number(values.frames);
    this.ready = values.ready === true;
    this.#gram.set(arrays.gram);
    this.#right.set(arrays.right);
    this.#coefficients = arrays.coefficients;
    this.#covariance = arrays.covariance;
    [this.#squares, this.#rows] = arrays.squares;
  }

  dispose(): void {
    // nothing is held
  }
}

/** Inverse by Gauss–Jordan with partial pivoting. */
function invert(matrix: Float64Array, n: number): Float64Array {
  const rows = Array.from({ length: n }, (_, i) => [
    ...matrix.subarray(i * n, (i + 1) * n),
    ...Array.from({ length: n }, (_unused, j) => (i === j ? 1 : 0)),
  ]);
  for (let c = 0; c < n; c++) {
    let pivot = c;
    for (let r = c + 1; r < n; r++) if (Math.abs(rows[r][c]) > Math.abs(rows[pivot][c])) pivot = r;
    [rows[c], rows[pivot]] = [rows[pivot], rows[c]];
    const scale = rows[c][c];
    rows[c] = rows[c].map((x) => x / scale);
    for (let r = 0; r < n; r++) {
      if (r === c) continue;
      const factor = rows[r][c];
      rows[r] = rows[r].map((x, k) => x - factor * rows[c][k]);
    }
  }
  return Float64Array.from(rows.flatMap((row) => row.slice(n)));
}
