/** Properties of the table besides the labels of a fit: keys of the comment line and columns by their usual names. */
import { ForcewrightError } from '../../../src-compute/errors.ts';
import type { FrameValue } from '../../../src-compute/structure/configuration.ts';
import type { PropertyFields, PropertyRow } from '../../../src-compute/structure/properties.ts';
import { FrameFailure, type ReadOptions } from '../format.ts';
import { factorOfUnit, findProperty, NAMED_PROPERTIES, readProperty, unitAsked } from '../property-names.ts';
import type { Property } from './columns.ts';
import { numbersOf } from './header.ts';

export interface NamedProperty {
  readonly row: PropertyRow;
  /** Key or column of the file. */
  readonly name: string;
}

/**
 * Which keys and columns hold which properties.
 * @param source prefix of the labels
 */
export function namedProperties(
  keys: readonly string[],
  columns: readonly Property[],
  source: string | undefined,
): { frameProperties: NamedProperty[]; columnProperties: NamedProperty[] } {
  const [frameProperties, columnProperties]: [NamedProperty[], NamedProperty[]] = [[], []];
  for (const row of NAMED_PROPERTIES) {
    const fitting = columns.filter(
      ({ kind, columns: count }) => (kind === 'R' || kind === 'I') && row.components.includes(count),
    );
    const among = row.per === 'frame' ? keys : fitting.map((column) => column.name);
    const name = findProperty(among, row.files.xyz, source);
    if (name !== undefined) (row.per === 'frame' ? frameProperties : columnProperties).push({ row, name });
  }
  return { frameProperties, columnProperties };
}

/**
 * Factors of the properties whose unit the user names or a key such as `dipole_unit=Debye` says; such keys are taken out.
 * A property in a unit that its row does not know is not taken (NaN), which is said once.
 * @throws FrameFailure when the unit that the user names is none of the property's
 */
export function propertyUnits(
  header: Map<string, FrameValue>,
  frame: readonly NamedProperty[],
  columns: readonly NamedProperty[],
  options: ReadOptions,
  line: number,
  once: (message: string) => void,
): Map<PropertyRow, number> {
  const factors = new Map<PropertyRow, number>();
  for (const { row, name } of [...frame, ...columns]) {
    const names = [name, row.key, ...row.files.xyz].map((word) => word.toLowerCase());
    const key = [...header.keys()].find((word) =>
      names.includes(/^(.+?)[-_]units?$/i.exec(word)?.[1].toLowerCase() ?? ''),
    );
    const value = key === undefined ? undefined : header.get(key);
    const asked = unitAsked(options, row.key);
    const said = asked ?? (typeof value === 'string' ? value : undefined);
    if (said === undefined) continue;
    try {
      factors.set(row, factorOfUnit(row, said));
      if (key !== undefined) header.delete(key);
    } catch (error) {
      if (!(error instanceof ForcewrightError)) throw error;
      if (asked !== undefined) throw new FrameFailure(error.message, line);
      once(`${error.message} "${name}" was not taken.`);
      factors.set(row, NaN);
    }
  }
  return factors;
}

/** Properties of the frame, taken out of its keys; what cannot be one stays a key, which is said once. */
export function takeFrameProperties(
  header: Map<string, FrameValue>,
  named: readonly NamedProperty[],
  factors: ReadonlyMap<PropertyRow, number>,
  atoms: number,
  once: (message: string) => void,
): PropertyFields {
  let fields: PropertyFields = {};
  for (const { row, name } of named) {
    if (Number.isNaN(factors.get(row))) continue;
    const numbers = numbersOf(header.get(name) ?? '') ?? [];
    const field = readProperty(row, numbers, atoms, name, factors.get(row));
    if (typeof field === 'string') {
      once(field);
      continue;
    }
    fields = { ...fields, ...field };
    header.delete(name);
  }
  return fields;
}
