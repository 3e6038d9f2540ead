/**
 * Checks of what was read, the same for every format: each finding is a sentence that says what was expected.
 * checkConfiguration finds what makes one frame unusable, checkLabels what a fit would miss; what only many frames
 * show is in dataset-checks.ts.
 */
import { ForcewrightError, StructureError } from '../../src-compute/errors.ts';
import { completedCell, volume } from '../../src-compute/structure/cell.ts';
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import {
  componentsOf,
  OPTIONAL,
  TABLE,
  valuesOf,
  type PropertyRow,
} from '../../src-compute/structure/properties.ts';
import { minimumDistance } from '../../src-compute/structure/minimum-distance.ts';
import { closestOverlap, OVERLAP_DISTANCE } from './overlaps.ts';
import { isKnownSpecies } from './species.ts';

export interface ConfigurationProblem {
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

/** What the checks find out on their way, for those who need it afterwards. */
export interface FoundOnTheWay {
  /** As minimumDistance() gives it, Å; null when no two atoms are close. */
  minimumDistance?: number | null;
}

/**
 * Findings about one configuration by itself.
 * @param found filled in; whoever needs the shortest distance anyway saves a second search for it
 */
export function checkConfiguration(
  configuration: Configuration,
  found?: FoundOnTheWay,
): ConfigurationProblem[] {
  if (isSound(configuration, found)) return [];
  const problems: ConfigurationProblem[] = [];
  const error = (message: string) => problems.push({ severity: 'error', message });
  for (const symbol of usedSymbols(configuration)) {
    if (!isKnownSpecies(symbol)) {
      error(`Expected an element symbol such as Si, found "${symbol}".`);
    }
  }
  checkLengths(configuration, error);
  if (problems.length > 0) return problems;
  checkFinite(configuration, error);
  if (problems.length > 0) return problems;
  checkCell(configuration, error);
  if (problems.length > 0) return problems;
  checkDerived(configuration, error);
  if (problems.length > 0) return problems;
  const pair =
    found !== undefined && isApart(configuration, found) ? undefined : closestOverlap(configuration);
  if (pair !== undefined) {
    // sets for the repulsion at short distances hold such pairs; the same place twice is a mistake
    problems.push({
      severity: pair.distance < SAME_PLACE ? 'error' : 'warning',
      message: `Expected atoms at least ${OVERLAP_DISTANCE} Å apart, but atoms ${pair.first + 1} and ${pair.second + 1} are ${pair.distance.toFixed(3)} Å apart.`,
    });
  }
  return problems;
}

/** Closer than this, Å, two atoms are one that is there twice. */
const SAME_PLACE = 0.2;
/** Larger numbers are no structure (Å) and no label; their products still have to be finite. */
const LARGEST_LENGTH = 1e12;
const LARGEST_LABEL = 1e100;

/** Up to so many atoms the shortest distance is found sooner than overlaps by bins. */
const FEW = 32;

/**
 * Whether a small configuration passes all that follows, decided in one go: nearly all of millions of small frames do.
 * False means that the checks with their sentences have to look.
 */
function isSound(configuration: Configuration, found?: FoundOnTheWay): boolean {
  const { symbols, kinds, positions, cell, periodic } = configuration;
  const atoms = kinds.length;
  if (atoms === 0 || atoms > FEW || positions.length !== 3 * atoms || cell.length !== 9) return false;
  const { atomColumns = [] } = configuration;
  for (const { columns, values } of atomColumns) if (values.length !== columns * atoms) return false;
  for (const row of TABLE) {
    const value = configuration[row.key];
    if (value === undefined) continue;
    if (typeof value === 'number' ? !(Math.abs(value) <= LARGEST_LABEL) : !isSoundProperty(row, value, atoms))
      return false;
  }
  if (!within(positions, LARGEST_LENGTH) || !within(cell, LARGEST_LENGTH)) return false;
  for (let atom = 0; atom < atoms; atom++) if (!(kinds[atom] < symbols.length)) return false;
  for (const symbol of symbols) if (!isKnownSpecies(symbol)) return false;
  let product = 1;
  for (let axis = 0; axis < 3; axis++) {
    if (!periodic[axis]) return periodic.includes(true) ? false : isApart(configuration, found);
    const length = Math.hypot(cell[3 * axis], cell[3 * axis + 1], cell[3 * axis + 2]);
    if (length < 1e-6) return false;
    product *= length;
  }
  return volume(cell) >= 1e-6 * product && isApart(configuration, found);
}

function isSoundProperty(row: PropertyRow, values: Float64Array, atoms: number): boolean {
  if (componentsOf(row, values.length, atoms) === undefined || !within(values, LARGEST_LABEL)) return false;
  return row.positive !== true || values.every((value) => value > 0);
}

/**
 * The configuration without properties that are not sound though it can do without them (properties.ts): not finite, or
 * of a length that is not theirs. A dipole that a program failed to compute makes no bad frame of good forces.
 */
export function withSoundProperties(configuration: Configuration): {
  readonly configuration: Configuration;
  readonly problems: readonly ConfigurationProblem[];
} {
  let kept = configuration;
  const problems: ConfigurationProblem[] = [];
  for (const row of OPTIONAL) {
    const values = valuesOf(configuration, row.key);
    if (values === undefined || isSoundProperty(row, values, configuration.kinds.length)) continue;
    problems.push({ severity: 'warning', message: unsoundSentence(row, values, configuration.kinds.length) });
    kept = { ...kept, [row.key]: undefined };
  }
  return { configuration: kept, problems };
}

function unsoundSentence(row: PropertyRow, values: Float64Array, atoms: number): string {
  const leftOut = row.words.startsWith('the ') ? 'it was left out' : 'they were left out';
  if (componentsOf(row, values.length, atoms) !== undefined) {
    const wrong = values.find((value) => !(Math.abs(value) <= LARGEST_LABEL));
    return `Expected finite numbers for ${row.words}, found ${wrong ?? 'one of zero or less'}: ${leftOut}.`;
  }
  const counts = row.components.map((count) => count * (row.per === 'atom' ? atoms : 1));
  const of = row.per === 'atom' ? ` of ${atoms} atoms` : '';
  return `Expected ${counts.join(' or ')} numbers for ${row.words}${of}, found ${values.length}: ${leftOut}.`;
}

/** Finite, and no larger than given. */
function within(values: Float64Array, largest: number): boolean {
  for (let k = 0; k < values.length; k++) if (!(Math.abs(values[k]) <= largest)) return false;
  return true;
}

/** Whether no two atoms overlap, images included; false, too, where the cell is none. */
function isApart(configuration: Configuration, found?: FoundOnTheWay): boolean {
  try {
    if (found === undefined) return minimumDistance(configuration, OVERLAP_DISTANCE) === undefined;
    const shortest = minimumDistance(configuration);
    found.minimumDistance = shortest ?? null;
    return shortest === undefined || shortest >= OVERLAP_DISTANCE;
  } catch (error) {
    if (!(error instanceof StructureError)) throw error;
    return false;
  }
}

function checkLengths(configuration: Configuration, error: (message: string) => void): void {
  const atoms = configuration.kinds.length;
  if (atoms === 0) {
    error('Expected at least one atom, found none.');
    return;
  }
  const arrays: [string, ArrayLike<unknown> | undefined, number][] = [
    ['coordinates', configuration.positions, 3 * atoms],
    ['components of the lattice vectors', configuration.cell, 9],
    ...(configuration.atomColumns ?? []).map(
      ({ name, columns, values }): [string, ArrayLike<unknown>, number] => [
        `values of the column "${name}"`,
        values,
        columns * atoms,
      ],
    ),
  ];
  for (const [what, values, length] of arrays) {
    if (values !== undefined && values.length !== length)
      error(`Expected ${length} ${what} for ${atoms} atoms, found ${values.length}.`);
  }
  for (const row of TABLE) {
    const values = valuesOf(configuration, row.key);
    if (values === undefined || componentsOf(row, values.length, atoms) !== undefined) continue;
    const length = row.components[0] * (row.per === 'atom' ? atoms : 1);
    const what = row.components[0] === 1 ? row.words : `components of the ${row.words.replace(/^the /, '')}`;
    error(`Expected ${length} ${what} for ${atoms} atoms, found ${values.length}.`);
  }
  if (configuration.kinds.some((kind) => configuration.symbols[kind] === undefined))
    error('Expected a species for every atom, but one has none.');
}

/** What is computed from a configuration has to be a number, too: volume, energy per atom, norms of forces. */
function checkDerived(configuration: Configuration, error: (message: string) => void): void {
  const { cell, positions } = configuration;
  const bounded: [string, ArrayLike<number>, number][] = [
    ['a lattice vector', cell, LARGEST_LENGTH],
    ['a position', positions, LARGEST_LENGTH],
    ...TABLE.map(({ key, words }): [string, ArrayLike<number>, number] => [
      words,
      valuesOf(configuration, key) ?? [],
      LARGEST_LABEL,
    ]),
  ];
  for (const [what, values, largest] of bounded) {
    for (let k = 0; k < values.length; k++) {
      if (Math.abs(values[k]) <= largest) continue;
      error(`Expected at most ${largest.toExponential(0)} for ${what}, found ${values[k].toExponential(3)}.`);
      break;
    }
  }
  for (const row of TABLE) {
    const values = row.positive === true ? valuesOf(configuration, row.key) : undefined;
    const wrong = values?.findIndex((value) => !(value > 0)) ?? -1;
    if (wrong >= 0)
      error(`Expected ${row.words} above 0 ${row.unit}, but the atom ${wrong + 1} has ${values?.[wrong]}.`);
  }
}

function usedSymbols(configuration: Configuration): Set<string> {
  const { symbols, kinds } = configuration;
  const used = new Set<string>();
  let before = -1;
  // atoms of a kind stand together as a rule
  for (let atom = 0; atom < kinds.length; atom++) {
    if (kinds[atom] !== before) used.add(symbols[kinds[atom]]);
    before = kinds[atom];
  }
  return used;
}

function checkFinite(configuration: Configuration, error: (message: string) => void): void {
  const arrays: [string, ArrayLike<number> | undefined][] = [
    ['positions', configuration.positions],
    ['the lattice vectors', configuration.cell],
    ...TABLE.map(({ key, words }): [string, ArrayLike<number> | undefined] => [
      words,
      valuesOf(configuration, key),
    ]),
  ];
  for (const [name, values] of arrays) {
    for (let k = 0; values !== undefined && k < values.length; k++) {
      if (!Number.isFinite(values[k])) {
        error(`Expected finite numbers for ${name}, found ${values[k]}.`);
        break;
      }
    }
  }
}

function checkCell(configuration: Configuration, error: (message: string) => void): void {
  const { cell, periodic } = configuration;
  if (!periodic.includes(true)) return;
  const lengths = [0, 1, 2].map((axis) => Math.hypot(cell[3 * axis], cell[3 * axis + 1], cell[3 * axis + 2]));
  if (periodic.some((flag, axis) => flag && lengths[axis] < 1e-6)) {
    error('Expected a lattice vector along each periodic axis, found one of length zero.');
    return;
  }
  const allPeriodic = periodic.every((flag) => flag);
  if (allPeriodic && volume(cell) < 1e-6 * lengths[0] * lengths[1] * lengths[2]) {
    error('Expected a cell with a volume, but its three lattice vectors lie in one plane.');
    return;
  }
  try {
    completedCell(cell, periodic);
  } catch (thrown) {
    if (!(thrown instanceof ForcewrightError)) throw thrown;
    error(thrown.message);
  }
}

/** Which labels a caller needs. */
export interface WantedLabels {
  readonly energy?: boolean;
  readonly forces?: boolean;
  readonly virial?: boolean;
}

/** A sentence for each label that the caller needs and the configuration does not have. */
export function checkLabels(
  configuration: Configuration,
  wanted: WantedLabels = { energy: true, forces: true },
): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const missing = (message: string) => problems.push({ severity: 'error', message });
  if (wanted.energy === true && configuration.energy === undefined) {
    missing(
      'Expected a total energy (eV) with the configuration, such as energy=-123.4 in extended XYZ; there is none.',
    );
  }
  if (wanted.forces === true && configuration.forces === undefined) {
    missing(
      'Expected forces (eV/Å) with the configuration, such as the column forces:R:3 in extended XYZ; there are none.',
    );
  }
  if (wanted.virial === true && configuration.virial === undefined) {
    missing(
      'Expected a virial (eV) or a stress with the configuration, such as virial="…" in extended XYZ; there is none.',
    );
  }
  return problems;
}
