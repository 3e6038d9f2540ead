/** What a chain writes down after every trajectory of production. */
import { volume } from '../../structure/cell.ts';
import { BOLTZMANN_EV_PER_K, EV_PER_A3_IN_GPA } from '../../units.ts';
import type { ParticleSystem } from '../system.ts';
import type { ChainRecord } from './diagnostics.ts';

const SERIES = ['energyChange', 'accepted', 'potential', 'volume', 'pressure'] as const;

export class ChainRecorder {
  readonly #series: Record<(typeof SERIES)[number], number[]> = {
    energyChange: [],
    accepted: [],
    potential: [],
    volume: [],
    pressure: [],
  };
  readonly #bulk: boolean;

  /** @param bulk whether the cell is periodic in all directions, so that volume and pressure mean something */
  constructor(bulk: boolean) {
    this.#bulk = bulk;
  }

  note(
    system: ParticleSystem,
    potential: number,
    virial: Float64Array,
    temperature: number,
    energyChange: number,
    accepted: boolean,
  ): void {
    const s = this.#series;
    s.energyChange.push(energyChange);
    s.accepted.push(accepted ? 1 : 0);
    s.potential.push(potential);
    const v = this.#bulk ? volume(system.cell) : NaN;
    s.volume.push(v);
    // momenta are independent of positions, so the kinetic part is known exactly
    const kinetic = system.degreesOfFreedom * BOLTZMANN_EV_PER_K * temperature;
    s.pressure.push(((kinetic + virial[0] + virial[4] + virial[8]) / (3 * v)) * EV_PER_A3_IN_GPA);
  }

  record(forceCalls: number): ChainRecord {
    return { ...this.#series, forceCalls };
  }

  /** Arrays for a checkpoint. */
  save(): Record<string, Float64Array> {
    return Object.fromEntries(
      SERIES.map((name) => [`series-${name}`, Float64Array.from(this.#series[name])]),
    );
  }

  restore(arrays: Readonly<Record<string, Float64Array>>): void {
    for (const name of SERIES) this.#series[name] = Array.from(arrays[`series-${name}`]);
  }
}
