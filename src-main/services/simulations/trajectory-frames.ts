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

/** All frames with everything that is kept of them: energies, forces and velocities, scalars by name. */
export function* trajectoryFrames(reader: TrajectoryReader): Generator<Configuration> {
  const { scalars } = reader.head;
  const energyIndex = scalars.indexOf('potential_ev');
  for (let k = 0; k < reader.frames; k++) {
    const frame = reader.frame(k);
    yield {
      ...frameConfiguration(reader, k),
      ...(energyIndex >= 0 ? { energy: frame.scalars[energyIndex] } : {}),
      ...(frame.forces ? { forces: Float64Array.from(frame.forces) } : {}),
      ...(frame.atomEnergies ? { atomEnergies: Float64Array.from(frame.atomEnergies) } : {}),
      info: Object.fromEntries(scalars.map((name, i) => [name, frame.scalars[i]])),
    };
  }
}
