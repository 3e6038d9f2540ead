/** The crystal that a recipe starts from: the user's structure, or a lattice at the minimum of its energy. */
import { z } from 'zod';
import { fitBirchMurnaghan, type EquationOfState } from '../../../src-compute/analysis/equation-of-state.ts';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import type { PotentialModelBase } from '../../../src-compute/potentials/potential.ts';
import { momentTensorPart } from '../../../src-compute/potentials/registry.ts';
import { volume } from '../../../src-compute/structure/cell.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import {
  isLatticeName,
  lattice,
  LATTICE_NAMES,
  supercell,
  type LatticeName,
} from '../../../src-compute/structure/lattices.ts';
import { referencePairs } from '../../../src-compute/structure/reference-pairs.ts';
import { cpuEngine } from '../simulations/engines.ts';
import type { RecipeContext } from './recipe.ts';

/** Settings of recipes that can build their own crystal. */
export const crystalSettings = {
  lattice: z
    .string()
    .optional()
    .describe(`without a structure: the crystal, one of ${LATTICE_NAMES.join(', ')}`),
  elements: z
    .array(z.string())
    .optional()
    .describe('its elements, in the order of the lattice; those of the potential'),
  latticeConstant: z.number().positive().optional().describe('Å; the minimum of the energy when left out'),
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

/** How many species a lattice takes. */
export function latticeSpecies(name: LatticeName): number {
  for (let count = 1; count <= 3; count++) {
    try {
      lattice(name, ['H', 'He', 'Li'].slice(0, count), 1);
      return count;
    } catch {
      // another number of species
    }
  }
  throw new ForcewrightError(`The lattice ${name} cannot be built.`);
}

/** Elements for a lattice: those given, or the first of the potential. */
export function latticeElements(
  name: LatticeName,
  context: RecipeContext,
  elements?: readonly string[],
): readonly string[] {
  const count = latticeSpecies(name);
  const chosen = elements ?? context.model.species.slice(0, count);
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

/**
 * Lattice constant of least energy: a coarse scan over volumes per atom, then Birch–Murnaghan around the minimum.
 * @throws ForcewrightError when the potential binds nothing between 3 and 120 Å³ per atom
 */
export function latticeMinimum(
  model: PotentialModelBase,
  name: LatticeName,
  elements: readonly string[],
): { a: number; eos: EquationOfState } {
  const unit = lattice(name, elements, 1);
  const perAtom = volume(unit.cell) / unit.kinds.length;
  const at = (v: number) => energyPerAtom(model, lattice(name, elements, Math.cbrt(v / perAtom)));
  // below the shortest distance that a potential was fitted to, it may fall into holes that no data forbade
  const shortest = nearestDistance(unit);
  const least = perAtom * ((momentTensorPart(model)?.minimumDistance ?? 0) / shortest) ** 3;
  const grid = Array.from({ length: 61 }, (_, k) => 3 * 40 ** (k / 60)).filter((v) => v >= least);
  const energies = grid.map(at);
  // of the minima that have higher energies on both sides, the lowest
  let best = { v: NaN, energy: Infinity };
  for (let k = 1; k < grid.length - 1; k++) {
    const isMinimum = energies[k] < energies[k - 1] && energies[k] <= energies[k + 1];
    if (isMinimum && energies[k] < best.energy) best = { v: grid[k], energy: energies[k] };
  }
  if (Number.isNaN(best.v)) {
    throw new ForcewrightError(
      `The potential has no energy minimum for ${name} between ${Math.max(3, least).toFixed(0)} and 120 Å³ per atom.`,
      {
        remedy: 'Give the lattice constant.',
      },
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

/** Å */
function nearestDistance(configuration: Configuration): number {
  const { vectors } = referencePairs(configuration, 1.01 * Math.hypot(...configuration.cell.subarray(0, 3)));
  let nearest = Infinity;
  for (let k = 0; k < vectors.length; k += 3) {
    nearest = Math.min(nearest, Math.hypot(vectors[k], vectors[k + 1], vectors[k + 2]));
  }
  return nearest;
}

/** The user's structure, or the lattice of the settings as a conventional cell. */
export function startingCrystal(
  settings: CrystalSettings,
  context: RecipeContext,
  fallback?: LatticeName,
): { crystal: Configuration; note: string } {
  if (context.structure) return { crystal: context.structure, note: 'The structure given was used.' };
  const wanted = settings.lattice ?? fallback;
  if (wanted === undefined) {
    throw new ForcewrightError('There is no structure to work on.', {
      remedy: 'Give a structure, or name a lattice.',
    });
  }
  const name = latticeName(wanted);
  const elements = latticeElements(name, context, settings.elements);
  const a = settings.latticeConstant ?? latticeMinimum(context.model, name, elements).a;
  return {
    crystal: lattice(name, elements, a),
    note: `${name} ${elements.join('')} with a = ${a.toFixed(4)} Å.`,
  };
}

/** Repeats a crystal until every edge is at least this long, Å. */
export function atLeast(crystal: Configuration, length: number): Configuration {
  const { cell } = crystal;
  const counts = [0, 1, 2].map((k) =>
    Math.max(1, Math.ceil(length / Math.hypot(...cell.subarray(3 * k, 3 * k + 3)) - 1e-9)),
  );
  return supercell(crystal, [counts[0], counts[1], counts[2]]);
}
