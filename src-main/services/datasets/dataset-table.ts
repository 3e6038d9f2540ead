/** All rows of a dataset as columns, for the table and the distributions: 1e5 rows are a few megabytes. */
import { encodeArrayFrame } from '../../../src-compute/array-frame.ts';
import { ColumnReader, propertyColumn, type WordCodes } from '../../store/columns.ts';
import { tagPairs } from '../../store/datasets.ts';
import type { Project } from '../../store/project.ts';

/** Columns of real numbers. */
const NUMBERS = [
  'energy',
  'energyPerAtom',
  'maxForce',
  'volume',
  'pressure',
  'minimumDistance',
  'weight',
] as const;
const WORDS = ['formula', 'configType', 'split'] as const;

/** Codes have 16 bits: beyond so many different words the rest share the last code. */
const MOST_WORDS = 65535;

/** A dictionary in which code 0 is the empty word, and codes into it. */
function coded({ codes, words }: WordCodes): { codes: Uint16Array; list: string[] } {
  const list = [''];
  const codeOf = words.map((word) => {
    if (word === null || word === '') return 0;
    if (list.length <= MOST_WORDS) list.push(word);
    return list.length - 1;
  });
  const short = new Uint16Array(codes.length);
  for (let k = 0; k < codes.length; k++) short[k] = codeOf[codes[k]];
  return { codes: short, list };
}

/**
 * Arrays by column, one value per position: f64 numbers with NaN where missing, u32 atoms and labels, u8 flags and
 * excluded, u16 codes of formula, configType and split into the notes `formulas`, `configTypes`, `splits`; tags as
 * pairs `tagPosition`, `tagCode` into `tags`.
 * @throws StoreError when there is no such dataset
 */
export function datasetTable(project: Project, id: number): Uint8Array<ArrayBuffer> {
  const columns = new ColumnReader(project);
  const numbers = NUMBERS.map((name) => [name, columns.numbers(id, name)]);
  const [formula, configType, split] = WORDS.map((name) => coded(columns.words(id, name)));
  const pairs = tagPairs(project, id);
  const tags = [...new Set(pairs.map(([, tag]) => tag))];
  const tagCodes = new Map(tags.map((tag, k) => [tag, Math.min(k + 1, MOST_WORDS)]));
  return encodeArrayFrame(
    {
      ...Object.fromEntries(numbers),
      // f64, one number of each property that the dataset has
      ...Object.fromEntries(
        columns.propertyColumns(id).map((key) => [propertyColumn(key), columns.property(id, key)]),
      ),
      atoms: columns.numbers(id, 'atoms'),
      sourceFrame: columns.numbers(id, 'sourceFrame'),
      labels: columns.numbers(id, 'labels'),
      flags: columns.numbers(id, 'flags'),
      excluded: columns.numbers(id, 'excluded'),
      formula: formula.codes,
      configType: configType.codes,
      split: split.codes,
      tagPosition: Uint32Array.from(pairs, ([position]) => position),
      tagCode: Uint16Array.from(pairs, ([, tag]) => tagCodes.get(tag) ?? 0),
    },
    {
      formulas: formula.list,
      configTypes: configType.list,
      splits: split.list,
      tags: ['', ...tags.slice(0, MOST_WORDS)],
    },
  );
}
