/** Active sets by MaxVol: the facts of their definition, the brute-force optimum, and grades of fitted potentials. */
import { describe, expect, it } from 'vitest';
import { ExtrapolationGrades } from '../../../src-compute/active-learning/grades.ts';
import { gradeOf, maxVol, TOLERANCE } from '../../../src-compute/active-learning/max-vol.ts';
import { generateMomentGraph } from '../../../src-compute/potentials/moment-tensor/basis.ts';
import type { MomentTensorModel } from '../../../src-compute/potentials/moment-tensor/model.ts';
import { evaluateReference } from '../../../src-compute/backends/reference/evaluate.ts';
import { lennardJonesModel } from '../../../src-compute/potentials/pair/lennard-jones.ts';
import { randomConfiguration, testRandom } from '../../support/physics.ts';
import { parameterRowsOf } from '../../../src-compute/fitting/uncertainty/row-sources.ts';
import { packChunk } from '../../../src-compute/fitting/training-set.ts';

function randomRows(count: number, columns: number, seed = 3): Float64Array {
  const random = testRandom(seed);
  return Float64Array.from({ length: count * columns }, () => 2 * random() - 1);
}

/** |det| of chosen rows, by expansion. */
function determinant(rows: readonly (readonly number[])[]): number {
  if (rows.length === 1) return rows[0][0];
  return rows[0].reduce((sum, value, k) => {
    const minor = rows.slice(1).map((row) => row.filter((_, c) => c !== k));
    return sum + (k % 2 === 0 ? 1 : -1) * value * determinant(minor);
  }, 0);
}

function subsets(count: number, size: number, from = 0): number[][] {
  if (size === 0) return [[]];
  return Array.from({ length: count - from }, (_, k) => from + k).flatMap((first) =>
    subsets(count, size - 1, first + 1).map((rest) => [first, ...rest]),
  );
}

const rowsAt = (rows: Float64Array, columns: number, chosen: Iterable<number>) =>
  Array.from(chosen, (k) => Array.from(rows.subarray(k * columns, (k + 1) * columns)));

describe('an active set', () => {
  it('grades nothing of its own data above 1, and grows with every exchange', () => {
    const rows = randomRows(400, 25);
    const set = maxVol(rows, 25);
    for (let k = 0; k < 400; k++)
      expect(gradeOf(set, rows, 25 * k)).toBeLessThanOrEqual(1 + TOLERANCE + 1e-9);
    expect(set.exchanges).toBeGreaterThan(0);
    set.history.slice(1).forEach((volume, k) => expect(volume).toBeGreaterThan(set.history[k]));
    expect(new Set(set.members).size).toBe(25);
  });

  it('has the volume that it says, and a dominant one: of small sets mostly the largest of all', () => {
    let best = 0;
    for (let seed = 1; seed <= 10; seed++) {
      const rows = randomRows(9, 3, seed);
      const { members, logVolume } = maxVol(rows, 3);
      const own = Math.abs(determinant(rowsAt(rows, 3, members)));
      expect(Math.log(own)).toBeCloseTo(logVolume, 9);
      const largest = Math.max(...subsets(9, 3).map((s) => Math.abs(determinant(rowsAt(rows, 3, s)))));
      // no exchange of one row gains more than the tolerance, and by Goreinov's bound no set more than n^(n/2)
      expect(own * 3 ** 1.5 * (1 + TOLERANCE) ** 3).toBeGreaterThan(largest);
      if (own > 0.999 * largest) best++;
    }
    expect(best).toBeGreaterThan(6);
  });

  it('does not depend on the order of the data, nor grades on the scale of parameters', () => {
    const rows = randomRows(60, 6);
    const set = maxVol(rows, 6);
    const order = Array.from({ length: 60 }, (_, k) => (17 * k + 5) % 60);
    const shuffled = maxVol(Float64Array.from(rowsAt(rows, 6, order).flat()), 6);
    expect(Array.from(shuffled.members, (k) => order[k]).sort()).toEqual(Array.from(set.members).sort());
    const scaled = maxVol(
      rows.map((value, k) => value * 10 ** (k % 6)),
      6,
    );
    const [point, far] = [randomRows(1, 6, 9), randomRows(1, 6, 9).map((value, k) => value * 10 ** k)];
    expect(gradeOf(scaled, far)).toBeCloseTo(gradeOf(set, point), 9);
  });

  it('is complete where the data are not: what they never had is graded high, what they have as before', () => {
    const rows = randomRows(50, 4).map((value, k) => (k % 4 === 2 ? 0 : value));
    const set = maxVol(rows, 4);
    expect(Array.from(set.members).filter((member) => member < 0)).toHaveLength(1);
    for (let k = 0; k < 50; k++) expect(gradeOf(set, rows, 4 * k)).toBeLessThan(1.002);
    expect(gradeOf(set, Float64Array.of(0.1, 0.1, 0.01, 0.1))).toBeGreaterThan(1000);
    // two columns that are always equal
    const twice = randomRows(50, 4).map((value, k, all) => (k % 4 === 3 ? all[k - 1] : value));
    const pair = maxVol(twice, 4);
    expect(Array.from(pair.members).filter((member) => member < 0)).toHaveLength(1);
    expect(gradeOf(pair, Float64Array.of(0, 0, 0.1, -0.1))).toBeGreaterThan(1000);
  });

  it('refuses numbers that are not finite', () => {
    expect(() => maxVol(Float64Array.of(1, NaN), 1)).toThrow(RangeError);
  });
});

describe('extrapolation grades of a moment tensor potential', () => {
  const graph = generateMomentGraph({ level: 6 });
  const model: MomentTensorModel = {
    ...{ form: 'moment-tensor', species: ['Ar'], cutoff: 5, minimumDistance: 1.8, scaling: 0.1 },
    ...{ radialBasisSize: 4, speciesCoefficients: Float64Array.of(-1) },
    radialCoefficients: Float64Array.from({ length: graph.radialFunctionCount * 4 }, (_, k) => Math.cos(k)),
    momentCoefficients: Float64Array.from(
      { length: graph.scalarMoments.length },
      (_, k) => 0.1 * Math.sin(k + 1),
    ),
    ...graph,
  };
  const training = Array.from({ length: 12 }, (_, k) => randomConfiguration(['Ar'], 6, 6, 2.2, k + 1));

  it('come from derivatives by all parameters: rows are finite differences of the energy', () => {
    const source = parameterRowsOf(model);
    const rows = source.atomRowsOf(
      packChunk([training[0]], ['Ar'], () => 0),
      0,
    );
    expect(rows.length).toBe(6 * source.columns);
    const sum = Array.from({ length: source.columns }, (_, c) =>
      Array.from({ length: 6 }, (_i, i) => rows[i * source.columns + c]).reduce((a, b) => a + b),
    );
    const step = 1e-6;
    const energy = (change: Partial<MomentTensorModel>) =>
      evaluateReference({ ...model, ...change }, training[0]).energy;
    const differ = (key: 'speciesCoefficients' | 'momentCoefficients' | 'radialCoefficients', k: number) =>
      [1, -1]
        .map((sign) =>
          energy({ [key]: model[key].map((value, j) => (j === k ? value + sign * step : value)) }),
        )
        .reduce((up, down) => (up - down) / (2 * step));
    const expected = [
      ...Array.from(model.speciesCoefficients, (_, k) => differ('speciesCoefficients', k)),
      ...Array.from(model.momentCoefficients, (_, k) => differ('momentCoefficients', k)),
      ...Array.from(model.radialCoefficients, (_, k) => differ('radialCoefficients', k)),
    ];
    expected.forEach((value, c) => expect(sum[c]).toBeCloseTo(value, 6));
  });

  it.each(['neighbourhood', 'configuration'] as const)(
    'of a %s tell what is inside from what is not',
    (mode) => {
      const grades = new ExtrapolationGrades(model, training, mode);
      expect(grades.trainingGrade).toBeLessThan(1 + TOLERANCE + 1e-6);
      for (const configuration of training)
        for (const grade of grades.of(configuration)) expect(grade).toBeLessThan(1 + TOLERANCE + 1e-6);
      const squeezed = randomConfiguration(['Ar'], 6, 4.6, 1.85, 99);
      expect(Math.max(...grades.of(squeezed))).toBeGreaterThan(2);
    },
  );

  it('are refused in words where no parameters are known', () => {
    expect(() => new ExtrapolationGrades(lennardJonesModel('Ar', 0.01, 3.4, 7), training)).toThrow(
      /grades need the parameters/,
    );
    expect(() => new ExtrapolationGrades(model, [])).toThrow(/no training structures/);
  });
});
