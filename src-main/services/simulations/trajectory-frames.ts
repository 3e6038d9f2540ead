/** Frames of a trajectory of the project as configurations. */
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import type { TrajectoryReader } from '../../store/trajectories.ts';

/** One frame: atoms in their cell, with masses and velocities where they are kept. */
export function frameConfiguration(reader: TrajectoryReader, number: number): Configuration {
  const { positions, cell, velocities } = reader.frame(number);
  const { symbols, kinds, periodic, masses } = reader.head;
  return {
    symbols,
    kinds,
    periodic,
    cell,
    positions: Float64Array.from(positions),
    ...(masses ? { masses } : {}),
    ...(velocities ? { velocities: Float64Array.from(velocities) } : {}),
  };
}
