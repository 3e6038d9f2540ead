/**
 * Writer of DeePMD systems. Configurations with the same atoms in the same order, the same labels and the same
 * periodicity make a system; of several each is a folder of its own, as DeePMD-kit wants them. Layout: DeePMD-kit
 * documentation, "System" (data/system).
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import {
  componentsOf,
  TABLE,
  valuesOf,
  type PropertyRow,
} from '../../../src-compute/structure/properties.ts';
import type { WriteOptions } from '../format.ts';
import { npyOf } from '../numpy/npy.ts';

/** Frames of a set; a folder set.000 of more is heavy to load. */
const FRAMES = 5000;
/** Numbers of all systems that are held before the largest is written. */
const MOST_HELD = 2e7;

/** What a system holds besides coordinates: energies of the atoms are how a model shares out the energy, no label. */
const HELD = TABLE.filter((row) => row.isContent && row.role === 'output');

/** Frames of one system that wait for being written. */
interface System {
  readonly name: string;
  readonly symbols: readonly string[];
  readonly periodic: boolean;
  sets: number;
  rows: Readonly<Record<string, ArrayLike<number>>>[];
}

/** Writes the systems into an empty folder, each into a folder that is named by its formula. */
export async function writeDeepmd(
  configurations: AsyncIterable<Configuration>,
  options: WriteOptions,
  folder: string,
): Promise<void> {
  const types = new Map((options.species ?? []).map((symbol, type) => [symbol, type]));
  const systems = new Map<string, System>();
  const names = new Set<string>();
  let held = 0;
  for await (const configuration of configurations) {
    const symbols = Array.from(configuration.kinds, (kind) => configuration.symbols[kind]);
    for (const symbol of symbols) if (!types.has(symbol)) types.set(symbol, types.size);
    const rows = rowsOf(configuration, options);
    const key = `${symbols.join(' ')} ${Object.keys(rows).join(' ')}`;
    let system = systems.get(key);
    if (system === undefined) {
      system = {
        name: unused(formulaOf(symbols), names),
        symbols,
        periodic: 'box' in rows,
        sets: 0,
        rows: [],
      };
      systems.set(key, system);
    }
    system.rows.push(rows);
    held += 6 * symbols.length + 19;
    if (system.rows.length >= FRAMES) held -= await writeSet(folder, system);
    for (const largest of held > MOST_HELD ? systems.values() : []) held -= await writeSet(folder, largest);
  }
  for (const system of systems.values()) {
    await writeSet(folder, system);
    await describe(join(folder, system.name), system, types);
  }
}

function rowsOf(configuration: Configuration, { onNote }: WriteOptions): System['rows'][number] {
  const { positions, cell, periodic, energy, kinds } = configuration;
  const bulk = periodic.some(Boolean);
  if (bulk && !periodic.every(Boolean))
    onNote?.(
      'A DeePMD system is periodic along all axes or along none: slabs and wires were written as periodic.',
    );
  if (energy === undefined)
    onNote?.('Configurations without an energy make systems of their own, without energy.npy.');
  const rows: Record<string, ArrayLike<number>> = { coord: positions, ...(bulk ? { box: cell } : {}) };
  for (const row of TABLE) {
    const values = valuesOf(configuration, row.key);
    const name = HELD.includes(row) ? row.files.deepmd : undefined;
    if (values === undefined || (row.key === 'virial' && !bulk)) continue;
    if (name === undefined) onNote?.(`The DeePMD system was written without ${row.words}.`);
    // the unit of a spin is a vector: collinear moments lie along z
    else rows[name] = widened(values, row, kinds.length);
  }
  return rows;
}

/** A row that may have one number or three is written with three: along z. */
function widened(values: Float64Array, row: PropertyRow, atoms: number): Float64Array {
  if (row.components.length === 1 || componentsOf(row, values.length, atoms) !== 1) return values;
  const vectors = new Float64Array(3 * values.length);
  values.forEach((value, k) => (vectors[3 * k + 2] = value));
  return vectors;
}

/** Writes what waits as one more set. @returns how many numbers no longer wait */
async function writeSet(folder: string, system: System): Promise<number> {
  const { rows, symbols } = system;
  if (rows.length === 0) return 0;
  const set = join(folder, system.name, `set.${String(system.sets++).padStart(3, '0')}`);
  await mkdir(set, { recursive: true });
  for (const [quantity, { length: width }] of Object.entries(rows[0])) {
    const values = new Float64Array(rows.length * width);
    rows.forEach((row, k) => values.set(row[quantity], k * width));
    await writeFile(join(set, `${quantity}.npy`), npyOf([rows.length, width], values));
  }
  system.rows = [];
  return rows.length * (6 * symbols.length + 19);
}

async function describe(
  folder: string,
  { symbols, periodic }: System,
  types: ReadonlyMap<string, number>,
): Promise<void> {
  await writeFile(join(folder, 'type.raw'), symbols.map((symbol) => `${types.get(symbol)}\n`).join(''));
  // all systems of one model number their types alike
  await writeFile(join(folder, 'type_map.raw'), [...types.keys()].map((symbol) => `${symbol}\n`).join(''));
  if (!periodic) await writeFile(join(folder, 'nopbc'), '');
}

function formulaOf(symbols: readonly string[]): string {
  const counts = Map.groupBy(symbols, (symbol) => symbol);
  return [...counts]
    .map(([symbol, { length }]) => `${symbol}${length}`)
    .join('')
    .slice(0, 100);
}

function unused(name: string, names: Set<string>): string {
  for (let k = 1; ; k++) {
    const candidate = k === 1 ? name : `${name}-${k}`;
    if (names.has(candidate)) continue;
    names.add(candidate);
    return candidate;
  }
}
