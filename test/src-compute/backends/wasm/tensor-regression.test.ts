/** What the conformance suite does not see of the tensor-regression kernel: large sizes, heads of atoms, new parameters. */
import { describe, expect, it } from 'vitest';
import { atomsOf, createForceEngine, openForceEngine } from '../../../../src-compute/backends/index.ts';
import { termsOf } from '../../../../src-compute/backends/gpu/terms.ts';
import { evaluateReference } from '../../../../src-compute/backends/reference/evaluate.ts';
import { BackendError, PotentialError } from '../../../../src-compute/errors.ts';
import type { ZblModel } from '../../../../src-compute/potentials/pair/zbl.ts';
import type { PotentialModelBase } from '../../../../src-compute/potentials/potential.ts';
import { sumModel } from '../../../../src-compute/potentials/sum/sum.ts';
import {
  headSize,
  type TensorRegressionModel,
} from '../../../../src-compute/potentials/tensor-regression/index.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { randomMomentTensor, randomTensorRegression } from '../../../conformance/potentials.ts';
import { randomNumbers } from '../../../conformance/random.ts';
import { structures } from '../../../conformance/structures.ts';

function expectSame(model: PotentialModelBase, configuration: Configuration, tolerance = 1e-10): void {
  const engine = createForceEngine(model, atomsOf(configuration), { backend: 'wasm' });
  engine.compute(configuration.positions, configuration.cell);
  const expected = evaluateReference(model, configuration);
  const scale = expected.forces.reduce((max, f) => Math.max(max, Math.abs(f)), 0);
  expect(scale).toBeGreaterThan(1e-3);
  engine.result.forces.forEach((f, k) =>
    expect(Math.abs(f - expected.forces[k]) / scale).toBeLessThan(tolerance),
  );
  const energies = expected.atomEnergies.reduce((sum, e) => sum + Math.abs(e), 0);
  engine.result.atomEnergies.forEach((e, k) =>
    expect(Math.abs(e - expected.atomEnergies[k]) / energies).toBeLessThan(tolerance),
  );
}

describe('sizes', () => {
  it.each([
    ['many channels', ['Si', 'Ge', 'O'], { radialSize: 8, angularSize: 6, angularRadial: 2 }],
    ['many functions', ['Si'], { radialSize: 12, angularSize: 9, angularRadial: 5 }],
    [
      'more functions in the angular part than in the radial one',
      ['Si', 'O'],
      { radialSize: 1, angularRadial: 3 },
    ],
    ['one of everything', ['Si'], { radialSize: 1, angularSize: 1, bonds: [1, 1, 1] }],
    ['a train of rank 1', ['Si'], { bonds: [1, 1] }],
    ['a train of rank 2', ['Si'], { bonds: [1, 5, 1] }],
    ['a long train with wide and narrow bonds', ['Si'], { bonds: [1, 7, 1, 9, 4, 1] }],
    ['rank 3 with a number of descriptors that is no multiple of 4', ['Si'], { rank: 3, radialSize: 5 }],
  ] as const)('%s', (_, species, size) => {
    const model = randomTensorRegression(species, 3, size);
    const { liquid, 'tiny cell': tiny } = structures(species, 2.2);
    expectSame(model, liquid);
    expectSame(model, tiny);
  });

  it('a term that knows more species, in another order', () => {
    const model = sumModel<PotentialModelBase>([
      randomTensorRegression(['Si', 'O'], 4, { angularRadial: 2 }),
      randomTensorRegression(['Ge', 'O', 'Si'], 5, {
        elementWeighting: 'atomic-number',
        rank: 3,
        radialSize: 2,
      }),
      randomTensorRegression(['O', 'C', 'Si'], 6, { bonds: [1, 2, 1] }),
    ]);
    expectSame(model, structures(['Si', 'O'], 2.2).liquid);
  });
});

/** A head of its own for every atom of a structure. */
function perAtom(shared: TensorRegressionModel, configuration: Configuration): TensorRegressionModel {
  const random = randomNumbers(8);
  const n = configuration.kinds.length;
  const species = Int32Array.from(configuration.kinds, (kind) =>
    shared.species.indexOf(configuration.symbols[kind]),
  );
  const { head } = shared;
  const spread = (values: Float64Array, size: number) =>
    Float64Array.from(
      { length: n * size },
      (_, k) => values[species[Math.floor(k / size)] * size + (k % size)] * (0.5 + random()),
    );
  const m = shared.shift.length / shared.species.length;
  return {
    ...shared,
    mode: 'per-atom',
    atomSpecies: species,
    head:
      head.kind === 'dense'
        ? { ...head, coefficients: spread(head.coefficients, headSize(head, m)) }
        : {
            ...head,
            cores: spread(head.cores, headSize(head, m)),
            constants: spread(head.constants, 1),
          },
  };
}

describe('per-atom mode', () => {
  const shared = randomTensorRegression(['Si', 'O'], 7, { angularRadial: 2 });
  const { liquid, slab, molecule } = structures(shared.species, 2.2);

  it('gives every atom its own head, wherever it is sorted to and however often it is copied', () => {
    for (const configuration of [liquid, slab, molecule]) {
      expectSame(perAtom(shared, configuration), configuration);
      const train = randomTensorRegression(['Si', 'O'], 9, { bonds: [1, 2, 2, 1] });
      expectSame(perAtom(train, configuration), configuration);
    }
  });

  it('refuses other atoms than those of the fit', () => {
    const model = perAtom(shared, liquid);
    const atoms = atomsOf(liquid);
    expect(() => createForceEngine(model, atomsOf(molecule), { backend: 'wasm' })).toThrow(
      /made for \d+ atoms/,
    );
    const engine = createForceEngine(model, atoms, { backend: 'wasm' });
    const swapped = liquid.kinds.slice();
    const other = swapped.findIndex((kind) => kind !== swapped[0]);
    [swapped[0], swapped[other]] = [swapped[other], swapped[0]];
    expect(() => engine.setKinds(swapped)).toThrow(PotentialError);
    expect(() => engine.setKinds(swapped)).toThrow(/expects .* as atom 1/);
    engine.setKinds(liquid.kinds);
    engine.compute(liquid.positions, liquid.cell);
  });
});

describe('new parameters in place', () => {
  const first = randomTensorRegression(['Si', 'O'], 10, { angularRadial: 2 });
  const second = randomTensorRegression(['Si', 'O'], 11, { angularRadial: 2 });
  const { liquid } = structures(first.species, 2.2);
  const atoms = atomsOf(liquid);
  const forces = (model: PotentialModelBase) => {
    const engine = createForceEngine(model, atoms, { backend: 'wasm' });
    engine.compute(liquid.positions, liquid.cell);
    return engine.result.forces.slice();
  };

  it.each(['wasm', 'wasm-f32', 'reference'] as const)('are those of the new model: %s', (backend) => {
    const engine = createForceEngine(first, atoms, { backend });
    const other = createForceEngine(first, atoms, { backend });
    const fresh = createForceEngine(second, atoms, { backend });
    for (const one of [engine, other, fresh]) one.compute(liquid.positions, liquid.cell);
    const before = engine.result.forces.slice();
    const builds = engine.neighbourListBuilds;
    engine.updateParameters?.(second);
    engine.compute(liquid.positions, liquid.cell);
    expect(engine.result).toEqual(fresh.result);
    expect(engine.result.forces).not.toEqual(before);
    if (backend !== 'reference') expect(engine.neighbourListBuilds).toBe(builds);
    // another engine of the same program keeps its own
    other.compute(liquid.positions, liquid.cell);
    expect(other.result.forces).toEqual(before);
  });

  it('may be those of the same model after its arrays have changed', () => {
    const changing = perAtom(first, liquid);
    const engine = createForceEngine(changing, atoms, { backend: 'wasm' });
    engine.compute(liquid.positions, liquid.cell);
    if (changing.head.kind === 'dense')
      changing.head.coefficients.forEach((x, k, list) => (list[k] = 0.5 * x + 0.01));
    changing.shift.forEach((x, k, list) => (list[k] = 0.9 * x));
    engine.updateParameters?.(changing);
    engine.compute(liquid.positions, liquid.cell);
    expect(engine.result.forces).toEqual(forces({ ...changing }));
  });

  it('leave the other terms of a sum alone', () => {
    const zbl: ZblModel = { form: 'zbl', species: ['Si', 'O'], innerRadius: 1.2, cutoff: 3 };
    const sum = sumModel<PotentialModelBase>([first, zbl]);
    const engine = createForceEngine(sum, atoms, { backend: 'wasm' });
    const changed = sumModel<PotentialModelBase>([second, zbl]);
    engine.updateParameters?.(changed);
    engine.compute(liquid.positions, liquid.cell);
    expect(engine.result.forces).toEqual(forces(changed));
    const other: ZblModel = { ...zbl, innerRadius: 1.3 };
    const others = sumModel<PotentialModelBase>([second, other]);
    expect(() => engine.updateParameters?.(others)).toThrow(/zbl potential cannot be changed/);
    expect(() => engine.updateParameters?.(second)).toThrow(BackendError);
  });

  it('must be of the same structure', () => {
    const engine = createForceEngine(first, atoms, { backend: 'wasm' });
    for (const other of [
      randomTensorRegression(['Si', 'O'], 1, { angularRadial: 2, rank: 3 }),
      randomTensorRegression(['Si', 'O'], 1, { angularRadial: 1 }),
      randomTensorRegression(['O', 'Si'], 1, { angularRadial: 2 }),
      { ...second, cutoff: 5 },
      randomMomentTensor(4, ['Si', 'O'], 1),
    ]) {
      expect(() => engine.updateParameters?.(other)).toThrow(/same species, descriptors and head/);
    }
    const moments = randomMomentTensor(4, ['Si', 'O'], 1);
    const fixed = createForceEngine(moments, atoms, { backend: 'wasm' });
    expect(() => fixed.updateParameters?.(randomMomentTensor(4, ['Si', 'O'], 2))).toThrow(BackendError);
  });
});

it('has no kernel for GPUs: a sentence when one is asked for, else the CPU', async () => {
  const model = randomTensorRegression(['Si', 'O'], 12);
  const { liquid } = structures(model.species, 2.2);
  expect(() => termsOf(model)).toThrow(
    /GPU backend does not compute potentials of the form tensor-regression/,
  );
  const engine = await openForceEngine(model, atomsOf(liquid), { backend: 'auto', precision: 'f32' });
  expect(engine.backend).toBe('wasm-f32');
  engine.dispose();
});
