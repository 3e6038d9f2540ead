/**
 * Real spherical harmonics Y_lm, l = 1 … Q, as polynomials of a unit vector, scaled so that the addition theorem reads
 *
 *   Σ_m Y_lm(a) Y_lm(b) = g_l(a·b) = √((2l+1)/2) P_l(a·b)
 *
 * Y_{l,±m} = N_lm Q_l^m(z) {Re, Im}(x + iy)^m with Q_l^m = d^m P_l/dz^m: polynomials, so that the poles are no exception.
 * Recurrences: Abramowitz and Stegun, 8.5.3 (with P_l^m = (1 − z²)^{m/2} Q_l^m).
 */

/** Number of harmonics with 1 ≤ l ≤ size. */
export function harmonicCount(size: number): number {
  return (size + 1) ** 2 - 1;
}

/** Place of Y_lm, −l ≤ m ≤ l. */
export function harmonicIndex(l: number, m: number): number {
  return l * l - 1 + l + m;
}

export class Harmonics {
  readonly size: number;
  readonly count: number;
  private readonly norms: Float64Array;
  /** Q_l^m at (l, m), (Q + 2)² numbers. */
  private readonly q: Float64Array;
  private readonly cosine: Float64Array;
  private readonly sine: Float64Array;

  constructor(size: number) {
    this.size = size;
    this.count = harmonicCount(size);
    this.norms = new Float64Array((size + 1) ** 2);
    this.q = new Float64Array((size + 2) ** 2);
    this.cosine = new Float64Array(size + 1);
    this.sine = new Float64Array(size + 1);
    for (let l = 0; l <= size; l++) {
      let ratio = 1; // (l − m)!/(l + m)!
      for (let m = 0; m <= l; m++) {
        if (m > 0) ratio /= (l + m) * (l - m + 1);
        const addition = (m === 0 ? 1 : 2) * ratio;
        this.norms[l * (size + 1) + m] = Math.sqrt(addition * Math.sqrt((2 * l + 1) / 2));
      }
    }
  }

  /**
   * Y_lm of the direction of a vector and ∇Y_lm by the vector itself, 1/Å.
   * @param value overwritten from `at` on, one number per harmonic
   * @param gradient overwritten from `3·at` on: x, y, z per harmonic
   */
  evaluate(
    x: number,
    y: number,
    z: number,
    inverse: number,
    value: Float64Array,
    gradient: Float64Array,
    at: number,
  ): void {
    const { size, norms, q, cosine, sine } = this;
    this.fillTables(x, y, z);
    const stride = size + 2;
    for (let l = 1; l <= size; l++) {
      const centre = at + l * l - 1 + l;
      for (let m = 0; m <= l; m++) {
        const norm = norms[l * (size + 1) + m];
        const polynomial = norm * q[l * stride + m];
        const slope = norm * q[l * stride + m + 1]; // dQ_l^m/dz = Q_l^{m+1}
        const [re, im] = [cosine[m], sine[m]];
        // ∂Re/∂x = m Re_{m−1}, ∂Re/∂y = −m Im_{m−1}; ∂Im/∂x = m Im_{m−1}, ∂Im/∂y = m Re_{m−1}
        const reX = m === 0 ? 0 : m * cosine[m - 1];
        const imX = m === 0 ? 0 : m * sine[m - 1];
        value[centre + m] = polynomial * re;
        project(gradient, centre + m, polynomial * reX, -polynomial * imX, slope * re, x, y, z, inverse);
        if (m > 0) {
          value[centre - m] = polynomial * im;
          project(gradient, centre - m, polynomial * imX, polynomial * reX, slope * im, x, y, z, inverse);
        }
      }
    }
  }

  private fillTables(x: number, y: number, z: number): void {
    const { size, q, cosine, sine } = this;
    const stride = size + 2;
    cosine[0] = 1;
    sine[0] = 0;
    for (let m = 1; m <= size; m++) {
      cosine[m] = x * cosine[m - 1] - y * sine[m - 1];
      sine[m] = x * sine[m - 1] + y * cosine[m - 1];
    }
    let diagonal = 1;
    for (let m = 0; m <= size; m++) {
      if (m > 0) diagonal *= 2 * m - 1;
      q[m * stride + m] = diagonal;
      if (m < size) q[(m + 1) * stride + m] = (2 * m + 1) * z * diagonal;
      for (let l = m + 2; l <= size; l++) {
        q[l * stride + m] =
          ((2 * l - 1) * z * q[(l - 1) * stride + m] - (l + m - 1) * q[(l - 2) * stride + m]) / (l - m);
      }
    }
  }
}

/** Gradient of a function of the direction: the part of (a, b, c) across the unit vector, over r. */
function project(
  gradient: Float64Array,
  index: number,
  a: number,
  b: number,
  c: number,
  x: number,
  y: number,
  z: number,
  inverse: number,
): void {
  const radial = a * x + b * y + c * z;
  gradient[3 * index] = (a - radial * x) * inverse;
  gradient[3 * index + 1] = (b - radial * y) * inverse;
  gradient[3 * index + 2] = (c - radial * z) * inverse;
}
