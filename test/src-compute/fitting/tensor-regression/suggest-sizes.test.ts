/** Sizes from the data: as many descriptors as the labels determine, what the user names stays. */
import { describe, expect, it } from 'vitest';
import { suggestSizes } from '../../../../src-compute/fitting/tensor-regression/suggest-sizes.ts';
import { denseCount, descriptorLayout } from '../../../../src-compute/potentials/tensor-regression/index.ts';

const question = {
  species: ['Si'],
  elementWeighting: 'one-hot',
  rank: 2,
  heads: 1,
  labels: 40_000,
  given: {},
} as const;

const coefficients = (q: typeof question | Parameters<typeof suggestSizes>[0]) =>
  q.heads *
  denseCount(descriptorLayout({ ...q, ...suggestSizes(q), cutoff: 5, minimumDistance: 1 }).size, q.rank);

describe('sizes from the data', () => {
  it('grow with the labels and keep several labels per coefficient', () => {
    let before = 0;
    for (const labels of [100, 1000, 4000, 40_000]) {
      const count = coefficients({ ...question, labels });
      expect(count).toBeGreaterThan(before);
      expect(count).toBeLessThanOrEqual(labels / 6);
      before = count;
    }
  });

  it.each([
    [{ species: ['C', 'H', 'O'], heads: 3 }],
    [{ rank: 3 }],
    [{ heads: 64, labels: 200_000 }],
    [{ species: ['Ga', 'As'], heads: 2, elementWeighting: 'atomic-number' as const }],
  ])('stay solvable in one piece: %j', (more) => {
    expect(coefficients({ ...question, ...more })).toBeLessThanOrEqual(2400);
  });

  it('keep what the user names', () => {
    expect(suggestSizes({ ...question, given: { angularSize: 7, radialSize: undefined } })).toMatchObject({
      angularSize: 7,
    });
    expect(suggestSizes({ ...question, labels: 10, given: { radialSize: 12 } })).toEqual({
      radialSize: 12,
      angularSize: 1,
      angularRadial: 1,
    });
  });
});
