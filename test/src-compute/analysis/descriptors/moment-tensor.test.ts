/** Moment-tensor scalars as descriptors, standardisation, and descriptors by name. */
import { describe, expect, it } from 'vitest';
import { descriptorByName } from '../../../../src-compute/analysis/descriptors/index.ts';
import {
  momentTensorDescriptor,
  potentialDescriptor,
} from '../../../../src-compute/analysis/descriptors/moment-tensor.ts';
import { standardise, standardisationOf } from '../../../../src-compute/analysis/descriptors/standardise.ts';
import { evaluateMomentTensor } from '../../../../src-compute/potentials/moment-tensor/reference.ts';
import type { MomentTensorModel } from '../../../../src-compute/potentials/moment-tensor/model.ts';
import { generateMomentGraph } from '../../../../src-compute/potentials/moment-tensor/basis.ts';
import { atoms, diamond, matrix, randomNumbers } from '../entropy/structures.ts';

describe('moment-tensor scalars', () => {
  it('are the basis functions of a potential: its energies and forces come out of them', () => {
    const graph = generateMomentGraph({ level: 10 });
    const random = randomNumbers(2);
    const numbers = (n: number) => Float64Array.from({ length: n }, () => random() - 0.5);
    const model: MomentTensorModel = {
      ...graph,
      form: 'moment-tensor',
      species: ['Si'],
      cutoff: 4.5,
      minimumDistance: 1.5,
      scaling: 0.3,
      radialBasisSize: 4,
      radialCoefficients: numbers(4 * graph.radialFunctionCount),
      speciesCoefficients: Float64Array.of(-1),
      momentCoefficients: numbers(graph.scalarMoments.length),
    };
    const structure = diamond(1, 0.3, 5);
    const expected = evaluateMomentTensor(model, structure);
    const descriptor = potentialDescriptor(model, 'test');
    const rows = descriptor.compute(structure);
    const xi = model.momentCoefficients;
    for (let i = 0; i < 8; i++) {
      const energy = xi.reduce((sum, x, a) => sum + x * rows.values[i * descriptor.dimension + a], -1);
      expect(energy).toBeCloseTo(expected.atomEnergies[i], 10);
    }
    const weights = Float64Array.from(
      { length: 8 * descriptor.dimension },
      (_, k) => xi[k % descriptor.dimension] ?? 0,
    );
    const { gradient, strainGradient } = descriptor.pullback!(structure, weights);
    gradient.forEach((g, k) => expect(-g).toBeCloseTo(expected.forces[k], 9));
    strainGradient.forEach((g, k) => expect(-g).toBeCloseTo(expected.virial[k], 8));
  });

  it('tell elements apart, at the centre and around it', () => {
    const descriptor = momentTensorDescriptor(8, 5);
    expect(descriptor.dimension).toBe(10);
    const pair = (first: string, second: string) =>
      descriptor.compute(
        atoms([0, 0, 0, 1.5, 0, 0], new Float64Array(9), false, [first, second], Uint16Array.of(0, 1)),
      ).values;
    const [siO, siSi, oO] = [pair('Si', 'O'), pair('Si', 'Si'), pair('O', 'O')];
    expect(siO[0]).not.toBeCloseTo(siSi[0], 3);
    expect(siO[9]).toBe(siSi[9]);
    expect(siO[9]).not.toBe(oO[9]);
  });

  it('refuse impossible settings', () => {
    expect(() => momentTensorDescriptor(7, 5)).toThrow(/even number/);
    expect(() => momentTensorDescriptor(8, 0)).toThrow(/cutoff/);
    expect(() => descriptorByName('soap')).toThrow(/no descriptor soap/);
    expect(() => descriptorByName('mtp:x')).toThrow(/even number/);
    expect(descriptorByName('mtp:6', { cutoff: 4 })).toMatchObject({
      name: 'mtp:6',
      cutoff: 4,
      dimension: 6,
    });
    expect(descriptorByName('quests', { neighbours: 8 }).dimension).toBe(15);
  });
});

describe('standardisation', () => {
  it('gives mean 0 and deviation 1, and leaves constant columns unscaled', () => {
    const reference = matrix([
      [1, 7, 100],
      [3, 7, 300],
      [5, 7, 500],
    ]);
    const rule = standardisationOf(reference);
    const { values } = standardise(reference, rule);
    expect(values[0]).toBeCloseTo(-Math.sqrt(1.5), 12);
    expect(values[2]).toBeCloseTo(-Math.sqrt(1.5), 12);
    expect([values[1], values[4], values[7]]).toEqual([0, 0, 0]);
    expect(standardise(matrix([[3, 9, 300]]), rule).values).toEqual(Float64Array.of(0, 2, 0));
  });
});
