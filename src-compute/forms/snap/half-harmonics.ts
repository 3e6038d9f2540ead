/**
 * Harmonics of the 3-sphere of an atom's neighbours with their gradients, as potentials/snap/hyperspherical.ts has them, for
 * many neighbours and without allocation: rows of a matrix up to its middle alone, since
 * u_{j−m, j−m'} = (−1)^{m+m'} u*_{mm'} gives the others.
 */
import { switchOf, type SphereSettings } from '../../potentials/snap/hyperspherical.ts';

/** Rows of the matrix of 2j that count: up to the middle. */
export const halfRows = (j: number): number => Math.floor(j / 2) + 1;

/**
 * First element of the kept rows of each matrix. Matrices of odd 2j keep one row more, which the recursion of the next one
 * starts from.
 */
export function halfStarts(twojmax: number): Int32Array {
  const start = new Int32Array(twojmax + 2);
  for (let j = 0; j <= twojmax; j++) start[j + 1] = start[j] + (halfRows(j) + (j % 2)) * (j + 1);
  return start;
}

export class HalfHarmonics {
  readonly starts: Int32Array;
  /** Numbers of one neighbour. */
  readonly size: number;
  /** Values; neighbour after neighbour. */
  re = new Float64Array(0);
  im = new Float64Array(0);
  /** Gradients; x, y and z of every neighbour one after the other, 1/Å. */
  dre = new Float64Array(0);
  dim = new Float64Array(0);
  private readonly twojmax: number;
  private channels = new Int32Array(0);
  private withGradients = false;
  /** √((j−n)/(j−m)) and √(n/(j−m)) of every element. */
  private readonly first: Float64Array;
  private readonly second: Float64Array;
  /** Values and gradients of a* and b*: re, im each. */
  private readonly turn = new Float64Array(16);

  constructor(twojmax: number) {
    this.twojmax = twojmax;
    this.starts = halfStarts(twojmax);
    this.size = this.starts[twojmax + 1];
    this.first = new Float64Array(this.size);
    this.second = new Float64Array(this.size);
    for (let j = 1; j <= twojmax; j++)
      for (let m = 0; 2 * m <= j; m++)
        for (let n = 0; n <= j; n++) {
          const e = this.starts[j] + m * (j + 1) + n;
          this.first[e] = Math.sqrt((j - n) / (j - m));
          this.second[e] = -Math.sqrt(n / (j - m));
        }
  }

  begin(neighbours: number, withGradients: boolean): void {
    this.withGradients = withGradients;
    if (this.channels.length >= neighbours) return;
    const room = Math.ceil(1.3 * neighbours) + 8;
    this.channels = new Int32Array(room);
    this.re = new Float64Array(room * this.size);
    this.im = new Float64Array(room * this.size);
    this.dre = new Float64Array(3 * room * this.size);
    this.dim = new Float64Array(3 * room * this.size);
  }

  channelOf(k: number): number {
    return this.channels[k];
  }

  /**
   * Neighbour k, at the vector that starts at `at`.
   * @returns false where it is beyond its cutoff: its numbers are zero then
   */
  place(
    k: number,
    channel: number,
    sphere: SphereSettings,
    weight: number,
    vectors: Float64Array,
    at: number,
  ): boolean {
    this.channels[k] = channel;
    const [x, y, z] = [vectors[at], vectors[at + 1], vectors[at + 2]];
    const r = Math.sqrt(x * x + y * y + z * z);
    const from = k * this.size;
    if (r >= sphere.cutoff) {
      this.re.fill(0, from, from + this.size);
      this.im.fill(0, from, from + this.size);
      this.dre.fill(0, 3 * from, 3 * (from + this.size));
      this.dim.fill(0, 3 * from, 3 * (from + this.size));
      return false;
    }
    this.rotate(sphere, r, x, y, z);
    this.recur(from);
    const { value, slope } = switchOf(sphere, r);
    this.weigh(from, weight * value, weight * slope, x / r, y / r, z / r);
    return true;
  }

  /** a* and b* with their derivatives by x, y, z: eqs. 1 and 2. */
  private rotate({ cutoff, rfac0, rmin0 }: SphereSettings, r: number, x: number, y: number, z: number): void {
    const { turn } = this;
    const rate = (rfac0 * Math.PI) / (cutoff - rmin0);
    const theta = rate * (r - rmin0);
    const tangent = Math.tan(theta);
    const z0 = r / tangent;
    const z0Slope = 1 / tangent - (r * rate) / Math.sin(theta) ** 2;
    const r0 = Math.sqrt(r * r + z0 * z0);
    turn[0] = z0 / r0;
    turn[1] = z / r0;
    turn[2] = y / r0;
    turn[3] = x / r0;
    const shrink = (r + z0 * z0Slope) / (r0 * r0);
    for (let d = 0; d < 3; d++) {
      const unit = (d === 0 ? x : d === 1 ? y : z) / r;
      const relative = shrink * unit;
      const to = 4 * (d + 1);
      turn[to] = (z0Slope * unit) / r0 - turn[0] * relative;
      turn[to + 1] = (d === 2 ? 1 / r0 : 0) - turn[1] * relative;
      turn[to + 2] = (d === 1 ? 1 / r0 : 0) - turn[2] * relative;
      turn[to + 3] = (d === 0 ? 1 / r0 : 0) - turn[3] * relative;
    }
  }

  /** All matrices without weight: values, then each gradient. */
  private recur(from: number): void {
    const { starts, twojmax, re, im, dre, dim, size } = this;
    re[from] = 1;
    im[from] = 0;
    for (let d = 0; d < 3; d++) {
      dre[3 * from + d * size] = 0;
      dim[3 * from + d * size] = 0;
    }
    for (let j = 1; j <= twojmax; j++) {
      for (let m = 0; 2 * m <= j; m++) {
        const to = starts[j] + m * (j + 1);
        const below = starts[j - 1] + m * j;
        this.rowOfValues(from, to, below, j);
        if (!this.withGradients) continue;
        for (let d = 0; d < 3; d++) this.rowOfGradients(from, 3 * from + d * size, to, below, j, 4 * (d + 1));
      }
      if (j % 2 === 1) this.mirror(from, j);
    }
  }

  private rowOfValues(from: number, to: number, below: number, j: number): void {
    const { re, im, first, second, turn } = this;
    const ar = turn[0];
    const ai = turn[1];
    const br = turn[2];
    const bi = turn[3];
    for (let n = 0; n <= j; n++) {
      let sr = 0;
      let si = 0;
      if (n < j) {
        const f = first[to + n];
        const ur = re[from + below + n];
        const ui = im[from + below + n];
        sr = f * (ar * ur - ai * ui);
        si = f * (ar * ui + ai * ur);
      }
      if (n > 0) {
        const f = second[to + n];
        const ur = re[from + below + n - 1];
        const ui = im[from + below + n - 1];
        sr += f * (br * ur - bi * ui);
        si += f * (br * ui + bi * ur);
      }
      re[from + to + n] = sr;
      im[from + to + n] = si;
    }
  }

  private rowOfGradients(
    from: number,
    gradient: number,
    to: number,
    below: number,
    j: number,
    slope: number,
  ): void {
    const { re, im, dre, dim, first, second, turn } = this;
    const ar = turn[0];
    const ai = turn[1];
    const br = turn[2];
    const bi = turn[3];
    const dar = turn[slope];
    const dai = turn[slope + 1];
    const dbr = turn[slope + 2];
    const dbi = turn[slope + 3];
    for (let n = 0; n <= j; n++) {
      let sr = 0;
      let si = 0;
      if (n < j) {
        const f = first[to + n];
        const e = below + n;
        const ur = re[from + e];
        const ui = im[from + e];
        const vr = dre[gradient + e];
        const vi = dim[gradient + e];
        sr = f * (ar * vr - ai * vi + dar * ur - dai * ui);
        si = f * (ar * vi + ai * vr + dar * ui + dai * ur);
      }
      if (n > 0) {
        const f = second[to + n];
        const e = below + n - 1;
        const ur = re[from + e];
        const ui = im[from + e];
        const vr = dre[gradient + e];
        const vi = dim[gradient + e];
        sr += f * (br * vr - bi * vi + dbr * ur - dbi * ui);
        si += f * (br * vi + bi * vr + dbr * ui + dbi * ur);
      }
      dre[gradient + to + n] = sr;
      dim[gradient + to + n] = si;
    }
  }

  /** The row below the middle of an odd matrix, from the one above it. */
  private mirror(from: number, j: number): void {
    const { starts, re, im, dre, dim, size } = this;
    const above = starts[j] + ((j - 1) / 2) * (j + 1);
    const row = above + j + 1;
    for (let n = 0; n <= j; n++) {
      const sign = ((j - 1) / 2 + n) % 2 === 0 ? 1 : -1;
      const [e, to] = [above + n, row + j - n];
      re[from + to] = sign * re[from + e];
      im[from + to] = -sign * im[from + e];
      for (let d = 0; this.withGradients && d < 3; d++) {
        const gradient = 3 * from + d * size;
        dre[gradient + to] = sign * dre[gradient + e];
        dim[gradient + to] = -sign * dim[gradient + e];
      }
    }
  }

  /** Weight and switch: d(f u) = f du + f′ r̂ u. */
  private weigh(from: number, value: number, slope: number, ux: number, uy: number, uz: number): void {
    const { re, im, dre, dim, size } = this;
    for (let d = 0; this.withGradients && d < 3; d++) {
      const along = slope * (d === 0 ? ux : d === 1 ? uy : uz);
      const gradient = 3 * from + d * size;
      for (let e = 0; e < size; e++) {
        dre[gradient + e] = value * dre[gradient + e] + along * re[from + e];
        dim[gradient + e] = value * dim[gradient + e] + along * im[from + e];
      }
    }
    for (let e = from; e < from + size; e++) {
      re[e] *= value;
      im[e] *= value;
    }
  }
}
