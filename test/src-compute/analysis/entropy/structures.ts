/** Structures and numbers that the entropy tests use. */
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import type { DescriptorMatrix } from '../../../../src-compute/analysis/descriptors/descriptor.ts';

/** Deterministic pseudo-random numbers in [0, 1): mulberry32. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Atoms of one element (or of several, one symbol per atom). */
export function atoms(
  positions: ArrayLike<number>,
  cell: ArrayLike<number>,
  periodic = true,
  symbols: readonly string[] = ['Si'],
  kinds?: Uint16Array,
): Configuration {
  return {
    symbols,
    kinds: kinds ?? new Uint16Array(positions.length / 3),
    positions: Float64Array.from(positions),
    cell: Float64Array.from(cell),
    periodic: [periodic, periodic, periodic],
  };
}

/** Diamond cubic silicon, n³ cubic cells, each coordinate displaced by at most `noise` Å. */
export function diamond(n: number, noise = 0, seed = 1, a = 5.43): Configuration {
  const random = randomNumbers(seed);
  const basis = [0, 0, 0, 0, 2, 2, 2, 0, 2, 2, 2, 0, 1, 1, 1, 1, 3, 3, 3, 1, 3, 3, 3, 1];
  const positions: number[] = [];
  for (let x = 0; x < n; x++) {
    for (let y = 0; y < n; y++) {
      for (let z = 0; z < n; z++) {
        for (let b = 0; b < basis.length; b += 3) {
          [x, y, z].forEach((cell, axis) =>
            positions.push(a * (cell + basis[b + axis] / 4) + noise * (2 * random() - 1)),
          );
        }
      }
    }
  }
  return atoms(positions, [n * a, 0, 0, 0, n * a, 0, 0, 0, n * a]);
}

/** Matrix from rows. */
export function matrix(rows: readonly (readonly number[])[]): DescriptorMatrix {
  return { values: Float64Array.from(rows.flat()), rows: rows.length, dimension: rows[0]?.length ?? 0 };
}

/** Rows from a few Gaussian clusters: some close together, some far apart. */
export function clusters(rows: number, dimension: number, seed: number, width = 0.01): DescriptorMatrix {
  const random = randomNumbers(seed);
  const centres = Array.from({ length: 5 }, () => Array.from({ length: dimension }, () => random() * 0.3));
  const values = new Float64Array(rows * dimension);
  for (let i = 0; i < rows; i++) {
    const centre = centres[Math.floor(random() * centres.length)];
    for (let k = 0; k < dimension; k++) {
      values[i * dimension + k] = centre[k] + width * (random() + random() + random() - 1.5);
    }
  }
  return { values, rows, dimension };
}
