import { describe, expect, it } from 'vitest';
import { OneSidedFit } from '../../../src-compute/fitting/repulsion/one-sided.ts';
import type { NormalEquations } from '../../../src-compute/fitting/least-squares.ts';
import { repulsionRadii, zblDistance, missingPairs } from '../../../src-compute/fitting/repulsion/radii.ts';

/** Normal equations of rows a with targets t. */
function equationsOf(a: readonly (readonly number[])[], t: readonly number[]): NormalEquations {
  const n = a[0].length;
  const gram = new Float64Array(n * n);
  const right = new Float64Array(n);
  a.forEach((row, r) => {
    for (let i = 0; i < n; i++) {
      right[i] += row[i] * t[r];
      for (let j = 0; j < n; j++) gram[i * n + j] += row[i] * row[j];
    }
  });
  return { n, gram, right, target: t.reduce((sum, value) => sum + value * value, 0) };
}

const tolerance = () => 1e-9;

describe('least squares with one-sided rows', () => {
  // the third column is zero for all data
  const data = equationsOf(
    [
      [1, 1, 0],
      [1, 2, 0],
      [1, 3, 0],
      [1, 4, 0],
    ],
    [1, 2.2, 2.9, 4.1],
  );
  const start = Float64Array.of(0.05, 1, 0);

  it('leaves a solution alone that misses no row', () => {
    const row = { coefficients: Float64Array.of(1, 10, 0), floor: 5 };
    const { x, binding, lossIncrease } = new OneSidedFit(data, start, 1e-9).solve([row], tolerance);
    expect(Array.from(x)).toEqual(Array.from(start));
    expect([binding, lossIncrease]).toEqual([0, 0]);
  });

  it('takes columns that the data do not know first', () => {
    const row = { coefficients: Float64Array.of(1, 10, 1), floor: 50 };
    const { x, lossIncrease } = new OneSidedFit(data, start, 1e-9).solve([row], tolerance);
    expect(x[0] + 10 * x[1] + x[2]).toBeCloseTo(50, 6);
    expect(Math.abs(lossIncrease)).toBeLessThan(1e-3);
    expect(x[1]).toBeCloseTo(1, 4);
  });

  it('may cost what means nothing where the data are met exactly', () => {
    // one structure, met by many solutions: any row costs more than 2 % of nothing
    const exact = equationsOf(
      [
        [1, 1],
        [1, 2],
      ],
      [1, 2],
    );
    const row = { coefficients: Float64Array.of(1, 10), floor: 10.05 };
    const missed = ({ x }: { x: Float64Array }) => 10.05 - x[0] - 10 * x[1];
    const at = Float64Array.of(0, 1);
    expect(missed(new OneSidedFit(exact, at, 1e-9).solve([row], tolerance))).toBeGreaterThan(0.04);
    const { x } = new OneSidedFit(exact, at, 1e-9, 1e-4).solve([row], tolerance);
    expect(Math.abs(missed({ x }))).toBeLessThan(1e-6);
    expect((1 - x[0] - x[1]) ** 2 + (2 - x[0] - 2 * x[1]) ** 2).toBeLessThan(1e-4);
  });

  it('binds where rows bind, and lets the others be', () => {
    const rows = [
      { coefficients: Float64Array.of(0, 0, 1), floor: 2 },
      { coefficients: Float64Array.of(0, 0, 1), floor: 7 },
      { coefficients: Float64Array.of(0, 0, -1), floor: -9 },
    ];
    const { x, binding } = new OneSidedFit(data, start, 1e-9).solve(rows, tolerance);
    expect(x[2]).toBeCloseTo(7, 6);
    expect(binding).toBe(1);
  });

  it('keeps to the data where a row would cost more than a part of their loss, and where none can be met', () => {
    const dear = { coefficients: Float64Array.of(1, 0, 0), floor: 1000 };
    const impossible = { coefficients: new Float64Array(3), floor: 1 };
    const { x, lossIncrease } = new OneSidedFit(data, start, 1e-9).solve([dear, impossible], tolerance);
    expect(lossIncrease).toBeLessThanOrEqual(0.02);
    expect(x[0]).toBeCloseTo(0.05, 3);
  });
});

describe('rows that have to be met', () => {
  it('are met whatever they cost, and others are counted from there', () => {
    const data = equationsOf(
      [
        [1, 0],
        [1, 0.01],
      ],
      [1, 1.1],
    );
    const hard = { coefficients: Float64Array.of(1, 0), floor: 3, isHard: true };
    const free = { coefficients: Float64Array.of(0, 1), floor: -1e9 };
    const { x } = new OneSidedFit(data, Float64Array.of(1.05, 0), 1e-9).solve([hard, free], tolerance);
    expect(x[0]).toBeCloseTo(3, 6);
  });
});

describe('radii of the repulsion', () => {
  it('come from the shortest distance of each pair', () => {
    const shortest = Float64Array.of(1.3, 1.5, 1.5, Infinity);
    const { handover, zbl } = repulsionRadii(['C', 'Si'], shortest, 5);
    expect(Array.from(handover.outer)).toEqual([1.3 * 0.95, 1.5 * 0.95, 1.5 * 0.95, 5]);
    expect(handover.inner[3]).toBe(5);
    // a pair without data: where two nuclei cost a bond
    expect(zbl.radii?.outer[3]).toBeCloseTo(zblDistance(14, 14, 1), 9);
    expect(zblDistance(14, 14, 1)).toBeGreaterThan(2.2);
    expect(zblDistance(14, 14, 1)).toBeLessThan(2.5);
    expect(missingPairs(['C', 'Si'], shortest)).toEqual(['Si–Si']);
    expect(zbl.cutoff).toBe(Math.max(...(zbl.radii?.outer ?? [])));
  });
});
