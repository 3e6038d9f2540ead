/**
 * Pair styles of LAMMPS (docs.lammps.org/Commands_pair.html) that somebody who is not at this machine's command line may
 * ask for, and what each may take: numbers, elements, and files by name, which LAMMPS seeks among those that came with it.
 * Styles that run programs of the user (python, mliap with its Python models, kim from the current folder, list, mdi) are
 * none of them.
 */
import { lammpsWords } from '../../../src-compute/quoting/lammps.ts';
import { isElement } from '../../../src-compute/structure/elements.ts';
import { LammpsError } from './lammps-error.ts';

interface Style {
  /** How many numbers may follow the style's name. */
  readonly numbers: readonly [least: number, most: number];
  /** Words that may stand among them. */
  readonly words?: readonly string[];
  /**
   * What follows the two types in pair_coeff: numbers, a number of files and then elements, one file, or a file with the
   * name of a table in it.
   */
  readonly coefficients: 'numbers' | 'one file' | 'table' | { readonly files: number };
  /** How many numbers pair_coeff takes. */
  readonly values?: readonly [least: number, most: number];
}

const manyBody: Style = { numbers: [0, 0], coefficients: { files: 1 } };
const pair = (numbers: Style['numbers'], values: Style['numbers']): Style => ({
  numbers,
  coefficients: 'numbers',
  values,
});

/** Each with the numbers of pair_style and of pair_coeff. */
const STYLES: Readonly<Record<string, Style>> = {
  adp: manyBody,
  airebo: { numbers: [1, 3], coefficients: { files: 1 } },
  'airebo/morse': { numbers: [1, 3], coefficients: { files: 1 } },
  beck: pair([1, 1], [5, 6]),
  'born': pair([1, 1], [5, 6]), // prettier-ignore
  buck: pair([1, 1], [3, 4]),
  comb: { numbers: [0, 0], words: ['polar_on', 'polar_off'], coefficients: { files: 1 } },
  eam: { numbers: [0, 0], coefficients: 'one file' },
  'eam/alloy': manyBody,
  'eam/cd': manyBody,
  'eam/fs': manyBody,
  'eam/he': manyBody,
  edip: manyBody,
  'edip/multi': manyBody,
  eim: manyBody,
  extep: manyBody,
  gauss: pair([1, 1], [2, 3]),
  gw: manyBody,
  'gw/zbl': manyBody,
  lcbop: manyBody,
  'lj/cubic': pair([1, 1], [2, 4]),
  'lj/cut': pair([1, 1], [2, 3]),
  'lj/expand': pair([1, 1], [3, 4]),
  'lj/gromacs': pair([2, 2], [2, 4]),
  'lj/smooth': pair([2, 2], [2, 4]),
  'lj/smooth/linear': pair([1, 1], [2, 3]),
  'lj96/cut': pair([1, 1], [2, 3]),
  meam: { numbers: [0, 0], coefficients: { files: 2 } },
  'meam/spline': manyBody,
  'meam/sw/spline': manyBody,
  'mie/cut': pair([1, 1], [4, 5]),
  morse: pair([1, 1], [3, 4]),
  pace: { numbers: [0, 0], words: ['product', 'recursive'], coefficients: { files: 1 } },
  polymorphic: manyBody,
  rebo: manyBody,
  snap: { numbers: [0, 0], coefficients: { files: 2 } },
  soft: pair([1, 1], [1, 2]),
  sw: { numbers: [0, 2], words: ['threebody', 'on', 'off', 'shift'], coefficients: { files: 1 } },
  table: {
    numbers: [1, 1],
    words: ['lookup', 'linear', 'spline', 'bitmap'],
    coefficients: 'table',
  },
  tersoff: { numbers: [0, 1], words: ['shift'], coefficients: { files: 1 } },
  'tersoff/mod': { numbers: [0, 1], words: ['shift'], coefficients: { files: 1 } },
  'tersoff/mod/c': { numbers: [0, 1], words: ['shift'], coefficients: { files: 1 } },
  'tersoff/zbl': { numbers: [0, 1], words: ['shift'], coefficients: { files: 1 } },
  vashishta: manyBody,
  yukawa: pair([2, 2], [1, 2]),
  zbl: pair([2, 2], [2, 2]),
};

const HYBRIDS = ['hybrid', 'hybrid/overlay'];
/** Names of the styles. */
export const PAIR_STYLES: readonly string[] = [...HYBRIDS, ...Object.keys(STYLES)].sort();

const isNumber = (word: string) => /^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/.test(word);
const isType = (word: string) => /^(?:\d+(?:\*\d*)?|\*\d*)$/.test(word);
/** A file of LAMMPS' own folder: no path, no option, nothing hidden. */
const isFile = (word: string) => /^[A-Za-z0-9][\w.+-]{0,199}$/.test(word);

/**
 * Checks what is to follow pair_style and each pair_coeff.
 * @throws LammpsError naming the word that is not taken
 */
export function checkPairStyle(pairStyle: string, pairCoefficients: readonly string[]): void {
  const words = lammpsWords(pairStyle);
  const hybrid = HYBRIDS.includes(words[0]);
  const parts = hybrid ? subStyles(words.slice(1)) : [words];
  for (const [name, ...rest] of parts) checkArguments(name, rest);
  for (const line of pairCoefficients) {
    const [first, second, ...rest] = lammpsWords(line);
    if (!isType(first ?? '') || !isType(second ?? ''))
      throw refused('pair_coeff', line, 'two atom types, such as * *');
    if (!hybrid) {
      checkCoefficients(words[0], rest);
      continue;
    }
    const [name, ...values] = rest;
    const same = parts.filter(([style]) => style === name).length;
    if (name === 'none') continue;
    if (same === 0)
      throw refused('pair_coeff', line, `one of the styles ${parts.map(([style]) => style).join(', ')}`);
    // of two parts of the same style the coefficients name the number
    checkCoefficients(name, same > 1 ? values.slice(1) : values);
  }
}

/** Words of hybrid, cut before each name of a style. */
function subStyles(words: readonly string[]): string[][] {
  const parts: string[][] = [];
  for (const word of words) {
    if (
      parts.length === 0 ||
      Object.hasOwn(STYLES, word) ||
      !isPlainArgument(parts[parts.length - 1][0], word)
    )
      parts.push([word]);
    else parts[parts.length - 1].push(word);
  }
  return parts;
}

function isPlainArgument(name: string, word: string): boolean {
  return isNumber(word) || (styleOf(name).words?.includes(word) ?? false);
}

function styleOf(name: string | undefined): Style {
  if (name !== undefined && Object.hasOwn(STYLES, name)) return STYLES[name];
  throw new LammpsError(`The pair style ${JSON.stringify(name ?? '')} is not one that can be chosen here.`, {
    remedy: `Choose one of ${PAIR_STYLES.join(', ')}; others can be used from the command line of this machine.`,
  });
}

function checkArguments(name: string | undefined, rest: readonly string[]): void {
  const { numbers, words = [] } = styleOf(name);
  const values = rest.filter((word) => !words.includes(word));
  if (values.every(isNumber) && values.length >= numbers[0] && values.length <= numbers[1]) return;
  const count = numbers[0] === numbers[1] ? `${numbers[0]}` : `${numbers[0]} to ${numbers[1]}`;
  throw refused(
    `pair_style ${name}`,
    rest.join(' '),
    `${count} numbers${words.length ? ` and ${words.join(', ')}` : ''}`,
  );
}

function checkCoefficients(name: string, rest: readonly string[]): void {
  const { coefficients, values = [0, 0] } = styleOf(name);
  const all = rest.join(' ');
  if (coefficients === 'numbers') {
    if (rest.every(isNumber) && rest.length >= values[0] && rest.length <= values[1]) return;
    throw refused(`pair_coeff of ${name}`, all, `${values[0]} to ${values[1]} numbers`);
  }
  if (coefficients === 'one file') {
    if (rest.length === 1 && isFile(rest[0])) return;
    throw refused(`pair_coeff of ${name}`, all, 'the name of a file');
  }
  if (coefficients === 'table') {
    const [file, section, cutoff = '1', ...more] = rest;
    if (more.length === 0 && isFile(file ?? '') && isFile(section ?? '') && isNumber(cutoff)) return;
    throw refused(`pair_coeff of ${name}`, all, 'a file, the name of its table and a cutoff');
  }
  // meam names elements between its two files as well
  const files = rest.filter((word) => !isElement(word) && word !== 'NULL');
  if (files.length === coefficients.files && files.every(isFile)) return;
  throw refused(`pair_coeff of ${name}`, all, `${coefficients.files} names of files, and elements`);
}

function refused(command: string, found: string, expected: string): LammpsError {
  return new LammpsError(`${command} takes ${expected} here, and was given ${JSON.stringify(found)}.`, {
    remedy:
      'Files are those that came with LAMMPS, by name; others can be used from the command line of this machine.',
  });
}
