/**
 * LAMMPS boxes. A restricted triclinic box has a along x and b in the xy plane: a = (lx, 0, 0), b = (xy, ly, 0),
 * c = (xz, yz, lz); dump files print the bounds of the box that encloses it. LAMMPS manual, "Howto triclinic".
 */
import { signedVolume } from '../../src-compute/structure/cell.ts';
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { FormatError, FrameFailure } from './format.ts';

export interface LammpsBox {
  /** Lattice vectors as rows, Å. */
  readonly cell: Float64Array;
  /** Corner from which the lattice vectors start, Å. */
  readonly origin: readonly [number, number, number];
}

/** Box from its bounds and tilts. */
export function boxFromBounds(
  low: readonly number[],
  high: readonly number[],
  tilts: readonly number[],
): LammpsBox {
  const [xy, xz, yz] = tilts;
  const lengths = [0, 1, 2].map((axis) => high[axis] - low[axis]);
  if (lengths.some((length) => !(length > 0))) {
    throw new FrameFailure('Expected box bounds whose upper end lies above the lower end.');
  }
  return {
    cell: Float64Array.of(lengths[0], 0, 0, xy, lengths[1], 0, xz, yz, lengths[2]),
    origin: [low[0], low[1], low[2]],
  };
}

/** Box from the bounds that a dump file prints for a triclinic box. */
export function boxFromDumpBounds(
  low: readonly number[],
  high: readonly number[],
  tilts: readonly number[],
): LammpsBox {
  const [xy, xz, yz] = tilts;
  return boxFromBounds(
    [low[0] - Math.min(0, xy, xz, xy + xz), low[1] - Math.min(0, yz), low[2]],
    [high[0] - Math.max(0, xy, xz, xy + xz), high[1] - Math.max(0, yz), high[2]],
    tilts,
  );
}

/** A configuration turned into the frame in which LAMMPS wants its box. */
export interface LammpsFrame {
  readonly cell: Float64Array;
  /** Lower corner of the box, Å. */
  readonly origin: readonly [number, number, number];
  readonly positions: Float64Array;
  readonly velocities?: Float64Array;
  readonly forces?: Float64Array;
  readonly rotated: boolean;
}

/**
 * Turns a configuration so that a lies along x and b in the xy plane; nothing changes when they already do.
 * Free axes without a lattice vector get one that encloses the atoms.
 * @throws FormatError for a left-handed cell, which no rotation brings into this form
 */
export function toLammpsFrame(configuration: Configuration, file: string, frame: number): LammpsFrame {
  const { cell, origin } = enclosing(configuration);
  const { positions, velocities, forces } = configuration;
  if (signedVolume(cell) <= 0) {
    throw new FormatError('LAMMPS needs right-handed lattice vectors, and these are left-handed.', {
      file,
      frame,
      remedy: 'Exchange two lattice vectors.',
    });
  }
  if (cell[1] === 0 && cell[2] === 0 && cell[5] === 0 && cell[0] > 0 && cell[4] > 0) {
    return { cell, origin, positions, velocities, forces, rotated: false };
  }
  const rows = [0, 1, 2].map((axis) => [cell[3 * axis], cell[3 * axis + 1], cell[3 * axis + 2]]);
  const dot = (u: readonly number[], v: readonly number[]) => u[0] * v[0] + u[1] * v[1] + u[2] * v[2];
  const unit = (u: readonly number[]) => u.map((x) => x / Math.hypot(...u));
  const x = unit(rows[0]);
  const z = unit([
    rows[0][1] * rows[1][2] - rows[0][2] * rows[1][1],
    rows[0][2] * rows[1][0] - rows[0][0] * rows[1][2],
    rows[0][0] * rows[1][1] - rows[0][1] * rows[1][0],
  ]);
  const y = [z[1] * x[2] - z[2] * x[1], z[2] * x[0] - z[0] * x[2], z[0] * x[1] - z[1] * x[0]];
  const turn = (values: Float64Array) => {
    const turned = new Float64Array(values.length);
    for (let k = 0; k < values.length; k += 3) {
      const v = [values[k], values[k + 1], values[k + 2]];
      turned[k] = dot(v, x);
      turned[k + 1] = dot(v, y);
      turned[k + 2] = dot(v, z);
    }
    return turned;
  };
  const turnedCell = turn(cell);
  turnedCell[1] = turnedCell[2] = turnedCell[5] = 0; // zero but for rounding
  const corner = turn(Float64Array.from(origin));
  return {
    cell: turnedCell,
    origin: [corner[0], corner[1], corner[2]],
    positions: turn(positions),
    velocities: velocities === undefined ? undefined : turn(velocities),
    forces: forces === undefined ? undefined : turn(forces),
    rotated: true,
  };
}

/** The cell, with vectors along missing free axes that enclose the atoms with 10 Å to spare. */
function enclosing(configuration: Configuration): { cell: Float64Array; origin: [number, number, number] } {
  const cell = Float64Array.from(configuration.cell);
  const origin: [number, number, number] = [0, 0, 0];
  for (let axis = 0; axis < 3; axis++) {
    if (cell[3 * axis] !== 0 || cell[3 * axis + 1] !== 0 || cell[3 * axis + 2] !== 0) continue;
    let low = Infinity;
    let high = -Infinity;
    for (let k = axis; k < configuration.positions.length; k += 3) {
      low = Math.min(low, configuration.positions[k]);
      high = Math.max(high, configuration.positions[k]);
    }
    origin[axis] = low - 10;
    cell[4 * axis] = high - low + 20;
  }
  return { cell, origin };
}
