/** Tensor-regression vectors as descriptors: against the plain double loop, invariances, derivatives, elements. */
import { describe, expect, it } from 'vitest';
import { descriptorByName } from '../../../../src-compute/analysis/descriptors/index.ts';
import { tensorRegressionDescriptor } from '../../../../src-compute/analysis/descriptors/tensor-regression.ts';
import { referenceDescriptors } from '../../../../src-compute/potentials/tensor-regression/descriptors.ts';
import { descriptorLayout } from '../../../../src-compute/potentials/tensor-regression/layout.ts';
import { radialRecurrence } from '../../../../src-compute/potentials/tensor-regression/radial.ts';
import { neighbourPairs } from '../../../../src-compute/structure/neighbour-list.ts';
import { atoms, diamond } from '../entropy/structures.ts';

const descriptor = tensorRegressionDescriptor({ radial: 5, angular: 3, angularRadial: 2 }, 4.5);
const alloy = { ...diamond(1, 0.3, 5), symbols: ['Si', 'O'], kinds: Uint16Array.of(0, 1, 0, 0, 1, 1, 0, 0) };

describe('tensor-regression vectors', () => {
  it('are those of the plain double loop, without the 1 and with the central atom', () => {
    const settings = {
      species: ['Si', 'O', 'Og'], cutoff: 4.5, minimumDistance: 1, radialSize: 5, angularSize: 3,
      angularRadial: 2, elementWeighting: 'atomic-number',
    } as const; // prettier-ignore
    const layout = descriptorLayout(settings);
    const { values, dimension } = descriptor.compute(alloy);
    expect(dimension).toBe(layout.size);
    const pairs = neighbourPairs(alloy, 4.5);
    for (let i = 0; i < 8; i++) {
      const [from, to] = [pairs.start[i], pairs.start[i + 1]];
      const exact = referenceDescriptors(layout, radialRecurrence(5, 1, 4.5), {
        vectors: pairs.vectors.subarray(3 * from, 3 * to),
        species: Array.from(pairs.neighbours.subarray(from, to), (j) => alloy.kinds[j]),
      }).values;
      for (let d = 1; d < dimension; d++) {
        expect(Math.abs(values[i * dimension + d - 1] - exact[d])).toBeLessThan(
          1e-12 * (1 + Math.abs(exact[d])),
        );
      }
      expect(values[(i + 1) * dimension - 1]).toBeCloseTo(
        alloy.kinds[i] === 0 ? Math.sqrt(14) / 4 : Math.sqrt(8) / 4,
        14,
      );
    }
  });

  it('have the derivatives that they say', () => {
    const { dimension } = descriptor;
    const weights = Float64Array.from({ length: 8 * dimension }, (_, k) => Math.sin(3 * k + 1));
    const along = (positions: Float64Array, cell: Float64Array) =>
      descriptor.compute({ ...alloy, positions, cell }).values.reduce((sum, x, k) => sum + x * weights[k], 0);
    const { gradient, strainGradient } = descriptor.pullback!(alloy, weights);
    const h = 1e-5;
    for (const k of [0, 5, 13, 23]) {
      const at = (step: number) =>
        along(
          alloy.positions.map((x, m) => (m === k ? x + step : x)),
          alloy.cell,
        );
      expect(Math.abs((at(h) - at(-h)) / (2 * h) - gradient[k])).toBeLessThan(
        1e-6 * (1 + Math.abs(gradient[k])),
      );
    }
    for (const [a, b] of [[0, 0], [1, 2], [2, 0]]) {
      const at = (step: number) => {
        const strain = (v: Float64Array) => v.map((x, m) => (m % 3 === b ? x + step * v[m - b + a] : x));
        return along(strain(alloy.positions), strain(alloy.cell));
      };
      const expected = (at(h) - at(-h)) / (2 * h);
      expect(Math.abs(expected - strainGradient[3 * a + b])).toBeLessThan(1e-5 * (1 + Math.abs(expected)));
    } // prettier-ignore
  });

  it('tell elements apart, at the centre and around it, and take kinds that are no elements', () => {
    const pair = (first: string, second: string) =>
      descriptor.compute(
        atoms([0, 0, 0, 1.5, 0, 0], new Float64Array(9), false, [first, second], Uint16Array.of(0, 1)),
      ).values;
    const last = descriptor.dimension - 1;
    const [siO, siSi] = [pair('Si', 'O'), pair('Si', 'Si')];
    expect(siO[0] / siSi[0]).toBeCloseTo(8 / 14, 12);
    expect(siO[last]).toBe(siSi[last]);
    expect(pair('type1', 'Si')[last]).toBe(1);
    expect(pair('Si', 'type1').every(Number.isFinite)).toBe(true);
  });

  it('are made by name, and impossible sizes are refused', () => {
    expect(descriptorByName('tensor')).toMatchObject({
      name: 'tensor:6,4,1',
      dimension: 11,
      needsStandardisation: true,
    });
    expect(descriptorByName('tensor:8,4,2', { cutoff: 6 })).toMatchObject({ cutoff: 6, dimension: 21 });
    expect(descriptorByName('tensor:3').name).toBe('tensor:3,4,1');
    expect(() => descriptorByName('tensor:x')).toThrow(/whole numbers/);
    expect(() => descriptorByName('tensor:0')).toThrow(/whole numbers/);
    expect(() => descriptorByName('tensor', { cutoff: 0.5 })).toThrow(/cutoff/);
  });
});
