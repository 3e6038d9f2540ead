/**
 * Runs that came to their end and mean nothing: their files are kept, and they end as what they are. A run whose conserved
 * energy has changed by eV per atom has left the region where its potential or its time step is usable; a chain without
 * an accepted trajectory has sampled its first structure and nothing else.
 */
import { SimulationError } from '../../../src-compute/errors.ts';

/** Change of the conserved energy over a run beyond which it means nothing, eV/atom. */
const LARGEST_CHANGE = 1;
/** Trajectories from which on none accepted is no chance. */
const ENOUGH_TRAJECTORIES = 20;

/**
 * @param drift of the conserved energy, meV/atom/ps
 * @param time of the run, fs
 * @throws SimulationError when the conserved energy has changed by more than an eV per atom
 */
export function requireConserved(drift: number, time: number): void {
  const change = Math.abs((drift / 1000) * (time / 1000));
  if (!(change > LARGEST_CHANGE)) return;
  throw new SimulationError(
    `The conserved energy of this run has changed by ${change.toPrecision(3)} eV/atom: its averages mean nothing. What was written is kept.`,
    {
      remedy:
        'The potential may have met structures that its data do not have, or the time step is too long: look at the last frames, shorten the step, or add such structures to the data.',
    },
  );
}

/**
 * @param acceptance share of the trajectories that were accepted
 * @throws SimulationError when none of many was
 */
export function requireAccepted(acceptance: number, trajectories: number): void {
  if (acceptance > 0 || trajectories < ENOUGH_TRAJECTORIES) return;
  throw new SimulationError(
    `None of ${trajectories} trajectories was accepted: the chain never left its first structure, and its averages mean nothing. What was written is kept.`,
    {
      remedy:
        'Shorten the step or leave its tuning on, and check that the potential knows this structure at this temperature.',
    },
  );
}
