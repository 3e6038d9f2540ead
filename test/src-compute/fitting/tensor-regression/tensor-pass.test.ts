/** Design rows, Gram matrices and predictions of tensor-regression fits against the plain evaluation. */
import { LEADING_ROWS } from '../../../../src-compute/fitting/row-sample.ts';
import { describe, expect, it } from 'vitest';
import {
  labelOf,
  TensorPass,
  VIRIAL_ROWS,
  type TensorPoint,
} from '../../../../src-compute/fitting/tensor-regression/tensor-pass.ts';
import { DEFAULT_WEIGHTS, packChunk } from '../../../../src-compute/fitting/training-set.ts';
import {
  coreStarts,
  descriptorLayout,
  evaluateTensorRegression,
  type TensorRegressionModel,
} from '../../../../src-compute/potentials/tensor-regression/index.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { randomTensorRegression } from '../../../conformance/potentials.ts';
import { randomConfiguration, testRandom } from '../../../support/physics.ts';

/** The columns in which the coefficients of `model` are linear, and those coefficients head by head. */
function linearPoint(model: TensorRegressionModel, core: number): { point: TensorPoint; x: Float64Array } {
  const { shift, scale, head } = model;
  if (head.kind === 'dense') {
    return { point: { kind: 'dense', shift, scale, rank: head.rank }, x: head.coefficients };
  }
  const m = descriptorLayout(model).size;
  const { bonds, cores } = head;
  const starts = coreStarts(m, bonds);
  const size = starts[starts.length - 1] + bonds[bonds.length - 2] * m;
  const x = model.species.flatMap((_, z) => {
    const from = z * size + starts[core];
    return [...cores.subarray(from, from + bonds[core] * m * bonds[core + 1]), head.constants[z]];
  });
  return { point: { kind: 'core', shift, scale, bonds, cores, core }, x: Float64Array.from(x) };
}

const largest = (numbers: ArrayLike<number>) =>
  Array.from(numbers).reduce((most, x) => Math.max(most, Math.abs(x)), 0);

describe('design rows', () => {
  const small: Partial<TensorRegressionModel> = { radialSize: 3, angularSize: 2 };
  it.each<[string, TensorRegressionModel, number]>([
    ['rank 1', randomTensorRegression(['Si'], 1, { rank: 1 }), 0],
    ['rank 2, angular radial 2', randomTensorRegression(['Si'], 2, { angularRadial: 2 }), 0],
    ['rank 2, two elements', randomTensorRegression(['Si', 'O'], 3), 0],
    ['rank 3', randomTensorRegression(['Si'], 4, { rank: 3, ...small }), 0],
    ['first core of a train', randomTensorRegression(['Si'], 5, { bonds: [1, 2, 3, 1] }), 0],
    ['middle core of a train', randomTensorRegression(['O', 'Si'], 6, { bonds: [1, 2, 3, 1], ...small }), 1],
    ['last core of a train', randomTensorRegression(['Si'], 7, { bonds: [1, 2, 3, 2, 1] }), 3],
  ])('%s: rows times coefficients are energy, virial and forces', (_, model, core) => {
    // a cell smaller than the cutoff: images of one neighbour add up, and the atom meets itself
    for (const [count, box] of [
      [7, 5.6],
      [3, 3.9],
    ]) {
      const c = randomConfiguration(model.species, count, box, 1.9, 3);
      const expected = evaluateTensorRegression(model, c);
      const { point, x } = linearPoint(model, core);
      const pass = new TensorPass({
        descriptors: model,
        mode: 'shared',
        heads: model.species.length,
        weights: DEFAULT_WEIGHTS,
      });
      pass.begin(point, [0]);
      expect(pass.columnCount()).toBe(x.length);
      const { rows, columns, values } = pass.rowsOf(
        packChunk([c], model.species, () => 0),
        0,
      );
      expect([rows, columns]).toEqual([LEADING_ROWS + 3 * count, x.length]);
      const predicted = Array.from({ length: rows }, (_r, r) =>
        x.reduce((sum, value, t) => sum + value * values[r * columns + t], 0),
      );
      const theirs = [
        expected.energy,
        ...VIRIAL_ROWS.map(([a, b]) => expected.virial[3 * a + b]),
        ...expected.forces,
      ];
      const scale = largest(expected.forces) * count;
      theirs.forEach((value, r) => expect(Math.abs(predicted[r] - value)).toBeLessThan(1e-10 * scale));
    }
  });
});

describe('sums and predictions', () => {
  const model = randomTensorRegression(['Si', 'O'], 8, { radialSize: 2, angularSize: 2 });
  const random = testRandom(9);
  const configurations = [5, 8, 3].map((count, k): Configuration => {
    const c = randomConfiguration(['O', 'Si'], count, 5.6, 1.9, 20 + k);
    return {
      ...c,
      energy: random(),
      forces: k === 1 ? undefined : c.positions.map(() => random()),
      virial: Float64Array.from({ length: 9 }, () => random()),
    };
  });
  const chunk = packChunk(configurations, model.species, (k) => k % 2, {
    importance: (k) => 1 + k,
  });
  const weights = { energy: 1, force: 0.3, virial: 0.02, energyScaling: 1, forceScaling: 0.5 };
  const pass = new TensorPass({ descriptors: model, mode: 'shared', heads: 2, weights });
  const { point } = linearPoint(model, 0);

  it('are AᵀA of the weighted rows and the target, by slot', () => {
    pass.begin(point, [0, 1]);
    pass.add(chunk);
    const sums = pass.end();
    const n = pass.columnCount() + 1;
    const expected = [new Float64Array(n * n), new Float64Array(n * n)];
    for (let k = 0; k < chunk.count; k++) {
      const { rows, columns, values } = pass.rowsOf(chunk, k);
      const atoms = chunk.atomStart[k + 1] - chunk.atomStart[k];
      for (let r = 0; r < rows; r++) {
        const label = labelOf(chunk, k, r);
        if (Number.isNaN(label)) continue;
        const weight =
          r === 0 ? 1 / atoms : r < LEADING_ROWS ? (0.02 * (r < 4 ? 1 : 2)) / atoms : 0.3 / Math.sqrt(atoms);
        const row = [...values.subarray(r * columns, (r + 1) * columns), label];
        row.forEach((a, i) =>
          row.forEach((b, j) => (expected[k % 2][i * n + j] += weight * (1 + k) * a * b)),
        );
      }
    }
    for (const slot of [0, 1]) {
      const gram = sums.get(slot)!.gram;
      const scale = largest(expected[slot]);
      expected[slot].forEach((value, k) => expect(Math.abs(gram[k] - value)).toBeLessThan(1e-13 * scale));
    }
    expect(sums.get(0)!.rows).toBe(2 * 7 + 3 * 8);
    expect(sums.get(1)!.rows).toBe(7);
  });

  it('leave out groups without a slot', () => {
    pass.begin(point, [-1, 3]);
    pass.add(chunk);
    expect([...pass.end().keys()]).toEqual([3]);
  });

  it('predict what the plain evaluation gives', () => {
    const { shift, scale, head } = model;
    pass.begin({ kind: 'model', shift, scale, head }, []);
    const found = pass.predict(chunk, new Float64Array(0));
    configurations.forEach((c, k) => {
      const expected = evaluateTensorRegression(model, c);
      expect(found.energies[k]).toBeCloseTo(expected.energy, 9);
      expected.forces.forEach((f, n) => expect(found.forces[3 * chunk.atomStart[k] + n]).toBeCloseTo(f, 9));
      expected.virial.forEach((w, n) => expect(found.virials[9 * k + n]).toBeCloseTo(w, 8));
    });
  });

  it('count and average the descriptors of each species', () => {
    pass.begin({ kind: 'statistics' }, [0, 0]);
    pass.add(chunk);
    const sums = pass.end().get(0)!.gram;
    const m = descriptorLayout(model).size;
    const counts = [0, 1].map((z) => sums[z * (1 + 2 * m)]);
    expect(counts).toEqual([0, 1].map((z) => chunk.species.filter((s) => s === z).length));
    // the leading descriptor is 1
    expect(sums[1]).toBe(counts[0]);
    expect(sums[1 + m]).toBe(counts[0]);
  });

  it('refuse in per-atom mode a configuration of another size', () => {
    const perAtom = new TensorPass({ descriptors: model, mode: 'per-atom', heads: 5, weights });
    perAtom.begin(point, [0, 0]);
    expect(() => perAtom.add(chunk)).toThrow('needs 5 atoms');
  });
});
