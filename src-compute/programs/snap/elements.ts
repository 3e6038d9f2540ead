/**
 * The expansion coefficients u^j_{mm'} of SNAP as polynomials. With α = a*, β = b* of potentials/snap/hyperspherical.ts,
 * |α|² + |β|² = 1, and the row generating function (αX − βY)^{j−m} (β*X + α*Y)^m of SU(2) (j doubled, m, n from 0):
 *
 *   u^j_{mn} = √(C(j,m)/C(j,n)) Σ_k (−1)^{n−k} C(j−m, n−k) C(m, k) α^{j−m−n+k} α*^k β^{n−k} β*^{m−k}
 *            = α^[p] β^[q] P(s),  p = j − m − n,  q = n − m,  s = |α|² − |β|²,
 *
 * where x^[−p] = (x*)^p and P is a polynomial of degree (j − |p| − |q|)/2, kept here as Chebyshev coefficients. Since
 * u^j_{j−m,j−n} = (−1)^{m+n} u*, elements with q > 0, or q = 0 and p ≥ 0, suffice.
 */

export interface Element {
  readonly j: number;
  readonly p: number;
  readonly q: number;
  /** Chebyshev coefficients of P. */
  readonly series: readonly number[];
  /** Whether it is real: p = q = 0. */
  readonly real: boolean;
  /** Whether it lies on the diagonal (q = 0), where an atom itself counts 1. */
  readonly diagonal: boolean;
}

/** How an element of the full matrices is written by those that are kept: sign · u or sign · u*. */
export interface Folded {
  readonly element: number;
  readonly conjugate: boolean;
  readonly sign: 1 | -1;
}

/** A function of α: Re α^p T_k(s) or Im α^p T_k(s). */
export interface Polar {
  readonly p: number;
  readonly k: number;
  readonly imaginary: boolean;
}

/** A sum over neighbours: Σ w f_c polar(α) Re β^q, or Im. */
export interface PolarSum {
  readonly polar: number;
  readonly q: number;
  readonly imaginary: boolean;
}

function binomial(n: number, k: number): number {
  if (k < 0 || k > n) return 0;
  let product = 1;
  for (let i = 1; i <= k; i++) product = (product * (n - k + i)) / i;
  return product;
}

/** P at s. */
function polynomialAt(j: number, m: number, n: number, s: number): number {
  const [a, b] = [(1 + s) / 2, (1 - s) / 2];
  const [p, q] = [j - m - n, n - m];
  let sum = 0;
  for (let k = Math.max(0, m + n - j); k <= Math.min(m, n); k++) {
    const power = a ** (k + Math.min(0, p)) * b ** (m - k + Math.min(0, q));
    sum += ((n - k) % 2 === 0 ? 1 : -1) * binomial(j - m, n - k) * binomial(m, k) * power;
  }
  return sum * Math.sqrt(binomial(j, m) / binomial(j, n));
}

/** Chebyshev coefficients of a polynomial of a degree from its values at the Chebyshev nodes. */
function chebyshevSeries(degree: number, value: (s: number) => number): number[] {
  const size = degree + 1;
  const angles = Array.from({ length: size }, (_, i) => (Math.PI * (i + 0.5)) / size);
  return Array.from({ length: size }, (_, k) => {
    const sum = angles.reduce((total, angle) => total + value(Math.cos(angle)) * Math.cos(k * angle), 0);
    return (sum * (k === 0 ? 1 : 2)) / size;
  });
}

/** Everything that depends on 2J alone. */
export class ElementList {
  readonly twojmax: number;
  readonly elements: Element[] = [];
  readonly polars: Polar[] = [];
  readonly sums: PolarSum[] = [];
  private readonly places = new Map<string, number>();
  private readonly sumPlaces = new Map<string, number>();

  constructor(twojmax: number) {
    this.twojmax = twojmax;
    for (let q = 0; q <= twojmax; q++)
      for (let p = q === 0 ? 0 : q - twojmax; p <= twojmax - q; p++)
        for (let j = Math.abs(p) + q; j <= twojmax; j += 2) this.addElement(j, p, q);
    for (let p = 0; p <= twojmax; p++)
      for (let k = 0; p + 2 * k <= twojmax; k++)
        for (const imaginary of p === 0 ? [false] : [false, true]) this.addPolar({ p, k, imaginary });
  }

  private addElement(j: number, p: number, q: number): void {
    // m + n = j − p, n − m = q
    const [m, n] = [(j - p - q) / 2, (j - p + q) / 2];
    const degree = (j - Math.abs(p) - q) / 2;
    const series = chebyshevSeries(degree, (s) => polynomialAt(j, m, n, s));
    this.places.set(`${j} ${p} ${q}`, this.elements.length);
    this.elements.push({ j, p, q, series, real: p === 0 && q === 0, diagonal: q === 0 });
  }

  private addPolar(polar: Polar): void {
    const index = this.polars.push(polar) - 1;
    for (let q = 0; q + polar.p + 2 * polar.k <= this.twojmax; q++)
      for (const imaginary of q === 0 ? [false] : [false, true]) {
        this.sumPlaces.set(`${polar.p} ${polar.k} ${polar.imaginary} ${q} ${imaginary}`, this.sums.length);
        this.sums.push({ polar: index, q, imaginary });
      }
  }

  /** Place of a sum, or undefined where it is zero by symmetry (Im α⁰, Im β⁰). */
  sumPlace(p: number, k: number, polarImaginary: boolean, q: number, imaginary: boolean): number | undefined {
    return this.sumPlaces.get(`${p} ${k} ${polarImaginary} ${q} ${imaginary}`);
  }

  /** u^j_{mn} by the elements that are kept. */
  fold(j: number, m: number, n: number): Folded {
    const [p, q] = [j - m - n, n - m];
    const conjugate = q < 0 || (q === 0 && p < 0);
    const element = this.places.get(conjugate ? `${j} ${-p} ${-q}` : `${j} ${p} ${q}`);
    if (element === undefined) throw new RangeError(`no element ${j} ${m} ${n}`);
    return { element, conjugate, sign: conjugate && (m + n) % 2 !== 0 ? -1 : 1 };
  }
}

const known = new Map<number, ElementList>();

/** The list of 2J, made once. */
export function elementList(twojmax: number): ElementList {
  const list = known.get(twojmax) ?? new ElementList(twojmax);
  known.set(twojmax, list);
  return list;
}
