/** Search for neighbours among sorted entries; the inner loop of every list. Runs on any thread over shared arrays. */
import type { PeriodicImages } from './periodic-images.ts';

/** What the search reads of PeriodicImages; all typed arrays, so that they can be views on shared memory. */
export type SearchTables = Pick<PeriodicImages, 'locals' | 'localBins' | 'bins' | 'reach' | 'binStart'>;

/** Neighbours found for a range of local atoms. */
export class FoundNeighbours {
  /** Entries, row after row; `count` numbers are valid. */
  entries = new Int32Array(1 << 14);
  count = 0;

  grow(needed: number): void {
    const grown = new Int32Array(Math.max(2 * this.entries.length, needed));
    grown.set(this.entries.subarray(0, this.count));
    this.entries = grown;
  }
}

/**
 * All entries within the range of the local atoms first … last − 1, except themselves.
 * @param positions of entries, 4 per entry
 * @param rowCounts neighbours per local atom, written at [first, last)
 * @param found receives the rows one after another, from its start
 */
export function searchNeighbours(
  tables: SearchTables,
  positions: Float64Array,
  range: number,
  first: number,
  last: number,
  rowCounts: Int32Array,
  found: FoundNeighbours,
): void {
  const { locals, localBins, bins, reach, binStart } = tables;
  const [, binsB, binsC] = bins;
  const rangeSquared = range * range;
  const runs = new Int32Array(2 * (2 * reach[0] + 1) * (2 * reach[1] + 1));
  let runCount = 0;
  let candidates = 0;
  let presentBin = -1;
  let { entries } = found;
  let count = 0;
  for (let l = first; l < last; l++) {
    const bin = localBins[l];
    if (bin !== presentBin) {
      // contiguous runs of entries around this bin, shared by all its atoms
      presentBin = bin;
      runCount = 0;
      candidates = 0;
      const c = bin % binsC;
      const b = Math.floor(bin / binsC) % binsB;
      const a = Math.floor(bin / (binsB * binsC));
      const firstC = Math.max(0, c - reach[2]);
      const lastC = Math.min(binsC - 1, c + reach[2]);
      for (let ka = Math.max(0, a - reach[0]); ka <= Math.min(bins[0] - 1, a + reach[0]); ka++) {
        for (let kb = Math.max(0, b - reach[1]); kb <= Math.min(binsB - 1, b + reach[1]); kb++) {
          const row = (ka * binsB + kb) * binsC;
          const from = binStart[row + firstC];
          const to = binStart[row + lastC + 1];
          if (to > from) {
            runs[2 * runCount] = from;
            runs[2 * runCount + 1] = to;
            runCount++;
            candidates += to - from;
          }
        }
      }
    }
    if (count + candidates > entries.length) {
      found.count = count;
      found.grow(count + candidates);
      entries = found.entries;
    }
    const self = locals[l];
    const x = positions[4 * self];
    const y = positions[4 * self + 1];
    const z = positions[4 * self + 2];
    const rowStart = count;
    for (let k = 0; k < runCount; k++) {
      const to = runs[2 * k + 1];
      for (let j = runs[2 * k]; j < to; j++) {
        const dx = positions[4 * j] - x;
        const dy = positions[4 * j + 1] - y;
        const dz = positions[4 * j + 2] - z;
        // written always and kept if near: no branch to mispredict
        entries[count] = j;
        count += dx * dx + dy * dy + dz * dz < rangeSquared && j !== self ? 1 : 0;
      }
    }
    rowCounts[l] = count - rowStart;
  }
  found.count = count;
}
