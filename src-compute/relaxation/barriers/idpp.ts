/**
 * A first path on which atoms keep their distances: the image-dependent pair potential of Smidstrup et al., J. Chem. Phys.
 * 140 (2014) 214106. Each image is drawn to pair distances between those of the ends, the short ones most (1/d⁴).
 */
import { inverse } from '../../structure/cell.ts';
import { atomCount, type Configuration } from '../../structure/configuration.ts';
import { relaxBand } from './band.ts';
import type { Surface } from './surface.ts';

/** Pairs further apart than this at both ends play no role, Å. */
const REACH = 6;
const SETTINGS = { tolerance: 0.05, steps: 60, climb: false, springs: [1, 1] } as const;

/**
 * Bends the straight path between two ends.
 * @param images ends included, positions in one cell (3N and, untouched, 9 more); moved in place
 */
export async function bendPath(
  images: readonly Float64Array[],
  { cell, ...start }: Configuration,
): Promise<void> {
  const n3 = 3 * atomCount({ cell, ...start });
  const atoms = images.map((image) => image.slice(0, n3));
  const pairs = pairsWithin(atoms[0], atoms[atoms.length - 1], { cell, ...start });
  if (pairs.length === 0) return;
  const last = images.length - 1;
  const surfaces = atoms.map((_, i) => new PairSurface(pairs, i / last, n3));
  const { images: bent } = await relaxBand(atoms, surfaces, SETTINGS);
  bent.forEach((image, i) => images[i].set(image));
}

interface Pair {
  readonly i: number;
  readonly j: number;
  /** Translation between the two images of the atoms, Å. */
  readonly shift: readonly number[];
  readonly from: number;
  readonly to: number;
}

class PairSurface implements Surface {
  readonly size: number;
  energy = 0;
  readonly force: Float64Array;
  private readonly pairs: readonly Pair[];
  private readonly fraction: number;

  constructor(pairs: readonly Pair[], fraction: number, size: number) {
    this.pairs = pairs;
    this.fraction = fraction;
    this.size = size;
    this.force = new Float64Array(size);
  }

  evaluate(x: Float64Array): void {
    this.energy = 0;
    this.force.fill(0);
    for (const { i, j, shift, from, to } of this.pairs) {
      const target = from + (to - from) * this.fraction;
      const [dx, dy, dz] = [0, 1, 2].map((a) => x[3 * j + a] + shift[a] - x[3 * i + a]);
      const d = Math.max(1e-3, Math.hypot(dx, dy, dz));
      const off = d - target;
      this.energy += off ** 2 / d ** 4;
      // d/dd of (d − t)²/d⁴, over d
      const slope = ((2 * off) / d ** 4 - (4 * off ** 2) / d ** 5) / d;
      for (const [a, component] of [dx, dy, dz].entries()) {
        this.force[3 * i + a] += slope * component;
        this.force[3 * j + a] -= slope * component;
      }
    }
  }
}

function pairsWithin(
  first: Float64Array,
  last: Float64Array,
  { cell, periodic }: Pick<Configuration, 'cell' | 'periodic'>,
): Pair[] {
  const inv = periodic.some(Boolean) ? inverse(cell) : undefined;
  const n = first.length / 3;
  const pairs: Pair[] = [];
  const vector = (x: Float64Array, i: number, j: number) => [0, 1, 2].map((a) => x[3 * j + a] - x[3 * i + a]);
  for (let i = 0; i < n; i++)
    for (let j = i + 1; j < n; j++) {
      // the same image of the pair at both ends: the nearest in the middle
      const [a, b] = [vector(first, i, j), vector(last, i, j)];
      const middle = a.map((x, k) => (x + b[k]) / 2);
      const turns = [0, 1, 2].map((k) =>
        inv && periodic[k]
          ? -Math.round(middle[0] * inv[k] + middle[1] * inv[3 + k] + middle[2] * inv[6 + k])
          : 0,
      );
      const shift = [0, 1, 2].map(
        (k) => turns[0] * cell[k] + turns[1] * cell[3 + k] + turns[2] * cell[6 + k],
      );
      const [from, to] = [a, b].map((v) => Math.hypot(...v.map((x, k) => x + shift[k])));
      if (Math.min(from, to) < REACH) pairs.push({ i, j, shift, from, to });
    }
  return pairs;
}
