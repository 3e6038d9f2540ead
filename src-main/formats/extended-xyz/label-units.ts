/**
 * Units of the labels of a frame: those that the caller names, else those of keys such as `energy-unit=hartree`,
 * `force_unit=Ha/bohr`, `stress-unit=GPa`. Such keys are taken out of the frame: its numbers are eV and Å from then on.
 */
import { ForcewrightError } from '../../../src-compute/errors.ts';
import type { FrameValue } from '../../../src-compute/structure/configuration.ts';
import { FrameFailure, type ReadOptions } from '../format.ts';
import type { LabelKeys } from '../labels.ts';
import { unitOf, type Dimension } from '../units.ts';

export interface LabelFactors {
  readonly length: number;
  readonly energy: number;
  readonly forces: number;
  readonly virial: number;
  /** The numbers under the key of the virial are a pressure. */
  readonly virialIsPressure: boolean;
}

const UNIT_KEY = /^(.+?)[-_]units?$/i;
const NAMES = {
  length: ['length', 'pos', 'position', 'positions', 'lattice', 'cell'],
  energy: ['energy'],
  forces: ['force', 'forces'],
  virial: ['virial', 'virials'],
  stress: ['stress', 'stresses'],
} as const;

/** Factors of the labels; undefined when nothing says that they are not eV and Å. */
export function factorsOf(
  header: Map<string, FrameValue>,
  keys: LabelKeys,
  options: ReadOptions,
  atoms: number,
  line: number,
): LabelFactors | undefined {
  const { energyUnit, forceUnit, virialUnit, lengthUnit } = options;
  const said = new Map<string, string>();
  for (const [key, value] of header) {
    const what = typeof value === 'string' ? UNIT_KEY.exec(key)?.[1].toLowerCase() : undefined;
    if (what !== undefined) said.set(what, value as string);
  }
  if (said.size === 0 && [energyUnit, forceUnit, virialUnit, lengthUnit].every((unit) => unit === undefined))
    return undefined;
  const found = (label: string | undefined, names: readonly string[]) =>
    [label?.toLowerCase(), ...names].map((name) => said.get(name ?? '')).find((unit) => unit !== undefined);
  const factor = (unit: string | undefined, ...wanted: readonly Dimension[]) => {
    if (unit === undefined) return { factor: 1, pressure: false };
    try {
      const { factor: value, dimension, perAtom } = unitOf(unit, ...wanted);
      return { factor: perAtom ? value * atoms : value, pressure: dimension === 'pressure' };
    } catch (error) {
      if (!(error instanceof ForcewrightError)) throw error;
      throw new FrameFailure(error.message, line);
    }
  };
  const energyOfFile = energyUnit ?? found(keys.energy, NAMES.energy);
  const isVirial = keys.virial !== undefined;
  // a virial without a unit of its own is an energy like the other
  const virialOfFile =
    virialUnit ??
    (isVirial ? (found(keys.virial, NAMES.virial) ?? energyOfFile) : found(keys.stress, NAMES.stress));
  const virial = isVirial ? factor(virialOfFile, 'energy', 'pressure') : factor(virialOfFile, 'pressure');
  const factors = {
    length: factor(lengthUnit ?? found(undefined, NAMES.length), 'length').factor,
    energy: factor(energyOfFile, 'energy').factor,
    forces: factor(forceUnit ?? found(keys.forces, NAMES.forces), 'force').factor,
    virial: virial.factor,
    virialIsPressure: isVirial && virial.pressure,
  };
  const known = new Set<string>(Object.values(NAMES).flat());
  for (const label of [keys.energy, keys.forces, keys.virial, keys.stress])
    if (label !== undefined) known.add(label.toLowerCase());
  for (const key of [...header.keys()])
    if (known.has(UNIT_KEY.exec(key)?.[1].toLowerCase() ?? '')) header.delete(key);
  return factors;
}
