/** A trajectory of the project, fetched frame by frame. */
import { fetchArrays } from '../host/connection.ts';
import type { ViewerStructure } from '../viewer/types.ts';

export interface TrajectoryFrameArrays {
  readonly positions: Float32Array;
  readonly cell: Float64Array;
  /** eV */
  readonly atomEnergies?: Float32Array;
  /** Å/fs, where the run kept them; 3N. */
  readonly velocities?: Float32Array;
  /** eV/Å, where the run kept them; 3N. */
  readonly forces?: Float32Array;
  /** δH of each atom where the run carried a guard, nats; NaN where it did not look. */
  readonly novelty?: Float32Array;
}

export interface TrajectoryAccess {
  readonly id: number;
  /** Atoms with the positions of the first frame. */
  readonly structure: ViewerStructure;
  readonly first: TrajectoryFrameArrays;
  /** Time of each frame, fs, where it is known. */
  readonly time: Float64Array | undefined;
  /** Where each frame lies on the axis of the run's charts: ps, or the number of its Monte Carlo trajectory. */
  readonly places: Float64Array | undefined;
  frame(index: number): Promise<TrajectoryFrameArrays>;
  /** When a frame is: '1.250 ps', or its number. */
  label(index: number): string;
}

/** Fetches head and first frame. The trajectory must have one. */
export async function readTrajectory(id: number): Promise<TrajectoryAccess> {
  const frame = async (index: number): Promise<TrajectoryFrameArrays> => {
    const arrays = await fetchArrays(`trajectories/${id}/frames/${index}`);
    return {
      positions: arrays.f32('positions'),
      cell: arrays.f64('cell'),
      ...(arrays.has('atomEnergies') ? { atomEnergies: arrays.f32('atomEnergies') } : {}),
      ...(arrays.has('velocities') ? { velocities: arrays.f32('velocities') } : {}),
      ...(arrays.has('forces') ? { forces: arrays.f32('forces') } : {}),
      ...(arrays.has('novelty') ? { novelty: arrays.f32('novelty') } : {}),
    };
  };
  const [head, first, series] = await Promise.all([
    fetchArrays(`trajectories/${id}`),
    frame(0),
    fetchArrays(`trajectories/${id}/series`),
  ]);
  const [a, b, c] = head.numbers('periodic').map((value) => value !== 0);
  const time = series.has('time_fs') ? series.f64('time_fs') : undefined;
  return {
    id,
    structure: {
      symbols: head.texts('symbols'),
      kinds: head.u16('kinds'),
      positions: first.positions,
      cell: first.cell,
      periodic: [a, b, c],
    },
    first,
    time,
    places: time?.map((fs) => fs / 1000) ?? (series.has('trajectory') ? series.f64('trajectory') : undefined),
    frame,
    label: (index) =>
      time && index < time.length ? `${(time[index] / 1000).toFixed(3)} ps` : `frame ${index}`,
  };
}
