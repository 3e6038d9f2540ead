/**
 * Holes of a fitted potential, and their prevention: conditions (conditions.ts) that the linear coefficients miss become
 * one-sided rows, and the coefficients that are closest to the fit as its data measure it and miss none take its place
 * (one-sided.ts). Then the search starts again with other structures, until it finds nothing.
 */
import { SeededRandom } from '../random.ts';
import { packChunk, type TrainingChunk } from '../training-set.ts';
import type { NormalEquations } from '../least-squares.ts';
import { ConditionMaker, type Condition, type DataFacts, type Probe } from './conditions.ts';
import { OneSidedFit, type OneSidedRow } from './one-sided.ts';

/** A linear model as the search sees it. */
export interface LinearModel {
  readonly equations: NormalEquations;
  readonly x: Float64Array;
  /** Energies per species that are no columns, eV. */
  readonly fixedEnergies: Float64Array;
  /** Loss of errors that mean nothing: what the rows may cost even where the data are met exactly. */
  readonly negligible: number;
  /** Energy rows of configurations, one list of columns.n numbers each. */
  rows(chunks: readonly TrainingChunk[]): Promise<readonly Float64Array[]>;
}

/** What was searched, found and done. */
export interface HoleReport {
  /** Structures that were tried. */
  readonly checked: number;
  /** Conditions that the fit missed before anything was done. */
  readonly found: number;
  /** One-sided rows that bind at the end. */
  readonly rows: number;
  /** Conditions that are missed at the end. */
  readonly left: number;
  /** The deepest hole before and, where any is left, at the end. */
  readonly deepest?: Hole;
  readonly deepestLeft?: Hole;
  /** Where those that are left lie, the most frequent first. */
  readonly leftIn: readonly HoleKind[];
  /** Increase of the training loss, in parts of it. */
  readonly lossIncrease: number;
  readonly rounds: number;
}

/** Missed conditions on structures of one kind, such as bcc Si or the dimer Si–Ge. */
export interface HoleKind {
  readonly kind: string;
  readonly count: number;
  /** Shortest and longest of the distances in their names, Å; of packings in parts of the closest distance. */
  readonly from: number;
  readonly to: number;
  readonly unit: 'Å' | 'of the closest distance';
}

export interface Hole {
  readonly structure: string;
  /** eV/atom */
  readonly energy: number;
  /** What it should be at least, eV/atom. */
  readonly floor: number;
}

const ROUNDS = 4;
/** How much columns resist that the data hardly determine, in parts of their norm. */
const STIFFNESS = 1e-7;
/** Atoms of a chunk of probes: their cells are dense. */
const ATOMS_PER_CHUNK = 40;

/** Numbers of all rows of a round at most. */
const LARGEST_MATRIX = 2e7;

/** At most so many conditions, evenly taken. */
function thinned(conditions: readonly Condition[], most: number): readonly Condition[] {
  const step = conditions.length / most;
  return step <= 1 ? conditions : Array.from({ length: most }, (_, k) => conditions[Math.floor(k * step)]);
}

interface Row extends OneSidedRow {
  readonly condition: Condition;
}

/**
 * Searches a fitted potential for holes and forbids them.
 * @returns coefficients without holes, as far as they can be found, and what was done
 */
export async function forbidHoles(
  model: LinearModel,
  facts: DataFacts,
  seed: number,
  onRound?: (round: number) => void,
): Promise<{ x: Float64Array; amplitudes: Float64Array; report: HoleReport }> {
  // the amplitudes of the crowding are columns behind those of the model: zero for all data, and not below zero
  const amplitudes = facts.repels ? facts.crowding.amplitudes.length : 0;
  const start = Float64Array.from([...model.x, ...new Float64Array(amplitudes)]);
  const fit = new OneSidedFit(widened(model.equations, amplitudes), start, STIFFNESS, model.negligible);
  const rows: Row[] = [];
  let x: Float64Array = start;
  let [checked, found, bound, lossIncrease, round] = [0, 0, 0, 0, 0];
  let deepest: Hole | undefined;
  let missed: Row[] = [];
  for (; round < ROUNDS; round++) {
    onRound?.(round);
    const random = new SeededRandom(1000 * seed + round);
    const made = new ConditionMaker(facts, () => random.uniform()).make();
    const most = Math.ceil(LARGEST_MATRIX / model.equations.n);
    const fresh = await rowsOf(model, facts.species, thinned(made, most), amplitudes);
    checked += new Set(fresh.flatMap(({ condition }) => condition.upper)).size;
    const before = fresh.filter((row) => lack(row, start) > row.condition.tolerance);
    found += before.length;
    deepest = deeper(deepest, holeOf(before, start));
    rows.push(...fresh);
    missed = rows.filter((row) => lack(row, x) > row.condition.tolerance);
    if (missed.length === 0) break;
    const solution = fit.solve([...rows, ...notNegative(start.length, amplitudes)], (row) =>
      'condition' in row ? (row as Row).condition.tolerance / 2 : 1e-6,
    );
    x = solution.x;
    bound = solution.binding;
    lossIncrease = solution.lossIncrease;
    missed = rows.filter((row) => lack(row, x) > row.condition.tolerance);
  }
  const deepestLeft = holeOf(missed, x);
  const learnt = model.x.length;
  return {
    x: x.slice(0, learnt),
    amplitudes: x.slice(learnt).map((value) => Math.max(0, value)),
    report: {
      checked,
      found,
      rows: bound,
      left: missed.length,
      ...(deepest && { deepest }),
      ...(deepestLeft && { deepestLeft }),
      leftIn: kindsOf(missed.map(({ condition }) => condition.upper.name)),
      lossIncrease,
      rounds: Math.min(round + 1, ROUNDS),
    },
  };
}

async function rowsOf(
  model: LinearModel,
  species: readonly string[],
  conditions: readonly Condition[],
  amplitudes: number,
): Promise<Row[]> {
  const probes = [...new Set(conditions.flatMap(({ upper, lower }) => (lower ? [upper, lower] : [upper])))];
  const place = new Map<Probe, Float64Array>();
  const groups: Probe[][] = [];
  let atoms = Infinity;
  for (const probe of probes) {
    atoms += probe.configuration.kinds.length;
    if (atoms > ATOMS_PER_CHUNK) {
      groups.push([]);
      atoms = probe.configuration.kinds.length;
    }
    groups[groups.length - 1].push(probe);
  }
  const chunks = groups.map((group) =>
    packChunk(
      group.map(({ configuration }) => configuration),
      species,
      () => 0,
    ),
  );
  const lists = await model.rows(chunks);
  const { n } = model.equations;
  groups.forEach((group, g) =>
    group.forEach((probe, k) => {
      const row = new Float64Array(n + amplitudes);
      row.set(lists[g].subarray(k * n, (k + 1) * n));
      row.set(probe.crowding.subarray(0, amplitudes), n);
      place.set(probe, row);
    }),
  );
  const fixed = (probe: Probe) => {
    const { kinds, symbols } = probe.configuration;
    let sum = probe.term;
    for (const kind of kinds) sum += model.fixedEnergies[species.indexOf(symbols[kind])];
    return sum;
  };
  return conditions.map((condition) => {
    const { upper, lower, floor } = condition;
    const top = place.get(upper) ?? new Float64Array(n + amplitudes);
    const bottom = lower && place.get(lower);
    const coefficients = bottom ? top.map((value, j) => value - bottom[j]) : top;
    const learnt = floor - fixed(upper) + (lower ? fixed(lower) : 0);
    return condition.isCeiling
      ? {
          condition,
          coefficients: coefficients.map((value) => -value),
          floor: -learnt,
          isHard: condition.isHard,
        }
      : { condition, coefficients, floor: learnt, isHard: condition.isHard };
  });
}

/** Normal equations with columns behind them that are zero for all data. */
function widened(equations: NormalEquations, columns: number): NormalEquations {
  const { n, gram, right, target } = equations;
  const wide = n + columns;
  const larger = new Float64Array(wide * wide);
  for (let i = 0; i < n; i++) larger.set(gram.subarray(i * n, (i + 1) * n), i * wide);
  return {
    n: wide,
    gram: larger,
    right: Float64Array.from([...right, ...new Float64Array(columns)]),
    target,
  };
}

/** x_j ≥ 0 for the last columns. */
function notNegative(n: number, columns: number): OneSidedRow[] {
  return Array.from({ length: columns }, (_, k) => ({
    coefficients: Float64Array.from({ length: n }, (__, j) => (j === n - columns + k ? 1 : 0)),
    floor: 0,
  }));
}

/** By how much a row is missed, eV. */
function lack(row: Row, x: Float64Array): number {
  let sum = row.floor;
  for (let j = 0; j < x.length; j++) sum -= row.coefficients[j] * x[j];
  return sum;
}

/** The deepest of the structures whose energy lies below its floor. */
function holeOf(rows: readonly Row[], x: Float64Array): Hole | undefined {
  let deepest: Hole | undefined;
  for (const row of rows) {
    const { upper, lower, floor } = row.condition;
    const n = upper.configuration.kinds.length;
    const missing = lack(row, x);
    // what a step fails to rise by is a hole, too: counted from its own floor
    const hole = { structure: upper.name, energy: (floor - missing) / n, floor: floor / n };
    deepest = deeper(deepest, lower ? { ...hole, structure: `${upper.name} (a step closer)` } : hole);
  }
  return deepest;
}

/** Kinds of structures by their names: what stands before the first comma, and the distance behind it. */
export function kindsOf(names: readonly string[]): HoleKind[] {
  const kinds = new Map<string, HoleKind>();
  for (const name of names) {
    const [kind, rest = ''] = name.split(', ', 2);
    const distance = Number.parseFloat(rest);
    const before = kinds.get(kind);
    kinds.set(kind, {
      kind,
      count: (before?.count ?? 0) + 1,
      from: Math.min(distance, before?.from ?? Infinity),
      to: Math.max(distance, before?.to ?? -Infinity),
      unit: rest.includes('of the closest') ? 'of the closest distance' : 'Å',
    });
  }
  return [...kinds.values()].sort((a, b) => b.count - a.count || a.kind.localeCompare(b.kind));
}

function deeper(a: Hole | undefined, b: Hole | undefined): Hole | undefined {
  if (!a || !b) return a ?? b;
  return b.energy - b.floor < a.energy - a.floor ? b : a;
}
