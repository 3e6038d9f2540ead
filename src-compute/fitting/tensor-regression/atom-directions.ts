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
      for (let axis = 0; axis < 3; axis++) {
        const g = (3 * (p - from) + axis) * m;
        const [plus, minus] = [this.startOf(own, axis), this.startOf(other, axis)];
        for (let d = 1; d < m; d++) {
          const value = gradients[g + d] * scale[offset + d];
          values[plus + d] += value;
          values[minus + d] -= value;
        }
      }
      if (withVirial) this.addVirial(list.vectors, p, p - from, gradients, scale, offset);
    }
  }

  private addVirial(
    vectors: Float64Array,
    p: number,
    k: number,
    gradients: Float64Array,
    scale: Float64Array,
    offset: number,
  ): void {
    const { m, values } = this;
    VIRIAL_ROWS.forEach(([a, b], c) => {
      const [ra, rb] = [vectors[3 * p + a] / 2, vectors[3 * p + b] / 2];
      const [ga, gb] = [(3 * k + a) * m, (3 * k + b) * m];
      for (let d = 1; d < m; d++) {
        values[c * m + d] -= (ra * gradients[gb + d] + rb * gradients[ga + d]) * scale[offset + d];
      }
    });
  }

  private placeOf(atom: number): number {
    if (this.place[atom] < 0) {
      this.place[atom] = this.atoms.length;
      this.atoms.push(atom);
    }
    return this.place[atom];
  }
}
