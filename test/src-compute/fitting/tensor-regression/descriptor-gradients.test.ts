/** Fast descriptors against the double loop. */
import { describe, expect, it } from 'vitest';
import { DescriptorGradients } from '../../../../src-compute/fitting/tensor-regression/descriptor-gradients.ts';
import { Harmonics, harmonicCount } from '../../../../src-compute/fitting/tensor-regression/harmonics.ts';
import {
  descriptorLayout,
  legendre,
  radialRecurrence,
  referenceDescriptors,
  type DescriptorSettings,
} from '../../../../src-compute/potentials/tensor-regression/index.ts';
import { testRandom } from '../../../support/physics.ts';

const base: DescriptorSettings = {
  species: ['Si'],
  cutoff: 5,
  minimumDistance: 1.7,
  radialSize: 5,
  angularSize: 6,
  angularRadial: 3,
  elementWeighting: 'one-hot',
};

describe('real harmonics', () => {
  it('obey the addition theorem, at the poles too', () => {
    const harmonics = new Harmonics(6);
    const count = harmonicCount(6);
    const value = new Float64Array(2 * count);
    const gradient = new Float64Array(6 * count);
    const random = testRandom(1);
    for (let trial = 0; trial < 20; trial++) {
      const vectors = [0, 1].map((k) => {
        const v = trial === 0 && k === 0 ? [0, 0, -1] : [0, 1, 2].map(() => random() - 0.5);
        return v.map((x) => x / Math.hypot(...v));
      });
      vectors.forEach(([x, y, z], k) => harmonics.evaluate(x, y, z, 1, value, gradient, k * count));
      const { g } = legendre(
        6,
        vectors[0].reduce((sum, x, axis) => sum + x * vectors[1][axis], 0),
      );
      for (let l = 1; l <= 6; l++) {
        let sum = 0;
        for (let lm = l * l - 1; lm < (l + 1) ** 2 - 1; lm++) sum += value[lm] * value[count + lm];
        expect(sum).toBeCloseTo(g[l], 12);
      }
    }
  });
});

describe('descriptors by moments', () => {
  it.each<[string, DescriptorSettings]>([
    ['one element', base],
    ['two elements, one-hot', { ...base, species: ['O', 'Si'], angularRadial: 2 }],
    [
      'three elements by atomic number',
      { ...base, species: ['O', 'Si', 'Ge'], elementWeighting: 'atomic-number', radialSize: 1 },
    ],
    ['no angular part', { ...base, angularSize: 0 }],
  ])('%s: values and gradients are those of the double loop', (_, settings) => {
    const random = testRandom(7);
    const count = 13;
    const vectors = Float64Array.from({ length: 3 * count }, () => 7 * (random() - 0.5));
    // a neighbour on the axis
    vectors.set([0, 0, 2.2], 0);
    const species = Int32Array.from({ length: count }, (_x, k) => k % settings.species.length);
    const layout = descriptorLayout(settings);
    const recurrence = radialRecurrence(layout.radialFunctions, settings.minimumDistance, settings.cutoff);
    const expected = referenceDescriptors(layout, recurrence, { vectors, species });
    const fast = new DescriptorGradients(settings);
    const order = Int32Array.from({ length: count }, (_x, k) => k);
    // twice: nothing may be left from the atom before
    for (const [from, to] of [
      [2, 9],
      [0, count],
    ]) {
      fast.compute(vectors, order, from, to, species, 0, 0, true);
    }
    const scale = Math.max(...expected.values.map(Math.abs));
    const slopes = Math.max(...expected.gradients.map(Math.abs));
    expected.values.forEach((v, d) => expect(Math.abs(fast.values[d] - v)).toBeLessThan(1e-13 * scale));
    for (let k = 0; k < count; k++) {
      for (let d = 0; d < layout.size; d++) {
        for (let axis = 0; axis < 3; axis++) {
          const own = fast.gradients[(3 * k + axis) * layout.size + d];
          const theirs = expected.gradients[(k * layout.size + d) * 3 + axis];
          expect(Math.abs(own - theirs)).toBeLessThan(1e-12 * slopes);
        }
      }
    }
  });
});
