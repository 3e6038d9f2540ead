/**
 * One worker's share of a pass over the training data: fills the rows of each structure by the WebAssembly kernel and
 * adds their Gram matrix. Rows of a structure: energy, six virial components, 3N forces; then three spare rows that
 * take what padding lanes write.
 */
import { FitError } from '../errors.ts';
import { neighbourPairs } from '../structure/neighbour-list.ts';
import type { PairList } from '../structure/reference-pairs.ts';
import { handedOver, type Handover } from '../potentials/handover.ts';
import { radialBasis } from '../potentials/moment-tensor/reference.ts';
import type { MomentGraph } from '../potentials/moment-tensor/model.ts';
import {
  compileModule,
  createMemory,
  ensureMemory,
  instantiate,
  type WasmExports,
  type WasmMemory,
} from '../backends/wasm/runtime.ts';
import { encodeDesignKernel } from './kernels/design-kernel.ts';
import { ROW_BYTES, VIRIAL_COMPONENTS } from './kernels/design-rows.ts';
import { designLayout, LANES, LANE_BYTES, type DesignLayout } from './kernels/design-layout.ts';
import { writeDesignTables } from './kernels/design-tables.ts';
import { encodeGramKernel } from './kernels/gram-kernel.ts';
import { columnCount, unpackTiles, type Columns, type GroupSums } from './normal-equations.ts';
import { KeptRows } from './row-sample.ts';
import {
  configurationOf,
  type FitWeights,
  type PairStore,
  type Predictions,
  type TrainingChunk,
} from './training-set.ts';

/** Everything about the functional form that stays fixed during a fit. */
export interface DesignSettings {
  readonly graph: MomentGraph;
  readonly species: number;
  readonly radialBasisSize: number;
  readonly minimumDistance: number;
  readonly cutoff: number;
  readonly scaling: number;
  readonly weights: FitWeights;
  /** Where pairs are handed over to a repulsion. */
  readonly handover?: Handover;
}

/** Radial coefficients c and, for radial derivatives, the moment coefficients ξ around which to linearise. */
export interface DesignPoint {
  readonly radialCoefficients: Float64Array;
  readonly momentCoefficients?: Float64Array;
}

/** Addresses are compared as signed numbers. */
const MAXIMUM_BYTES = 2 ** 31 - 65536;
const ENERGY_ROWS = 1;
const VIRIAL_ROWS = 6;
const SPARE_ROWS = 3;

export class DesignPass {
  readonly settings: DesignSettings;
  private readonly memory: WasmMemory;
  private layout: DesignLayout;
  private design: WasmExports;
  private readonly gram: WasmExports;
  private point: DesignPoint = { radialCoefficients: new Float64Array(0) };
  private columns: Columns = { species: 0, scalars: 0, radial: 0 };
  private groups = new Map<number, { tiles: Float64Array; configurations: number; rows: number }>();
  private activeGroup = -1;
  private panelStart = 0;
  private slots: ArrayLike<number> = [0];

  constructor(settings: DesignSettings) {
    this.settings = settings;
    this.phi = new Float64Array(settings.radialBasisSize);
    this.phiSlope = new Float64Array(settings.radialBasisSize);
    this.memory = createMemory(1 << 20, MAXIMUM_BYTES, false);
    this.gram = instantiate(compileModule(encodeGramKernel()), this.memory);
    this.layout = designLayout(settings, 32);
    this.design = this.load();
  }

  /**
   * Starts a pass at given coefficients.
   * @param slots where the sums of each group of configurations go; −1 leaves a group out
   */
  begin(point: DesignPoint, slots: ArrayLike<number> = [0]): void {
    this.slots = slots;
    const { graph, species, radialBasisSize } = this.settings;
    this.point = point;
    this.columns = {
      species,
      scalars: graph.scalarMoments.length,
      radial: point.momentCoefficients ? species * species * graph.radialFunctionCount * radialBasisSize : 0,
    };
    this.groups = new Map();
    this.activeGroup = -1;
    this.writeCoefficients();
  }

  /**
   * Adds all configurations of a chunk. `pairs` may keep the neighbours between passes.
   * @returns rows of those that are to be kept
   */
  add(chunk: TrainingChunk, pairs?: PairStore, sampled: readonly number[] = []): Float64Array | undefined {
    const columns = columnCount(this.columns) - 1;
    const kept = sampled.length > 0 ? new KeptRows(chunk, sampled, columns) : undefined;
    for (let k = 0; k < chunk.count; k++) {
      const slot = this.slots[chunk.group[k]];
      if (slot < 0 || chunk.importance[k] === 0) continue;
      this.addConfiguration(chunk, k, this.pairsOf(chunk, k, pairs), slot, kept);
    }
    return kept?.values;
  }

  /**
   * Predictions of the linear model x = (e, ξ) for all configurations of a chunk.
   * @returns energies (eV), forces (eV/Å), virials (eV), laid out as in the chunk
   */
  predict(chunk: TrainingChunk, x: Float64Array, pairs?: PairStore): Predictions {
    const row = new Float64Array(columnCount(this.columns) - 1);
    const result: Predictions = {
      energies: new Float64Array(chunk.count),
      forces: new Float64Array(chunk.forces.length),
      virials: new Float64Array(chunk.virials.length),
    };
    for (let k = 0; k < chunk.count; k++) {
      const { rows, panelBytes } = this.fill(chunk, k, this.pairsOf(chunk, k, pairs), true);
      const view = new Float64Array(this.memory.buffer);
      const rowValue = (r: number): number => {
        this.copyRow(view, r, panelBytes, row);
        let sum = 0;
        for (let c = 0; c < row.length; c++) sum += row[c] * x[c];
        return sum;
      };
      result.energies[k] = rowValue(0);
      VIRIAL_COMPONENTS.forEach(([a, b], component) => {
        const value = rowValue(ENERGY_ROWS + component);
        result.virials[9 * k + 3 * a + b] = result.virials[9 * k + 3 * b + a] = value;
      });
      const first = 3 * chunk.atomStart[k];
      for (let f = ENERGY_ROWS + VIRIAL_ROWS; f < rows; f++) {
        result.forces[first + f - ENERGY_ROWS - VIRIAL_ROWS] = rowValue(f);
      }
    }
    return result;
  }

  private pairsOf(chunk: TrainingChunk, k: number, pairs?: PairStore): PairList {
    const list = pairs?.[k] ?? neighbourPairs(configurationOf(chunk, k), this.settings.cutoff);
    if (pairs) pairs[k] = list;
    return list;
  }

  /**
   * Energy rows of the configurations of a chunk, count × (species + scalars): labels, weights and derivatives have no
   * part.
   */
  energyRows(chunk: TrainingChunk): Float64Array {
    const columns = columnCount(this.columns) - 1;
    const result = new Float64Array(chunk.count * columns);
    for (let k = 0; k < chunk.count; k++) {
      const { panelBytes } = this.fill(chunk, k, this.pairsOf(chunk, k), false);
      const view = new Float64Array(this.memory.buffer);
      this.copyRow(view, 0, panelBytes, result.subarray(k * columns, (k + 1) * columns));
    }
    return result;
  }

  /** Energy rows of every atom of a configuration, atoms × (species + scalars + radial): ∂E_i/∂θ. */
  atomRows(chunk: TrainingChunk, k: number): Float64Array {
    const columns = columnCount(this.columns) - 1;
    const [first, end] = [chunk.atomStart[k], chunk.atomStart[k + 1]];
    const list = this.pairsOf(chunk, k);
    const rows = ENERGY_ROWS + VIRIAL_ROWS + 3 * (end - first);
    const panels = Math.ceil((columns + 1) / 4);
    const panelBytes = (rows + SPARE_ROWS) * ROW_BYTES;
    this.clearPanels(list, end - first, panels, panelBytes);
    const view = new Float64Array(this.memory.buffer);
    const result = new Float64Array((end - first) * columns);
    for (let i = 0; i < end - first; i++) {
      this.clearRows(panels, panelBytes, 0, ENERGY_ROWS);
      this.fillAtom(chunk, first, i, list, rows, false);
      this.copyRow(view, 0, panelBytes, result.subarray(i * columns, (i + 1) * columns));
    }
    return result;
  }

  /** Ends a pass: the sums by slot. */
  end(): Map<number, GroupSums> {
    this.storeGroup();
    const n = columnCount(this.columns);
    const panels = Math.ceil(n / 4);
    const result = new Map<number, GroupSums>();
    for (const [group, { tiles, configurations, rows }] of this.groups) {
      result.set(group, { gram: unpackTiles(tiles, panels, n), configurations, rows });
    }
    return result;
  }

  /**
   * Rows of one configuration, row-major: energy, virials, forces.
   * @param weighted with the weights of the fit and the target in the last column; else the rows of predictions
   */
  rowsOf(
    chunk: TrainingChunk,
    k: number,
    weighted = true,
  ): { rows: number; columns: number; values: Float64Array } {
    const gradients = !weighted || this.needsGradients(chunk, k);
    const { rows, panelBytes } = this.fill(chunk, k, this.pairsOf(chunk, k), gradients);
    if (weighted) this.weigh(chunk, k, panelBytes);
    const n = columnCount(this.columns);
    const values = new Float64Array(rows * n);
    const view = new Float64Array(this.memory.buffer);
    for (let r = 0; r < rows; r++) this.copyRow(view, r, panelBytes, values.subarray(r * n, (r + 1) * n));
    return { rows, columns: n, values };
  }

  private addConfiguration(
    chunk: TrainingChunk,
    k: number,
    list: PairList,
    group: number,
    kept: KeptRows | undefined,
  ): void {
    if (group !== this.activeGroup) this.activateGroup(group);
    const isKept = kept?.has(k) ?? false;
    const { rows, panelBytes } = this.fill(chunk, k, list, isKept || this.needsGradients(chunk, k));
    const view = new Float64Array(this.memory.buffer);
    if (isKept) kept!.take(k, (row, out) => this.copyRow(view, row, panelBytes, out));
    this.weigh(chunk, k, panelBytes);
    const panels = Math.ceil(columnCount(this.columns) / 4);
    this.gram.gram(this.panelStart, panels, panelBytes, rows, this.layout.end);
    const sums = this.groups.get(group)!;
    sums.configurations++;
    sums.rows += rows;
  }

  /** Fills the panels with the plain rows of a configuration. */
  private fill(
    chunk: TrainingChunk,
    k: number,
    list: PairList,
    withGradients: boolean,
  ): { rows: number; panelBytes: number } {
    const atoms = chunk.atomStart[k + 1] - chunk.atomStart[k];
    const rows = ENERGY_ROWS + VIRIAL_ROWS + 3 * atoms;
    const panels = Math.ceil(columnCount(this.columns) / 4);
    const panelBytes = (rows + SPARE_ROWS) * ROW_BYTES;
    this.clearPanels(list, atoms, panels, panelBytes);
    this.fillAtoms(chunk, k, list, rows, withGradients);
    return { rows, panelBytes };
  }

  private clearPanels(list: PairList, atoms: number, panels: number, panelBytes: number): void {
    this.reserve(list, atoms, panels, panelBytes);
    new Uint8Array(this.memory.buffer, this.panelStart, panels * panelBytes).fill(0);
    this.writeColumnOffsets(panelBytes);
  }

  /** Targets into the last column, and the weights of the fit into all rows. */
  private weigh(chunk: TrainingChunk, k: number, panelBytes: number): void {
    const panels = Math.ceil(columnCount(this.columns) / 4);
    this.fillTargets(chunk, k, panelBytes);
    this.scaleRows(chunk, k, panels, panelBytes);
  }

  /** A row as it stands in the panels. */
  private copyRow(view: Float64Array, row: number, panelBytes: number, out: Float64Array): void {
    for (let c = 0; c < out.length; c++) {
      out[c] = view[(this.panelStart + (c >> 2) * panelBytes + row * ROW_BYTES) / 8 + (c & 3)];
    }
  }

  private fillAtoms(
    chunk: TrainingChunk,
    k: number,
    list: PairList,
    rows: number,
    withGradients: boolean,
  ): void {
    const first = chunk.atomStart[k];
    const atoms = chunk.atomStart[k + 1] - first;
    for (let i = 0; i < atoms; i++) this.fillAtom(chunk, first, i, list, rows, withGradients);
  }

  /** Adds the rows of one atom. */
  private fillAtom(
    chunk: TrainingChunk,
    first: number,
    i: number,
    list: PairList,
    rows: number,
    withGradients: boolean,
  ): void {
    const firstRow = this.panelStart;
    const forceRows = firstRow + (ENERGY_ROWS + VIRIAL_ROWS) * ROW_BYTES;
    const spareRow = firstRow + rows * ROW_BYTES;
    const view = new Float64Array(this.memory.buffer);
    const zi = chunk.species[first + i];
    const blocks = this.fillBlocks(view, chunk, first, i, list, forceRows, spareRow);
    const centreRow = forceRows + 3 * i * ROW_BYTES;
    this.design.atom(zi, blocks, centreRow, firstRow, this.columns.radial > 0 ? 1 : 0, withGradients ? 1 : 0);
    // the species column of the energy row counts atoms
    view[(firstRow + (zi >> 2) * (rows + SPARE_ROWS) * ROW_BYTES) / 8 + (zi & 3)] += 1;
  }

  /** Neighbours of atom i by species, four to a block; lanes that stay empty have f = φ = 0 and write to spare rows. */
  private fillBlocks(
    view: Float64Array,
    chunk: TrainingChunk,
    first: number,
    i: number,
    list: PairList,
    forceRows: number,
    spareRow: number,
  ): number {
    const { layout, settings } = this;
    const integers = new Int32Array(this.memory.buffer);
    const zi = chunk.species[first + i];
    let blocks = 0;
    for (let z = 0; z < settings.species; z++) {
      let lane = LANES;
      for (let p = list.start[i]; p < list.start[i + 1]; p++) {
        const j = list.neighbours[p];
        if (chunk.species[first + j] !== z) continue;
        if (lane === LANES) {
          lane = 0;
          const start = layout.blocks + blocks++ * layout.block.bytes;
          view.fill(0, start / 8, (start + layout.block.bytes) / 8);
          integers[(start + layout.block.species) / 4] = z;
          integers.fill(spareRow, (start + layout.block.rows) / 4, (start + layout.block.rows) / 4 + LANES);
        }
        const start = layout.blocks + (blocks - 1) * layout.block.bytes;
        integers[(start + layout.block.rows) / 4 + lane] = forceRows + 3 * j * ROW_BYTES;
        this.fillLane(view, start / 8 + lane, list.vectors, 3 * p, zi, z);
        lane++;
      }
    }
    return blocks;
  }

  private readonly phi: Float64Array;
  private readonly phiSlope: Float64Array;
  /** s(r) and s′(r) */
  private readonly seen = Float64Array.of(0, 1);

  private fillLane(
    view: Float64Array,
    at: number,
    vectors: Float64Array,
    p: number,
    zi: number,
    zj: number,
  ): void {
    const { block } = this.layout;
    const {
      radialBasisSize: size,
      species,
      graph,
      minimumDistance,
      cutoff,
      scaling,
      handover,
    } = this.settings;
    const x = vectors[p];
    const y = vectors[p + 1];
    const z = vectors[p + 2];
    const r = Math.sqrt(x * x + y * y + z * z);
    const step = LANE_BYTES / 8;
    const unit = at + block.unit / 8;
    view[unit] = x / r;
    view[unit + step] = y / r;
    view[unit + 2 * step] = z / r;
    view[at + block.inverse / 8] = 1 / r;
    const vector = at + block.vector / 8;
    view[vector] = x;
    view[vector + step] = y;
    view[vector + 2 * step] = z;
    const { phi, phiSlope, seen } = this;
    seen[0] = r;
    seen[1] = 1;
    const pair = zi * species + zj;
    if (handover) handedOver(handover.inner[pair], handover.outer[pair], r, seen);
    radialBasis(seen[0], minimumDistance, cutoff, scaling, phi, phiSlope);
    if (seen[1] !== 1) for (let k = 0; k < size; k++) phiSlope[k] *= seen[1];
    const values = at + block.phi / 8;
    const slopes = at + block.phiSlope / 8;
    for (let k = 0; k < size; k++) {
      view[values + k * step] = phi[k];
      view[slopes + k * step] = phiSlope[k];
    }
    const functions = graph.radialFunctionCount;
    const c = this.point.radialCoefficients;
    for (let mu = 0; mu < functions; mu++) {
      const offset = (pair * functions + mu) * size;
      let f = 0;
      let slope = 0;
      for (let k = 0; k < size; k++) {
        f += c[offset + k] * phi[k];
        slope += c[offset + k] * phiSlope[k];
      }
      view[at + block.f / 8 + mu * step] = f;
      view[at + block.fSlope / 8 + mu * step] = slope;
    }
  }

  private needsGradients(chunk: TrainingChunk, k: number): boolean {
    const { force, virial } = this.settings.weights;
    const forces = !Number.isNaN(chunk.forces[3 * chunk.atomStart[k]]) && force > 0;
    return forces || (!Number.isNaN(chunk.virials[9 * k]) && virial > 0);
  }

  private fillTargets(chunk: TrainingChunk, k: number, panelBytes: number): void {
    const view = new Float64Array(this.memory.buffer);
    const column = columnCount(this.columns) - 1;
    const at = (this.panelStart + (column >> 2) * panelBytes) / 8 + (column & 3);
    const row = ROW_BYTES / 8;
    view[at] = chunk.energies[k];
    VIRIAL_COMPONENTS.forEach(([a, b], component) => {
      view[at + (ENERGY_ROWS + component) * row] =
        (chunk.virials[9 * k + 3 * a + b] + chunk.virials[9 * k + 3 * b + a]) / 2;
    });
    const first = 3 * chunk.atomStart[k];
    const count = 3 * chunk.atomStart[k + 1] - first;
    for (let f = 0; f < count; f++)
      view[at + (ENERGY_ROWS + VIRIAL_ROWS + f) * row] = chunk.forces[first + f];
  }

  /** Multiplies rows by the square roots of their weights; rows without a label become zero. */
  private scaleRows(chunk: TrainingChunk, k: number, panels: number, panelBytes: number): void {
    const { energy, force, virial, energyScaling, forceScaling } = this.settings.weights;
    const first = chunk.atomStart[k];
    const atoms = chunk.atomStart[k + 1] - first;
    const weigh = (from: number, to: number, weight: number, known: boolean): void => {
      const exponent = from === 7 ? forceScaling : energyScaling;
      const factor = known ? Math.sqrt((weight * chunk.importance[k]) / atoms ** exponent) : 0;
      if (factor > 0) this.gram.scale(this.panelStart, panels, panelBytes, from, to, factor);
      else this.clearRows(panels, panelBytes, from, to);
    };
    weigh(0, 1, energy, !Number.isNaN(chunk.energies[k]));
    const virialKnown = !Number.isNaN(chunk.virials[9 * k]);
    weigh(1, 4, virial, virialKnown);
    // xy stands for xy and yx
    weigh(4, 7, 2 * virial, virialKnown);
    weigh(7, 7 + 3 * atoms, force, !Number.isNaN(chunk.forces[3 * first]));
  }

  private clearRows(panels: number, panelBytes: number, from: number, to: number): void {
    const view = new Float64Array(this.memory.buffer);
    for (let p = 0; p < panels; p++) {
      const start = this.panelStart + p * panelBytes;
      view.fill(0, (start + from * ROW_BYTES) / 8, (start + to * ROW_BYTES) / 8);
    }
  }

  /** Makes room for the structure's blocks and panels. */
  private reserve(list: PairList, atoms: number, panels: number, panelBytes: number): void {
    let longest = 0;
    for (let i = 0; i < atoms; i++) longest = Math.max(longest, list.start[i + 1] - list.start[i]);
    const blocks = Math.ceil(longest / LANES) + this.settings.species;
    if (blocks > this.layout.maximumBlocks) {
      // tiles lie behind the layout and move with it
      this.storeGroup();
      this.layout = designLayout(this.settings, 2 * blocks);
      this.design = this.load();
      this.writeCoefficients();
      if (this.activeGroup >= 0) this.activateGroup(this.activeGroup);
    }
    this.panelStart = this.layout.end + this.tileBytes();
    const needed = this.panelStart + panels * panelBytes;
    if (needed > MAXIMUM_BYTES) {
      throw new FitError(`A configuration of ${atoms} atoms is too large to fit with this basis.`, {
        remedy: 'Cut it into smaller structures or use a lower level.',
      });
    }
    ensureMemory(this.memory, needed);
  }

  private tileBytes(): number {
    const panels = Math.ceil(columnCount(this.columns) / 4);
    return (panels * (panels + 1) * 128) / 2;
  }

  /** Tiles of a group lie in the kernel's memory while it is the active one. */
  private activateGroup(group: number): void {
    this.storeGroup();
    this.activeGroup = group;
    ensureMemory(this.memory, this.layout.end + this.tileBytes());
    const tiles = new Float64Array(this.memory.buffer, this.layout.end, this.tileBytes() / 8);
    const stored = this.groups.get(group);
    if (stored) tiles.set(stored.tiles);
    else {
      tiles.fill(0);
      this.groups.set(group, { tiles: new Float64Array(tiles.length), configurations: 0, rows: 0 });
    }
  }

  private storeGroup(): void {
    const stored = this.groups.get(this.activeGroup);
    if (stored) stored.tiles.set(new Float64Array(this.memory.buffer, this.layout.end, this.tileBytes() / 8));
  }

  private load(): WasmExports {
    ensureMemory(this.memory, this.layout.end);
    const exports = instantiate(compileModule(encodeDesignKernel(this.layout)), this.memory);
    writeDesignTables(this.memory.buffer, this.layout, this.settings);
    return exports;
  }

  private writeCoefficients(): void {
    const view = new Float64Array(this.memory.buffer);
    view.set(this.point.radialCoefficients, this.layout.coefficients / 8);
    if (this.point.momentCoefficients)
      view.set(this.point.momentCoefficients, this.layout.momentCoefficients / 8);
  }

  private writeColumnOffsets(panelBytes: number): void {
    const integers = new Int32Array(this.memory.buffer);
    const count = this.layout.columnCount;
    for (let c = 0; c < count; c++) {
      integers[this.layout.columnOffsets / 4 + c] = (c >> 2) * panelBytes + 8 * (c & 3);
    }
  }
}
