/** Fits of data that a tensor-regression potential has made. */
import { describe, expect, it } from 'vitest';
import { fitTensorRegression } from '../../../../src-compute/fitting/tensor-regression/fit.ts';
import type { TrainCheckpoint } from '../../../../src-compute/fitting/tensor-regression/train-checkpoint.ts';
import type { TensorFitResult } from '../../../../src-compute/fitting/tensor-regression/settings.ts';
import { standardDeviation } from '../../../../src-compute/fitting/tensor-regression/ridge.ts';
import { TensorRows } from '../../../../src-compute/fitting/uncertainty/row-sources.ts';
import { DEFAULT_WEIGHTS, packChunk } from '../../../../src-compute/fitting/training-set.ts';
import {
  descriptorLayout,
  evaluateTensorRegression,
  type TensorRegressionModel,
} from '../../../../src-compute/potentials/tensor-regression/index.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { randomTensorRegression } from '../../../conformance/potentials.ts';
import { labelledByTensor, tensorPool, tensorSettings } from '../../../support/tensor-fit.ts';

const small = { radialSize: 2, angularSize: 2 };

/** The potential that a fit has given. */
function potentialOf(truth: TensorRegressionModel, result: TensorFitResult): TensorRegressionModel {
  return { ...truth, shift: result.shift, scale: result.scale, head: result.head };
}

/** Root mean square of force errors over that of the forces. */
function relativeForceError(model: TensorRegressionModel, data: readonly Configuration[]): number {
  let [error, size] = [0, 0];
  for (const c of data) {
    const { forces } = evaluateTensorRegression(model, c);
    c.forces?.forEach((f, k) => {
      error += (forces[k] - f) ** 2;
      size += f * f;
    });
  }
  return Math.sqrt(error / size);
}

describe('dense fits', () => {
  it.each<[string, TensorRegressionModel, 1 | 2 | 3]>([
    ['rank 1', randomTensorRegression(['Si'], 1, { rank: 1, ...small }), 1],
    ['rank 2', randomTensorRegression(['Si'], 2, small), 2],
    ['rank 2, two elements', randomTensorRegression(['Si', 'O'], 3, { radialSize: 1, angularSize: 1 }), 2],
    ['rank 3', randomTensorRegression(['Si'], 4, { rank: 3, ...small }), 3],
  ])('%s: find the potential that made the data', async (_, truth, rank) => {
    const data = labelledByTensor(truth, 24);
    const pool = tensorPool(data, truth.species, () => 0, 2);
    const result = await fitTensorRegression(tensorSettings(truth, { rank, ridge: 1e-13 }), pool);
    const fresh = labelledByTensor(truth, 6, 6, 900);
    expect(relativeForceError(potentialOf(truth, result), fresh)).toBeLessThan(1e-5);
    expect(result.loss).toBeLessThan(1e-10 * result.rows);
  });

  it('choose λ by evidence and by cross-validation from noisy data, neither far from the best on new data', async () => {
    const truth = randomTensorRegression(['Si'], 5, small);
    const noisy = labelledByTensor(truth, 16).map((c, k) => ({
      ...c,
      forces: c.forces?.map((f, n) => f + 0.3 * Math.sin(7 * n + 31 * k)),
    }));
    const fresh = labelledByTensor(truth, 6, 6, 900);
    const errorWith = async (more: object) => {
      const pool = tensorPool(noisy, truth.species, (k) => k % 8);
      const result = await fitTensorRegression(tensorSettings(truth, more), pool);
      return { error: relativeForceError(potentialOf(truth, result), fresh), result };
    };
    const byHand = await Promise.all([1e-12, 1e-8, 1e-6, 1e-4, 1e-2, 1].map((ridge) => errorWith({ ridge })));
    const best = Math.min(...byHand.map(({ error }) => error));
    const evidence = await errorWith({});
    const folds = await errorWith({ ridgeChoice: 'cross-validation' });
    expect(evidence.error).toBeLessThan(1.3 * best);
    expect(folds.error).toBeLessThan(1.3 * best);
    expect(byHand[5].error).toBeGreaterThan(1.5 * best);
  });

  it('predict standard deviations that shrink with data and match errors', async () => {
    const truth = randomTensorRegression(['Si'], 6, small);
    const noise = 0.2;
    const noisy = (count: number) =>
      labelledByTensor(truth, count).map((c, k) => {
        // uniform noise of the same variance for every force component
        const forces = c.forces?.map(
          (f, n) => f + noise * Math.sqrt(12) * (((n * 0.618 + k * 0.377) % 1) - 0.5),
        );
        return { ...c, energy: undefined, virial: undefined, forces };
      });
    const [fresh] = labelledByTensor(truth, 1, 8, 900);
    const chunk = packChunk([fresh], truth.species, () => 0);
    const weights = { ...DEFAULT_WEIGHTS, forceScaling: 0, force: 1 };
    const deviations: number[] = [];
    let z = 0;
    for (const count of [10, 40]) {
      const settings = tensorSettings(truth, { weights });
      const result = await fitTensorRegression(settings, tensorPool(noisy(count), truth.species));
      const { descriptors, mode, heads } = settings;
      const form = { descriptors, mode, heads, weights };
      const source = new TensorRows(form, result.point);
      const rows = source.rowsOf(chunk, 0);
      const forces = Float64Array.from({ length: 3 * fresh.kinds.length }, (_, f) => {
        const start = (7 + f) * source.columns;
        return standardDeviation(result.posterior, rows.subarray(start, start + source.columns));
      });
      deviations.push(Math.sqrt(forces.reduce((sum, s) => sum + s * s, 0) / forces.length));
      expect(Math.sqrt(result.posterior.variance) / noise).toBeCloseTo(1, 0);
      const predicted = evaluateTensorRegression(potentialOf(truth, result), fresh).forces;
      const squares = predicted.map((f, k) => ((f - (fresh.forces?.[k] ?? 0)) / forces[k]) ** 2);
      z = Math.sqrt(squares.reduce((sum, value) => sum + value, 0) / squares.length);
    }
    expect(deviations[1]).toBeLessThan(0.7 * deviations[0]);
    expect(z).toBeGreaterThan(0.3);
    expect(z).toBeLessThan(3);
  });
});

describe('tensor trains', () => {
  const truth = randomTensorRegression(['Si'], 11, { ...small, bonds: [1, 2, 2, 1] });
  const data = labelledByTensor(truth, 30);

  it('never raise the objective, and find the train that made the data', async () => {
    const settings = tensorSettings(truth, { rank: 3, bondDimension: 2, ridge: 1e-12, sweeps: 60 });
    const losses: number[] = [];
    const result = await fitTensorRegression(settings, tensorPool(data, truth.species), {
      onProgress: ({ point }) => point && losses.push(point.loss),
    });
    expect(losses.length).toBeGreaterThan(10);
    for (let k = 1; k < losses.length; k++) {
      expect(losses[k]).toBeLessThanOrEqual(losses[k - 1] * (1 + 1e-9) + 1e-12);
    }
    expect(losses[losses.length - 1]).toBeLessThan(0.02 * losses[0]);
    expect(relativeForceError(potentialOf(truth, result), labelledByTensor(truth, 4, 6, 900))).toBeLessThan(
      0.05,
    );
  });

  it('fit two elements with a head each', async () => {
    const two = randomTensorRegression(['Si', 'O'], 12, { radialSize: 1, angularSize: 1, bonds: [1, 2, 1] });
    const settings = tensorSettings(two, { rank: 2, bondDimension: 2, ridge: 1e-12, sweeps: 40 });
    const result = await fitTensorRegression(settings, tensorPool(labelledByTensor(two, 30), two.species));
    expect(relativeForceError(potentialOf(two, result), labelledByTensor(two, 4, 6, 900))).toBeLessThan(0.05);
  });

  it("widen their bonds with 'auto' while held back data profit", async () => {
    const quadratic = randomTensorRegression(['Si'], 13, small);
    const settings = tensorSettings(quadratic, {
      rank: 2,
      bondDimension: 'auto',
      ridge: 1e-10,
      sweeps: 60,
      hasValidation: true,
    });
    const made = labelledByTensor(quadratic, 32);
    const result = await fitTensorRegression(
      settings,
      tensorPool(made, quadratic.species, (k) => (k % 8 === 7 ? 8 : k % 8)),
    );
    const { head } = result;
    expect(head.kind).toBe('tensor-train');
    if (head.kind !== 'tensor-train') return;
    // a quadratic form in five descriptors: more than two directions matter, and there are no more than five
    expect(head.bonds[1]).toBeGreaterThan(2);
    expect(head.bonds[1]).toBeLessThanOrEqual(descriptorLayout(quadratic).size);
    expect(
      relativeForceError(potentialOf(quadratic, result), labelledByTensor(quadratic, 4, 6, 900)),
    ).toBeLessThan(0.05);
  });

  it('go on from a checkpoint', async () => {
    const settings = tensorSettings(truth, { rank: 3, bondDimension: 2, ridge: 1e-10, sweeps: 6 });
    const checkpoints: TrainCheckpoint[] = [];
    const first = await fitTensorRegression(settings, tensorPool(data, truth.species), {
      onCheckpoint: (checkpoint) => checkpoints.push(checkpoint),
    });
    const resumed = await fitTensorRegression(
      { ...settings, sweeps: 20 },
      tensorPool(data, truth.species),
      {},
      structuredClone(checkpoints[checkpoints.length - 1]),
    );
    const other = tensorSettings(truth, { rank: 4, bondDimension: 2 });
    await expect(
      fitTensorRegression(other, tensorPool(data, truth.species), {}, checkpoints[0]),
    ).rejects.toThrow('other descriptors, elements or rank');
    expect(resumed.sweeps).toBeGreaterThan(first.sweeps);
    expect(resumed.objective).toBeLessThan(first.objective);
  });

  it.each([
    ['a fixed bond and ridge', { rank: 3, bondDimension: 2, ridge: 1e-10, sweeps: 20 }, 0],
    ['a ridge by evidence', { rank: 3, bondDimension: 2, sweeps: 12 }, 0],
    ['growing bonds and data held back', { rank: 2, bondDimension: 'auto', sweeps: 24 }, 8],
  ] as const)('resumed from any checkpoint end in the same bits: %s', async (_what, choice, held) => {
    const settings = tensorSettings(truth, { ...choice, hasValidation: held > 0 });
    const pool = () =>
      tensorPool(data, truth.species, held > 0 ? (k) => (k % 8 === 7 ? held : k % 8) : undefined);
    const checkpoints: TrainCheckpoint[] = [];
    const whole = await fitTensorRegression(settings, pool(), { onCheckpoint: (c) => checkpoints.push(c) });
    expect(checkpoints.some((checkpoint) => checkpoint.phase?.steps !== undefined)).toBe(true);
    for (const checkpoint of checkpoints) {
      const from = JSON.parse(JSON.stringify(checkpoint)) as TrainCheckpoint;
      const again = await fitTensorRegression(settings, pool(), {}, from);
      expect(again.head).toEqual(whole.head);
      expect(again.sweeps).toBe(whole.sweeps);
      expect(again.stoppedBecause).toBe(whole.stoppedBecause);
    }
  });

  it('refuse rank 1', async () => {
    const settings = tensorSettings(truth, { rank: 1, bondDimension: 2 });
    await expect(fitTensorRegression(settings, tensorPool(data, truth.species))).rejects.toThrow(
      'at least rank 2',
    );
  });
});

describe('per-atom fits', () => {
  it('find a head for every atom', async () => {
    const shared = randomTensorRegression(['O', 'Si'], 21, { rank: 1, radialSize: 2, angularSize: 1 });
    const m = descriptorLayout(shared).size;
    const truth: TensorRegressionModel = {
      ...shared,
      mode: 'per-atom',
      atomSpecies: Int32Array.of(0, 1, 0, 1),
      head: {
        kind: 'dense',
        rank: 1,
        coefficients: Float64Array.from({ length: 4 * m }, (_, k) => Math.sin(3 * k)),
      },
    };
    const data = labelledByTensor(truth, 40, 4);
    const result = await fitTensorRegression(
      tensorSettings(truth, { rank: 1, ridge: 1e-13 }),
      tensorPool(data, truth.species),
    );
    expect(result.columns).toBe(4 * m);
    expect(relativeForceError(potentialOf(truth, result), labelledByTensor(truth, 4, 4, 900))).toBeLessThan(
      1e-5,
    );
  });
});

describe('little or bad data', () => {
  const truth = randomTensorRegression(['Si'], 31, small);

  it('fit one configuration, with a defined answer also for λ = 0', async () => {
    const data = labelledByTensor(truth, 1, 4);
    for (const ridge of [undefined, 0]) {
      const result = await fitTensorRegression(
        tensorSettings(truth, { rank: 3, ridge }),
        tensorPool(data, truth.species),
      );
      expect(result.rows).toBeLessThan(result.columns);
      expect(relativeForceError(potentialOf(truth, result), data)).toBeLessThan(0.2);
    }
  });

  it('fit one isolated atom by its constant', async () => {
    const atom: Configuration = {
      symbols: ['Si'],
      kinds: Uint16Array.of(0),
      positions: new Float64Array(3),
      cell: new Float64Array(9),
      periodic: [false, false, false],
      energy: -3.5,
    };
    const result = await fitTensorRegression(tensorSettings(truth), tensorPool([atom], ['Si']));
    expect(evaluateTensorRegression(potentialOf(truth, result), atom).energy).toBeCloseTo(-3.5, 6);
  });

  it('say what is missing', async () => {
    const data = labelledByTensor(truth, 2, 4);
    const bare = data.map((c) => ({ ...c, energy: undefined, forces: undefined, virial: undefined }));
    await expect(fitTensorRegression(tensorSettings(truth), tensorPool(bare, ['Si']))).rejects.toThrow(
      'No training configuration has a label',
    );
    await expect(
      fitTensorRegression(
        tensorSettings(truth),
        tensorPool(data, ['Si'], () => 9),
      ),
    ).rejects.toThrow('no training configurations');
    await expect(
      fitTensorRegression(tensorSettings(truth, { rank: 4 }), tensorPool(data, ['Si'])),
    ).rejects.toThrow('rank 1, 2 or 3');
    const broken = data.map((c) => ({ ...c, forces: c.forces?.map((f, k) => (k === 4 ? Infinity : f)) }));
    await expect(fitTensorRegression(tensorSettings(truth), tensorPool(broken, ['Si']))).rejects.toThrow(
      'not finite',
    );
  });
});
