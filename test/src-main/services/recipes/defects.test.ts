/** Recipes `defects` and `surface`. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { stillingerWeberSilicon } from '../../../../src-compute/potentials/stillinger-weber/index.ts';
import { lattice } from '../../../../src-compute/structure/lattices.ts';
import { dumbbell, substitution, voidSites } from '../../../../src-compute/structure/defects.ts';
import { minimumDistance } from '../../../../src-compute/structure/minimum-distance.ts';
import { recipeByName, type RecipeContext } from '../../../../src-main/services/recipes/index.ts';

const context = (more: Partial<RecipeContext> = {}): RecipeContext => ({
  model: stillingerWeberSilicon(),
  engine: {},
  onProgress: () => undefined,
  ...more,
});

describe('recipe defects', () => {
  it('gives what silicon’s vacancy and interstitials cost, in two supercells', async () => {
    const { values, tables, notes } = await recipeByName('defects').run(
      { lattice: 'diamond', latticeConstant: 5.431, sizes: 2 },
      context(),
    );
    const energies = z.record(z.string(), z.number()).parse(values.formation_energies_ev);
    expect(values.supercell_sites).toEqual([64, 216]);
    expect(energies['vacancy Si']).toBeCloseTo(2.69, 1);
    for (const name of ['tetrahedral interstitial Si', 'hexagonal interstitial Si', 'dumbbell <110> Si']) {
      expect(energies[name]).toBeGreaterThan(3);
      expect(energies[name]).toBeLessThan(7);
    }
    expect(tables[0].columns).toEqual(['defect', '64 sites', '216 sites']);
    expect(notes.join(' ')).not.toContain('left out');
  });

  it('finds the voids of the lattices by their distances', () => {
    const distance = (name: string, cell: ReturnType<typeof lattice>, group: number) => {
      const { place } = voidSites(cell, group).find((site) => site.name === name)!;
      const positions = Float64Array.of(...cell.positions, ...place);
      return minimumDistance({ ...cell, kinds: new Uint16Array(positions.length / 3), positions }, 10)!;
    };
    const fcc = lattice('fcc', ['Ar'], 4);
    expect(distance('octahedral', fcc, 225)).toBeCloseTo(2, 9);
    expect(distance('tetrahedral', fcc, 225)).toBeCloseTo(Math.sqrt(3), 9);
    const bcc = lattice('bcc', ['Fe'], 4);
    expect(distance('octahedral', bcc, 229)).toBeCloseTo(2, 9);
    expect(distance('tetrahedral', bcc, 229)).toBeCloseTo(Math.sqrt(5), 9);
    const diamond = lattice('diamond', ['Si'], 4);
    expect(distance('tetrahedral', diamond, 227)).toBeCloseTo(Math.sqrt(3), 9);
    expect(distance('hexagonal', diamond, 227)).toBeCloseTo(0.4145781 * 4, 5);
    expect(distance('bond-centred', diamond, 227)).toBeCloseTo(Math.sqrt(3) / 2, 9);
    expect(voidSites(lattice('sc', ['Po'], 3.3), 221)).toEqual([]);
    const split = dumbbell(fcc, 0, [1, 1, 0], 2, 'Ar');
    expect(minimumDistance(split, 5)).toBeLessThanOrEqual(2);
    expect(substitution(fcc, 1, 'Kr').symbols).toEqual(['Ar', 'Kr']);
  });
});

describe('recipe surface', () => {
  it('relaxes surfaces, draws a γ-line that comes back to where it began, and refuses thin slabs', async () => {
    const crystal = { lattice: 'diamond', latticeConstant: 5.431 };
    const result = await recipeByName('surface').run(
      { ...crystal, miller: ['1', '1', '1'], gammaPoints: 4 },
      context(),
    );
    const values = z
      .looseObject({
        surface_energy_j_per_m2: z.number(),
        surfaces: z.array(z.looseObject({ energy_j_per_m2: z.number(), unrelaxed_j_per_m2: z.number() })),
        gamma_line: z.array(z.object({ displacement: z.number(), energy_j_per_m2: z.number() })),
      })
      .parse(result.values);
    // one bond per a²√3/4: ε/2 of each surface
    expect(values.surface_energy_j_per_m2).toBeCloseTo(
      (16.02176634 * 2.1683 * 2) / (Math.sqrt(3) * 5.431 ** 2),
      2,
    );
    for (const s of values.surfaces)
      expect(s.energy_j_per_m2).toBeLessThanOrEqual(s.unrelaxed_j_per_m2 + 1e-6);
    const gamma = values.gamma_line.map(({ energy_j_per_m2: e }) => e);
    expect(gamma[4]).toBeCloseTo(0, 3);
    expect(gamma[2]).toBeGreaterThan(0.5);
    expect(gamma[1]).toBeCloseTo(gamma[3], 2);
    const cell = lattice('sc', ['Si'], 2.5);
    const thin = recipeByName('surface').run(
      { thickness: 1, miller: ['3', '2', '1'] },
      context({ structure: cell }),
    );
    await expect(thin).rejects.toThrow(/less than the cutoff of the potential, 3\.77/);
  });
});
