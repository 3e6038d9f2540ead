/** Objectives of ACE fits and their gradients by all parameters, against the plain evaluation and finite differences. */
import { describe, expect, it } from 'vitest';
import { aceBasis, basisExtent } from '../../../../src-compute/forms/ace/basis.ts';
import type { AceDescriptorSettings } from '../../../../src-compute/forms/ace/descriptors.ts';
import { AcePass } from '../../../../src-compute/forms/ace/all-parameters/pass.ts';
import type { AceParameters } from '../../../../src-compute/forms/ace/all-parameters/structure.ts';
import { QuasiNewton } from '../../../../src-compute/fitting/quasi-newton.ts';
import { packChunk, DEFAULT_WEIGHTS } from '../../../../src-compute/fitting/training-set.ts';
import { embeddedEnergy, embeddingDerivatives } from '../../../../src-compute/potentials/ace/embedding.ts';
import {
  evaluateAce,
  type AceBond,
  type AceEmbedding,
} from '../../../../src-compute/potentials/ace/index.ts';
import { randomConfiguration } from '../../../support/physics.ts';

const SPECIES = ['In', 'P'];
const DENSITIES = 2;
const functions = aceBasis({
  ...{ species: 2, degrees: [8, 8, 8, 8], factorWeight: 2, radialWeight: 4, angularWeight: 1 },
  ...{ lmax: 3, pairFunctions: 4 },
});
const { radial, lmax, base } = basisExtent(functions);
const size = radial * (lmax + 1) * base;
const bonds = [0, 1, 2, 3].map((k): AceBond => ({
  ...{ radial: 'SBessel', parameter: 5, cutoff: 4 - 0.1 * k, cutoffWidth: 0.01 },
  ...{ corePrefactor: 0, coreExponent: 1, innerCutoff: 1.7, innerWidth: 0.5 },
  ...{ radialCount: radial, baseCount: base, lmax },
  coefficients: Float64Array.from({ length: size }, (_, q) => Math.cos(1.7 * q + k)),
}));
const descriptors: AceDescriptorSettings = {
  ...{ family: 'ace', species: SPECIES, cutoff: 4, tableSpacing: 0.001, core: 'distance', bonds, functions },
};
const embeddings = SPECIES.map((): AceEmbedding => ({
  ...{ kind: 'FinnisSinclairShiftedScaled', coreCutoff: 1e5, coreWidth: 250 },
  ...{ weights: Float64Array.of(1, 0.7), exponents: Float64Array.of(1, 0.5) },
}));
const weightCount = SPECIES.length * functions.length * DENSITIES;
const parameters: AceParameters = {
  constants: Float64Array.of(-1, 0.5),
  weights: Float64Array.from({ length: weightCount }, (_, k) => 0.01 * Math.sin(k * k)),
  radial: Float64Array.from(bonds.flatMap(({ coefficients }) => Array.from(coefficients))),
};
const data = [1, 2].map((seed) => ({
  ...randomConfiguration(SPECIES, 6, 5.2, 1.9, seed),
  energy: -3 * seed,
  forces: Float64Array.from({ length: 18 }, (_, k) => Math.sin(k + seed)),
  virial: Float64Array.of(1, 0.2, 0.3, 0.2, 2, 0.1, 0.3, 0.1, 3),
}));
const chunk = packChunk(data, SPECIES, () => 0);
const pass = new AcePass({ descriptors, embeddings, weights: { ...DEFAULT_WEIGHTS, virial: 0.1 } });

const flat = ({ constants, weights, radial: c }: AceParameters) =>
  Float64Array.from([...constants, ...weights, ...c]);
const unflat = (x: Float64Array): AceParameters => ({
  constants: x.slice(0, 2),
  weights: x.slice(2, 2 + weightCount),
  radial: x.slice(2 + weightCount),
});
function objective(x: Float64Array): { value: number; gradient: Float64Array } {
  pass.begin(unflat(x), [0]);
  pass.add(chunk);
  const { gram } = pass.end().get(0)!;
  return { value: gram[0], gradient: gram.slice(1) };
}

describe('a fit of all parameters of an ACE potential', () => {
  it('predicts what the plain evaluation gives', () => {
    const model = {
      ...{
        form: 'ace' as const,
        species: SPECIES,
        cutoff: 4,
        tableSpacing: 0.001,
        core: 'distance' as const,
      },
      ...{ isolated: parameters.constants, embeddings, bonds },
      functions: SPECIES.map((_, s) =>
        functions.map((f, k) => ({
          ...{ neighbours: Int32Array.from(f.neighbours), radial: Int32Array.from(f.radial) },
          ...{ angular: Int32Array.from(f.angular), orders: f.coupling.orders },
          couplings: Float64Array.from(Array.from(f.coupling.coefficients).flatMap((c) => [c, c])),
          weights: parameters.weights.slice(
            (s * functions.length + k) * DENSITIES,
            (s * functions.length + k + 1) * DENSITIES,
          ),
        })),
      ),
    };
    pass.begin(parameters, [0]);
    const { energies, forces, virials } = pass.predict(chunk, new Float64Array(0));
    data.forEach((configuration, k) => {
      const expected = evaluateAce(model, configuration);
      // the tables of a fit are coarser than those of a file
      expect(energies[k]).toBeCloseTo(expected.energy, 5);
      expected.forces.forEach((f, i) => expect(forces[18 * k + i]).toBeCloseTo(f, 4));
      expected.virial.forEach((w, i) => expect(virials[9 * k + i]).toBeCloseTo(w, 4));
    });
  });

  it('has the gradient of finite differences: constants, weights of both densities, radial coefficients', () => {
    const x = flat(parameters);
    const { gradient } = objective(x);
    const step = 1e-5;
    // every seventh parameter, each kind among them
    for (let k = 0; k < x.length; k += 7) {
      const [up, down] = [1, -1].map((sign) => {
        const moved = x.slice();
        moved[k] += sign * step;
        return objective(moved).value;
      });
      expect((up - down) / (2 * step)).toBeCloseTo(gradient[k], 6);
    }
  });

  it('goes downhill: the loss falls at every step', async () => {
    const problem = {
      evaluate: (x: Float64Array) => Promise.resolve(objective(x)),
      precondition: (d: Float64Array) => void d.forEach((value, k) => (d[k] = 1e-4 * value)),
    };
    const search = await QuasiNewton.start(problem, flat(parameters));
    const first = search.at.value;
    for (let n = 0, before = first; n < 8; n++, before = search.at.value) {
      expect(await search.step()).toBe(true);
      expect(search.at.value).toBeLessThan(before);
    }
    expect(search.at.value).toBeLessThan(0.7 * first);
  });

  it('knows the first and second derivatives of embeddings', () => {
    for (const rho of [-2, -0.3, -0.01, 0.02, 0.5, 3]) {
      const value = (at: number) => embeddedEnergy(embeddings[0], Float64Array.of(0, at)).energy;
      const slope = (at: number) => embeddedEnergy(embeddings[0], Float64Array.of(0, at)).slopes[1];
      const known = embeddingDerivatives(embeddings[0], 1, rho);
      expect(known.value).toBeCloseTo(value(rho), 12);
      expect(known.slope).toBeCloseTo(slope(rho), 12);
      expect(known.curvature).toBeCloseTo((slope(rho + 1e-5) - slope(rho - 1e-5)) / 2e-5, 7);
    }
  });
});

describe('quasi-Newton steps', () => {
  it('end at the minimum of a quadratic, in few steps where the preconditioner is right', async () => {
    const curvature = Float64Array.of(1, 10, 100, 1000);
    const problem = {
      evaluate: (x: Float64Array) =>
        Promise.resolve({
          value: x.reduce((sum, v, k) => sum + (curvature[k] * (v - k) ** 2) / 2, 0),
          gradient: x.map((v, k) => curvature[k] * (v - k)),
        }),
      precondition: (d: Float64Array) => void d.forEach((value, k) => (d[k] = value / curvature[k])),
    };
    const search = await QuasiNewton.start(problem, Float64Array.of(5, 5, 5, 5));
    await search.step();
    search.x.forEach((value, k) => expect(value).toBeCloseTo(k, 10));
    expect(await search.step()).toBe(false);
  });
});
