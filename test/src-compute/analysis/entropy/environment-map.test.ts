/** Maps of environments: exact neighbours, groups that stay groups, equal input equal map. */
import { describe, expect, it } from 'vitest';
import { environmentMap } from '../../../../src-compute/analysis/entropy/map/environment-map.ts';
import { nearestNeighbours } from '../../../../src-compute/analysis/entropy/map/nearest-neighbours.ts';
import type { DescriptorMatrix } from '../../../../src-compute/analysis/descriptors/descriptor.ts';
import { CancelledError, StructureError } from '../../../../src-compute/errors.ts';
import { Random } from '../../../../src-compute/sampling/random.ts';

/** `groups` clouds of unit width whose centres are `distance` apart from the origin in random directions. */
function clouds(rows: number, groups: number, distance: number, dimension = 20): DescriptorMatrix {
  const random = new Random(7);
  const centres = Float64Array.from({ length: groups * dimension }, () => distance * random.normal());
  const values = Float64Array.from(
    { length: rows * dimension },
    (_, k) => centres[(Math.floor(k / dimension) % groups) * dimension + (k % dimension)] + random.normal(),
  );
  return { values, rows, dimension };
}

function square(a: DescriptorMatrix, i: number, b: DescriptorMatrix, j: number): number {
  let sum = 0;
  for (let k = 0; k < a.dimension; k++) {
    sum += (a.values[i * a.dimension + k] - b.values[j * a.dimension + k]) ** 2;
  }
  return sum;
}

describe('nearest neighbours', () => {
  it.each([
    ['one cloud', clouds(300, 1, 0), clouds(700, 1, 0)],
    ['several', clouds(200, 4, 5), clouds(500, 4, 5)],
    ['one number', clouds(50, 1, 0, 1), clouds(90, 2, 3, 1)],
  ])('are those of a plain search: %s', async (_name, queries, references) => {
    const count = 7;
    const found = await nearestNeighbours(queries, references, count);
    for (let i = 0; i < queries.rows; i++) {
      const plain = Array.from({ length: references.rows }, (_, j) => square(queries, i, references, j));
      const order = plain.map((_, j) => j).sort((a, b) => plain[a] - plain[b]);
      for (let k = 0; k < count; k++) {
        expect(found.indices[i * count + k]).toBe(order[k]);
        expect(found.squares[i * count + k]).toBeCloseTo(plain[order[k]], 9);
      }
    }
  });

  it('gives equal points in the order of the references', async () => {
    const same = { values: new Float64Array(200 * 3).fill(1), rows: 200, dimension: 3 };
    const { indices, squares } = await nearestNeighbours(same, same, 3);
    expect(Array.from(indices.subarray(0, 6))).toEqual([0, 1, 2, 0, 1, 2]);
    expect(Math.max(...squares)).toBe(0);
  });

  it('refuses to look for more than there are', async () => {
    const few = clouds(3, 1, 0);
    await expect(nearestNeighbours(few, few, 4)).rejects.toThrow(StructureError);
  });
});

/** Mean distance within the groups over the mean distance between their centres. */
function mixing(coordinates: Float32Array, groups: number): number {
  const rows = coordinates.length / 2;
  const centres = Array.from({ length: groups }, () => [0, 0]);
  for (let i = 0; i < rows; i++) {
    for (let a = 0; a < 2; a++) centres[i % groups][a] += (coordinates[2 * i + a] * groups) / rows;
  }
  let within = 0;
  for (let i = 0; i < rows; i++) {
    const [x, y] = centres[i % groups];
    within += Math.hypot(coordinates[2 * i] - x, coordinates[2 * i + 1] - y) / rows;
  }
  let nearest = Infinity;
  for (let a = 0; a < groups; a++) {
    for (let b = 0; b < a; b++) {
      nearest = Math.min(nearest, Math.hypot(centres[a][0] - centres[b][0], centres[a][1] - centres[b][1]));
    }
  }
  return within / nearest;
}

describe('a map', () => {
  it('by principal axes keeps distances within the plane and states what it explains', async () => {
    const values = Float64Array.from([3, 0, 0, -3, 0, 0, 0, 1, 0, 0, -1, 0]);
    const { coordinates, explained, embedded } = await environmentMap(
      { values, rows: 4, dimension: 3 },
      { method: 'pca' },
    );
    expect(Math.hypot(coordinates[0] - coordinates[2], coordinates[1] - coordinates[3])).toBeCloseTo(6, 5);
    expect(Math.hypot(coordinates[4] - coordinates[6], coordinates[5] - coordinates[7])).toBeCloseTo(2, 5);
    expect(explained?.[0]).toBeCloseTo(0.9, 12);
    expect(embedded).toBe(4);
  });

  it('by UMAP shows groups that two axes cannot show', async () => {
    const matrix = clouds(480, 8, 3);
    const umap = await environmentMap(matrix, { method: 'umap', seed: 1 });
    const pca = await environmentMap(matrix, { method: 'pca' });
    expect(umap.embedded).toBe(480);
    expect(mixing(umap.coordinates, 8)).toBeLessThan(0.35);
    expect(mixing(umap.coordinates, 8)).toBeLessThan(0.5 * mixing(pca.coordinates, 8));
  });

  it('is the same for the same seed and another for another', async () => {
    const matrix = clouds(150, 3, 3);
    const draw = (seed: number) => environmentMap(matrix, { method: 'umap', seed, epochs: 50 });
    const first = await draw(1);
    expect((await draw(1)).coordinates).toEqual(first.coordinates);
    expect((await draw(2)).coordinates).not.toEqual(first.coordinates);
  });

  it('puts environments that are not in the sample into their groups', async () => {
    const { coordinates, embedded } = await environmentMap(clouds(900, 3, 4), {
      method: 'umap',
      sample: 120,
    });
    expect(embedded).toBe(120);
    expect(coordinates.length).toBe(1800);
    expect(mixing(coordinates, 3)).toBeLessThan(0.5);
  });

  it('gives equal environments one place', async () => {
    const some = clouds(60, 2, 4);
    const values = new Float64Array([...some.values, ...some.values]);
    const { coordinates, embedded } = await environmentMap(
      { ...some, values, rows: 120 },
      { method: 'umap', epochs: 30 },
    );
    expect(embedded).toBe(60);
    expect(coordinates.subarray(0, 120)).toEqual(coordinates.subarray(120));
  });

  it('of identical, of three and of one environment is defined', async () => {
    const one = { values: new Float64Array(40 * 5).fill(2), rows: 40, dimension: 5 };
    const identical = await environmentMap(one, { method: 'umap' });
    expect(identical.coordinates.every((x) => x === identical.coordinates[0] && Number.isFinite(x))).toBe(
      true,
    );
    for (const rows of [1, 3]) {
      const few = await environmentMap(clouds(rows, 1, 0), { method: 'umap' });
      expect(few.coordinates.every(Number.isFinite)).toBe(true);
    }
    await expect(environmentMap(clouds(0, 1, 0), { method: 'umap' })).rejects.toThrow(StructureError);
  });

  it('stops when it is cancelled', async () => {
    const signal = AbortSignal.abort();
    await expect(environmentMap(clouds(3000, 2, 1), { method: 'umap' }, { signal })).rejects.toThrow(
      CancelledError,
    );
  });
});
