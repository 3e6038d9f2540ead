/** One configuration as arrays, for the 3D view. */
import { encodeArrayFrame, type FrameArray, type FrameNote } from '../../../src-compute/array-frame.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { TABLE } from '../../../src-compute/structure/properties.ts';

/**
 * Arrays `positions` f64 3N, `kinds` u16 N, `cell` f64 9, and by its key every property of the table that is an array;
 * notes `symbols`, `periodic` (three 0 or 1), and the properties that are plain numbers, null where there is none.
 */
export function configurationBlock(
  configuration: Configuration,
  extra: Readonly<Record<string, FrameArray>> = {},
  notes: Readonly<Record<string, FrameNote>> = {},
): Uint8Array<ArrayBuffer> {
  const { positions, kinds, cell } = configuration;
  const properties: Record<string, FrameArray> = {};
  const numbers: Record<string, FrameNote> = {};
  for (const { key, scalar } of TABLE) {
    const value = configuration[key];
    if (typeof value === 'object') properties[key] = value;
    else if (scalar === true) numbers[key] = value ?? null;
  }
  return encodeArrayFrame(
    {
      positions,
      kinds,
      cell,
      ...properties,
      ...extra,
    },
    {
      symbols: configuration.symbols,
      periodic: configuration.periodic.map(Number),
      ...numbers,
      ...notes,
    },
  );
}
