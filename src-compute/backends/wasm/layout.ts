/**
 * Where kernels find things in linear memory. The first pages hold fixed places; everything whose size depends on
 * the atoms lies behind them and moves when the neighbour list is rebuilt, so that kernels read its addresses here.
 */

/** Addresses (bytes) of 32-bit words, unless said otherwise, that all threads read. */
export const CONTEXT = {
  /** f64 x, y, z, 0 per entry. */
  positions: 64,
  /** i32 species per entry. */
  species: 68,
  /** i32 entry of each local atom. */
  locals: 72,
  /** i32 byte address of the first neighbour of each local atom. */
  rowAddresses: 76,
  /** i32 number of listed neighbours of each local atom. */
  rowCounts: 80,
  /** f64 energy of each local atom; kernels add to it. */
  energies: 84,
  /** Largest number of listed neighbours of one atom. */
  longestRow: 88,
  /** i32 bin of each local atom; i32 first entry of each bin. */
  localBins: 92,
  binStart: 96,
  /** Three words each: number of bins and reach along a, b, c. */
  bins: 100,
  reach: 112,
  /** Search scratch: bytes of the runs, bytes of the collected rows. */
  runsBytes: 124,
  collectedBytes: 128,
  /** Next free byte of the list (atomic) and its end. */
  listNext: 132,
  listEnd: 136,
  /** Candidates of an atom that did not fit the scratch, or 0. */
  neededCandidates: 140,
  /** f64: (cutoff + skin)². */
  rangeSquared: 144,
  /** Scratch of the search and of the kernels: address of the first thread's, bytes per thread. */
  searchScratch: 152,
  searchStride: 156,
  kernelScratch: 160,
  kernelStride: 164,
  /** Number of local atoms; number of kernels. */
  atomCount: 168,
  kernelCount: 172,
  /** i32 atom of each entry; i32 lattice translations of each entry, three. */
  owners: 176,
  shifts: 180,
  /** In the order of the user's atoms: f64 positions, forces (3 each), energies. */
  atomPositions: 184,
  atomForces: 188,
  atomEnergies: 192,
  /** f64: 9 numbers of the cell, zero along axes that are not periodic. */
  cell: 200,
  /** Number of entries. */
  entryCount: 272,
  /** Copies of every atom: i32 first copy (atoms + 1); per copy its entry (i32), the first slice that touches it and the one
   * behind the last (u16). */
  copyStart: 276,
  copies: 280,
  /** i32 position of every atom among the local ones. */
  localOfAtom: 284,
} as const;

/** Bytes in front of the slices that hold the context. */
export const CONTEXT_BYTES = 320;

/**
 * A slice is a contiguous run of local atoms that one thread computes with forces and sums of its own. How atoms are
 * sliced depends on their number alone and sums are taken slice by slice, so that results do not depend on threads.
 */
export const SLICE = {
  base: 4096,
  bytes: 192,
  /** First local atom and the one behind the last; i32. */
  first: 0,
  last: 4,
  /** Address of the force on entry 0 if it were stored (only touched entries are); i32, may wrap around. */
  forces: 8,
  /** First touched entry and the one behind the last; i32. */
  firstEntry: 12,
  lastEntry: 16,
  /** Local atom + 1 that has a neighbour closer than anything physical; i32. */
  tooClose: 20,
  /** Σ r_a ∂E/∂r_b as xx, yy, zz, yz, xz, xy; 6 f64. */
  virial: 32,
} as const;

export const MAXIMUM_SLICES = 64;

/** Atoms closer than this (Å) are an error: nothing physical comes so near. */
export const SMALLEST_DISTANCE = 0.1;

/** Coefficients of kernels begin here. */
export const COEFFICIENTS_BASE = SLICE.base + MAXIMUM_SLICES * SLICE.bytes;

/** Number of slices for so many atoms; see SLICE. */
export function sliceCount(atoms: number): number {
  return Math.max(1, Math.min(MAXIMUM_SLICES, Math.round(atoms / 1000)));
}

/** Name under which a module exports its n-th kernel: (slice, scratch, first, last). */
export function kernelExport(index: number): string {
  return `kernel${index}`;
}

/** Next multiple of a power of two. */
export function align(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}
