/**
 * Products of two expansions, Z^j = Σ C(j₁m₁; j₂m₂ | jm) C(j₁m₁'; j₂m₂' | jm') u^{j₁} u^{j₂}, in the rows up to the middle:
 * both sums run over tables made once for three angular momenta.
 */
import { clebschGordan } from '../../potentials/snap/clebsch-gordan.ts';
import { halfRows } from './half-harmonics.ts';

/** For every m of the product its (m₁, m₂) and their coefficients. */
interface Couplings {
  readonly start: Int32Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly factor: Float64Array;
}

function couplings(j1: number, j2: number, j: number): Couplings {
  const start = new Int32Array(j + 2);
  const [left, right, factor]: number[][] = [[], [], []];
  for (let m = 0; m <= j; m++) {
    for (let m1 = 0; m1 <= j1; m1++) {
      const m2 = m + (j1 + j2 - j) / 2 - m1;
      if (m2 < 0 || m2 > j2) continue;
      left.push(m1);
      right.push(m2);
      factor.push(clebschGordan(j1, 2 * m1 - j1, j2, 2 * m2 - j2, j));
    }
    start[m + 1] = left.length;
  }
  return {
    start,
    left: Int32Array.from(left),
    right: Int32Array.from(right),
    factor: Float64Array.from(factor),
  };
}

export class ZProduct {
  readonly length: number;
  /** Of the last call. */
  readonly re: Float64Array;
  readonly im: Float64Array;
  /** 2 for rows above the middle, which stand for their mirror images, too; 1 for the middle. */
  readonly weights: Float64Array;
  private readonly twoJ: number;
  private readonly widths: readonly [number, number];
  private readonly couplings: Couplings;

  constructor(j1: number, j2: number, j: number) {
    this.twoJ = j;
    this.widths = [j1 + 1, j2 + 1];
    this.length = halfRows(j) * (j + 1);
    this.re = new Float64Array(this.length);
    this.im = new Float64Array(this.length);
    this.weights = Float64Array.from({ length: this.length }, (_, e) =>
      2 * Math.floor(e / (j + 1)) === j ? 1 : 2,
    );
    this.couplings = couplings(j1, j2, j);
  }

  /** @param re whole matrices; `left` and `right` are where those of the operands start */
  compute(re: Float64Array, im: Float64Array, left: number, right: number): void {
    const { twoJ, couplings } = this;
    const { start, left: m1, right: m2, factor } = couplings;
    const [w1, w2] = this.widths;
    let e = 0;
    for (let m = 0; 2 * m <= twoJ; m++) {
      for (let n = 0; n <= twoJ; n++, e++) {
        let zr = 0;
        let zi = 0;
        for (let row = start[m]; row < start[m + 1]; row++) {
          const a = left + m1[row] * w1;
          const b = right + m2[row] * w2;
          let sr = 0;
          let si = 0;
          for (let column = start[n]; column < start[n + 1]; column++) {
            const p = a + m1[column];
            const q = b + m2[column];
            const pr = re[p];
            const pi = im[p];
            const qr = re[q];
            const qi = im[q];
            const c = factor[column];
            sr += c * (pr * qr - pi * qi);
            si += c * (pr * qi + pi * qr);
          }
          zr += factor[row] * sr;
          zi += factor[row] * si;
        }
        this.re[e] = zr;
        this.im[e] = zi;
      }
    }
  }
}
