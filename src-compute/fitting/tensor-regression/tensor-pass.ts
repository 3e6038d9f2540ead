/**
 * One worker's share of a pass over the training data for tensor-regression potentials: design rows of each structure
 * (energy, six virial components, 3N forces), their Gram matrix by the WebAssembly kernel, predictions of a model.
 *
 * Derivative rows are linear in the descriptors' gradients: those of all images of a neighbour are added before they are
 * multiplied out, so that an atom costs (distinct neighbours + 1) × 3 + 6 rows of columns, whatever the cell.
 */
import { FitError } from '../../errors.ts';
import {
  evaluateHead,
  type DenseHead,
  type TensorTrainHead,
} from '../../potentials/tensor-regression/model.ts';
import { neighbourPairs } from '../../structure/neighbour-list.ts';
import type { PairList } from '../../structure/reference-pairs.ts';
import type { GroupSums } from '../normal-equations.ts';
import { KeptRows, LEADING_ROWS } from '../row-sample.ts';
import {
  configurationOf,
  type FitWeights,
  type PairStore,
  type Predictions,
  type TrainingChunk,
} from '../training-set.ts';
import { DenseColumns, TangentColumns, TrainColumns, type HeadColumns } from './columns.ts';
import { AtomDirections, VIRIAL_ROWS } from './atom-directions.ts';
import type { AtomDescriptors } from './atom-descriptors.ts';
import { descriptorCount, openDescriptors, statisticsStride, type FamilySettings } from './families.ts';
import { GramSums } from './gram-sums.ts';

/** What stays fixed during a fit. */
export interface TensorPassSettings {
  readonly descriptors: FamilySettings;
  /** One head per species, or per atom index. */
  readonly mode: 'shared' | 'per-atom';
  readonly heads: number;
  readonly weights: FitWeights;
}

/** What a pass computes. */
export type TensorPoint =
  /** Per species: number of atoms, Σ v_d, Σ v_d² (1 + 2m numbers) in the place of the Gram matrix. */
  | { readonly kind: 'statistics' }
  /** Gram matrix of the columns of all heads and the target. */
  | {
      readonly kind: 'dense';
      readonly shift: Float64Array;
      readonly scale: Float64Array;
      readonly rank: number;
    }
  /** The same of one core of all heads, the other cores fixed; of all cores at once without a core. */
  | {
      readonly kind: 'core';
      readonly shift: Float64Array;
      readonly scale: Float64Array;
      readonly bonds: Int32Array;
      readonly cores: Float64Array;
      readonly core?: number;
    }
  /** Predictions of a model. */
  | {
      readonly kind: 'model';
      readonly shift: Float64Array;
      readonly scale: Float64Array;
      readonly head: DenseHead | TensorTrainHead;
    };

export { VIRIAL_ROWS } from './atom-directions.ts';

export class TensorPass {
  readonly settings: TensorPassSettings;
  private readonly descriptors: AtomDescriptors;
  /** m */
  private readonly size: number;
  private readonly grams = new GramSums();
  private readonly directions: AtomDirections;
  private point: TensorPoint = { kind: 'statistics' };
  private columns: HeadColumns | undefined;
  private slots: ArrayLike<number> = [0];
  /** Sums by slot; those of Gram matrices have a number of their own in order of appearance. */
  private sums = new Map<
    number,
    { number: number; configurations: number; rows: number; statistics: Float64Array }
  >();
  /** Every n-th atom of an element counts in statistics; how many of each a configuration had so far. */
  private readonly stride: number;
  private readonly seen: Int32Array;
  // scratch
  private rows = new Float64Array(0);
  private readonly standardised: Float64Array;
  private readonly byDescriptor: Float64Array;

  constructor(settings: TensorPassSettings) {
    this.settings = settings;
    this.descriptors = openDescriptors(settings.descriptors);
    this.size = descriptorCount(settings.descriptors);
    this.directions = new AtomDirections(this.size);
    this.stride = statisticsStride(settings.descriptors);
    this.seen = new Int32Array(settings.descriptors.species.length);
    this.standardised = new Float64Array(this.size);
    this.byDescriptor = new Float64Array(this.size);
  }

  /** @param slots where each group of configurations is summed; −1 leaves it out */
  begin(point: TensorPoint, slots: ArrayLike<number>): void {
    const m = this.size;
    this.point = point;
    this.slots = slots;
    this.sums = new Map();
    this.columns =
      point.kind === 'dense'
        ? new DenseColumns(m, point.rank)
        : point.kind === 'core'
          ? point.core === undefined
            ? new TangentColumns(m, point.bonds, point.cores)
            : new TrainColumns(m, point.bonds, point.cores, point.core)
          : undefined;
    const used = new Set(Array.from(slots).filter((slot) => slot >= 0));
    if (this.columns) this.grams.begin(this.columnCount(), used.size);
    const { species } = this.settings.descriptors;
    for (const slot of used) {
      const statistics = new Float64Array(point.kind === 'statistics' ? species.length * (1 + 2 * m) : 0);
      this.sums.set(slot, { number: this.sums.size, configurations: 0, rows: 0, statistics });
    }
  }

  /** Adds the configurations of a chunk to the sums. @returns rows of those that are to be kept */
  add(chunk: TrainingChunk, pairs?: PairStore, sampled: readonly number[] = []): Float64Array | undefined {
    const kept = sampled.length > 0 ? new KeptRows(chunk, sampled, this.columnCount()) : undefined;
    for (let k = 0; k < chunk.count; k++) {
      const sums = this.sums.get(this.slots[chunk.group[k]]);
      if (!sums) continue;
      const list = this.pairsOf(chunk, k, pairs);
      sums.configurations++;
      if (!this.columns) this.addStatistics(chunk, k, list, sums.statistics);
      else sums.rows += this.addRows(chunk, k, list, sums.number, kept);
    }
    return kept?.values;
  }

  /** Ends a pass: the sums by slot. */
  end(): Map<number, GroupSums> {
    const result = new Map<number, GroupSums>();
    for (const [slot, { number, configurations, rows, statistics }] of this.sums) {
      const gram = this.columns ? this.grams.gramOf(number) : statistics;
      result.set(slot, { gram, configurations, rows });
    }
    return result;
  }

  /**
   * Predicted labels of a chunk by the model of the point.
   * @param _x unused: the point holds the model
   */
  predict(chunk: TrainingChunk, _x: Float64Array, pairs?: PairStore): Predictions {
    const { point } = this;
    if (point.kind !== 'model') throw new Error('predictions need a model');
    const atoms = chunk.atomStart[chunk.count];
    const result = {
      energies: new Float64Array(chunk.count),
      forces: new Float64Array(3 * atoms),
      virials: new Float64Array(9 * chunk.count),
    };
    for (let k = 0; k < chunk.count; k++) {
      this.predictOne(chunk, k, this.pairsOf(chunk, k, pairs), point.head, result);
    }
    return result;
  }

  /**
   * Rows of one configuration without weights, row-major: energy, virials (order VIRIAL_ROWS), forces. Valid until the
   * next call.
   */
  rowsOf(
    chunk: TrainingChunk,
    k: number,
    pairs?: PairStore,
  ): { rows: number; columns: number; values: Float64Array } {
    const list = this.pairsOf(chunk, k, pairs);
    const rows = this.fill(chunk, k, list, true, true);
    const columns = this.columnCount();
    return { rows, columns, values: this.rows.subarray(0, rows * columns) };
  }

  /** Energy rows of the configurations of a chunk, count × columnCount: labels, weights and derivatives have no part. */
  energyRows(chunk: TrainingChunk): Float64Array {
    const columns = this.columnCount();
    const result = new Float64Array(chunk.count * columns);
    for (let k = 0; k < chunk.count; k++) {
      this.fill(chunk, k, this.pairsOf(chunk, k), false, false);
      result.set(this.rows.subarray(0, columns), k * columns);
    }
    return result;
  }

  /** Energy rows of every atom of a configuration, atoms × columnCount: ∂E_i/∂θ. */
  atomRows(chunk: TrainingChunk, k: number): Float64Array {
    const { columns, point } = this;
    if (!columns || point.kind === 'statistics' || point.kind === 'model')
      throw new Error('rows need columns');
    const n = this.columnCount();
    const [first, end] = [chunk.atomStart[k], chunk.atomStart[k + 1]];
    this.checkAtoms(end - first);
    const result = new Float64Array((end - first) * n);
    this.descriptors.open(this.pairsOf(chunk, k), chunk.species, first, 'values');
    for (let i = 0; i < end - first; i++) {
      const z = chunk.species[first + i];
      const head = this.settings.mode === 'shared' ? z : i;
      this.descriptors.compute(i);
      this.standardise(z, point.shift, point.scale);
      columns.prepare(this.standardised, head);
      columns.addValue(result, i * n + head * columns.count);
    }
    return result;
  }

  /** Columns of all heads. */
  columnCount(): number {
    return (this.columns?.count ?? 0) * this.settings.heads;
  }

  private pairsOf(chunk: TrainingChunk, k: number, pairs?: PairStore): PairList {
    const list = pairs?.[k] ?? neighbourPairs(configurationOf(chunk, k), this.settings.descriptors.cutoff);
    if (pairs) pairs[k] = list;
    return list;
  }

  private addStatistics(chunk: TrainingChunk, k: number, list: PairList, sums: Float64Array): void {
    const [first, end] = [chunk.atomStart[k], chunk.atomStart[k + 1]];
    const { descriptors } = this;
    const m = this.size;
    this.seen.fill(0);
    descriptors.open(list, chunk.species, first, 'values');
    for (let i = 0; i < end - first; i++) {
      const z = chunk.species[first + i];
      // the first atom of every element in a configuration is one of those that are taken
      const place = this.seen[z]++;
      if (place % this.stride !== 0) continue;
      descriptors.compute(i);
      const at = z * (1 + 2 * m);
      sums[at]++;
      for (let d = 0; d < m; d++) {
        sums[at + 1 + d] += descriptors.values[d];
        sums[at + 1 + m + d] += descriptors.values[d] ** 2;
      }
    }
  }

  /** Weighted rows of a configuration into the Gram matrix of a slot. */
  private addRows(
    chunk: TrainingChunk,
    k: number,
    list: PairList,
    slot: number,
    kept: KeptRows | undefined,
  ): number {
    const { energy, force, virial } = this.settings.weights;
    const first = chunk.atomStart[k];
    const withEnergy = !Number.isNaN(chunk.energies[k]) && energy > 0;
    const withVirial = !Number.isNaN(chunk.virials[9 * k]) && virial > 0;
    const withForces = !Number.isNaN(chunk.forces[3 * first]) && force > 0;
    const isKept = kept?.has(k) ?? false;
    const counts = chunk.importance[k] > 0 && (withEnergy || withVirial || withForces);
    if (!isKept && !counts) return 0;
    const rows = this.fill(chunk, k, list, withVirial || isKept, withForces || isKept);
    if (isKept) {
      const columns = this.columnCount();
      kept!.take(k, (row, out) => out.set(this.rows.subarray(row * columns, (row + 1) * columns)));
    }
    if (!counts) return 0;
    const known = { withEnergy, withVirial, withForces };
    this.grams.add(
      slot,
      this.rows,
      rows,
      (row) => this.weightOf(chunk, k, row, known),
      (row) => labelOf(chunk, k, row),
    );
    const atoms = chunk.atomStart[k + 1] - first;
    return (withEnergy ? 1 : 0) + (withVirial ? 6 : 0) + (withForces ? 3 * atoms : 0);
  }

  /** Fills `rows` (row-major) with the unweighted rows of a configuration. */
  private fill(
    chunk: TrainingChunk,
    k: number,
    list: PairList,
    withVirial: boolean,
    withForces: boolean,
  ): number {
    const { columns, point, rows: known } = this;
    if (!columns || point.kind === 'statistics' || point.kind === 'model')
      throw new Error('rows need columns');
    const [first, end] = [chunk.atomStart[k], chunk.atomStart[k + 1]];
    const atoms = end - first;
    this.checkAtoms(atoms);
    const n = this.columnCount();
    const rows = LEADING_ROWS + (withForces ? 3 * atoms : 0);
    if (known.length < rows * n) this.rows = new Float64Array(rows * n);
    else known.fill(0, 0, rows * n);
    const derivatives = withVirial || withForces;
    this.descriptors.open(list, chunk.species, first, derivatives ? 'gradients' : 'values');
    for (let i = 0; i < atoms; i++) {
      const z = chunk.species[first + i];
      const head = this.settings.mode === 'shared' ? z : i;
      this.descriptors.compute(i);
      this.standardise(z, point.shift, point.scale);
      columns.prepare(this.standardised, head);
      const at = head * columns.count;
      columns.addValue(this.rows, at);
      if (!derivatives) continue;
      const { directions } = this;
      const m = this.standardised.length;
      directions.gather(i, list, this.descriptors.gradients, point.scale, z * m, withVirial);
      for (let c = 0; withVirial && c < VIRIAL_ROWS.length; c++) {
        columns.addDerivative(this.rows, (1 + c) * n + at, directions.values, c * m);
      }
      if (!withForces) continue;
      directions.atoms.forEach((atom, t) => {
        for (let axis = 0; axis < 3; axis++) {
          const row = (LEADING_ROWS + 3 * atom + axis) * n + at;
          columns.addDerivative(this.rows, row, directions.values, directions.startOf(t, axis));
        }
      });
    }
    return rows;
  }

  private standardise(z: number, shift: Float64Array, scale: Float64Array): void {
    const { values } = this.descriptors;
    const offset = z * values.length;
    for (let d = 0; d < values.length; d++) {
      this.standardised[d] = (values[d] - shift[offset + d]) * scale[offset + d];
    }
  }

  private weightOf(
    chunk: TrainingChunk,
    k: number,
    row: number,
    known: { withEnergy: boolean; withVirial: boolean; withForces: boolean },
  ): number {
    const { energy, force, virial, energyScaling, forceScaling } = this.settings.weights;
    const atoms = chunk.atomStart[k + 1] - chunk.atomStart[k];
    const importance = chunk.importance[k];
    if (row === 0) return known.withEnergy ? Math.sqrt((energy * importance) / atoms ** energyScaling) : 0;
    if (row < LEADING_ROWS) {
      const entries = row < 4 ? 1 : 2;
      return known.withVirial ? Math.sqrt((entries * virial * importance) / atoms ** energyScaling) : 0;
    }
    return known.withForces ? Math.sqrt((force * importance) / atoms ** forceScaling) : 0;
  }

  private predictOne(
    chunk: TrainingChunk,
    k: number,
    list: PairList,
    head: DenseHead | TensorTrainHead,
    result: Predictions,
  ): void {
    const { point, byDescriptor, standardised } = this;
    if (point.kind !== 'model') return;
    const [first, end] = [chunk.atomStart[k], chunk.atomStart[k + 1]];
    this.checkAtoms(end - first);
    const m = standardised.length;
    const { forces, virials } = result;
    this.descriptors.open(list, chunk.species, first, 'slopes');
    for (let i = 0; i < end - first; i++) {
      const z = chunk.species[first + i];
      this.descriptors.compute(i);
      this.standardise(z, point.shift, point.scale);
      result.energies[k] += evaluateHead(
        head,
        this.settings.mode === 'shared' ? z : i,
        standardised,
        byDescriptor,
      );
      for (let d = 0; d < m; d++) byDescriptor[d] *= point.scale[z * m + d];
      const slopes = this.descriptors.slopesAlong(byDescriptor);
      for (let p = list.start[i]; p < list.start[i + 1]; p++) {
        const j = first + list.neighbours[p];
        for (let axis = 0; axis < 3; axis++) {
          const slope = slopes[3 * (p - list.start[i]) + axis];
          forces[3 * (first + i) + axis] += slope;
          forces[3 * j + axis] -= slope;
          for (let a = 0; a < 3; a++) {
            const half = (list.vectors[3 * p + a] * slope) / 2;
            virials[9 * k + 3 * a + axis] -= half;
            virials[9 * k + 3 * axis + a] -= half;
          }
        }
      }
    }
  }

  private checkAtoms(atoms: number): void {
    const { mode, heads } = this.settings;
    if (mode === 'per-atom' && atoms !== heads) {
      throw new FitError(
        `A per-atom fit needs ${heads} atoms in every configuration, and one has ${atoms}.`,
        {
          remedy: 'Leave the other configurations out, or fit a shared potential.',
        },
      );
    }
  }
}

/** Label of a row: energy, virial component, force component. */
export function labelOf(chunk: TrainingChunk, k: number, row: number): number {
  if (row === 0) return chunk.energies[k];
  if (row < LEADING_ROWS) {
    const [a, b] = VIRIAL_ROWS[row - 1];
    return (chunk.virials[9 * k + 3 * a + b] + chunk.virials[9 * k + 3 * b + a]) / 2;
  }
  return chunk.forces[3 * chunk.atomStart[k] + row - LEADING_ROWS];
}
