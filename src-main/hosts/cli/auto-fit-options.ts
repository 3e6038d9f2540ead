/** Options of `forcewright fit --auto`, and what it says of the search. */
import type { Command } from 'commander';
import { paretoTrials, pointWords, type Trial } from '../../../src-compute/fitting/auto/choice.ts';
import type { AutoRequest } from '../../../src-compute/forms/common-settings.ts';
import type { SearchReport } from '../../services/fit/auto/report.ts';
import { real, whole } from './options.ts';
import { table } from './output.ts';

export interface AutoFitOptions {
  auto?: boolean;
  autoBudget?: number;
  autoTrials?: number;
  maxCost?: number;
}

/** Adds the options to the command. */
export function addAutoOptions(command: Command): void {
  command
    .option(
      '--auto',
      'search cutoff, sizes (or level) and the weight of forces first, on configurations held out of --train; what is given explicitly stays',
    )
    .option(
      '--auto-budget <s>',
      'budget of the search (default 90): seconds of two quiet cores, counted from the work and not by the clock, so that a busy machine makes the same choice',
      real(0, 1e6),
    )
    .option(
      '--auto-trials <n>',
      'trials at most, instead of seconds: the same choice every time',
      whole(1, 1000),
    )
    .option(
      '--max-cost <µs>',
      'cost of the choice at most, µs per atom and step of one core, counted: level 16 at 28 neighbours is 3.4 (default 2.5 times the default settings)',
      real(1e-3, 1e9),
    );
}

/** Settings that a user gave belong to the user: options by name, and what of a search they fix. */
const FIXING: Readonly<Record<string, AutoRequest['fixed'][number]>> = {
  cutoff: 'cutoff',
  weights: 'weights',
  level: 'sizes',
  radial: 'sizes',
  angular: 'sizes',
  angularRadial: 'sizes',
};

/** What the options ask of a search; ends the command with bad usage for options without effect. */
export function autoRequest(command: Command, options: AutoFitOptions): Partial<AutoRequest> | undefined {
  const { auto, autoBudget, autoTrials, maxCost } = options;
  if (!auto) {
    for (const [option, value] of Object.entries({
      '--auto-budget': autoBudget,
      '--auto-trials': autoTrials,
      '--max-cost': maxCost,
    })) {
      if (value !== undefined) command.error(`error: option ${option} has no effect without --auto.`);
    }
    return undefined;
  }
  const given = Object.keys(FIXING).filter((name) => command.getOptionValueSource(name) === 'cli');
  return {
    // a count of trials replaces the time
    seconds: autoBudget ?? (autoTrials === undefined ? undefined : 1e6),
    trials: autoTrials,
    maximumCost: maxCost,
    fixed: [...new Set(given.map((name) => FIXING[name]))],
  };
}

/** Table of the trials and the reason of the choice. */
export function searchText(report: SearchReport): string {
  const full = report.trials.filter(({ kind }) => kind === 'full');
  const front = full.length > 0 ? paretoTrials(full, full[0]) : [];
  const number = (value: number | null, digits: number) => (value === null ? '–' : value.toFixed(digits));
  const mark = (trial: Trial) =>
    trial.number === report.chosen ? '← taken' : front.includes(trial) ? 'unbeaten' : '';
  const rows = report.trials.map((trial) => [
    String(trial.number),
    trial.kind === 'sketch' ? `sketch, cutoff ${trial.point.cutoff} Å` : pointWords(trial.point),
    number(trial.energy, 2),
    number(trial.force, 4),
    number(trial.virial, 2),
    number(trial.cost, 2),
    mark(trial),
  ]);
  const head = ['', 'settings', 'E MAE', 'F MAE', 'W MAE', 'cost', ''];
  const units = ['', 'held-out errors', 'meV/atom', 'eV/Å', 'meV/atom', 'µs/atom', ''];
  const ended = { complete: '', time: ' The time was up before everything was tried.', trials: '' }[
    report.ended
  ];
  return `${table([head, units, ...rows])}\n\n${report.reason}${ended} The search took ${report.seconds.toFixed(0)} s.`;
}
