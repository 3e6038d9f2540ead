/** What a search asks of a functional form: to try settings, and to name those worth trying. */
import { atomsOf, createForceEngine } from '../../../../src-compute/backends/index.ts';
import type { PotentialModel } from '../../../../src-compute/potentials/registry.ts';
import type { Trial, TrialPoint } from '../../../../src-compute/fitting/auto/choice.ts';
import { atomCount, type Configuration } from '../../../../src-compute/structure/configuration.ts';
import type { ConfigurationSet } from '../configuration-set.ts';
import type { FitRequest } from '../fit-request.ts';
import type { TrainingSurvey } from '../survey.ts';

/** What is the same for all trials. */
export interface TrialData {
  readonly request: FitRequest;
  readonly set: ConfigurationSet;
  /** Group of each configuration. */
  readonly groups: Int32Array;
  readonly survey: TrainingSurvey;
  readonly minimumDistance: number;
  /** Structure that costs are measured on. */
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

/** Least times that a measurement takes. */
const REPEATS = 8;
const MEASURE_MS = 150;

/** µs per atom for energies, forces and virial on one thread, neighbours kept; null where it cannot be computed. */
export function costOf(model: PotentialModel, probe: Configuration): number | null {
  try {
    const engine = createForceEngine(model, atomsOf(probe));
    try {
      engine.compute(probe.positions, probe.cell);
      let fastest = Infinity;
      const end = performance.now() + MEASURE_MS;
      for (let k = 0; k < REPEATS || performance.now() < end; k++) {
        const before = performance.now();
        engine.compute(probe.positions, probe.cell);
        fastest = Math.min(fastest, performance.now() - before);
      }
      return (1000 * fastest) / atomCount(probe);
    } finally {
      engine.dispose();
    }
  } catch {
    // a trial that cannot be measured is still worth its errors
    return null;
  }
}
