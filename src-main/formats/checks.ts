/**
 * Checks of what was read, the same for every format: each finding is a sentence that says what was expected.
 * checkConfiguration finds what makes one frame unusable, checkLabels what a fit would miss; what only many frames
 * show is in dataset-checks.ts.
 */
import { ForcewrightError, StructureError } from '../../src-compute/errors.ts';
import { completedCell, volume } from '../../src-compute/structure/cell.ts';
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { minimumDistance } from '../../src-compute/structure/minimum-distance.ts';
import { closestOverlap, OVERLAP_DISTANCE } from './overlaps.ts';
import { isKnownSpecies } from './species.ts';

export interface ConfigurationProblem {
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

/** Findings about one configuration by itself. */
export function checkConfiguration(configuration: Configuration): ConfigurationProblem[] {
  if (isSound(configuration)) return [];
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
  const pair = closestOverlap(configuration);
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
function isSound(configuration: Configuration): boolean {
  const { symbols, kinds, positions, cell, periodic, energy, forces, virial } = configuration;
  const atoms = kinds.length;
  if (atoms === 0 || atoms > FEW || positions.length !== 3 * atoms || cell.length !== 9) return false;
  const { atomEnergies, velocities, masses, atomColumns = [] } = configuration;
  if (atomEnergies && (atomEnergies.length !== atoms || !within(atomEnergies, Number.MAX_VALUE)))
    return false;
  if (velocities && (velocities.length !== 3 * atoms || !within(velocities, LARGEST_LABEL))) return false;
  if (masses && (masses.length !== atoms || !masses.every((mass) => mass > 0 && mass < Infinity)))
    return false;
  for (const { columns, values } of atomColumns) if (values.length !== columns * atoms) return false;
  if (forces !== undefined && (forces.length !== 3 * atoms || !within(forces, LARGEST_LABEL))) return false;
  if (virial !== undefined && (virial.length !== 9 || !within(virial, LARGEST_LABEL))) return false;
  if (energy !== undefined && !(Math.abs(energy) <= LARGEST_LABEL)) return false;
  if (!within(positions, LARGEST_LENGTH) || !within(cell, LARGEST_LENGTH)) return false;
  for (let atom = 0; atom < atoms; atom++) if (!(kinds[atom] < symbols.length)) return false;
  for (const symbol of symbols) if (!isKnownSpecies(symbol)) return false;
  let product = 1;
  for (let axis = 0; axis < 3; axis++) {
    if (!periodic[axis]) return periodic.includes(true) ? false : isApart(configuration);
    const length = Math.hypot(cell[3 * axis], cell[3 * axis + 1], cell[3 * axis + 2]);
    if (length < 1e-6) return false;
    product *= length;
  }
  return volume(cell) >= 1e-6 * product && isApart(configuration);
}

/** Finite, and no larger than given. */
function within(values: Float64Array, largest: number): boolean {
  for (let k = 0; k < values.length; k++) if (!(Math.abs(values[k]) <= largest)) return false;
  return true;
}

/** Whether no two atoms overlap, images included; false, too, where the cell is none. */
function isApart(configuration: Configuration): boolean {
  try {
    return minimumDistance(configuration, OVERLAP_DISTANCE) === undefined;
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
    ['components of the forces', configuration.forces, 3 * atoms],
    ['components of the virial', configuration.virial, 9],
    ['per-atom energies', configuration.atomEnergies, atoms],
    ['components of the velocities', configuration.velocities, 3 * atoms],
    ['masses', configuration.masses, atoms],
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
  if (configuration.kinds.some((kind) => configuration.symbols[kind] === undefined))
    error('Expected a species for every atom, but one has none.');
}

/** What is computed from a configuration has to be a number, too: volume, energy per atom, norms of forces. */
function checkDerived(configuration: Configuration, error: (message: string) => void): void {
  const { cell, positions, energy, forces, virial, velocities, masses } = configuration;
  const bounded: [string, ArrayLike<number>, number][] = [
    ['a lattice vector', cell, LARGEST_LENGTH],
    ['a position', positions, LARGEST_LENGTH],
    ['the energy', energy === undefined ? [] : [energy], LARGEST_LABEL],
    ['a force', forces ?? [], LARGEST_LABEL],
    ['the virial', virial ?? [], LARGEST_LABEL],
    ['a velocity', velocities ?? [], LARGEST_LABEL],
  ];
  for (const [what, values, largest] of bounded) {
    for (let k = 0; k < values.length; k++) {
      if (Math.abs(values[k]) <= largest) continue;
      error(`Expected at most ${largest.toExponential(0)} for ${what}, found ${values[k].toExponential(3)}.`);
      break;
    }
  }
  const massless = masses?.findIndex((mass) => !(mass > 0)) ?? -1;
  if (massless >= 0)
    error(`Expected masses above 0 amu, but the atom ${massless + 1} weighs ${masses?.[massless]}.`);
}

function usedSymbols(configuration: Configuration): Set<string> {
  const used = new Set<string>();
  for (const kind of new Set(configuration.kinds)) used.add(configuration.symbols[kind]);
  return used;
}

function checkFinite(configuration: Configuration, error: (message: string) => void): void {
  const arrays: [string, ArrayLike<number> | undefined][] = [
    ['positions', configuration.positions],
    ['the lattice vectors', configuration.cell],
    ['the energy', configuration.energy === undefined ? undefined : [configuration.energy]],
    ['forces', configuration.forces],
    ['the virial', configuration.virial],
    ['per-atom energies', configuration.atomEnergies],
    ['velocities', configuration.velocities],
    ['masses', configuration.masses],
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
