/**
 * The density of states by linear tetrahedra (Blöchl, Jepsen and Andersen, Phys. Rev. B 49 (1994) 16223, without their
 * correction) on a regular mesh through Γ, and the thermodynamics of harmonic crystals by sums over another one beside Γ.
 */
import { inverse } from '../structure/cell.ts';
import type { DynamicalMatrix } from './dynamical-matrix.ts';

/** h in eV per THz, k_B in eV/K (CODATA 2018). */
const H = 4.135667696e-3;
const K_B = 8.617333262e-5;

/** Frequencies over a mesh of the reciprocal cell. */
export interface FrequencyMesh {
  readonly counts: readonly [number, number, number];
  /** THz, sorted; bands per point, points in the order of the last axis first. */
  readonly frequencies: Float64Array;
  readonly bands: number;
}

/**
 * Frequencies at q = (i + s)/n.
 * @param primitive cell, Å
 * @param shift s: 0 includes Γ, ½ avoids it
 */
export function frequencyMesh(
  matrix: DynamicalMatrix,
  primitive: ArrayLike<number>,
  counts: readonly [number, number, number],
  shift: number,
): FrequencyMesh {
  const inv = inverse(primitive);
  const { bands } = matrix;
  const total = counts[0] * counts[1] * counts[2];
  const frequencies = new Float64Array(total * bands);
  const done = new Uint8Array(total);
  const fold = (x: number, n: number) => ((x % n) + n) % n;
  for (let point = 0; point < total; point++) {
    if (done[point]) continue;
    const m = [
      Math.floor(point / (counts[1] * counts[2])),
      Math.floor(point / counts[2]) % counts[1],
      point % counts[2],
    ];
    const k = m.map((x, a) => (x + shift) / counts[a]);
    const q = [0, 1, 2].map((a) => k[0] * inv[3 * a] + k[1] * inv[3 * a + 1] + k[2] * inv[3 * a + 2]);
    const { frequencies: found } = matrix.modes(q);
    // −q has the same frequencies: time reversal
    const back = m.map((x, a) => fold(-x - 2 * shift, counts[a]));
    for (const at of [point, (back[0] * counts[1] + back[1]) * counts[2] + back[2]]) {
      frequencies.set(found, at * bands);
      done[at] = 1;
    }
  }
  return { counts, frequencies, bands };
}

/** Mesh with about the same spacing along each axis. @param spacing 1/Å, without 2π */
export function meshCounts(primitive: ArrayLike<number>, spacing: number): [number, number, number] {
  const inv = inverse(primitive);
  const count = (axis: number) =>
    Math.max(1, Math.ceil(Math.hypot(inv[axis], inv[3 + axis], inv[6 + axis]) / spacing));
  return [count(0), count(1), count(2)];
}

/** Corners of the six tetrahedra of a cube, as bits of the three axes, about the diagonal 0–7. */
const TETRAHEDRA = [
  [0, 1, 3, 7],
  [0, 1, 5, 7],
  [0, 2, 3, 7],
  [0, 2, 6, 7],
  [0, 4, 5, 7],
  [0, 4, 6, 7],
];

/**
 * States per THz at the given frequencies, for the whole cell: their integral is the number of bands.
 * @param at THz, ascending and evenly spaced
 */
export function densityOfStates(
  { counts, frequencies, bands }: FrequencyMesh,
  at: Float64Array,
): Float64Array {
  const [n0, n1, n2] = counts;
  const density = new Float64Array(at.length);
  const weight = 1 / (6 * n0 * n1 * n2);
  const step = at.length > 1 ? at[1] - at[0] : 1;
  const corner = new Float64Array(4);
  for (let i = 0; i < n0; i++)
    for (let j = 0; j < n1; j++)
      for (let k = 0; k < n2; k++)
        for (let band = 0; band < bands; band++)
          for (const tetrahedron of TETRAHEDRA) {
            for (let c = 0; c < 4; c++) {
              const bits = tetrahedron[c];
              const point =
                (((i + (bits & 1)) % n0) * n1 + ((j + ((bits >> 1) & 1)) % n1)) * n2 +
                ((k + ((bits >> 2) & 1)) % n2);
              corner[c] = frequencies[point * bands + band];
            }
            corner.sort();
            addTetrahedron(corner, at, step, weight, density);
          }
  return density;
}

function addTetrahedron(
  e: Float64Array,
  at: Float64Array,
  step: number,
  weight: number,
  density: Float64Array,
): void {
  const [e1, e2, e3, e4] = e;
  if (e4 - e1 < step) {
    // narrower than the grid: all of it to the two nearest points, so that no state is lost
    const place = ((e1 + e4) / 2 - at[0]) / step;
    const low = Math.floor(place);
    if (low >= 0 && low < at.length) density[low] += (weight * (1 - (place - low))) / step;
    if (low + 1 >= 0 && low + 1 < at.length) density[low + 1] += (weight * (place - low)) / step;
    return;
  }
  const first = Math.max(0, Math.ceil((e1 - at[0]) / step));
  const last = Math.min(at.length - 1, Math.floor((e4 - at[0]) / step));
  for (let k = first; k <= last; k++) {
    const x = at[k];
    let value = 0;
    if (x < e2) value = (3 * (x - e1) ** 2) / ((e2 - e1) * (e3 - e1) * (e4 - e1));
    else if (x < e3) {
      const d = x - e2;
      const rest = ((e3 - e1 + e4 - e2) * d * d) / ((e3 - e2) * (e4 - e2));
      value = (3 * (e2 - e1) + 6 * d - 3 * rest) / ((e3 - e1) * (e4 - e1));
    } else if (x < e4) value = (3 * (e4 - x) ** 2) / ((e4 - e1) * (e4 - e2) * (e4 - e3));
    density[k] += weight * value;
  }
}

/** Harmonic thermodynamics of one primitive cell at a temperature. */
export interface Thermodynamics {
  /** K */
  readonly temperature: number;
  /** Helmholtz free energy of the vibrations, eV per cell. */
  readonly freeEnergy: number;
  /** eV/K per cell */
  readonly entropy: number;
  /** At constant volume, eV/K per cell. */
  readonly heatCapacity: number;
  /** eV per cell, the zero point included */
  readonly energy: number;
}

/** Sums over a mesh, imaginary modes left out; they have no thermodynamics. */
export function thermodynamics({ frequencies, counts }: FrequencyMesh, temperature: number): Thermodynamics {
  const points = counts[0] * counts[1] * counts[2];
  let [free, entropy, heat, energy] = [0, 0, 0, 0];
  for (const frequency of frequencies) {
    if (!(frequency > 0)) continue;
    const quantum = H * frequency;
    const zero = quantum / 2;
    if (temperature === 0) {
      free += zero;
      energy += zero;
      continue;
    }
    const x = quantum / (K_B * temperature);
    const n = 1 / Math.expm1(x);
    free += zero + K_B * temperature * Math.log(-Math.expm1(-x));
    energy += zero + quantum * n;
    entropy += K_B * (x * n - Math.log(-Math.expm1(-x)));
    heat += K_B * x * x * n * (n + 1);
  }
  return {
    temperature,
    freeEnergy: free / points,
    entropy: entropy / points,
    heatCapacity: heat / points,
    energy: energy / points,
  };
}

/** Share of the modes of a mesh that are imaginary, and the lowest frequency, THz. */
export function instability(
  { frequencies }: FrequencyMesh,
  tolerance = 0.05,
): { share: number; lowest: number } {
  let [count, lowest] = [0, Infinity];
  for (const frequency of frequencies) {
    if (frequency < -tolerance) count++;
    lowest = Math.min(lowest, frequency);
  }
  return { share: count / frequencies.length, lowest };
}
