/**
 * Search of settings before a fit: cutoff, sizes or level, weight of the forces. The order of trials is fixed; where it ends
 * is decided by counted work, so that a busy machine chooses what a free one does. Fits as they would be are compared on configurations held out of the
 * training data; for moment tensors sketches at a low level tell cutoffs apart before. The test part is never looked at.
 */
import { availableParallelism } from 'node:os';
import { CancelledError, FitError } from '../../../../src-compute/errors.ts';
import {
  choose,
  cutoffsToTry,
  FORCE_FACTORS,
  pointWords,
  score,
  type Choice,
  type SearchState,
  type Trial,
  type TrialPoint,
} from '../../../../src-compute/fitting/auto/choice.ts';
import { minimumDistance } from '../../../../src-compute/structure/minimum-distance.ts';
import type { ConfigurationSet } from '../../../../src-compute/fitting/data/configuration-set.ts';
import {
  baselineEnergies,
  referenceEnergies,
} from '../../../../src-compute/fitting/data/reference-energies.ts';
import { chooseMinimumDistance } from '../fit-data.ts';
import { requestedForm } from '../../../../src-compute/forms/fit-forms.ts';
import type { AutoRequest } from '../../../../src-compute/forms/common-settings.ts';
import type { FitRequest } from '../fit-request.ts';
import type { FitInput, FitOptions } from '../fit-input.ts';
import { surveyTraining } from '../../../../src-compute/fitting/data/survey.ts';
import { dealAlike, searchSet } from './held-out-groups.ts';
import { MomentTrials } from './moment-trials.ts';
import type { SearchReport } from './report.ts';
import { requestWith } from './request-with.ts';
import { TensorTrials } from './tensor-trials.ts';
import { probeOf, type TrialData, type TrialRunner } from './trial-runner.ts';

export interface SearchOutcome {
  /** The request with what was chosen, and without a search. */
  readonly request: FitRequest;
  readonly report: SearchReport;
  readonly state: SearchState;
}

/** Without a limit a choice may cost this many times what the default settings cost. */
const USUAL_COST_FACTOR = 2.5;
/** A machine that is this many times slower than counted ends the search, too. */
const SLOWEST = 8;
/** Structures that tell the typical distance of neighbours. */
const TYPICAL = 25;

/**
 * Searches settings for the training data of a fit.
 * @throws FitError, CancelledError
 */
export async function searchSettings(
  input: FitInput,
  auto: AutoRequest,
  options: FitOptions,
  known?: SearchState,
): Promise<SearchOutcome> {
  if (options.signal?.aborted) throw new CancelledError();
  const runner = await openTrials(input, options.signal);
  try {
    return await new Search(input.request, auto, runner, options, known).run(input.train);
  } finally {
    runner.dispose();
  }
}

async function openTrials(input: FitInput, signal: AbortSignal | undefined): Promise<TrialRunner> {
  const { request } = input;
  const set = searchSet(input.train);
  const survey = surveyTraining(set, request.cutoff, signal);
  const data: TrialData = {
    request,
    set,
    survey,
    groups: dealAlike(set, request.seed),
    minimumDistance: chooseMinimumDistance(request, surveyTraining(input.train, request.cutoff, signal)),
    probe: probeOf(set),
    threads: request.threads ?? availableParallelism(),
    signal,
  };
  const references = referenceEnergies(survey);
  switch (request.form) {
    case 'moment-tensor':
      return new MomentTrials({ ...data, request }, references.fixed);
    case 'tensor-regression':
      return new TensorTrials({ ...data, request }, baselineEnergies(set, survey, references));
    default:
      throw new FitError(`The settings of a ${requestedForm(request).words} are not searched.`, {
        remedy: 'Leave --auto out, and compare fits of several settings.',
      });
  }
}

class Search {
  private readonly request: FitRequest;
  private readonly auto: AutoRequest;
  private readonly runner: TrialRunner;
  private readonly options: FitOptions;
  private readonly known: SearchState | undefined;
  private readonly started = performance.now();
  private readonly trials: Trial[] = [];
  /** Counted work of the trials so far, s. */
  private spent = 0;
  private ended: SearchReport['ended'] = 'complete';
  /** Trials that a whole search takes, about. */
  private expected = 12;

  constructor(
    request: FitRequest,
    auto: AutoRequest,
    runner: TrialRunner,
    options: FitOptions,
    known: SearchState | undefined,
  ) {
    this.request = request;
    this.auto = auto;
    this.runner = runner;
    this.options = options;
    this.known = known;
  }

  async run(train: ConfigurationSet): Promise<SearchOutcome> {
    const { start } = this.runner;
    const fixed = (name: AutoRequest['fixed'][number]) => this.auto.fixed.includes(name);
    await this.attempt('full', start);
    const { wider } = this.runner;
    if (wider) {
      const basis = fixed('sizes') ? start : wider;
      if (!fixed('cutoff')) await this.fullCutoffs(train, basis);
    } else if (!fixed('cutoff')) {
      for (const cutoff of await this.bestCutoffs(train, start))
        await this.attempt('full', { ...start, cutoff });
    }
    if (!fixed('sizes')) {
      const { point } = this.best();
      for (const next of this.runner.neighbours(point)) await this.attempt('full', next);
    }
    if (!fixed('weights')) {
      const { point } = this.best();
      for (const factor of FORCE_FACTORS)
        await this.attempt('full', { ...point, forceWeight: point.forceWeight * factor });
    }
    return this.outcome();
  }

  /** Cutoffs with the basis that a fit may have: four of them, then one beyond the best where that is the last. */
  private async fullCutoffs(train: ConfigurationSet, basis: TrialPoint): Promise<void> {
    const cutoffs = cutoffsToTry(basis.cutoff, typicalDistance(train));
    const [start, ...others] = cutoffs;
    this.expected = 11;
    const tried = [...others.slice(0, 3), start];
    for (const cutoff of tried) await this.attempt('full', { ...basis, cutoff });
    const best = this.best().point.cutoff;
    const beyond =
      best === Math.max(...tried)
        ? Math.min(...cutoffs.filter((cutoff) => cutoff > best))
        : best === Math.min(...tried)
          ? Math.max(...cutoffs.filter((cutoff) => cutoff < best))
          : Infinity;
    if (Number.isFinite(beyond)) await this.attempt('full', { ...basis, cutoff: beyond });
  }

  /** The two most promising cutoffs by sketches, the default one left out: it has been tried. */
  private async bestCutoffs(train: ConfigurationSet, start: TrialPoint): Promise<number[]> {
    const cutoffs = cutoffsToTry(start.cutoff, typicalDistance(train));
    this.expected = cutoffs.length + 8;
    for (const cutoff of cutoffs) await this.attempt('sketch', { ...start, cutoff });
    const sketches = this.trials.filter(({ kind }) => kind === 'sketch');
    if (sketches.length === 0) return [];
    const [base] = sketches;
    return sketches
      .toSorted((a, b) => score(a, base) - score(b, base))
      .map(({ point }) => point.cutoff)
      .filter((cutoff) => cutoff !== start.cutoff)
      .slice(0, 2);
  }

  /** The best full trial so far. */
  private best(): Trial {
    return this.choice().trial;
  }

  private get maximumCost(): number {
    const { maximumCost } = this.auto;
    if (maximumCost !== undefined) return maximumCost;
    const cost = this.trials.find(({ kind }) => kind === 'full')?.cost ?? null;
    return cost === null ? Infinity : USUAL_COST_FACTOR * cost;
  }

  private choice(): Choice {
    const full = this.trials.filter(({ kind }) => kind === 'full');
    const { level } = this.runner.start;
    // a higher level is always better and always dearer: without a limit of cost it is the user's to ask for
    const asked =
      level === undefined || this.auto.maximumCost !== undefined
        ? full
        : full.filter(({ point }) => (point.level ?? level) === level);
    const found = choose(asked, this.maximumCost);
    if (!found) throw new FitError('None of the settings could be tried within the budget of the search.');
    const dearer =
      asked.length < full.length
        ? ' The level stays as it was asked for: other levels are in the table with what they cost.'
        : '';
    return { ...found, reason: found.reason + dearer };
  }

  /** Tries a point, unless it is known or the budget is spent; the first is always tried. */
  private async attempt(kind: Trial['kind'], point: TrialPoint): Promise<void> {
    const { options, trials } = this;
    if (options.signal?.aborted) throw new CancelledError();
    const same = (trial: Trial) => trial.kind === kind && pointWords(trial.point) === pointWords(point);
    if (trials.some(same)) return;
    const before = this.known?.trials.find(same);
    const seconds = this.runner.seconds(kind, point);
    if (before) {
      this.spent += seconds;
      trials.push(before);
      return;
    }
    if (trials.length > 0) {
      if (this.known?.complete) return;
      if (this.auto.trials !== undefined && trials.length >= this.auto.trials) this.ended = 'trials';
      else if (this.spent + seconds / 2 > this.auto.seconds) this.ended = 'time';
      else if (performance.now() - this.started > 1000 * SLOWEST * this.auto.seconds) this.ended = 'time';
      if (this.ended !== 'complete') return;
    }
    const what = kind === 'sketch' ? `cutoff ${point.cutoff} Å` : pointWords(point);
    options.onProgress?.({
      fraction: Math.min(0.99, trials.length / this.expected),
      message: `trying settings: ${what}`,
    });
    try {
      this.spent += seconds;
      const found = await this.runner.run(kind, point);
      trials.push({ number: trials.length + 1, kind, point, ...found });
    } catch (error) {
      if (!(error instanceof FitError) || trials.length === 0) throw error;
      options.onNote?.(`${what}: ${error.message}`, 'warning');
      return;
    }
    options.onCheckpoint?.({ stage: 'auto', known: { trials: [...trials], complete: false } });
  }

  private outcome(): SearchOutcome {
    const { trial, reason } = this.choice();
    const { point } = trial;
    const { request } = this;
    const report: SearchReport = {
      trials: this.trials,
      chosen: trial.number,
      reason,
      maximumCost: Number.isFinite(this.maximumCost) ? this.maximumCost : null,
      seconds: (performance.now() - this.started) / 1000,
      ended: this.ended,
    };
    this.options.onNote?.(reason, 'info');
    return { request: requestWith(request, point), report, state: { trials: this.trials, complete: true } };
  }
}

/** Median of the shortest distances in some structures, Å. */
function typicalDistance(set: ConfigurationSet): number | undefined {
  const step = Math.max(1, Math.floor(set.count / TYPICAL));
  const distances: number[] = [];
  for (let k = 0; k < set.count; k += step) {
    const [configuration] = set.range(k, k + 1);
    const shortest = minimumDistance(configuration, 8);
    if (shortest !== undefined) distances.push(shortest);
  }
  return distances.sort((a, b) => a - b)[distances.length >> 1];
}
