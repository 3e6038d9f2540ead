/** Recipes on a potential that was fitted to one crystal: what it does not know is said and not ranked. */
import { beforeAll, describe, expect, it } from 'vitest';
import { evaluate } from '../../../../src-compute/backends/index.ts';
import { SeededRandom } from '../../../../src-compute/fitting/random.ts';
import type { PotentialDocument } from '../../../../src-compute/potentials/document.ts';
import { lennardJonesModel } from '../../../../src-compute/potentials/pair/index.ts';
import { stillingerWeberSilicon } from '../../../../src-compute/potentials/stillinger-weber/index.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { deform, lattice, latticeComposition } from '../../../../src-compute/structure/lattices.ts';
import { setInMemory } from '../../../../src-compute/fitting/data/configuration-set.ts';
import { fitRequestSchema } from '../../../../src-main/services/fit/fit-request.ts';
import { runFit } from '../../../../src-main/services/fit/fit-service.ts';
import { latticeMinimum } from '../../../../src-main/services/recipes/crystals.ts';
import { recipeByName, type RecipeContext } from '../../../../src-main/services/recipes/index.ts';
import { meltingGuess } from '../../../../src-main/services/recipes/melting-guess.ts';
import { knowledgeOf } from '../../../../src-main/services/recipes/recipe.ts';
import { implausible, Trust } from '../../../../src-main/services/recipes/trust.ts';

const silicon = stillingerWeberSilicon();

/** Strained and shaken diamond, labelled by Stillinger–Weber. */
function diamonds(count: number): Configuration[] {
  const random = new SeededRandom(5);
  return Array.from({ length: count }, () => {
    const strain = Float64Array.from({ length: 9 }, () => 0.06 * (random.uniform() - 0.5));
    const cell = deform(lattice('diamond', ['Si'], 5.431), strain);
    const positions = cell.positions.map((x) => x + 0.3 * (random.uniform() - 0.5));
    const structure = { ...cell, positions };
    const { energy, forces, virial } = evaluate(silicon, structure);
    return { ...structure, energy, forces, virial };
  });
}

describe('a potential fitted to one crystal', () => {
  let document: PotentialDocument;
  const context = (): RecipeContext => ({
    ...knowledgeOf(document),
    engine: { backend: 'auto', threads: 1 },
    onProgress: () => undefined,
  });

  beforeAll(async () => {
    const request = fitRequestSchema.parse({ level: 6, linear: true, threads: 1 });
    const train = setInMemory(diamonds(20));
    ({ document } = await runFit({ name: 'diamond', train, request, data: [] }));
  });

  it('ranks no lattice that it does not know, and draws it as such', async () => {
    const { values, notes, caveats, figures } = await recipeByName('ev').run({}, context());
    expect(values.diamond).toMatchObject({ lattice_constant_a: expect.closeTo(5.431, 1), ranked: true });
    const foreign = ['sc', 'fcc', 'bcc', 'hcp'].filter((name) => name in values);
    for (const name of foreign) expect(values[name], name).toMatchObject({ ranked: false });
    expect(foreign.length).toBeGreaterThan(0);
    expect(caveats?.map(({ kind }) => kind)).toContain('outside');
    expect(notes.join(' ')).not.toMatch(/least energy is (sc|fcc|bcc|hcp)/);
    for (const { name, of, outside } of figures[0].series)
      expect(outside ?? false, name).toBe((of ?? name) !== 'diamond');
  });

  it('never looks at lattices whose atoms are closer than its data have them', () => {
    const trust = new Trust(context());
    for (const name of ['sc', 'fcc', 'bcc', 'diamond'] as const) {
      try {
        const { a } = latticeMinimum(context(), name, ['Si']);
        expect(trust.tooClose(lattice(name, ['Si'], a)), name).toBeUndefined();
      } catch (error) {
        expect((error as Error).message).toMatch(/no (energy )?minimum/);
      }
    }
    expect(trust.tooClose(lattice('bcc', ['Si'], 2.1))).toMatch(/closer than/);
  });

  it('takes the crystal that it knows where none is named, and says so', async () => {
    const { caveats, values } = await recipeByName('elastic').run({}, context());
    expect(caveats).toContainEqual({ kind: 'assumed', text: expect.stringContaining('diamond Si') });
    expect(caveats?.some(({ kind }) => kind === 'outside')).toBe(false);
    // Stillinger–Weber: B = 101 GPa, and this fit is a small one
    expect((values.bulk_modulus_gpa as { hill: number }).hill).toBeGreaterThan(60);
  });

  it('says that a crystal which was asked for is unknown', async () => {
    const { caveats } = await recipeByName('nvt')
      .run({ lattice: 'bcc', latticeConstant: 2.3, equilibration: 0, steps: 20, boxLength: 4 }, context())
      .catch(() => ({ caveats: [{ kind: 'outside', text: '' }] }));
    expect(caveats?.some(({ kind }) => kind === 'outside')).toBe(true);
  });
});

describe('what is believed', () => {
  it('knows bulk moduli of solids', () => {
    const eos = { energy: 0, volume: 20, residual: 0 };
    expect(implausible('diamond', { ...eos, bulkModulus: 100, bulkModulusDerivative: 4 })).toEqual([]);
    expect(implausible('bcc', { ...eos, bulkModulus: 100_836, bulkModulusDerivative: 4 })).toEqual([
      { kind: 'implausible', text: expect.stringMatching(/bulk modulus of 1\.008e\+5 GPa/) },
    ]);
    expect(implausible('bcc', { ...eos, bulkModulus: 90, bulkModulusDerivative: 42 })[0].text).toMatch(
      /B′ = 42/,
    );
  });

  it('compares energies of one composition only', () => {
    expect(
      ['rocksalt', 'cesiumchloride', 'zincblende'].map((name) => latticeComposition(name as 'rocksalt')),
    ).toEqual(['AB', 'AB', 'AB']);
    expect(latticeComposition('fluorite')).toBe('AB2');
    expect(latticeComposition('perovskite')).toBe('ABC3');
  });

  it('guesses melting points within a factor of two', () => {
    const argon = lennardJonesModel('Ar', 0.0103, 3.4, 2.5 * 3.4, 'shifted');
    const { a } = latticeMinimum({ model: argon }, 'fcc', ['Ar']);
    // argon melts at 84 K, Stillinger–Weber's silicon at 1691 K
    const [ar, si] = [
      meltingGuess(argon, lattice('fcc', ['Ar'], a)),
      meltingGuess(silicon, lattice('diamond', ['Si'], 5.431)),
    ];
    expect((ar ?? 0) / 84).toBeGreaterThan(0.5);
    expect((ar ?? 0) / 84).toBeLessThan(2);
    expect((si ?? 0) / 1691).toBeGreaterThan(0.5);
    expect((si ?? 0) / 1691).toBeLessThan(2);
  });
});
