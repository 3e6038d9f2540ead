/** One potential of every form that the KIM model computes, so that a library of all programs is built once for all tests. */
import type { PotentialModelBase } from '../../src-compute/potentials/potential.ts';
import {
  conformanceSnap,
  plainPotentials,
  randomMomentTensor,
  randomTensorRegression,
} from '../conformance/potentials.ts';
import { inventedEmbeddedAtom } from './invented-embedded-atom.ts';
import { randomAce } from './random-ace.ts';

/** Elements of `programPotentials`. */
export const KIM_SPECIES = ['Cu', 'Ni'];

/** All forms that are printed as programs. */
export function programPotentials(): PotentialModelBase[] {
  return [
    conformanceSnap({ elementsApart: true, normalised: true, quadratic: true, twojmax: 2 }, KIM_SPECIES),
    conformanceSnap(
      {
        twojmax: 5,
        rmin0: 0.4,
        inner: { centres: Float64Array.of(2, 2.1), widths: Float64Array.of(0.4, 0.3) },
      },
      KIM_SPECIES,
    ),
    inventedEmbeddedAtom(true),
    randomAce({ species: KIM_SPECIES, densities: 2, rank: 3 }),
    ...plainPotentials(KIM_SPECIES),
  ];
}

/** Those whose code in the model is the same for all potentials. */
export function tablePotentials(): PotentialModelBase[] {
  return [randomMomentTensor(8, KIM_SPECIES, 8), randomTensorRegression(KIM_SPECIES, 34)];
}
