/** How LAMMPS is told which potential to use. */
import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { PotentialError } from '../../../src-compute/errors.ts';
import { lammpsWord, lammpsWords } from '../../../src-compute/quoting/lammps.ts';
import { visibleLine } from '../../../src-compute/quoting/visible.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { LammpsError } from './lammps-error.ts';
import { templateCommands } from './template.ts';

/** A potential as LAMMPS commands. Units are metal. */
export interface LammpsInteraction {
  /** Elements of the LAMMPS types 1, 2, … */
  readonly types: readonly string[];
  /** pair_style and pair_coeff lines. */
  readonly commands: readonly string[];
  /** Variables that LAMMPS needs in its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** A KIM model whose folder no variable can name: it is put beside LAMMPS' input under its own name. */
  readonly model?: string;
  /** LAMMPS packages that must be there. */
  readonly packages: readonly string[];
}

/**
 * The potential of a folder that `export --format kim` wrote and built.
 * @param modelFolder the folder with the model's library; its name is the model's name
 * @param types elements of the LAMMPS types
 * @throws LammpsError when the folder is not a built model
 */
export function kimInteraction(modelFolder: string, types: readonly string[]): LammpsInteraction {
  const folder = resolve(modelFolder);
  if (!existsSync(`${folder}/libkim-api-portable-model.so`)) {
    throw new LammpsError(`${folder} holds no built KIM model: libkim-api-portable-model.so is missing.`, {
      remedy: 'Run build.sh in it, or export the potential again.',
    });
  }
  return {
    types,
    commands: [
      `pair_style kim ${lammpsWord(basename(folder))}`,
      `pair_coeff * * ${types.map(lammpsWord).join(' ')}`,
    ],
    // the variable is a list of folders between colons (KIM API, "environment variables")
    ...(dirname(folder).includes(':') && process.platform !== 'win32'
      ? { environment: {}, model: folder }
      : { environment: { KIM_API_PORTABLE_MODELS_DIR: dirname(folder) } }),
    packages: ['KIM'],
  };
}

/**
 * Any classical potential of LAMMPS.
 * @param pairStyle what follows pair_style, such as 'sw'
 * @param pairCoefficients what follows each pair_coeff, such as '* * Si.sw Si'; files are sought in `folder`
 * @param types elements of the LAMMPS types, in the order that the coefficients expect
 */
export function classicalInteraction(
  pairStyle: string,
  pairCoefficients: readonly string[],
  types: readonly string[],
  folder: string,
): LammpsInteraction {
  for (const text of [pairStyle, ...pairCoefficients]) {
    if (/[\n;&$]/.test(text)) {
      throw new LammpsError(
        `One line of LAMMPS was expected, without line breaks, ; & or $: ${visibleLine(text)}`,
      );
    }
  }
  return {
    types,
    commands: [
      `pair_style ${withPaths(pairStyle, folder)}`,
      ...pairCoefficients.map((line) => `pair_coeff ${withPaths(line, folder)}`),
    ],
    environment: {},
    packages: [],
  };
}

/**
 * An interaction given as a file of LAMMPS commands: pair_style and pair_coeff lines, with whatever belongs to them.
 * @param text of the file; files named in it are sought in `folder`
 * @param types elements of the LAMMPS types, from what follows the pair_coeff of the file
 * @throws LammpsError for commands that are not part of an interaction
 */
export function templateInteraction(
  text: string,
  types: (coefficients: readonly string[]) => readonly string[],
  folder: string,
): LammpsInteraction {
  const commands = templateCommands(text);
  const coefficients = commands.flatMap((line) => /^pair_coeff\s(.*)$/.exec(line)?.[1].trim() ?? []);
  return {
    types: types(coefficients),
    commands: commands.map((line) => withPaths(line, folder)),
    environment: {},
    packages: [],
  };
}

/** Words that name a file in the folder become its path; every word is quoted where it needs it. */
function withPaths(text: string, folder: string): string {
  return lammpsWords(text)
    .map((word) =>
      // formulas and ${variables} are for LAMMPS to read
      word.includes('$')
        ? word
        : lammpsWord(/[./]/.test(word) && existsSync(resolve(folder, word)) ? resolve(folder, word) : word),
    )
    .join(' ');
}

/**
 * Checks that the types cover a configuration.
 * @throws PotentialError naming the element that is missing
 */
export function requireTypes(types: readonly string[], configuration: Configuration): void {
  const used = new Set(configuration.kinds);
  configuration.symbols.forEach((symbol, kind) => {
    if (used.has(kind) && !types.includes(symbol)) {
      throw new PotentialError(
        `The structure contains ${symbol}, and the potential was made for ${types.join(', ')}.`,
        {
          remedy: 'Use a potential that knows this element, or name the types with --species.',
        },
      );
    }
  });
}
