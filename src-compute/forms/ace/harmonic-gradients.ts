/**
 * Y_lm of m ≥ 0 and their derivatives by the vector, for loops over neighbours: potentials/ace/harmonics.ts says what they are
 * and is what they are tested against. Arrays are kept between calls.
 */
import { recurrence, sectoral } from '../../potentials/ace/harmonics.ts';

/** Number of (l, m) with 0 ≤ m ≤ l ≤ lmax. */
export const harmonicCount = (lmax: number): number => ((lmax + 1) * (lmax + 2)) / 2;
/** Place of (l, m). */
export const harmonicIndex = (l: number, m: number): number => (l * (l + 1)) / 2 + m;

export class HarmonicGradients {
  /** Per (l, m): real and imaginary part, then the three derivatives of each. */
  readonly values: Float64Array;
  private readonly lmax: number;
  private readonly polar: Float64Array;
  private readonly recurrences: Float64Array;

  constructor(lmax: number) {
    this.lmax = lmax;
    const count = harmonicCount(lmax);
    this.values = new Float64Array(8 * count);
    this.polar = new Float64Array(2 * count);
    this.recurrences = new Float64Array(2 * count);
    for (let l = 0; l <= lmax; l++)
      for (let m = 0; m <= l; m++) {
        const k = 2 * harmonicIndex(l, m);
        if (m === l) this.recurrences[k] = sectoral(m);
        else if (m === l - 1) this.recurrences[k] = Math.sqrt(2 * m + 3);
        else this.recurrences.set(recurrence(l, m), k);
      }
  }

  /** @param r length of the vector; x, y, z its direction */
  compute(x: number, y: number, z: number, r: number): void {
    const { values, polar, recurrences, lmax } = this;
    let [lowRe, lowIm, re, im] = [0, 0, 1, 0];
    for (let m = 0; m <= lmax; m++) {
      for (let l = m; l <= lmax; l++) {
        const k = harmonicIndex(l, m);
        if (l === m) {
          polar[2 * k] = recurrences[2 * k];
          polar[2 * k + 1] = 0;
        } else if (l === m + 1) {
          const slope = recurrences[2 * k] * polar[2 * (k - l)];
          polar[2 * k] = slope * z;
          polar[2 * k + 1] = slope;
        } else {
          const [a, b] = [recurrences[2 * k], recurrences[2 * k + 1]];
          const [one, two] = [2 * (k - l), 2 * (k - 2 * l + 1)];
          polar[2 * k] = a * (z * polar[one] + b * polar[two]);
          polar[2 * k + 1] = a * (polar[one] + z * polar[one + 1] + b * polar[two + 1]);
        }
        const [value, slope] = [polar[2 * k], polar[2 * k + 1]];
        const to = 8 * k;
        values[to] = value * re;
        values[to + 1] = value * im;
        tangential(values, to + 2, m * value * lowRe, -m * value * lowIm, slope * re, x, y, z, r);
        tangential(values, to + 5, m * value * lowIm, m * value * lowRe, slope * im, x, y, z, r);
      }
      [lowRe, lowIm, re, im] = [re, im, re * x - im * y, re * y + im * x];
    }
  }
}

/** (g − û (û·g)) / r. */
function tangential(
  out: Float64Array,
  at: number,
  gx: number,
  gy: number,
  gz: number,
  x: number,
  y: number,
  z: number,
  r: number,
): void {
  const along = gx * x + gy * y + gz * z;
  out[at] = (gx - along * x) / r;
  out[at + 1] = (gy - along * y) / r;
  out[at + 2] = (gz - along * z) / r;
}
