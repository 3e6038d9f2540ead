/** Which columns a dataset has, and of which kind (columns.ts reads and edits them, column-packer.ts fills them). */
import type { PropertyKey } from '../../src-compute/structure/properties.ts';

/** Positions of a block. */
export const BLOCK = 4096;

export const DIGEST_BYTES = 16;

/** How the values of each column lie in its blocks. */
export const COLUMNS = {
  atoms: 'u32',
  /** Where in its files a configuration was: number of the file, frame, line. */
  sourceFile: 'u32',
  sourceFrame: 'u32',
  sourceLine: 'f64',
  labels: 'u32',
  flags: 'u8',
  excluded: 'u8',
  energy: 'f64',
  energyPerAtom: 'f64',
  maxForce: 'f64',
  volume: 'f64',
  pressure: 'f64',
  minimumDistance: 'f64',
  weight: 'f64',
  /** First of the fingerprints (content-hash.ts), and how much it changes per Å of rounding. */
  fingerprint: 'f64',
  fingerprintSlope: 'f64',
  formula: 'words',
  configType: 'words',
  split: 'words',
  structureHash: 'digest',
  contentHash: 'digest',
} as const;
export type ColumnName = keyof typeof COLUMNS;

type NamesOf<Kind extends (typeof COLUMNS)[ColumnName]> = {
  [Name in ColumnName]: (typeof COLUMNS)[Name] extends Kind ? Name : never;
}[ColumnName];
/** Columns of numbers. */
export type NumberColumnName = NamesOf<'u32' | 'u8' | 'f64'>;
export type WordColumnName = NamesOf<'words'>;
export type DigestColumnName = NamesOf<'digest'>;

export type NumberArray = Float64Array | Uint32Array | Uint8Array;
export type ColumnValue = string | number | null;

/** Column with one number of a property, as its row sums it up: only datasets that have the property have it. */
export type PropertyColumnName = `property:${PropertyKey}`;

export const propertyColumn = (key: PropertyKey): PropertyColumnName => `property:${key}`;

export const isWords = (name: ColumnName): name is WordColumnName => COLUMNS[name] === 'words';

/** An array for so many values of a column of numbers. */
export function numberArray(name: NumberColumnName, length: number): NumberArray {
  const kind = COLUMNS[name];
  if (kind === 'f64') return new Float64Array(length);
  return kind === 'u32' ? new Uint32Array(length) : new Uint8Array(length);
}
