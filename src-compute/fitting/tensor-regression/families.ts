/** Families of descriptors that polynomials are fitted in; a new one is a line in each. */
import { AceDescriptors, type AceDescriptorSettings } from '../../forms/ace/descriptors.ts';
import type { SnapDescriptorSettings } from '../../forms/snap/component-settings.ts';
import { SnapDescriptors } from '../../forms/snap/descriptors.ts';
import { descriptorLayout, type DescriptorSettings } from '../../potentials/tensor-regression/layout.ts';
import type { PairList } from '../../structure/reference-pairs.ts';
import type { AtomDescriptors, Need } from './atom-descriptors.ts';
import { DescriptorGradients } from './descriptor-gradients.ts';

/** Settings of a family. Those without a name are of tensor regression. */
export type FamilySettings = DescriptorSettings | SnapDescriptorSettings | AceDescriptorSettings;

export function openDescriptors(settings: FamilySettings): AtomDescriptors {
  if (!('family' in settings)) return new TensorDescriptors(new DescriptorGradients(settings));
  return settings.family === 'ace' ? new AceDescriptors(settings) : new SnapDescriptors(settings);
}

/** m: numbers of a descriptor vector, the leading 1 included. */
export function descriptorCount(settings: FamilySettings): number {
  if (!('family' in settings)) return descriptorLayout(settings).size;
  return settings.family === 'ace' ? AceDescriptors.count(settings) : SnapDescriptors.count(settings);
}

/**
 * Every n-th atom of an element is enough for the standardisation of a family: 1 where all are taken. Descriptors of tensor
 * regression cost little beside what follows.
 */
export function statisticsStride(settings: FamilySettings): number {
  return 'family' in settings ? 8 : 1;
}

/** Descriptors of tensor regression, whose structure is handed over with every atom. */
class TensorDescriptors implements AtomDescriptors {
  private readonly of: DescriptorGradients;
  private list: PairList | undefined;
  private species: Int32Array = new Int32Array(0);
  private first = 0;
  private need: Need = 'values';
  private neighbours = 0;
  private along = new Float64Array(0);

  constructor(of: DescriptorGradients) {
    this.of = of;
  }

  get values(): Float64Array {
    return this.of.values;
  }

  get gradients(): Float64Array {
    return this.of.gradients;
  }

  open(list: PairList, species: Int32Array, first: number, need: Need): void {
    Object.assign(this, { list, species, first, need });
  }

  compute(i: number): void {
    const { list, species, first, need } = this;
    if (!list) throw new Error('no structure has been opened');
    const [from, to] = [list.start[i], list.start[i + 1]];
    this.neighbours = to - from;
    this.of.compute(
      list.vectors,
      list.neighbours,
      from,
      to,
      species,
      first,
      species[first + i],
      need !== 'values',
    );
  }

  slopesAlong(weights: Float64Array): Float64Array {
    const { gradients, values, neighbours } = this;
    const m = values.length;
    if (this.along.length < 3 * neighbours) this.along = new Float64Array(6 * neighbours);
    for (let row = 0, g = 0; row < 3 * neighbours; row++, g += m) {
      let slope = 0;
      for (let d = 1; d < m; d++) slope += weights[d] * gradients[g + d];
      this.along[row] = slope;
    }
    return this.along;
  }
}
