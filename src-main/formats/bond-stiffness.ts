/**
 * The unit of forces without energies: how stiff bonds are follows from their length. Badger's rule, with the constants
 * that he gave, k = 1.86 (r − d_ij)⁻³ mdyne/Å for rows i, j of the periodic table (R. M. Badger, J. Chem. Phys. 3 (1935)
 * 710), holds within a factor of two for single and multiple bonds of the elements below, in molecules and in crystals
 * alike. The slope of the force along a bond against its length over many bonds has to agree with that.
 */
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { atomicNumber } from '../../src-compute/structure/elements.ts';
import { neighbourPairs } from '../../src-compute/structure/neighbour-list.ts';

/** Covalent radii, Å (Cordero et al., Dalton Trans. (2008) 2832), of the elements that the rule is used for. */
const RADII: Readonly<Record<string, number>> = {
  H: 0.31,
  B: 0.84,
  C: 0.76,
  N: 0.71,
  O: 0.66,
  F: 0.57,
  Si: 1.11,
  P: 1.07,
  S: 1.05,
  Cl: 1.02,
};
/** d_ij, Å, for the rows H, B–F and Si–Cl. */
const DISTANCES: readonly (readonly number[])[] = [
  [0.025, 0.335, 0.585],
  [0.335, 0.68, 0.9],
  [0.585, 0.9, 1.18],
];
/** 1.86 mdyne/Å · Å³ in eV·Å. */
const BADGER = 1.86 * 6.241509;
/** Longest bond as a multiple of the sum of the radii; a stretched one is no bond any more. */
const LONGEST = 1.2;
const MOST_PAIRS = 1000;
const MOST_ATOMS = 500;
const MOST_FRAMES = 500;
/** Fewer bonds, a smaller spread of their lengths (Å) or forces that follow it less say nothing. */
const FEWEST_PAIRS = 40;
const SMALLEST_SPREAD = 0.004;
const WEAKEST_CORRELATION = 0.5;

/** Sums over the bonds of one pair of elements. */
interface Sums {
  readonly longest: number;
  readonly distance: number;
  n: number;
  r: number;
  f: number;
  rr: number;
  rf: number;
  ff: number;
}

/** What the bonds of a dataset say about its forces. */
export interface BondVerdict {
  /** Stiffness measured and as the rule expects it, eV/Å² in the units of the file. */
  readonly measured: number;
  readonly expected: number;
  readonly pair: string;
}

export class BondStiffness {
  private readonly sums = new Map<string, Sums | undefined>();
  private pairs = 0;
  private frames = 0;

  /** Takes the bonds of a configuration into account, as long as there are not enough. */
  add(configuration: Configuration): void {
    const { forces, symbols, kinds } = configuration;
    if (forces === undefined || this.pairs >= MOST_PAIRS || this.frames >= MOST_FRAMES) return;
    if (kinds.length < 2 || kinds.length > MOST_ATOMS) return;
    const radii = symbols.map((symbol) => RADII[symbol] ?? 0);
    const largest = Math.max(...radii);
    if (largest === 0) return;
    this.frames++;
    const { start, neighbours, vectors } = neighbourPairs(configuration, 2 * LONGEST * largest, true);
    for (let i = 0; i < kinds.length; i++) {
      for (let pair = start[i]; pair < start[i + 1]; pair++) {
        const j = neighbours[pair];
        const sums = i === j ? undefined : this.sumsOf(symbols[kinds[i]], symbols[kinds[j]]);
        if (sums !== undefined) this.take(sums, vectors.subarray(3 * pair, 3 * pair + 3), forces, i, j);
      }
    }
  }

  /** A pair that is a bond: its length, and half of the force that drives its atoms i and j apart. */
  private take(sums: Sums, [x, y, z]: Float64Array, forces: Float64Array, i: number, j: number): void {
    const r = Math.hypot(x, y, z);
    if (r > sums.longest || r <= sums.distance) return;
    const along =
      (forces[3 * j] - forces[3 * i]) * x +
      (forces[3 * j + 1] - forces[3 * i + 1]) * y +
      (forces[3 * j + 2] - forces[3 * i + 2]) * z;
    const f = along / (2 * r);
    sums.n++;
    sums.r += r;
    sums.f += f;
    sums.rr += r * r;
    sums.rf += r * f;
    sums.ff += f * f;
    this.pairs++;
  }

  /** The verdict of the pair of elements with most bonds that has one; undefined when none has. */
  verdict(): BondVerdict | undefined {
    const known = [...this.sums].filter((entry): entry is [string, Sums] => entry[1] !== undefined);
    for (const [pair, sums] of known.toSorted((a, b) => b[1].n - a[1].n)) {
      const { n, r, f, rr, rf, ff, distance } = sums;
      if (n < FEWEST_PAIRS) return undefined;
      const [xx, xy, yy] = [rr - (r * r) / n, rf - (r * f) / n, ff - (f * f) / n];
      if (!(xx > n * SMALLEST_SPREAD ** 2) || !(yy > 0)) continue;
      if (Math.abs(xy) < WEAKEST_CORRELATION * Math.sqrt(xx * yy)) continue;
      return { measured: -xy / xx, expected: BADGER / (r / n - distance) ** 3, pair };
    }
    return undefined;
  }

  private sumsOf(a: string, b: string): Sums | undefined {
    const pair = a < b ? `${a}–${b}` : `${b}–${a}`;
    if (!this.sums.has(pair)) {
      const [p, q] = [RADII[a], RADII[b]];
      const longest = LONGEST * (p + q);
      const sums = {
        longest,
        distance: DISTANCES[rowOf(a)]?.[rowOf(b)],
        n: 0,
        r: 0,
        f: 0,
        rr: 0,
        rf: 0,
        ff: 0,
      };
      this.sums.set(pair, p === undefined || q === undefined ? undefined : sums);
    }
    return this.sums.get(pair);
  }
}

/** 0 for hydrogen, 1 for boron to fluorine, 2 for silicon to chlorine. */
function rowOf(symbol: string): number {
  const z = atomicNumber(symbol) ?? 0;
  return z <= 2 ? 0 : z <= 10 ? 1 : 2;
}
