/**
 * Configurations that occur twice. Exact ones share the digest of their structure. Near-identical ones (the same data
 * with other rounding, atoms wrapped into another image) have nearly the same fingerprint, volume and shortest
 * distance, and are then compared atom by atom. The later one of two is flagged, whatever dataset it is in: a test
 * configuration that is also in the training set is worth knowing.
 */
import { inverse, readableCell } from '../../../src-compute/structure/cell.ts';
import type { Statement } from 'better-sqlite3';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { float64 } from '../../store/binary.ts';
import { FLAG } from '../../store/configuration-row.ts';
import { FINGERPRINTS } from '../../store/content-hash.ts';
import { DatasetRepository } from '../../store/datasets.ts';
import type { Project } from '../../store/project.ts';
import type { Flagged } from './flags.ts';

/** Comparisons atom by atom, and looks at fingerprints, at most: a dataset that needs more is one of small steps. */
const MOST_COMPARISONS = 30_000;
const MOST_LOOKS = 5_000_000;

/** Atoms of structures that are kept while others are compared with them; a structure by itself weighs as much as so many. */
const [MOST_ATOMS_HELD, OVERHEAD] = [200_000, 50];

interface Twin {
  readonly position: number;
  readonly energyPerAtom: number | null;
  readonly otherEnergyPerAtom: number | null;
  readonly otherPosition: number;
  readonly otherDataset: string;
  readonly sameDataset: number;
  readonly sameContent: number;
}

/** What was found, and whether everything could be looked at. */
export interface Duplicates {
  readonly flags: readonly Flagged[];
  readonly complete: boolean;
}

/** @param tolerance largest difference of a coordinate, Å, that still is the same structure */
export function findDuplicates(project: Project, datasetId: number, tolerance: number): Duplicates {
  const exact = exactDuplicates(project, datasetId);
  const near = project.guard(() => nearDuplicates(project, datasetId, tolerance));
  return { flags: [...exact, ...near.flags], complete: near.complete };
}

function exactDuplicates(project: Project, datasetId: number): Flagged[] {
  // the first of its kind is the one with the smallest id: ids grow with time
  const twins = project
    .prepare<[number, number], Twin>(
      // the groups of more than one come from the index alone; most datasets have few or none
      `WITH twins AS MATERIALIZED
         (SELECT structure_hash, min(id) AS first FROM configurations GROUP BY structure_hash HAVING count(*) > 1)
       SELECT b.position, b.energy_per_atom AS energyPerAtom, a.energy_per_atom AS otherEnergyPerAtom,
         a.position AS otherPosition, datasets.name AS otherDataset, a.dataset_id = ? AS sameDataset,
         a.content_hash = b.content_hash AS sameContent
       FROM twins CROSS JOIN configurations AS b ON b.structure_hash = twins.structure_hash
       JOIN configurations AS a ON a.id = first
       JOIN datasets ON datasets.id = a.dataset_id
       WHERE b.dataset_id = ? AND a.id < b.id ORDER BY b.position`,
    )
    .all(datasetId, datasetId);
  return twins.map((twin) => {
    const where = place(twin.otherPosition, twin.sameDataset === 1 ? undefined : twin.otherDataset);
    if (twin.sameContent === 1) {
      return { position: twin.position, flag: FLAG.duplicate, score: 0, message: `The same as ${where}.` };
    }
    const difference = (twin.energyPerAtom ?? NaN) - (twin.otherEnergyPerAtom ?? NaN);
    const how = Number.isNaN(difference)
      ? 'other labels'
      : `labels that differ (energy by ${(1000 * difference).toPrecision(3)} meV/atom)`;
    return {
      position: twin.position,
      flag: FLAG.conflictingLabels,
      score: Number.isNaN(difference) ? null : difference,
      message: `The same structure as ${where}, with ${how}.`,
    };
  });
}

function place(position: number, dataset: string | undefined): string {
  return `configuration ${position}${dataset === undefined ? '' : ` of ${dataset}`}`;
}

interface Candidate {
  readonly id: number;
  readonly dataset: number;
  readonly position: number;
  readonly formula: string;
  readonly fingerprint: number;
  /** All fingerprints and their slopes, see content-hash.ts. */
  readonly numbers: Float64Array;
  readonly volume: number | null;
  readonly distance: number | null;
}
type Row = Omit<Candidate, 'numbers'> & { readonly fingerprints: Buffer };

/**
 * Goes through the structures in order of their first fingerprint and compares each with those shortly before it.
 * Structures that occur exactly elsewhere are looked at once.
 */
function nearDuplicates(project: Project, datasetId: number, tolerance: number): Duplicates {
  const datasets = new DatasetRepository(project);
  const names = new Map(datasets.list().map((dataset) => [dataset.id, dataset.name]));
  const rows = project
    .prepare<[number], Row>(
      `SELECT id, dataset_id AS dataset, position, formula, fingerprint, fingerprints, volume, minimum_distance AS distance
       FROM configurations WHERE id IN (SELECT min(id) FROM configurations GROUP BY structure_hash)
         AND formula IN (SELECT DISTINCT formula FROM configurations WHERE dataset_id = ?)
       ORDER BY formula, fingerprint, id`,
    )
    .iterate(datasetId);
  const structures = new RecentStructures(project, datasets);
  const found = new Map<number, Flagged>();
  let [looks, comparisons] = [0, 0];
  const recent: Candidate[] = [];
  for (const { fingerprints, ...plain } of rows) {
    const row: Candidate = { ...plain, numbers: float64(fingerprints) };
    let kept = 0;
    for (const other of recent)
      if (other.formula === row.formula && row.fingerprint - other.fingerprint <= reach(other, tolerance))
        recent[kept++] = other;
    recent.length = kept;
    for (const other of recent) {
      if (++looks > MOST_LOOKS || comparisons > MOST_COMPARISONS)
        return { flags: [...found.values()], complete: false };
      const [earlier, later] = row.id < other.id ? [row, other] : [other, row];
      if (later.dataset !== datasetId || found.has(later.position)) continue;
      if (!similarNumbers(other, row, tolerance)) continue;
      comparisons++;
      if (structures.cellsDiffer(earlier, later, tolerance)) continue;
      const a = structures.of(earlier);
      const b = structures.of(later);
      const difference = largestDifference(a, b, tolerance);
      if (difference === undefined) continue;
      const dataset = earlier.dataset === datasetId ? undefined : names.get(earlier.dataset);
      found.set(later.position, {
        position: later.position,
        flag: FLAG.nearDuplicate,
        score: difference,
        message: `Nearly the same as ${place(earlier.position, dataset)}: no coordinate differs by more than ${difference.toExponential(1)} Å.`,
      });
    }
    recent.push(row);
  }
  return { flags: [...found.values()].sort((a, b) => a.position - b.position), complete: true };
}

const NO_BYTES = new Uint8Array(0);
/** Cells that are held. */
const MOST_CELLS = 10_000;

/** Structures that were read last: one is compared with many that come shortly after it. */
class RecentStructures {
  private readonly held = new Map<number, Configuration>();
  private readonly cells = new Map<number, Float64Array>();
  private atoms = 0;
  private readonly datasets: DatasetRepository;
  private readonly readCell: Statement<[number], [Buffer]>;

  constructor(project: Project, datasets: DatasetRepository) {
    this.datasets = datasets;
    this.readCell = project
      .prepare<[number], [Buffer]>('SELECT cell FROM configuration_data WHERE configuration_id = ?')
      .raw();
  }

  /** Whether already the cells are too different: they are read sooner than all of a structure. */
  cellsDiffer(first: Candidate, second: Candidate, tolerance: number): boolean {
    const [a, b] = [this.cellOf(first.id), this.cellOf(second.id)];
    for (let k = 0; k < 9; k++) if (Math.abs(a[k] - b[k]) > tolerance) return true;
    return false;
  }

  private cellOf(id: number): Float64Array {
    let cell = this.cells.get(id);
    if (cell === undefined) {
      cell = float64(this.readCell.get(id)?.[0] ?? NO_BYTES);
      if (this.cells.size >= MOST_CELLS) this.cells.clear();
      this.cells.set(id, cell);
    }
    return cell;
  }

  of({ id, dataset, position }: Candidate): Configuration {
    const known = this.held.get(id);
    if (known !== undefined) return known;
    const configuration = this.datasets.configuration(dataset, position);
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

/** How far the first fingerprint of a near-identical structure may be away. */
function reach(row: Candidate, tolerance: number): number {
  return tolerance * row.numbers[FINGERPRINTS];
}

/** Fingerprints, volume and shortest distance of near-identical structures agree. */
function similarNumbers(a: Candidate, b: Candidate, tolerance: number): boolean {
  const first = a.numbers;
  const second = b.numbers;
  for (let q = 0; q < FINGERPRINTS; q++) {
    if (Math.abs(first[q] - second[q]) > tolerance * first[FINGERPRINTS + q]) return false;
  }
  if ((a.volume === null) !== (b.volume === null)) return false;
  if (a.volume !== null && b.volume !== null) {
    const length = Math.cbrt(a.volume);
    if (Math.abs(a.volume - b.volume) > ((30 * tolerance) / length) * a.volume) return false;
  }
  if (a.distance !== null && b.distance !== null) return Math.abs(a.distance - b.distance) <= 4 * tolerance;
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
