/**
 * Which bispectrum components there are, and each as a sum over products of three expansion coefficients
 * (Thompson et al., J. Comput. Phys. 285 (2015) 316, eqs. 5 and 6):
 *
 *   B_{j₁j₂j} = Σ_{m,m'} (u^j_{mm'})* Σ H^{jmm'}_{j₁m₁m₁' j₂m₂m₂'} u^{j₁}_{m₁m₁'} u^{j₂}_{m₂m₂'},
 *   H = C(j₁m₁; j₂m₂ | jm) C(j₁m₁'; j₂m₂' | jm')
 *
 * for j₂ ≤ j₁ ≤ j ≤ J, which names each distinct product once. All j are doubled: whole numbers.
 */
import { clebschGordan } from './clebsch-gordan.ts';

/** First element of the matrix of each 2j in a list of all matrices up to 2J; one more than there are matrices. */
export function matrixStarts(twojmax: number): Int32Array {
  const start = new Int32Array(twojmax + 2);
  for (let j = 0; j <= twojmax; j++) start[j + 1] = start[j] + (j + 1) ** 2;
  return start;
}

/** One component: Σ_t factor[t] Re(u[conjugate[t]]* u[first[t]] u[second[t]]). */
export interface Triple {
  readonly twoJ1: number;
  readonly twoJ2: number;
  readonly twoJ: number;
  /** Elements of the matrices of j, j₁ and j₂, in the list of all matrices. */
  readonly conjugate: Int32Array;
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly factor: Float64Array;
}

/** Whole numbers (2j₁, 2j₂, 2j) of the components, in the order of LAMMPS' coefficient files. */
export function tripleOrder(twojmax: number): [number, number, number][] {
  const list: [number, number, number][] = [];
  for (let j1 = 0; j1 <= twojmax; j1++)
    for (let j2 = 0; j2 <= j1; j2++)
      for (let j = j1 - j2; j <= Math.min(twojmax, j1 + j2); j += 2) if (j >= j1) list.push([j1, j2, j]);
  return list;
}

const known = new Map<number, readonly Triple[]>();

/** The components up to 2J with their sums. */
export function triples(twojmax: number): readonly Triple[] {
  let list = known.get(twojmax);
  if (list === undefined) {
    list = tripleOrder(twojmax).map(([j1, j2, j]) => tripleOf(matrixStarts(twojmax), j1, j2, j));
    known.set(twojmax, list);
  }
  return list;
}

function tripleOf(start: Int32Array, twoJ1: number, twoJ2: number, twoJ: number): Triple {
  const [conjugate, first, second, factor]: number[][] = [[], [], [], []];
  // rows and columns count m + j from 0
  const pairs: { m: number; m1: number; m2: number; c: number }[] = [];
  for (let m1 = 0; m1 <= twoJ1; m1++)
    for (let m2 = 0; m2 <= twoJ2; m2++) {
      const m = m1 + m2 - (twoJ1 + twoJ2 - twoJ) / 2;
      if (m < 0 || m > twoJ) continue;
      pairs.push({ m, m1, m2, c: clebschGordan(twoJ1, 2 * m1 - twoJ1, twoJ2, 2 * m2 - twoJ2, twoJ) });
    }
  for (const row of pairs)
    for (const column of pairs) {
      conjugate.push(start[twoJ] + row.m * (twoJ + 1) + column.m);
      first.push(start[twoJ1] + row.m1 * (twoJ1 + 1) + column.m1);
      second.push(start[twoJ2] + row.m2 * (twoJ2 + 1) + column.m2);
      factor.push(row.c * column.c);
    }
  return {
    twoJ1,
    twoJ2,
    twoJ,
    conjugate: Int32Array.from(conjugate),
    first: Int32Array.from(first),
    second: Int32Array.from(second),
    factor: Float64Array.from(factor),
  };
}
