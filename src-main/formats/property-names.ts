/**
 * Which key or column of a file holds a property of the table (properties.ts): one of its usual names, alone or with
 * the prefix (or suffix) of a reference calculation, as labels have it: dipole, REF_dipole, dft_charges.
 */
import { ForcewrightError } from '../../src-compute/errors.ts';
import {
  componentsOf,
  fieldOf,
  OPTIONAL,
  unitFactor,
  type PropertyFields,
  type PropertyKey,
  type PropertyRow,
} from '../../src-compute/structure/properties.ts';
import type { ReadOptions } from './format.ts';
import { REFERENCES, tensorFromComponents } from './labels.ts';

/** Rows that labels.ts does not choose. */
export const NAMED_PROPERTIES = OPTIONAL;

/** Where a name comes from if it is one of the usual ones: '' for a bare name; undefined for another. */
function sourceOf(name: string, usual: string): string | undefined {
  if (name === usual) return '';
  if (name.endsWith(`_${usual}`)) return name.slice(0, -usual.length - 1);
  return name.startsWith(`${usual}_`) ? name.slice(usual.length + 1) : undefined;
}

/**
 * The name under which a file keeps a property; undefined when none is usual. Names of a reference come in the order of
 * references, those of the labels' own source first; other prefixes (mace_dipole) are predictions as a rule.
 * @param usual names of the row in this format, in order of preference
 * @param source of the energy and the forces, '' where they have bare names
 */
export function findProperty(
  names: readonly string[],
  usual: readonly string[],
  source = '',
): string | undefined {
  const sources = [source, ...REFERENCES];
  const plain = names.map((name) => name.toLowerCase().replaceAll(/[-.\s]/g, '_'));
  for (const wanted of sources)
    for (const name of usual) {
      const at = plain.findIndex((candidate) => sourceOf(candidate, name.toLowerCase()) === wanted);
      if (at >= 0) return names[at];
    }
  return undefined;
}

/** Whether a column of extended XYZ is a property that a frame may go without. */
export function isNamedProperty(name: string): boolean {
  return NAMED_PROPERTIES.some(
    ({ per, files }) => per === 'atom' && findProperty([name], files.xyz) !== undefined,
  );
}

/**
 * What makes the table's unit of the file's.
 * @param said unit in words: of the user, or of the file
 * @throws ForcewrightError when the row knows no such unit
 */
export function factorOfUnit(row: PropertyRow, said: string): number {
  const factor = unitFactor(row, said);
  if (factor !== undefined) return factor;
  const known = [row.unit, ...Object.keys(row.units ?? {}).slice(0, 2)].join(', ');
  throw new ForcewrightError(
    `Expected a unit of ${row.words}, such as ${known}, found "${said.slice(0, 40)}".`,
  );
}

/** The unit that the user names for a property. */
export function unitAsked(options: ReadOptions, key: PropertyKey): string | undefined {
  const { propertyUnits = {} } = options;
  return Object.hasOwn(propertyUnits, key) ? propertyUnits[key] : undefined;
}

/**
 * Field of a configuration from the numbers of a file, or the sentence why it cannot be one. Six numbers of a tensor are
 * xx yy zz yz xz xy.
 */
export function readProperty(
  row: PropertyRow,
  numbers: ArrayLike<number>,
  atoms: number,
  name: string,
  factor = 1,
): PropertyFields | string {
  const isTensor = row.per === 'frame' && row.components.includes(9);
  const values = (isTensor ? tensorFromComponents(numbers) : undefined) ?? Float64Array.from(numbers);
  if (componentsOf(row, values.length, atoms) === undefined) {
    const places = row.per === 'atom' ? atoms : 1;
    const counts = row.components.map((count) => count * places).join(' or ');
    return `Expected ${counts} numbers (${row.unit}) for "${name}", found ${values.length}: ${row.words} ${
      row.words.startsWith('the ') ? 'was' : 'were'
    } not taken.`;
  }
  if (factor !== 1) for (let k = 0; k < values.length; k++) values[k] *= factor;
  return fieldOf(row, values);
}
