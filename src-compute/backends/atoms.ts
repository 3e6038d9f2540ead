/** The atoms that a force engine is made for: everything about a configuration but positions and cell. */
import type { Configuration } from '../structure/configuration.ts';

export interface AtomsOfEngine {
  readonly symbols: readonly string[];
  /** Index into symbols per atom. */
  readonly kinds: Uint16Array;
  readonly periodic: readonly [boolean, boolean, boolean];
}

/** Those of a configuration. */
export function atomsOf(configuration: Configuration): AtomsOfEngine {
  return { symbols: configuration.symbols, kinds: configuration.kinds, periodic: configuration.periodic };
}
