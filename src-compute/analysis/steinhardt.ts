/**
 * Bond-order parameters: q_l (Steinhardt, Nelson & Ronchetti, Phys. Rev. B 28 (1983) 784) and the averaged q̄_l
 * (Lechner & Dellago, J. Chem. Phys. 129 (2008) 114707):
 *
 *   q_lm(i) = (1/N_b) Σ_j Y_lm(r̂_ij),  q_l = √(4π/(2l+1) Σ_m |q_lm|²)
 *   q̄_lm(i) = (1/(N_b + 1)) [q_lm(i) + Σ_j q_lm(j)],  q̄_l the same
 *
 * Perfect crystals with nearest neighbours: q_6 = 0.57452 (fcc, 12), 0.48476 (hcp, 12), 0.51069 (bcc, 8 + 6).
 */
import type { Configuration } from '../structure/configuration.ts';
import { neighbourTable, type NeighbourTable } from './pair-iteration.ts';

export interface SteinhardtParameters {
  /** q_l per atom; 0 for atoms without neighbours. */
  readonly q: Float64Array;
  /** q̄_l per atom. */
  readonly averaged: Float64Array;
}

/**
 * q_l and q̄_l of every atom.
 * @param neighbours a distance in Å, or the number of nearest neighbours to use
 * @throws RangeError unless l is a whole number from 0 to 20
 */
export function steinhardt(
  configuration: Configuration,
  l: number,
  neighbours: { cutoff: number } | { nearest: number; within: number },
): SteinhardtParameters {
  if (!Number.isInteger(l) || l < 0 || l > 20)
    throw new RangeError(`l should be a whole number from 0 to 20, and is ${l}.`);
  const table = neighbourTable(configuration, 'cutoff' in neighbours ? neighbours.cutoff : neighbours.within);
  const lists = 'cutoff' in neighbours ? allNeighbours(table) : nearestNeighbours(table, neighbours.nearest);
  const n = lists.length;
  const width = 2 * (l + 1); // re, im for m = 0 … l; m < 0 follows by symmetry
  const qlm = new Float64Array(n * width);
  const y = new Float64Array(width);
  lists.forEach((entries, i) => {
    for (const p of entries) {
      sphericalHarmonics(l, table.vectors, 3 * p, table.distances[p], y);
      for (let k = 0; k < width; k++) qlm[i * width + k] += y[k] / entries.length;
    }
  });
  const mean = new Float64Array(n * width);
  lists.forEach((entries, i) => {
    for (let k = 0; k < width; k++) {
      let sum = qlm[i * width + k];
      for (const p of entries) sum += qlm[table.neighbours[p] * width + k];
      mean[i * width + k] = sum / (entries.length + 1);
    }
  });
  const norm = (source: Float64Array) =>
    Float64Array.from({ length: n }, (_, i) => {
      let sum = 0;
      for (let m = 0; m <= l; m++) {
        const at = i * width + 2 * m;
        sum += (m === 0 ? 1 : 2) * (source[at] ** 2 + source[at + 1] ** 2);
      }
      return Math.sqrt(((4 * Math.PI) / (2 * l + 1)) * sum);
    });
  return { q: norm(qlm), averaged: norm(mean) };
}

function allNeighbours(table: NeighbourTable): number[][] {
  return Array.from({ length: table.start.length - 1 }, (_, i) =>
    Array.from({ length: table.start[i + 1] - table.start[i] }, (_entry, k) => table.start[i] + k),
  );
}

/** Entries of the nearest neighbours of every atom, nearest first. */
export function nearestNeighbours(table: NeighbourTable, count: number): number[][] {
  return allNeighbours(table).map((entries) =>
    entries.sort((p, q) => table.distances[p] - table.distances[q]).slice(0, count),
  );
}

/** Writes re and im of Y_lm for m = 0 … l (Condon–Shortley phase). */
function sphericalHarmonics(
  l: number,
  vectors: Float64Array,
  at: number,
  r: number,
  out: Float64Array,
): void {
  const [x, y, z] = [vectors[at] / r, vectors[at + 1] / r, vectors[at + 2] / r];
  const sine = Math.hypot(x, y);
  const [c, s] = sine > 0 ? [x / sine, y / sine] : [1, 0];
  let [cm, sm] = [1, 0]; // cos mφ, sin mφ
  for (let m = 0; m <= l; m++) {
    const p = associatedLegendre(l, m, z, sine);
    let ratio = 1; // (l − m)!/(l + m)!
    for (let k = l - m + 1; k <= l + m; k++) ratio /= k;
    const factor = Math.sqrt(((2 * l + 1) / (4 * Math.PI)) * ratio) * p;
    out[2 * m] = factor * cm;
    out[2 * m + 1] = factor * sm;
    [cm, sm] = [cm * c - sm * s, sm * c + cm * s];
  }
}

/** P_l^m(z) with sine = √(1 − z²), by upward recursion in l. */
function associatedLegendre(l: number, m: number, z: number, sine: number): number {
  let pmm = 1;
  for (let k = 1; k <= m; k++) pmm *= -(2 * k - 1) * sine;
  if (l === m) return pmm;
  let next = z * (2 * m + 1) * pmm;
  let previous = pmm;
  for (let k = m + 2; k <= l; k++) {
    [previous, next] = [next, (z * (2 * k - 1) * next - (k + m - 1) * previous) / (k - m)];
  }
  return next;
}
