/** Recipe `defects`: formation energies of point defects, with their convergence in the supercell. */
import { z } from 'zod';
import type { Caveat } from '../../../src-compute/caveats.ts';
import { CancelledError, ForcewrightError } from '../../../src-compute/errors.ts';
import { relax } from '../../../src-compute/relaxation/index.ts';
import { atomCount, symbolOf, type Configuration } from '../../../src-compute/structure/configuration.ts';
import {
  dumbbell,
  interstitial,
  substitution,
  vacancy,
  voidSites,
} from '../../../src-compute/structure/defects.ts';
import { minimumDistance } from '../../../src-compute/structure/minimum-distance.ts';
import type { crystalSymmetry } from '../symmetry/crystal-symmetry.ts';
import { elementPotentials } from './chemical-potentials.ts';
import { atLeast, crystalSettings } from './crystals.ts';
import { recipeEngine } from './engine.ts';
import { restingCrystal } from './resting-crystal.ts';
import {
  defineRecipe,
  quantity,
  setting,
  throwIfCancelled,
  type RecipeContext,
  type RecipeResult,
} from './recipe.ts';
import { Trust } from './trust.ts';

const KINDS = ['vacancy', 'interstitial', 'dumbbell', 'antisite', 'substitution'] as const;

const settings = z.object({
  ...crystalSettings,
  kinds: z
    .array(z.enum(KINDS))
    .optional()
    .describe(`kinds of defects: ${KINDS.join(', ')}; substitution needs an impurity`)
    .meta(setting({ choices: KINDS, auto: 'all' })),
  impurity: z
    .string()
    .optional()
    .describe('an element of the potential that is put on sites and between them')
    .meta(setting({ choices: 'species', auto: 'none' })),
  length: quantity(10, 'Å', 'least extent of the supercell'),
  sizes: z
    .number()
    .int()
    .min(1)
    .max(5)
    .default(1)
    .describe('supercells, each larger by a half, to see the convergence'),
  tolerance: z
    .number()
    .min(1e-6)
    .max(1)
    .default(1e-3)
    .describe('largest force at the end')
    .meta(setting({ unit: 'eV/Å' })),
});
type Settings = z.output<typeof settings>;

/** One defect of one supercell, ways to begin it, and what it added to the crystal by element. */
interface Defect {
  readonly name: string;
  readonly starts: readonly Configuration[];
  readonly added: Readonly<Record<string, number>>;
}

interface Formed {
  readonly name: string;
  readonly atoms: number;
  readonly energy: number;
  readonly converged: boolean;
  readonly configuration: Configuration;
}

/** Inward pushes of the neighbours of a vacancy, in their distance: see structure/defects.ts. */
const INWARDS = [0, 0.1, 0.2];
const DUMBBELLS = [
  [1, 0, 0],
  [1, 1, 0],
  [1, 1, 1],
] as const;
/** Distance of the two atoms of a dumbbell at the start, in nearest distances. */
const APART = 0.8;

export const defects = defineRecipe({
  name: 'defects',
  title: 'Point defects',
  description:
    'Formation energies of vacancies, interstitials (voids of the lattice and dumbbells), antisites and impurities, atoms\n' +
    'relaxed at constant volume, told from crystals of the elements; in one or several supercells.',
  settings,
  async run(options, context) {
    const { cell, group, energy, note } = await restingCrystal(options, context);
    const elements = [
      ...new Set([...elementsOf(cell), ...(options.impurity === undefined ? [] : [options.impurity])]),
    ];
    const potentials = elementPotentials(
      elements,
      elementsOf(cell).length === 1 ? { [elementsOf(cell)[0]]: energy } : {},
      context,
    );
    const trust = new Trust(context);
    const found: Formed[] = [];
    const caveats: Caveat[] = [];
    const notes = [note, ...potentials.notes];
    for (let size = 0; size < options.sizes; size++) {
      const perfect = atLeast(cell, options.length * (1 + size / 2));
      const all = defectsOf(cell, perfect, group, options);
      for (const [k, defect] of all.entries()) {
        throwIfCancelled(context);
        context.onProgress(
          (size + k / all.length) / options.sizes,
          `${defect.name}, ${atomCount(perfect)} sites`,
        );
        try {
          const formed = await form(defect, options, context);
          const mu = Object.entries(defect.added).reduce(
            (sum, [symbol, n]) => sum + n * potentials.of(symbol),
            0,
          );
          found.push({
            ...formed,
            atoms: atomCount(perfect),
            energy: formed.energy - energy * atomCount(perfect) - mu,
          });
          const { outside } = trust.of(formed.configuration);
          if (outside !== undefined) caveats.push({ kind: 'outside', text: `${defect.name}: ${outside}` });
          if (!formed.converged)
            caveats.push({ kind: 'unconverged', text: `The ${defect.name} did not come to rest.` });
        } catch (error) {
          if (error instanceof CancelledError || !(error instanceof ForcewrightError)) throw error;
          notes.push(`${defect.name} in ${atomCount(perfect)} sites is left out: ${error.message}`);
        }
      }
    }
    return resultOf(found, notes, caveats);
  },
});

const elementsOf = ({ symbols, kinds }: Configuration): string[] =>
  symbols.filter((_, kind) => kinds.includes(kind));

/** All defects that were asked for, in one supercell; its first atoms are those of the conventional cell. */
function defectsOf(
  cell: Configuration,
  perfect: Configuration,
  group: ReturnType<typeof crystalSymmetry>,
  { kinds, impurity }: Settings,
): Defect[] {
  const sites = [...new Set(group.orbits)];
  const elements = elementsOf(cell);
  const nearest = minimumDistance(cell, 20) ?? 2.5;
  const several = sites.length > 1;
  const at = (site: number) => (several ? `${symbolOf(cell, site)}, site ${site + 1}` : symbolOf(cell, site));
  const guests = [...elements, ...(impurity === undefined || elements.includes(impurity) ? [] : [impurity])];
  const all: Defect[] = [];
  const has = (kind: (typeof KINDS)[number]) => kinds?.includes(kind) ?? true;
  for (const site of sites) {
    const host = symbolOf(cell, site);
    if (has('vacancy'))
      all.push({
        name: `vacancy ${at(site)}`,
        starts: INWARDS.map((part) => vacancy(perfect, site, part)),
        added: { [host]: -1 },
      });
    for (const guest of guests) {
      if (guest === host || !has(elements.includes(guest) ? 'antisite' : 'substitution')) continue;
      all.push({
        name: `${guest} on ${at(site)}`,
        starts: [substitution(perfect, site, guest)],
        added: { [host]: -1, [guest]: 1 },
      });
    }
    if (has('dumbbell'))
      for (const direction of DUMBBELLS)
        all.push({
          name: `dumbbell <${direction.join('')}> ${at(site)}`,
          starts: [dumbbell(perfect, site, direction, APART * nearest, host)],
          added: { [host]: 1 },
        });
  }
  if (has('interstitial'))
    for (const { name, place } of voidSites(cell, group.number))
      for (const guest of guests) {
        all.push({
          name: `${name} interstitial ${guest}`,
          starts: [interstitial(perfect, place, guest)],
          added: { [guest]: 1 },
        });
      }
  return all;
}

/** The lowest minimum that the starts lead to. */
async function form(
  { name, starts }: Defect,
  { tolerance }: Settings,
  context: RecipeContext,
): Promise<Formed> {
  const engine = await recipeEngine(context, starts[0]);
  try {
    let best: Awaited<ReturnType<typeof relax>> | undefined;
    for (const start of starts) {
      const result = await relax(start, engine, { tolerance, signal: context.signal });
      if (!best || result.energy < best.energy - 1e-3) best = result;
    }
    if (!best) throw new ForcewrightError(`The ${name} has no start.`);
    const { energy, converged, configuration } = best;
    return { name, atoms: 0, energy, converged, configuration };
  } finally {
    engine.dispose();
  }
}

function resultOf(
  found: readonly Formed[],
  notes: readonly string[],
  caveats: readonly Caveat[],
): RecipeResult {
  const names = [...new Set(found.map(({ name }) => name))];
  const sizes = [...new Set(found.map(({ atoms }) => atoms))];
  const largest = new Map(found.map((formed) => [formed.name, formed]));
  return {
    values: {
      formation_energies_ev: Object.fromEntries([...largest].map(([name, { energy }]) => [name, energy])),
      supercell_sites: sizes,
      by_supercell: found.map(({ name, atoms, energy, converged }) => ({
        name,
        sites: atoms,
        formation_energy_ev: energy,
        converged,
      })),
    },
    tables: [
      {
        title: 'Formation energies (eV)',
        columns: ['defect', ...sizes.map((n) => `${n} sites`)],
        rows: names.map((name) => [
          name,
          ...sizes.map((n) => found.find((f) => f.name === name && f.atoms === n)?.energy.toFixed(3) ?? '–'),
        ]),
      },
    ],
    figures: [
      {
        title: 'Formation energies',
        caption: 'At constant volume they converge as one over the number of sites.',
        x: { label: '1/sites', name: 'inverse_sites' },
        y: { label: 'E_f (eV)', name: 'formation_energy_ev' },
        series: names.map((name) => {
          const own = found.filter((f) => f.name === name);
          return {
            name,
            kind: 'points',
            x: own.map(({ atoms }) => 1 / atoms),
            y: own.map(({ energy }) => energy),
          };
        }),
      },
    ],
    notes,
    caveats,
    structures: [...largest.values()].map(({ configuration }) => configuration),
  };
}
