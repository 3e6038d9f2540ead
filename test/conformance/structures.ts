/** Structures that every backend must get right; distances in multiples of a bond length. */
import { kindsFromSymbols } from '../../src-compute/structure/configuration.ts';
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { randomNumbers } from './random.ts';

type Periodicity = [boolean, boolean, boolean];

function configuration(
  symbols: readonly string[],
  random: () => number,
  positions: number[],
  cell: number[],
  periodic: Periodicity,
): Configuration {
  // every species occurs when there are atoms enough
  const perAtom = Array.from({ length: positions.length / 3 }, (_, atom) =>
    atom < symbols.length ? symbols[atom] : symbols[Math.floor(random() * symbols.length)],
  );
  return {
    ...kindsFromSymbols(perAtom),
    positions: Float64Array.from(positions),
    cell: Float64Array.from(cell),
    periodic,
  };
}

const DIAMOND = [
  0, 0, 0, 0.5, 0.5, 0, 0.5, 0, 0.5, 0, 0.5, 0.5, 0.25, 0.25, 0.25, 0.75, 0.75, 0.25, 0.75, 0.25, 0.75, 0.25,
  0.75, 0.75,
];

function diamond(
  random: () => number,
  bond: number,
  displacement: number,
  repeat = 1,
): { positions: number[]; edge: number } {
  const a = (4 / Math.sqrt(3)) * bond;
  const positions: number[] = [];
  for (let x = 0; x < repeat; x++) {
    for (let y = 0; y < repeat; y++) {
      for (let z = 0; z < repeat; z++) {
        DIAMOND.forEach((s, k) =>
          positions.push((s + [x, y, z][k % 3]) * a + displacement * (random() - 0.5)),
        );
      }
    }
  }
  return { positions, edge: repeat * a };
}

/** Random points at least `distance` apart. */
function scattered(random: () => number, count: number, box: number, distance: number): number[] {
  const points: number[] = [];
  for (let tries = 0; points.length < 3 * count; tries++) {
    if (tries > 1e5) throw new Error('no room for the points');
    const p = [random() * box, random() * box, random() * box];
    const free = () => {
      for (let k = 0; k < points.length; k += 3) {
        const d = p.map((x, axis) => {
          const dx = Math.abs(x - points[k + axis]);
          return Math.min(dx, box - dx);
        });
        if (Math.hypot(...d) < distance) return false;
      }
      return true;
    };
    if (free()) points.push(...p);
  }
  return points;
}

/**
 * Named structures of the given species.
 * @param bond typical distance of neighbours, Å
 */
export function structures(symbols: readonly string[], bond: number): Record<string, Configuration> {
  const random = randomNumbers(20260);
  const make = (positions: number[], cell: number[], periodic: Periodicity) =>
    configuration(symbols, random, positions, cell, periodic);
  const all: Periodicity = [true, true, true];
  const none: Periodicity = [false, false, false];
  const noCell = new Array<number>(9).fill(0);
  const cube = (edge: number) => [edge, 0, 0, 0, edge, 0, 0, 0, edge];
  const crystal = diamond(random, bond, 0.15 * bond);
  const slab = diamond(random, bond, 0.15 * bond);
  const liquidBox = 3.6 * bond;
  const b = bond;
  return {
    crystal: make(crystal.positions, cube(crystal.edge), all),
    liquid: make(scattered(random, 22, liquidBox, 0.85 * b), cube(liquidBox), all),
    molecule: make(
      [0, 0, 0, b, 0.1, 0, 1.3 * b, b, 0.2, -0.4 * b, 0.9 * b, 0.3 * b, 0.5 * b, 0.4 * b, b],
      noCell,
      none,
    ),
    slab: make(slab.positions, [slab.edge, 0, 0, 0, slab.edge, 0, 0, 0, 0], [true, true, false]),
    wire: make(slab.positions, [0, 0, 0, 0, slab.edge, 0, 0, 0, 0], [false, true, false]),
    triclinic: make(
      scattered(random, 9, 2.4 * b, 0.8 * b).map((x, k) => (k % 3 === 0 ? 1.1 * x : x)),
      [3 * b, 0.2, 0, 1.4 * b, 2.9 * b, -0.1, -0.9 * b, 1.2 * b, 3.1 * b],
      all,
    ),
    'tiny cell': make(
      [0.1, 0.2, 0.3, 0.9 * b, 0.3 * b, 0.4 * b],
      [1.3 * b, 0, 0, 0.5 * b, 1.2 * b, 0, 0.1, 0.3 * b, 1.25 * b],
      all,
    ),
    'one atom': make([1, 2, 3], [1.1 * b, 0, 0, 0.3 * b, 1.05 * b, 0, -0.2 * b, 0.1 * b, 1.15 * b], all),
    'one free atom': make([1, 2, 3], noCell, none),
    'two atoms': make([0, 0, 0, 0.6 * b, 0.5 * b, 0.6 * b], noCell, none),
    'isolated atom beyond the cutoff': make(
      [0, 0, 0, b, 0, 0, 0.2 * b, 0.9 * b, 0, 40 * b, 0, 0],
      noCell,
      none,
    ),
    'far from the origin': make(
      crystal.positions.map((x, k) => x + [1003.7, -512.2, 88.1][k % 3]),
      cube(crystal.edge),
      all,
    ),
  };
}
