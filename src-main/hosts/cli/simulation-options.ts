/** Options that the commands md, hmc and recipe share. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { CancelledError, SimulationError } from '../../../src-compute/errors.ts';
import type { PotentialModel } from '../../../src-compute/potentials/registry.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { readConfigurations } from '../../formats/index.ts';
import { loadPotential } from '../../services/potentials/potential-file.ts';
import { BACKEND_CHOICES, type EngineChoice } from '../../services/simulations/engines.ts';
import { FRAME_COLUMNS, type FrameColumn } from '../../services/simulations/trajectory-file.ts';
import { names, whole } from './options.ts';
import { note } from './output.ts';
import { addStructureReadingOptions, readingOf, type ReadingOptions } from './reading-options.ts';

/** Of commands that start from a structure; --format and --length-unit say how it is read. */
export interface EngineOptions extends Pick<ReadingOptions, 'format' | 'lengthUnit'> {
  potential: string;
  species?: string[];
  backend: NonNullable<EngineChoice['backend']>;
  threads: number;
}

/** --potential, --species, --backend, --threads */
export function addEngineOptions(command: Command): Command {
  return command
    .requiredOption(
      '--potential <file>',
      'the potential: *.potential.json, *.mtp, *.snapcoeff, *.yace, *.eam.alloy or *.eam.fs',
    )
    .option('--species <names>', 'elements of the types of an .mtp file, in order: Si,O', names)
    .addOption(
      new Option('--backend <name>', 'where forces are computed; webgpu and wasm-f32 in single precision')
        .choices(BACKEND_CHOICES)
        .default('auto'),
    )
    .option('--threads <n>', 'threads', whole(1, 256), 1);
}

/** --structure */
export function addStructureOption(command: Command): Command {
  return addStructureReadingOptions(
    command.requiredOption(
      '--structure <file>',
      'the start; FILE@k means frame k, from 0; default the first',
    ),
  );
}

export function loadModel(options: EngineOptions): Promise<PotentialModel> {
  return loadPotential(options.potential, options.species).then(({ model }) => model);
}

/** One frame of a structure file: the one asked for with @k, else the first. */
export async function loadStructure(
  spec: string,
  species: readonly string[],
  reading: ReadingOptions = {},
): Promise<Configuration> {
  const options = { species, ...readingOf(reading) };
  const [first] = await readConfigurations(/@\d+$/.test(spec) ? spec : `${spec}@0`, options);
  return first;
}

export const engineChoice = ({ backend, threads }: EngineOptions): EngineChoice => ({ backend, threads });

/** A number, or START:END for a linear ramp over the run. */
export function schedule(text: string): number | { start: number; end: number } {
  const parts = text.split(':').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (parts.length > 2 || !parts.every(Number.isFinite)) {
    throw new InvalidArgumentError('A number, or START:END for a ramp, was expected.');
  }
  return parts.length === 1 ? parts[0] : { start: parts[0], end: parts[1] };
}

/** Atom numbers from 1, such as 1-20,35. */
export function atomList(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const match = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part);
    const [first, last] = match ? [Number(match[1]), Number(match[2] ?? match[1])] : [0, 0];
    if (first < 1 || last < first || last - first > 1e7) {
      throw new InvalidArgumentError('Atom numbers from 1, such as 1-20,35, were expected.');
    }
    return Array.from({ length: last - first + 1 }, (_, k) => first - 1 + k);
  });
}

/** Mask of N atoms from a list of indices; undefined when there is no list. */
export function maskOf(atoms: readonly number[] | undefined, count: number): Uint8Array | undefined {
  if (!atoms) return undefined;
  const mask = new Uint8Array(count);
  for (const atom of atoms) {
    if (atom >= count) throw new SimulationError(`There is no atom ${atom + 1}: the structure has ${count}.`);
    mask[atom] = 1;
  }
  return mask;
}

/** velocities, forces, energies */
export function frameColumns(text: string): FrameColumn[] {
  return names(text).map((name) => {
    const column = FRAME_COLUMNS.find((known) => known === name);
    if (!column) throw new InvalidArgumentError(`One or more of ${FRAME_COLUMNS.join(', ')} were expected.`);
    return column;
  });
}

/** Value ± error with as many digits as the error is worth. */
export function plusMinus({ value, error }: { value: number; error: number }): string {
  if (!Number.isFinite(value)) return '–';
  if (!(error > 0)) return value.toPrecision(6);
  const digits = Math.min(10, Math.max(0, 1 - Math.floor(Math.log10(error))));
  return `${value.toFixed(digits)} ± ${error.toFixed(digits)}`;
}

/**
 * Ends the command with bad usage (exit 2) when an option was given that could have no effect.
 * @param name of the option as commander keeps it, such as innerSteps
 * @param holds whether the option makes sense as it is
 * @param otherwise end of the sentence that begins with the option
 */
export function requirePartner(command: Command, name: string, holds: boolean, otherwise: string): void {
  if (holds || command.getOptionValueSource(name) !== 'cli') return;
  const option = command.options.find((candidate) => candidate.attributeName() === name);
  command.error(`error: option ${option?.long ?? name} ${otherwise}.`);
}

/** Passes an error on; a cancelled run is told how to go on. */
export function sayHowToResume(error: unknown): never {
  if (error instanceof CancelledError)
    note('The same command with --resume goes on from the last checkpoint.');
  throw error;
}
