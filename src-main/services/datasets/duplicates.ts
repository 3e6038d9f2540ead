/**
 * Configurations that occur twice. Exact ones share the digest of their structure. Near-identical ones (the same data
 * with other rounding, atoms wrapped into another image) have nearly the same fingerprint, volume and shortest
 * distance, and are then compared atom by atom. The later one of two is flagged, whatever dataset it is in: a test
 * configuration that is also in the training set is worth knowing.
 */
import { inverse, readableCell } from '../../../src-compute/structure/cell.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { FLAG } from '../../store/configuration-row.ts';
import { FINGERPRINTS } from '../../store/content-hash.ts';
import { ColumnReader, DIGEST_BYTES, type NumberArray } from '../../store/columns.ts';
import { DatasetRepository, type DatasetSummary } from '../../store/datasets.ts';
import type { Flagged } from '../../store/flags.ts';
import type { Project } from '../../store/project.ts';
import { StructureReader } from '../../store/structure-reader.ts';
import { firstOfSame } from './same-structures.ts';

/** Comparisons atom by atom, and looks at fingerprints, at most: a dataset that needs more is one of small steps. */
const MOST_COMPARISONS = 30_000;
const MOST_LOOKS = 5_000_000;

/** Atoms of structures that are kept while others are compared with them; a structure by itself weighs as much as so many. */
const [MOST_ATOMS_HELD, OVERHEAD] = [200_000, 50];

/** What was found, and whether everything could be looked at. */
export interface Duplicates {
  readonly flags: readonly Flagged[];
  readonly complete: boolean;
}

/**
 * Configurations that may be the same as one of a dataset: all those of the project with one of its formulas, in the
 * order in which they came. Only numbers of each, for millions of them.
 */
class Kin {
  /** Datasets, and where the configurations of each begin. */
  readonly datasets: readonly DatasetSummary[];
  readonly starts: Uint32Array;
  /** Place of the first one of the same structure. */
  readonly first: Uint32Array;
  /** Rank of the formula; −1 for formulas that the dataset does not have. */
  readonly formula: Int32Array;
  readonly fingerprint: Float64Array;
  readonly slope: Float64Array;

  constructor(project: Project, datasetId: number) {
    const columns = new ColumnReader(project);
    const wanted = new Map(
      [...new Set(columns.words(datasetId, 'formula').words)].sort().map((formula, rank) => [formula, rank]),
    );
    this.datasets = new DatasetRepository(project)
      .list()
      .filter(({ id }) => columns.words(id, 'formula').words.some((formula) => wanted.has(formula)));
    this.starts = new Uint32Array(this.datasets.length + 1);
    this.datasets.forEach((dataset, k) => (this.starts[k + 1] = this.starts[k] + columns.count(dataset.id)));
    const count = this.starts[this.datasets.length];
    // first, and before there is anything else: digests are larger than all that stays
    this.first = this.firstOfAll(columns, count);
    this.formula = new Int32Array(count);
    this.fingerprint = new Float64Array(count);
    this.slope = new Float64Array(count);
    this.datasets.forEach(({ id }, k) => {
      const [start, end] = [this.starts[k], this.starts[k + 1]];
      const { codes, words } = columns.words(id, 'formula');
      const ranks = words.map((formula) => wanted.get(formula) ?? -1);
      for (let n = 0; n < codes.length; n++) this.formula[start + n] = ranks[codes[n]];
      columns.numbersInto(id, 'fingerprint', this.fingerprint.subarray(start, end));
      columns.numbersInto(id, 'fingerprintSlope', this.slope.subarray(start, end));
    });
  }

  private firstOfAll(columns: ColumnReader, count: number): Uint32Array {
    const digests = new Uint8Array(DIGEST_BYTES * count);
    this.datasets.forEach(({ id }, k) => {
      const [start, end] = [DIGEST_BYTES * this.starts[k], DIGEST_BYTES * this.starts[k + 1]];
      columns.digestsInto(id, 'structureHash', digests.subarray(start, end));
    });
    return firstOfSame(digests);
  }

  /** Dataset and position of a place. */
  at(place: number): { dataset: DatasetSummary; position: number } {
    let k = 0;
    while (this.starts[k + 1] <= place) k++;
    return { dataset: this.datasets[k], position: place - this.starts[k] };
  }

  /** Places of a dataset. */
  placesOf(datasetId: number): readonly [start: number, end: number] {
    const k = this.datasets.findIndex(({ id }) => id === datasetId);
    return [this.starts[k], this.starts[k + 1]];
  }

  /** One of each structure, by formula, fingerprint and time. */
  inOrder(): Uint32Array {
    let count = 0;
    const places = new Uint32Array(this.first.length);
    for (let k = 0; k < places.length; k++)
      if (this.first[k] === k && this.formula[k] >= 0) places[count++] = k;
    const { formula, fingerprint } = this;
    return places
      .subarray(0, count)
      .sort((a, b) => formula[a] - formula[b] || fingerprint[a] - fingerprint[b] || a - b);
  }
}

/** @param tolerance largest difference of a coordinate, Å, that still is the same structure */
export function findDuplicates(project: Project, datasetId: number, tolerance: number): Duplicates {
  return project.guard(() => {
    const kin = new Kin(project, datasetId);
    const near = nearDuplicates(project, datasetId, kin, tolerance);
    return { flags: [...exactDuplicates(project, datasetId, kin), ...near.flags], complete: near.complete };
  });
}

function exactDuplicates(project: Project, datasetId: number, kin: Kin): Flagged[] {
  const columns = new ColumnReader(project);
  const [start, end] = kin.placesOf(datasetId);
  const energies = new Map<number, NumberArray>();
  const contents = new Map<number, (position: number) => Uint8Array>();
  const of = <Column>(held: Map<number, Column>, id: number, read: () => Column): Column => {
    const column = held.get(id) ?? read();
    held.set(id, column);
    return column;
  };
  const energy = (id: number, position: number) =>
    of(energies, id, () => columns.numbers(id, 'energyPerAtom'))[position];
  // those of the dataset itself are asked for in order, the earlier ones nearly so: the last block of each stays at hand
  const ownContent = columns.digestAt(datasetId, 'contentHash');
  const content = (id: number, position: number) =>
    of(contents, id, () => columns.digestAt(id, 'contentHash'))(position);
  const flags: Flagged[] = [];
  for (let k = start; k < end; k++) {
    if (kin.first[k] === k) continue;
    const { dataset, position: other } = kin.at(kin.first[k]);
    const position = k - start;
    const where = place(other, dataset.id === datasetId ? undefined : dataset.name);
    if (Buffer.compare(ownContent(position), content(dataset.id, other)) === 0) {
      flags.push({ position, flag: FLAG.duplicate, score: 0, message: `The same as ${where}.` });
      continue;
    }
    const difference = energy(datasetId, position) - energy(dataset.id, other);
    const how = Number.isNaN(difference)
      ? 'other labels'
      : `labels that differ (energy by ${(1000 * difference).toPrecision(3)} meV/atom)`;
    flags.push({
      position,
      flag: FLAG.conflictingLabels,
      score: Number.isNaN(difference) ? null : difference,
      message: `The same structure as ${where}, with ${how}.`,
    });
  }
  return flags;
}

function place(position: number, dataset: string | undefined): string {
  return `configuration ${position}${dataset === undefined ? '' : ` of ${dataset}`}`;
}

/** What is read of a structure when another comes near it. */
interface Candidate {
  readonly id: number;
  readonly dataset: DatasetSummary;
  readonly position: number;
  /** All fingerprints and their slopes, see content-hash.ts. */
  readonly numbers: Float64Array;
}

/**
 * Goes through the structures in order of their first fingerprint and compares each with those shortly before it, first
 * by numbers that are at hand: of most, nothing is ever read. Structures that occur exactly elsewhere are looked at once.
 */
function nearDuplicates(project: Project, datasetId: number, kin: Kin, tolerance: number): Duplicates {
  const reader = new StructureReader(project);
  const structures = new RecentStructures(reader, new DatasetRepository(project));
  const spaces = new Spaces(project, kin, tolerance);
  const candidates = new Candidates(reader, kin);
  const { formula, fingerprint, slope } = kin;
  const found = new Map<number, Flagged>();
  let [looks, comparisons] = [0, 0];
  const [start, end] = kin.placesOf(datasetId);
  const recent: number[] = [];
  for (const k of kin.inOrder()) {
    let kept = 0;
    for (const other of recent) {
      if (formula[other] !== formula[k] || fingerprint[k] - fingerprint[other] > tolerance * slope[other]) {
        candidates.forget(other);
        continue;
      }
      recent[kept++] = other;
      if (++looks > MOST_LOOKS || comparisons > MOST_COMPARISONS)
        return { flags: [...found.values()], complete: false };
      if (!spaces.agree(other, k)) continue;
      // ids and places grow with time
      const later = Math.max(k, other);
      if (later < start || later >= end || found.has(later)) continue;
      const [a, b] = [candidates.at(other), candidates.at(k)];
      if (a === undefined || b === undefined || !similarNumbers(a.numbers, b.numbers, tolerance)) continue;
      comparisons++;
      const [first, second] = other < k ? [a, b] : [b, a];
      const difference = structures.difference(first, second, tolerance);
      if (difference === undefined) continue;
      const dataset = first.dataset.id === datasetId ? undefined : first.dataset.name;
      found.set(later, {
        position: second.position,
        flag: FLAG.nearDuplicate,
        score: difference,
        message: `Nearly the same as ${place(first.position, dataset)}: no coordinate differs by more than ${difference.toExponential(1)} Å.`,
      });
    }
    recent.length = kept;
    recent.push(k);
  }
  return { flags: [...found.values()].sort((a, b) => a.position - b.position), complete: true };
}

/** Volumes and shortest distances: those of near-identical structures agree. */
class Spaces {
  /** Å³ and Å, NaN without a full cell or without two atoms close to each other. Half the memory of what is stored. */
  private readonly volume: Float32Array;
  private readonly distance: Float32Array;
  private readonly tolerance: number;

  constructor(project: Project, kin: Kin, tolerance: number) {
    const columns = new ColumnReader(project);
    this.volume = new Float32Array(kin.formula.length);
    this.distance = new Float32Array(kin.formula.length);
    this.tolerance = tolerance;
    kin.datasets.forEach(({ id }, k) => {
      const column = new Float64Array(kin.starts[k + 1] - kin.starts[k]);
      columns.numbersInto(id, 'volume', column);
      this.volume.set(column, kin.starts[k]);
      columns.numbersInto(id, 'minimumDistance', column);
      this.distance.set(column, kin.starts[k]);
    });
  }

  agree(a: number, b: number): boolean {
    const [short, shorter] = [this.distance[a], this.distance[b]];
    // without a distance on either side nothing is known against them
    if (Math.abs(short - shorter) > 4 * this.tolerance + ROUNDING * short) return false;
    const [first, second] = [this.volume[a], this.volume[b]];
    if (Number.isNaN(first) !== Number.isNaN(second)) return false;
    return !(Math.abs(first - second) > first * ((30 * this.tolerance) / Math.cbrt(first) + ROUNDING));
  }
}
/** Of two numbers in single precision, relative. */
const ROUNDING = 2 ** -22;

/** What was read of the structures that others still come near to. */
class Candidates {
  private readonly held = new Map<number, Candidate>();
  private readonly kin: Kin;
  private readonly reader: StructureReader;

  constructor(reader: StructureReader, kin: Kin) {
    this.kin = kin;
    this.reader = reader;
  }

  at(k: number): Candidate | undefined {
    const known = this.held.get(k);
    if (known !== undefined) return known;
    const { dataset, position } = this.kin.at(k);
    const row = this.reader.fingerprints(dataset.id, position);
    if (row === undefined) return undefined;
    const found = { ...row, dataset, position };
    this.held.set(k, found);
    return found;
  }

  forget(k: number): void {
    if (this.held.size > 0) this.held.delete(k);
  }
}

/** Cells that are held. */
const MOST_CELLS = 10_000;

/** Structures that were read last: one is compared with many that come shortly after it. */
class RecentStructures {
  private readonly held = new Map<number, Configuration>();
  private readonly cells = new Map<number, Float64Array>();
  private atoms = 0;
  private readonly datasets: DatasetRepository;
  private readonly reader: StructureReader;

  constructor(reader: StructureReader, datasets: DatasetRepository) {
    this.reader = reader;
    this.datasets = datasets;
  }

  /** See largestDifference(); the cells are read first, sooner than all of a structure. */
  difference(first: Candidate, second: Candidate, tolerance: number): number | undefined {
    const [a, b] = [this.cellOf(first.id), this.cellOf(second.id)];
    for (let k = 0; k < 9; k++) if (Math.abs(a[k] - b[k]) > tolerance) return undefined;
    return largestDifference(this.of(first), this.of(second), tolerance);
  }

  private cellOf(id: number): Float64Array {
    let cell = this.cells.get(id);
    if (cell === undefined) {
      cell = this.reader.cell(id);
      if (this.cells.size >= MOST_CELLS) this.cells.clear();
      this.cells.set(id, cell);
    }
    return cell;
  }

  private of({ id, dataset, position }: Candidate): Configuration {
    const known = this.held.get(id);
    if (known !== undefined) return known;
    const configuration = this.datasets.configuration(dataset.id, position);
    this.held.set(id, configuration);
    this.atoms += configuration.kinds.length + OVERHEAD;
    for (const [oldest, { kinds }] of this.held) {
      if (this.atoms <= MOST_ATOMS_HELD || oldest === id) break;
      this.held.delete(oldest);
      this.atoms -= kinds.length + OVERHEAD;
    }
    return configuration;
  }
}

/** Fingerprints of near-identical structures agree. */
function similarNumbers(first: Float64Array, second: Float64Array, tolerance: number): boolean {
  for (let q = 0; q < FINGERPRINTS; q++)
    if (Math.abs(first[q] - second[q]) > tolerance * first[FINGERPRINTS + q]) return false;
  return true;
}

/**
 * Largest difference of a coordinate between two structures with their atoms in the same order, nearest images taken,
 * or of an element of the cell, Å; undefined when it is above the tolerance or the structures are of different kinds.
 */
export function largestDifference(a: Configuration, b: Configuration, tolerance: number): number | undefined {
  if (a.kinds.length !== b.kinds.length || a.periodic.join() !== b.periodic.join()) return undefined;
  let largest = 0;
  for (let k = 0; k < 9; k++) largest = Math.max(largest, Math.abs(a.cell[k] - b.cell[k]));
  if (largest > tolerance) return undefined;
  const cell = readableCell(a.cell, a.periodic);
  const inv = inverse(cell);
  const s = [0, 0, 0];
  for (let atom = 0; atom < a.kinds.length; atom++) {
    if (a.symbols[a.kinds[atom]] !== b.symbols[b.kinds[atom]]) return undefined;
    const k = 3 * atom;
    const [x, y, z] = [
      b.positions[k] - a.positions[k],
      b.positions[k + 1] - a.positions[k + 1],
      b.positions[k + 2] - a.positions[k + 2],
    ];
    for (let axis = 0; axis < 3; axis++) {
      s[axis] = x * inv[axis] + y * inv[3 + axis] + z * inv[6 + axis];
      if (a.periodic[axis]) s[axis] -= Math.round(s[axis]);
    }
    for (let axis = 0; axis < 3; axis++) {
      const difference = Math.abs(s[0] * cell[axis] + s[1] * cell[3 + axis] + s[2] * cell[6 + axis]);
      if (difference > tolerance) return undefined;
      largest = Math.max(largest, difference);
    }
  }
  return largest;
}
