/** Relaxation: minima that are known, constraints, what it costs in evaluations, and what cannot be relaxed. */
import { describe, expect, it } from 'vitest';
import { atomsOf, createForceEngine } from '../../../src-compute/backends/index.ts';
import { lennardJonesModel } from '../../../src-compute/potentials/pair/index.ts';
import type { ForceEngine, PotentialModelBase } from '../../../src-compute/potentials/potential.ts';
import { stillingerWeberSilicon } from '../../../src-compute/potentials/stillinger-weber/index.ts';
import { FULL_CELL, relax, RELAXATION_METHODS } from '../../../src-compute/relaxation/index.ts';
import { volume } from '../../../src-compute/structure/cell.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { deform, lattice, supercell } from '../../../src-compute/structure/lattices.ts';
import { cartesianRotation, SymmetryAverage } from '../../../src-compute/structure/symmetry.ts';
import { minimumDistance } from '../../../src-compute/structure/minimum-distance.ts';
import { EV_PER_A3_IN_GPA } from '../../../src-compute/units.ts';

const SILICON = stillingerWeberSilicon();
const ARGON = lennardJonesModel('Ar', 0.0104, 3.4, 8.5, 'shifted');

const engineOf = (model: PotentialModelBase, structure: Configuration) =>
  createForceEngine(model, atomsOf(structure));

/** Reproducible displacements, up to ± amplitude/2 in each direction. */
function shaken(structure: Configuration, amplitude: number, seed = 1): Configuration {
  let state = seed;
  const random = () => (state = (state * 16807) % 2147483647) / 2147483647 - 0.5;
  return { ...structure, positions: structure.positions.map((x) => x + amplitude * random()) };
}

function dimer(model: PotentialModelBase, distance: number): Configuration {
  return {
    symbols: [model.species[0]],
    kinds: new Uint16Array(2),
    positions: Float64Array.of(0, 0, 0, distance * 0.6, 0, distance * 0.8),
    cell: new Float64Array(9),
    periodic: [false, false, false],
  };
}

describe('relaxation', () => {
  it.each(RELAXATION_METHODS)(
    '%s: a dimer ends at 2^(1/6) σ with −ε, from near and from far',
    async (method) => {
      const model = lennardJonesModel('Ar', 0.0104, 3.4, 30);
      for (const distance of [3.1, 5]) {
        const start = dimer(model, distance);
        const result = await relax(start, engineOf(model, start), { method, tolerance: 1e-8 });
        expect(result.end).toBe('converged');
        expect(minimumDistance(result.configuration, 6)).toBeCloseTo(2 ** (1 / 6) * 3.4, 5);
        expect(result.energy).toBeCloseTo(-0.0104, 9);
      }
    },
  );

  it('needs less than half of the evaluations that the best optimiser of ASE needs for such crystals', async () => {
    // test/benchmarks/relaxation.ts: at least so many with displacements up to ± 0.05, 0.15, 0.3 Å
    const crystal = supercell(lattice('fcc', ['Ar'], 5.26), [2, 2, 4]);
    for (const [amplitude, theirs] of [
      [0.1, 32],
      [0.3, 43],
      [0.6, 57],
    ]) {
      const start = shaken(crystal, amplitude);
      const result = await relax(start, engineOf(ARGON, start));
      expect(result.converged).toBe(true);
      expect(result.evaluations).toBeLessThan(theirs / 2);
    }
  });

  it('needs less than a third of the evaluations of FIRE for the same silicon, cell included, and ends as low', async () => {
    const crystal = supercell(lattice('diamond', ['Si'], 5.55), [2, 2, 2]);
    const start = shaken(crystal, 0.3);
    for (const cell of [undefined, FULL_CELL, 'isotropic'] as const) {
      const [quick, slow] = await Promise.all(
        RELAXATION_METHODS.map((method) => relax(start, engineOf(SILICON, start), { method, cell })),
      );
      expect([quick.end, slow.end]).toEqual(['converged', 'converged']);
      expect(quick.evaluations).toBeLessThan(slow.evaluations / 3);
      expect(quick.energy).toBeCloseTo(slow.energy, 5);
    }
  });

  it('reaches 1e-9 eV/Å, where the digits of the energy have ended', async () => {
    const start = shaken(supercell(lattice('diamond', ['Si'], 5.431), [2, 2, 2]), 0.2);
    const result = await relax(start, engineOf(SILICON, start), { tolerance: 1e-9 });
    expect(result.end).toBe('converged');
    expect(result.evaluations).toBeLessThan(60);
  });

  it('keeps fixed components, the shape of an isotropic cell, masked axes, and the pressure asked for', async () => {
    const crystal = supercell(lattice('diamond', ['Si'], 5.5), [2, 1, 1]);
    const start = shaken(crystal, 0.2);
    const fixed = new Uint8Array(start.positions.length);
    fixed.set([1, 1, 1, 0, 0, 1]);
    const held = await relax(start, engineOf(SILICON, start), { fixed });
    expect(held.converged).toBe(true);
    for (const k of [0, 1, 2, 5]) expect(held.configuration.positions[k]).toBe(start.positions[k]);
    expect(held.configuration.positions[3]).not.toBe(start.positions[3]);

    const pressed = await relax(start, engineOf(SILICON, start), { cell: 'isotropic', pressure: 3 });
    const { cell } = pressed.configuration;
    expect(cell[0] / cell[4]).toBeCloseTo(2, 12);
    const trace = pressed.virial[0] + pressed.virial[4] + pressed.virial[8];
    expect((trace / 3 / volume(cell)) * EV_PER_A3_IN_GPA).toBeCloseTo(3, 2);

    const onlyC = new Array<boolean>(9).fill(false).with(8, true);
    const stretched = await relax(start, engineOf(SILICON, start), { cell: onlyC });
    expect(stretched.converged).toBe(true);
    expect(stretched.configuration.cell.slice(0, 8)).toEqual(start.cell.slice(0, 8));
    expect(stretched.configuration.cell[8]).not.toBeCloseTo(5.5, 3);
  });

  it('keeps the symmetry that it is given', async () => {
    // a crystal pressed along c, and the four-fold axis along it
    const operations = [
      [1, 0, 0, 0, 1, 0, 0, 0, 1],
      [0, -1, 0, 1, 0, 0, 0, 0, 1],
      [-1, 0, 0, 0, -1, 0, 0, 0, 1],
      [0, 1, 0, -1, 0, 0, 0, 0, 1],
    ].map((rotation) => ({ rotation, translation: [0, 0, 0] }));
    const fcc = deform(lattice('fcc', ['Ar'], 5.3), [0, 0, 0, 0, 0, 0, 0, 0, -0.04]);
    const result = await relax(fcc, engineOf(ARGON, fcc), { cell: FULL_CELL, symmetry: operations });
    expect(result.converged).toBe(true);
    const { cell } = result.configuration;
    expect(cell[0]).toBeCloseTo(cell[4], 12);
    expect(Math.abs(cell[1]) + Math.abs(cell[2]) + Math.abs(cell[5])).toBeLessThan(1e-12);
    const rotation = cartesianRotation(operations[1], fcc.cell);
    expect(Array.from(rotation, Math.round)).toEqual([0, -1, 0, 1, 0, 0, 0, 0, 1]);
    expect(() => new SymmetryAverage(shaken(fcc, 0.5), operations)).toThrow(/no atom of its kind/);
  });

  it('pushes atoms apart that overlap, without a jump over each other', async () => {
    const crystal = supercell(lattice('diamond', ['Si'], 5.431), [2, 2, 2]);
    const positions = crystal.positions.slice();
    positions[0] += 1.2;
    positions[1] += 1.2;
    positions[2] += 1.2;
    const start = { ...crystal, positions };
    let longest = 0;
    let before = start.positions;
    const result = await relax(start, engineOf(SILICON, start), {
      onStep: ({ positions: now, step }) => {
        if (step > 0)
          for (let k = 0; k < now.length; k++) longest = Math.max(longest, Math.abs(now[k] - before[k]));
        before = now.slice();
      },
    });
    expect(result.converged).toBe(true);
    expect(longest).toBeLessThanOrEqual(0.1 * 2.4);
    expect(result.energy / 64).toBeCloseTo(-4.3366, 3);
  });

  it('says that it has stalled where forces are no slope of the energy, and stops when told to', async () => {
    const start = dimer(ARGON, 4);
    const wrong: ForceEngine = engineOf(ARGON, start);
    const compute = wrong.compute.bind(wrong);
    wrong.compute = (positions, cell) => {
      void compute(positions, cell);
      // a constant push apart that the energy does not know
      wrong.result.forces[0] -= 1;
      wrong.result.forces[3] += 1;
    };
    const result = await relax(start, wrong, { steps: 500 });
    expect(result.end).toBe('stalled');
    expect(result.converged).toBe(false);

    const cancel = new AbortController();
    const crystal = shaken(supercell(lattice('diamond', ['Si'], 5.5), [2, 2, 2]), 0.3);
    await expect(
      relax(crystal, engineOf(SILICON, crystal), {
        signal: cancel.signal,
        onStep: ({ step }) => {
          if (step === 3) cancel.abort();
        },
      }),
    ).rejects.toThrow(/cancel/i);
  });

  it('ends in single precision when the forces have no more digits', async () => {
    const start = shaken(supercell(lattice('diamond', ['Si'], 5.431), [2, 2, 2]), 0.2);
    const engine = createForceEngine(SILICON, atomsOf(start), { backend: 'wasm-f32' });
    const loose = await relax(start, engine, { tolerance: 1e-3 });
    expect(loose.converged).toBe(true);
    const tight = await relax(start, engine, { tolerance: 1e-12 });
    expect(tight.end).toBe('stalled');
    expect(tight.evaluations).toBeLessThan(600);
  });
});
