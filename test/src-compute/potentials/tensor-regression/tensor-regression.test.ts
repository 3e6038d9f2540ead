/** Radial functions, descriptors, heads and the reference evaluation of tensor-regression potentials. */
import { describe, expect, it } from 'vitest';
import {
  formatPotentialDocument,
  parsePotentialDocument,
} from '../../../../src-compute/potentials/document.ts';
import {
  denseCount,
  descriptorLayout,
  evaluateDense,
  evaluateRadial,
  evaluateTensorRegression,
  evaluateTrain,
  expandTrain,
  radialRecurrence,
  referenceDescriptors,
  trainCount,
  type TensorRegressionModel,
} from '../../../../src-compute/potentials/tensor-regression/index.ts';
import { modelFromJson, modelToJson, parameterCount } from '../../../../src-compute/potentials/registry.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { potentials, randomTensorRegression } from '../../../conformance/potentials.ts';
import {
  expectForcesMatchEnergy,
  expectSymmetries,
  expectVirialMatchesEnergy,
  randomConfiguration,
  testRandom,
} from '../../../support/physics.ts';

const R_MIN = 1.7;
const CUTOFF = 5;

/** A rational number n/d in lowest terms, for exact Gram–Schmidt. */
type Rational = readonly [bigint, bigint];
const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? (a < 0n ? -a : a) : gcd(b, a % b));
const rational = (n: bigint, d: bigint): Rational => {
  const divisor = gcd(n, d) * (d < 0n ? -1n : 1n);
  return [n / divisor, d / divisor];
};
const times = (a: Rational, b: Rational) => rational(a[0] * b[0], a[1] * b[1]);
const minus = (a: Rational, b: Rational) => rational(a[0] * b[1] - b[0] * a[1], a[1] * b[1]);
const over = (a: Rational, b: Rational) => rational(a[0] * b[1], a[1] * b[0]);
const scaled = (a: Rational) => {
  // both may exceed the range of a double: shift to 2^1000 at most
  const bits = Math.max(a[0].toString(2).length, a[1].toString(2).length) - 1000;
  const shift = BigInt(Math.max(0, bits));
  return Number(a[0] >> shift) / Number(a[1] >> shift);
};

/** O_p at x by Gram–Schmidt of (x − 1)^p, p ≥ 3, in rational arithmetic; positive next to the cutoff. */
function gramSchmidt(count: number, xMin: Rational, at: Rational[]): number[][] {
  // in s = 1 − x on [0, S]: ∫ s^a s^b ds = S^{a+b+1}/(a+b+1); a polynomial is its coefficients of s³, s⁴, …
  const S = minus([1n, 1n], xMin);
  const power = (k: number): Rational => [S[0] ** BigInt(k), S[1] ** BigInt(k)];
  const inner = (a: readonly Rational[], b: readonly Rational[]) => {
    let sum: Rational = [0n, 1n];
    a.forEach((x, i) =>
      b.forEach((y, j) => {
        const integral = over(power(i + j + 7), [BigInt(i + j + 7), 1n]);
        const term = times(times(x, y), integral);
        sum = rational(sum[0] * term[1] + term[0] * sum[1], sum[1] * term[1]);
      }),
    );
    return sum;
  };
  const basis: { coefficients: Rational[]; square: Rational }[] = [];
  for (let p = 0; p < count; p++) {
    const start: Rational[] = Array.from({ length: p + 1 }, (_, k) => [k === p ? 1n : 0n, 1n]);
    const coefficients = [...start];
    for (const { coefficients: other, square } of basis) {
      const share = over(inner(start, other), square);
      other.forEach((x, k) => (coefficients[k] = minus(coefficients[k], times(share, x))));
    }
    basis.push({ coefficients, square: inner(coefficients, coefficients) });
  }
  return basis.map(({ coefficients, square }) => {
    const sign = coefficients[0][0] < 0n ? -1 : 1;
    return at.map((x) => {
      const s = minus([1n, 1n], x);
      let value: Rational = [0n, 1n];
      for (let k = coefficients.length - 1; k >= 0; k--) {
        const next = times(value, s);
        value = rational(
          next[0] * coefficients[k][1] + coefficients[k][0] * next[1],
          next[1] * coefficients[k][1],
        );
      }
      return (sign * scaled(times(value, times(s, times(s, s))))) / Math.sqrt(scaled(square));
    });
  });
}

describe('radial functions', () => {
  const count = 10;
  const recurrence = radialRecurrence(count, R_MIN, CUTOFF);
  const at = (r: number) => {
    const [value, slope] = [new Float64Array(count), new Float64Array(count)];
    evaluateRadial(recurrence, r, value, slope);
    return { value, slope };
  };

  it('are what exact Gram–Schmidt of (x − 1)^p, p ≥ 3, gives', () => {
    const points: Rational[] = [
      [17n, 50n],
      [2n, 5n],
      [1n, 2n],
      [13n, 20n],
      [4n, 5n],
      [19n, 20n],
      [99n, 100n],
    ];
    const exact = gramSchmidt(count, [17n, 50n], points);
    points.forEach((x, k) => {
      const { value } = at((CUTOFF * Number(x[0])) / Number(x[1]));
      exact.forEach((row, p) => expect(Math.abs(value[p] - row[k])).toBeLessThan(1e-12));
    });
  });

  it('are orthonormal to 1e-12', () => {
    // Simpson's rule would need millions of points: Gauss–Legendre of 24 nodes integrates degree 47 exactly
    const { nodes, weights } = gaussLegendre(24);
    for (let p = 0; p < count; p++) {
      for (let q = p; q < count; q++) {
        let sum = 0;
        nodes.forEach((t, k) => {
          const x = R_MIN / CUTOFF + ((1 - R_MIN / CUTOFF) * (t + 1)) / 2;
          const { value } = at(x * CUTOFF);
          sum += ((1 - R_MIN / CUTOFF) / 2) * weights[k] * value[p] * value[q];
        });
        expect(Math.abs(sum - (p === q ? 1 : 0))).toBeLessThan(1e-12);
      }
    }
  });

  it('vanish at the cutoff with first and second derivative', () => {
    const [near, nearer] = [at(CUTOFF - 2e-3), at(CUTOFF - 1e-3)];
    for (let p = 0; p < count; p++) {
      // O ∝ h³ and O′ ∝ h²: halving h divides by 8 and by 4
      expect(near.value[p] / nearer.value[p]).toBeCloseTo(8, 0);
      expect(near.slope[p] / nearer.slope[p]).toBeCloseTo(4, 0);
      // O″ ∝ h: what the slope has grown to at a distance h, over h
      expect(Math.abs(at(CUTOFF - 1e-7).slope[p]) / 1e-7).toBeLessThan(1e-3);
    }
    expect(at(CUTOFF).value.every((x) => x === 0)).toBe(true);
    expect(at(CUTOFF + 1).slope.every((x) => x === 0)).toBe(true);
  });

  it('have slopes that are their derivatives', () => {
    for (const r of [1.2, 1.9, 3.3, 4.7]) {
      const { slope } = at(r);
      const [ahead, behind] = [at(r + 1e-6), at(r - 1e-6)];
      slope.forEach((s, p) => {
        const difference = (ahead.value[p] - behind.value[p]) / 2e-6;
        expect(Math.abs(difference - s)).toBeLessThan(1e-7 * Math.max(1, Math.abs(s)));
      });
    }
  });
});

/** Nodes and weights on [−1, 1] by Newton's method. */
function gaussLegendre(n: number): { nodes: number[]; weights: number[] } {
  const nodes: number[] = [];
  const weights: number[] = [];
  for (let k = 0; k < n; k++) {
    let x = Math.cos((Math.PI * (k + 0.75)) / (n + 0.5));
    let slope = 0;
    for (let iteration = 0; iteration < 50; iteration++) {
      let [p, before] = [x, 1];
      for (let l = 2; l <= n; l++) [p, before] = [((2 * l - 1) * x * p - (l - 1) * before) / l, p];
      slope = (n * (before - x * p)) / (1 - x * x);
      x -= p / slope;
    }
    nodes.push(x);
    weights.push(2 / ((1 - x * x) * slope * slope));
  }
  return { nodes, weights };
}

describe('descriptors', () => {
  it('equal the addition theorem: sums of moments minus the self term', () => {
    const settings = randomTensorRegression(['Si', 'O'], 1, { angularRadial: 2, angularSize: 2 });
    const layout = descriptorLayout(settings);
    const recurrence = radialRecurrence(layout.radialFunctions, R_MIN, 4.6);
    const random = testRandom(4);
    const species = Int32Array.from({ length: 9 }, (_, j) => j % 2);
    const vectors = Float64Array.from({ length: 27 }, () => 4.4 * (random() - 0.5));
    const { values } = referenceDescriptors(layout, recurrence, { vectors, species });
    // l = 1: g_1 = √(3/2) cos θ, so Σ_{j<k} … = ½√(3/2)(|Σ u r̂·Σ u′ r̂| − Σ u u′)
    const channel = (u: number) => {
      const sum = [0, 0, 0];
      const each: number[] = [];
      species.forEach((z, j) => {
        const value = new Float64Array(layout.radialFunctions);
        const vector = vectors.subarray(3 * j, 3 * j + 3);
        const r = Math.hypot(...vector);
        evaluateRadial(recurrence, r, value, new Float64Array(value.length));
        const weight = Math.floor(u / 2) === z ? value[u % 2] : 0;
        each.push(weight);
        vector.forEach((x, axis) => (sum[axis] += (weight * x) / r));
      });
      return { sum, each };
    };
    let index = layout.angularStart;
    for (let u = 0; u < 4; u++) {
      for (let v = u; v < 4; v++, index += 2) {
        const [a, b] = [channel(u), channel(v)];
        const all = a.sum.reduce((total, x, axis) => total + x * b.sum[axis], 0);
        const self = a.each.reduce((total, x, j) => total + x * b.each[j], 0);
        expect(values[index]).toBeCloseTo((Math.sqrt(3 / 2) * (all - self)) / 2, 10);
      }
    }
    expect(index).toBe(layout.size);
  });

  it('counts sizes as docs/physics.md §2 does', () => {
    const layout = descriptorLayout({
      species: ['Si'],
      cutoff: 5,
      minimumDistance: 1.7,
      radialSize: 6,
      angularSize: 4,
      angularRadial: 1,
      elementWeighting: 'one-hot',
    });
    expect(layout.size).toBe(1 + 6 + 4);
    expect(denseCount(11, 2)).toBe(66);
    expect(denseCount(11, 3)).toBe(286);
  });

  it('weighs by Z/Z_max, and refuses types that are no elements', () => {
    const settings = randomTensorRegression(['Si', 'Ge'], 1, { elementWeighting: 'atomic-number' });
    expect(Array.from(descriptorLayout(settings).weights)).toEqual([14 / 32, 1]);
    expect(() => descriptorLayout({ ...settings, species: ['type1', 'Ge'] })).toThrow('type1 is none');
  });
});

describe('heads', () => {
  const random = testRandom(8);
  const m = 5;
  const v = Float64Array.from({ length: m }, (_, a) => (a === 0 ? 1 : 2 * random() - 1));

  it.each([
    ['rank 2', [1, 3, 1]],
    ['rank 3', [1, 2, 3, 1]],
    ['rank 4', [1, 3, 2, 2, 1]],
  ])('a tensor train of %s equals its dense expansion', (_, list) => {
    const bonds = Int32Array.from(list);
    const size = trainCount(m, bonds);
    const cores = Float64Array.from({ length: 7 + size }, () => 2 * random() - 1);
    const dense = expandTrain(m, bonds, cores, 7);
    const gradient = new Float64Array(m);
    const energy = evaluateTrain(bonds, cores, 7, v, gradient);
    // monomials in lexicographic order, multiplied out
    const rank = bonds.length - 1;
    const monomials: number[] = [];
    const visit = (first: number, depth: number, product: number): void => {
      if (depth === rank) monomials.push(product);
      else for (let a = first; a < m; a++) visit(a, depth + 1, product * v[a]);
    };
    visit(0, 0, 1);
    expect(dense).toHaveLength(monomials.length);
    expect(monomials.reduce((sum, x, k) => sum + dense[k] * x, 0)).toBeCloseTo(energy, 12);
    if (rank <= 3) {
      const denseGradient = new Float64Array(m);
      expect(evaluateDense(rank, dense, 0, v, denseGradient)).toBeCloseTo(energy, 12);
      gradient.forEach((g, a) => expect(denseGradient[a]).toBeCloseTo(g, 12));
    }
  });

  it.each([1, 2, 3])('the gradient of a dense head of rank %i is its derivative', (rank) => {
    const coefficients = Float64Array.from({ length: denseCount(m, rank) }, () => 2 * random() - 1);
    const [gradient, scratch] = [new Float64Array(m), new Float64Array(m)];
    evaluateDense(rank, coefficients, 0, v, gradient);
    gradient.forEach((g, a) => {
      const at = (h: number) =>
        evaluateDense(
          rank,
          coefficients,
          0,
          v.map((x, k) => (k === a ? x + h : x)),
          scratch,
        );
      expect((at(1e-6) - at(-1e-6)) / 2e-6).toBeCloseTo(g, 7);
    });
  });
});

describe('evaluation', () => {
  const models = potentials.flatMap(({ name, model }) =>
    model.form === 'tensor-regression' ? [[name, model as TensorRegressionModel] as const] : [],
  );

  it.each(models)('%s: forces, virial and symmetries', (_, model) => {
    const evaluate = (c: Configuration) => evaluateTensorRegression(model, c);
    const configuration = randomConfiguration(model.species, 8, 5.6, 1.9, 5);
    expectForcesMatchEnergy(evaluate, configuration);
    expectVirialMatchesEnergy(evaluate, configuration);
    expectSymmetries(evaluate, configuration);
  });

  it('is smooth to second order when a neighbour crosses the cutoff', () => {
    const model = randomTensorRegression(['Si'], 33, { angularRadial: 2 });
    const at = (r: number) => {
      const c: Configuration = {
        symbols: ['Si'],
        kinds: new Uint16Array(3),
        positions: Float64Array.of(0, 0, 0, r, 0, 0, 0.6, 1.7, 0.9),
        cell: new Float64Array(9),
        periodic: [false, false, false],
      };
      return evaluateTensorRegression(model, c).forces[3];
    };
    // force on the crossing atom minus what the other one does to it (its distance is inside the cutoff throughout)
    const h = 1e-3;
    const curvature = (r: number) => (at(r + h) - at(r - h)) / (2 * h);
    const inside = curvature(model.cutoff - 2 * h);
    const outside = curvature(model.cutoff + 2 * h);
    const typical = Math.abs(curvature(0.7 * model.cutoff));
    expect(typical).toBeGreaterThan(0.1);
    expect(Math.abs(inside - outside)).toBeLessThan(0.02 * typical);
    expect(Math.abs(at(model.cutoff - 1e-9) - at(model.cutoff + 1e-9))).toBeLessThan(1e-7);
  });

  it('refuses in per-atom mode other atoms than those of the fit', () => {
    const shared = randomTensorRegression(['Si', 'O'], 3, { rank: 1 });
    const m = descriptorLayout(shared).size;
    const model: TensorRegressionModel = {
      ...shared,
      mode: 'per-atom',
      atomSpecies: Int32Array.of(0, 1, 1),
      head: { kind: 'dense', rank: 1, coefficients: Float64Array.from({ length: 3 * m }, (_, k) => k / m) },
    };
    const c: Configuration = {
      symbols: ['O', 'Si'],
      kinds: Uint16Array.of(1, 0, 0),
      positions: Float64Array.of(0, 0, 0, 1.9, 0, 0, 0, 2.1, 0),
      cell: new Float64Array(9),
      periodic: [false, false, false],
    };
    expect(parameterCount(model)).toBe(3 * m);
    expectForcesMatchEnergy((x) => evaluateTensorRegression(model, x), c);
    expect(modelFromJson(modelToJson(model))).toEqual(model);
    const swapped = { ...c, kinds: Uint16Array.of(0, 1, 0) };
    expect(() => evaluateTensorRegression(model, swapped)).toThrow('expects Si as atom 1');
    const fewer = { ...c, kinds: Uint16Array.of(1, 0), positions: c.positions.slice(0, 6) };
    expect(() => evaluateTensorRegression(model, fewer)).toThrow('made for 3 atoms');
  });
});

describe('document', () => {
  it.each([
    ['dense', randomTensorRegression(['Si', 'O'], 5, { angularRadial: 2 })],
    ['tensor train', randomTensorRegression(['Si'], 6, { bonds: [1, 3, 3, 1] })],
  ])('%s: reads back every digit', (_, model) => {
    const text = formatPotentialDocument({
      name: 'tensor',
      model,
      metrics: {},
      provenance: { program: 'test', created: '2026-01-01T00:00:00Z', data: [], settings: {}, report: {} },
    });
    expect(parsePotentialDocument(text).model).toEqual(model);
  });

  it('refuses tables that do not fit together', () => {
    const model = randomTensorRegression(['Si'], 5);
    const json = modelToJson(model) as Record<string, unknown>;
    expect(() => modelFromJson({ ...json, radialSize: 5 })).toThrow('shifts and scales were expected');
    expect(() => modelFromJson({ ...json, cutoff: 1.5 })).toThrow('larger than the minimum distance');
    expect(() => modelFromJson({ ...json, mode: 'per-atom' })).toThrow('species of every atom');
    const head = { kind: 'dense', rank: 2, coefficients: [1, 2] };
    expect(() => modelFromJson({ ...json, head })).toThrow('coefficients were expected and 2 found');
    expect(() => modelFromJson({ ...json, head: { ...head, rank: 4 } })).toThrow('head.rank');
  });
});
