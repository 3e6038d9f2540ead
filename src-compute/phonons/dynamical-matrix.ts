/**
 * The dynamical matrix D_bα,b′β(q) = Σ_m Φ_αβ(0b, mb′) e^(2πi q·r)/√(m_b m_b′) and its eigenvalues ω². r is the shortest way
 * from 0b to an image of mb′ in the lattice of the supercell, with the mean over equally short ones; phase convention of
 * positions, Maradudin and Vosko, Rev. Mod. Phys. 40 (1968) 1.
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { atomicWeight } from '../structure/elements.ts';
import { SimulationError } from '../errors.ts';
import { symbolOf } from '../structure/configuration.ts';
import type { ForceConstants } from './force-constants.ts';

/** √(eV/(Å²·amu))/2π in THz, CODATA 2018. */
export const THZ = Math.sqrt(1.602176634e-19 / (1e-20 * 1.6605390666e-27)) / (2 * Math.PI * 1e12);

/** Images whose distance differs by less, Å, are equally near. */
const EQUAL = 1e-4;

/** Frequencies of one wave vector. */
export interface Modes {
  /** THz, ascending; a negative one stands for an imaginary frequency. */
  readonly frequencies: Float64Array;
  /** Eigenvector of each mode, mode by mode: 3·basis real parts, then as many imaginary parts; when asked for. */
  readonly vectors?: Float64Array;
}

export class DynamicalMatrix {
  readonly bands: number;
  /** amu, of the atoms of the primitive cell */
  readonly masses: Float64Array;
  /** Per term: place of the block in D, first of nine numbers Φ/√(mm′). */
  private readonly blocks: Int32Array;
  private readonly values: Float64Array;
  /** Shortest ways of each term: first, and Å, 3 each. */
  private readonly first: Int32Array;
  private readonly ways: Float64Array;
  private readonly real: Float64Array;
  private readonly imaginary: Float64Array;

  /** @throws SimulationError when an atom has no mass */
  constructor({ crystal, values }: ForceConstants) {
    const { primitive, supercell, atoms, basis } = crystal;
    this.bands = 3 * basis;
    this.masses = Float64Array.from({ length: basis }, (_, b) => {
      const mass = primitive.masses?.[b] ?? atomicWeight(symbolOf(primitive, b));
      if (mass === undefined || !(mass > 0))
        throw new SimulationError(`Phonons need the mass of ${symbolOf(primitive, b)}, and it is not known.`);
      return mass;
    });
    const blocks: number[] = [];
    const scaled: number[] = [];
    const first: number[] = [0];
    const ways: number[] = [];
    const translations = imagesOf(supercell.cell);
    for (let b = 0; b < basis; b++)
      for (let j = 0; j < atoms; j++) {
        const block = values.subarray(9 * (b * atoms + j), 9 * (b * atoms + j) + 9);
        if (block.every((x) => x === 0)) continue;
        const other = j % basis;
        blocks.push(b, other);
        const scale = 1 / Math.sqrt(this.masses[b] * this.masses[other]);
        for (const x of block) scaled.push(x * scale);
        const straight = [0, 1, 2].map(
          (a) => supercell.positions[3 * j + a] - supercell.positions[3 * b + a],
        );
        ways.push(...shortest(straight, translations));
        first.push(ways.length / 3);
      }
    this.blocks = Int32Array.from(blocks);
    this.values = Float64Array.from(scaled);
    this.first = Int32Array.from(first);
    this.ways = Float64Array.from(ways);
    this.real = new Float64Array(this.bands ** 2);
    this.imaginary = new Float64Array(this.bands ** 2);
  }

  /**
   * Modes at a wave vector.
   * @param q Cartesian, 1/Å, without 2π
   */
  modes(q: ArrayLike<number>, withVectors = false): Modes {
    this.fill(q);
    const { bands: n, real, imaginary } = this;
    // Hermitian A + iB as the real symmetric [[A, −B], [B, A]]: each eigenvalue twice
    const matrix = new Matrix(2 * n, 2 * n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        const a = (real[i * n + j] + real[j * n + i]) / 2;
        const b = (imaginary[i * n + j] - imaginary[j * n + i]) / 2;
        matrix.set(i, j, a);
        matrix.set(n + i, n + j, a);
        matrix.set(i, n + j, -b);
        matrix.set(n + i, j, b);
      }
    const solution = new EigenvalueDecomposition(matrix, { assumeSymmetric: true });
    const values = solution.realEigenvalues;
    const order = values.map((_, k) => k).sort((i, j) => values[i] - values[j]);
    const frequencies = Float64Array.from(
      order.filter((_, k) => k % 2 === 0),
      (k) => THZ * Math.sign(values[k]) * Math.sqrt(Math.abs(values[k])),
    );
    if (!withVectors) return { frequencies };
    const { eigenvectorMatrix } = solution;
    return {
      frequencies,
      vectors: independent(
        order.map((column) =>
          Float64Array.from({ length: 2 * n }, (_, k) => eigenvectorMatrix.get(k, column)),
        ),
        n,
      ),
    };
  }

  private fill(q: ArrayLike<number>): void {
    const { blocks, values, first, ways, real, imaginary, bands } = this;
    real.fill(0);
    imaginary.fill(0);
    for (let term = 0; term + 1 < first.length; term++) {
      let [c, s] = [0, 0];
      for (let w = first[term]; w < first[term + 1]; w++) {
        const phase = 2 * Math.PI * (q[0] * ways[3 * w] + q[1] * ways[3 * w + 1] + q[2] * ways[3 * w + 2]);
        c += Math.cos(phase);
        s += Math.sin(phase);
      }
      const count = first[term + 1] - first[term];
      const [row, column] = [3 * blocks[2 * term], 3 * blocks[2 * term + 1]];
      for (let a = 0; a < 3; a++)
        for (let b = 0; b < 3; b++) {
          const value = values[9 * term + 3 * a + b] / count;
          const at = (row + a) * bands + column + b;
          real[at] += value * c;
          imaginary[at] += value * s;
        }
    }
  }
}

/**
 * Of vectors (x, y) of the doubled problem those that are independent as x + iy, orthogonal to each other: (x, y) and
 * (−y, x) are one complex vector, and where frequencies coincide the doubled problem gives any mixture of them.
 */
function independent(candidates: readonly Float64Array[], n: number): Float64Array {
  const found = new Float64Array(2 * n * n);
  let count = 0;
  for (const v of candidates) {
    if (count === n) break;
    // twice, since the first pass leaves round-off
    for (let pass = 0; pass < 2; pass++)
      for (let m = 0; m < count; m++) {
        const e = found.subarray(2 * n * m, 2 * n * (m + 1));
        let [re, im] = [0, 0];
        for (let k = 0; k < n; k++) {
          re += e[k] * v[k] + e[n + k] * v[n + k];
          im += e[k] * v[n + k] - e[n + k] * v[k];
        }
        for (let k = 0; k < n; k++) {
          v[k] -= re * e[k] - im * e[n + k];
          v[n + k] -= re * e[n + k] + im * e[k];
        }
      }
    const length = Math.hypot(...v);
    if (length < 1e-3) continue;
    for (let k = 0; k < 2 * n; k++) found[2 * n * count + k] = v[k] / length;
    count++;
  }
  return found;
}

/** Translations of a lattice among which the shortest way is looked for: two cells around. */
function imagesOf(cell: ArrayLike<number>): number[][] {
  const found: number[][] = [];
  for (let i = -2; i <= 2; i++)
    for (let j = -2; j <= 2; j++)
      for (let k = -2; k <= 2; k++)
        found.push([0, 1, 2].map((a) => i * cell[a] + j * cell[3 + a] + k * cell[6 + a]));
  return found;
}

function shortest(straight: readonly number[], translations: readonly (readonly number[])[]): number[] {
  const candidates = translations.map((t) => [0, 1, 2].map((a) => straight[a] + t[a]));
  const lengths = candidates.map((v) => Math.hypot(...v));
  const least = Math.min(...lengths);
  return candidates.filter((_, k) => lengths[k] < least + EQUAL).flat();
}
