/**
 * Structures in which a potential that knows nothing of repulsion falls into holes: crystals of the common lattices under
 * compression, dense random packings, dimers, trimers and small clusters. Their lengths are in units of the closest
 * distances of the data, so that the same list serves every material.
 */
import type { Configuration } from '../../structure/configuration.ts';
import { neighbourPairs } from '../../structure/neighbour-list.ts';

/** A crystal by its primitive cell in units of its nearest distance. */
interface Prototype {
  readonly name: string;
  readonly cell: readonly number[];
  /** Fractional coordinates, and which of the crystal's species (0 or 1). */
  readonly sites: readonly (readonly [number, number, number, 0 | 1])[];
}

const FCC = [0, 1, 1, 1, 0, 1, 1, 1, 0];
const BCC = [-1, 1, 1, 1, -1, 1, 1, 1, -1];
const SC = [1, 0, 0, 0, 1, 0, 0, 0, 1];
const HEXAGONAL = [1, 0, 0, -0.5, Math.sqrt(3) / 2, 0, 0, 0, Math.sqrt(8 / 3)];

const scaled = (cell: readonly number[], factor: number) => cell.map((x) => x * factor);

/** Lattices of one element. */
export const ELEMENTAL: readonly Prototype[] = [
  { name: 'fcc', cell: scaled(FCC, Math.SQRT1_2), sites: [[0, 0, 0, 0]] },
  { name: 'bcc', cell: scaled(BCC, 1 / Math.sqrt(3)), sites: [[0, 0, 0, 0]] },
  {
    name: 'hcp',
    cell: HEXAGONAL,
    sites: [
      [0, 0, 0, 0],
      [1 / 3, 2 / 3, 0.5, 0],
    ],
  },
  { name: 'simple cubic', cell: SC, sites: [[0, 0, 0, 0]] },
  {
    name: 'diamond',
    cell: scaled(FCC, 2 / Math.sqrt(3)),
    sites: [
      [0, 0, 0, 0],
      [0.25, 0.25, 0.25, 0],
    ],
  },
];

/** Lattices of two elements. */
export const BINARY: readonly Prototype[] = [
  {
    name: 'rock salt',
    cell: FCC,
    sites: [
      [0, 0, 0, 0],
      [0.5, 0.5, 0.5, 1],
    ],
  },
  {
    name: 'caesium chloride',
    cell: scaled(SC, 2 / Math.sqrt(3)),
    sites: [
      [0, 0, 0, 0],
      [0.5, 0.5, 0.5, 1],
    ],
  },
  {
    name: 'zinc blende',
    cell: scaled(FCC, 2 / Math.sqrt(3)),
    sites: [
      [0, 0, 0, 0],
      [0.25, 0.25, 0.25, 1],
    ],
  },
];

/** A crystal with a given nearest distance, Å. @param symbols one or two elements */
export function crystal(prototype: Prototype, symbols: readonly string[], nearest: number): Configuration {
  const cell = Float64Array.from(prototype.cell, (x) => x * nearest);
  const positions = Float64Array.from(
    prototype.sites.flatMap(([u, v, w]) =>
      [0, 1, 2].map((axis) => u * cell[axis] + v * cell[3 + axis] + w * cell[6 + axis]),
    ),
  );
  const kinds = Uint16Array.from(prototype.sites, ([, , , kind]) => kind);
  return { symbols: [...symbols], kinds, positions, cell, periodic: [true, true, true] };
}

/** The same atoms and cell, all lengths times a factor. */
export function compressed(configuration: Configuration, factor: number): Configuration {
  const { symbols, kinds, positions, cell, periodic } = configuration;
  return {
    symbols,
    kinds,
    periodic,
    positions: positions.map((x) => x * factor),
    cell: cell.map((x) => x * factor),
  };
}

/** Atoms in vacuum. @param positions 3 per atom, Å */
export function cluster(symbols: readonly string[], positions: readonly number[]): Configuration {
  return {
    symbols: [...symbols],
    kinds: Uint16Array.from(symbols, (_, k) => k),
    positions: Float64Array.from(positions),
    cell: new Float64Array(9),
    periodic: [false, false, false],
  };
}

/**
 * Atoms at random in a cube, none closer than a part of the distances that are given: atoms that come too close are put
 * elsewhere, and the cube grows a little when there is no room.
 * @param closest of two species, Å
 * @param density atoms times (mean closest distance)³ per volume; 1.41 is the closest packing
 */
export function randomPacking(
  symbols: readonly string[],
  closest: (a: string, b: string) => number,
  density: number,
  nearest: number,
  random: () => number,
): Configuration {
  const n = symbols.length;
  const mean = symbols.reduce((sum, s) => sum + closest(s, s), 0) / n;
  let edge = Math.cbrt(n / density) * mean;
  const positions: number[] = [];
  for (let i = 0; i < n; i++) {
    for (let tries = 0; ; tries++) {
      const place = [0, 1, 2].map(() => random() * edge);
      const free = symbols.slice(0, i).every((other, j) => {
        let square = 0;
        for (let axis = 0; axis < 3; axis++) {
          const d = place[axis] - positions[3 * j + axis];
          square += (d - edge * Math.round(d / edge)) ** 2;
        }
        return square >= (nearest * closest(symbols[i], other)) ** 2;
      });
      if (free) {
        positions.push(...place);
        break;
      }
      if (tries % 200 === 199) {
        edge *= 1.03;
        for (let k = 0; k < positions.length; k++) positions[k] *= 1.03;
      }
    }
  }
  return {
    symbols: [...symbols],
    kinds: Uint16Array.from(symbols, (_, k) => k),
    positions: Float64Array.from(positions),
    cell: Float64Array.of(edge, 0, 0, 0, edge, 0, 0, 0, edge),
    periodic: [true, true, true],
  };
}

/** One atom of a configuration on its way to its nearest neighbour. */
export interface Approach {
  readonly symbols: readonly [string, string];
  /** Distance at which it starts, Å. */
  readonly start: number;
  /** The configuration with the two at a distance. */
  at(distance: number): Configuration;
}

/** The approach of an atom to its nearest neighbour; undefined when it has none within reach. */
export function approach(configuration: Configuration, atom: number, reach: number): Approach | undefined {
  const pairs = neighbourPairs(configuration, reach);
  let best = -1;
  let start = Infinity;
  for (let p = pairs.start[atom]; p < pairs.start[atom + 1]; p++) {
    if (pairs.neighbours[p] === atom) continue;
    const r = Math.hypot(pairs.vectors[3 * p], pairs.vectors[3 * p + 1], pairs.vectors[3 * p + 2]);
    if (r < start) [best, start] = [p, r];
  }
  if (best < 0) return undefined;
  const direction = Array.from(pairs.vectors.subarray(3 * best, 3 * best + 3), (x) => x / start);
  const { symbols, kinds, positions, cell, periodic } = configuration;
  return {
    symbols: [symbols[kinds[atom]], symbols[kinds[pairs.neighbours[best]]]],
    start,
    at(distance) {
      const moved = positions.slice();
      for (let axis = 0; axis < 3; axis++) moved[3 * atom + axis] += (start - distance) * direction[axis];
      return { symbols, kinds, positions: moved, cell, periodic };
    },
  };
}
