/** Families of descriptors that polynomials are fitted in; a new one is a line in each. */
import { SnapDescriptors, type SnapDescriptorSettings } from '../../forms/snap/descriptors.ts';
import { descriptorLayout, type DescriptorSettings } from '../../potentials/tensor-regression/layout.ts';
import { DescriptorGradients } from './descriptor-gradients.ts';

/** Settings of a family. Those without a name are of tensor regression. */
export type FamilySettings = DescriptorSettings | SnapDescriptorSettings;

/** Descriptors of one atom after the other. */
export interface AtomDescriptors {
  /** v of the last atom, m numbers, the first of them 1. */
  readonly values: Float64Array;
  /** ∂v/∂r_j of the last atom, neighbours × 3 × m, 1/Å. */
  readonly gradients: Float64Array;
  /**
   * @param vectors r_j − r_i, Å; 3 per pair
   * @param neighbours atom of each pair
   * @param from first pair of the atom, `to` the one after its last
   * @param species of atom j is `species[first + j]`
   * @param centre species of the atom itself
   */
  compute(
    vectors: Float64Array,
    neighbours: Int32Array,
    from: number,
    to: number,
    species: Int32Array,
    first: number,
    centre: number,
    withGradients: boolean,
  ): void;
}

export function openDescriptors(settings: FamilySettings): AtomDescriptors {
  return 'family' in settings ? new SnapDescriptors(settings) : new DescriptorGradients(settings);
}

/** m: numbers of a descriptor vector, the leading 1 included. */
export function descriptorCount(settings: FamilySettings): number {
  return 'family' in settings ? SnapDescriptors.count(settings) : descriptorLayout(settings).size;
}
