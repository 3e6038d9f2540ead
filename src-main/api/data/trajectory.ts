/** Trajectories frame by frame, so that they may be larger than memory. */
import { encodeArrayFrame, type FrameArray } from '../../../src-compute/array-frame.ts';
import { TrajectoryReader } from '../../store/trajectories.ts';
import type { OpenProject } from '../workspace.ts';

/** Kinds of atoms and the number of frames that can be read now. */
export function trajectoryHead(open: OpenProject, id: number): Uint8Array<ArrayBuffer> {
  const reader = new TrajectoryReader(open.project, id);
  const { kinds, symbols, periodic, scalars, arrays, name } = reader.head;
  return encodeArrayFrame(
    { kinds },
    { symbols, periodic: periodic.map(Number), scalars, arrays, name, frames: reader.frames },
  );
}

/** Readers by trajectory: neighbours of a frame lie in the chunk that was read last. */
const readers = new WeakMap<OpenProject, Map<number, TrajectoryReader>>();

/** One frame: `positions` f32, `cell` f64, `scalars` f64; `atomEnergies`, `novelty`, … f32 where kept. */
export function trajectoryFrame(open: OpenProject, id: number, number: number): Uint8Array<ArrayBuffer> {
  const known = readers.get(open) ?? new Map<number, TrajectoryReader>();
  readers.set(open, known);
  let reader = known.get(id);
  if (reader === undefined) {
    reader = new TrajectoryReader(open.project, id);
    // a chunk each: keep few
    if (known.size >= 4) known.clear();
    known.set(id, reader);
  }
  const { positions, cell, scalars, atomEnergies, velocities, forces, novelty } = reader.frame(number);
  const arrays: Record<string, FrameArray> = { positions, cell, scalars };
  if (atomEnergies) arrays.atomEnergies = atomEnergies;
  if (velocities) arrays.velocities = velocities;
  if (forces) arrays.forces = forces;
  if (novelty) arrays.novelty = novelty;
  return encodeArrayFrame(arrays);
}

/** All scalars of all frames, one array by name. */
export function trajectorySeries(open: OpenProject, id: number): Uint8Array<ArrayBuffer> {
  const reader = new TrajectoryReader(open.project, id);
  return encodeArrayFrame(Object.fromEntries(reader.head.scalars.map((name) => [name, reader.series(name)])));
}
