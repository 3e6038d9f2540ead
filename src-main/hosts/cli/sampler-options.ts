/** What the commands md and hmc have in common: options, files that must not clash, and what a run is made of. */
import type { Command } from 'commander';
import { SimulationError } from '../../../src-compute/errors.ts';
import type { PotentialModel } from '../../../src-compute/potentials/registry.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { loadPotential } from '../../services/potentials/potential-file.ts';
import type { EngineChoice } from '../../services/simulations/engines.ts';
import type { FrameColumn } from '../../services/simulations/trajectory-file.ts';
import {
  addNoveltyOptions,
  openNoveltyGuard,
  requireNoveltyReference,
  type NoveltyOptions,
  type NoveltySummary,
  type RunningGuard,
} from './novelty-options.ts';
import { whole } from './options.ts';
import { endProgress } from './output.ts';
import { requireSeparateFiles } from './simulation-files.ts';
import {
  addEngineOptions,
  addStructureOption,
  atomList,
  engineChoice,
  frameColumns,
  loadModel,
  loadStructure,
  maskOf,
  requirePartner,
  sayHowToResume,
  type EngineOptions,
} from './simulation-options.ts';

export interface SamplerOptions extends EngineOptions, NoveltyOptions {
  structure: string;
  seed: number;
  cheapPotential?: string;
  innerSteps: number;
  fix?: number[];
  out?: string;
  every: number;
  write?: FrameColumn[];
  thermo?: string;
  checkpoint?: string;
  checkpointEvery: number;
  resume?: boolean;
  check?: boolean;
  json?: boolean;
}

/** What the two commands call things. */
export interface SamplerWords {
  /** 'steps' or 'trajectories' */
  readonly unit: string;
  readonly every: number;
  readonly checkpointEvery: number;
  readonly cheapPotential: string;
  readonly innerSteps: string;
  readonly out: string;
  readonly write: string;
  readonly thermo: string;
  readonly check: string;
}

/** Potential, engine and structure: before a command's own options. */
export function addStartOptions(command: Command): Command {
  return addStructureOption(addEngineOptions(command));
}

/** Everything else that both commands have: after their own options. */
export function addSamplerOptions(command: Command, words: SamplerWords): Command {
  const { unit } = words;
  command
    .option('--cheap-potential <file>', words.cheapPotential)
    .option('--inner-steps <n>', words.innerSteps, whole(1, 1000), 4)
    .option('--fix <atoms>', 'atoms that do not move, from 1: 1-20,35', atomList)
    .option('--seed <n>', 'seed of all random numbers', whole(), 0)
    .option('--out <file>', words.out)
    .option('--every <n>', `${unit} between frames`, whole(1), words.every)
    .option('--write <columns>', words.write, frameColumns)
    .option('--thermo <file>', words.thermo)
    .option('--checkpoint <file>', 'checkpoint; OUT.checkpoint when left out')
    .option('--checkpoint-every <n>', `${unit} between checkpoints`, whole(1), words.checkpointEvery)
    .option('--resume', 'go on from the checkpoint; the result equals an uninterrupted run bit for bit')
    .option('--check', words.check)
    .option('--json', 'print one JSON object');
  return addNoveltyOptions(command);
}

/** An option that makes sense only with others. */
export interface Condition {
  /** As commander keeps it, such as innerSteps. */
  readonly option: string;
  readonly holds: boolean;
  /** End of the sentence that begins with the option. */
  readonly otherwise: string;
}

/** Ends the command with bad usage (exit 2) when an option was given that could have no effect. */
export function requireEffect(command: Command, conditions: readonly Condition[]): void {
  for (const { option, holds, otherwise } of conditions) requirePartner(command, option, holds, otherwise);
}

/** What a run is made of, from the options. */
export interface PreparedRun {
  readonly model: PotentialModel;
  readonly cheapModel: PotentialModel | undefined;
  readonly configuration: Configuration;
  readonly fixed: Uint8Array | undefined;
  readonly engine: EngineChoice;
  readonly checkpoint: string;
  readonly guard: RunningGuard | undefined;
}

/**
 * Checks the options that both commands have, before anything is read.
 * @param table whether rows of the table are written as often as --every says
 * @returns the file of the checkpoint
 */
export function checkSamplerOptions(command: Command, options: SamplerOptions, table: boolean): string {
  const { potential, cheapPotential, structure, noveltyReference, out, thermo, noveltyOut } = options;
  requireEffect(command, [
    { option: 'write', holds: out !== undefined, otherwise: 'needs --out' },
    {
      option: 'every',
      holds: out !== undefined || (table && thermo !== undefined),
      otherwise: table ? 'needs --out or --thermo' : 'needs --out',
    },
  ]);
  requireNoveltyReference(command, options);
  const checkpoint = options.checkpoint ?? `${out ?? thermo ?? `forcewright-${command.name()}`}.checkpoint`;
  requireSeparateFiles(
    {
      '--potential': potential,
      '--cheap-potential': cheapPotential,
      '--structure': structure,
      '--novelty-reference': noveltyReference,
    },
    { '--out': out, '--thermo': thermo, '--checkpoint': checkpoint, '--novelty-out': noveltyOut },
  );
  return checkpoint;
}

/** Reads potentials, structure and training set. */
export async function prepareRun(
  options: SamplerOptions,
  checkpoint: string,
  signal: AbortSignal,
): Promise<PreparedRun> {
  const model = await loadModel(options);
  const cheapModel = options.cheapPotential
    ? (await loadPotential(options.cheapPotential, options.species)).model
    : undefined;
  const configuration = await loadStructure(options.structure, model.species, options);
  return {
    model,
    cheapModel,
    configuration,
    fixed: maskOf(options.fix, configuration.kinds.length),
    engine: engineChoice(options),
    checkpoint,
    guard: await openNoveltyGuard(options, options.species, signal),
  };
}

/** Waits for the run; ends the bar, writes novel frames, and tells a cancelled run how to go on. */
export async function finishRun<Result>(
  running: Promise<Result>,
  guard: RunningGuard | undefined,
): Promise<{ readonly result: Result; readonly novelty: NoveltySummary | undefined }> {
  let novelty: NoveltySummary | undefined;
  const result = await running
    .finally(async () => {
      endProgress();
      novelty = await guard?.finish();
    })
    .catch(sayHowToResume);
  return { result, novelty };
}

/** @throws SimulationError when --keep-velocities was given and there are none */
export function requireVelocities(options: { structure: string }, configuration: Configuration): void {
  if (configuration.velocities) return;
  throw new SimulationError(`--keep-velocities: the structure in ${options.structure} has no velocities.`, {
    remedy: 'Leave the option out: velocities are then drawn at the temperature.',
  });
}
