/**
 * Maps of environments in two dimensions: along the first two principal axes, or by UMAP (McInnes, Healy & Melville,
 * arXiv:1802.03426; the optimisation is umap-js), which keeps neighbours together and lets large distances go.
 *
 * UMAP is run for at most `sample` different environments, drawn with the seed; equal ones share a point. All others are
 * put at the mean of their nearest embedded environments, weighted by 1/distance, so that every environment has a place.
 * It starts from the principal axes and draws from the seed only: equal input gives equal maps.
 */
import { UMAP } from 'umap-js';
import { CancelledError, StructureError } from '../../../errors.ts';
import { Random } from '../../../sampling/random.ts';
import { selectRows, type DescriptorMatrix } from '../../descriptors/descriptor.ts';
import { randomSubset } from '../completeness.ts';
import type { KernelProgress } from '../kernel-engine.ts';
import { planeOf, principalAxes } from '../principal-axes.ts';
import { nearestNeighbours } from './nearest-neighbours.ts';

export const MAP_METHODS = ['pca', 'umap'] as const;
export type MapMethod = (typeof MAP_METHODS)[number];

export interface MapOptions {
  readonly method: MapMethod;
  /** UMAP: neighbours that are kept together, itself included; 15 by default. Small: detail; large: the whole. */
  readonly neighbours?: number;
  /** UMAP: smallest distance between points of the map; 0.1 by default. */
  readonly minimumDistance?: number;
  /** UMAP: environments that are embedded; the others are put among them. 5000 by default. */
  readonly sample?: number;
  /** UMAP: rounds of the optimisation; by size otherwise (200 … 500). */
  readonly epochs?: number;
  readonly seed?: number;
}

export interface EnvironmentMap {
  /** x and y of every row; rows × 2. */
  readonly coordinates: Float32Array;
  /** Rows whose place was optimised (UMAP); all for principal axes. */
  readonly embedded: number;
  /** Parts of the variance along the two axes (principal axes only). */
  readonly explained: readonly [number, number] | undefined;
}

/** Environments nearer to each other than this part of the spread share a point. */
const SAME = 1e-6;
/** Embedded neighbours between which another environment is put. */
const PLACED_AMONG = 5;
/** Half the width of the start of the optimisation; that of the method's authors. */
const START = 10;
/** Time between two looks at the progress, ms. */
const TURN = 100;

/**
 * A map of environments; standardise descriptors whose numbers are of different kinds before.
 * @throws StructureError without environments, CancelledError when the signal aborts
 */
export async function environmentMap(
  matrix: DescriptorMatrix,
  options: MapOptions,
  progress: KernelProgress = {},
): Promise<EnvironmentMap> {
  if (matrix.rows === 0) {
    throw new StructureError('There are no environments to draw a map of.', {
      remedy: 'Choose at least one structure that has atoms.',
    });
  }
  const axes = principalAxes(matrix);
  const total = axes.variances.reduce((sum, value) => sum + value, 0);
  const plane = planeOf(matrix, axes);
  const part = (a: number) => (total > 0 && a < matrix.dimension ? axes.variances[a] / total : 0);
  if (options.method === 'pca') {
    return {
      coordinates: Float32Array.from(plane),
      embedded: matrix.rows,
      explained: [part(0), part(1)],
    };
  }
  const random = new Random(options.seed ?? 0);
  const chosen = differentRows(matrix, Math.sqrt(total), options.sample ?? 5000, random);
  const neighbours = Math.min(options.neighbours ?? 15, chosen.length);
  // two or three different environments have no neighbourhood to keep
  if (neighbours < 4)
    return { coordinates: Float32Array.from(plane), embedded: matrix.rows, explained: undefined };
  const some = selectRows(matrix, chosen);
  const start = new Float64Array(2 * chosen.length);
  chosen.forEach((row, k) => start.set(plane.subarray(2 * row, 2 * row + 2), 2 * k));
  const embedding = await optimise(some, start, neighbours, options, random, {
    signal: progress.signal,
    onProgress: (fraction) => progress.onProgress?.(0.7 * fraction),
  });
  const coordinates = await place(matrix, some, embedding, {
    signal: progress.signal,
    onProgress: (fraction) => progress.onProgress?.(0.7 + 0.3 * fraction),
  });
  return { coordinates, embedded: chosen.length, explained: undefined };
}

/** At most `sample` rows that differ from each other, drawn at random, in rising order. */
function differentRows(matrix: DescriptorMatrix, spread: number, sample: number, random: Random): Int32Array {
  const { values, rows, dimension } = matrix;
  const unit = 1 / Math.max(SAME * spread, Number.MIN_VALUE);
  const seen = new Set<string>();
  const chosen: number[] = [];
  for (const row of randomSubset(rows, rows, random)) {
    let key = '';
    for (let k = 0; k < dimension; k++) key += `${Math.round(values[row * dimension + k] * unit)} `;
    if (seen.has(key)) continue;
    seen.add(key);
    chosen.push(row);
    if (chosen.length === sample) break;
  }
  return Int32Array.from(chosen).sort();
}

/** UMAP of a few thousand environments; places as rows × 2. */
async function optimise(
  matrix: DescriptorMatrix,
  start: Float64Array,
  neighbours: number,
  options: MapOptions,
  random: Random,
  progress: KernelProgress,
): Promise<Float64Array> {
  const { rows } = matrix;
  const { indices, squares } = await nearestNeighbours(matrix, matrix, neighbours, {
    signal: progress.signal,
    onProgress: (fraction) => progress.onProgress?.(0.3 * fraction),
  });
  const lists = <T extends Int32Array | Float64Array>(values: T, map: (value: number) => number) =>
    Array.from({ length: rows }, (_, row) =>
      Array.from(values.subarray(row * neighbours, (row + 1) * neighbours), map),
    );
  const umap = new UMAP({
    nNeighbors: neighbours,
    minDist: options.minimumDistance ?? 0.1,
    ...(options.epochs === undefined ? {} : { nEpochs: options.epochs }),
    random: () => random.uniform(),
  });
  umap.setPrecomputedKNN(
    lists(indices, (index) => index),
    lists(squares, Math.sqrt),
  );
  // with neighbours given, only the number of points is looked at
  const epochs = umap.initializeFit(Array.from({ length: rows }, () => []));
  const embedding = umap.getEmbedding();
  let largest = 0;
  for (const x of start) largest = Math.max(largest, Math.abs(x));
  for (let row = 0; row < rows; row++) {
    // the noise keeps points apart that the plane puts into one place
    for (let a = 0; a < 2; a++)
      embedding[row][a] = (START * start[2 * row + a]) / (largest || 1) + 1e-3 * random.normal();
  }
  let turn = performance.now();
  for (let epoch = 0; epoch < epochs; epoch++) {
    umap.step();
    if (performance.now() - turn < TURN) continue;
    progress.onProgress?.(0.3 + (0.7 * epoch) / epochs);
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (progress.signal?.aborted) throw new CancelledError();
    turn = performance.now();
  }
  return Float64Array.from({ length: 2 * rows }, (_, k) => umap.getEmbedding()[k >> 1][k & 1]);
}

/** Every environment at its embedded twin, or between its nearest embedded ones. */
async function place(
  matrix: DescriptorMatrix,
  embedded: DescriptorMatrix,
  embedding: Float64Array,
  progress: KernelProgress,
): Promise<Float32Array> {
  const count = Math.min(PLACED_AMONG, embedded.rows);
  const { indices, squares } = await nearestNeighbours(matrix, embedded, count, progress);
  const result = new Float32Array(2 * matrix.rows);
  for (let row = 0; row < matrix.rows; row++) {
    // a twin within round-off takes all of the weight
    const floor = 1e-9 * Math.sqrt(squares[row * count + count - 1]) + Number.MIN_VALUE;
    let [x, y, sum] = [0, 0, 0];
    for (let k = 0; k < count; k++) {
      const weight = 1 / (Math.sqrt(squares[row * count + k]) + floor);
      if (!Number.isFinite(weight)) continue;
      const point = 2 * indices[row * count + k];
      x += weight * embedding[point];
      y += weight * embedding[point + 1];
      sum += weight;
    }
    const nearest = 2 * indices[row * count];
    result[2 * row] = sum > 0 ? x / sum : embedding[nearest];
    result[2 * row + 1] = sum > 0 ? y / sum : embedding[nearest + 1];
  }
  return result;
}
