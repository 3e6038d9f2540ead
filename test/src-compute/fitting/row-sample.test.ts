/** Rows that a pass keeps are those of the configurations, and keeping them changes no sum. */
import { describe, expect, it } from 'vitest';
import { generateMomentGraph } from '../../../src-compute/potentials/moment-tensor/basis.ts';
import { descriptorLayout } from '../../../src-compute/potentials/tensor-regression/index.ts';
import { DesignPass } from '../../../src-compute/fitting/design-pass.ts';
import { RowSamples, sampledRows } from '../../../src-compute/fitting/row-sample.ts';
import { SeededRandom } from '../../../src-compute/fitting/random.ts';
import { TensorPass } from '../../../src-compute/fitting/tensor-regression/tensor-pass.ts';
import { DEFAULT_WEIGHTS } from '../../../src-compute/fitting/training-set.ts';
import { randomTensorRegression } from '../../conformance/potentials.ts';
import { sourceOf } from '../../support/fit.ts';
import { labelledByTensor } from '../../support/tensor-fit.ts';

const truth = randomTensorRegression(['Si', 'C'], 6, { radialSize: 2, angularSize: 1 });
// without forces and without energies, too
const data = labelledByTensor(truth, 9, 5).map((c, k) => ({
  ...c,
  ...(k % 3 === 1 && { forces: undefined }),
  ...(k % 3 === 2 && { energy: undefined }),
}));
const source = sourceOf(data, truth.species, (k) => k % 4);

/** Passes of both forms over all chunks, at some point of each. */
const passes = {
  'moment tensors'() {
    const graph = generateMomentGraph({ level: 8 });
    const shape = { graph, species: 2, radialBasisSize: 4, minimumDistance: 1.5, cutoff: 5, scaling: 0.1 };
    const random = new SeededRandom(3);
    const point = {
      radialCoefficients: Float64Array.from({ length: 16 * graph.radialFunctionCount }, () =>
        random.uniform(),
      ),
      momentCoefficients: Float64Array.from(graph.scalarMoments, () => random.uniform()),
    };
    const make = () => new DesignPass({ ...shape, weights: { ...DEFAULT_WEIGHTS, virial: 0 } });
    return { pass: make(), begin: (p: DesignPass) => p.begin(point, [0, 1, 0, -1]), plain: make() };
  },
  'tensor regression'() {
    const m = descriptorLayout(truth).size;
    const standard = { shift: new Float64Array(2 * m), scale: new Float64Array(2 * m).fill(1) };
    const settings = { descriptors: truth, mode: 'shared' as const, heads: 2 };
    const make = () => new TensorPass({ ...settings, weights: { ...DEFAULT_WEIGHTS, virial: 0 } });
    const begin = (p: TensorPass) => p.begin({ kind: 'dense', rank: 2, ...standard }, [0, 1, 0, -1]);
    return { pass: make(), begin, plain: make() };
  },
};

describe.each(Object.keys(passes) as (keyof typeof passes)[])('rows kept by a pass of %s', (form) => {
  it('are those of the configurations, without weights, and leave the sums as they are', async () => {
    const { pass, begin, plain } = passes[form]() as unknown as {
      pass: DesignPass;
      plain: DesignPass;
      begin(pass: DesignPass): void;
    };
    const samples = await RowSamples.choose(source, (group) => (group === 3 ? -1 : group));
    begin(pass);
    begin(plain);
    for (let index = 0; index < source.chunkCount; index++) {
      const chunk = await source.chunk(index);
      const rows = pass.add(chunk, undefined, samples.of(index));
      if (rows) samples.take(index, rows);
      expect(plain.add(chunk)).toBeUndefined();
    }
    expect(pass.end()).toEqual(plain.end());
    expect(samples.list.length).toBe(7);
    for (const { index, k, atoms, rows } of samples.list) {
      const chunk = await source.chunk(index);
      const all = plain.rowsOf(chunk, k, false);
      const columns = rows.length / sampledRows(atoms).length;
      sampledRows(atoms).forEach((row, r) => {
        expect(rows.slice(r * columns, (r + 1) * columns)).toEqual(
          all.values.slice(row * all.columns, row * all.columns + columns),
        );
      });
    }
  });
});
