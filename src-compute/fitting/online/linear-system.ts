/**
 * The linear system of a set of heads: normal equations of forces, energies and virials, their solution, and what it
 * says about itself. docs/physics.md §2, "Fit".
 */
import { FitError } from '../../errors.ts';
import { lossOf } from '../least-squares.ts';
import { forwardSubstitute } from '../linear-algebra.ts';
import { PenalisedLeastSquares, ridgeByEvidence } from '../tensor-regression/ridge.ts';
import { AccumulatedEquations, normalEquationsOf } from './accumulated-equations.ts';
import { LEADING_ROWS, VIRIAL_COMPONENTS } from './frame-design.ts';
import type { LabelledFrame } from './learner.ts';
import { packLower, unpackLower } from './lower-triangle.ts';
import { rowWeights, type OnlineLearnerSettings } from './settings.ts';
import { transformSums, type SparseRows } from './standardisation.ts';
import { stateArray } from './state.ts';

/** Blocks of the normal equations. */
const [FORCES, ENERGIES, VIRIALS] = [0, 1, 2];
/** Most columns: a matrix takes 8 n² bytes, and there are a few. */
const LARGEST_SYSTEM = 4500;

/** Gaussian posterior of the coefficients. */
interface Posterior {
  /** Cholesky factor of the scaled G + λ, n × n. */
  readonly factor: Float64Array;
  readonly scale: Float64Array;
  /** σ²: variance of a label of weight 1. */
  readonly variance: number;
}

export class LinearSystem {
  /** n = heads × columns of a head. */
  readonly size: number;
  /** Whether virial rows are learned. */
  readonly withVirials: boolean;
  /** Rows of the frame that is learned or predicted, (7 + 3N) × n. */
  readonly rows: Float64Array;
  /** The last solution. */
  coefficients: Float64Array | undefined;
  readonly #settings: OnlineLearnerSettings;
  readonly #atoms: number;
  readonly #headColumns: number;
  readonly #equations: AccumulatedEquations;
  readonly #labels = new Float64Array(6);
  readonly #scratch: Float64Array;
  #posterior: Posterior | undefined;

  /**
   * @param heads number of heads, of `headColumns` coefficients each
   * @throws FitError when the system is too large to be solved while a simulation runs
   */
  constructor(
    settings: OnlineLearnerSettings,
    atoms: number,
    heads: number,
    headColumns: number,
    periodic: boolean,
  ) {
    this.#settings = settings;
    this.#atoms = atoms;
    this.#headColumns = headColumns;
    this.size = heads * headColumns;
    if (this.size > LARGEST_SYSTEM) {
      throw new FitError(
        `Solving for ${this.size} coefficients together while a simulation runs is too much; the limit is ${LARGEST_SYSTEM}.`,
        { remedy: 'Use the decoupled scheme, fewer descriptors, a lower rank, or the shared mode.' },
      );
    }
    this.withVirials = settings.weights.virial > 0 && periodic;
    this.#equations = new AccumulatedEquations(this.size, this.withVirials ? 3 : 2);
    this.rows = new Float64Array((LEADING_ROWS + 3 * atoms) * this.size);
    this.#scratch = new Float64Array(this.size);
  }

  /** Learns the frame whose rows are in `rows`; energies count from `energyShift` per atom. */
  absorb({ energy, forces, virial }: LabelledFrame, energyShift: number): void {
    const n = this.#atoms;
    const weights = rowWeights(this.#settings.weights, n);
    const equations = this.#equations;
    equations.forget(this.#settings.forgetting);
    equations.add(FORCES, this.rows, LEADING_ROWS, 3 * n, forces, 0, weights.force);
    const labels = this.#labels;
    if (weights.energy > 0) {
      labels[0] = energy - n * energyShift;
      equations.add(ENERGIES, this.rows, 0, 1, labels, 0, weights.energy);
    }
    if (virial && this.withVirials) {
      for (let c = 0; c < 6; c++) {
        const [a, b] = VIRIAL_COMPONENTS[c];
        labels[c] = (virial[3 * a + b] + virial[3 * b + a]) / 2;
      }
      equations.add(VIRIALS, this.rows, 1, 3, labels, 0, weights.virial);
      equations.add(VIRIALS, this.rows, 4, 3, labels, 3, 2 * weights.virial);
    }
  }

  /**
   * Solves for all coefficients.
   * @returns λ that was used, and root mean square residuals on what was learned, eV/Å and eV/atom
   * @throws FitError when there is no finite solution; the one before stays
   */
  solve(): { ridge: number; forceRmse: number; energyRmse: number } {
    const blocks = Array.from({ length: this.#equations.blocks }, (_, b) => b);
    const equations = normalEquationsOf(this.#equations.matrix(blocks), this.size);
    const problem = new PenalisedLeastSquares(equations, new Float64Array(this.size).fill(1));
    const rows = this.#equations.rows.reduce((sum, count) => sum + count, 0);
    const { ridge } = this.#settings;
    const solution = ridge === 'evidence' ? ridgeByEvidence(problem, rows) : problem.solve(ridge);
    if (!solution.x.every(Number.isFinite)) {
      throw new FitError('The solution of the learned equations is not finite, so the one before is kept.', {
        remedy: 'Use a larger ridge strength.',
      });
    }
    this.coefficients = solution.x;
    this.#posterior = {
      factor: solution.factor,
      scale: solution.scale,
      variance: Math.max(solution.objective, 0) / Math.max(rows, 1),
    };
    const weights = rowWeights(this.#settings.weights, this.#atoms);
    return {
      ridge: solution.ridge,
      forceRmse: this.#residual(FORCES, weights.force),
      energyRmse: this.#residual(ENERGIES, weights.energy) / this.#atoms,
    };
  }

  /** Root mean square residual of one kind of rows on what was learned. */
  #residual(block: number, weight: number): number {
    const rows = this.#equations.rows[block];
    if (!(rows > 0) || !(weight > 0) || !this.coefficients) return NaN;
    const equations = normalEquationsOf(this.#equations.matrix([block]), this.size);
    return Math.sqrt(lossOf(equations, this.coefficients) / (weight * rows));
  }

  /** Posterior variance σ² aᵀ(G + λ)⁻¹a of what one of `rows` predicts. */
  variance(row: number): number {
    if (!this.#posterior) return NaN;
    const { factor, scale, variance } = this.#posterior;
    const n = this.size;
    const y = this.#scratch;
    for (let c = 0; c < n; c++) y[c] = this.rows[row * n + c] / scale[c];
    forwardSubstitute(factor, n, y);
    let square = 0;
    for (let c = 0; c < n; c++) square += y[c] * y[c];
    return variance * square;
  }

  /**
   * Adds the sums of a stored system.
   * @param change how its monomials become those here, per head
   * @param energyShift its energy shift less the one here, eV/atom
   */
  merge(
    arrays: Readonly<Record<string, Float64Array>>,
    change: readonly SparseRows[],
    energyShift: number,
  ): void {
    const other = new AccumulatedEquations(this.size, this.#equations.blocks);
    other.restore(stateArray(arrays, 'sums'), stateArray(arrays, 'rows'));
    const n = this.size + 1;
    for (let block = 0; block < other.blocks; block++) {
      const matrix = transformSums(other.matrix([block]), n, change);
      // label + shift·N, and N is the sum of the columns of constants
      for (let h = 0; h < this.size; h += this.#headColumns) {
        for (let c = 0; c < n; c++) matrix[(n - 1) * n + c] += energyShift * matrix[h * n + c];
      }
      for (let h = 0; h < this.size; h += this.#headColumns) {
        for (let r = 0; r < n; r++) matrix[r * n + n - 1] += energyShift * matrix[r * n + h];
      }
      other.setMatrix(block, matrix);
    }
    this.#equations.merge(other);
  }

  save(): Record<string, Float64Array> {
    const posterior = this.#posterior;
    return {
      sums: this.#equations.sums().slice(),
      rows: this.#equations.rows,
      ...(this.coefficients && posterior
        ? {
            coefficients: this.coefficients,
            posteriorFactor: packLower(posterior.factor, this.size),
            posteriorScale: posterior.scale,
            posteriorVariance: Float64Array.of(posterior.variance),
          }
        : {}),
    };
  }

  /** @throws FitError for arrays of other sizes; nothing is changed then */
  restore(arrays: Readonly<Record<string, Float64Array>>): void {
    const n = this.size;
    const solved = Object.hasOwn(arrays, 'coefficients');
    const coefficients = solved ? stateArray(arrays, 'coefficients', n).slice() : undefined;
    const posterior = solved
      ? {
          factor: unpackLower(stateArray(arrays, 'posteriorFactor', (n * (n + 1)) / 2), n),
          scale: stateArray(arrays, 'posteriorScale', n).slice(),
          variance: stateArray(arrays, 'posteriorVariance', 1)[0],
        }
      : undefined;
    this.#equations.restore(stateArray(arrays, 'sums'), stateArray(arrays, 'rows'));
    this.coefficients = coefficients;
    this.#posterior = posterior;
  }
}
