/** A configuration as a row of `configuration_data` and back, without loss. */
import { z } from 'zod';
import type { AtomColumn, Configuration, FrameValue } from '../../src-compute/structure/configuration.ts';
import {
  componentsOf,
  fieldOf,
  propertyOf,
  PROPERTIES,
  type PropertyFields,
  type PropertyKey,
} from '../../src-compute/structure/properties.ts';
import { bytesOf, exactJson, float64, int32, parseExactJson, uint16 } from './binary.ts';
import { StoreError } from './store-error.ts';

/** Columns of `configuration_data` but the id. */
export interface ConfigurationRecord {
  readonly header: string;
  readonly kinds: Buffer;
  readonly cell: Buffer;
  readonly virial: Buffer | null;
  readonly positions: Buffer;
  readonly forces: Buffer | null;
  readonly extras: Buffer | null;
}

/** The same on its way into the database: SQLite takes arrays as they are, and a Buffer around each would cost a microsecond. */
export type EncodedConfiguration = {
  readonly [Column in keyof ConfigurationRecord]: Column extends 'header'
    ? string
    : ArrayBufferView | Extract<ConfigurationRecord[Column], null>;
};

/** Properties that have columns of their own, besides the energy in the header. */
const OWN_COLUMN: ReadonlySet<PropertyKey> = new Set(['forces', 'virial']);

/** Any number: z.number() refuses NaN and infinities, which files may hold. */
const anyNumber = z.custom<number>((value) => typeof value === 'number');

const frameValue: z.ZodType<FrameValue> = z.union([
  anyNumber,
  z.string(),
  z.boolean(),
  z.array(anyNumber),
  z.array(z.string()),
  z.array(z.boolean()),
]);

const headerSchema = z.object({
  symbols: z.array(z.string()),
  periodic: z.tuple([z.boolean(), z.boolean(), z.boolean()]),
  energy: anyNumber.optional(),
  info: z.array(z.tuple([z.string(), frameValue])).optional(),
  /** Parts of `extras` in order, with their lengths in bytes. */
  parts: z.array(
    z.object({
      /** Key of the table of properties, or 'column'. */
      field: z.string(),
      bytes: z.int().nonnegative(),
      name: z.string().optional(),
      kind: z.enum(['R', 'I', 'S', 'L']).optional(),
      columns: z.int().positive().optional(),
    }),
  ),
});
type Header = z.infer<typeof headerSchema>;

/** Row for a configuration: its arrays themselves, not copied. */
export function encodeConfiguration(configuration: Configuration): EncodedConfiguration {
  const parts: Header['parts'] = [];
  const pieces: Buffer[] = [];
  let offset = 0;
  const add = (part: Omit<Header['parts'][number], 'bytes'>, data: Buffer) => {
    // each part begins on a multiple of 8 bytes, so that it is read without copying
    const padding = (8 - (data.byteLength % 8)) % 8;
    parts.push({ ...part, bytes: data.byteLength });
    pieces.push(data, Buffer.alloc(padding));
    offset += data.byteLength + padding;
  };
  for (const { key } of PROPERTIES) {
    const array = key === 'energy' || OWN_COLUMN.has(key) ? undefined : configuration[key];
    if (typeof array === 'object') add({ field: key }, bytesOf(array));
  }
  for (const column of configuration.atomColumns ?? []) {
    const { name, kind, columns } = column;
    add({ field: 'column', name, kind, columns }, columnBytes(column));
  }
  const header: Header = {
    symbols: [...configuration.symbols],
    periodic: [...configuration.periodic],
    energy: configuration.energy,
    info: configuration.info && (Object.entries(configuration.info) as Header['info']),
    parts,
  };
  return {
    header: exactJson(header),
    kinds: configuration.kinds,
    cell: configuration.cell,
    virial: configuration.virial ?? null,
    positions: configuration.positions,
    forces: configuration.forces ?? null,
    extras: parts.length > 0 ? Buffer.concat(pieces, offset) : null,
  };
}

function columnBytes(column: AtomColumn): Buffer {
  const { values } = column;
  return ArrayBuffer.isView(values) ? bytesOf(values) : Buffer.from(JSON.stringify(values));
}

/**
 * Configuration of a row.
 * @throws StoreError when the row is damaged
 */
export function decodeConfiguration(record: ConfigurationRecord): Configuration {
  const header = parseHeader(record.header);
  const kinds = uint16(record.kinds);
  const positions = float64(record.positions);
  if (positions.length !== 3 * kinds.length) throw damaged();
  const configuration: { -readonly [Key in keyof Configuration]: Configuration[Key] } = {
    symbols: header.symbols,
    kinds,
    positions,
    cell: float64(record.cell),
    periodic: header.periodic,
  };
  if (header.energy !== undefined) configuration.energy = header.energy;
  if (record.forces !== null) configuration.forces = float64(record.forces);
  if (record.virial !== null) configuration.virial = float64(record.virial);
  if (header.info !== undefined) configuration.info = Object.fromEntries(header.info);
  const columns: AtomColumn[] = [];
  let offset = 0;
  for (const part of header.parts) {
    const bytes = record.extras?.subarray(offset, offset + part.bytes);
    if (bytes?.byteLength !== part.bytes) throw damaged();
    offset += part.bytes + ((8 - (part.bytes % 8)) % 8);
    if (part.field === 'column') columns.push(column(part, bytes));
    else Object.assign(configuration, propertyPart(part.field, float64(bytes), kinds.length));
  }
  if (columns.length > 0) configuration.atomColumns = columns;
  return configuration;
}

/** @throws StoreError when this version knows no such property, or its length is wrong */
function propertyPart(key: string, values: Float64Array, atoms: number): PropertyFields {
  const row = propertyOf(key);
  if (row === undefined)
    throw new StoreError(
      'damaged',
      `A configuration in the project has the property "${key}", which is not known.`,
      {
        remedy: 'Open the project with the version that made it.',
      },
    );
  if (componentsOf(row, values.length, atoms) === undefined) throw damaged();
  return fieldOf(row, values);
}

function parseHeader(text: string): Header {
  try {
    return headerSchema.parse(parseExactJson(text));
  } catch (error) {
    throw damaged(error);
  }
}

function column(part: Header['parts'][number], bytes: Buffer): AtomColumn {
  const { name = '', kind = 'R', columns = 1 } = part;
  switch (kind) {
    case 'R':
      return { name, kind, columns, values: float64(bytes) };
    case 'I':
      return { name, kind, columns, values: int32(bytes) };
    case 'L':
      return { name, kind, columns, values: new Uint8Array(bytes) };
    case 'S':
      return { name, kind, columns, values: z.array(z.string()).parse(JSON.parse(bytes.toString())) };
  }
}

function damaged(cause?: unknown): StoreError {
  return new StoreError(
    'damaged',
    'A configuration in the project is damaged: its parts do not fit together.',
    {
      remedy: 'Import its file again, or restore the project from a backup copy.',
      cause,
    },
  );
}
