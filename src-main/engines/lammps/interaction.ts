/** How LAMMPS is told which potential to use. */
import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { PotentialError } from '../../../src-compute/errors.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { LammpsError } from './lammps-error.ts';

/** A potential as LAMMPS commands. Units are metal. */
export interface LammpsInteraction {
  /** Elements of the LAMMPS types 1, 2, … */
  readonly types: readonly string[];
  /** pair_style and pair_coeff lines. */
  readonly commands: readonly string[];
  /** Variables that LAMMPS needs in its environment. */
  readonly environment: Readonly<Record<string, string>>;
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
    commands: [`pair_style kim ${basename(folder)}`, `pair_coeff * * ${types.join(' ')}`],
    environment: { KIM_API_PORTABLE_MODELS_DIR: dirname(folder) },
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
      throw new LammpsError(`One line of LAMMPS was expected, without line breaks, ; & or $: ${text}`);
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

/** Commands that would take the structure or the loop over structures out of our hands. */
const NOT_IN_TEMPLATES = new Set(
  (
    'units atom_style boundary newton read_data read_restart create_box create_atoms lattice region replicate clear run ' +
    'rerun minimize quit include jump next label print shell python log dump undump fix group delete_atoms ' +
    'displace_atoms change_box velocity thermo_style write_data write_dump write_restart'
  ).split(' '),
);

/**
 * An interaction given as LAMMPS commands: pair_style and pair_coeff lines, with whatever belongs to them (kspace_style,
 * pair_modify, set charges, variables).
 * @param lines commands, one a line, without comments; files named in them are sought in `folder`
 * @param types elements of the LAMMPS types
 * @throws LammpsError for commands that are not part of an interaction
 */
export function templateInteraction(
  lines: readonly string[],
  types: readonly string[],
  folder: string,
): LammpsInteraction {
  const commands = lines.map((line) => line.trim()).filter((line) => line !== '');
  for (const line of commands) {
    const [command] = line.split(/\s+/);
    if (!NOT_IN_TEMPLATES.has(command) && !/[;`]|\bsystem\b/.test(line) && !line.endsWith('&')) continue;
    throw new LammpsError(
      `The LAMMPS template may hold only commands that define the interaction, not: ${line}`,
      {
        remedy: 'Keep pair_style, pair_coeff and what belongs to them, each on one line, in units metal.',
      },
    );
  }
  if (!commands.some((line) => line.startsWith('pair_style'))) {
    throw new LammpsError('The LAMMPS template defines no pair_style.', {
      remedy: 'Write a pair_style line and its pair_coeff lines into it.',
    });
  }
  return { types, commands: commands.map((line) => withPaths(line, folder)), environment: {}, packages: [] };
}

/** Words that name a file in the folder become its path. */
function withPaths(text: string, folder: string): string {
  return text
    .split(/\s+/)
    .filter(Boolean)
    .map((word) =>
      /[./]/.test(word) && existsSync(resolve(folder, word)) ? quoted(resolve(folder, word)) : word,
    )
    .join(' ');
}

/** A path as one word of a LAMMPS script. */
export function quoted(path: string): string {
  return /[\s#$&"']/.test(path) ? `"${path}"` : path;
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
