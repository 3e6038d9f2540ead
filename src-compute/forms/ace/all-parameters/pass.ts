/** One worker's share of the objective of a fit of all parameters of an ACE potential, its gradient, and predictions. */
import type { DataPass } from '../../../fitting/fit-protocol.ts';
import type { GroupSums } from '../../../fitting/normal-equations.ts';
import {
  configurationOf,
  type FitWeights,
  type PairStore,
  type Predictions,
  type TrainingChunk,
} from '../../../fitting/training-set.ts';
import type { AceEmbedding } from '../../../potentials/ace/model.ts';
import { neighbourPairs } from '../../../structure/neighbour-list.ts';
import type { AceDescriptorSettings } from '../descriptors.ts';
import { AceStructure, type AceParameters, type StructureAtoms } from './structure.ts';

export interface AcePassSettings {
  readonly descriptors: AceDescriptorSettings;
  readonly embeddings: readonly AceEmbedding[];
  readonly weights: FitWeights;
}

/** Slot whose gradient is wanted; of others the objective alone. */
export const GRADIENT_SLOT = 0;

export class AcePass implements DataPass<AcePassSettings, AceParameters> {
  readonly settings: AcePassSettings;
  private readonly structure: AceStructure;
  private slots: ArrayLike<number> = [];
  private sums = new Map<number, { configurations: number; rows: number; loss: number }>();
  private moves = new Float64Array(0);
  private readonly strain = new Float64Array(9);

  constructor(settings: AcePassSettings) {
    this.settings = settings;
    this.structure = new AceStructure(settings.descriptors, settings.embeddings);
  }

  begin(point: AceParameters, slots: ArrayLike<number>): void {
    this.structure.begin(point);
    this.slots = slots;
    this.sums = new Map(
      Array.from(slots)
        .filter((slot) => slot >= 0)
        .map((slot) => [slot, { configurations: 0, rows: 0, loss: 0 }]),
    );
  }

  add(chunk: TrainingChunk, pairs?: PairStore): undefined {
    for (let k = 0; k < chunk.count; k++) {
      const slot = this.slots[chunk.group[k]];
      const sums = this.sums.get(slot);
      if (!sums) continue;
      sums.configurations++;
      const importance = chunk.importance[k];
      if (!(importance > 0)) continue;
      const atoms = this.atomsOf(chunk, k, pairs);
      this.structure.evaluate(atoms);
      const { alpha, loss, rows } = this.residuals(chunk, k);
      sums.loss += loss;
      sums.rows += rows;
      if (slot === GRADIENT_SLOT && rows > 0)
        this.structure.addGradient(atoms, alpha, this.moves, this.strain);
    }
    return undefined;
  }

  /** In the place of a Gram matrix the objective and, in GRADIENT_SLOT, the gradient: constants, weights, radial coefficients. */
  end(): Map<number, GroupSums> {
    const { constants, weights, radial } = this.structure.end();
    return new Map(
      [...this.sums].map(([slot, { configurations, rows, loss }]) => {
        const size = slot === GRADIENT_SLOT ? constants.length + weights.length + radial.length : 0;
        const gram = new Float64Array(1 + size);
        gram[0] = loss;
        if (size > 0) {
          gram.set(constants, 1);
          gram.set(weights, 1 + constants.length);
          gram.set(radial, 1 + constants.length + weights.length);
        }
        return [slot, { gram, configurations, rows }];
      }),
    );
  }

  /** @param _x unused: the point holds the parameters */
  predict(chunk: TrainingChunk, _x: Float64Array, pairs?: PairStore): Predictions {
    const forces = new Float64Array(3 * chunk.atomStart[chunk.count]);
    const energies = new Float64Array(chunk.count);
    const virials = new Float64Array(9 * chunk.count);
    for (let k = 0; k < chunk.count; k++) {
      const atoms = this.atomsOf(chunk, k, pairs);
      this.structure.evaluate(atoms);
      energies[k] = this.structure.energyOf.energy;
      forces.set(this.structure.forces.subarray(0, 3 * atoms.atoms), 3 * chunk.atomStart[k]);
      for (let a = 0; a < 3; a++) for (let b = 0; b < 3; b++) virials[9 * k + 3 * a + b] = this.virial(a, b);
    }
    return { energies, forces, virials };
  }

  /** Linear rows are not what this pass makes. */
  energyRows(): Float64Array {
    throw new Error('a fit of all parameters has no linear rows');
  }

  private virial(a: number, b: number): number {
    const { virial } = this.structure.energyOf;
    return (virial[3 * a + b] + virial[3 * b + a]) / 2;
  }

  private atomsOf(chunk: TrainingChunk, k: number, pairs?: PairStore): StructureAtoms {
    const list = pairs?.[k] ?? neighbourPairs(configurationOf(chunk, k), this.settings.descriptors.cutoff);
    if (pairs) pairs[k] = list;
    const [first, end] = [chunk.atomStart[k], chunk.atomStart[k + 1]];
    return { list, species: chunk.species.subarray(first, end), atoms: end - first };
  }

  /**
   * The weighted squares of residuals, and what their gradient needs: α, moves and strain. d(w x²) = 2 w x dx, and forces and
   * virials are −∂E/∂r⃗ and −∂E/∂η.
   */
  private residuals(chunk: TrainingChunk, k: number): { alpha: number; loss: number; rows: number } {
    const { energy, force, virial, energyScaling, forceScaling } = this.settings.weights;
    const { energyOf, forces } = this.structure;
    const [first, end] = [chunk.atomStart[k], chunk.atomStart[k + 1]];
    const atoms = end - first;
    const importance = chunk.importance[k];
    const perEnergy = importance / atoms ** energyScaling;
    let [loss, rows, alpha] = [0, 0, 0];
    if (!Number.isNaN(chunk.energies[k]) && energy > 0) {
      const rest = energyOf.energy - chunk.energies[k];
      alpha = 2 * energy * perEnergy * rest;
      loss += energy * perEnergy * rest * rest;
      rows++;
    }
    if (this.moves.length < 3 * atoms) this.moves = new Float64Array(3 * atoms);
    this.moves.fill(0, 0, 3 * atoms);
    if (!Number.isNaN(chunk.forces[3 * first]) && force > 0) {
      const weight = (force * importance) / atoms ** forceScaling;
      for (let t = 0; t < 3 * atoms; t++) {
        const rest = forces[t] - chunk.forces[3 * first + t];
        this.moves[t] = -2 * weight * rest;
        loss += weight * rest * rest;
      }
      rows += 3 * atoms;
    }
    this.strain.fill(0);
    if (!Number.isNaN(chunk.virials[9 * k]) && virial > 0) {
      for (let a = 0; a < 3; a++)
        for (let b = 0; b < 3; b++) {
          const rest = this.virial(a, b) - chunk.virials[9 * k + 3 * a + b];
          this.strain[3 * a + b] = -2 * virial * perEnergy * rest;
          loss += virial * perEnergy * rest * rest;
        }
      rows += 6;
    }
    return { alpha, loss, rows };
  }
}
