/** What watches a run from within, such as the novelty guard, and survives its end and resumption. */
import type { ParticleSystem } from '../../../src-compute/sampling/system.ts';
import type { GuardState } from './checkpoint-file.ts';

export interface RunGuard {
  /** It wants to see every step whose number is a multiple of this; others may be left out. */
  readonly every: number;
  /** Called after steps or trajectories; what it throws ends the run. */
  observe(step: number, system: ParticleSystem): void;
  /** All that it has seen, for the checkpoint. */
  save(): GuardState;
  /** Goes back to what it had seen at a checkpoint. */
  restore(state: GuardState, system: ParticleSystem): void;
}
