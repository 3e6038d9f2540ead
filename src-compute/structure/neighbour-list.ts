/**
 * Neighbour lists in O(N) for any cell shape and periodicity, with a Verlet skin. Backends use the same parts
 * (periodic-images, neighbour-search, verlet-skin) over their own memory; this is the list for everything else.
 * Tested against reference-pairs.ts.
 *
 * Memory: 76 bytes per atom and 69 per entry (see periodic-images.ts for how many entries there are) plus 4 per listed
 * neighbour: for 10⁶ atoms of bulk silicon with 46 neighbours inside cutoff + skin about 340 bytes per atom.
 */
import { StructureError } from '../errors.ts';
import { FoundNeighbours, searchNeighbours } from './neighbour-search.ts';
import { ENTRY_STRIDE, PeriodicImages } from './periodic-images.ts';
import type { Configuration } from './configuration.ts';
import type { PairList } from './reference-pairs.ts';
import { VerletSkin } from './verlet-skin.ts';

export interface NeighbourListOptions {
  /** Largest distance of interest, Å. */
  readonly cutoff: number;
  /** Extra distance, Å: the list stays valid while no atom has moved further than half of it. */
  readonly skin?: number;
  readonly periodic: readonly boolean[];
  /** Every pair once (from one of its atoms) instead of twice. */
  readonly half?: boolean;
}

export class NeighbourList {
  readonly cutoff: number;
  readonly skin: number;
  readonly half: boolean;
  /** Sorted atoms and images that the list refers to. */
  readonly images = new PeriodicImages();
  /** Present positions of the entries: x, y, z, 0 each. */
  entryPositions = new Float64Array(0);
  /** First neighbour of each local atom in `neighbours` (in the order of images.locals); N + 1. */
  rowStart = new Int32Array(1);
  /** Entries, grouped by local atom. They may lie up to cutoff + skin away: check the distance. */
  neighbours = new Int32Array(0);
  /** How often the list was built. */
  builds = 0;

  private readonly periodic: readonly boolean[];
  private readonly verlet: VerletSkin;
  private readonly found = new FoundNeighbours();
  private rowCounts = new Int32Array(0);

  constructor(options: NeighbourListOptions) {
    this.cutoff = options.cutoff;
    this.skin = options.skin ?? 0;
    this.half = options.half ?? false;
    if (!(this.cutoff > 0) || !Number.isFinite(this.cutoff) || !(this.skin >= 0)) {
      throw new StructureError(
        `A neighbour list needs a positive cutoff and a skin ≥ 0, and got ${this.cutoff} and ${this.skin} Å.`,
      );
    }
    this.periodic = options.periodic;
    this.verlet = new VerletSkin(this.cutoff, this.skin, options.periodic);
  }

  /**
   * Brings the list and the entries' positions up to date.
   * @param positions 3N, Å
   * @param cell 9, Å
   * @returns whether the list was built anew
   * @throws StructureError for positions that are no numbers and cells without volume
   */
  update(positions: Float64Array, cell: ArrayLike<number>): boolean {
    const rebuild = this.verlet.outdated(positions, cell);
    if (rebuild) {
      this.images.build(positions, cell, this.periodic, this.cutoff + this.skin);
      const needed = ENTRY_STRIDE * this.images.entryCount;
      if (this.entryPositions.length < needed)
        this.entryPositions = new Float64Array(Math.ceil(1.05 * needed));
    }
    this.images.refresh(positions, cell, this.periodic, this.entryPositions);
    if (rebuild) {
      this.search();
      this.verlet.remember(positions, cell);
      this.builds++;
    }
    return rebuild;
  }

  /** Makes the next update build the list. */
  invalidate(): void {
    this.verlet.invalidate();
  }

  private search(): void {
    const { images, found } = this;
    const n = images.atomCount;
    if (this.rowCounts.length !== n) {
      this.rowCounts = new Int32Array(n);
      this.rowStart = new Int32Array(n + 1);
    }
    searchNeighbours(images, this.entryPositions, this.cutoff + this.skin, 0, n, this.rowCounts, found);
    if (this.half) this.keepHalf();
    for (let l = 0; l < n; l++) this.rowStart[l + 1] = this.rowStart[l] + this.rowCounts[l];
    this.neighbours = found.entries.subarray(0, found.count);
  }

  /** Of the two directions of a pair keeps the one towards the larger (owner, relative translation). */
  private keepHalf(): void {
    const { images, found, rowCounts } = this;
    const { owners, shifts, locals } = images;
    const { entries } = found;
    let read = 0;
    let write = 0;
    for (let l = 0; l < rowCounts.length; l++) {
      const self = locals[l];
      const end = read + rowCounts[l];
      const rowStart = write;
      for (; read < end; read++) {
        const j = entries[read];
        let order = owners[j] - owners[self];
        for (let axis = 0; axis < 3 && order === 0; axis++)
          order = shifts[3 * j + axis] - shifts[3 * self + axis];
        if (order > 0) entries[write++] = j;
      }
      rowCounts[l] = write - rowStart;
    }
    found.count = write;
  }
}

/**
 * All pairs with |r_ij| < cutoff of one configuration, as `referencePairs` gives them but in O(N).
 * @param half every pair once, from one of its two atoms
 */
export function neighbourPairs(configuration: Configuration, cutoff: number, half = false): PairList {
  const list = new NeighbourList({ cutoff, periodic: configuration.periodic, half });
  list.update(configuration.positions, configuration.cell);
  const { images, entryPositions, rowStart } = list;
  const n = images.atomCount;
  const start = new Int32Array(n + 1);
  for (let l = 0; l < n; l++) start[images.owners[images.locals[l]] + 1] = rowStart[l + 1] - rowStart[l];
  for (let i = 0; i < n; i++) start[i + 1] += start[i];
  const neighbours = new Int32Array(start[n]);
  const vectors = new Float64Array(3 * start[n]);
  for (let l = 0; l < n; l++) {
    const self = images.locals[l];
    let pair = start[images.owners[self]];
    for (let k = rowStart[l]; k < rowStart[l + 1]; k++, pair++) {
      const j = list.neighbours[k];
      neighbours[pair] = images.owners[j];
      for (let axis = 0; axis < 3; axis++) {
        vectors[3 * pair + axis] = entryPositions[4 * j + axis] - entryPositions[4 * self + axis];
      }
    }
  }
  return { start, neighbours, vectors };
}
