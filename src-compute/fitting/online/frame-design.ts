/**
 * What one frame contributes to linear equations for the coefficients of heads: descriptors of all atoms, their
 * gradients, design rows and predictions. With v′ standardised and φ the monomials of a head,
 *
 *   E = Σ_i x_{h(i)}·φ(v′_i),   F_k = −Σ_i x_{h(i)}·∂φ(v′_i)/∂r_k,   W = −∂E/∂ε.
 *
 * Arrays are kept between frames; a frame that is the one before costs nothing.
 */
import { evaluateDense, type DenseHead } from '../../potentials/tensor-regression/index.ts';
import type { DescriptorSettings } from '../../potentials/tensor-regression/layout.ts';
import type { Evaluation } from '../../potentials/potential.ts';
import { NeighbourList } from '../../structure/neighbour-list.ts';
import type { LearnedRepulsion } from './learned-repulsion.ts';
import { DenseColumns } from '../tensor-regression/columns.ts';
import { DescriptorGradients } from '../tensor-regression/descriptor-gradients.ts';

/** Rows before the forces: energy, then the virial xx, yy, zz, yz, xz, xy. */
export const LEADING_ROWS = 7;
/** Components of the virial rows; the last three stand for two entries each. */
export const VIRIAL_COMPONENTS = [
  [0, 0],
  [1, 1],
  [2, 2],
  [1, 2],
  [0, 2],
  [0, 1],
] as const;

export class FrameDesign {
  /** m */
  readonly size: number;
  readonly atoms: number;
  /** Monomials of one head. */
  readonly columns: DenseColumns;
  /** v′, one view per atom. */
  readonly values: readonly Float64Array[];
  readonly #species: Int32Array;
  /** Without a skin: what it finds depends on the frame alone. */
  readonly #neighbours: NeighbourList;
  readonly #descriptors: DescriptorGradients;
  readonly #shift: Float64Array;
  readonly #scale: Float64Array;
  readonly #positions: Float64Array;
  readonly #cell = new Float64Array(9);
  #loaded = false;
  /** Counts the frames that were loaded and the standardisations: what was made of a frame is good for one number. */
  generation = 0;
  /** Directed pairs as in PairList; the arrays may be longer than needed. */
  readonly #start: Int32Array;
  #pairs = new Int32Array(0);
  #vectors = new Float64Array(0);
  /** ∂v′_i/∂r_j per directed pair i → j, pairs × 3 × m. */
  #gradients = new Float64Array(0);
  // scratch
  readonly #byDescriptor: Float64Array;
  #directions = new Float64Array(0);
  readonly #place: Int32Array;
  /** Atoms whose forces depend on the head of the atom that was looked at last; the first `#touchedCount` entries. */
  readonly #touched: Int32Array;
  #touchedCount = 0;

  readonly #repulsion: LearnedRepulsion | undefined;
  readonly #pairOut = new Float64Array(3);

  /**
   * @param species index among settings.species per atom
   * @param repulsion what acts below the learned distances; its radii are those of `settings.handover`
   */
  constructor(
    settings: DescriptorSettings,
    rank: number,
    species: Int32Array,
    periodic: readonly [boolean, boolean, boolean],
    repulsion?: LearnedRepulsion,
  ) {
    this.#repulsion = repulsion;
    this.#descriptors = new DescriptorGradients(settings);
    const m = this.#descriptors.layout.size;
    this.size = m;
    this.atoms = species.length;
    this.columns = new DenseColumns(m, rank);
    this.#species = species;
    this.#neighbours = new NeighbourList({ cutoff: settings.cutoff, periodic });
    this.#start = new Int32Array(species.length + 1);
    const values = new Float64Array(species.length * m);
    this.values = Array.from(species, (_, i) => values.subarray(i * m, (i + 1) * m));
    this.#shift = new Float64Array(settings.species.length * m);
    this.#scale = new Float64Array(settings.species.length * m).fill(1);
    this.#positions = new Float64Array(3 * species.length);
    this.#byDescriptor = new Float64Array(m);
    this.#place = new Int32Array(species.length).fill(-1);
    this.#touched = new Int32Array(species.length);
  }

  /** Standardisation v′ = (v − shift)·scale per species; entry 0 of each row stays 0 and 1. */
  standardise(shift: Float64Array, scale: Float64Array): void {
    this.#shift.set(shift);
    this.#scale.set(scale);
    this.#loaded = false;
    this.generation++;
  }

  /** What was loaded is to be computed anew: radii have changed. */
  forget(): void {
    this.#loaded = false;
    this.generation++;
  }

  /** Whether these are the positions that were loaded last. */
  holds(positions: Float64Array, cell: Float64Array): boolean {
    if (!this.#loaded) return false;
    for (let k = 0; k < 9; k++) if (cell[k] !== this.#cell[k]) return false;
    for (let k = 0; k < positions.length; k++) if (positions[k] !== this.#positions[k]) return false;
    return true;
  }

  /**
   * Computes descriptors and gradients of a frame.
   * @throws StructureError for NaN positions and cells without volume
   */
  load(positions: Float64Array, cell: Float64Array): void {
    if (this.holds(positions, cell)) return;
    this.#loaded = false;
    this.generation++;
    const { size: m } = this;
    this.#findPairs(positions, cell);
    const start = this.#start;
    const neighbours = this.#pairs;
    const vectors = this.#vectors;
    const needed = 3 * m * start[this.atoms];
    if (this.#gradients.length < needed) this.#gradients = new Float64Array(Math.ceil(1.2 * needed));
    const descriptors = this.#descriptors;
    for (let i = 0; i < this.atoms; i++) {
      const species = this.#species;
      descriptors.compute(vectors, neighbours, start[i], start[i + 1], species, 0, species[i], true);
      const offset = this.#species[i] * m;
      const value = this.values[i];
      for (let d = 0; d < m; d++) {
        value[d] = (descriptors.values[d] - this.#shift[offset + d]) * this.#scale[offset + d];
      }
      const from = 3 * m * start[i];
      const count = 3 * (start[i + 1] - start[i]);
      for (let row = 0; row < count; row++) {
        for (let d = 0; d < m; d++) {
          this.#gradients[from + row * m + d] = descriptors.gradients[row * m + d] * this.#scale[offset + d];
        }
      }
    }
    this.#positions.set(positions);
    this.#cell.set(cell);
    this.#loaded = true;
  }

  /**
   * Shortest distances of the frame by pair of species.
   * @param shortest species × species, Å; lowered where the frame has shorter ones
   */
  lowerDistances(shortest: Float64Array, species: number): void {
    for (let i = 0; i < this.atoms; i++) {
      const row = this.#species[i] * species;
      for (let p = this.#start[i]; p < this.#start[i + 1]; p++) {
        const pair = row + this.#species[this.#pairs[p]];
        const r = Math.hypot(this.#vectors[3 * p], this.#vectors[3 * p + 1], this.#vectors[3 * p + 2]);
        shortest[pair] = Math.min(shortest[pair], r);
      }
    }
  }

  #findPairs(positions: Float64Array, cell: Float64Array): void {
    const list = this.#neighbours;
    list.update(positions, cell);
    const { images, entryPositions, rowStart } = list;
    const start = this.#start;
    for (let l = 0; l < this.atoms; l++)
      start[images.owners[images.locals[l]] + 1] = rowStart[l + 1] - rowStart[l];
    for (let i = 0; i < this.atoms; i++) start[i + 1] += start[i];
    if (this.#pairs.length < start[this.atoms]) {
      this.#pairs = new Int32Array(Math.ceil(1.2 * start[this.atoms]));
      this.#vectors = new Float64Array(3 * this.#pairs.length);
    }
    for (let l = 0; l < this.atoms; l++) {
      const self = images.locals[l];
      let pair = start[images.owners[self]];
      for (let k = rowStart[l]; k < rowStart[l + 1]; k++, pair++) {
        const j = list.neighbours[k];
        this.#pairs[pair] = images.owners[j];
        for (let axis = 0; axis < 3; axis++) {
          this.#vectors[3 * pair + axis] = entryPositions[4 * j + axis] - entryPositions[4 * self + axis];
        }
      }
    }
  }

  /** Energy, forces and virial of a dense head and the repulsion; h(i) is `heads[i]`. `result` is overwritten. */
  evaluate(head: DenseHead, heads: Int32Array, result: Evaluation): void {
    const { size: m } = this;
    const start = this.#start;
    const neighbours = this.#pairs;
    const vectors = this.#vectors;
    const { forces, virial } = result;
    const g = this.#gradients;
    const by = this.#byDescriptor;
    result.energy = 0;
    forces.fill(0);
    virial.fill(0);
    for (let i = 0; i < this.atoms; i++) {
      const first = heads[i] * this.columns.count;
      const energy = evaluateDense(head.rank, head.coefficients, first, this.values[i], by);
      result.atomEnergies[i] = energy;
      result.energy += energy;
      for (let p = start[i]; p < start[i + 1]; p++) {
        const j = neighbours[p];
        for (let axis = 0; axis < 3; axis++) {
          const row = (3 * p + axis) * m;
          let slope = 0;
          for (let d = 1; d < m; d++) slope += by[d] * g[row + d];
          forces[3 * i + axis] += slope;
          forces[3 * j + axis] -= slope;
          for (let a = 0; a < 3; a++) virial[3 * a + axis] -= vectors[3 * p + a] * slope;
        }
      }
    }
    this.#addRepulsion(result);
    for (let a = 0; a < 3; a++) {
      for (let b = 0; b < a; b++) {
        virial[3 * a + b] = virial[3 * b + a] = (virial[3 * a + b] + virial[3 * b + a]) / 2;
      }
    }
  }

  /** Of every atom one half of each of its pairs. */
  #addRepulsion(result: Evaluation): void {
    const zbl = this.#repulsion?.zbl;
    if (!zbl) return;
    const { functions } = this.#repulsion!;
    const kinds = zbl.species.length;
    const vectors = this.#vectors;
    const out = this.#pairOut;
    for (let i = 0; i < this.atoms; i++) {
      for (let p = this.#start[i]; p < this.#start[i + 1]; p++) {
        const r = Math.hypot(vectors[3 * p], vectors[3 * p + 1], vectors[3 * p + 2]);
        if (r >= zbl.cutoff) continue;
        const j = this.#pairs[p];
        functions[this.#species[i] * kinds + this.#species[j]].evaluate(r, out);
        result.atomEnergies[i] += out[0] / 2;
        result.energy += out[0] / 2;
        for (let axis = 0; axis < 3; axis++) {
          const slope = (out[1] * vectors[3 * p + axis]) / (2 * r);
          result.forces[3 * i + axis] += slope;
          result.forces[3 * j + axis] -= slope;
          for (let a = 0; a < 3; a++) result.virial[3 * a + axis] -= vectors[3 * p + a] * slope;
        }
      }
    }
  }

  /**
   * Adds the rows of the frame for all heads: energy, six virials (left alone unless asked for), 3N forces.
   * @param rows overwritten, (7 + 3N) × (heads·columns.count), row-major
   */
  fillRows(heads: Int32Array, headCount: number, withVirial: boolean, rows: Float64Array): void {
    const { size: m, columns } = this;
    const n = headCount * columns.count;
    rows.fill(0, 0, (LEADING_ROWS + 3 * this.atoms) * n);
    for (let i = 0; i < this.atoms; i++) {
      const at = heads[i] * columns.count;
      columns.prepare(this.values[i]);
      columns.addValue(rows, at);
      if (withVirial) {
        this.#gatherVirial(i);
        for (let c = 0; c < 6; c++) columns.addDerivative(rows, (1 + c) * n + at, this.#directions, c * m);
      }
      this.#gather(i);
      for (let t = 0; t < this.#touchedCount; t++) {
        const row = (LEADING_ROWS + 3 * this.#touched[t]) * n + at;
        for (let axis = 0; axis < 3; axis++) {
          columns.addDerivative(rows, row + axis * n, this.#directions, (3 * t + axis) * m);
        }
      }
    }
  }

  /** Upper limit of the rows that `headRows` writes. */
  get headRowLimit(): number {
    const start = this.#start;
    let longest = 0;
    for (let i = 0; i < this.atoms; i++) longest = Math.max(longest, start[i + 1] - start[i]);
    return 3 * Math.min(this.atoms, longest + 1);
  }

  /**
   * The force rows that the head of one atom enters: three for every atom that it acts on.
   * @param rows overwritten, row-major, columns.count each
   * @returns how many
   */
  headRows(atom: number, rows: Float64Array): number {
    const { size: m, columns } = this;
    this.#gather(atom);
    const count = 3 * this.#touchedCount;
    rows.fill(0, 0, count * columns.count);
    columns.prepare(this.values[atom]);
    for (let r = 0; r < count; r++) columns.addDerivative(rows, r * columns.count, this.#directions, r * m);
    return count;
  }

  /**
   * Σ_k B_{k,i}ᵀ f_k: how the head of one atom should change to follow a field of forces.
   * @param field 3N
   * @param gradient overwritten from `at`, columns.count
   */
  pull(atom: number, field: Float64Array, gradient: Float64Array, at: number): void {
    const { size: m, columns } = this;
    const start = this.#start;
    const neighbours = this.#pairs;
    const direction = this.#byDescriptor;
    direction.fill(0);
    for (let p = start[atom]; p < start[atom + 1]; p++) {
      const j = neighbours[p];
      for (let axis = 0; axis < 3; axis++) {
        const f = field[3 * atom + axis] - field[3 * j + axis];
        const row = (3 * p + axis) * m;
        for (let d = 1; d < m; d++) direction[d] += f * this.#gradients[row + d];
      }
    }
    gradient.fill(0, at, at + columns.count);
    columns.prepare(this.values[atom]);
    columns.addDerivative(gradient, at, direction, 0);
  }

  /** Directions −∂v′_i/∂r_k in descriptor space, three for every atom k that v′_i depends on. */
  #gather(i: number): void {
    const { size: m } = this;
    const start = this.#start;
    const neighbours = this.#pairs;
    for (let t = 0; t < this.#touchedCount; t++) this.#place[this.#touched[t]] = -1;
    this.#touchedCount = 0;
    this.#reserve(3 * Math.min(this.atoms, start[i + 1] - start[i] + 1) * m);
    const directions = this.#directions;
    const own = 3 * m * this.#placeOf(i);
    for (let p = start[i]; p < start[i + 1]; p++) {
      const other = 3 * m * this.#placeOf(neighbours[p]);
      const from = 3 * m * p;
      for (let k = 0; k < 3 * m; k++) {
        const value = this.#gradients[from + k];
        directions[own + k] += value;
        directions[other + k] -= value;
      }
    }
  }

  /** Directions −½ Σ_j (r_a ∂_b + r_b ∂_a)v′_i of the six virial rows. */
  #gatherVirial(i: number): void {
    const { size: m } = this;
    const start = this.#start;
    const vectors = this.#vectors;
    this.#reserve(6 * m);
    const g = this.#gradients;
    const w = this.#directions;
    for (let p = start[i]; p < start[i + 1]; p++) {
      const x = vectors[3 * p];
      const y = vectors[3 * p + 1];
      const z = vectors[3 * p + 2];
      for (let d = 1, at = 3 * m * p + 1; d < m; d++, at++) {
        const gx = g[at];
        const gy = g[at + m];
        const gz = g[at + 2 * m];
        w[d] -= x * gx;
        w[m + d] -= y * gy;
        w[2 * m + d] -= z * gz;
        w[3 * m + d] -= (y * gz + z * gy) / 2;
        w[4 * m + d] -= (x * gz + z * gx) / 2;
        w[5 * m + d] -= (x * gy + y * gx) / 2;
      }
    }
  }

  #reserve(count: number): void {
    if (this.#directions.length < count) this.#directions = new Float64Array(2 * count);
    else this.#directions.fill(0, 0, count);
  }

  #placeOf(atom: number): number {
    if (this.#place[atom] < 0) {
      this.#place[atom] = this.#touchedCount;
      this.#touched[this.#touchedCount++] = atom;
    }
    return this.#place[atom];
  }

  /** Positions and cell of the present frame, 3N + 9 numbers. */
  frame(): Float64Array {
    const frame = new Float64Array(3 * this.atoms + 9);
    frame.set(this.#positions);
    frame.set(this.#cell, 3 * this.atoms);
    return frame;
  }

  /** The atom whose rows stand at 3t in the last `headRows`. */
  touched(t: number): number {
    return this.#touched[t];
  }
}
