/**
 * Neighbour lists as the GPU reads them, made on the CPU from structure/neighbour-list.ts.
 *
 * Atoms are numbered in the sorted order of the list (`locals`), so that neighbours in space are neighbours in memory.
 * A pair p belongs to its row's atom and names an entry: another atom plus a lattice translation. Forces are gathered:
 * each atom reads the gradients of its own pairs and, through `incoming`, of the pairs that name it.
 */
import { NeighbourList } from '../../structure/neighbour-list.ts';
import { fixedPointFor, toFixed } from './fixed-point.ts';
import type { FixedPoint } from './fixed-point.ts';

export class PairLists {
  readonly fixedPoint: FixedPoint;
  atomCount = 0;
  pairCount = 0;
  /** User's index of each atom of the list. */
  userIndex = new Int32Array(0);
  /** First pair of each atom; N + 1. */
  rowStart = new Uint32Array(1);
  /** Row and entry of each pair. */
  pairAtom = new Uint32Array(0);
  pairEntry = new Uint32Array(0);
  /** First of `incoming` of each atom; N + 1. */
  incomingStart = new Uint32Array(1);
  /** Pairs that name an atom, grouped by it. */
  incoming = new Uint32Array(0);
  /** Translation (fixed point) and atom of each entry: 4 numbers. */
  entries = new Int32Array(0);
  /** Atom of each entry. */
  entryAtom = new Int32Array(0);

  private readonly list: NeighbourList;
  private readonly periodic: readonly boolean[];
  /** Lattice translations from the user's position of an atom to the sorted one; 3 per atom. */
  private wraps = new Int32Array(0);

  /** @param skin Å */
  constructor(cutoff: number, skin: number, periodic: readonly boolean[]) {
    this.list = new NeighbourList({ cutoff, skin, periodic });
    this.periodic = periodic;
    this.fixedPoint = fixedPointFor(cutoff + skin);
  }

  get builds(): number {
    return this.list.builds;
  }

  /** Makes the next update build the list. */
  invalidate(): void {
    this.list.invalidate();
  }

  /**
   * Brings the lists up to date.
   * @returns whether they were built anew
   * @throws StructureError for unusable structures
   */
  update(positions: Float64Array, cell: ArrayLike<number>): boolean {
    if (!this.list.update(positions, cell)) return false;
    const { images, neighbours, rowStart } = this.list;
    const n = images.atomCount;
    this.atomCount = n;
    this.pairCount = neighbours.length;
    this.userIndex = new Int32Array(n);
    this.wraps = new Int32Array(3 * n);
    const sorted = new Int32Array(n);
    for (let l = 0; l < n; l++) {
      const local = images.locals[l];
      this.userIndex[l] = images.owners[local];
      sorted[images.owners[local]] = l;
      for (let axis = 0; axis < 3; axis++) this.wraps[3 * l + axis] = images.shifts[3 * local + axis];
    }
    this.entryAtom = new Int32Array(images.entryCount);
    for (let k = 0; k < images.entryCount; k++) this.entryAtom[k] = sorted[images.owners[k]];
    this.rowStart = Uint32Array.from(rowStart);
    this.pairEntry = Uint32Array.from(neighbours);
    this.pairAtom = new Uint32Array(this.pairCount);
    for (let l = 0; l < n; l++) this.pairAtom.fill(l, rowStart[l], rowStart[l + 1]);
    this.listIncoming();
    return true;
  }

  /** Translations of all entries for a cell, from the sorted atom to the entry. */
  refreshEntries(cell: ArrayLike<number>): void {
    const { images } = this.list;
    if (this.entries.length !== 4 * images.entryCount) this.entries = new Int32Array(4 * images.entryCount);
    const vectors = Float64Array.from({ length: 9 }, (_, k) =>
      this.periodic[Math.floor(k / 3)] ? cell[k] : 0,
    );
    for (let k = 0; k < images.entryCount; k++) {
      const atom = this.entryAtom[k];
      const a = images.shifts[3 * k] - this.wraps[3 * atom];
      const b = images.shifts[3 * k + 1] - this.wraps[3 * atom + 1];
      const c = images.shifts[3 * k + 2] - this.wraps[3 * atom + 2];
      for (let axis = 0; axis < 3; axis++) {
        const translation = a * vectors[axis] + b * vectors[3 + axis] + c * vectors[6 + axis];
        this.entries[4 * k + axis] = toFixed(this.fixedPoint, translation);
      }
      this.entries[4 * k + 3] = atom;
    }
  }

  /** Fixed-point positions of the sorted atoms. */
  fixedPositions(positions: Float64Array, cell: ArrayLike<number>): Int32Array<ArrayBuffer> {
    const fixed = new Int32Array(3 * this.atomCount);
    for (let l = 0; l < this.atomCount; l++) {
      const user = 3 * this.userIndex[l];
      for (let axis = 0; axis < 3; axis++) {
        let x = positions[user + axis];
        for (let vector = 0; vector < 3; vector++) {
          const wrap = this.wraps[3 * l + vector];
          if (wrap !== 0 && this.periodic[vector]) x += wrap * cell[3 * vector + axis];
        }
        fixed[3 * l + axis] = toFixed(this.fixedPoint, x);
      }
    }
    return fixed;
  }

  /** Counting sort of the pairs by the atom that they name. */
  private listIncoming(): void {
    const { pairEntry, entryAtom, pairCount, atomCount } = this;
    const start = new Uint32Array(atomCount + 1);
    for (let p = 0; p < pairCount; p++) start[entryAtom[pairEntry[p]] + 1]++;
    for (let l = 0; l < atomCount; l++) start[l + 1] += start[l];
    const next = start.slice();
    this.incoming = new Uint32Array(pairCount);
    for (let p = 0; p < pairCount; p++) this.incoming[next[entryAtom[pairEntry[p]]]++] = p;
    this.incomingStart = start;
  }
}
