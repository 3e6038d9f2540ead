/** Gauge, growth and truncation of tensor trains; the linearisation in all cores. */
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../../src-compute/fitting/random.ts';
import { TangentColumns } from '../../../../src-compute/fitting/tensor-regression/columns.ts';
import {
  orthonormalise,
  product,
  singularValues,
  transposed,
} from '../../../../src-compute/fitting/tensor-regression/small-matrices.ts';
import {
  presentCoefficients,
  squareOf,
  stepped,
} from '../../../../src-compute/fitting/tensor-regression/train-step.ts';
import { Train } from '../../../../src-compute/fitting/tensor-regression/train.ts';
import {
  denseCount,
  evaluateTrain,
  expandTrain,
  trainCount,
} from '../../../../src-compute/potentials/tensor-regression/heads.ts';

const m = 4;

function randomTrain(bonds: readonly number[], heads = 1, seed = 5): Train {
  const random = new SeededRandom(seed);
  const flat = Float64Array.from({ length: heads * trainCount(m, bonds) }, () => random.normal());
  const constants = Float64Array.from({ length: heads }, () => random.normal());
  return Train.fromFlat(m, heads, bonds, flat, constants, random);
}

const dense = (train: Train, head = 0) => {
  const bonds = Int32Array.from(train.bonds);
  return expandTrain(m, bonds, train.flat(), head * trainCount(m, bonds));
};

function expectSame(a: Float64Array, b: Float64Array): void {
  const scale = Math.max(...b.map(Math.abs));
  a.forEach((value, k) => expect(Math.abs(value - b[k])).toBeLessThan(1e-12 * scale));
}

describe('small matrices', () => {
  it('A = Q R with orthonormal columns, dependent columns included', () => {
    const random = new SeededRandom(2);
    const a = Float64Array.from({ length: 18 }, () => random.normal());
    for (let i = 0; i < 6; i++) a[3 * i + 2] = 2 * a[3 * i] - a[3 * i + 1];
    const { q, r } = orthonormalise(a, 6, 3, random);
    expectSame(product(q, r, 6, 3, 3), a);
    const identity = product(transposed(q, 6, 3), q, 3, 6, 3);
    identity.forEach((value, k) => expect(value).toBeCloseTo(k % 4 === 0 ? 1 : 0, 12));
    expect(r[8]).toBe(0);
  });

  it('singular values and vectors', () => {
    const random = new SeededRandom(3);
    const a = Float64Array.from({ length: 25 }, () => random.normal());
    const { u, sigma, v } = singularValues(a, 5);
    const scaled = u.map((value, k) => value * sigma[k % 5]);
    expectSame(product(scaled, transposed(v, 5, 5), 5, 5, 5), a);
    for (let k = 1; k < 5; k++) expect(sigma[k]).toBeLessThanOrEqual(sigma[k - 1]);
    const identity = product(transposed(u, 5, 5), u, 5, 5, 5);
    identity.forEach((value, k) => expect(value).toBeCloseTo(k % 6 === 0 ? 1 : 0, 12));
  });
});

describe('trains', () => {
  it('keep their value in every gauge, whose core carries the norm', () => {
    const train = randomTrain([1, 3, 3, 1], 2);
    const before = [dense(train, 0), dense(train, 1)];
    const square = squareOf(train);
    train.gaugeToFirst();
    expect(train.coreSquare(0) / square).toBeCloseTo(1, 12);
    train.orthogonaliseLeft(0);
    expect(train.coreSquare(1) / square).toBeCloseTo(1, 12);
    before.forEach((values, head) => expectSame(dense(train, head), values));
  });

  it('keep value and gauge when bonds widen', () => {
    const train = randomTrain([1, 2, 1, 1], 2);
    const before = [dense(train, 0), dense(train, 1)];
    train.gaugeToFirst();
    const square = squareOf(train);
    train.growBehind(0, 3);
    train.orthogonaliseLeft(0);
    train.growBehind(1, 3);
    expect(train.bonds).toEqual([1, 3, 3, 1]);
    expect(train.coreSquare(1) / square).toBeCloseTo(1, 12);
    train.orthogonaliseLeft(1);
    train.growBefore(2, 4);
    expect(train.bonds).toEqual([1, 3, 4, 1]);
    expect(train.coreSquare(2) / square).toBeCloseTo(1, 12);
    before.forEach((values, head) => expectSame(dense(train, head), values));
  });

  it('give up directions that carry nothing, and no others', () => {
    const train = randomTrain([1, 2, 2, 1]);
    const before = dense(train);
    train.gaugeToFirst();
    train.growBehind(0, 4);
    train.orthogonaliseLeft(0);
    train.growBehind(1, 4);
    train.gaugeToFirst();
    expect(train.truncate(1e-10)).toBe(true);
    expect(train.bonds).toEqual([1, 2, 2, 1]);
    expectSame(dense(train), before);
    expect(train.truncate(1e-10)).toBe(false);
  });

  it('start from a quadratic form, exactly when the bond suffices', () => {
    const random = new SeededRandom(9);
    const coefficients = Float64Array.from({ length: 2 * denseCount(m, 2) }, () => random.normal());
    const train = Train.fromQuadratic(m, 2, coefficients, 4, m, random);
    expect(train.bonds).toEqual([1, m, 1, 1, 1]);
    const v = Float64Array.of(1, 0.3, -0.7, 0.4);
    const bonds = Int32Array.from(train.bonds);
    for (const head of [0, 1]) {
      let expected = 0;
      let t = head * denseCount(m, 2);
      for (let a = 0; a < m; a++) for (let b = a; b < m; b++) expected += coefficients[t++] * v[a] * v[b];
      const start = head * trainCount(m, bonds);
      const energy =
        train.constants[head] + evaluateTrain(bonds, train.flat(), start, v, new Float64Array(m));
      expect(energy).toBeCloseTo(expected, 12);
    }
  });
});

describe('columns of all cores', () => {
  const train = randomTrain([1, 3, 2, 1], 2);
  const v = Float64Array.of(1, 0.3, -0.7, 0.4);
  const energy = (t: Train, head: number, at = v) => {
    const bonds = Int32Array.from(t.bonds);
    return (
      t.constants[head] + evaluateTrain(bonds, t.flat(), head * trainCount(m, bonds), at, new Float64Array(m))
    );
  };
  const columns = new TangentColumns(m, Int32Array.from(train.bonds), train.flat());

  it.each([0, 1])('head %i: are the derivatives of the energy by every entry', (head) => {
    const row = new Float64Array(2 * columns.count);
    columns.prepare(v, head);
    columns.addValue(row, head * columns.count);
    row.forEach((value, t) => {
      const delta = new Float64Array(row.length);
      delta[t] = 1e-4;
      const back = delta.map((x) => -x);
      const slope = (energy(stepped(train, delta), head) - energy(stepped(train, back), head)) / 2e-4;
      expect(slope).toBeCloseTo(value, 7);
    });
    const x = presentCoefficients(train);
    expect(row.reduce((sum, value, t) => sum + value * x[t], 0)).toBeCloseTo(energy(train, head), 10);
  });

  it('have derivatives along a direction that are those of the columns', () => {
    const direction = Float64Array.of(0, 0.9, -0.2, 0.5);
    const row = new Float64Array(columns.count);
    columns.prepare(v, 1);
    columns.addDerivative(row, 0, direction, 0);
    const valueAt = (h: number) => {
      const values = new Float64Array(columns.count);
      columns.prepare(
        v.map((x, d) => x + h * direction[d]),
        1,
      );
      columns.addValue(values, 0);
      return values;
    };
    const [ahead, behind] = [valueAt(1e-5), valueAt(-1e-5)];
    row.forEach((value, t) => expect((ahead[t] - behind[t]) / 2e-5).toBeCloseTo(value, 7));
  });
});
