/** Force engines that can do more than one force call at a time. */
import type { ForceEngine } from './potential.ts';

/**
 * A force engine that also carries out stretches of velocity Verlet (constant energy, volume and step, all atoms free)
 * by itself, such as a GPU on which the state stays.
 */
export interface SteppingEngine extends ForceEngine {
  /** fs */
  readonly timestep: number;
  /**
   * Does steps from the state given and writes the state and `result` at their end. When it fails, the state given is
   * as it was.
   * @param state positions in Å and velocities in Å/fs, 3N each
   * @param first number of the step before the first one, for messages
   * @throws SimulationError when the run explodes; StructureError for unusable structures
   */
  advance(
    state: { readonly positions: Float64Array; readonly velocities: Float64Array },
    steps: number,
    first: number,
  ): Promise<void>;
}

export function isSteppingEngine(engine: ForceEngine): engine is SteppingEngine {
  return 'advance' in engine;
}
