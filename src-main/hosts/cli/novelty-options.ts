/** The novelty guard of md and hmc on the command line. */
import { writeOrKeep } from '../../platform/whole-file.ts';
import type { Command } from 'commander';
import { NOVELTY_ROUND_OFF } from '../../../src-compute/analysis/entropy/measures.ts';
import type { NoveltyMonitor } from '../../../src-compute/analysis/entropy/novelty-monitor.ts';
import { readConfigurations } from '../../formats/index.ts';
import { guardSettings, noveltyGuard, writeNovelFrames } from '../../services/entropy/novelty-guard.ts';
import type { RunGuard } from '../../services/simulations/run-guard.ts';
import { real, whole } from './options.ts';
import { note } from './output.ts';
import { requireWritableFrames } from './simulation-files.ts';
import { requirePartner } from './simulation-options.ts';

export interface NoveltyOptions {
  noveltyReference?: string;
  noveltyEvery: number;
  noveltyThreshold: number;
  noveltyStop?: boolean;
  noveltyOut?: string;
}

export function addNoveltyOptions(command: Command): Command {
  return command
    .option(
      '--novelty-reference <file>',
      'watch the novelty of every atom against these structures (training set)',
    )
    .option('--novelty-every <n>', 'steps, or trajectories of hmc, between two looks', whole(1), 100)
    .option('--novelty-threshold <nats>', 'an atom above this makes its frame novel', real(), 0)
    .option('--novelty-stop', 'end the run at the first novel frame, with exit code 1')
    .option('--novelty-out <file>', 'write the (at most 100 most) novel frames here, to be labelled');
}

/** The other options do nothing without the training set: bad usage. */
export function requireNoveltyReference(command: Command, { noveltyReference }: NoveltyOptions): void {
  for (const name of ['noveltyEvery', 'noveltyThreshold', 'noveltyStop', 'noveltyOut'])
    requirePartner(
      command,
      name,
      noveltyReference !== undefined,
      'has nothing to compare with: give the training set with --novelty-reference',
    );
}

/** A guard that runs along. */
export interface RunningGuard extends RunGuard {
  /** Writes what was kept; gives the result for --json. Call it also when the run failed. */
  finish(): Promise<NoveltySummary>;
}

export interface NoveltySummary {
  readonly looks: number;
  readonly first_new_step: number | null;
  readonly largest_nats: number;
  readonly last_fraction_positive: number;
  readonly frames_kept: number;
  readonly [key: string]: number | null;
}

/** The guard that the options ask for, if they do. */
export async function openNoveltyGuard(
  options: NoveltyOptions,
  species: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<RunningGuard | undefined> {
  if (options.noveltyReference === undefined) return undefined;
  if (options.noveltyOut !== undefined) requireWritableFrames('--novelty-out', options.noveltyOut);
  const configurations = await readConfigurations(options.noveltyReference, { species, signal });
  const settings = guardSettings.parse({
    every: options.noveltyEvery,
    threshold: options.noveltyThreshold,
    action: options.noveltyStop ? 'stop' : 'mark',
  });
  const { monitor } = await noveltyGuard({ configurations }, settings, signal);
  return {
    every: settings.every,
    observe: monitor.guard(),
    save: () => monitor.save(),
    restore: (state, system) => monitor.restore(state, system),
    async finish() {
      const kept = options.noveltyOut === undefined ? 0 : await keepNovelFrames(monitor, options.noveltyOut);
      if (kept > 0)
        note(`${kept} novel frames were written to ${options.noveltyOut}: label them and fit again.`);
      return summaryOf(monitor);
    },
  };
}

/** The frames exist nowhere else: a disk that refuses them does not take them. */
async function keepNovelFrames(monitor: NoveltyMonitor, path: string): Promise<number> {
  let kept = 0;
  await writeOrKeep(path, async (name) => void (kept = await writeNovelFrames(monitor, name)));
  return kept;
}

function summaryOf({ series, frames }: NoveltyMonitor): NoveltySummary {
  let first: number | null = null;
  let largest = -Infinity;
  for (let k = 0; k < series.length; k += 4) {
    if (first === null && series[k + 2] > NOVELTY_ROUND_OFF) first = series[k];
    largest = Math.max(largest, series[k + 2]);
  }
  return {
    looks: series.length / 4,
    first_new_step: first,
    largest_nats: series.length > 0 ? largest : 0,
    last_fraction_positive: series.at(-1) ?? 0,
    frames_kept: frames.length,
  };
}
