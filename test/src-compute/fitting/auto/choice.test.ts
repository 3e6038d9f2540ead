/** The choice among settings that were tried: no loss against the default, a limit of cost, the reason in words. */
import { describe, expect, it } from 'vitest';
import {
  choose,
  cutoffsToTry,
  losesNothing,
  paretoTrials,
  score,
  type Trial,
} from '../../../../src-compute/fitting/auto/choice.ts';
import {
  neighbouringSizes,
  suggestSizes,
} from '../../../../src-compute/fitting/tensor-regression/suggest-sizes.ts';

function trial(number: number, energy: number, force: number, cost: number, cutoff = 5): Trial {
  const point = { cutoff, forceWeight: 0.3 };
  return { number, kind: 'full', point, energy, force, virial: null, cost, coefficients: 100 };
}

describe('the choice of settings', () => {
  const base = trial(1, 3, 0.06, 4);

  it('scores by the geometric mean of ratios', () => {
    expect(score(trial(2, 1.5, 0.06, 4), base)).toBeCloseTo(Math.SQRT1_2, 12);
    expect(score({ ...trial(2, 1.5, 0.06, 4), energy: null }, base)).toBe(1);
    expect(score(base, base)).toBe(1);
  });

  it('takes what is better in both, and says by how much and at what cost', () => {
    const { trial: chosen, reason } = choose([base, trial(2, 2.1, 0.054, 5, 6), trial(3, 2.6, 0.058, 4)])!;
    expect(chosen.number).toBe(2);
    expect(reason).toContain('cutoff 6 Å');
    expect(reason).toContain('energy errors 30 % smaller and force errors 10 % smaller');
    expect(reason).toContain('at 5.0 µs per atom and step instead of 4.0 µs');
  });

  it('never trades energies for forces, however good the mean is', () => {
    const traded = trial(2, 1, 0.066, 4);
    expect(score(traded, base)).toBeLessThan(0.7);
    expect(losesNothing(traded, base)).toBe(false);
    const { trial: chosen, reason } = choose([base, traded])!;
    expect(chosen).toBe(base);
    expect(reason).toContain('The default settings stay');
  });

  it('takes the cheaper of two that are alike', () => {
    expect(choose([base, trial(2, 2, 0.05, 9), trial(3, 2.02, 0.0504, 4.5)])!.trial.number).toBe(3);
  });

  it('keeps to a limit of cost, below the default settings too, and says when nothing is cheap enough', () => {
    const trials = [base, trial(2, 2, 0.05, 9), trial(3, 4, 0.07, 1), trial(4, 5, 0.08, 0.8)];
    expect(choose(trials, 5)!.trial.number).toBe(1);
    expect(choose(trials, 2)!.trial.number).toBe(3);
    expect(choose(trials, 2)!.reason).toContain('The default settings themselves cost 4.0 µs');
    const nothing = choose(trials, 0.1)!;
    expect(nothing.trial.number).toBe(4);
    expect(nothing.reason).toContain('None of the settings');
    expect(choose([])).toBeUndefined();
  });

  it('knows which are beaten in both accuracy and cost', () => {
    const trials = [base, trial(2, 2, 0.05, 9), trial(3, 4, 0.07, 1), trial(4, 5, 0.08, 2)];
    expect(paretoTrials(trials, base).map(({ number }) => number)).toEqual([3, 1, 2]);
  });

  it('tries cutoffs around the default, further out for large atoms', () => {
    expect(cutoffsToTry(5, 2.5)).toEqual([5, 6, 5.5, 7, 4.5, 6.5, 8]);
    const caesium = cutoffsToTry(5, 5.3);
    expect(Math.max(...caesium)).toBeGreaterThan(12);
    expect(caesium[0]).toBe(5);
  });

  it('goes up the ladder of sizes only as far as the labels bear, and keeps what the user has named', () => {
    const question = {
      species: ['Si'],
      elementWeighting: 'one-hot' as const,
      rank: 2,
      heads: 1,
      labels: 40_000,
      given: {},
    };
    expect(suggestSizes(question)).toEqual({ radialSize: 8, angularSize: 6, angularRadial: 3 });
    const { above, below } = neighbouringSizes(question);
    expect(above).toEqual([
      { radialSize: 9, angularSize: 7, angularRadial: 3 },
      { radialSize: 10, angularSize: 8, angularRadial: 3 },
    ]);
    expect(below).toEqual({ radialSize: 8, angularSize: 5, angularRadial: 3 });
    expect(neighbouringSizes({ ...question, labels: 7000 }).above).toEqual([]);
    const named = neighbouringSizes({ ...question, given: { radialSize: 4 } });
    expect(named.above.every(({ radialSize }) => radialSize === 4)).toBe(true);
  });
});
