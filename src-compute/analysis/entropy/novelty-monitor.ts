/**
 * Guard for simulations: every n steps the novelty δH of every atom against the potential's training set. Where it rises
 * above a threshold, the simulation has left what the potential was made for, before its forces need to look wrong.
 */
import { SimulationError } from '../../errors.ts';
import type { ParticleSystem } from '../../sampling/system.ts';
import { toConfiguration } from '../../sampling/system.ts';
import type { Configuration } from '../../structure/configuration.ts';
import type { Descriptor, DescriptorMatrix } from '../descriptors/descriptor.ts';
import { standardise, type Standardisation } from '../descriptors/standardise.ts';
import { NOVELTY_ROUND_OFF } from './measures.ts';
import { ReferenceSet } from './reference-set.ts';

export interface NoveltyMonitorSettings {
  /** Steps (of MD) or trajectories (of hybrid Monte Carlo) between two looks. */
  readonly every: number;
  /** nats; a frame is novel when enough of its atoms are above. 0 is the border of what the references cover. */
  readonly threshold: number;
  /** How many atoms must be above: 1 by default. */
  readonly atoms?: number;
  /** 'mark' goes on and keeps novel frames, 'stop' ends the run at the first one. */
  readonly action: 'mark' | 'stop';
  /** Most frames that are kept; the most novel ones. 100 by default. */
  readonly keep?: number;
}

/** One look. */
export interface NoveltySample {
  readonly step: number;
  /** δH per atom, nats: for colouring atoms. */
  readonly values: Float64Array;
  readonly mean: number;
  readonly max: number;
  /** Fraction of atoms with δH > 0. */
  readonly fractionPositive: number;
  /** Whether the frame counts as novel. */
  readonly novel: boolean;
}

/** A novel frame, to be labelled. */
export interface NovelFrame {
  readonly step: number;
  readonly max: number;
  readonly configuration: Configuration;
}

/** Thrown by the guard of a run that is to stop; the run has its trajectory up to here. */
export class NoveltyLimitReached extends SimulationError {
  readonly sample: NoveltySample;

  constructor(sample: NoveltySample, threshold: number) {
    const nats = sample.max < 1 ? sample.max.toPrecision(2) : sample.max.toFixed(1);
    super(
      `At step ${sample.step} an atom's surroundings are ${nats} nats outside of what the training set covers (the threshold is ${threshold}).`,
      {
        remedy: 'Label the frames that were kept and add them to the training set, or raise the threshold.',
      },
    );
    this.sample = sample;
  }
}

export class NoveltyMonitor {
  readonly settings: NoveltyMonitorSettings;
  /** Time series of the looks so far: step, mean, max and fraction above 0, four numbers each. */
  readonly series: number[] = [];
  readonly frames: NovelFrame[] = [];
  private readonly descriptor: Descriptor;
  private readonly standardisation: Standardisation | undefined;
  private readonly references: ReferenceSet;

  /**
   * @param references environments of the training set, standardised where the descriptor needs it
   * @throws SimulationError for settings that cannot work; StructureError for an impossible bandwidth
   */
  constructor(
    descriptor: Descriptor,
    references: DescriptorMatrix,
    bandwidth: number,
    settings: NoveltyMonitorSettings,
    standardisation?: Standardisation,
  ) {
    if (!Number.isInteger(settings.every) || settings.every < 1) {
      throw new SimulationError('Novelty is measured every n steps, with n a whole number of at least 1.');
    }
    if (references.rows === 0) {
      throw new SimulationError('The reference set of the novelty guard has no environments.', {
        remedy: 'Give the training set of the potential.',
      });
    }
    this.descriptor = descriptor;
    this.standardisation = standardisation;
    this.references = new ReferenceSet(references, bandwidth);
    this.settings = settings;
  }

  /** Whether this step is one to look at. */
  due(step: number): boolean {
    return step % this.settings.every === 0;
  }

  /** Looks at a structure. Keeps it when it is novel; does not throw. */
  look(step: number, configuration: Configuration): NoveltySample {
    const raw = this.descriptor.compute(configuration);
    const points = this.standardisation ? standardise(raw, this.standardisation) : raw;
    const values = this.references.logSums(points).map((value) => 0 - value);
    let [mean, max, positive, above] = [0, -Infinity, 0, 0];
    for (const value of values) {
      mean += value / values.length;
      max = Math.max(max, value);
      if (value > NOVELTY_ROUND_OFF) positive++;
      if (value > this.settings.threshold) above++;
    }
    const sample: NoveltySample = {
      step,
      values,
      mean,
      max,
      fractionPositive: positive / values.length,
      novel: above >= (this.settings.atoms ?? 1),
    };
    this.series.push(step, mean, max, sample.fractionPositive);
    if (sample.novel) this.keep({ step, max, configuration });
    return sample;
  }

  /**
   * Observer for a run: pass `(simulation) => guard(simulation.step, simulation.system)` to MolecularDynamics.run, or
   * `(chain) => guard(chain.trajectory, chain.system)` to a chain of hybrid Monte Carlo.
   * @param onSample called with every look
   * @throws NoveltyLimitReached (from the observer) when the run is to stop
   */
  guard(onSample?: (sample: NoveltySample) => void): (step: number, system: ParticleSystem) => void {
    return (step, system) => {
      if (!this.due(step)) return;
      const sample = this.look(step, toConfiguration(system));
      onSample?.(sample);
      if (sample.novel && this.settings.action === 'stop') {
        throw new NoveltyLimitReached(sample, this.settings.threshold);
      }
    };
  }

  /** Looks and kept frames as arrays, for checkpoints. */
  save(): Record<string, Float64Array> {
    const join = (read: (frame: NovelFrame) => ArrayLike<number>) => {
      const parts = this.frames.map(read);
      const joined = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
      let offset = 0;
      for (const part of parts) {
        joined.set(part, offset);
        offset += part.length;
      }
      return joined;
    };
    return {
      series: Float64Array.from(this.series),
      frames: join(({ step, max }) => [step, max]),
      positions: join(({ configuration }) => configuration.positions),
      cells: join(({ configuration }) => configuration.cell),
    };
  }

  /**
   * Goes back to what was saved; what was seen since is forgotten.
   * @param atoms what the frames are of
   */
  restore(
    saved: Readonly<Record<string, Float64Array>>,
    atoms: Pick<Configuration, 'symbols' | 'kinds' | 'periodic'>,
  ): void {
    const { symbols, kinds, periodic } = atoms;
    const size = 3 * kinds.length;
    this.series.length = 0;
    for (const value of saved.series) this.series.push(value);
    this.frames.length = 0;
    for (let k = 0; k < saved.frames.length / 2; k++) {
      const positions = saved.positions.slice(k * size, (k + 1) * size);
      const cell = saved.cells.slice(9 * k, 9 * k + 9);
      this.frames.push({
        step: saved.frames[2 * k],
        max: saved.frames[2 * k + 1],
        configuration: { symbols, kinds: kinds.slice(), periodic, positions, cell },
      });
    }
  }

  private keep(frame: NovelFrame): void {
    const { keep = 100 } = this.settings;
    this.frames.push(frame);
    if (this.frames.length <= keep) return;
    let least = 0;
    this.frames.forEach(({ max }, k) => {
      if (max < this.frames[least].max) least = k;
    });
    this.frames.splice(least, 1);
  }
}
