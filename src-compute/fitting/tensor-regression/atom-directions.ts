/**
 * Derivatives of one atom's standardised descriptors v′ as directions in their space: six of the virial,
 * −½Σ_j (r_a ∂_b + r_b ∂_a)v′, then for the atom itself and every distinct neighbour the three of −∂v′/∂r. Images of the
 * same neighbour are added up.
 */
import type { PairList } from '../../structure/reference-pairs.ts';

/** xx, yy, zz, yz, xz, xy; the last three stand for two entries each. */
export const VIRIAL_ROWS = [
  [0, 0],
  [1, 1],
  [2, 2],
  [1, 2],
  [0, 2],
  [0, 1],
] as const;

/** Directions before those of atoms. */
const LEADING = VIRIAL_ROWS.length;

export class AtomDirections {
  /** One after the other, m numbers each. */
  values = new Float64Array(0);
  /** Atoms that have directions, the atom itself first. */
  readonly atoms: number[] = [];
  private readonly m: number;
  private place = new Int32Array(0);

  constructor(m: number) {
    this.m = m;
  }

  /** Where the direction of −∂v′/∂r of the t-th of `atoms` along an axis starts. */
  startOf(t: number, axis: number): number {
    return (LEADING + 3 * t + axis) * this.m;
  }

  /**
   * @param gradients ∂v/∂r_j, pairs of atom i × 3 × m
   * @param scale ∂v′/∂v, from `offset` on
   */
  gather(
    i: number,
    list: PairList,
    gradients: Float64Array,
    scale: Float64Array,
    offset: number,
    withVirial: boolean,
  ): void {
    const { m, atoms } = this;
    const count = list.start.length - 1;
    if (this.place.length < count) this.place = new Int32Array(count).fill(-1);
    for (const atom of atoms) this.place[atom] = -1;
    atoms.length = 0;
    const [from, to] = [list.start[i], list.start[i + 1]];
    const room = (LEADING + 3 * (Math.min(count, to - from) + 1)) * m;
    if (this.values.length < room) this.values = new Float64Array(2 * room);
    else this.values.fill(0, 0, room);
    const { values } = this;
    const own = this.placeOf(i);
    for (let p = from; p < to; p++) {
      const other = this.placeOf(list.neighbours[p]);
      const [plus, minus] = [this.startOf(own, 0), this.startOf(other, 0)];
      const g = 3 * (p - from) * m;
      for (let axis = 0; axis < 3 * m; axis += m)
        for (let d = 1; d < m; d++) {
          const value = gradients[g + axis + d] * scale[offset + d];
          values[plus + axis + d] += value;
          values[minus + axis + d] -= value;
        }
      if (withVirial) this.addVirial(list.vectors, 3 * p, g, gradients, scale, offset);
    }
  }

  /** All six at once: this is the innermost loop of a linear fit. */
  private addVirial(
    vectors: Float64Array,
    at: number,
    g: number,
    gradients: Float64Array,
    scale: Float64Array,
    offset: number,
  ): void {
    const { m, values } = this;
    const x = vectors[at] / 2;
    const y = vectors[at + 1] / 2;
    const z = vectors[at + 2] / 2;
    for (let d = 1; d < m; d++) {
      const gx = gradients[g + d];
      const gy = gradients[g + m + d];
      const gz = gradients[g + 2 * m + d];
      const s = scale[offset + d];
      // in the order of VIRIAL_ROWS
      values[d] -= (x * gx + x * gx) * s;
      values[m + d] -= (y * gy + y * gy) * s;
      values[2 * m + d] -= (z * gz + z * gz) * s;
      values[3 * m + d] -= (y * gz + z * gy) * s;
      values[4 * m + d] -= (x * gz + z * gx) * s;
      values[5 * m + d] -= (x * gy + y * gx) * s;
    }
  }

  private placeOf(atom: number): number {
    if (this.place[atom] < 0) {
      this.place[atom] = this.atoms.length;
      this.atoms.push(atom);
    }
    return this.place[atom];
  }
}
