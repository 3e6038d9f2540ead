/** Two-dimensional maps of the environments, or of the structures, of one set or of two sets together. */
import { z } from 'zod';
import {
  selectRows,
  stack,
  type DescriptorMatrix,
} from '../../../src-compute/analysis/descriptors/descriptor.ts';
import { frameCount, frameMeans } from '../../../src-compute/analysis/entropy/frames.ts';
import type { FrameEnvironments } from '../../../src-compute/analysis/entropy/frames.ts';
import { displacementNoise } from '../../../src-compute/analysis/entropy/bandwidth.ts';
import type { KernelProgress } from '../../../src-compute/analysis/entropy/kernel-engine.ts';
import { environmentMap, MAP_METHODS } from '../../../src-compute/analysis/entropy/map/environment-map.ts';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { environmentsOf } from './environments.ts';
import { writeLines } from './write-text.ts';
import type { StructureSet } from './measure.ts';
import { descriptorOf, descriptorSettings, forElements, inCommonUnits, usedSymbols } from './settings.ts';

/** Most points of a map; of larger sets every n-th one is shown. */
export const LARGEST_MAP = 100_000;

export const MAP_LEVELS = ['environments', 'frames'] as const;

export const mapSettings = z.object({
  ...descriptorSettings.shape,
  method: z.enum(MAP_METHODS).default('umap'),
  /** A point per atom, or a point per structure (its mean environment). */
  level: z.enum(MAP_LEVELS).default('environments'),
  /** UMAP: neighbours kept together. */
  mapNeighbours: z.number().int().min(4).max(200).default(15),
  /** UMAP: smallest distance between points of the map. */
  minimumDistance: z.number().min(0).max(1).default(0.1),
  /** UMAP: environments whose place is optimised; the others are put between them. */
  sample: z.number().int().min(10).max(20_000).default(5000),
  seed: z.number().int().default(0),
});
export type MapSettings = z.infer<typeof mapSettings>;

export interface MapReport {
  /** x and y of every point; points × 2. */
  readonly coordinates: Float32Array;
  /** Structure of every point, counted in its own set. */
  readonly frame: Int32Array;
  /** Atom of every point in its structure; −1 for a structure's mean environment. */
  readonly atom: Int32Array;
  /** 0: the set itself, 1: the reference set. */
  readonly set: Uint8Array;
  /** Points whose place was optimised. */
  readonly embedded: number;
  /** Environments, or structures, that there are in all; more than points when the sets are too large. */
  readonly available: number;
  /** Parts of the variance along the axes, for principal axes. */
  readonly explained: readonly [number, number] | undefined;
  readonly descriptor: string;
}

/**
 * A map of one set, or of a set and what it is compared with.
 * @throws ForcewrightError when the sets have no atoms
 */
export async function mapStructures(
  structures: StructureSet,
  references: StructureSet | undefined,
  settings: MapSettings,
  progress: KernelProgress = {},
): Promise<MapReport> {
  const given = references ? [structures, references] : [structures];
  const all = given.flatMap(({ configurations }) => configurations);
  const elements = given.map(({ configurations }) => usedSymbols(configurations));
  const descriptor = descriptorOf(forElements(settings, ...elements));
  const part = (from: number, size: number): KernelProgress => ({
    signal: progress.signal,
    onProgress: (fraction) => progress.onProgress?.(from + size * fraction),
  });
  const sets: FrameEnvironments[] = [];
  for (const [k, { frames, configurations }] of given.entries()) {
    sets.push(
      frames ??
        (await environmentsOf(configurations, descriptor, configurations.length, part(0.15 * k, 0.15))),
    );
  }
  const points = inCommonUnits(sets, descriptor, displacementNoise(descriptor, all)).sets.map((frames) =>
    pointsOf(frames, settings.level),
  );
  const available = points.reduce((sum, { matrix }) => sum + matrix.rows, 0);
  if (available === 0) {
    throw new ForcewrightError('There are no environments to draw a map of.', {
      remedy: 'Choose at least one structure that has atoms.',
    });
  }
  const step = Math.ceil(available / LARGEST_MAP);
  const kept = points.map((some) => everyNth(some, step));
  const matrix = stack(
    kept.map((some) => some.matrix),
    descriptor.dimension,
  );
  const { seed, method, mapNeighbours, minimumDistance, sample } = settings;
  const map = await environmentMap(
    matrix,
    { method, neighbours: mapNeighbours, minimumDistance, sample, seed },
    part(0.3, 0.7),
  );
  const frame = new Int32Array(matrix.rows);
  const atom = new Int32Array(matrix.rows);
  const set = new Uint8Array(matrix.rows);
  let offset = 0;
  for (const [k, some] of kept.entries()) {
    frame.set(some.frame, offset);
    atom.set(some.atom, offset);
    offset += some.matrix.rows;
    set.fill(k, offset - some.matrix.rows, offset);
  }
  return { ...map, frame, atom, set, available, descriptor: descriptor.name };
}

/**
 * Writes a map as comma-separated values: x, y, set (0, or 1 for the reference), structure and atom, both from 0.
 * @throws ForcewrightError when the file cannot be written
 */
export async function writeMap(map: MapReport, path: string): Promise<void> {
  await writeLines(path, linesOf(map));
}

function* linesOf(map: MapReport): Generator<string> {
  yield 'x,y,set,structure,atom';
  for (let k = 0; k < map.frame.length; k++) {
    const [x, y] = map.coordinates.subarray(2 * k, 2 * k + 2);
    yield `${x},${y},${map.set[k]},${map.frame[k]},${map.atom[k] < 0 ? '' : map.atom[k]}`;
  }
}

/** What a map shows of one set. */
interface Points {
  readonly matrix: DescriptorMatrix;
  readonly frame: Int32Array;
  readonly atom: Int32Array;
}

function pointsOf(frames: FrameEnvironments, level: MapSettings['level']): Points {
  const { start } = frames;
  if (level === 'frames') {
    const withAtoms = Int32Array.from(start.keys()).filter((f) => start[f + 1] > start[f]);
    const matrix = selectRows(frameMeans(frames), withAtoms);
    return { matrix, frame: withAtoms, atom: new Int32Array(withAtoms.length).fill(-1) };
  }
  const frame = new Int32Array(frames.matrix.rows);
  const atom = new Int32Array(frames.matrix.rows);
  for (let f = 0; f < frameCount(frames); f++) {
    frame.fill(f, start[f], start[f + 1]);
    for (let row = start[f]; row < start[f + 1]; row++) atom[row] = row - start[f];
  }
  return { matrix: frames.matrix, frame, atom };
}

function everyNth(points: Points, step: number): Points {
  if (step === 1) return points;
  const rows = Int32Array.from({ length: Math.ceil(points.matrix.rows / step) }, (_, k) => k * step);
  return {
    matrix: selectRows(points.matrix, rows),
    frame: Int32Array.from(rows, (row) => points.frame[row]),
    atom: Int32Array.from(rows, (row) => points.atom[row]),
  };
}
