/** What is validated: a potential with a material. The crystal is found and relaxed once and serves every check. */
import { ForcewrightError, SimulationError } from '../../../src-compute/errors.ts';
import { FULL_CELL, relax } from '../../../src-compute/relaxation/index.ts';
import { volume } from '../../../src-compute/structure/cell.ts';
import { atomCount, type Configuration } from '../../../src-compute/structure/configuration.ts';
import { minimumDistance } from '../../../src-compute/structure/minimum-distance.ts';
import { withoutLabels } from '../../../src-compute/structure/properties.ts';
import { startingCrystal } from '../recipes/crystals.ts';
import { recipeEngine } from '../recipes/engine.ts';
import type { Knowledge, RecipeContext } from '../recipes/recipe.ts';
import { crystalSymmetry } from '../symmetry/crystal-symmetry.ts';

/** The crystal of a validation: its conventional cell at rest. */
export interface SubjectCrystal {
  readonly relaxed: Configuration;
  /** Reduced: SiO2. */
  readonly formula: string;
  readonly spaceGroup: number;
  readonly symbol: string;
  /** Two letters: cF, hP, … */
  readonly bravais: string;
  /** eV/atom */
  readonly energy: number;
  /** Å */
  readonly nearest: number;
  /** Å³/atom */
  readonly volume: number;
  readonly converged: boolean;
  readonly largestForce: number;
}

export interface ValidationSubject {
  /** Of the potential. */
  readonly name: string;
  readonly knowledge: Knowledge;
  /** Where the material comes from, a sentence. */
  readonly origin: string;
  /** What the user gave or the data had; the crystal is made of it. */
  readonly structure: Configuration | undefined;
  readonly crystal: SubjectCrystal | undefined;
  /** Why there is no crystal. */
  readonly missing: string;
}

/** How far atoms of a given structure may lie from their ideal places, Å: the strictest that finds more than P1. */
const PRECISIONS = [1e-3, 1e-2, 0.1];
/** Largest force left, eV/Å. */
const AT_REST = 1e-6;
/** Cells beyond this are no crystals whose constants are asked for, atoms. */
const LARGEST_CELL = 400;

/** @throws ForcewrightError with the reason when there is no crystal */
export function requireCrystal({ crystal, missing }: ValidationSubject): SubjectCrystal {
  if (crystal) return crystal;
  throw new ForcewrightError(missing);
}

/**
 * Finds the crystal and brings it to rest.
 * @param structure of the user or the data; else the lattice of least energy
 */
export async function prepareSubject(
  name: string,
  knowledge: Knowledge,
  given: { readonly structure: Configuration | undefined; readonly origin: string },
  context: RecipeContext,
): Promise<ValidationSubject> {
  const base = { name, knowledge, structure: given.structure, origin: given.origin };
  try {
    const { crystal, note } = startingCrystal({}, { ...context, structure: given.structure });
    const relaxed = await relaxedCrystal(crystal, context);
    return { ...base, origin: given.structure ? given.origin : note, crystal: relaxed, missing: '' };
  } catch (error) {
    if (!(error instanceof ForcewrightError) || context.signal?.aborted) throw error;
    return { ...base, crystal: undefined, missing: [error.message, error.remedy].join(' ').trim() };
  }
}

async function relaxedCrystal(given: Configuration, context: RecipeContext): Promise<SubjectCrystal> {
  const foreign = given.symbols.filter(
    (symbol, kind) => given.kinds.includes(kind) && !context.model.species.includes(symbol),
  );
  if (foreign.length > 0) {
    throw new SimulationError(
      `The structure has ${foreign.join(', ')}, and this potential knows ${context.model.species.join(', ')}.`,
    );
  }
  if (!given.periodic.every(Boolean)) {
    throw new SimulationError(
      'A crystal was expected, and the structure is not periodic in all three directions.',
    );
  }
  const start = conventional(given);
  const engine = await recipeEngine(context, start);
  try {
    const { operations } = crystalSymmetry(start);
    const result = await relax(start, engine, {
      cell: FULL_CELL,
      symmetry: operations,
      tolerance: AT_REST,
      signal: context.signal,
    });
    return describe(result.configuration, result);
  } finally {
    engine.dispose();
  }
}

/** The standardised conventional cell; the structure itself where no symmetry is found. */
function conventional(given: Configuration): Configuration {
  for (const precision of PRECISIONS) {
    const found = crystalSymmetry(given, precision);
    if (found.number > 1) return requireSmall(found.conventional);
  }
  return requireSmall(withoutLabels(given));
}

function requireSmall(cell: Configuration): Configuration {
  if (atomCount(cell) <= LARGEST_CELL) return cell;
  throw new SimulationError(
    `A crystal was expected, and the structure repeats only after ${atomCount(cell)} atoms.`,
    { remedy: 'Give a crystal of at most 400 atoms per cell.' },
  );
}

function describe(
  atRest: Configuration,
  { energy, converged, largestForce }: { energy: number; converged: boolean; largestForce: number },
): SubjectCrystal {
  const { number, symbol, pearson, conventional: cell } = crystalSymmetry(atRest);
  const atoms = atomCount(atRest);
  // what came to rest with more symmetry than it had has another conventional cell: a strained diamond is cubic again
  const relaxed = number > 1 ? requireSmall(cell) : atRest;
  const nearest = minimumDistance(relaxed, 20);
  if (nearest === undefined) {
    throw new SimulationError('The crystal flew apart when it was relaxed: the potential does not bind it.');
  }
  return {
    relaxed,
    formula: reducedFormula(relaxed),
    spaceGroup: number,
    symbol,
    bravais: pearson.slice(0, 2),
    energy: energy / atoms,
    nearest,
    volume: volume(relaxed.cell) / atoms,
    converged,
    largestForce,
  };
}

/** Formula with the smallest whole numbers: Si, SiO2. */
export function reducedFormula({ symbols, kinds }: Configuration): string {
  const counts = symbols.map((_, kind) => kinds.reduce((sum, k) => sum + (k === kind ? 1 : 0), 0));
  const divisor = counts.reduce((a, b) => gcd(a, b), 0) || 1;
  return symbols
    .map((symbol, k) => ({ symbol, count: counts[k] / divisor }))
    .filter(({ count }) => count > 0)
    .map(({ symbol, count }) => symbol + (count === 1 ? '' : String(count)))
    .join('');
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
