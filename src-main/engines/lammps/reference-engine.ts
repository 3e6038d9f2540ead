/** LAMMPS with a classical potential as a reference: one process that stays. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import { CancelledError, ForcewrightError } from '../../../src-compute/errors.ts';
import { isElement } from '../../../src-compute/structure/elements.ts';
import { atomCount, type Configuration } from '../../../src-compute/structure/configuration.ts';
import {
  checkedResult,
  EngineFailedError,
  EngineInvalidResultError,
  requireSameAtoms,
  withTimeout,
  type ReferenceEngine,
  type ReferenceResult,
} from '../reference-engine.ts';
import { LammpsForceEngine } from './force-engine.ts';
import { classicalInteraction, templateInteraction, type LammpsInteraction } from './interaction.ts';
import { findLammps, type LammpsProgram } from './program.ts';

const common = {
  engine: z.literal('lammps'),
  /** Elements of the LAMMPS types 1, 2, …; otherwise those that pair_coeff names, else as they appear. */
  species: z.array(z.string().min(1).max(20)).min(1).optional(),
  /** Seconds for one structure. */
  timeout: z.number().positive().default(600),
  ranks: z.int().min(1).max(4096).default(1),
};

/** A pair style with its coefficients, or a file of commands. */
export const lammpsEngineSchema = z
  .strictObject({
    ...common,
    /** What follows pair_style. */
    pairStyle: z.string().min(1).optional(),
    /** What follows each pair_coeff. */
    pairCoefficients: z.array(z.string().min(1)).default([]),
    /** File with the commands that define the interaction, instead of pairStyle. */
    template: z.string().min(1).optional(),
    /** Path of the executable. */
    program: z.string().min(1).optional(),
    /** Folder in which files named in the coefficients are sought; the current one otherwise. */
    folder: z.string().optional(),
  })
  .refine((given) => (given.pairStyle === undefined) !== (given.template === undefined), {
    message: 'either a pair style or a template file is needed',
  });
export type LammpsEngineSettings = z.output<typeof lammpsEngineSchema>;

/**
 * The interaction that the settings describe, for a structure's elements where nothing else names the types.
 * @throws LammpsError
 */
export async function lammpsInteraction(
  settings: LammpsEngineSettings,
  present: readonly string[],
): Promise<LammpsInteraction> {
  const folder = settings.folder ?? process.cwd();
  if (settings.template !== undefined) {
    const text = await readFile(settings.template, 'utf8').catch((cause: unknown) => {
      throw new EngineFailedError(`The LAMMPS template ${settings.template} cannot be read.`, { cause });
    });
    const types = (coefficients: readonly string[]) => typesOf(settings.species, coefficients) ?? present;
    return templateInteraction(text, types, folder);
  }
  const types = typesOf(settings.species, settings.pairCoefficients) ?? present;
  return classicalInteraction(settings.pairStyle ?? '', settings.pairCoefficients, types, folder);
}

/**
 * The elements of the types: those given, which must be those that pair_coeff names.
 * @throws EngineFailedError when the two contradict each other: atoms would get each other's potential
 */
function typesOf(
  species: readonly string[] | undefined,
  coefficients: readonly string[],
): readonly string[] | undefined {
  const named = species ? namesAtTheEnd(coefficients, species.length) : namedSpecies(coefficients);
  // a name such as Si(D) or NULL says nothing of an element, and contradicts none
  if (species && named?.some((name, k) => isElement(name) && name !== species[k])) {
    throw new EngineFailedError(
      `The types are said to be ${species.join(', ')}, and pair_coeff names ${named.join(', ')}.`,
      {
        remedy:
          'Leave --species out: pair_coeff says which type is which element. Or give both in the same order.',
      },
    );
  }
  return species ?? named;
}

/** Elements at the end of '* * Si.sw Si': LAMMPS' own list of what the types are. */
export function namedSpecies(coefficients: readonly string[]): string[] | undefined {
  const words = wordsForAllTypes(coefficients);
  const first = words.findLastIndex((word) => !isElement(word)) + 1;
  return first < words.length ? words.slice(first) : undefined;
}

/** What follows '* *', word by word. */
function wordsForAllTypes(coefficients: readonly string[]): string[] {
  const line = coefficients.find((text) => /^\s*\*\s+\*\s/.test(text));
  return line?.trim().split(/\s+/).slice(2) ?? [];
}

/** The names of so many types, or of as many as there are when these are more; undefined where none are elements. */
function namesAtTheEnd(coefficients: readonly string[], types: number): string[] | undefined {
  const named = namedSpecies(coefficients);
  if (!named) return undefined;
  return named.length > types ? named : wordsForAllTypes(coefficients).slice(-types);
}

export class LammpsReferenceEngine implements ReferenceEngine {
  readonly name: string;
  calls = 0;
  #closed = false;
  readonly #engine: LammpsForceEngine;
  readonly #atoms: Configuration;
  readonly #timeout: number;

  private constructor(
    program: LammpsProgram,
    engine: LammpsForceEngine,
    atoms: Configuration,
    settings: LammpsEngineSettings,
  ) {
    const method =
      settings.template === undefined ? `pair_style ${settings.pairStyle}` : basename(settings.template);
    this.name = `LAMMPS ${program.version}, ${method}`;
    this.#engine = engine;
    this.#atoms = atoms;
    this.#timeout = settings.timeout;
  }

  /** @throws LammpsError, PotentialError for elements that the types lack, EngineFailedError */
  static async open(settings: LammpsEngineSettings, atoms: Configuration): Promise<LammpsReferenceEngine> {
    const program = await findLammps(settings.program);
    const interaction = await lammpsInteraction(settings, presentSpecies([atoms]));
    const engine = await LammpsForceEngine.start(program, interaction, atoms, { ranks: settings.ranks });
    return new LammpsReferenceEngine(program, engine, atoms, settings);
  }

  async compute(configuration: Configuration, signal?: AbortSignal): Promise<ReferenceResult> {
    if (this.#closed) throw new EngineFailedError(`${this.name} was closed.`);
    requireSameAtoms(this.name, this.#atoms, configuration);
    const began = performance.now();
    try {
      await withTimeout(this.name, this.#timeout, signal, (ended) =>
        this.#engine.compute(configuration.positions, configuration.cell, ended),
      );
    } catch (error) {
      // what a process that was given up may still write must not be taken for the next structure's result
      await this.close();
      throw asEngineError(this.name, error);
    }
    this.calls++;
    const { energy, forces, virial, atomEnergies } = this.#engine.result;
    const result: ReferenceResult = {
      energy,
      forces: forces.slice(),
      virial: configuration.periodic.every(Boolean) ? virial.slice() : undefined,
      atomEnergies: atomEnergies.slice(),
      seconds: (performance.now() - began) / 1000,
    };
    return checkedResult(this.name, result, atomCount(configuration));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#engine[Symbol.asyncDispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function asEngineError(name: string, error: unknown): unknown {
  if (error instanceof EngineFailedError || error instanceof CancelledError) return error;
  if (!(error instanceof ForcewrightError)) return error;
  if (/no finite energy/.test(error.message))
    return new EngineInvalidResultError(name, 'an energy or a force');
  if (error.name === 'LammpsError')
    return new EngineFailedError(error.message, { remedy: error.remedy, cause: error });
  return error;
}

/** Elements of structures in the order in which they appear. */
export function presentSpecies(configurations: readonly Configuration[]): string[] {
  const present = new Set<string>();
  for (const { symbols, kinds } of configurations)
    for (const kind of new Set(kinds)) present.add(symbols[kind]);
  return [...present];
}
