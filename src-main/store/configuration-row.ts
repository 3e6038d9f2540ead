/** What the project knows about a configuration without reading its arrays: one row of a list. */
import { volume } from '../../src-compute/structure/cell.ts';
import { formula, type Configuration } from '../../src-compute/structure/configuration.ts';
import { minimumDistance } from '../../src-compute/structure/minimum-distance.ts';
import {
  labelBits,
  largestNorm,
  summaryNumber,
  TABLE,
  type PropertyKey,
} from '../../src-compute/structure/properties.ts';
import { configurationHashes, fingerprints } from './content-hash.ts';

/** Bits of `flags`: what curation found. */
export const FLAG = {
  duplicate: 1,
  nearDuplicate: 2,
  conflictingLabels: 4,
  energyOutlier: 8,
  forceOutlier: 16,
  closeAtoms: 32,
  warning: 64,
} as const;
export type FlagName = keyof typeof FLAG;

/** Names of the flags that are set. */
export function flagNames(flags: number): FlagName[] {
  return (Object.keys(FLAG) as FlagName[]).filter((name) => (flags & FLAG[name]) !== 0);
}

/** Columns that follow from the configuration itself. */
export interface DerivedColumns {
  readonly formula: string;
  readonly atoms: number;
  /** eV */
  readonly energy: number | null;
  readonly energyPerAtom: number | null;
  /** Largest norm of a force, eV/Å. */
  readonly maxForce: number | null;
  /** Å³; null without a full cell. */
  readonly volume: number | null;
  /** tr(W)/(3V), eV/Å³. */
  readonly pressure: number | null;
  /** Å; null when no two atoms are closer than 4 Å. */
  readonly minimumDistance: number | null;
  readonly configType: string | null;
  /** Bits of the properties (properties.ts) that there are. */
  readonly labels: number;
  /** The number of each property that the table sums up. */
  readonly properties: readonly (readonly [PropertyKey, number])[];
  readonly contentHash: Buffer;
  readonly structureHash: Buffer;
  /** See fingerprints(). */
  readonly fingerprints: Float64Array;
}

/** Where in its file a configuration was. */
export interface ConfigurationSource {
  /** Index into the dataset's list of files. */
  readonly sourceFile: number;
  readonly sourceFrame: number;
  readonly sourceLine: number;
}

/** One row of a list of configurations. */
export interface ConfigurationRow
  extends
    Omit<DerivedColumns, 'contentHash' | 'structureHash' | 'fingerprints' | 'properties'>,
    ConfigurationSource {
  readonly id: number;
  /** Place in the dataset, from 0. */
  readonly position: number;
  readonly excluded: boolean;
  readonly weight: number;
  readonly split: string | null;
  readonly flags: number;
}

/**
 * Columns of a configuration.
 * @param distance the shortest one, Å, where it is known already
 * @throws StructureError when its cell is collapsed or a position is not a number
 */
export function derivedColumns(
  configuration: Configuration,
  distance = minimumDistance(configuration) ?? null,
): DerivedColumns {
  const { energy, forces, virial, periodic, cell, info } = configuration;
  const atoms = configuration.kinds.length;
  const cellVolume = periodic.every(Boolean) ? volume(cell) : null;
  const { structure, content } = configurationHashes(configuration);
  const configType = info?.config_type;
  return {
    formula: formula(configuration),
    atoms,
    energy: energy ?? null,
    energyPerAtom: energy === undefined || atoms === 0 ? null : energy / atoms,
    maxForce: forces === undefined ? null : largestNorm(forces, 3),
    volume: cellVolume,
    pressure: virial && cellVolume ? (virial[0] + virial[4] + virial[8]) / (3 * cellVolume) : null,
    minimumDistance: distance,
    configType: configType === undefined ? null : String(configType),
    labels: labelBits(configuration),
    properties: summariesOf(configuration),
    contentHash: content,
    structureHash: structure,
    fingerprints: fingerprints(configuration),
  };
}

/** One number for each property that the table sums up and the configuration has. */
function summariesOf(configuration: Configuration): DerivedColumns['properties'] {
  let found: [PropertyKey, number][] | undefined;
  for (const row of SUMMED) {
    if (configuration[row.key] === undefined) continue;
    const number = summaryNumber(configuration, row, configuration.kinds.length);
    if (number !== undefined) (found ??= []).push([row.key, number]);
  }
  return found ?? NONE;
}

const SUMMED = TABLE.filter((row) => row.summary !== undefined);
const NONE: DerivedColumns['properties'] = [];
