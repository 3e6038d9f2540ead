/**
 * Frames in the names that ASE's reader makes its own: σ = −W/V as `stress` (eV/Å³) and p = m v as `momenta`, with the
 * masses beside them. Of `virial` and `velo` it makes nothing (ASE documentation, ase.io, "extxyz").
 */
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { volume } from '../../../src-compute/structure/cell.ts';
import { massesOf, momentaOfVelocities } from '../ase-units.ts';
import type { WriteOptions } from '../format.ts';

export interface FrameWithAse extends Configuration {
  /** σ, eV/Å³, row-major. */
  readonly stress?: Float64Array;
  /** √(amu eV), 3 per atom. */
  readonly momenta?: Float64Array;
}

/** Keys and columns that were read under these names get others. */
const TAKEN = { info: 'stress', column: 'momenta' };

/** @param onNote takes what cannot be said in these names */
export function withAseNames(configuration: Configuration, onNote: WriteOptions['onNote']): FrameWithAse {
  const { virial, velocities, ...rest } = configuration;
  const { symbols, kinds, cell, periodic, info, atomColumns } = rest;
  const space = periodic.every(Boolean) ? volume(cell) : 0;
  const masses = massesOf(
    Array.from(kinds, (kind) => symbols[kind]),
    rest.masses,
  );
  const weighed = masses.every((mass) => mass > 0);
  if (virial && !(space > 0))
    onNote?.('Without a volume a virial is no stress: it stays "virial", which ASE keeps in info.');
  if (velocities && !weighed)
    onNote?.('Atoms of no known mass have no momenta: "velo" stays, which ASE keeps in arrays.');
  return {
    ...rest,
    ...(info && {
      info: Object.fromEntries(
        Object.entries(info).map(([key, value]) => [key === TAKEN.info ? `file_${key}` : key, value]),
      ),
    }),
    ...(atomColumns && {
      atomColumns: atomColumns.map((column) =>
        column.name === TAKEN.column ? { ...column, name: `file_${column.name}` } : column,
      ),
    }),
    ...(virial && (space > 0 ? { stress: virial.map((w) => -w / space) } : { virial })),
    ...(velocities &&
      (weighed ? { momenta: momentaOfVelocities(velocities, masses), masses } : { velocities })),
  };
}
