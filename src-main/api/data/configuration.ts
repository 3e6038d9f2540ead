/** One configuration as arrays, for the 3D view. */
import { encodeArrayFrame, type FrameArray, type FrameNote } from '../../../src-compute/array-frame.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';

/**
 * Arrays `positions` f64 3N, `kinds` u16 N, `cell` f64 9, where known `forces`, `virial`, `atomEnergies`; notes
 * `symbols`, `periodic` (three 0 or 1), `energy`.
 */
export function configurationBlock(
  configuration: Configuration,
  extra: Readonly<Record<string, FrameArray>> = {},
  notes: Readonly<Record<string, FrameNote>> = {},
): Uint8Array<ArrayBuffer> {
  const { positions, kinds, cell, forces, virial, atomEnergies, velocities, energy } = configuration;
  return encodeArrayFrame(
    {
      positions,
      kinds,
      cell,
      ...(forces ? { forces } : {}),
      ...(virial ? { virial } : {}),
      ...(atomEnergies ? { atomEnergies } : {}),
      ...(velocities ? { velocities } : {}),
      ...extra,
    },
    {
      symbols: configuration.symbols,
      periodic: configuration.periodic.map(Number),
      energy: energy ?? null,
      ...notes,
    },
  );
}
