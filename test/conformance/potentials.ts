/** Potentials of the suite. A new form is one line. */
import type { CrowdingModel } from '../../src-compute/potentials/crowding/model.ts';
import type { Handover } from '../../src-compute/potentials/handover.ts';
import { generateMomentGraph } from '../../src-compute/potentials/moment-tensor/basis.ts';
import { validateMomentTensorModel } from '../../src-compute/potentials/moment-tensor/model.ts';
import type { MomentTensorModel } from '../../src-compute/potentials/moment-tensor/model.ts';
import { lennardJonesModel } from '../../src-compute/potentials/pair/index.ts';
import type {
  LennardJonesModel,
  MorseModel,
  TabulatedPairModel,
  ZblModel,
} from '../../src-compute/potentials/pair/index.ts';
import type { PotentialModelBase } from '../../src-compute/potentials/potential.ts';
import {
  stillingerWeberCutoff,
  stillingerWeberSilicon,
} from '../../src-compute/potentials/stillinger-weber/index.ts';
import { tripleOrder } from '../../src-compute/potentials/snap/bispectrum.ts';
import { coefficientCount, componentCount, type SnapModel } from '../../src-compute/potentials/snap/index.ts';
import type { StillingerWeberModel } from '../../src-compute/potentials/stillinger-weber/index.ts';
import { sumModel } from '../../src-compute/potentials/sum/sum.ts';
import { coreStarts, denseCount, trainCount } from '../../src-compute/potentials/tensor-regression/heads.ts';
import { descriptorLayout } from '../../src-compute/potentials/tensor-regression/layout.ts';
import type { DescriptorSettings } from '../../src-compute/potentials/tensor-regression/layout.ts';
import {
  headSize,
  validateTensorRegressionModel,
} from '../../src-compute/potentials/tensor-regression/model.ts';
import type { TensorRegressionModel } from '../../src-compute/potentials/tensor-regression/model.ts';
import { inventedEmbeddedAtom } from '../support/invented-embedded-atom.ts';
import { randomAce } from '../support/random-ace.ts';
import { randomSnap } from '../support/random-snap.ts';
import { randomNumbers } from './random.ts';

export interface ConformancePotential {
  readonly name: string;
  readonly model: PotentialModelBase;
  /** Typical distance of neighbours, Å. */
  readonly bond: number;
}

/** Moment tensor potential with random coefficients of a size that makes eV and eV/Å. */
export function randomMomentTensor(
  level: number,
  species: readonly string[],
  seed: number,
  cutoff = 4.6,
): MomentTensorModel {
  const random = randomNumbers(seed);
  const centred = () => 2 * random() - 1;
  const graph = generateMomentGraph({ level });
  const radialBasisSize = 6;
  const count = species.length ** 2 * graph.radialFunctionCount * radialBasisSize;
  const model: MomentTensorModel = {
    form: 'moment-tensor',
    ...graph,
    species,
    cutoff,
    minimumDistance: 1.7,
    scaling: 0.012, // moments of order 1
    radialBasisSize,
    // falling with the order, as in fits: the functions are smooth
    radialCoefficients: Float64Array.from(
      { length: count },
      (_, k) => (2 * centred()) / (1 + (k % radialBasisSize)),
    ),
    speciesCoefficients: Float64Array.from(species, (_, k) => -1.5 - k),
    momentCoefficients: Float64Array.from(graph.scalarMoments, () => 0.5 * centred()),
  };
  validateMomentTensorModel(model);
  return model;
}

/** Size of a random tensor-regression potential: rank of a dense head, or the bonds of a tensor train. */
export interface RandomTensorSize extends Partial<DescriptorSettings> {
  readonly rank?: 1 | 2 | 3;
  readonly bonds?: readonly number[];
}

/** Tensor-regression potential with random coefficients of a size that makes eV and eV/Å. */
export function randomTensorRegression(
  species: readonly string[],
  seed: number,
  size: RandomTensorSize = {},
): TensorRegressionModel {
  const random = randomNumbers(seed);
  const centred = () => 2 * random() - 1;
  const { rank = 2, bonds, ...settings } = size;
  const descriptors: DescriptorSettings = {
    species,
    cutoff: 4.6,
    minimumDistance: 1.7,
    radialSize: 4,
    angularSize: 3,
    angularRadial: 1,
    elementWeighting: 'one-hot',
    ...settings,
  };
  const layout = descriptorLayout(descriptors);
  const m = layout.size;
  const perSpecies = (first: number, rest: (d: number) => number) =>
    Float64Array.from({ length: species.length * m }, (_, k) => (k % m === 0 ? first : rest(k % m)));
  const shift = perSpecies(0, (d) => (d < layout.angularStart ? 3 : 2) * centred());
  // what makes standardised descriptors of order 1: sums over some ten neighbours, and over their pairs; falling with the
  // order, as in fits: the functions are smooth, so that rounded positions do not change forces much
  const order = (d: number) => {
    const angular = d - layout.angularStart;
    if (angular < 0) return 1 + ((d - 1) % layout.radialSize);
    return 2 + (angular % layout.angularSize) + Math.floor(angular / layout.angularSize) / layout.channels;
  };
  const scale = perSpecies(
    1,
    (d) => ((d < layout.angularStart ? 0.1 : 0.05) * (0.7 + 0.6 * random())) / order(d) ** 2.5,
  );
  const numbers = (perHead: number, largest: number) =>
    Float64Array.from({ length: species.length * perHead }, () => largest * centred());
  const head: TensorRegressionModel['head'] = bonds
    ? {
        kind: 'tensor-train',
        bonds: Int32Array.from(bonds),
        cores: numbers(trainCount(m, bonds), 0.5),
        constants: Float64Array.from(species, (_, z) => -4 - z),
      }
    : { kind: 'dense', rank, coefficients: numbers(denseCount(m, rank), rank === 3 ? 0.2 : 0.5) };
  species.forEach((_, z) => addPairRepulsion(head, m, z));
  const model: TensorRegressionModel = {
    form: 'tensor-regression',
    ...descriptors,
    mode: 'shared',
    shift,
    scale,
    head,
  };
  validateTensorRegressionModel(model);
  return model;
}

/** Makes a constant and the first radial function most of the energy of a head, as in fits. */
function addPairRepulsion(head: TensorRegressionModel['head'], m: number, z: number): void {
  const size = headSize(head, m);
  if (head.kind === 'dense') {
    head.coefficients[z * size] += -4 - z;
    head.coefficients[z * size + 1] += 2;
    return;
  }
  // through the first state of every bond
  const { bonds, cores } = head;
  coreStarts(m, bonds, z * size).forEach((start, k) => {
    cores[k === 0 ? start + bonds[1] : start] = k === 0 ? 2 : 1;
  });
}

const pairsOf = <T>(species: readonly string[], make: (a: string, b: string, k: number) => T): T[] => {
  const pairs: T[] = [];
  for (let i = 0; i < species.length; i++) {
    for (let j = i; j < species.length; j++) pairs.push(make(species[i], species[j], pairs.length));
  }
  return pairs;
};

const longest = (pairs: readonly { readonly cutoff: number }[]) =>
  Math.max(...pairs.map(({ cutoff }) => cutoff));

function lennardJones(
  truncation: LennardJonesModel['truncation'],
  species = ['Ar', 'Kr', 'Xe'],
): LennardJonesModel {
  const pairs = pairsOf(species, (a, b, k) => ({
    species: [a, b] as [string, string],
    epsilon: 0.01 + 0.002 * k,
    sigma: 3.1 + 0.1 * k,
    cutoff: 7 + 0.2 * k,
  }));
  return { form: 'lennard-jones', species, truncation, pairs, cutoff: longest(pairs) };
}

function morse(species = ['Cu', 'Au']): MorseModel {
  const pairs = pairsOf(species, (a, b, k) => ({
    species: [a, b] as [string, string],
    depth: 0.35 + 0.05 * k,
    steepness: 1.36 + 0.1 * k,
    equilibriumDistance: 2.6 + 0.1 * k,
    cutoff: 5 + 0.25 * k,
    switchStart: 4.5,
  }));
  return { form: 'morse', species, truncation: 'switched', pairs, cutoff: longest(pairs) };
}

function tabulated(species = ['Si', 'O']): TabulatedPairModel {
  const pairs = pairsOf(species, (a, b, k) => {
    // unevenly spaced, and starting outside the closest distances
    const distances = Array.from({ length: 40 }, (_, n) => 1.9 + 0.08 * n + 0.0004 * n * n);
    return {
      species: [a, b] as [string, string],
      distances,
      energies: distances.map((r) => 3 * Math.exp(-r) * Math.cos(2.1 * r + k)),
    };
  });
  return { form: 'tabulated-pair', species, pairs, cutoff: pairs[0].distances.at(-1) ?? 0 };
}

const zbl: ZblModel = { form: 'zbl', species: ['Si', 'Ge', 'O'], innerRadius: 2.2, cutoff: 3.4 };

/** Parameters that all differ, powers included. */
export function stillingerWeber(species = ['Cd', 'Te', 'Zn']): StillingerWeberModel {
  const triplets = species.flatMap((i, a) =>
    species.flatMap((j, b) =>
      species.map((k, c) => ({
        species: [i, j, k] as [string, string, string],
        epsilon: 1 + 0.1 * a + 0.05 * (b + c),
        sigma: 2.1 + 0.1 * (a + b),
        a: 1.8,
        lambda: 20 + a + 2 * (b + c),
        gamma: 1.2,
        cosTheta0: -1 / 3 + 0.02 * a,
        A: 7.05,
        B: 0.6 + 0.02 * (a + b),
        p: a + b === 2 ? 5 : 4,
        q: a + b === 2 ? 1 : 0,
      })),
    ),
  );
  return { form: 'stillinger-weber', species, triplets, cutoff: stillingerWeberCutoff(triplets) };
}

/** Radii of a hand-over in the middle of the distances of the suite's structures; one pair that the data never had. */
function handover(species: readonly string[], cutoff: number, outer: number): Handover {
  const n = species.length;
  const radii = (fall: number, last: number) =>
    Float64Array.from({ length: n * n }, (_, k) => {
      const [a, b] = [Math.floor(k / n), k % n];
      return n > 1 && a === n - 1 && b === n - 1 ? last : outer - fall - 0.05 * (a + b);
    });
  return { inner: radii(0.35, cutoff), outer: radii(0, cutoff) };
}

/** Thresholds below what the suite's structures have, so that every atom is crowded. */
function crowding(species: readonly string[]): CrowdingModel {
  const n = species.length;
  const ranges = Float64Array.from({ length: n * n }, (_, k) => 3.6 - 0.1 * (Math.floor(k / n) + (k % n)));
  return {
    form: 'crowding',
    species,
    cutoff: 3.6,
    ranges,
    thresholds: Float64Array.from(species, (_, z) => 0.3 + 0.05 * z),
    powers: Int32Array.of(3, 4),
    amplitudes: Float64Array.from({ length: 2 * n }, (_, k) => 0.02 / (1 + k) ** 2),
  };
}

const withHandover = <M extends { readonly species: readonly string[]; readonly cutoff: number }>(
  model: M,
  outer = 2.45,
): M & { handover: Handover } => ({ ...model, handover: handover(model.species, model.cutoff, outer) });

const zblOfPairs: ZblModel = {
  form: 'zbl',
  species: ['O', 'Si'],
  innerRadius: 1.8,
  cutoff: 3.4,
  radii: { inner: Float64Array.of(1.8, 2.1, 2.1, 2.4), outer: Float64Array.of(2.5, 2.9, 2.9, 3.4) },
};

/** Every form that is no learnt one, for two species. */
export function plainPotentials(species: string[]): PotentialModelBase[] {
  return [
    lennardJones('shifted', species),
    morse(species),
    tabulated(species),
    { ...zbl, species },
    stillingerWeber(species),
    crowding(species),
  ];
}

/** SNAP whose coefficients fall with the order of the components, as in fits; an atom has −4 eV of its own. */
export function conformanceSnap(
  overrides: Partial<SnapModel>,
  species: readonly string[] = ['Si'],
): SnapModel {
  const model = randomSnap(overrides, species);
  const orders = tripleOrder(model.twojmax).map(([j1, j2, j]) => (1 + j1 + j2 + j) ** -2);
  const n = componentCount(model);
  const order = (k: number) => orders[k % orders.length];
  const per = coefficientCount(model);
  species.forEach((_, z) => {
    const own = model.coefficients.subarray(z * per, (z + 1) * per);
    own[0] = -4 - z;
    for (let k = 0; k < n; k++) own[1 + k] *= 10 * order(k);
    for (let k = 0, at = n + 1; at < per; k++) {
      for (let l = k; l < n; l++) own[at++] *= 30 * order(k) * order(l);
    }
  });
  return model;
}

export const potentials: readonly ConformancePotential[] = [
  { name: 'moment tensor, level 2', model: randomMomentTensor(2, ['Si'], 2), bond: 2.35 },
  { name: 'moment tensor, level 10', model: randomMomentTensor(10, ['Si'], 10), bond: 2.35 },
  { name: 'moment tensor, level 16', model: randomMomentTensor(16, ['Si'], 16), bond: 2.35 },
  {
    name: 'moment tensor, level 8, three species',
    model: randomMomentTensor(8, ['Si', 'Ge', 'O'], 8),
    bond: 2.35,
  },
  { name: 'Lennard-Jones, truncated', model: lennardJonesModel('Ar', 0.0104, 3.4, 8.5), bond: 3.6 },
  { name: 'Lennard-Jones, shifted, three species', model: lennardJones('shifted'), bond: 3.4 },
  { name: 'Lennard-Jones, switched, three species', model: lennardJones('switched'), bond: 3.4 },
  { name: 'Morse, two species', model: morse(), bond: 2.6 },
  { name: 'tabulated, two species', model: tabulated(), bond: 2.1 },
  { name: 'ZBL, three species', model: zbl, bond: 2 },
  { name: 'Stillinger–Weber', model: stillingerWeberSilicon(), bond: 2.35 },
  { name: 'Stillinger–Weber, three species', model: stillingerWeber(), bond: 2.5 },
  { name: 'tensor regression, rank 1', model: randomTensorRegression(['Si'], 31, { rank: 1 }), bond: 2.35 },
  { name: 'tensor regression, rank 2', model: randomTensorRegression(['Si'], 32), bond: 2.35 },
  {
    name: 'tensor regression, rank 2, three radial functions in the angular part',
    model: randomTensorRegression(['Si'], 33, { radialSize: 6, angularSize: 5, angularRadial: 3 }),
    bond: 2.35,
  },
  {
    name: 'tensor regression, rank 2, two species one-hot',
    model: randomTensorRegression(['Si', 'O'], 34, { angularRadial: 2 }),
    bond: 2.2,
  },
  {
    name: 'tensor regression, rank 2, three species by atomic number',
    model: randomTensorRegression(['Si', 'Ge', 'O'], 35, {
      elementWeighting: 'atomic-number',
      angularRadial: 2,
    }),
    bond: 2.2,
  },
  {
    name: 'tensor regression, rank 2, no angular part',
    model: randomTensorRegression(['Mo'], 36, { radialSize: 5, angularSize: 0 }),
    bond: 2.5,
  },
  {
    name: 'tensor regression, rank 3',
    model: randomTensorRegression(['Si'], 37, { rank: 3, radialSize: 3, angularSize: 3 }),
    bond: 2.35,
  },
  {
    name: 'tensor regression, rank 3 tensor train',
    model: randomTensorRegression(['Si'], 38, { bonds: [1, 3, 2, 1], angularRadial: 2 }),
    bond: 2.35,
  },
  {
    name: 'tensor regression, rank 4 tensor train, two species',
    model: randomTensorRegression(['O', 'Si'], 39, { bonds: [1, 2, 3, 2, 1], radialSize: 3, angularSize: 2 }),
    bond: 2.2,
  },
  {
    name: 'tensor regression + ZBL',
    model: sumModel<PotentialModelBase>([randomTensorRegression(['O', 'Si'], 40, { angularRadial: 2 }), zbl]),
    bond: 2.2,
  },
  {
    name: 'moment tensor + ZBL',
    model: sumModel<PotentialModelBase>([randomMomentTensor(6, ['O', 'Si'], 6), zbl]),
    bond: 2.2,
  },
  { name: 'moment tensor, handed over', model: withHandover(randomMomentTensor(10, ['Si'], 50)), bond: 2.35 },
  {
    name: 'moment tensor, two species, handed over, with ZBL of pairs and crowding',
    model: sumModel<PotentialModelBase>([
      withHandover(randomMomentTensor(8, ['O', 'Si'], 51)),
      zblOfPairs,
      crowding(['O', 'Si']),
    ]),
    bond: 2.2,
  },
  {
    name: 'tensor regression, two species, handed over',
    model: withHandover(randomTensorRegression(['O', 'Si'], 52, { angularRadial: 2 })),
    bond: 2.2,
  },
  {
    name: 'tensor regression, one species, handed over',
    model: withHandover(
      randomTensorRegression(['Si'], 53, { radialSize: 6, angularSize: 5, angularRadial: 3 }),
    ),
    bond: 2.35,
  },
  { name: 'crowding, two species', model: crowding(['Si', 'O']), bond: 2.2 },
  { name: 'SNAP', model: conformanceSnap({ twojmax: 5 }), bond: 2.35 },
  { name: 'SNAP, quadratic', model: conformanceSnap({ quadratic: true, twojmax: 3 }), bond: 2.35 },
  {
    name: 'SNAP, two species',
    model: conformanceSnap({ twojmax: 4, subtractIsolated: false, rmin0: 0.4, rfac0: 0.9 }, ['In', 'P']),
    bond: 2.35,
  },
  {
    name: 'SNAP, two species apart, quadratic, normalised',
    model: conformanceSnap({ elementsApart: true, normalised: true, quadratic: true, twojmax: 2 }, [
      'In',
      'P',
    ]),
    bond: 2.35,
  },
  {
    name: 'SNAP, two species apart, inner switch',
    model: conformanceSnap(
      {
        elementsApart: true,
        selfInAll: true,
        twojmax: 3,
        inner: { centres: Float64Array.of(2.3, 2.2), widths: Float64Array.of(0.4, 0.5) },
      },
      ['In', 'P'],
    ),
    bond: 2.35,
  },
  { name: 'ACE', model: randomAce({ rank: 4, lmax: 1 }), bond: 2.35 },
  {
    name: 'ACE, two species, two densities',
    model: randomAce({ species: ['In', 'P'], densities: 2, rank: 2, lmax: 3 }),
    bond: 2.35,
  },
  {
    name: 'ACE, inner cutoff',
    model: randomAce({ bond: { innerCutoff: 2.2, innerWidth: 0.4 }, model: { core: 'distance' } }),
    bond: 2.35,
  },
  { name: 'embedded atom, eam/alloy, two species', model: inventedEmbeddedAtom(false), bond: 2.5 },
  { name: 'embedded atom, eam/fs, two species', model: inventedEmbeddedAtom(true), bond: 2.5 },
];
