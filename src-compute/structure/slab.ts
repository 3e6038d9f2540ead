/**
 * Slabs: a crystal cut along a plane of given Miller indices, with all its terminations, and vacuum on both sides. The
 * cell is made anew so that two of its vectors lie in the plane and the third leads from layer to layer.
 */
import { StructureError } from '../errors.ts';
import { inverse, volume } from './cell.ts';
import { atomCount, type Configuration } from './configuration.ts';

export interface SlabOptions {
  /** Layers of the repeat of the plane. */
  readonly layers: number;
  /** Å, between the slab and its image */
  readonly vacuum: number;
  /** Which plane of atoms comes last at the top, from 0. */
  readonly termination?: number;
}

/** Atoms nearer than this along the normal are one plane, Å. */
const SAME_PLANE = 0.02;

/** Whole numbers without a common divisor. @throws StructureError unless three whole numbers, not all zero */
export function reducedMiller(miller: readonly number[]): [number, number, number] {
  if (miller.length !== 3 || !miller.every(Number.isInteger) || miller.every((m) => m === 0)) {
    throw new StructureError(
      `A surface needs three whole Miller indices, not all zero, and got ${miller.join(' ')}.`,
      {
        remedy: 'Give them separated by commas: 1,1,1.',
      },
    );
  }
  const divisor = miller.reduce((a, b) => gcd(a, b), 0);
  return [miller[0] / divisor, miller[1] / divisor, miller[2] / divisor];
}

/**
 * The crystal in a cell whose first two vectors lie in the plane (h k l) of its own reciprocal cell, in lengths as short
 * as they can be, and whose third crosses to the next plane of the lattice. It is turned so that the plane's normal is z
 * and the first vector x.
 */
export function orientedCell(crystal: Configuration, miller: readonly number[]): Configuration {
  const m = reducedMiller(miller);
  const rows = orientation(m, crystal.cell);
  const cell = turned(times(rows, crystal.cell));
  const inside = times(rows, crystal.cell);
  const inv = inverse(inside);
  const n = atomCount(crystal);
  const positions = new Float64Array(3 * n);
  for (let i = 0; i < n; i++) {
    const f = [0, 1, 2].map((b) => {
      const r = crystal.positions;
      const x = r[3 * i] * inv[b] + r[3 * i + 1] * inv[3 + b] + r[3 * i + 2] * inv[6 + b];
      const part = x - Math.floor(x);
      return part > 1 - 1e-9 ? 0 : part;
    });
    for (let a = 0; a < 3; a++)
      positions[3 * i + a] = f[0] * cell[a] + f[1] * cell[3 + a] + f[2] * cell[6 + a];
  }
  const { symbols, kinds, periodic } = crystal;
  return { symbols, kinds, positions, cell, periodic };
}

/** Heights of the planes of atoms within one repeat of the oriented cell, Å, ascending. */
export function planes(oriented: Configuration): number[] {
  const height = oriented.cell[8];
  const z = Array.from({ length: atomCount(oriented) }, (_, i) => {
    const value = oriented.positions[3 * i + 2] % height;
    return value < 0 ? value + height : value;
  }).sort((a, b) => a - b);
  const found: number[] = [];
  for (const value of z)
    if (found.length === 0 || value - found[found.length - 1] > SAME_PLANE) found.push(value);
  // the last may be the first of the next repeat
  if (found.length > 1 && found[0] + height - found[found.length - 1] < SAME_PLANE) found.pop();
  return found;
}

/**
 * Cuts a slab.
 * @param crystal bulk; the Miller indices refer to its cell
 * @throws StructureError for indices, layers or vacuum that make no slab
 */
export function slab(
  crystal: Configuration,
  miller: readonly number[],
  { layers, vacuum, termination = 0 }: SlabOptions,
): Configuration {
  if (!crystal.periodic.every(Boolean))
    throw new StructureError('A slab is cut from a crystal that is periodic in all three directions.');
  if (!Number.isInteger(layers) || layers < 1)
    throw new StructureError(`A slab needs at least one layer, and got ${layers}.`);
  if (!(vacuum >= 0))
    throw new StructureError(`The vacuum should be a length of 0 Å or more, and is ${vacuum} Å.`);
  const oriented = orientedCell(crystal, miller);
  const levels = planes(oriented);
  if (termination < 0 || termination >= levels.length)
    throw new StructureError(
      `The surface has ${levels.length} terminations, and termination ${termination} was asked for.`,
    );
  const { cell } = oriented;
  const n = atomCount(oriented);
  const height = cell[8];
  // everything above the plane of the termination goes to the bottom, so that it is the highest
  const top = levels[termination] + SAME_PLANE / 2 + 1e-6;
  const positions = new Float64Array(3 * n * layers);
  const kinds = new Uint16Array(n * layers);
  for (let layer = 0; layer < layers; layer++)
    for (let i = 0; i < n; i++) {
      const k = 3 * (layer * n + i);
      const below = oriented.positions[3 * i + 2] > top ? -1 : 0;
      for (let a = 0; a < 3; a++)
        positions[k + a] = oriented.positions[3 * i + a] + (layer + below) * cell[6 + a];
      kinds[layer * n + i] = oriented.kinds[i];
    }
  let [low, high] = [Infinity, -Infinity];
  for (let k = 2; k < positions.length; k += 3)
    [low, high] = [Math.min(low, positions[k]), Math.max(high, positions[k])];
  // the third vector straight up: both surfaces keep their own place in the plane
  const full = vacuum === 0 ? layers * height : high - low + vacuum;
  const third = vacuum === 0 ? [layers * cell[6], layers * cell[7], layers * height] : [0, 0, full];
  for (let k = 2; k < positions.length; k += 3) positions[k] -= low - (vacuum === 0 ? 0 : vacuum / 2);
  return {
    symbols: oriented.symbols,
    kinds,
    positions,
    cell: Float64Array.of(cell[0], cell[1], 0, cell[3], cell[4], 0, third[0], third[1], third[2]),
    periodic: [true, true, true],
  };
}

/** Area of the first two vectors, Å². */
export const slabArea = ({ cell }: Configuration): number =>
  Math.hypot(
    cell[1] * cell[5] - cell[2] * cell[4],
    cell[2] * cell[3] - cell[0] * cell[5],
    cell[0] * cell[4] - cell[1] * cell[3],
  );

/** Three rows of whole numbers with determinant 1: two in the plane, reduced to short vectors, and one across it. */
function orientation([h, k, l]: readonly [number, number, number], cell: Float64Array): number[] {
  // a·m = 1 for the vector across; the plane's vectors have m·v = 0
  const [g, x, y] = extended(h, k);
  const [, p, q] = extended(g, l);
  const across = [p * x, p * y, q];
  const first = g === 0 ? [1, 0, 0] : [-k / g, h / g, 0];
  const second = g === 0 ? [0, 1, 0] : [-x * l, -y * l, g];
  const vector = (v: readonly number[]) =>
    [0, 1, 2].map((a) => v[0] * cell[a] + v[1] * cell[3 + a] + v[2] * cell[6 + a]);
  const dotted = (v: readonly number[], w: readonly number[]) => {
    const [a, b] = [vector(v), vector(w)];
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  };
  let [u, v] = [first, second];
  // Gauss: the two shortest vectors of the plane
  for (let step = 0; step < 100; step++) {
    if (dotted(u, u) > dotted(v, v) + 1e-9) [u, v] = [v, u];
    const turns = Math.round(dotted(u, v) / dotted(u, u));
    if (turns === 0) break;
    v = v.map((value, a) => value - turns * u[a]);
  }
  // the vector across as upright as the lattice has it
  let w = across;
  for (let step = 0; step < 20; step++) {
    const before = w;
    for (const e of [u, v]) {
      const turns = Math.round(dotted(e, w) / dotted(e, e));
      w = w.map((value, a) => value - turns * e[a]);
    }
    if (w.every((value, a) => value === before[a])) break;
  }
  const rows = [...u, ...v, ...w];
  return determinant(rows) * determinant(Array.from(cell)) > 0 === determinant(Array.from(cell)) > 0
    ? rows
    : [...v, ...u, ...w];
}

/** Greatest common divisor g and x, y with a·x + b·y = g. */
function extended(a: number, b: number): [number, number, number] {
  if (b === 0) return [Math.abs(a), Math.sign(a), 0];
  const [g, x, y] = extended(b, a % b);
  return [g, y, x - Math.trunc(a / b) * y];
}

const gcd = (a: number, b: number): number => (b === 0 ? Math.abs(a) : gcd(b, a % b));

function determinant(m: readonly number[]): number {
  return (
    m[0] * (m[4] * m[8] - m[5] * m[7]) -
    m[1] * (m[3] * m[8] - m[5] * m[6]) +
    m[2] * (m[3] * m[7] - m[4] * m[6])
  );
}

function times(a: readonly number[], b: Float64Array): Float64Array {
  return Float64Array.from({ length: 9 }, (_, m) => {
    const [i, j] = [Math.floor(m / 3), m % 3];
    return a[3 * i] * b[j] + a[3 * i + 1] * b[3 + j] + a[3 * i + 2] * b[6 + j];
  });
}

/** The same cell with its first vector along x, the second in the plane of x and y, the third above it. */
function turned(cell: Float64Array): Float64Array {
  const [a, b, c] = [0, 3, 6].map((k) => cell.subarray(k, k + 3));
  const dotted = (v: Float64Array, w: Float64Array) => v[0] * w[0] + v[1] * w[1] + v[2] * w[2];
  const length = Math.sqrt(dotted(a, a));
  const bx = dotted(a, b) / length;
  const by = Math.sqrt(dotted(b, b) - bx * bx);
  const cx = dotted(a, c) / length;
  const cy = (dotted(b, c) - bx * cx) / by;
  return Float64Array.of(length, 0, 0, bx, by, 0, cx, cy, volume(cell) / (length * by));
}
