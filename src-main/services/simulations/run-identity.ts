/**
 * What a run must be resumed with, besides its settings: digests of the potential, the structure and the masks. A
 * checkpoint carries them, so that a run which would go on with something else is refused in words.
 */
import { createHash } from 'node:crypto';
import { SimulationError } from '../../../src-compute/errors.ts';
import type { PotentialModelBase } from '../../../src-compute/potentials/potential.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';

/** Digests by part. */
export type RunIdentity = Readonly<Partial<Record<Part, string>>>;

const PARTS = ['potential', 'cheapPotential', 'structure', 'fixed', 'thermostatted', 'masses'] as const;
type Part = (typeof PARTS)[number];

/** The part in a sentence that begins "The checkpoint was made with". */
const ANOTHER: Readonly<Record<Part, string>> = {
  potential: 'another potential',
  cheapPotential: 'another cheap potential, or without one',
  structure: 'another structure',
  fixed: 'other fixed atoms (--fix)',
  thermostatted: 'other thermostatted atoms (--thermostatted)',
  masses: 'another choice of masses (--masses)',
};

export interface RunIngredients {
  readonly model: PotentialModelBase;
  readonly cheapModel?: PotentialModelBase;
  readonly configuration: Configuration;
  readonly fixed?: Uint8Array;
  readonly thermostatted?: Uint8Array;
  readonly masses?: string;
}

/** Digests of what a run is made of. */
export function runIdentity(run: RunIngredients): RunIdentity {
  const { symbols, kinds, positions, cell, periodic, masses, velocities } = run.configuration;
  return {
    potential: digest(run.model),
    cheapPotential: digest(run.cheapModel ?? null),
    structure: digest([symbols, kinds, positions, cell, periodic, masses ?? null, velocities ?? null]),
    fixed: digest(someOf(run.fixed)),
    thermostatted: digest(run.thermostatted ?? null),
    masses: run.masses ?? 'physical',
  };
}

/** A mask without any atom is no mask. */
const someOf = (mask: Uint8Array | undefined) => (mask?.some(Boolean) ? mask : null);

/** SHA-256 of the value as JSON, arrays by their bytes. */
function digest(value: unknown): string {
  const hash = createHash('sha256');
  const text = JSON.stringify(value, (_key, item: unknown) => {
    if (!ArrayBuffer.isView(item)) return item;
    const bytes = new Uint8Array(item.buffer, item.byteOffset, item.byteLength);
    return createHash('sha256').update(bytes).digest('base64');
  });
  return hash.update(text).digest('base64');
}

/**
 * @param saved of the checkpoint; parts that it does not name are not compared
 * @throws SimulationError naming what differs
 */
export function requireSameRun(saved: RunIdentity, now: RunIdentity): void {
  const others = PARTS.filter((part) => saved[part] !== undefined && saved[part] !== now[part]);
  if (others.length === 0) return;
  throw new SimulationError(
    `The checkpoint was made with ${others.map((part) => ANOTHER[part]).join(', and with ')} than this run has.`,
    { remedy: 'Resume with what the run was started with, or start anew without --resume.' },
  );
}

/** Reads digests from a checkpoint; anything else counts as unknown. */
export function parseRunIdentity(text: string): RunIdentity {
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== 'object' || parsed === null) return {};
  const entries = new Map<string, unknown>(Object.entries(parsed));
  return Object.fromEntries(
    PARTS.flatMap((part) => {
      const value = entries.get(part);
      return typeof value === 'string' ? [[part, value]] : [];
    }),
  );
}
