/** Properties of the table in a record: beside its labels, or number by number in the properties of its sites. */
import type { PropertyFields, PropertyRow } from '../../../src-compute/structure/properties.ts';
import { NAMED_PROPERTIES, readProperty } from '../property-names.ts';
import type { StructureRecord } from './schema.ts';

/** Fields of a configuration; a value that cannot be one is left out with a sentence. */
export function propertiesOf(record: StructureRecord, warn: (message: string) => void): PropertyFields {
  let fields: PropertyFields = {};
  for (const row of NAMED_PROPERTIES) {
    const found = valueOf(record, row);
    if (found === undefined) continue;
    const numbers = numbersIn(found.value);
    const field =
      numbers === undefined
        ? `Expected numbers (${row.unit}) for "${found.name}": ${row.words} left out.`
        : readProperty(row, numbers, record.structure.sites.length, found.name);
    if (typeof field === 'string') warn(field);
    else fields = { ...fields, ...field };
  }
  return fields;
}

function valueOf(record: StructureRecord, row: PropertyRow): { name: string; value: unknown } | undefined {
  const { outputs, structure } = record;
  for (const name of row.files.json ?? []) {
    const value = outputs?.[name] ?? record[name];
    // one number beside the structure is one of all atoms: a total charge, a total moment
    if (value != null && typeof value !== 'number') return { name, value };
    if (row.per !== 'atom' || structure.sites.every((site) => site.properties?.[name] == null)) continue;
    return { name, value: structure.sites.map((site) => site.properties?.[name]) };
  }
  return undefined;
}

/** Numbers of a list or of lists in a list; moments of pymatgen's class Magmom are {"moment": …}. */
function numbersIn(value: unknown): number[] | undefined {
  if (typeof value === 'number') return [value];
  if (typeof value === 'object' && value !== null && 'moment' in value) return numbersIn(value.moment);
  if (!Array.isArray(value)) return undefined;
  const parts = value.map(numbersIn);
  return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
}
