/** A recipe here and in LAMMPS, with the curves of both in the same figures. */
import { sortedCaveats } from '../../../src-compute/caveats.ts';
import type { LammpsSession } from '../export/lammps-session.ts';
import type { Figure } from '../figures/figure.ts';
import type { Recipe, RecipeContext, RecipeResult, RecipeValue } from './recipe.ts';

/**
 * Runs a recipe here and then in LAMMPS.
 * @returns values under `here` and `lammps`, figures with the curves of both, tables of both
 */
export async function runInBoth(
  recipe: Recipe,
  settings: unknown,
  context: RecipeContext,
  lammps: LammpsSession,
): Promise<RecipeResult> {
  const half = (first: number, where: string): RecipeContext => ({
    ...context,
    onProgress: (fraction, message) => context.onProgress(first + 0.5 * fraction, `${where}: ${message}`),
  });
  const here = await recipe.run(settings, half(0, 'here'));
  const there = await recipe.run(settings, { ...half(0.5, 'in LAMMPS'), lammps });
  const values: Record<string, RecipeValue> = {
    here: here.values,
    lammps: there.values,
    largest_relative_difference: largestDifference(here.values, there.values),
  };
  return {
    values,
    tables: [
      ...here.tables.map((table) => ({ ...table, title: `${table.title}, here` })),
      ...there.tables.map((table) => ({ ...table, title: `${table.title}, LAMMPS` })),
    ],
    figures: here.figures.map((figure, k) => overlay(figure, there.figures[k])),
    notes: [...new Set([...here.notes, ...there.notes, `Curves marked LAMMPS: ${lammps.program.version}.`])],
    caveats: sortedCaveats([...(here.caveats ?? []), ...(there.caveats ?? [])]),
    structures: here.structures,
  };
}

/** Both sets of curves; those of LAMMPS as points, so that lines which coincide are still seen. */
function overlay(figure: Figure, other: Figure | undefined): Figure {
  const theirs = (other?.series ?? []).map((series) => ({
    ...series,
    name: `${series.name}, LAMMPS`,
    kind: 'points' as const,
  }));
  return { ...figure, series: [...figure.series, ...theirs] };
}

/** Numbers below this are round-off of zero, whatever their unit. */
const ZERO = 1e-9;

/**
 * Largest |a − b| / max(|a|, |b|) among numbers that both have under the same name; vectors and matrices in the scale
 * of their largest component.
 */
function largestDifference(a: RecipeValue, b: RecipeValue): number {
  if (Array.isArray(a) || Array.isArray(b) || typeof a === 'number' || typeof b === 'number') {
    const [left, right] = [numbersOf(a), numbersOf(b)];
    const scale = [...left, ...right].reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    if (left.length !== right.length) return 1; // not the same thing at all
    if (!(scale > ZERO)) return 0;
    return left.reduce((most, x, k) => Math.max(most, Math.abs(x - right[k])), 0) / scale;
  }
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return 0;
  const right = new Map(Object.entries(b));
  let largest = 0;
  for (const [key, value] of Object.entries(a)) {
    const other = right.get(key);
    if (other !== undefined) largest = Math.max(largest, largestDifference(value, other));
  }
  return largest;
}

/** The numbers of a vector or matrix, one after the other. */
function numbersOf(value: RecipeValue): number[] {
  if (typeof value === 'number') return [value];
  return Array.isArray(value) ? value.flatMap(numbersOf) : [];
}
