/** The row of a configuration as SQLite gives it back: every array as bytes. */
import type { ConfigurationRecord, EncodedConfiguration } from '../../src-main/store/configuration-codec.ts';
import { bytesOf } from '../../src-main/store/binary.ts';

export function storedRecord(record: EncodedConfiguration): ConfigurationRecord {
  const orNull = (array: ArrayBufferView | null) => (array === null ? null : bytesOf(array));
  const { header, kinds, cell, virial, positions, forces, extras } = record;
  return {
    header,
    kinds: bytesOf(kinds),
    cell: bytesOf(cell),
    virial: orNull(virial),
    positions: bytesOf(positions),
    forces: orNull(forces),
    extras: orNull(extras),
  };
}
