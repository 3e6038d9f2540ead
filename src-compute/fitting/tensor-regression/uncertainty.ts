/**
 * How uncertain a fitted tensor-regression potential is: standard deviations of energies and forces from the Gaussian
 * posterior of its linear coefficients, σ² aᵀ(G + λΠ)⁻¹a for the design row a of a label, and how they compare with the
 * errors that are made. PHYSICS.md §1, "Uncertainty".
 */
import type { PairStore } from '../design-pass.ts';
import type { TrainingChunk } from '../training-set.ts';
import { standardDeviation, type LinearPosterior } from './ridge.ts';
import {
  labelOf,
  LEADING_ROWS,
  TensorPass,
  type TensorPassSettings,
  type TensorPoint,
} from './tensor-pass.ts';

/** Standard deviations of one configuration. */
export interface PredictedDeviations {
  /** eV */
  readonly energy: number;
  /** eV/Å; 3 per atom, NaN for atoms that were not asked for. */
  readonly forces: Float64Array;
}

export class TensorUncertainty {
  readonly posterior: LinearPosterior;
  private readonly pass: TensorPass;

  /** @param point the columns that the posterior is of (TensorFitResult.point) */
  constructor(settings: TensorPassSettings, point: TensorPoint, posterior: LinearPosterior) {
    this.posterior = posterior;
    this.pass = new TensorPass(settings);
    this.pass.begin(point, []);
  }

  /**
   * Standard deviations from the uncertainty of the coefficients alone; n²/2 multiplications a number.
   * @param atoms whose forces are wanted; all when absent
   */
  of(chunk: TrainingChunk, k: number, atoms?: readonly number[], pairs?: PairStore): PredictedDeviations {
    const { columns, values } = this.pass.rowsOf(chunk, k, pairs);
    const count = chunk.atomStart[k + 1] - chunk.atomStart[k];
    const deviation = (row: number) =>
      standardDeviation(this.posterior, values.subarray(row * columns, (row + 1) * columns));
    const forces = new Float64Array(3 * count).fill(NaN);
    for (const atom of atoms ?? Array.from({ length: count }, (_, i) => i)) {
      for (let axis = 0; axis < 3; axis++) {
        forces[3 * atom + axis] = deviation(LEADING_ROWS + 3 * atom + axis);
      }
    }
    return { energy: deviation(0), forces };
  }
}

/** Predicted standard deviations against errors, over a set. */
export interface Calibration {
  readonly configurations: number;
  /** Mean standard deviation of the energy from the coefficients alone, meV/atom. */
  readonly energy_deviation_mev_per_atom: number | null;
  /** Of force components, eV/Å. */
  readonly force_deviation_ev_per_a: number | null;
  /** RMS of error / total standard deviation, the residual noise included: 1 when the fit knows its errors. */
  readonly energy_z_rms: number | null;
  readonly force_z_rms: number | null;
  /** Correlation of the deviations of force components with the size of their errors. */
  readonly force_correlation: number | null;
}

/** Atoms of a configuration whose forces a calibration looks at. */
const SAMPLED_ATOMS = 6;

/** Collects a calibration configuration by configuration. */
export class CalibrationSum {
  private configurations = 0;
  private readonly energies: { deviation: number; z: number }[] = [];
  private readonly forces: { deviation: number; error: number; z: number }[] = [];
  private readonly uncertainty: TensorUncertainty;
  private readonly settings: TensorPassSettings;

  constructor(settings: TensorPassSettings, uncertainty: TensorUncertainty) {
    this.settings = settings;
    this.uncertainty = uncertainty;
  }

  /** @param energy predicted, eV; @param forces predicted, 3N */
  add(chunk: TrainingChunk, k: number, energy: number, forces: ArrayLike<number>): void {
    this.configurations++;
    const { weights } = this.settings;
    const { variance } = this.uncertainty.posterior;
    const atoms = chunk.atomStart[k + 1] - chunk.atomStart[k];
    const step = Math.max(1, Math.ceil(atoms / SAMPLED_ATOMS));
    const sample = Array.from({ length: Math.ceil(atoms / step) }, (_, i) => i * step);
    const deviations = this.uncertainty.of(chunk, k, sample);
    const total = (deviation: number, weight: number, scaling: number) =>
      Math.hypot(deviation, weight > 0 ? Math.sqrt((variance * atoms ** scaling) / weight) : 0);
    const energyError = energy - labelOf(chunk, k, 0);
    if (!Number.isNaN(energyError)) {
      const spread = total(deviations.energy, weights.energy, weights.energyScaling);
      this.energies.push({ deviation: deviations.energy / atoms, z: energyError / spread });
    }
    for (const atom of sample) {
      for (let axis = 0; axis < 3; axis++) {
        const error = forces[3 * atom + axis] - labelOf(chunk, k, LEADING_ROWS + 3 * atom + axis);
        if (Number.isNaN(error)) continue;
        const deviation = deviations.forces[3 * atom + axis];
        const spread = total(deviation, weights.force, weights.forceScaling);
        this.forces.push({ deviation, error: Math.abs(error), z: error / spread });
      }
    }
  }

  result(): Calibration {
    const mean = (numbers: readonly number[]) =>
      numbers.length === 0 ? null : numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
    const rms = (numbers: readonly number[]) => {
      const square = mean(numbers.map((x) => x * x));
      return square === null ? null : Math.sqrt(square);
    };
    const energy = mean(this.energies.map(({ deviation }) => deviation));
    return {
      configurations: this.configurations,
      energy_deviation_mev_per_atom: energy === null ? null : 1000 * energy,
      force_deviation_ev_per_a: mean(this.forces.map(({ deviation }) => deviation)),
      energy_z_rms: rms(this.energies.map(({ z }) => z)),
      force_z_rms: rms(this.forces.map(({ z }) => z)),
      force_correlation: correlation(
        this.forces.map(({ deviation }) => deviation),
        this.forces.map(({ error }) => error),
      ),
    };
  }
}

function correlation(a: readonly number[], b: readonly number[]): number | null {
  if (a.length < 2) return null;
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  a.forEach((x, k) => {
    ab += (x - meanA) * (b[k] - meanB);
    aa += (x - meanA) ** 2;
    bb += (b[k] - meanB) ** 2;
  });
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : null;
}
