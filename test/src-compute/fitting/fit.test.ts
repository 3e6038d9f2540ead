import { describe, expect, it } from 'vitest';
import { CancelledError, FitError } from '../../../src-compute/errors.ts';
import { fitMomentTensor } from '../../../src-compute/fitting/fit-moment-tensor.ts';
import { FitPool } from '../../../src-compute/fitting/fit-pool.ts';
import {
  DEFAULT_FIT_SETTINGS,
  type FitCheckpoint,
  type MomentTensorFitSettings,
} from '../../../src-compute/fitting/fit-settings.ts';
import { randomModel } from '../../support/moment-tensor.ts';
import { labelledBy, localChannels, sourceOf } from '../../support/fit.ts';

const truth = randomModel({ level: 6, species: ['Si'], cutoff: 3.6, radialBasisSize: 4, seed: 3 });
const data = labelledBy(truth, 48);
const settings: MomentTensorFitSettings = {
  ...DEFAULT_FIT_SETTINGS,
  species: ['Si'],
  level: 6,
  cutoff: truth.cutoff,
  minimumDistance: truth.minimumDistance,
  radialBasisSize: 4,
  starts: 3,
  maximumIterations: 60,
};
const all = { atoms: 192, hasValidation: false };
const pool = (workers: number, signal?: AbortSignal) =>
  new FitPool(
    localChannels(workers),
    sourceOf(data, ['Si'], (k) => k % 8),
    signal,
  );
/** Labels that no potential of this form reproduces: its last stage takes steps that gain something. */
const noisy = data.map((c, k) => ({
  ...c,
  energy: c.energy! + 0.2 * Math.sin(7 * k),
  forces: c.forces!.map((f, i) => f + 0.1 * Math.sin(3 * i + k)),
}));
const noisyPool = () =>
  new FitPool(
    localChannels(1),
    sourceOf(noisy, ['Si'], (k) => (k % 9 === 0 ? 8 : k % 8)),
  );

describe('linear fit', () => {
  it('recovers the linear coefficients when the radial functions are those of the data', async () => {
    const result = await fitMomentTensor(
      { ...settings, linear: true, ridge: 1e-14 },
      pool(1),
      all,
      {},
      undefined,
      truth.radialCoefficients.slice(),
    );
    expect(result.loss).toBeLessThan(1e-10);
    expect(result.determinacy.columns).toBe(6);
    expect(result.determinacy.conditionNumber).toBeGreaterThan(1);
  });
});

describe('variable projection', () => {
  it('finds a potential that reproduces data made by one of its own form', async () => {
    const result = await fitMomentTensor({ ...settings, ridge: 1e-13 }, pool(2), all);
    const energies = data.map((c) => c.energy! / 4);
    const mean = energies.reduce((sum, e) => sum + e, 0) / energies.length;
    const spread = energies.reduce((sum, e) => sum + 4 * (e - mean) ** 2, 0) / energies.length;
    expect(result.loss).toBeLessThan(1e-5 * spread);
  });

  it('gives the same bits twice for one seed and number of workers', async () => {
    const runs = [];
    for (let k = 0; k < 2; k++)
      runs.push(await fitMomentTensor({ ...settings, maximumIterations: 6 }, pool(2), all));
    expect(runs[1].radialCoefficients).toEqual(runs[0].radialCoefficients);
    expect(runs[1].momentCoefficients).toEqual(runs[0].momentCoefficients);
  });

  it('never accepts a step that raises the objective', async () => {
    const { curve } = await fitMomentTensor({ ...settings, maximumIterations: 20 }, pool(1), all);
    const polish = curve.filter((point) => point.stage === 'polish');
    expect(polish.length).toBeGreaterThan(3);
    for (let k = 1; k < polish.length; k++)
      expect(polish[k].loss).toBeLessThanOrEqual(polish[k - 1].loss * (1 + 1e-6));
  });

  it('goes on from a checkpoint', async () => {
    const checkpoints: FitCheckpoint[] = [];
    const first = await fitMomentTensor({ ...settings, starts: 1, maximumIterations: 4 }, noisyPool(), all, {
      onCheckpoint: (checkpoint) => checkpoints.push(checkpoint),
    });
    const last = JSON.parse(JSON.stringify(checkpoints.at(-1))) as FitCheckpoint;
    if (last.stage !== 'polish') throw new Error('the last stage leaves the last checkpoint');
    const longer = { ...settings, starts: 1, maximumIterations: 30 };
    const resumed = await fitMomentTensor(longer, noisyPool(), all, {}, last);
    expect(resumed.iterations).toBeGreaterThan(last.iteration);
    expect(resumed.curve.every((point) => point.stage === 'polish')).toBe(true);
    expect(resumed.loss).toBeLessThan(first.loss);
  });

  it('resumed from search and climb ends in the same bits as an uninterrupted fit', async () => {
    const checkpoints: FitCheckpoint[] = [];
    // level 14 is the first that is climbed to
    const short = { ...settings, level: 14, starts: 2, maximumIterations: 2 };
    const whole = await fitMomentTensor(short, pool(1), all, { onCheckpoint: (c) => checkpoints.push(c) });
    for (const stage of ['search', 'climb'] as const) {
      const found = checkpoints.filter((c) => c.stage === stage);
      expect(found.length).toBeGreaterThan(0);
      const from = JSON.parse(JSON.stringify(found[Math.floor(found.length / 2)])) as FitCheckpoint;
      const again = await fitMomentTensor(short, pool(1), all, {}, from);
      expect(again.radialCoefficients).toEqual(whole.radialCoefficients);
      expect(again.momentCoefficients).toEqual(whole.momentCoefficients);
    }
  });

  it('resumed from any step of the last stage ends in the same bits as an uninterrupted fit', async () => {
    const checkpoints: FitCheckpoint[] = [];
    const held = { ...settings, starts: 1, maximumIterations: 40 };
    const parts = { ...all, hasValidation: true };
    const onCheckpoint = (checkpoint: FitCheckpoint) => void checkpoints.push(checkpoint);
    const whole = await fitMomentTensor(held, noisyPool(), parts, { onCheckpoint });
    const polish = checkpoints.filter((c) => c.stage === 'polish');
    expect(polish.length).toBeGreaterThan(4);
    for (const checkpoint of [polish[0], polish[3], polish[polish.length - 1]]) {
      const from = JSON.parse(JSON.stringify(checkpoint)) as FitCheckpoint;
      const again = await fitMomentTensor(held, noisyPool(), parts, {}, from);
      expect(again.radialCoefficients).toEqual(whole.radialCoefficients);
      expect(again.momentCoefficients).toEqual(whole.momentCoefficients);
      expect(again.iterations).toBe(whole.iterations);
      expect(again.stoppedBecause).toBe(whole.stoppedBecause);
    }
  });

  it('stops when it is cancelled', async () => {
    const controller = new AbortController();
    const fit = fitMomentTensor(settings, pool(2, controller.signal), all, {
      onProgress: () => controller.abort(),
    });
    await expect(fit).rejects.toBeInstanceOf(CancelledError);
  });
});

describe('bad data', () => {
  it('says when there is nothing to fit', async () => {
    const bare = data.map(({ symbols, kinds, positions, cell, periodic }) => ({
      symbols,
      kinds,
      positions,
      cell,
      periodic,
    }));
    const empty = new FitPool(
      localChannels(1),
      sourceOf(bare, ['Si'], () => 0),
    );
    await expect(fitMomentTensor(settings, empty, all)).rejects.toThrow(/nothing to fit/);
  });

  it('says when labels are not numbers', async () => {
    const broken = [...data, { ...data[0], energy: Infinity }];
    const bad = new FitPool(
      localChannels(1),
      sourceOf(broken, ['Si'], () => 0),
    );
    await expect(fitMomentTensor(settings, bad, all)).rejects.toBeInstanceOf(FitError);
  });
});
