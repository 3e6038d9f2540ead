/**
 * Which of the settings that were tried a fit should take: accuracy on configurations held out against the cost of a step.
 * Errors of two trials are compared on the same configurations only, as ratios to the default settings.
 */
import { z } from 'zod';

/** Settings that a search may change. */
export const trialPointSchema = z.object({
  /** Å */
  cutoff: z.number(),
  /** Tensor regression: P, Q, radial functions of angular descriptors. */
  radialSize: z.number().optional(),
  angularSize: z.number().optional(),
  angularRadial: z.number().optional(),
  /** Moment tensors: level of the basis. */
  level: z.number().optional(),
  /** w_f, Å²/eV² */
  forceWeight: z.number(),
});
export type TrialPoint = z.infer<typeof trialPointSchema>;

export const trialSchema = z.object({
  /** Number in the order of the search, from 1. */
  number: z.number(),
  /** 'sketch': a small basis, to tell cutoffs apart; 'full': the fit as it would be. */
  kind: z.enum(['sketch', 'full']),
  point: trialPointSchema,
  /** Mean absolute errors on held-out configurations: meV/atom, eV/Å, meV/atom; null without such labels. */
  energy: z.number().nullable(),
  force: z.number().nullable(),
  virial: z.number().nullable(),
  /** Energies, forces and virial, µs per atom and step of one core, counted (work.ts); null of sketches. */
  cost: z.number().nullable(),
  /** Linear coefficients. */
  coefficients: z.number(),
});
export type Trial = z.infer<typeof trialSchema>;

/** What a resumed search needs to know. */
export const searchStateSchema = z.object({ trials: z.array(trialSchema), complete: z.boolean() });
export type SearchState = z.infer<typeof searchStateSchema>;

/** Weights of ln(error/error of the default) in the score. */
const SHARES = { energy: 0.45, force: 0.45, virial: 0.1 } as const;
/** An error of energies or forces may be larger than with the default settings by this factor. */
const TOLERATED = 1.03;
/** Scores that differ by less are the same: the cheaper one wins. */
const SAME = 0.02;

/** Geometric mean of the ratios of errors to those of another trial: below 1 is better. */
export function score(trial: Trial, base: Trial): number {
  let [sum, shares] = [0, 0];
  for (const kind of ['energy', 'force', 'virial'] as const) {
    const [mine, other] = [trial[kind], base[kind]];
    if (mine === null || other === null || !(other > 0) || !(mine > 0)) continue;
    sum += SHARES[kind] * Math.log(mine / other);
    shares += SHARES[kind];
  }
  return shares > 0 ? Math.exp(sum / shares) : 1;
}

/** Whether neither energies nor forces lose against another trial. */
export function losesNothing(trial: Trial, base: Trial): boolean {
  return (['energy', 'force'] as const).every((kind) => {
    const [mine, other] = [trial[kind], base[kind]];
    return mine === null || other === null || mine <= TOLERATED * other;
  });
}

/** Trials that no other one beats in both score and cost, cheapest first. */
export function paretoTrials(trials: readonly Trial[], base: Trial): Trial[] {
  const sorted = trials
    .filter(({ cost }) => cost !== null)
    .sort((a, b) => (a.cost ?? 0) - (b.cost ?? 0) || score(a, base) - score(b, base));
  let best = Infinity;
  return sorted.filter((trial) => {
    const value = score(trial, base);
    if (value >= best) return false;
    best = value;
    return true;
  });
}

export interface Choice {
  readonly trial: Trial;
  readonly reason: string;
}

/**
 * The trial to take: the best score among those that lose nothing against the default settings (the first of their
 * kind) and cost at most so much; within 2 % of the best, the cheapest.
 * @param trials of one kind
 * @param maximumCost µs per atom and step
 */
export function choose(trials: readonly Trial[], maximumCost = Infinity): Choice | undefined {
  const base = trials.at(0);
  if (!base) return undefined;
  const affordable = trials.filter(({ cost }) => cost === null || cost <= maximumCost);
  if (affordable.length === 0) {
    const cheapest = trials.reduce((a, b) => ((b.cost ?? Infinity) < (a.cost ?? Infinity) ? b : a));
    return {
      trial: cheapest,
      reason: `None of the settings that were tried costs at most ${maximumCost.toPrecision(2)} µs per atom and step; these cost least (${costWords(cheapest)}).`,
    };
  }
  const limited = !affordable.includes(base);
  const fair = limited ? affordable : affordable.filter((trial) => losesNothing(trial, base));
  const best = fair.reduce((a, b) => (score(b, base) < score(a, base) ? b : a));
  const same = fair.filter((trial) => score(trial, base) <= (1 + SAME) * score(best, base));
  const trial = same.reduce((a, b) => ((b.cost ?? Infinity) < (a.cost ?? Infinity) ? b : a));
  return { trial, reason: reasonFor(trial, base, best, limited, maximumCost) };
}

function reasonFor(trial: Trial, base: Trial, best: Trial, limited: boolean, maximumCost: number): string {
  const limit = Number.isFinite(maximumCost)
    ? ` among those of at most ${maximumCost.toPrecision(2)} µs per atom and step`
    : '';
  if (trial === base) {
    return `The default settings stay: none of those tried${limit} is better on held-out configurations in energies and forces together without losing in one.`;
  }
  const kinds = (['energy', 'force'] as const).flatMap((kind) => {
    const [mine, other] = [trial[kind], base[kind]];
    return mine === null || other === null || !(other > 0)
      ? []
      : [`${kind === 'energy' ? 'energy' : 'force'} errors ${percentWords(mine / other)}`];
  });
  const cheaper =
    trial === best ? '' : ` The most accurate one is better by less than ${100 * SAME} % and dearer.`;
  const over = limited ? ` The default settings themselves cost ${costWords(base)}.` : '';
  return `${pointWords(trial.point)}: the best on held-out configurations${limit}, ${kinds.join(' and ')} against the default settings (${pointWords(base.point)}), at ${costWords(trial)} instead of ${costWords(base)}.${cheaper}${over}`;
}

function percentWords(ratio: number): string {
  const change = 100 * Math.abs(ratio - 1);
  return change < 0.5 ? 'the same' : `${change.toFixed(0)} % ${ratio < 1 ? 'smaller' : 'larger'}`;
}

function costWords({ cost }: Trial): string {
  return cost === null ? 'an unknown cost' : `${cost.toPrecision(2)} µs per atom and step`;
}

/** Settings in a few words, such as 'cutoff 6 Å, 9/7/3 functions'. */
export function pointWords(point: TrialPoint): string {
  const { cutoff, radialSize, angularSize, angularRadial, level, forceWeight } = point;
  return [
    `cutoff ${Number(cutoff.toFixed(2))} Å`,
    ...(radialSize === undefined ? [] : [`${radialSize}/${angularSize}/${angularRadial} functions`]),
    ...(level === undefined ? [] : [`level ${level}`]),
    `w_f ${Number(forceWeight.toPrecision(2))}`,
  ].join(', ');
}

/** Factors on the default cutoff that are tried, the likely ones first. */
const CUTOFFS = [1, 1.2, 1.1, 1.4, 0.9, 1.3, 1.6];

/** Cutoffs to try, Å: around the default one, further out for large atoms. */
export function cutoffsToTry(start: number, typicalDistance: number | undefined): number[] {
  // the default of 5 Å suits neighbours at 2.4 to 2.9 Å
  const scale = typicalDistance === undefined ? 1 : Math.max(1, typicalDistance / 2.9);
  const rounded = CUTOFFS.map((factor, k) =>
    k === 0 ? start : Math.min(20, Math.round(2 * start * factor * scale) / 2),
  );
  return [...new Set(rounded)].filter((cutoff) => cutoff >= 2);
}

/** Factors on w_f that are tried. */
export const FORCE_FACTORS = [3, 1 / 3];
