/**
 * What learners have in common: frames wait until there are enough of them to standardise the descriptors (or until the
 * first solve), and the state says which atoms and settings it belongs to. Energies are learned relative to the first
 * frame's energy per atom, so that sums do not lose digits to it.
 */
import { z } from 'zod';
import { chooseBackend, createForceEngine, type ChosenForceEngine } from '../../backends/index.ts';
import { FitError } from '../../errors.ts';
import type { DenseHead, TensorRegressionModel } from '../../potentials/tensor-regression/index.ts';
import type { ZblModel } from '../../potentials/pair/zbl.ts';
import type { PotentialModel, TermModel } from '../../potentials/registry.ts';
import { sumModel } from '../../potentials/sum/sum.ts';
import type { DescriptorSettings } from '../../potentials/tensor-regression/layout.ts';
import { emptyEvaluation, type Evaluation } from '../../potentials/potential.ts';
import { atomCount, symbolOf, type Configuration } from '../../structure/configuration.ts';
import { FrameDesign } from './frame-design.ts';
import { copyFrame, packFrames, requireUsableFrame, speciesOf, unpackFrames } from './frames.ts';
import type { LabelledFrame, OnlineLearner, OnlinePrediction, OnlineUpdate } from './learner.ts';
import { LearnedRepulsion } from './learned-repulsion.ts';
import { descriptorSettings, type OnlineLearnerSettings } from './settings.ts';
import {
  changeOfStandardisation,
  DescriptorStatistics,
  type SparseRows,
  type Standardisation,
} from './standardisation.ts';
import { decodeLearnerState, encodeLearnerState, stateArray, type LearnerState } from './state.ts';
import { TrajectoryResidual } from './trajectory-residual.ts';

/** The standardisation is fixed when this many frames are waiting, or at the first solve. */
const FRAMES_TO_STANDARDISE = 20;

const valuesSchema = z.object({
  settings: z.string(),
  atoms: z.string(),
  absorbed: z.int().nonnegative(),
  energyShift: z.number(),
});
type StateValues = z.output<typeof valuesSchema>;

/** Fields of a prediction, to be written. */
type WritablePrediction = { -readonly [K in keyof OnlinePrediction]: OnlinePrediction[K] } & {
  readonly evaluation: Evaluation;
};

export abstract class StandardisedLearner implements OnlineLearner {
  readonly settings: OnlineLearnerSettings;
  /** What acts below the distances of the learned frames. */
  protected readonly repulsion: LearnedRepulsion;
  abstract readonly parameters: number;
  /** Name and version of the stored state's layout. */
  protected abstract readonly kind: string;
  protected readonly structure: Configuration;
  protected readonly descriptors: DescriptorSettings;
  /** Species of every atom. */
  protected readonly species: Int32Array;
  protected readonly design: FrameDesign;
  protected readonly prediction: WritablePrediction;
  protected readonly trajectoryResidual: TrajectoryResidual;
  protected standardisation: Standardisation | undefined;
  /** eV/atom */
  protected energyShift = 0;
  /** Frames in the sums. */
  protected absorbed = 0;
  /** The solution that predicts; constants include the energy shift. */
  protected head: DenseHead | undefined;
  /** Head of every atom in `head`. */
  protected abstract readonly heads: Int32Array;
  #waiting: LabelledFrame[] = [];
  /** For predictions without uncertainty; its coefficients are those of `#engineHead`. */
  #engine: ChosenForceEngine | undefined;
  #engineHead: DenseHead | undefined;
  #engineRadii = 0;
  /** Shortest distances of a frame. */
  readonly #frameDistances: Float64Array;

  constructor(structure: Configuration, settings: OnlineLearnerSettings) {
    this.structure = structure;
    this.settings = settings;
    const { species, index } = speciesOf(structure);
    this.species = index;
    this.descriptors = descriptorSettings(species, settings);
    this.repulsion = new LearnedRepulsion(species, settings.cutoff);
    this.#frameDistances = new Float64Array(species.length ** 2);
    const { handover } = this.repulsion;
    this.design = new FrameDesign(
      { ...this.descriptors, handover },
      settings.rank,
      index,
      structure.periodic,
      this.repulsion,
    );
    const n = atomCount(structure);
    this.trajectoryResidual = new TrajectoryResidual(
      settings.autoregressiveOrder,
      3 * n,
      settings.forgetting,
    );
    this.prediction = {
      evaluation: emptyEvaluation(n),
      energyUncertainty: NaN,
      forceUncertainty: new Float64Array(n),
    };
  }

  get frames(): number {
    return this.absorbed + this.#waiting.length;
  }

  get shortest(): Float64Array {
    return this.repulsion.shortest;
  }

  get zbl(): ZblModel | undefined {
    return this.repulsion.zbl;
  }

  get ready(): boolean {
    return this.head !== undefined;
  }

  add(frame: LabelledFrame): void {
    requireUsableFrame(frame, this.species.length);
    const present = this.design.holds(frame.positions, frame.cell);
    // a frame that cannot be used is refused now, not when the others are learned
    this.#keepDistances(frame);
    if (this.standardisation) {
      this.absorb(frame, present);
      this.absorbed++;
      return;
    }
    this.#waiting.push(copyFrame(frame));
    if (this.#waiting.length >= FRAMES_TO_STANDARDISE) this.#standardise();
  }

  #keepDistances({ positions, cell }: LabelledFrame): void {
    this.design.load(positions, cell);
    this.#frameDistances.fill(Infinity);
    this.design.lowerDistances(this.#frameDistances, this.descriptors.species.length);
    if (this.repulsion.lower(this.#frameDistances)) this.design.forget();
  }

  /**
   * Learns a frame; the standardisation is fixed.
   * @param present whether it is the frame that was looked at last
   */
  protected abstract absorb(frame: LabelledFrame, present: boolean): void;

  /** Called when the standardisation was fixed or changed. */
  protected abstract reset(): void;

  /** Solves with the frames in the sums, at least one. */
  protected abstract update(): Omit<OnlineUpdate, 'seconds' | 'frames'>;

  abstract predict(positions: Float64Array, cell: Float64Array, withUncertainty: boolean): OnlinePrediction;

  /** Numbers beside those that all learners store. */
  protected abstract saveArrays(): Record<string, Float64Array>;

  /** Takes over what `saveArrays` gave; standardisation and counts are set already. */
  protected abstract restoreArrays(arrays: Readonly<Record<string, Float64Array>>): void;

  /**
   * Adds the sums of another state.
   * @param energyShift its shift less the one here, eV/atom
   * @param frames in its sums
   */
  protected abstract mergeArrays(
    arrays: Readonly<Record<string, Float64Array>>,
    from: Standardisation,
    energyShift: number,
    frames: number,
  ): void;

  solve(): OnlineUpdate {
    const began = performance.now();
    if (this.#waiting.length > 0) this.#standardise();
    if (this.absorbed === 0) {
      throw new FitError('There is nothing to solve yet: no frame was learned.', {
        remedy: 'Add at least one frame with energy and forces.',
      });
    }
    const update = this.update();
    return { ...update, frames: this.frames, seconds: (performance.now() - began) / 1000 };
  }

  #standardise(): void {
    const statistics = new DescriptorStatistics(this.descriptors.species.length, this.design.size);
    for (const { positions, cell } of this.#waiting) {
      this.design.load(positions, cell);
      this.design.values.forEach((values, i) => statistics.add(this.species[i], values));
    }
    this.energyShift = this.#waiting[0].energy / this.species.length;
    this.#use(statistics.standardisation());
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const frame of waiting) {
      this.absorb(frame, this.design.holds(frame.positions, frame.cell));
      this.absorbed++;
    }
  }

  #use(standardisation: Standardisation): void {
    this.standardisation = standardisation;
    this.design.standardise(standardisation.shift, standardisation.scale);
    this.reset();
  }

  /** How monomials of another standardisation become those of this learner, by species. */
  protected changeFrom(from: Standardisation): SparseRows[] {
    return this.descriptors.species.map((_, z) =>
      changeOfStandardisation(this.settings.rank, from, this.standardisation!, z, this.design.size),
    );
  }

  /**
   * Predicts with the compiled backend, where there is one: much faster than by way of the design, and without what
   * uncertainties and the autoregressive residual need. Has no skin, so that results depend on the frame alone.
   * @returns whether `prediction` holds the result
   */
  protected predictQuickly(positions: Float64Array, cell: Float64Array): boolean {
    if (this.trajectoryResidual.active || !this.head) return false;
    if (this.#engine && this.#engineRadii !== this.repulsion.version) {
      this.#engine.dispose();
      this.#engine = undefined;
    }
    if (!this.#engine) {
      const model = this.#acting();
      if (chooseBackend(model).backend !== 'wasm') return false;
      const atoms = {
        symbols: this.descriptors.species,
        kinds: Uint16Array.from(this.species),
        periodic: this.structure.periodic,
      };
      this.#engine = createForceEngine(model, atoms, { skin: 0 });
      this.#engineRadii = this.repulsion.version;
    } else if (this.#engineHead !== this.head) {
      this.#engine.updateParameters?.(this.#acting());
    }
    this.#engineHead = this.head;
    this.#engine.compute(positions, cell);
    const { evaluation } = this.prediction;
    const { energy, atomEnergies, forces, virial } = this.#engine.result;
    evaluation.energy = energy;
    evaluation.atomEnergies.set(atomEnergies);
    evaluation.forces.set(forces);
    evaluation.virial.set(virial);
    return true;
  }

  /** The other way. */
  protected changeTo(to: Standardisation): SparseRows[] {
    return this.descriptors.species.map((_, z) =>
      changeOfStandardisation(this.settings.rank, this.standardisation!, to, z, this.design.size),
    );
  }

  /** What predicts: the learned model and the repulsion below its distances. */
  #acting(): PotentialModel {
    const model = this.model();
    return this.zbl ? sumModel<TermModel>([model, this.zbl]) : model;
  }

  model(): TensorRegressionModel {
    if (!this.head || !this.standardisation) throw notReady();
    const { mode } = this.settings;
    const { inner, outer } = this.repulsion.handover;
    return {
      form: 'tensor-regression',
      ...this.descriptors,
      ...(this.zbl && { handover: { inner: inner.slice(), outer: outer.slice() } }),
      mode,
      ...(mode === 'per-atom' ? { atomSpecies: this.species.slice() } : {}),
      shift: this.standardisation.shift.slice(),
      scale: this.standardisation.scale.slice(),
      head: { ...this.head, coefficients: this.head.coefficients.slice() },
    };
  }

  /** Nothing to do: neighbours are searched anew for every frame. */
  forgetNeighbours(): void {
    return;
  }

  save(): Uint8Array {
    return encodeLearnerState(
      this.kind,
      {
        settings: JSON.stringify(this.settings),
        atoms: this.#atomNames(),
        absorbed: this.absorbed,
        energyShift: this.energyShift,
      },
      {
        ...this.saveArrays(),
        shortest: this.shortest,
        autoregressive: this.trajectoryResidual.save(),
        waiting: packFrames(this.#waiting, this.species.length),
        ...(this.standardisation
          ? { shift: this.standardisation.shift, scale: this.standardisation.scale }
          : {}),
        ...(this.head ? { head: this.head.coefficients } : {}),
      },
    );
  }

  /** @throws FitError when the state is damaged or belongs to other atoms or settings; nothing is changed then */
  restore(bytes: Uint8Array): void {
    this.#take(this.#decode(bytes));
  }

  #take({ values, arrays }: LearnerState<StateValues>): void {
    const standardisation = standardisationOf(arrays);
    const head = Object.hasOwn(arrays, 'head')
      ? stateArray(arrays, 'head', this.parameters).slice()
      : undefined;
    if (standardisation) this.#use(standardisation);
    else this.standardisation = undefined;
    this.repulsion.restore(distancesOf(arrays, this.shortest.length));
    this.design.forget();
    this.restoreArrays(arrays);
    this.trajectoryResidual.restore(stateArray(arrays, 'autoregressive'));
    this.#waiting = unpackFrames(stateArray(arrays, 'waiting'), this.species.length);
    this.absorbed = values.absorbed;
    this.energyShift = values.energyShift;
    this.head = head && { kind: 'dense', rank: this.settings.rank, coefficients: head };
  }

  /**
   * Adds what another learner of the same structure and settings has learned, as if its frames had been added here. Its
   * sums are carried over to the standardisation of this learner. The present solution stays until the next solve.
   * @throws FitError for states of other structures or settings
   */
  merge(bytes: Uint8Array): void {
    const state = this.#decode(bytes);
    const { values, arrays } = state;
    const from = standardisationOf(arrays);
    if (from && !this.standardisation) {
      const waiting = this.#waiting;
      this.#take(state);
      for (const frame of waiting) this.add(frame);
      return;
    }
    const theirs = distancesOf(arrays, this.shortest.length);
    if (theirs.some(Number.isNaN)) this.repulsion.restore(theirs);
    else this.repulsion.lower(theirs);
    this.design.forget();
    if (from) {
      this.mergeArrays(arrays, from, values.energyShift - this.energyShift, values.absorbed);
      this.absorbed += values.absorbed;
    }
    for (const frame of unpackFrames(stateArray(arrays, 'waiting'), this.species.length)) this.add(frame);
  }

  #decode(bytes: Uint8Array): LearnerState<StateValues> {
    const state = decodeLearnerState(bytes, this.kind, valuesSchema);
    const { atoms, settings } = state.values;
    const [stored, now] = [atoms.split(' '), this.#atomNames().split(' ')];
    const other = stored.findIndex((name, i) => now[i] !== name);
    if (stored.length !== now.length || other >= 0) {
      throw new FitError(
        stored.length !== now.length
          ? `The stored state was learned for ${stored.length} atoms, and the structure has ${now.length}.`
          : `The stored state was learned with ${stored[other]} as atom ${other + 1}, and the structure has ${now[other]} there.`,
        { remedy: 'Keep number and order of the atoms, or start a new learner.' },
      );
    }
    if (settings !== JSON.stringify(this.settings)) {
      throw new FitError('The stored state was learned with other settings.', {
        remedy: 'Continue with the settings that the state was made with.',
      });
    }
    return state;
  }

  #atomNames(): string {
    return Array.from(this.species, (_, i) => symbolOf(this.structure, i)).join(' ');
  }

  dispose(): void {
    this.#waiting = [];
    this.#engine?.dispose();
    this.#engine = undefined;
  }
}

/** States of earlier versions do not have them. */
function distancesOf(arrays: Readonly<Record<string, Float64Array>>, pairs: number): Float64Array {
  return Object.hasOwn(arrays, 'shortest')
    ? stateArray(arrays, 'shortest', pairs)
    : new Float64Array(pairs).fill(NaN);
}

function standardisationOf(arrays: Readonly<Record<string, Float64Array>>): Standardisation | undefined {
  if (!Object.hasOwn(arrays, 'shift')) return undefined;
  return { shift: stateArray(arrays, 'shift').slice(), scale: stateArray(arrays, 'scale').slice() };
}

export function notReady(): FitError {
  return new FitError('The learner has no solution yet.', { remedy: 'Add frames and solve first.' });
}
