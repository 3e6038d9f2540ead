/**
 * Symmetry operations of a CIF: those that it lists, else those of the space group that it names, from the tables of
 * the library moyo (the spglib project), which are those of spglib and of the International Tables.
 */
import { hall_symbol_entry, operations_from_number } from '@spglib/moyo-wasm';
import type { SymmetryOperation } from '../../../src-compute/structure/symmetry.ts';
import { loadMoyo } from '../../platform/moyo.ts';
import { FrameFailure } from '../format.ts';
import type { CifBlock } from './blocks.ts';

/** Number of settings in the table of Hall symbols. */
const HALL_NUMBERS = 530;

const LISTS = [
  '_space_group_symop_operation_xyz',
  '_symmetry_equiv_pos_as_xyz',
  '_space_group_symop_operation_xyz_',
];
const HALL = ['_space_group_name_hall', '_symmetry_space_group_name_hall'];
const HERMANN_MAUGUIN = [
  '_space_group_name_h-m_alt',
  '_symmetry_space_group_name_h-m',
  '_space_group_name_h-m_full',
  '_space_group_name_h-m_ref',
];
const NUMBERS = ['_space_group_it_number', '_symmetry_int_tables_number'];

/** The operations, and how they were found when the file does not list them. */
export function operationsOf(block: CifBlock): {
  operations: readonly SymmetryOperation[];
  assumed?: string;
} {
  const listed = LISTS.map((tag) => block.columns.get(tag)).find(
    (column) => column !== undefined && column.length > 0,
  );
  if (listed !== undefined) return { operations: listed.map((text) => parseOperation(text, block.line)) };
  const named = (tags: readonly string[]) =>
    tags
      .map((tag) => block.columns.get(tag)?.[0])
      .find((text) => text !== undefined && text !== '?' && text !== '.');
  const [hall, name, number] = [named(HALL), named(HERMANN_MAUGUIN), named(NUMBERS)];
  if (hall === undefined && name === undefined && number === undefined) {
    return {
      operations: [IDENTITY],
      assumed: 'Expected symmetry operations or a space group; the atoms listed are taken to be all (P 1).',
    };
  }
  const hallNumber = findSetting(hall, name, number);
  if (hallNumber === undefined) {
    throw new FrameFailure(
      `Expected symmetry operations, or a space group of the International Tables, found "${hall ?? name ?? number}".`,
      block.line,
      'Write the symmetry operations into the file (most programs can).',
    );
  }
  const entry = hall_symbol_entry(hallNumber);
  // the library gives its 3 × 3 matrices column by column
  const operations = operations_from_number(
    entry.number,
    { type: 'HallNumber', value: hallNumber },
    false,
  ).map(({ rotation: r, translation }): SymmetryOperation => ({
    rotation: [r[0], r[3], r[6], r[1], r[4], r[7], r[2], r[5], r[8]],
    translation,
  }));
  return {
    operations,
    assumed: `The file lists no symmetry operations; those of ${entry.hm_full} (number ${entry.number}, Hall symbol ${entry.hall_symbol}) were used.`,
  };
}

const IDENTITY: SymmetryOperation = { rotation: [1, 0, 0, 0, 1, 0, 0, 0, 1], translation: [0, 0, 0] };

let settings: { hall: string; names: readonly string[]; number: number; setting: string }[] | undefined;

/** The table of settings; the library's WebAssembly is loaded only when a file needs it. */
function settingsTable(): { hall: string; names: readonly string[]; number: number; setting: string }[] {
  if (settings === undefined) {
    loadMoyo();
    settings = Array.from({ length: HALL_NUMBERS }, (_, k) => {
      const entry = hall_symbol_entry(k + 1);
      return {
        hall: plain(entry.hall_symbol),
        names: [plain(entry.hm_short), plain(entry.hm_full)],
        number: entry.number,
        setting: entry.setting,
      };
    });
  }
  return settings;
}

/** Spelling in which symbols are compared: without blanks and underscores, in lower case. */
function plain(symbol: string): string {
  return symbol.replace(/[\s_]/g, '').toLowerCase();
}

function findSetting(
  hall: string | undefined,
  name: string | undefined,
  number: string | undefined,
): number | undefined {
  const table = settingsTable();
  const at = (index: number) => (index < 0 ? undefined : index + 1);
  if (hall !== undefined) {
    const found = at(table.findIndex((entry) => entry.hall === plain(hall)));
    if (found !== undefined) return found;
  }
  if (name !== undefined) {
    // 'F d -3 m :2', 'R -3 m :H', 'F d -3 m S': the setting stands behind
    const [symbol, suffix] = name.split(':');
    const behind = /^(.*)\s([SZHR])$/i.exec(symbol.trim());
    const short = plain(behind?.[1] ?? symbol);
    const setting = (suffix ?? behind?.[2] ?? '').trim().toUpperCase();
    const wanted = { S: '1', Z: '2' }[setting] ?? setting;
    const candidates = table
      .map((entry, k) => ({ ...entry, k }))
      .filter((entry) => entry.names.includes(short));
    const exact = candidates.find((entry) => wanted !== '' && entry.setting.toUpperCase() === wanted);
    const full = candidates.find((entry) => entry.names[1] === short);
    const found = exact ?? full ?? candidates[0];
    if (found !== undefined) return found.k + 1;
  }
  const wanted = Number(number);
  return Number.isInteger(wanted) ? at(table.findIndex((entry) => entry.number === wanted)) : undefined;
}

/**
 * An operation such as 'x,y,z', '-y+1/2, x-y, z+0.25'.
 * @throws FrameFailure when it is none
 */
export function parseOperation(text: string, line: number): SymmetryOperation {
  const parts = text.toLowerCase().replace(/\s+/g, '').split(',');
  const rotation = new Array<number>(9).fill(0);
  const translation = [0, 0, 0];
  const broken = () =>
    new FrameFailure(
      `Expected a symmetry operation such as "-x, y+1/2, z", found "${text.slice(0, 40)}".`,
      line,
    );
  if (parts.length !== 3) throw broken();
  parts.forEach((part, row) => {
    const terms = part.match(/[+-]?[^+-]+/g);
    if (terms === null || terms.join('') !== part) throw broken();
    for (const term of terms) {
      const match =
        /^([+-]?)(?:(?:(\d+(?:\.\d*)?|\.\d+)(?:\/(\d+))?)?\*?([xyz])|(\d+(?:\.\d*)?|\.\d+)(?:\/(\d+))?)$/.exec(
          term,
        );
      if (match === null) throw broken();
      const sign = match[1] === '-' ? -1 : 1;
      if (match[4] === undefined) translation[row] += (sign * Number(match[5])) / Number(match[6] ?? 1);
      else
        rotation[3 * row + 'xyz'.indexOf(match[4])] += (sign * Number(match[2] ?? 1)) / Number(match[3] ?? 1);
    }
  });
  if (![...rotation, ...translation].every(Number.isFinite)) throw broken();
  return { rotation, translation };
}
