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

/** Running averages with errors, and the trend of the conserved quantity. */
export class ThermodynamicAverages {
  readonly #averages: Record<Averaged, BlockAverage> = {
    temperature: new BlockAverage(),
    energy: new BlockAverage(),
    potential: new BlockAverage(),
    pressure: new BlockAverage(),
    volume: new BlockAverage(),
  };
  readonly #trend = new LinearTrend();

  add(now: Thermodynamics, atoms: number): void {
    const averages = this.#averages;
    this.#trend.add(now.time, now.conserved);
    averages.temperature.add(now.temperature);
    averages.energy.add((now.potential + now.kinetic) / atoms);
    averages.potential.add(now.potential / atoms);
    averages.pressure.add(now.pressure);
    averages.volume.add(now.volume);
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
  }

  /** Arrays for a checkpoint. */
  save(): Record<string, Float64Array> {
    const arrays: Record<string, Float64Array> = { trend: this.#trend.save() };
    for (const name of AVERAGED) arrays[`average-${name}`] = this.#averages[name].save();
    return arrays;
  }

  restore(arrays: Readonly<Record<string, Float64Array>>): void {
    this.#trend.restore(arrays.trend);
    for (const name of AVERAGED) this.#averages[name].restore(arrays[`average-${name}`]);
  }
}
