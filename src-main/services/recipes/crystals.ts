/** The crystal that a recipe starts from: the user's structure, or a lattice at the minimum of its energy. */
import { z } from 'zod';
import { fitBirchMurnaghan, type EquationOfState } from '../../../src-compute/analysis/equation-of-state.ts';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import type { PotentialModelBase } from '../../../src-compute/potentials/potential.ts';
import { volume } from '../../../src-compute/structure/cell.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import {
  isLatticeName,
  lattice,
  LATTICE_NAMES,
  latticeComposition,
  latticeSpecies,
  supercell,
  type LatticeName,
} from '../../../src-compute/structure/lattices.ts';
import { cpuEngine } from '../simulations/engines.ts';
import { setting, throwIfCancelled, type Knowledge, type RecipeContext } from './recipe.ts';
import { Trust } from './trust.ts';

const LEAST_ENERGY = 'the lattice of least energy within the data';

/** Settings of recipes that can build their own crystal. */
export const crystalSettings = {
  lattice: z
    .string()
    .optional()
    .describe(
      `without a structure: the crystal, one of ${LATTICE_NAMES.join(', ')}; ${LEAST_ENERGY} when left out`,
    )
    .meta(setting({ choices: LATTICE_NAMES, auto: LEAST_ENERGY })),
  elements: z
    .array(z.string())
    .optional()
    .describe('its elements, in the order of the lattice; those of the potential when left out')
    .meta(setting({ choices: 'species', auto: 'those of the potential' })),
  latticeConstant: z
    .number()
    .positive()
    .max(50)
    .optional()
    .describe('Å; the minimum of the energy when left out')
    .meta(setting({ unit: 'Å', auto: 'the minimum of the energy' })),
};

export interface CrystalSettings {
  readonly lattice?: string;
  readonly elements?: readonly string[];
  readonly latticeConstant?: number;
}

/** @throws ForcewrightError when no lattice has this name */
export function latticeName(name: string): LatticeName {
  if (isLatticeName(name)) return name;
  throw new ForcewrightError(`There is no lattice "${name}".`, {
    remedy: `Known are ${LATTICE_NAMES.join(', ')}.`,
  });
}

/** Elements for a lattice: those given, or the first of the potential. */
export function latticeElements(
  name: LatticeName,
  context: RecipeContext,
  elements?: readonly string[],
): readonly string[] {
  const count = latticeSpecies(name);
  const chosen = elements ?? context.model.species.slice(0, count);
  const foreign = chosen.filter((symbol) => !context.model.species.includes(symbol));
  if (foreign.length > 0) {
    throw new ForcewrightError(
      `This potential knows ${context.model.species.join(', ')}, and not ${foreign.join(', ')}.`,
      { remedy: 'Choose among its elements, or another potential.' },
    );
  }
  if (chosen.length !== count) {
    throw new ForcewrightError(
      `The lattice ${name} takes ${count} elements, and there are ${chosen.length}.`,
      {
        remedy: 'Name them with --elements, or choose another lattice.',
      },
    );
  }
  return chosen;
}

/** Energy per atom of one configuration. */
export function energyPerAtom(model: PotentialModelBase, configuration: Configuration): number {
  const engine = cpuEngine(model, configuration, { skin: 0 });
  try {
    void engine.compute(configuration.positions, configuration.cell);
    return engine.result.energy / configuration.kinds.length;
  } finally {
    engine.dispose();
  }
}

/** Å³ per atom between which a lattice is looked for. */
const [SMALLEST, LARGEST] = [3, 120];
/** A minimum that is no deeper binds nothing, eV/atom. */
const LEAST_DEPTH = 1e-6;

/**
 * Lattice constant of least energy: a coarse scan over volumes per atom, then Birch–Murnaghan around the minimum. Volumes
 * at which atoms are closer than the potential's data have them are left out (it may fall into holes there that no data
 * forbade), and a minimum within the data goes before deeper ones outside.
 * @throws ForcewrightError when the potential binds nothing between 3 and 120 Å³ per atom
 */
export function latticeMinimum(
  knowledge: Knowledge,
  name: LatticeName,
  elements: readonly string[],
): { a: number; eos: EquationOfState } {
  const unit = lattice(name, elements, 1);
  const perAtom = volume(unit.cell) / unit.kinds.length;
  const cellOf = (v: number) => lattice(name, elements, Math.cbrt(v / perAtom));
  const at = (v: number) => energyPerAtom(model, cellOf(v));
  const { model } = knowledge;
  const trust = new Trust(knowledge);
  const grid = Array.from({ length: 61 }, (_, k) => SMALLEST * (LARGEST / SMALLEST) ** (k / 60));
  const first = grid.findIndex((v) => trust.tooClose(cellOf(v)) === undefined);
  const known = first < 0 ? [] : grid.slice(first);
  const energies = known.map(at);
  const minima = known
    .map((v, k) => ({ v, energy: energies[k], k }))
    .filter(({ k }) => k > 0 && k < known.length - 1)
    .filter(({ energy, k }) => energy < energies[k - 1] && energy <= energies[k + 1])
    // where atoms that repel each other are out of reach the energy is flat, and binds nothing
    .filter(({ energy, k }) => energies.slice(k + 1).some((further) => further > energy + LEAST_DEPTH))
    .sort((p, q) => p.energy - q.energy);
  // the lowest that the potential knows; else the lowest
  const best = minima.find(({ v }) => trust.of(cellOf(v)).outside === undefined) ?? minima.at(0);
  if (best === undefined) {
    const least = (known.at(0) ?? LARGEST).toPrecision(2);
    const where = first > 0 ? ' (below, atoms are closer than its data have them)' : '';
    throw new ForcewrightError(
      `The potential has no energy minimum for ${name} between ${least} and ${LARGEST} Å³ per atom${where}.`,
      { remedy: 'Choose another lattice, or give the lattice constant.' },
    );
  }
  let v0 = best.v;
  let eos: EquationOfState | undefined;
  for (const width of [0.08, 0.04, 0.02]) {
    const volumes = Array.from({ length: 9 }, (_, k) => v0 * (1 + (width * (k - 4)) / 4));
    eos = fitBirchMurnaghan(volumes, volumes.map(at));
    v0 = eos.volume;
  }
  if (!eos) throw new ForcewrightError('No equation of state was fitted.');
  return { a: Math.cbrt(v0 / perAtom), eos };
}

interface Found {
  readonly name: LatticeName;
  readonly elements: readonly string[];
  readonly a: number;
  readonly energy: number;
  readonly isKnown: boolean;
}

/** All orders of a list. */
function orders<T>(list: readonly T[]): T[][] {
  if (list.length < 2) return [[...list]];
  return list.flatMap((item, k) => orders(list.toSpliced(k, 1)).map((rest) => [item, ...rest]));
}

/** The crystal of least energy of these elements, one inside the data if there is any; of one composition. */
function stablest(
  names: readonly LatticeName[],
  elements: readonly string[],
  context: RecipeContext,
): Found | undefined {
  const trust = new Trust(context);
  const found: Found[] = [];
  for (const name of names) {
    // AB lattices are the same with their elements exchanged
    for (const order of latticeComposition(name) === 'AB' ? [[...elements]] : orders(elements)) {
      throwIfCancelled(context);
      try {
        const { a, eos } = latticeMinimum(context, name, order);
        const isKnown = trust.of(lattice(name, order, a)).outside === undefined;
        found.push({ name, elements: order, a, energy: eos.energy, isKnown });
      } catch (error) {
        if (!(error instanceof ForcewrightError)) throw error;
      }
    }
  }
  const inside = found.some(({ isKnown }) => isKnown) ? found.filter(({ isKnown }) => isKnown) : found;
  const alike = inside.filter(({ name }) => latticeComposition(name) === latticeComposition(inside[0].name));
  return alike.sort((a, b) => a.energy - b.energy).at(0);
}

/**
 * The crystal that the potential likes best, of all its elements, or of fewer where it binds none of all.
 * @throws ForcewrightError when it binds no crystal
 */
function preferredCrystal(context: RecipeContext, elements?: readonly string[]): Found {
  const known = elements ?? context.model.species;
  for (let count = Math.min(3, known.length); count > 0; count--) {
    const names = LATTICE_NAMES.filter((name) => latticeSpecies(name) === count);
    const chosen = stablest(names, known.slice(0, count), context);
    if (chosen) return chosen;
    if (elements) break;
  }
  throw new ForcewrightError(
    `This potential binds none of the crystals that are built here (${known.join(', ')}).`,
    { remedy: 'Give a structure, or a lattice with its constant.' },
  );
}

/**
 * The user's structure, or the lattice of the settings as a conventional cell; the one of least energy when none is named.
 * What was chosen without being asked for, and what the potential does not know, is a caveat.
 * @throws ForcewrightError when the potential binds no such crystal
 */
export function startingCrystal(
  settings: CrystalSettings,
  context: RecipeContext,
): { crystal: Configuration; note: string } {
  const { crystal, note } = chosenCrystal(settings, context);
  const { outside } = new Trust(context).of(crystal);
  if (outside !== undefined) context.onCaveat?.({ kind: 'outside', text: `The crystal: ${outside}` });
  return { crystal, note };
}

function chosenCrystal(
  settings: CrystalSettings,
  context: RecipeContext,
): { crystal: Configuration; note: string } {
  if (context.structure) return { crystal: context.structure, note: 'The structure given was used.' };
  const describe = (name: LatticeName, elements: readonly string[], a: number) =>
    `${name} ${elements.join('')} with a = ${a.toFixed(4)} Å`;
  if (settings.lattice === undefined) {
    const found = preferredCrystal(context, settings.elements);
    const { name, elements } = found;
    const a = settings.latticeConstant ?? found.a;
    const note = describe(name, elements, a);
    context.onCaveat?.({
      kind: 'assumed',
      text: `The crystal is ${note}, of the lattices that can be built the one of least energy${found.isKnown ? ' within the data' : ''}.`,
    });
    return { crystal: lattice(name, elements, a), note: `${note}.` };
  }
  const name = latticeName(settings.lattice);
  const elements = latticeElements(name, context, settings.elements);
  const a = settings.latticeConstant ?? latticeMinimum(context, name, elements).a;
  return { crystal: lattice(name, elements, a), note: `${describe(name, elements, a)}.` };
}

/** Repeats a crystal until every edge is at least this long, Å. */
export function atLeast(crystal: Configuration, length: number): Configuration {
  const { cell } = crystal;
  const counts = [0, 1, 2].map((k) =>
    Math.max(1, Math.ceil(length / Math.hypot(...cell.subarray(3 * k, 3 * k + 3)) - 1e-9)),
  );
  return supercell(crystal, [counts[0], counts[1], counts[2]]);
}
