import { describe, expect, it } from 'vitest';
import {
  atomsOf,
  chooseBackend,
  createForceEngine,
  evaluate,
} from '../../../../src-compute/backends/index.ts';
import { evaluateReference } from '../../../../src-compute/backends/reference/evaluate.ts';
import { F32X4, F64, F64X2 } from '../../../../src-compute/backends/wasm/encoder/index.ts';
import { WasmForceEngine } from '../../../../src-compute/backends/wasm/engine.ts';
import { compileProgram } from '../../../../src-compute/backends/wasm/program.ts';
import { BackendError, PotentialError, StructureError } from '../../../../src-compute/errors.ts';
import { lennardJonesModel, type TabulatedPairModel } from '../../../../src-compute/potentials/pair/index.ts';
import { stillingerWeberSilicon } from '../../../../src-compute/potentials/stillinger-weber/index.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { randomMomentTensor, stillingerWeber } from '../../../conformance/potentials.ts';
import { randomNumbers } from '../../../conformance/random.ts';
import { structures } from '../../../conformance/structures.ts';

const model = randomMomentTensor(8, ['Si', 'O'], 3);
const { liquid, molecule, slab } = structures(model.species, 2.35);

function expectForces(actual: Float64Array, expected: Float64Array, tolerance = 1e-10): void {
  const scale = expected.reduce((max, f) => Math.max(max, Math.abs(f)), 0);
  actual.forEach((f, k) => expect(Math.abs(f - expected[k]) / scale).toBeLessThan(tolerance));
}

/** Gas of n atoms in a cube, at least 2 Å apart. */
function cube(n: number, edge: number, seed = 1): Configuration {
  const random = randomNumbers(seed);
  const per = Math.ceil(Math.cbrt(n));
  const positions = new Float64Array(3 * n);
  for (let i = 0; i < n; i++) {
    const site = [i % per, Math.floor(i / per) % per, Math.floor(i / per ** 2)];
    for (let axis = 0; axis < 3; axis++)
      positions[3 * i + axis] = ((site[axis] + 0.2 * random()) * edge) / per;
  }
  const cell = Float64Array.of(edge, 0, 0, 0, edge, 0, 0, 0, edge);
  return { symbols: ['Si'], kinds: new Uint16Array(n), positions, cell, periodic: [true, true, true] };
}

describe('an engine over many steps', () => {
  it('equals a fresh evaluation while atoms move, leave the cell and the cell is strained', () => {
    const random = randomNumbers(9);
    const engine = createForceEngine(model, atomsOf(liquid), { backend: 'wasm', skin: 0.6 });
    const positions = liquid.positions.slice();
    const cell = liquid.cell.slice();
    for (let step = 0; step < 60; step++) {
      for (let k = 0; k < positions.length; k++) positions[k] += 0.03 * (random() - 0.4);
      const strain = 1 + 0.004 * (random() - 0.5);
      for (let k = 0; k < 9; k++) cell[k] *= strain;
      for (let k = 0; k < positions.length; k++) positions[k] *= strain;
      engine.compute(positions, cell);
      const fresh = evaluateReference(model, { ...liquid, positions, cell });
      expectForces(engine.result.forces, fresh.forces);
      expect(Math.abs(engine.result.energy - fresh.energy) / Math.abs(fresh.energy)).toBeLessThan(1e-11);
    }
    expect(engine.neighbourListBuilds).toBeGreaterThan(1);
    expect(engine.neighbourListBuilds).toBeLessThan(40);
  });

  it('lets its tables grow when atoms gather', () => {
    const gas = cube(400, 90);
    const lj = lennardJonesModel('Si', 0.01, 2, 6);
    const engine = createForceEngine(lj, atomsOf(gas), { backend: 'wasm', skin: 0.5 });
    engine.compute(gas.positions, gas.cell);
    // the same atoms in a twentieth of the volume, and then denser still: every row gets much longer
    for (const edge of [33, 16]) {
      const dense = cube(400, edge, 2);
      engine.compute(dense.positions, dense.cell);
      expectForces(engine.result.forces, evaluateReference(lj, dense).forces);
    }
  });

  it('follows swaps of kinds without a new list', () => {
    const engine = createForceEngine(model, atomsOf(liquid), { backend: 'wasm' });
    engine.compute(liquid.positions, liquid.cell);
    const kinds = liquid.kinds.map((kind) => 1 - kind);
    engine.setKinds(kinds);
    engine.compute(liquid.positions, liquid.cell);
    expect(engine.neighbourListBuilds).toBe(1);
    expectForces(engine.result.forces, evaluateReference(model, { ...liquid, kinds }).forces);
    expect(() => engine.setKinds(new Uint16Array(3))).toThrow(StructureError);
    expect(() => engine.setKinds(kinds.map(() => 7))).toThrow(PotentialError);
  });

  it('gives the same bits again after forgetting its list', () => {
    const engine = createForceEngine(model, atomsOf(slab), { backend: 'wasm' });
    const moved = slab.positions.map((x, k) => x + 0.1 * Math.sin(k));
    engine.compute(slab.positions, slab.cell);
    engine.forgetNeighbours();
    engine.compute(moved, slab.cell);
    const first = engine.result.forces.slice();
    const other = createForceEngine(model, atomsOf(slab), { backend: 'wasm' });
    other.compute(moved, slab.cell);
    expect(other.result.forces).toEqual(first);
  });

  it('evaluates one structure after another in the same memory', () => {
    for (const backend of ['wasm', 'wasm-f32', 'reference'] as const) {
      for (const c of [liquid, molecule, slab, molecule, liquid]) {
        const { forces } = evaluate(model, c, { backend });
        expectForces(forces, evaluateReference(model, c).forces, backend === 'wasm-f32' ? 4e-6 : 1e-10);
      }
    }
  });

  it('has an empty result for no atoms', () => {
    const none = { symbols: ['Si'], kinds: new Uint16Array(0), periodic: [false, false, false] as const };
    const engine = createForceEngine(
      model,
      { ...none, periodic: [false, false, false] },
      { backend: 'wasm' },
    );
    engine.compute(new Float64Array(0), new Float64Array(9));
    expect(engine.result.energy).toBe(0);
  });
});

describe('bad input', () => {
  const engine = () => createForceEngine(model, atomsOf(molecule), { backend: 'wasm' });
  const periodicEngine = () => createForceEngine(model, atomsOf(liquid), { backend: 'wasm' });

  it('names the atom whose position is no number, at the first step and later', () => {
    const one = engine();
    const broken = molecule.positions.slice();
    broken[7] = NaN;
    expect(() => one.compute(broken, molecule.cell)).toThrow(/position of atom 3 /);
    one.compute(molecule.positions, molecule.cell);
    expect(() => one.compute(broken, molecule.cell)).toThrow(/position of atom 3 /);
    one.compute(molecule.positions, molecule.cell);
    expectForces(one.result.forces, evaluateReference(model, molecule).forces);
  });

  it('refuses a collapsed cell, also when it collapses on the way', () => {
    const one = periodicEngine();
    one.compute(liquid.positions, liquid.cell);
    const flat = liquid.cell.slice();
    flat.set([0, 0, 0], 6);
    expect(() => one.compute(liquid.positions, flat)).toThrow(/no volume/);
    const nothing = liquid.cell.map(() => NaN);
    expect(() => one.compute(liquid.positions, nothing)).toThrow(StructureError);
  });

  it('names atoms that overlap, and whom they overlap', () => {
    const positions = molecule.positions.slice();
    for (let axis = 0; axis < 3; axis++) positions[9 + axis] = positions[3 + axis] + 0.01;
    expect(() => engine().compute(positions, molecule.cell)).toThrow(/Atom (2|4) .* atom (4|2) .* overlap/);
    const exactly = molecule.positions.slice();
    exactly.copyWithin(0, 12, 15);
    expect(() => engine().compute(exactly, molecule.cell)).toThrow(/overlap/);
    // sums of kernels and pair potentials look as well
    const lj = createForceEngine(lennardJonesModel('Si', 1, 2, 5), {
      ...atomsOf(molecule),
      symbols: ['Si', 'Si'],
    });
    expect(() => lj.compute(positions, molecule.cell)).toThrow(/overlap/);
  });

  it('refuses the wrong number of coordinates, unknown species and nonsense options', () => {
    expect(() => engine().compute(new Float64Array(4), molecule.cell)).toThrow(/15 coordinates/);
    expect(() => createForceEngine(model, { ...atomsOf(molecule), symbols: ['Si', 'Ge'] })).toThrow(
      /contains Ge/,
    );
    expect(() => createForceEngine(model, atomsOf(molecule), { threads: 0 })).toThrow(/number of threads/);
    expect(() => createForceEngine(model, atomsOf(molecule), { skin: NaN })).toThrow(/skin/);
  });

  it('never returns an energy that is no number', () => {
    const mad = { ...model, scaling: 1e150 };
    const one = createForceEngine(mad, atomsOf(molecule), { backend: 'wasm' });
    expect(() => one.compute(molecule.positions, molecule.cell)).toThrow(/not finite/);
  });
});

describe('the choice of a backend', () => {
  it('is the fastest in double precision, and is told', () => {
    expect(chooseBackend(model)).toEqual({
      backend: 'wasm',
      reason: expect.stringMatching(/f64x2.*double precision/),
    });
    expect(createForceEngine(model, atomsOf(molecule), { backend: 'wasm-f32' }).choice).toMatch(
      /f32x4, as asked for; 1 thread/,
    );
  });

  it('falls back to the reference and says why, but not when asked for by name', () => {
    const both = stillingerWeber(['Si', 'O']);
    const triplets = both.triplets.map((t) =>
      t.species.join('') === 'SiSiO' ? { ...t, lambda: 2 * t.lambda } : t,
    );
    const odd = { ...both, triplets };
    expect(chooseBackend(odd)).toEqual({
      backend: 'reference',
      reason: expect.stringMatching(/because its three-body terms depend on the order/),
    });
    expect(() => chooseBackend(odd, 'wasm')).toThrow(BackendError);
    const unheard = { form: 'spherical cow', species: ['Si'], cutoff: 3 };
    expect(chooseBackend(unheard).reason).toMatch(/spherical cow/);
  });

  it('runs on one thread where there are no workers, and says so', () => {
    const engine = createForceEngine(model, atomsOf(molecule), { threads: 4 });
    expect(engine.threads).toBe(1);
    expect(engine.choice).toMatch(/1 thread instead of 4, because this program starts no workers/);
  });
});

it('takes powers of Stillinger–Weber that are no whole numbers', () => {
  const silicon = stillingerWeberSilicon();
  const odd = { ...silicon, triplets: silicon.triplets.map((t) => ({ ...t, p: 4.5, q: -0.25 })) };
  const c = structures(['Si'], 2.35).liquid;
  const expected = evaluateReference(odd, c);
  expectForces(evaluate(odd, c, { backend: 'wasm' }).forces, expected.forces, 1e-12);
  expectForces(evaluate(odd, c, { backend: 'wasm-f32' }).forces, expected.forces, 3e-6);
});

it('finds the pieces of tables whose distances are spaced most unevenly', () => {
  // knots that crowd together, so that cells of any sensible width hold many
  const distances = [1.5, 2, 2.4, ...Array.from({ length: 12 }, (_, k) => 2.5 + 1e-7 * k), 3, 3.1, 3.6, 5];
  const energies = distances.map((r) => 3 * Math.exp(-r) * Math.cos(2.1 * r));
  const pairs = [{ species: ['Si', 'Si'] as [string, string], distances, energies }];
  const table: TabulatedPairModel = { form: 'tabulated-pair', species: ['Si'], pairs, cutoff: 5 };
  const c = structures(['Si'], 2.35).liquid;
  expectForces(evaluate(table, c, { backend: 'wasm' }).forces, evaluateReference(table, c).forces, 1e-12);
});

describe('structure of the memory', () => {
  it('is the same for scalars and vectors, and states its size', () => {
    const c = cube(3000, 40);
    const wide = new WasmForceEngine(model, compileProgram(model, F64X2, false), atomsOf(c), 1);
    const scalar = new WasmForceEngine(model, compileProgram(model, F64, false), atomsOf(c), 1);
    const single = new WasmForceEngine(model, compileProgram(model, F32X4, false), atomsOf(c), 1);
    for (const engine of [wide, scalar, single]) engine.compute(c.positions, c.cell);
    expectForces(wide.result.forces, scalar.result.forces, 1e-12);
    expectForces(single.result.forces, scalar.result.forces, 2e-6);
    expect(wide.listedNeighboursPerAtom).toBe(scalar.listedNeighboursPerAtom);
    expect(wide.memoryBytes / 3000).toBeLessThan(1500);
    // Newton's third law, over three slices
    const total = [0, 1, 2].map((axis) =>
      wide.result.forces.reduce((sum, f, k) => (k % 3 === axis ? sum + f : sum), 0),
    );
    total.forEach((f) => expect(Math.abs(f)).toBeLessThan(1e-9));
  });
});
