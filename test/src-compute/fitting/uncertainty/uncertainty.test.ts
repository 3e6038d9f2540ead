/** Do predicted errors hold the errors that are made, whatever the weights of a fit? Many seeds, truth known. */
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../../src-compute/fitting/random.ts';
import { fitTensorRegression } from '../../../../src-compute/fitting/tensor-regression/fit.ts';
import type { TensorFitSettings } from '../../../../src-compute/fitting/tensor-regression/settings.ts';
import { DEFAULT_WEIGHTS, packChunk } from '../../../../src-compute/fitting/training-set.ts';
import {
  deviationOf,
  fitKind,
  type HeldOutError,
} from '../../../../src-compute/fitting/uncertainty/error-model.ts';
import { estimateUncertainty, type FoldSums } from '../../../../src-compute/fitting/uncertainty/held-out.ts';
import { CoverageSum, ErrorPredictor } from '../../../../src-compute/fitting/uncertainty/predicted.ts';
import {
  formatPotentialDocument,
  parsePotentialDocument,
} from '../../../../src-compute/potentials/document.ts';
import {
  descriptorLayout,
  evaluateTensorRegression,
  type TensorRegressionModel,
} from '../../../../src-compute/potentials/tensor-regression/index.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { randomTensorRegression } from '../../../conformance/potentials.ts';
import { sourceOf } from '../../../support/fit.ts';
import { labelledByTensor, tensorPool, tensorSettings } from '../../../support/tensor-fit.ts';

/** Sum of twelve uniform numbers: Gaussian enough within three standard deviations. */
function gaussian(random: SeededRandom): number {
  let sum = -6;
  for (let k = 0; k < 12; k++) sum += random.uniform();
  return sum;
}

describe('the error model of a kind of label', () => {
  /** Errors of variance n² N^γ + s² d². */
  function errors(count: number, seed: number, exponent: number): HeldOutError[] {
    const random = new SeededRandom(seed);
    return Array.from({ length: count }, () => {
      const atoms = 4 + Math.floor(60 * random.uniform());
      const spread = Math.exp(gaussian(random));
      const sigma = Math.hypot(0.02 * atoms ** (exponent / 2), 0.01 * spread);
      return { error: sigma * gaussian(random), spread, atoms };
    });
  }

  it.each([0, 1, 2])('finds how errors grow with the number of atoms: γ = %i', (exponent) => {
    const found = [1, 2, 3, 4, 5, 6, 7].map(
      (seed) => fitKind(errors(400, seed, exponent), [1, 2, 0])?.exponent,
    );
    expect(found.filter((value) => value === exponent).length).toBeGreaterThanOrEqual(6);
  });

  it.each([30, 100, 400])('holds new errors as often as it says, made from %i', (count) => {
    let [one, two, all] = [0, 0, 0];
    for (let seed = 0; seed < 40; seed++) {
      const model = fitKind(errors(count, 1 + seed, 1), [1, 2, 0]);
      for (const { error, spread, atoms } of errors(200, 1000 + seed, 1)) {
        const z = Math.abs(error) / deviationOf(model!, spread, atoms);
        if (z <= 1) one++;
        if (z <= 2) two++;
        all++;
      }
    }
    expect(one / all).toBeGreaterThan(0.655);
    expect(one / all).toBeLessThan(0.82);
    expect(two / all).toBeGreaterThan(0.93);
  });

  it('says nothing from a handful of errors, and is not led astray by exact ones', () => {
    expect(fitKind(errors(4, 1, 1), [1])).toBeUndefined();
    const exact = fitKind(
      errors(20, 1, 1).map((e) => ({ ...e, error: 0 })),
      [1],
    );
    expect(exact?.noise).toBeLessThan(1e-12);
  });
});

describe('predicted errors of a fit', () => {
  const noise = { energy: 0.3, force: 0.05, virial: 0.5 };
  const truth = randomTensorRegression(['Si'], 6, { radialSize: 2, angularSize: 2 });

  function noisy(count: number, seed: number): Configuration[] {
    const random = new SeededRandom(seed);
    return labelledByTensor(truth, count, 5, 60 * seed).map((c) => {
      const virial = c.virial?.slice();
      for (const [a, b] of [0, 1, 2].flatMap((a) => [0, 1, 2].filter((b) => b >= a).map((b) => [a, b]))) {
        const e = noise.virial * gaussian(random);
        virial![3 * a + b] += e;
        if (a !== b) virial![3 * b + a] += e;
      }
      return {
        ...c,
        energy: (c.energy ?? 0) + noise.energy * gaussian(random),
        forces: c.forces?.map((f) => f + noise.force * gaussian(random)),
        virial,
      };
    });
  }

  async function fitted(
    data: Configuration[],
    weights: typeof DEFAULT_WEIGHTS,
    more: Partial<TensorFitSettings> = {},
    change: (sums: FoldSums) => FoldSums = (sums) => sums,
  ) {
    const settings = tensorSettings(truth, { weights, keepSums: true, ...more });
    const result = await fitTensorRegression(
      settings,
      tensorPool(data, truth.species, (k) => k % 8),
    );
    const uncertainty = await estimateUncertainty(
      change(result.sums!),
      sourceOf(data, truth.species, (k) => k % 8),
    );
    const model: TensorRegressionModel = {
      ...truth,
      shift: result.shift,
      scale: result.scale,
      head: result.head,
    };
    return { model, uncertainty, posterior: result.posterior };
  }

  it('hold the errors of every kind whatever its weight: energies 1/3000, 1 and 100 times the default', async () => {
    for (const energy of [1 / 3000, 1, 100]) {
      const sum = new CoverageSum();
      for (let seed = 1; seed <= 10; seed++) {
        const { model, uncertainty } = await fitted(noisy(48, seed), { ...DEFAULT_WEIGHTS, energy });
        const predictor = new ErrorPredictor(model, uncertainty);
        const fresh = noisy(12, 100 + seed);
        const chunk = packChunk(fresh, model.species, () => 0);
        fresh.forEach((c, k) => {
          const { energy: e, forces, virial } = evaluateTensorRegression(model, c);
          sum.add(chunk, k, predictor.of(c), e, forces, virial);
        });
      }
      const coverage = sum.result();
      for (const kind of ['energy', 'force', 'virial'] as const) {
        const [one, two] = [coverage[`${kind}_within_1_sigma`], coverage[`${kind}_within_2_sigma`]];
        expect(one, `${kind}, weight ${energy}`).toBeGreaterThan(0.6);
        expect(one, `${kind}, weight ${energy}`).toBeLessThan(0.87);
        expect(two, `${kind}, weight ${energy}`).toBeGreaterThan(0.91);
      }
      expect(coverage.warnings).toEqual([]);
      // σ cannot be less than the noise, and is not much more where weights are sound
      expect(coverage.force_sigma_ev_per_a).toBeGreaterThan(0.9 * noise.force);
      if (energy === 1) expect(coverage.force_sigma_ev_per_a).toBeLessThan(2 * noise.force);
    }
  });

  it.each<[string, Partial<TensorFitSettings>, (sums: FoldSums) => FoldSums]>([
    ['a tensor train', { rank: 2, bondDimension: 2 }, (sums) => sums],
    [
      'a wide fit, which holds one part out and keeps the posterior of some columns',
      {},
      (sums) => ({
        ...sums,
        folds: new Map([[0, sums.folds.get(0)!]]),
        subset: Int32Array.from({ length: descriptorLayout(truth).size }, (_, j) => j),
      }),
    ],
    [
      'a fit that keeps no posterior at all',
      {},
      (sums) => ({ ...sums, folds: new Map([[0, sums.folds.get(0)!]]), subset: new Int32Array(0) }),
    ],
  ])('hold for %s, from its document too', async (_, more, change) => {
    const sum = new CoverageSum();
    for (let seed = 1; seed <= 6; seed++) {
      const { model, uncertainty } = await fitted(noisy(60, seed), DEFAULT_WEIGHTS, more, change);
      const text = formatPotentialDocument({
        name: 'x',
        model,
        uncertainty,
        metrics: {},
        provenance: { program: 'test', created: '', data: [], settings: {}, report: {} },
      });
      const predictor = new ErrorPredictor(model, parsePotentialDocument(text).uncertainty!);
      const fresh = noisy(12, 100 + seed);
      const chunk = packChunk(fresh, model.species, () => 0);
      fresh.forEach((c, k) => {
        const { energy: e, forces, virial } = evaluateTensorRegression(model, c);
        sum.add(chunk, k, predictor.of(c), e, forces, virial);
      });
    }
    const coverage = sum.result();
    for (const kind of ['energy', 'force', 'virial'] as const) {
      const [one, two] = [coverage[`${kind}_within_1_sigma`], coverage[`${kind}_within_2_sigma`]];
      expect(one, kind).toBeGreaterThan(0.55);
      expect(one, kind).toBeLessThan(0.9);
      expect(two, kind).toBeGreaterThan(0.88);
    }
  });

  it('shrink with data, and warn where structures are of another kind', async () => {
    const few = await fitted(noisy(12, 3), DEFAULT_WEIGHTS);
    const many = await fitted(noisy(60, 3), DEFAULT_WEIGHTS);
    const [fresh] = noisy(1, 77);
    const spread = ({ model, uncertainty }: typeof few) => {
      const { forces } = new ErrorPredictor(model, uncertainty).of(fresh);
      return forces.reduce((total, s) => total + s, 0) / forces.length;
    };
    expect(spread(many)).toBeLessThan(spread(few));
    const sum = new CoverageSum();
    const predictor = new ErrorPredictor(many.model, many.uncertainty);
    const wrong = noisy(12, 5).map((c) => ({ ...c, energy: (c.energy ?? 0) + 25 }));
    const chunk = packChunk(wrong, truth.species, () => 0);
    wrong.forEach((c, k) => {
      const { energy, forces, virial } = evaluateTensorRegression(many.model, c);
      sum.add(chunk, k, predictor.of(c), energy, forces, virial);
    });
    expect(sum.result().warnings.join()).toContain('predicted errors of energies are too small here');
  });

  it('come back from the document of the potential, to the bit', async () => {
    const { model, uncertainty } = await fitted(noisy(16, 2), DEFAULT_WEIGHTS);
    const document = {
      name: 'x',
      model,
      uncertainty,
      metrics: {},
      provenance: { program: 'test', created: '', data: [], settings: {}, report: {} },
    };
    const text = formatPotentialDocument(document);
    const back = parsePotentialDocument(text);
    const [fresh] = noisy(1, 9);
    expect(new ErrorPredictor(back.model, back.uncertainty!).of(fresh)).toEqual(
      new ErrorPredictor(model, uncertainty).of(fresh),
    );
    const cut = text.replace(/("root": "[^"]{40})[^"]*/, '$1');
    expect(() => parsePotentialDocument(cut)).toThrow('the posterior is cut short');
    expect(() => new ErrorPredictor({ ...model, radialSize: 3 }, uncertainty)).toThrow();
  });
});
