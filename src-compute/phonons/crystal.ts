/** A primitive cell, its supercell and what the operations of the space group do to both, in whole numbers. */
import { SimulationError } from '../errors.ts';
import { inverse } from '../structure/cell.ts';
import { atomCount, type Configuration } from '../structure/configuration.ts';
import { supercell } from '../structure/lattices.ts';
import { atomImages, cartesianRotation, type SymmetryOperation } from '../structure/symmetry.ts';

/** An operation as it acts on the atoms of the supercell. */
export interface SupercellOperation {
  /** Cartesian, row-major. */
  readonly rotation: Float64Array;
  /** W, whole numbers. */
  readonly fractional: readonly number[];
  /** Atom of the primitive cell that basis atom b goes to. */
  readonly image: Int32Array;
  /** Lattice translation that comes with it, 3 per basis atom. */
  readonly shift: Int32Array;
}

/** Supercell of a primitive cell, atoms numbered as `supercell` does: cell by cell, basis atom by basis atom. */
export class PhononCrystal {
  readonly primitive: Configuration;
  readonly counts: readonly [number, number, number];
  readonly supercell: Configuration;
  /** Atoms of the primitive cell. */
  readonly basis: number;
  /** Operations that take the lattice of the supercell to itself; the first is the identity where there is one. */
  readonly operations: readonly SupercellOperation[];

  /**
   * @param operations of the space group in fractional coordinates of the primitive cell
   * @throws StructureError when an operation does not belong to the crystal
   */
  constructor(
    primitive: Configuration,
    counts: readonly [number, number, number],
    operations: readonly SymmetryOperation[],
  ) {
    this.primitive = primitive;
    this.counts = counts;
    this.supercell = supercell(primitive, counts);
    this.basis = atomCount(primitive);
    const fitting = operations.filter(({ rotation: w }) =>
      [0, 1, 2].every((i) => [0, 1, 2].every((j) => (w[3 * i + j] * counts[j]) % counts[i] === 0)),
    );
    if (fitting.length === 0) throw new SimulationError('A crystal has the identity among its operations.');
    this.operations = fitting.map((operation) => this.onSupercell(operation));
  }

  /** Atoms of the supercell. */
  get atoms(): number {
    return this.basis * this.counts[0] * this.counts[1] * this.counts[2];
  }

  /** Number of the atom b of the cell m, which may lie outside: it is folded back. */
  index(m: ArrayLike<number>, b: number, at = 0): number {
    const [n0, n1, n2] = this.counts;
    const fold = (x: number, n: number) => ((x % n) + n) % n;
    return ((fold(m[at], n0) * n1 + fold(m[at + 1], n1)) * n2 + fold(m[at + 2], n2)) * this.basis + b;
  }

  /** The cell of an atom. */
  cellOf(atom: number): [number, number, number] {
    const [, n1, n2] = this.counts;
    const cell = Math.floor(atom / this.basis);
    return [Math.floor(cell / (n1 * n2)), Math.floor(cell / n2) % n1, cell % n2];
  }

  /**
   * Where an operation takes every atom of the supercell when it is shifted so that basis atom `centre` of the cell 0
   * goes to the cell 0.
   */
  permutation({ fractional: w, image, shift }: SupercellOperation, centre: number): Int32Array {
    const out = new Int32Array(this.atoms);
    const to = [0, 0, 0];
    for (let atom = 0; atom < out.length; atom++) {
      const b = atom % this.basis;
      const m = this.cellOf(atom);
      for (let a = 0; a < 3; a++) {
        to[a] =
          w[3 * a] * m[0] +
          w[3 * a + 1] * m[1] +
          w[3 * a + 2] * m[2] +
          shift[3 * b + a] -
          shift[3 * centre + a];
      }
      out[atom] = this.index(to, image[b]);
    }
    return out;
  }

  private onSupercell(operation: SymmetryOperation): SupercellOperation {
    const { primitive, basis } = this;
    const image = atomImages(primitive, operation);
    const inv = inverse(primitive.cell);
    const { positions } = primitive;
    const fractional = (i: number, a: number) =>
      positions[3 * i] * inv[a] + positions[3 * i + 1] * inv[3 + a] + positions[3 * i + 2] * inv[6 + a];
    const { rotation: w, translation: t } = operation;
    const shift = new Int32Array(3 * basis);
    for (let b = 0; b < basis; b++)
      for (let a = 0; a < 3; a++) {
        let x = t[a];
        for (let c = 0; c < 3; c++) x += w[3 * a + c] * fractional(b, c);
        shift[3 * b + a] = Math.round(x - fractional(image[b], a));
      }
    return { rotation: cartesianRotation(operation, primitive.cell), fractional: w, image, shift };
  }
}
