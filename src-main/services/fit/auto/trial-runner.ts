/** What a search asks of a functional form: to try settings, and to name those worth trying. */
import type { Trial, TrialPoint } from '../../../../src-compute/fitting/auto/choice.ts';
import { atomCount, type Configuration } from '../../../../src-compute/structure/configuration.ts';
import { neighbourPairs } from '../../../../src-compute/structure/neighbour-list.ts';
import type { ConfigurationSet } from '../../../../src-compute/fitting/data/configuration-set.ts';
import type { FitRequest } from '../fit-request.ts';
import type { TrainingSurvey } from '../../../../src-compute/fitting/data/survey.ts';

/** What is the same for all trials. */
export interface TrialData<Request = FitRequest> {
  readonly request: Request;
  readonly set: ConfigurationSet;
  /** Group of each configuration. */
  readonly groups: Int32Array;
  readonly survey: TrainingSurvey;
  readonly minimumDistance: number;
  /** Structure whose neighbours costs are counted with. */
  readonly probe: Configuration;
  readonly threads: number;
  readonly signal: AbortSignal | undefined;
}

export type TrialResult = Omit<Trial, 'number' | 'kind' | 'point'>;

export interface TrialRunner {
  /** What the fit would take without a search. */
  readonly start: TrialPoint;
  /**
   * The basis that cutoffs are compared with in full, where a small one would mislead; absent where sketches do: a small
   * basis favours short cutoffs, which it resolves better.
   */
  readonly wider?: TrialPoint;
  /** Settings next to a point in everything but cutoff and weights, the most promising first. */
  neighbours(point: TrialPoint): TrialPoint[];
  /** What a trial takes, s of two quiet cores, counted and not measured; asked once for every trial, in their order. */
  seconds(kind: Trial['kind'], point: TrialPoint): number;
  /** @throws FitError, CancelledError */
  run(kind: Trial['kind'], point: TrialPoint): Promise<TrialResult>;
  dispose(): void;
}

/** Largest structure of up to a thousand atoms. */
export function probeOf(set: ConfigurationSet): Configuration {
  let best = 0;
  for (let k = 1; k < set.count; k++) {
    if (set.atoms[k] <= 1000 && (set.atoms[k] > set.atoms[best] || set.atoms[best] > 1000)) best = k;
  }
  return set.range(best, best + 1)[0];
}

/** Mean number of neighbours of an atom of the structure. */
export function neighboursOf(probe: Configuration, cutoff: number): number {
  const atoms = atomCount(probe);
  return neighbourPairs(probe, cutoff).start[atoms] / Math.max(1, atoms);
}
