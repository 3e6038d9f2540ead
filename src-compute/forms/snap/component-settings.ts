/** What the bispectrum components of an atom depend on. */
import type { SnapModel } from '../../potentials/snap/model.ts';

/** What components depend on. */
export type SnapDescriptorSettings = Omit<SnapModel, 'coefficients' | 'quadratic' | 'form'> & {
  readonly family: 'snap';
};

/** The settings of a model's components. */
export function componentsOfModel(model: SnapModel): SnapDescriptorSettings {
  const { species, cutoff, twojmax, rcutfac, rfac0, rmin0, switching, subtractIsolated } = model;
  const { elementsApart, normalised, selfInAll, radii, weights, inner } = model;
  return {
    family: 'snap',
    ...{ species, cutoff, twojmax, rcutfac, rfac0, rmin0, switching, subtractIsolated },
    ...{ elementsApart, normalised, selfInAll, radii, weights, ...(inner && { inner }) },
  };
}
