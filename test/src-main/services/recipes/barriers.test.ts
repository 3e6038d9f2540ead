/** Recipes `neb` and `saddle`: a vacancy of silicon hops; the other way to the same saddle; ends that do not fit. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { stillingerWeberSilicon } from '../../../../src-compute/potentials/stillinger-weber/index.ts';
import { lattice, supercell } from '../../../../src-compute/structure/lattices.ts';
import { recipeByName, type RecipeContext } from '../../../../src-main/services/recipes/index.ts';

const context = (more: Partial<RecipeContext> = {}): RecipeContext => ({
  model: stillingerWeberSilicon(),
  engine: {},
  onProgress: () => undefined,
  ...more,
});
const path = z.looseObject({
  barrier_ev: z.number(),
  reverse_barrier_ev: z.number(),
  converged: z.boolean(),
  force_calls: z.number(),
  energies_ev: z.array(z.number()),
});

describe('a vacancy of Stillinger–Weber silicon', () => {
  it('hops over one barrier, the same both ways, found by the band and by the dimer', async () => {
    const settings = { lattice: 'diamond', latticeConstant: 5.43095, length: 10 };
    const band = await recipeByName('neb').run({ ...settings, images: 5 }, context());
    const values = path.parse(band.values);
    expect(values.converged).toBe(true);
    // 63 atoms; 0.43 eV in large cells (Maroudas and Brown, Phys. Rev. B 47 (1993) 15562)
    expect(values.barrier_ev).toBeCloseTo(0.517, 2);
    expect(values.reverse_barrier_ev).toBeCloseTo(values.barrier_ev, 4);
    expect(values.force_calls).toBeLessThan(400);
    expect(band.structures).toHaveLength(7);
    expect(band.caveats?.filter(({ kind }) => kind !== 'assumed')).toEqual([]);
    const [{ series }] = band.figures;
    expect(Math.max(...series[1].y)).toBeCloseTo(values.barrier_ev, 3);
    const dimer = await recipeByName('saddle').run(settings, context());
    expect(dimer.values).toMatchObject({ converged: true });
    expect(Number(dimer.values.curvature_ev_per_a2)).toBeLessThan(0);
    expect(Number(dimer.values.saddle_energy_ev)).toBeGreaterThan(0.1);
  });

  it('refuses ends with other atoms, and the same end twice', async () => {
    const structure = supercell(lattice('diamond', ['Si'], 5.431), [2, 1, 1]);
    const run = (final: typeof structure) =>
      recipeByName('neb').run({}, context({ structure, reference: [final] }));
    await expect(run(lattice('diamond', ['Si'], 5.431))).rejects.toThrow(/16 and 8 atoms/);
    await expect(run(structure)).rejects.toThrow(/same structure/);
  });
});
