import { describe, expect, it } from 'vitest';
import { elasticConstants, summarise } from '../../../src-compute/analysis/elasticity.ts';
import { birchMurnaghanEnergy, fitBirchMurnaghan } from '../../../src-compute/analysis/equation-of-state.ts';
import { symmetricEigenvalues } from '../../../src-compute/analysis/small-linear.ts';
import { atomsOf, createForceEngine } from '../../../src-compute/backends/index.ts';
import { lennardJonesModel } from '../../../src-compute/potentials/pair/index.ts';
import { stillingerWeberSilicon } from '../../../src-compute/potentials/stillinger-weber/index.ts';
import { FULL_CELL, relax } from '../../../src-compute/relaxation/index.ts';
import { volume } from '../../../src-compute/structure/cell.ts';
import { deform, lattice, supercell } from '../../../src-compute/structure/lattices.ts';
import { EV_PER_A3_IN_GPA } from '../../../src-compute/units.ts';

const silicon = stillingerWeberSilicon();
const engineOf = (c: Parameters<typeof atomsOf>[0]) => createForceEngine(silicon, atomsOf(c));

describe('Birch–Murnaghan', () => {
  it('gets back the parameters of its own curve', () => {
    const eos = { energy: -5.4, volume: 20.3, bulkModulus: 98, bulkModulusDerivative: 4.3, residual: 0 };
    const volumes = Array.from({ length: 11 }, (_, k) => 18 + 0.45 * k);
    const fit = fitBirchMurnaghan(
      volumes,
      volumes.map((v) => birchMurnaghanEnergy(eos, v)),
    );
    expect(fit.volume).toBeCloseTo(20.3, 8);
    expect(fit.energy).toBeCloseTo(-5.4, 8);
    expect(fit.bulkModulus).toBeCloseTo(98, 5);
    expect(fit.bulkModulusDerivative).toBeCloseTo(4.3, 6);
    expect(birchMurnaghanEnergy(fit, 25)).toBeCloseTo(birchMurnaghanEnergy(eos, 25), 8);
  });

  it('says when there is no minimum', () => {
    expect(() => fitBirchMurnaghan([1, 2, 3, 4, 5], [5, 4, 3, 2, 1])).toThrow('no minimum');
    expect(() => fitBirchMurnaghan([1, 2, 3], [1, 0, 1])).toThrow('at least 4');
  });

  it('finds the bulk modulus of fcc Lennard-Jones, 75.2 ε/σ³', () => {
    // Kittel, Introduction to Solid State Physics, chapter 3: B = 75 ε/σ³ from the lattice sums
    const model = lennardJonesModel('Ar', 1, 1, 8);
    const volumes: number[] = [];
    const energies: number[] = [];
    for (let k = -4; k <= 4; k++) {
      const crystal = lattice('fcc', ['Ar'], 1.542 * (1 + 0.006 * k));
      const engine = createForceEngine(model, atomsOf(crystal), { skin: 0 });
      engine.compute(crystal.positions, crystal.cell);
      volumes.push(volume(crystal.cell) / 4);
      energies.push(engine.result.energy / 4);
    }
    expect(fitBirchMurnaghan(volumes, energies).bulkModulus / EV_PER_A3_IN_GPA).toBeCloseTo(75.2, 0);
  });
});

describe('relaxation', () => {
  it('brings a strained and shaken crystal back, cell included', async () => {
    const crystal = supercell(lattice('diamond', ['Si'], 5.431), [2, 2, 2]);
    const bent = deform(crystal, [0.02, 0.01, 0, -0.015, 0.03, 0.02, 0, 0.01, -0.01]);
    const start = { ...bent, positions: bent.positions.map((x, k) => x + 0.08 * Math.sin(7 * k)) };
    const result = await relax(start, engineOf(start), { cell: FULL_CELL, tolerance: 1e-5 });
    expect(result.converged).toBe(true);
    expect(result.energy / 64).toBeCloseTo(-4.3366, 4);
    expect(volume(result.configuration.cell)).toBeCloseTo(8 * 5.431 ** 3, 0);
    const pressed = await relax(crystal, engineOf(crystal), {
      cell: FULL_CELL,
      pressure: 5,
      tolerance: 1e-5,
    });
    const p =
      ((pressed.virial[0] + pressed.virial[4] + pressed.virial[8]) / 3 / volume(pressed.configuration.cell)) *
      EV_PER_A3_IN_GPA;
    expect(p).toBeCloseTo(5, 2);
  });
});

describe('elastic constants', () => {
  it('of Stillinger–Weber silicon are the published ones, with the internal relaxation in C44', async () => {
    // Cowley, Phys. Rev. Lett. 60 (1988) 2379: C11 151.4, C12 76.4, C44 56.4 (117.2 unrelaxed), B 101.4 GPa
    const crystal = lattice('diamond', ['Si'], 5.4309);
    const { constants, symmetry, bulk, stable, poisson, young, shear } = await elasticConstants(
      crystal,
      engineOf(crystal),
    );
    expect(symmetry).toBe('cubic');
    expect(constants.C11).toBeCloseTo(151.4, 0);
    expect(constants.C12).toBeCloseTo(76.4, 0);
    expect(constants.C44).toBeCloseTo(56.4, 0);
    expect(bulk.hill).toBeCloseTo(101.4, 0);
    expect(stable).toBe(true);
    expect(young).toBeCloseTo(2 * shear.hill * (1 + poisson), 9);
  });

  it('are the same in a turned frame up to the turn: bulk modulus and Voigt shear are invariant', async () => {
    const crystal = lattice('diamond', ['Si'], 5.4309);
    const s = Math.SQRT1_2;
    const turn = [s - 1, s, 0, -s, s - 1, 0, 0, 0, 0]; // 45° about z
    const turned = deform(crystal, turn);
    const a = await elasticConstants(crystal, engineOf(crystal));
    const b = await elasticConstants(turned, engineOf(turned));
    expect(b.symmetry).toBe('tetragonal');
    expect(b.bulk.voigt).toBeCloseTo(a.bulk.voigt, 0);
    expect(b.shear.voigt).toBeCloseTo(a.shear.voigt, 0);
    expect(b.constants.C66).toBeCloseTo((a.constants.C11 - a.constants.C12) / 2, 0);
  });

  it('knows isotropic matrices, instabilities and stressed starts', async () => {
    const isotropic = [0, 1, 2, 3, 4, 5].map((i) =>
      [0, 1, 2, 3, 4, 5].map((j) => (i === j ? (i < 3 ? 100 : 30) : i < 3 && j < 3 ? 40 : 0)),
    );
    const result = summarise(isotropic);
    expect(result.symmetry).toBe('isotropic');
    expect(result.shear.voigt).toBeCloseTo(30, 9);
    expect(result.shear.reuss).toBeCloseTo(30, 9);
    expect(result.bulk.hill).toBeCloseTo(60, 9);
    expect(
      summarise(isotropic.map((row, i) => row.map((x, j) => (i === 5 && j === 5 ? -3 : x)))).stable,
    ).toBe(false);
    expect(
      symmetricEigenvalues([
        [2, 1],
        [1, 2],
      ]),
    ).toEqual([expect.closeTo(1, 12), expect.closeTo(3, 12)]);
    const squeezed = lattice('diamond', ['Si'], 5.3);
    await expect(elasticConstants(squeezed, engineOf(squeezed))).rejects.toThrow('under stress');
  });
});
