/** Functions of linear ACE for fits, against the plain evaluation and finite differences; which functions there are. */
import { describe, expect, it } from 'vitest';
import { aceBasis, basisExtent } from '../../../../src-compute/forms/ace/basis.ts';
import { AceDescriptors, type AceDescriptorSettings } from '../../../../src-compute/forms/ace/descriptors.ts';
import {
  aceFunctionValues,
  type AceBond,
  type AceModel,
} from '../../../../src-compute/potentials/ace/index.ts';
import { referencePairs } from '../../../../src-compute/structure/reference-pairs.ts';
import { randomConfiguration } from '../../../support/physics.ts';

const SPECIES = ['In', 'P'];

function settings(): AceDescriptorSettings {
  const functions = aceBasis({ species: 2, degrees: [6, 5, 4, 3], angularWeight: 1, lmax: 3 });
  const { radial, lmax, base } = basisExtent(functions);
  // radial functions are combinations, which differ with l and with the pair
  const coefficients = (pair: number) =>
    Float64Array.from({ length: radial * (lmax + 1) * base }, (_, k) => Math.cos(1.7 * k + pair));
  const bonds = [0, 1, 2, 3].map((k): AceBond => ({
    ...{ radial: 'SBessel', parameter: 5, cutoff: 4 - 0.1 * k, cutoffWidth: 0.01 },
    ...{ corePrefactor: 0, coreExponent: 1, innerCutoff: 2, innerWidth: 0.3 },
    ...{ radialCount: radial, baseCount: base, lmax, coefficients: coefficients(k) },
  }));
  return {
    ...{
      family: 'ace',
      species: SPECIES,
      cutoff: 4,
      tableSpacing: 0.001,
      core: 'distance',
      bonds,
      functions,
    },
  };
}

function modelOf({ functions, ...rest }: AceDescriptorSettings): AceModel {
  return {
    ...{ ...rest, form: 'ace', isolated: new Float64Array(2) },
    embeddings: SPECIES.map(() => ({
      ...{ kind: 'FinnisSinclair', weights: Float64Array.of(1), exponents: Float64Array.of(1) },
      ...{ coreCutoff: 1e5, coreWidth: 250 },
    })),
    functions: SPECIES.map(() =>
      functions.map(({ neighbours, radial, angular, coupling }) => ({
        ...{ neighbours: Int32Array.from(neighbours), radial: Int32Array.from(radial) },
        ...{ angular: Int32Array.from(angular), orders: coupling.orders, couplings: coupling.coefficients },
        weights: Float64Array.of(1),
      })),
    ),
  };
}

describe('functions of linear ACE', () => {
  const own = settings();
  const configuration = randomConfiguration(SPECIES, 6, 5.2, 1.9, 5);
  const species = Int32Array.from(configuration.kinds, (kind) =>
    SPECIES.indexOf(configuration.symbols[kind]),
  );
  const list = referencePairs(configuration, own.cutoff);

  it('have the values of the plain evaluation', () => {
    const descriptors = new AceDescriptors(own);
    descriptors.open(list, species, 0, 'values');
    aceFunctionValues(modelOf(own), configuration).forEach((expected, i) => {
      descriptors.compute(i);
      expect(descriptors.values.length).toBe(1 + expected.length);
      expected.forEach((value, f) => expect(descriptors.values[1 + f]).toBeCloseTo(value, 12));
    });
  });

  it('have the derivatives of finite differences, and slopes along a combination', () => {
    const descriptors = new AceDescriptors(own);
    const m = descriptors.values.length;
    const weights = Float64Array.from({ length: m }, (_, k) => Math.sin(k));
    const step = 1e-5;
    const [i, p, axis] = [2, list.start[2] + 1, 1];
    descriptors.open(list, species, 0, 'gradients');
    descriptors.compute(i);
    const at = (3 * (p - list.start[i]) + axis) * m;
    const gradient = descriptors.gradients.slice(at, at + m);
    const [slope] = descriptors.slopesAlong(weights).slice(3 * (p - list.start[i]) + axis);
    expect(slope).toBeCloseTo(
      gradient.reduce((sum, g, f) => sum + g * weights[f], 0),
      10,
    );
    const moved = [1, -1].map((sign) => {
      const vectors = list.vectors.slice();
      vectors[3 * p + axis] += sign * step;
      descriptors.open({ ...list, vectors }, species, 0, 'values');
      descriptors.compute(i);
      return descriptors.values.slice();
    });
    for (let f = 1; f < m; f++) expect((moved[0][f] - moved[1][f]) / (2 * step)).toBeCloseTo(gradient[f], 7);
  });

  it('grow with the degree, each product once', () => {
    // rank 1: n = 1 … 4; rank 2 with w = 2: (n n')(l = 0) of degree ≤ 3: 6, and l = 1 has degree 4
    const small = aceBasis({ species: 1, degrees: [3, 3], angularWeight: 2, lmax: 4 });
    expect(small.filter(({ radial }) => radial.length === 1)).toHaveLength(4);
    expect(small.filter(({ radial }) => radial.length === 2)).toHaveLength(6);
    const keys = aceBasis({ species: 2, degrees: [4, 4, 4], angularWeight: 1, lmax: 3 }).map(
      ({ neighbours, radial, angular, coupling }) =>
        [neighbours, radial, angular, Array.from(coupling.orders), Array.from(coupling.coefficients)].join(
          '|',
        ),
    );
    expect(new Set(keys).size).toBe(keys.length);
  });
});
