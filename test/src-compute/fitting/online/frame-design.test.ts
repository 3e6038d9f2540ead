import { describe, expect, it } from 'vitest';
import { FrameDesign, LEADING_ROWS } from '../../../../src-compute/fitting/online/frame-design.ts';
import { changeOfStandardisation } from '../../../../src-compute/fitting/online/standardisation.ts';
import { SeededRandom } from '../../../../src-compute/fitting/random.ts';
import { emptyEvaluation } from '../../../../src-compute/potentials/potential.ts';
import {
  descriptorLayout,
  evaluateTensorRegression,
  type DescriptorSettings,
  type TensorRegressionModel,
} from '../../../../src-compute/potentials/tensor-regression/index.ts';
import { kindsFromSymbols, type Configuration } from '../../../../src-compute/structure/configuration.ts';

const random = new SeededRandom(11);
const descriptors: DescriptorSettings = {
  species: ['Si', 'O'],
  cutoff: 4,
  minimumDistance: 1,
  radialSize: 3,
  angularSize: 2,
  angularRadial: 1,
  elementWeighting: 'one-hot',
};
const names = ['Si', 'O', 'O', 'Si', 'O'];
const species = Int32Array.from(names, (name) => descriptors.species.indexOf(name));
/** A small skewed cell: atoms see images of each other and of themselves. */
const structure: Configuration = {
  ...kindsFromSymbols(names),
  positions: Float64Array.of(0, 0, 0, 1.7, 0.1, 0.2, 0.2, 1.8, 0.1, 1.9, 1.7, 1.2, 0.3, 0.2, 1.9),
  cell: Float64Array.of(3.6, 0.2, 0, 0.1, 3.7, 0.3, -0.2, 0.1, 3.5),
  periodic: [true, true, true],
};
const m = descriptorLayout(descriptors).size;

function standardisation() {
  const numbers = (at0: number, scale: number) =>
    Float64Array.from({ length: 2 * m }, (_, k) =>
      k % m === 0 ? at0 : at0 + scale * (random.uniform() - (at0 === 0 ? 0.5 : 0)),
    );
  return { shift: numbers(0, 1), scale: numbers(1, 0.8) };
}

function setUp(rank: 1 | 2 | 3, mode: 'shared' | 'per-atom') {
  const { shift, scale } = standardisation();
  const design = new FrameDesign(descriptors, rank, species, structure.periodic);
  design.standardise(shift, scale);
  const heads = mode === 'shared' ? species : Int32Array.from(species, (_, i) => i);
  const headCount = mode === 'shared' ? 2 : names.length;
  const coefficients = Float64Array.from({ length: headCount * design.columns.count }, () => random.normal());
  const model: TensorRegressionModel = {
    form: 'tensor-regression',
    ...descriptors,
    mode,
    ...(mode === 'per-atom' ? { atomSpecies: species } : {}),
    shift,
    scale,
    head: { kind: 'dense', rank, coefficients },
  };
  return { design, heads, headCount, coefficients, model };
}

function expectClose(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  const largest = Array.from(expected).reduce((max, x) => Math.max(max, Math.abs(x)), 0);
  expect(found.length).toBe(expected.length);
  for (let k = 0; k < expected.length; k++) {
    expect(Math.abs(found[k] - expected[k])).toBeLessThan(1e-10 * largest);
  }
}

describe.each([
  [1, 'shared'],
  [2, 'shared'],
  [2, 'per-atom'],
  [3, 'per-atom'],
] as const)('a frame for heads of rank %i, %s', (rank, mode) => {
  const { design, heads, headCount, coefficients, model } = setUp(rank, mode);
  const reference = evaluateTensorRegression(model, structure);
  const n = headCount * design.columns.count;

  it('predicts what the reference evaluation does', () => {
    design.load(structure.positions, structure.cell);
    const result = emptyEvaluation(names.length);
    design.evaluate({ kind: 'dense', rank, coefficients }, heads, result);
    expectClose([result.energy], [reference.energy]);
    expectClose(result.atomEnergies, reference.atomEnergies);
    expectClose(result.forces, reference.forces);
    expectClose(result.virial, reference.virial);
  });

  it('has rows that give energy, virial and forces', () => {
    design.load(structure.positions, structure.cell);
    const rows = new Float64Array((LEADING_ROWS + 3 * names.length) * n);
    design.fillRows(heads, headCount, true, rows);
    const product = Float64Array.from({ length: LEADING_ROWS + 3 * names.length }, (_, r) =>
      rows.subarray(r * n, (r + 1) * n).reduce((sum, x, c) => sum + x * coefficients[c], 0),
    );
    const w = reference.virial;
    expectClose([product[0]], [reference.energy]);
    expectClose(product.subarray(1, 7), [w[0], w[4], w[8], w[5], w[2], w[1]]);
    expectClose(product.subarray(LEADING_ROWS), reference.forces);
  });

  it('pulls heads along the transposed rows', () => {
    design.load(structure.positions, structure.cell);
    const { count } = design.columns;
    const field = Float64Array.from({ length: 3 * names.length }, () => random.normal());
    const pulled = new Float64Array(count);
    const rows = new Float64Array(design.headRowLimit * count);
    for (let i = 0; i < names.length; i++) {
      design.pull(i, field, pulled, 0);
      const found = design.headRows(i, rows);
      const expected = new Float64Array(count);
      for (let r = 0; r < found; r++) {
        const force = field[3 * design.touched(Math.floor(r / 3)) + (r % 3)];
        for (let c = 0; c < count; c++) expected[c] += rows[r * count + c] * force;
      }
      expectClose(pulled, expected);
    }
  });

  it('keeps a frame that is asked for again, and no other', () => {
    design.load(structure.positions, structure.cell);
    const { generation } = design;
    design.load(structure.positions.slice(), structure.cell.slice());
    expect(design.generation).toBe(generation);
    const moved = structure.positions.slice();
    moved[4] += 1e-9;
    design.load(moved, structure.cell);
    expect(design.generation).toBe(generation + 1);
    expect([...design.frame().subarray(0, 15)]).toEqual([...moved]);
  });
});

it('monomials change with the standardisation', () => {
  const [from, to] = [standardisation(), standardisation()];
  for (const rank of [1, 2, 3]) {
    const load = (s: typeof from) => {
      const design = new FrameDesign(descriptors, rank, species, structure.periodic);
      design.standardise(s.shift, s.scale);
      design.load(structure.positions, structure.cell);
      return design;
    };
    const [a, b] = [load(from), load(to)];
    const monomials = (design: FrameDesign, i: number) => {
      const row = new Float64Array(design.columns.count);
      design.columns.prepare(design.values[i]);
      design.columns.addValue(row, 0);
      return row;
    };
    for (let i = 0; i < names.length; i++) {
      const { start, columns, factors } = changeOfStandardisation(rank, from, to, species[i], m);
      const phi = monomials(a, i);
      const carried = Float64Array.from({ length: phi.length }, (_, t) => {
        let sum = 0;
        for (let k = start[t]; k < start[t + 1]; k++) sum += factors[k] * phi[columns[k]];
        return sum;
      });
      expectClose(carried, monomials(b, i));
    }
  }
});
