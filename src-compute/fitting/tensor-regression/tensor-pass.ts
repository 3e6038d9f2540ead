/**
 * One worker's share of a pass over the training data for tensor-regression potentials: design rows of each structure
 * (energy, six virial components, 3N forces), their Gram matrix by the WebAssembly kernel, predictions of a model.
 *
 * Derivative rows are linear in the descriptors' gradients: those of all images of a neighbour are added before they are
 * multiplied out, so that an atom costs (distinct neighbours + 1) × 3 + 6 rows of columns, whatever the cell.
 */
import { FitError } from '../../errors.ts';
import {
  compileModule,
  createMemory,
  ensureMemory,
  instantiate,
  type WasmExports,
  type WasmMemory,
} from '../../backends/wasm/runtime.ts';
import {
  evaluateHead,
  type DenseHead,
  type TensorTrainHead,
} from '../../potentials/tensor-regression/model.ts';
import type { DescriptorSettings } from '../../potentials/tensor-regression/layout.ts';
import { neighbourPairs } from '../../structure/neighbour-list.ts';
import type { PairList } from '../../structure/reference-pairs.ts';
import { configurationOf, type PairStore, type Predictions } from '../design-pass.ts';
import { encodeGramKernel } from '../kernels/gram-kernel.ts';
import { unpackTiles, type GroupSums } from '../normal-equations.ts';
import type { FitWeights, TrainingChunk } from '../training-set.ts';
import { DenseColumns, TangentColumns, TrainColumns, type HeadColumns } from './columns.ts';
import { DescriptorGradients } from './descriptor-gradients.ts';

/** What stays fixed during a fit. */
export interface TensorPassSettings {
  readonly descriptors: DescriptorSettings;
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

/** Rows before the forces: energy and six virial components. */
export const LEADING_ROWS = 7;
/** xx, yy, zz, yz, xz, xy; the last three stand for two entries each. */
export const VIRIAL_ROWS = [
  [0, 0],
  [1, 1],
  [2, 2],
  [1, 2],
  [0, 2],
  [0, 1],
] as const;

/** Addresses are compared as signed numbers. */
const MAXIMUM_BYTES = 2 ** 31 - 65536;
const ROW_BYTES = 32;

export class TensorPass {
  readonly settings: TensorPassSettings;
  private readonly descriptors: DescriptorGradients;
  private readonly memory: WasmMemory;
  private readonly kernel: WasmExports;
  private point: TensorPoint = { kind: 'statistics' };
  private columns: HeadColumns | undefined;
  private slots: ArrayLike<number> = [0];
  /** Sums by slot; Gram matrices lie in the kernel's memory as tiles, one region per slot in order of appearance. */
  private sums = new Map<
    number,
    { region: number; configurations: number; rows: number; numbers: Float64Array }
  >();
  // scratch
  private rows = new Float64Array(0);
  private readonly standardised: Float64Array;
  private readonly byDescriptor: Float64Array;
  private directions = new Float64Array(0);
  private place = new Int32Array(0);
  private readonly touched: number[] = [];

  constructor(settings: TensorPassSettings) {
    this.settings = settings;
    this.descriptors = new DescriptorGradients(settings.descriptors);
    this.memory = createMemory(0, MAXIMUM_BYTES, false);
    this.kernel = instantiate(compileModule(encodeGramKernel()), this.memory);
    this.standardised = new Float64Array(this.descriptors.layout.size);
    this.byDescriptor = new Float64Array(this.descriptors.layout.size);
  }

  /** @param slots where each group of configurations is summed; −1 leaves it out */
  begin(point: TensorPoint, slots: ArrayLike<number>): void {
    const m = this.descriptors.layout.size;
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
    if (this.columns && this.tileBytes() * used.size > MAXIMUM_BYTES / 2) this.tooLarge();
    ensureMemory(this.memory, this.columns ? this.tileBytes() * used.size : 0);
    for (const slot of used) {
      const region = this.sums.size;
      this.sums.set(slot, {
        region,
        configurations: 0,
        rows: 0,
        numbers: new Float64Array(
          point.kind === 'statistics' ? this.settings.descriptors.species.length * (1 + 2 * m) : 0,
        ),
      });
      if (this.columns) this.tiles(region).fill(0);
    }
  }

  /** Adds the configurations of a chunk to the sums. */
  add(chunk: TrainingChunk, pairs?: PairStore): void {
    for (let k = 0; k < chunk.count; k++) {
      const sums = this.sums.get(this.slots[chunk.group[k]]);
      if (!sums) continue;
      const list = this.pairsOf(chunk, k, pairs);
      sums.configurations++;
      if (!this.columns) this.addStatistics(chunk, k, list, sums.numbers);
      else sums.rows += this.addRows(chunk, k, list, sums.region);
    }
  }

  /** Ends a pass: the sums by slot. */
  end(): Map<number, GroupSums> {
    const result = new Map<number, GroupSums>();
    const n = this.columnCount() + 1;
    for (const [slot, { region, configurations, rows, numbers }] of this.sums) {
      const gram = this.columns ? unpackTiles(this.tiles(region), Math.ceil(n / 4), n) : numbers;
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
    const m = descriptors.layout.size;
    for (let i = 0; i < end - first; i++) {
      descriptors.compute(
        list.vectors,
        list.neighbours,
        list.start[i],
        list.start[i + 1],
        chunk.species,
        first,
        false,
      );
      const at = chunk.species[first + i] * (1 + 2 * m);
      sums[at]++;
      for (let d = 0; d < m; d++) {
        sums[at + 1 + d] += descriptors.values[d];
        sums[at + 1 + m + d] += descriptors.values[d] ** 2;
      }
    }
  }

  /** Weighted rows of a configuration into the Gram matrix of a region. */
  private addRows(chunk: TrainingChunk, k: number, list: PairList, region: number): number {
    const { energy, force, virial } = this.settings.weights;
    const first = chunk.atomStart[k];
    const withEnergy = !Number.isNaN(chunk.energies[k]) && energy > 0;
    const withVirial = !Number.isNaN(chunk.virials[9 * k]) && virial > 0;
    const withForces = !Number.isNaN(chunk.forces[3 * first]) && force > 0;
    if (!(chunk.importance[k] > 0) || !(withEnergy || withVirial || withForces)) return 0;
    const rows = this.fill(chunk, k, list, withVirial, withForces);
    const packed = this.pack(chunk, k, rows, { withEnergy, withVirial, withForces });
    const panels = Math.ceil((this.columnCount() + 1) / 4);
    this.kernel.gram(packed.start, panels, packed.panelBytes, rows, region * this.tileBytes());
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
    for (let i = 0; i < atoms; i++) {
      const z = chunk.species[first + i];
      const head = this.settings.mode === 'shared' ? z : i;
      this.describe(chunk, first, i, list, withVirial || withForces);
      this.standardise(z, point.shift, point.scale);
      columns.prepare(this.standardised, head);
      const at = head * columns.count;
      columns.addValue(this.rows, at);
      if (!withVirial && !withForces) continue;
      this.gatherDirections(i, list, z, point.scale, withVirial);
      const m = this.standardised.length;
      if (withVirial) {
        for (let c = 0; c < 6; c++) {
          columns.addDerivative(this.rows, (1 + c) * n + at, this.directions, c * m);
        }
      }
      if (!withForces) continue;
      this.touched.forEach((atom, t) => {
        for (let axis = 0; axis < 3; axis++) {
          const row = (LEADING_ROWS + 3 * atom + axis) * n + at;
          columns.addDerivative(this.rows, row, this.directions, (6 + 3 * t + axis) * m);
        }
      });
    }
    return rows;
  }

  private describe(
    chunk: TrainingChunk,
    first: number,
    i: number,
    list: PairList,
    withGradients: boolean,
  ): void {
    this.descriptors.compute(
      list.vectors,
      list.neighbours,
      list.start[i],
      list.start[i + 1],
      chunk.species,
      first,
      withGradients,
    );
  }

  private standardise(z: number, shift: Float64Array, scale: Float64Array): void {
    const { values } = this.descriptors;
    const offset = z * values.length;
    for (let d = 0; d < values.length; d++) {
      this.standardised[d] = (values[d] - shift[offset + d]) * scale[offset + d];
    }
  }

  /**
   * Directions in the space of v′: six of the virial, −½Σ_j (r_a ∂_b + r_b ∂_a)v′, then for the atom itself and every
   * distinct neighbour the three of −∂v′/∂r.
   */
  private gatherDirections(
    i: number,
    list: PairList,
    z: number,
    scale: Float64Array,
    withVirial: boolean,
  ): void {
    const { descriptors, touched } = this;
    const { gradients } = descriptors;
    const m = descriptors.layout.size;
    const atoms = list.start.length - 1;
    if (this.place.length < atoms) this.place = new Int32Array(atoms).fill(-1);
    for (const atom of touched) this.place[atom] = -1;
    touched.length = 0;
    const [from, to] = [list.start[i], list.start[i + 1]];
    const room = (6 + 3 * (Math.min(atoms, to - from) + 1)) * m;
    if (this.directions.length < room) this.directions = new Float64Array(2 * room);
    else this.directions.fill(0, 0, room);
    const { directions } = this;
    const own = this.placeOf(i);
    for (let p = from; p < to; p++) {
      const other = this.placeOf(list.neighbours[p]);
      for (let axis = 0; axis < 3; axis++) {
        const g = (3 * (p - from) + axis) * m;
        const [plus, minus] = [(6 + 3 * own + axis) * m, (6 + 3 * other + axis) * m];
        for (let d = 1; d < m; d++) {
          const value = gradients[g + d] * scale[z * m + d];
          directions[plus + d] += value;
          directions[minus + d] -= value;
        }
      }
      if (!withVirial) continue;
      VIRIAL_ROWS.forEach(([a, b], c) => {
        const [ra, rb] = [list.vectors[3 * p + a] / 2, list.vectors[3 * p + b] / 2];
        const [ga, gb] = [(3 * (p - from) + a) * m, (3 * (p - from) + b) * m];
        for (let d = 1; d < m; d++) {
          directions[c * m + d] -= (ra * gradients[gb + d] + rb * gradients[ga + d]) * scale[z * m + d];
        }
      });
    }
  }

  private placeOf(atom: number): number {
    if (this.place[atom] < 0) {
      this.place[atom] = this.touched.length;
      this.touched.push(atom);
    }
    return this.place[atom];
  }

  /** Copies the rows, times the square roots of their weights, into panels of four columns; the target comes last. */
  private pack(
    chunk: TrainingChunk,
    k: number,
    rows: number,
    known: { withEnergy: boolean; withVirial: boolean; withForces: boolean },
  ): { start: number; panelBytes: number } {
    const n = this.columnCount();
    const panels = Math.ceil((n + 1) / 4);
    const panelBytes = rows * ROW_BYTES;
    const start = this.tileBytes() * this.sums.size;
    if (start + panels * panelBytes > MAXIMUM_BYTES) this.tooLarge();
    ensureMemory(this.memory, start + panels * panelBytes);
    const view = new Float64Array(this.memory.buffer, start, (panels * panelBytes) / 8);
    // columns that fill up the last panel
    view.fill(0, (panels - 1) * rows * 4);
    for (let r = 0; r < rows; r++) {
      const factor = this.weightOf(chunk, k, r, known);
      for (let c = 0; c < n; c++) {
        view[(c >> 2) * rows * 4 + 4 * r + (c & 3)] = factor === 0 ? 0 : factor * this.rows[r * n + c];
      }
      view[(n >> 2) * rows * 4 + 4 * r + (n & 3)] = factor === 0 ? 0 : factor * labelOf(chunk, k, r);
    }
    return { start, panelBytes };
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
    for (let i = 0; i < end - first; i++) {
      const z = chunk.species[first + i];
      this.describe(chunk, first, i, list, true);
      this.standardise(z, point.shift, point.scale);
      result.energies[k] += evaluateHead(
        head,
        this.settings.mode === 'shared' ? z : i,
        standardised,
        byDescriptor,
      );
      for (let d = 0; d < m; d++) byDescriptor[d] *= point.scale[z * m + d];
      const { gradients } = this.descriptors;
      for (let p = list.start[i]; p < list.start[i + 1]; p++) {
        const j = first + list.neighbours[p];
        for (let axis = 0; axis < 3; axis++) {
          const g = (3 * (p - list.start[i]) + axis) * m;
          let slope = 0;
          for (let d = 1; d < m; d++) slope += byDescriptor[d] * gradients[g + d];
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

  private tileBytes(): number {
    const panels = Math.ceil((this.columnCount() + 1) / 4);
    return (panels * (panels + 1) * 128) / 2;
  }

  private tiles(region: number): Float64Array {
    return new Float64Array(this.memory.buffer, region * this.tileBytes(), this.tileBytes() / 8);
  }

  private tooLarge(): never {
    throw new FitError(`A fit of ${this.columnCount()} coefficients does not fit into memory at once.`, {
      remedy: 'Use fewer descriptors, a lower rank, or a tensor train (--bond-dimension).',
    });
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
