/** All rows of a dataset as columns, for the table and the distributions: 1e5 rows are a few megabytes. */
import { encodeArrayFrame } from '../../../src-compute/array-frame.ts';
import type { OpenProject } from '../workspace.ts';

const NUMBERS = {
  energy: 'energy',
  energyPerAtom: 'energy_per_atom',
  maxForce: 'max_force',
  volume: 'volume',
  pressure: 'pressure',
  minimumDistance: 'minimum_distance',
  weight: 'weight',
} as const;

/** Dictionary of repeated words: code 0 is the empty word. */
class Words {
  readonly list: string[] = [''];
  private readonly codes = new Map<string, number>([['', 0]]);

  code(word: string | null): number {
    const known = this.codes.get(word ?? '');
    if (known !== undefined) return known;
    // beyond 65535 different words the rest share the last code
    const code = Math.min(this.list.length, 65535);
    if (code === this.list.length) this.list.push(word ?? '');
    this.codes.set(word ?? '', code);
    return code;
  }
}

/** Columns before the numbers, in order. */
type Head = [
  atoms: number,
  labels: number,
  flags: number,
  excluded: number,
  sourceFrame: number,
  formula: string,
  configType: string | null,
  split: string | null,
];
type Values = (number | null)[];
const HEAD = 8;

/**
 * Arrays by column, one value per position: f64 numbers with NaN where missing, u32 atoms, u8 labels, flags and
 * excluded, u16 codes of formula, configType and split into the notes `formulas`, `configTypes`, `splits`; tags as
 * pairs `tagPosition`, `tagCode` into `tags`.
 */
export function datasetTable(
  { project, datasets }: Pick<OpenProject, 'project' | 'datasets'>,
  id: number,
): Uint8Array<ArrayBuffer> {
  const { configurationCount: n } = datasets.get(id);
  const numbers = Object.fromEntries(
    Object.keys(NUMBERS).map((name) => [name, new Float64Array(n).fill(NaN)]),
  );
  const arrays = Object.values(numbers);
  const atoms = new Uint32Array(n);
  const sourceFrame = new Uint32Array(n);
  const labels = new Uint8Array(n);
  const flags = new Uint8Array(n);
  const excluded = new Uint8Array(n);
  const [formula, configType, split] = [new Uint16Array(n), new Uint16Array(n), new Uint16Array(n)];
  const [formulas, configTypes, splits, tags] = [new Words(), new Words(), new Words(), new Words()];
  const statement = project.prepare<[number], [...Head, ...Values]>(
    `SELECT atoms, labels, flags, excluded, source_frame, formula, config_type, split,
       ${Object.values(NUMBERS).join(', ')}
     FROM configurations WHERE dataset_id = ? ORDER BY position`,
  );
  const tagStatement = project.prepare<[number], [number, string]>(
    `SELECT position, tag FROM configuration_tags JOIN configurations ON configurations.id = configuration_id
     WHERE dataset_id = ? ORDER BY position`,
  );
  return project.guard(() => {
    let row = 0;
    for (const raw of statement.raw().iterate(id)) {
      atoms[row] = raw[0];
      labels[row] = raw[1];
      flags[row] = raw[2];
      excluded[row] = raw[3];
      sourceFrame[row] = raw[4];
      formula[row] = formulas.code(raw[5]);
      configType[row] = configTypes.code(raw[6]);
      split[row] = splits.code(raw[7]);
      for (let k = 0; k < arrays.length; k++) {
        const value = raw[HEAD + k];
        if (typeof value === 'number') arrays[k][row] = value;
      }
      row++;
    }
    const pairs = tagStatement.raw().all(id);
    return encodeArrayFrame(
      {
        ...numbers,
        atoms,
        sourceFrame,
        labels,
        flags,
        excluded,
        formula,
        configType,
        split,
        tagPosition: Uint32Array.from(pairs, ([position]) => position),
        tagCode: Uint16Array.from(pairs, ([, tag]) => tags.code(tag)),
      },
      { formulas: formulas.list, configTypes: configTypes.list, splits: splits.list, tags: tags.list },
    );
  });
}
