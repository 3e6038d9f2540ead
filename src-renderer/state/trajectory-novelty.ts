/** The novelty of a trajectory as the page shows it: a time series, and frames with a number per atom. */
import type { TrajectoryNovelty } from '../../src-main/api/types.ts';
import { percentileRange } from '../viewer/scalar-range.ts';
import type { ViewerScalar, ViewerStructure, ViewerTrajectory } from '../viewer/types.ts';
import { api, fetchArrays } from '../host/connection.ts';
import { CLEARLY_NEW, noveltyScalar } from './frame-novelty.ts';
import { readTrajectory } from './trajectory.ts';

export interface FollowedTrajectory {
  readonly facts: TrajectoryNovelty;
  /** Frame of the trajectory of each look. */
  readonly frame: Uint32Array;
  /** δH of each look over its atoms, nats; part of the atoms with δH > 0. */
  readonly mean: Float64Array;
  readonly max: Float64Array;
  readonly fraction: Float64Array;
  /** Time (ps) or number of the frame. */
  readonly x: Float64Array;
  readonly xName: string;
  label(look: number): string;
  readonly structure: ViewerStructure;
  readonly scalars: readonly ViewerScalar[];
  /** The frames that were looked at. */
  readonly frames: ViewerTrajectory;
}

/** Fetches an analysis of kind 'trajectory-novelty' with the head of its trajectory. */
export async function readTrajectoryNovelty(analysisId: number): Promise<FollowedTrajectory> {
  const [facts, series] = await Promise.all([
    api.coverage.followed.query({ analysisId }),
    fetchArrays(`analyses/${analysisId}`),
  ]);
  const trajectory = await readTrajectory(facts.trajectoryId);
  const frame = series.u32('frame');
  const max = series.f64('max');
  const values = async (look: number) =>
    (await fetchArrays(`analyses/${analysisId}/frames/${look}`)).f32('values');
  const range = [0, Math.min(CLEARLY_NEW, Math.max(1, percentileRange(max, 0.02, 0.9)[1]))] as const;
  const { time } = trajectory;
  const label = (look: number) => trajectory.label(frame[look] ?? 0);
  return {
    facts,
    frame,
    mean: series.f64('mean'),
    max,
    fraction: series.f64('fraction'),
    x: Float64Array.from(frame, (index) => (time ? time[index] / 1000 : index)),
    xName: time ? 'Time (ps)' : 'Frame',
    label,
    structure: trajectory.structure,
    scalars: [noveltyScalar(await values(0), range)],
    frames: {
      count: frame.length,
      frame: async (look) => {
        const [shown, scalar] = await Promise.all([trajectory.frame(frame[look]), values(look)]);
        return { positions: shown.positions, cell: shown.cell, scalar };
      },
      label,
    },
  };
}
