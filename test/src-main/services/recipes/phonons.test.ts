/** Recipe `phonons`: what it says of a stable and of an unstable crystal. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { stillingerWeberSilicon } from '../../../../src-compute/potentials/stillinger-weber/index.ts';
import { lennardJonesModel } from '../../../../src-compute/potentials/pair/index.ts';
import { deform, lattice, supercell } from '../../../../src-compute/structure/lattices.ts';
import { svgOf } from '../../../../src-main/services/figures/output.ts';
import { recipeByName, type RecipeContext } from '../../../../src-main/services/recipes/index.ts';

const context = (more: Partial<RecipeContext> = {}): RecipeContext => ({
  model: stillingerWeberSilicon(),
  engine: { backend: 'auto' },
  onProgress: () => undefined,
  ...more,
});
const phonons = recipeByName('phonons');
const valuesSchema = z.looseObject({
  displacements: z.number(),
  atoms_of_primitive_cell: z.number(),
  lowest_frequency_thz: z.number(),
  imaginary_share: z.number(),
  frequencies_thz: z.record(z.string(), z.array(z.number())),
  at_300_k: z.looseObject({ heat_capacity_kb_per_atom: z.number() }),
});

describe('recipe phonons', () => {
  it('finds the primitive cell of a strained supercell of silicon, and one displacement suffices', async () => {
    const bent = deform(
      supercell(lattice('diamond', ['Si'], 5.45), [1, 1, 1]),
      [0.003, 0, 0, 0, 0.003, 0, 0, 0, 0.003],
    );
    const result = await phonons.run({ length: 8 }, context({ structure: bent }));
    const values = valuesSchema.parse(result.values);
    expect(values).toMatchObject({ displacements: 1, atoms_of_primitive_cell: 2, imaginary_share: 0 });
    expect(values.lowest_frequency_thz).toBeGreaterThan(-0.001);
    // the same by the recipe's own larger supercell: 17.8325 THz at Γ, for which the range of the potential suffices
    expect(values.frequencies_thz.Γ[5]).toBeCloseTo(17.8325, 2);
    expect(values.at_300_k.heat_capacity_kb_per_atom).toBeCloseTo(2.242, 2);
    expect(result.caveats).toEqual([]);
    const [bands] = result.figures;
    expect(bands.references?.map(({ label }) => label).slice(0, 4)).toEqual(['Γ', 'X', 'W', 'K']);
    expect(await svgOf(bands)).toContain('K|U');
  });

  it('says that a crystal is unstable and keeps the motion', async () => {
    const result = await phonons.run({ lattice: 'bcc', length: 9 }, context());
    expect(result.caveats).toMatchObject([{ kind: 'implausible' }]);
    expect(result.caveats?.[0].text).toMatch(/dynamically unstable: frequencies down to \d\.\d\di THz/);
    const frames = result.structures ?? [];
    expect(frames).toHaveLength(24);
    const [first, opposite] = [frames[0], frames[12]];
    // half a period later every atom lies on the other side
    const middle = first.positions.map((x, k) => (x + opposite.positions[k]) / 2);
    const quarter = frames[6].positions.map((x, k) => (x + frames[18].positions[k]) / 2);
    middle.forEach((x, k) => expect(x).toBeCloseTo(quarter[k], 9));
  });

  it('takes the repeats of the primitive cell, and gives the thermal table', async () => {
    const { values } = await phonons.run({ lattice: 'diamond', supercell: [2, 2, 2] }, context());
    expect(values).toMatchObject({ supercell: [2, 2, 2], supercell_atoms: 16, imaginary: false });
    const rows = z
      .array(z.object({ temperature_k: z.number(), heat_capacity_kb: z.number() }))
      .parse(z.looseObject({ thermal: z.array(z.looseObject({})) }).parse(values).thermal);
    expect(rows.at(-1)?.temperature_k).toBe(1000);
    // towards Dulong and Petit
    expect(rows.at(-1)?.heat_capacity_kb).toBeGreaterThan(2.8);
    await expect(phonons.run({ lattice: 'diamond', supercell: [2, 2] }, context())).rejects.toThrow(
      /cannot be 2,2/,
    );
  });

  it('refuses supercells without bounds and clusters', async () => {
    await expect(phonons.run({ lattice: 'diamond', length: 300 }, context())).rejects.toThrow(
      /at most 20000/,
    );
    const cluster = { ...lattice('fcc', ['Ar'], 5.3), periodic: [false, false, false] as const };
    const model = lennardJonesModel('Ar', 0.0104, 3.4, 8.5);
    await expect(phonons.run({}, context({ model, structure: cluster }))).rejects.toThrow(/periodic/);
  });
});
