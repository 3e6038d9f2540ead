/** Does a stated ± hold the truth as often as it says? Counted over many seeds of series whose truth is known. */
import { describe, expect, it } from 'vitest';
import { integratedCorrelation } from '../../../src-compute/analysis/correlation-time.ts';
import { BlockAverage, blockAverage } from '../../../src-compute/sampling/averages.ts';
import {
  estimateOf,
  independentMean,
  meanOfMeans,
  meanOfSamples,
  studentFactor,
} from '../../../src-compute/sampling/mean-error.ts';
import { diagnose } from '../../../src-compute/sampling/hybrid-monte-carlo/index.ts';
import { Random } from '../../../src-compute/sampling/random.ts';
import { ThermodynamicAverages } from '../../../src-compute/sampling/thermodynamics.ts';

/** x_{t+1} = a x_t + ξ, stationary from the start, mean 0; (1 + a)/(1 − a) steps make one independent sample. */
function autoregressive(a: number, n: number, random: Random): Float64Array {
  const out = new Float64Array(n);
  let x = random.normal() / Math.sqrt(1 - a * a);
  for (let t = 0; t < n; t++) {
    out[t] = x;
    x = a * x + random.normal();
  }
  return out;
}

/** Shares of means within one and two stated errors of the truth 0, and the root mean square of mean/error. */
function coverage(runs: number, run: (random: Random) => { value: number; error: number }) {
  const random = new Random(11);
  let [one, two, square] = [0, 0, 0];
  for (let k = 0; k < runs; k++) {
    const { value, error } = run(random);
    const z = Math.abs(value) / error;
    if (z < 1) one++;
    if (z < 2) two++;
    square += z * z;
  }
  return { one: one / runs, two: two / runs, z: Math.sqrt(square / runs) };
}

describe('the ± of a mean', () => {
  // three standard deviations of a share of 0.68 among 600 are 0.057
  it.each([
    // independent samples, steps for each, runs
    [10, 3, 600],
    [10, 10, 600],
    [10, 40, 600],
    [25, 3, 600],
    [25, 10, 600],
    [25, 40, 600],
    [100, 10, 600],
    [1000, 10, 400],
  ])('%i independent samples of %i steps each: two cases in three hold the truth', (count, steps, runs) => {
    const a = (steps - 1) / (steps + 1);
    const found = coverage(runs, (random) => blockAverage(autoregressive(a, count * steps, random)));
    expect(found.one).toBeGreaterThan(0.62);
    expect(found.one).toBeLessThan(0.77);
    expect(found.two).toBeGreaterThan(count < 25 ? 0.88 : 0.915);
    expect(found.z).toBeLessThan(count < 25 ? 1.4 : 1.15);
  });

  it.each([
    ['neighbours on opposite sides', -0.5, 0],
    ['strongly so', -0.9, 0],
    ['a damped oscillation', 1.8, -0.95],
  ])('anticorrelated samples, %s: never less than 68 %', (_, first, second) => {
    const found = coverage(300, (random) => {
      const x = new Float64Array(1500);
      for (let t = 0; t < x.length; t++)
        x[t] = first * (x[t - 1] ?? 0) + second * (x[t - 2] ?? 0) + random.normal();
      return estimateOf(meanOfSamples(x.subarray(500)));
    });
    expect(found.one).toBeGreaterThan(0.62);
    expect(found.z).toBeLessThan(1.15);
    // and no more than three times too wide
    expect(found.z).toBeGreaterThan(0.3);
  });

  it('effective samples of anticorrelated series are neither lost nor invented', () => {
    const random = new Random(3);
    // g = (1 + a)/(1 − a)
    for (const a of [-0.9, -0.5, 0.5]) {
      const g = integratedCorrelation(autoregressive(a, 20000, random));
      expect(g / ((1 + a) / (1 - a))).toBeGreaterThan(0.6);
      expect(g / ((1 + a) / (1 - a))).toBeLessThan(1.8);
    }
  });

  it('uncorrelated samples, few of them: never less than 68 %', () => {
    for (const count of [2, 3, 5, 10, 30]) {
      const { one } = coverage(600, (random) => blockAverage(autoregressive(0, count, random)));
      expect(one).toBeGreaterThan(0.62);
    }
  });

  it('time averages of steps of unequal length', () => {
    // the value decides how long a step is: the mean over steps is not the mean over time
    const durations = (x: number) => Math.exp(-0.5 * x);
    const truth = -0.5; // of a Gaussian of variance 1 with the weight exp(−x/2)
    const found = coverage(600, (random) => {
      const average = new BlockAverage();
      for (const x of autoregressive(0.6, 400, random)) {
        const y = 0.8 * x; // variance 1
        average.add(y - truth, durations(y));
      }
      return average.estimate;
    });
    expect(found.one).toBeGreaterThan(0.6);
    expect(found.one).toBeLessThan(0.76);
  });

  it('longer runs than there are blocks', () => {
    const random = new Random(4);
    const errors = Array.from({ length: 20 }, () => blockAverage(autoregressive(0.9, 40_000, random)).error);
    const exact = Math.sqrt(1 / (1 - 0.81) / (40_000 / 19));
    expect(errors.reduce((sum, error) => sum + error / exact, 0) / 20).toBeCloseTo(1, 1);
    const average = new BlockAverage();
    const series = autoregressive(0.9, 100_003, random);
    for (const x of series) average.add(x);
    expect(average.mean).toBeCloseTo(
      series.reduce((sum, x) => sum + x / series.length, 0),
      12,
    );
    expect(average.effectiveSamples / (100_003 / 19)).toBeGreaterThan(0.75);
    expect(average.effectiveSamples / (100_003 / 19)).toBeLessThan(1.3);
  });

  it('what a run and a set of chains state', () => {
    const run = coverage(300, (random) => {
      const averages = new ThermodynamicAverages();
      for (const x of autoregressive(0.9, 400, random)) {
        const now = { step: 0, time: 0, temperature: x, potential: x, kinetic: 0 };
        averages.add({ ...now, conserved: 0, pressure: x, volume: x }, 1);
      }
      return averages.estimates.temperature;
    });
    expect(run.one).toBeGreaterThan(0.6);
    const chains = coverage(300, (random) => {
      const record = () => ({
        energyChange: Array.from(autoregressive(0.5, 60, random)),
        accepted: [1],
        potential: [0],
        volume: [NaN],
        pressure: [NaN],
        forceCalls: 1,
      });
      return diagnose([record(), record(), record()], 1).meanBetaDh;
    });
    expect(chains.one).toBeGreaterThan(0.6);
    expect(chains.one).toBeLessThan(0.77);
  });

  it('independent values: as Student found, from two values on', () => {
    for (const count of [2, 3, 6, 20]) {
      const found = coverage(2000, (random) =>
        independentMean(Array.from({ length: count }, () => random.normal())),
      );
      expect(Math.abs(found.one - 0.683)).toBeLessThan(0.033);
    }
    expect(independentMean([2])).toEqual({ value: 2, error: NaN });
  });

  it('quantiles of Student’s t', () => {
    // tabulated t for a two-sided 68.27 %: GUM (JCGM 100:2008), table G.2
    const table = [
      [1, 1.84],
      [2, 1.32],
      [3, 1.2],
      [5, 1.11],
      [10, 1.05],
      [20, 1.03],
      [50, 1.01],
    ];
    for (const [freedom, factor] of table) expect(studentFactor(freedom)).toBeCloseTo(factor, 2);
    expect(studentFactor(1e6)).toBe(1);
    expect(studentFactor(NaN)).toBeNaN();
  });

  it('knows nothing from one sample, and nothing is uncertain about a constant', () => {
    expect(blockAverage([3])).toEqual({ value: 3, error: NaN });
    expect(blockAverage([3, 3, 3, 3, 3])).toEqual({ value: 3, error: 0 });
    const joined = meanOfMeans([meanOfSamples([1, 2, 3]), meanOfSamples([]), meanOfSamples([5, 6])]);
    expect(estimateOf(joined).value).toBeCloseTo(17 / 5, 12);
  });

  it('a run that an older version began goes on, its averages from there', () => {
    const average = new BlockAverage();
    average.restore(new Float64Array(160).fill(7));
    expect(average.count).toBe(0);
    average.add(2);
    expect(average.mean).toBe(2);
  });
});
