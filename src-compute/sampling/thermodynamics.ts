/** Thermodynamic quantities of a run, now and on average. */
import { BlockAverage, LinearTrend, type Estimate } from './averages.ts';

/** What can be read after every step. */
export interface Thermodynamics {
  step: number;
  /** fs */
  time: number;
  /** K */
  temperature: number;
  /** eV */
  potential: number;
  /** eV */
  kinetic: number;
  /** eV */
  conserved: number;
  /** GPa; NaN without a periodic cell */
  pressure: number;
  /** Å³; NaN without a periodic cell */
  volume: number;
}

const AVERAGED = ['temperature', 'energy', 'potential', 'pressure', 'volume'] as const;
type Averaged = (typeof AVERAGED)[number];

/**
 * Running averages with errors, and the trend of the conserved quantity.
 *
 * Steps of different length count by their time, not by their number: a run that shortens its step while atoms are fast
 * would else see the fast moments more often. The quantities are then integrated over time by the trapezoidal rule and
 * averaged over stretches of equal length, which are the samples.
 */
export class ThermodynamicAverages {
  readonly #averages: Record<Averaged, BlockAverage> = {
    temperature: new BlockAverage(),
    energy: new BlockAverage(),
    potential: new BlockAverage(),
    pressure: new BlockAverage(),
    volume: new BlockAverage(),
  };
  readonly #trend = new LinearTrend();
  /** Of steps of different length: time in the stretch that is being filled, then integrals, then the last values. */
  readonly #stretch = new Float64Array(1 + 2 * AVERAGED.length).fill(NaN);

  /**
   * @param step length of the step that led here, fs, and the length of a sample; every step is a sample when absent
   */
  add(
    now: Thermodynamics,
    atoms: number,
    step?: { readonly duration: number; readonly sample: number },
  ): void {
    this.#trend.add(now.time, now.conserved);
    const values = [
      now.temperature,
      (now.potential + now.kinetic) / atoms,
      now.potential / atoms,
      now.pressure,
      now.volume,
    ];
    if (step === undefined) AVERAGED.forEach((name, k) => this.#averages[name].add(values[k]));
    else this.#integrate(values, step.duration, step.sample);
  }

  /** Adds a step to the stretch that is being filled; full ones become samples. */
  #integrate(values: readonly number[], duration: number, sample: number): void {
    const stretch = this.#stretch;
    const count = AVERAGED.length;
    if (Number.isNaN(stretch[0])) {
      stretch.fill(0);
      stretch.set(values, 1 + count);
    }
    for (let left = duration; left > 0;) {
      const part = Math.min(left, sample - stretch[0]);
      // values along the step are taken to be linear in time
      const [from, to] = [(duration - left) / duration, (duration - left + part) / duration];
      for (let k = 0; k < count; k++) {
        const last = stretch[1 + count + k];
        stretch[1 + k] += part * (last + ((values[k] - last) * (from + to)) / 2);
      }
      stretch[0] += part;
      left -= part;
      if (stretch[0] < sample * (1 - 1e-12)) break;
      AVERAGED.forEach((name, k) => this.#averages[name].add(stretch[1 + k] / sample));
      stretch.fill(0, 0, 1 + count);
    }
    stretch.set(values, 1 + count);
  }

  /** Temperature (K), energy and potential energy (eV/atom), pressure (GPa), volume (Å³). */
  get estimates(): Record<Averaged, Estimate> {
    const { temperature, energy, potential, pressure, volume } = this.#averages;
    return {
      temperature: temperature.estimate,
      energy: energy.estimate,
      potential: potential.estimate,
      pressure: pressure.estimate,
      volume: volume.estimate,
    };
  }

  /** Slope of the conserved quantity, eV/fs. */
  get drift(): number {
    return this.#trend.slope;
  }

  reset(): void {
    for (const name of AVERAGED) this.#averages[name].restore(new BlockAverage().save());
    this.#trend.restore(new LinearTrend().save());
    this.#stretch.fill(NaN);
  }

  /** Arrays for a checkpoint. */
  save(): Record<string, Float64Array> {
    const arrays: Record<string, Float64Array> = {
      trend: this.#trend.save(),
      stretch: this.#stretch.slice(),
    };
    for (const name of AVERAGED) arrays[`average-${name}`] = this.#averages[name].save();
    return arrays;
  }

  restore(arrays: Readonly<Record<string, Float64Array>>): void {
    this.#trend.restore(arrays.trend);
    // checkpoints of earlier versions have none
    if (arrays.stretch) this.#stretch.set(arrays.stretch);
    else this.#stretch.fill(NaN);
    for (const name of AVERAGED) this.#averages[name].restore(arrays[`average-${name}`]);
  }
}
