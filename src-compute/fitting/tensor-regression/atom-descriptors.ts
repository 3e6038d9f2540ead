/** What a fit of a polynomial asks of the descriptors of atoms, whatever they are. */
import type { PairList } from '../../structure/reference-pairs.ts';

/** What is computed of an atom: the descriptors, what their slopes along a combination need, all their gradients. */
export type Need = 'values' | 'slopes' | 'gradients';

/** Descriptors of one atom after the other. */
export interface AtomDescriptors {
  /** v of the last atom, m numbers, the first of them 1. */
  readonly values: Float64Array;
  /** ∂v/∂r_j of the last atom, neighbours × 3 × m, 1/Å. */
  readonly gradients: Float64Array;
  /**
   * Says of which structure the next atoms are.
   * @param species of atom j is `species[first + j]`
   */
  open(list: PairList, species: Int32Array, first: number, need: Need): void;
  /** Computes those of an atom of it. */
  compute(i: number): void;
  /**
   * ∂/∂r_j of Σ_d weights[d] v_d, neighbours × 3, 1/Å; where more than values are needed. Valid until the next call.
   */
  slopesAlong(weights: Float64Array): Float64Array;
}
