/** Recipes here and in a real LAMMPS give the same numbers. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { evaluateReference } from '../../../../src-compute/backends/reference/evaluate.ts';
import { latticeMinimum } from '../../../../src-main/services/recipes/crystals.ts';
import { LammpsSession } from '../../../../src-main/services/export/lammps-session.ts';
import { recipeByName, runInBoth, type RecipeContext } from '../../../../src-main/services/recipes/index.ts';
import type { TabulatedPairModel } from '../../../../src-compute/potentials/pair/index.ts';
import { lattice } from '../../../../src-compute/structure/lattices.ts';
import { canRunKimModels, referencePotential } from '../../../support/kim.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const able = canRunKimModels();
const crystal = { lattice: 'fcc', latticeConstant: 3.61 };
const estimate = z.object({ value: z.number(), error: z.number() });

describe('latticeMinimum', () => {
  it('finds the crystal, not a hole at distances that are too short', () => {
    const model: TabulatedPairModel = {
      form: 'tabulated-pair',
      species: ['Cu'],
      cutoff: 5,
      pairs: [
        {
          species: ['Cu', 'Cu'],
          distances: [1.5, 1.7, 1.95, 2.2, 2.5, 2.8, 3.2, 4, 5],
          energies: [-60, -30, 3, 1, -0.4, -0.3, -0.15, -0.02, 0],
        },
      ],
    };
    const { a, eos } = latticeMinimum({ model }, 'fcc', ['Cu']);
    expect(a / Math.SQRT2).toBeGreaterThan(2.3);
    expect(a / Math.SQRT2).toBeLessThan(2.8);
    // the hole is deeper by far
    expect(evaluateReference(model, lattice('fcc', ['Cu'], 1.7 * Math.SQRT2)).energy / 4).toBeLessThan(
      eos.energy - 50,
    );
  });
});

describe.skipIf(!able)('recipes in LAMMPS', () => {
  let session: LammpsSession;
  let context: RecipeContext;
  const progress: number[] = [];

  beforeAll(async () => {
    const model = referencePotential('crystals_cubic_08', ['Cu']);
    session = await LammpsSession.open(model);
    context = { model, engine: {}, onProgress: (fraction) => progress.push(fraction) };
  });
  afterAll(async () => {
    await session?.[Symbol.asyncDispose]();
  });

  it('elastic constants agree, and their curves are laid over each other', async () => {
    const result = await runInBoth(recipeByName('elastic'), crystal, context, session);
    const half = z.object({ stiffness_gpa: z.array(z.array(z.number())) });
    const { here, lammps } = z.object({ here: half, lammps: half }).parse(result.values);
    expect(here.stiffness_gpa[0][0]).toBeGreaterThan(50);
    here.stiffness_gpa.forEach((row, i) =>
      row.forEach((c, j) => expect(lammps.stiffness_gpa[i][j]).toBeCloseTo(c, 2)),
    );
    const names = result.figures[0].series.map(({ name }) => name);
    expect(names.slice(0, 6).map((name) => `${name}, LAMMPS`)).toEqual(names.slice(6));
    expect(progress.at(-1)).toBeCloseTo(1, 6);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(result.notes.join(' ')).toContain(session.program.version);
  });

  it('energy–volume curves agree', async () => {
    const structure = lattice('fcc', ['Cu'], 3.64);
    const result = await runInBoth(
      recipeByName('ev'),
      { range: 0.05, points: 9 },
      { ...context, structure },
      session,
    );
    const [here, fit, there] = result.figures[0].series;
    expect(fit.name).toMatch(/fit$/);
    expect(there.name).toBe(`${here.name}, LAMMPS`);
    expect(there.x).toEqual(here.x);
    there.y.forEach((energy, k) => expect(energy).toBeCloseTo(here.y[k], 8));
    expect(
      z.object({ largest_relative_difference: z.number() }).parse(result.values).largest_relative_difference,
    ).toBeLessThan(1e-5);
  });

  it('stress–strain curves agree', async () => {
    const settings = { ...crystal, strain: 0.04, points: 3 };
    const result = await runInBoth(recipeByName('stress-strain'), settings, context, session);
    const [here, there] = result.figures[0].series;
    // relaxed until forces are below 1e-3 eV/Å: stresses agree to a little of a GPa
    there.y.forEach((stress, k) => expect(stress).toBeCloseTo(here.y[k], 2));
    const moving = recipeByName('stress-strain').run(
      { ...settings, motion: 'dynamic' },
      { ...context, lammps: session },
    );
    await expect(moving).rejects.toThrow('computed here only, not in LAMMPS');
    expect(Math.abs(here.y[2])).toBeGreaterThan(0.5);
  });

  it('dynamics at 300 K has the same means and the same g(r) within their errors', async () => {
    const settings = {
      ...crystal,
      temperature: 300,
      boxLength: 7,
      timestep: 2,
      equilibration: 500,
      steps: 3000,
      seed: 5,
    };
    const run = await runInBoth(recipeByName('nvt'), settings, context, session);
    const half = z.object({ temperature_k: estimate, potential_energy_ev_per_atom: estimate });
    const { here, lammps } = z.object({ here: half, lammps: half }).parse(run.values);
    // 32 atoms for 6 ps: σ(T) = 43 K, some 20 independent samples
    for (const { temperature_k } of [here, lammps])
      expect(Math.abs(temperature_k.value - 300)).toBeLessThan(45);
    const [a, b] = [here.potential_energy_ev_per_atom, lammps.potential_energy_ev_per_atom];
    expect(Math.abs(a.value - b.value)).toBeLessThan(0.006);
    expect(run.figures[0].series[0].x.length).toBe(run.figures[0].series[1].x.length);

    const g = await runInBoth(recipeByName('rdf'), { ...settings, bins: 40, cutoff: 5 }, context, session);
    const [mine, theirs] = g.figures[0].series;
    const top = Math.max(...mine.y);
    expect(top).toBeGreaterThan(3);
    mine.y.forEach((value, k) => expect(Math.abs(value - theirs.y[k])).toBeLessThan(0.2 * top));
    expect(
      z
        .object({ here: z.object({ frames: z.literal(150) }), lammps: z.object({ frames: z.literal(150) }) })
        .safeParse(g.values).success,
    ).toBe(true);
  });
});
