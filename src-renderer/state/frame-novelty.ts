/** Novelty of atoms grouped by the configurations of a dataset: scores to rank by, and numbers to colour by. */
import { NOVELTY_ROUND_OFF } from '../../src-compute/analysis/entropy/measures.ts';
import { percentileRange } from '../viewer/scalar-range.ts';
import type { ViewerScalar } from '../viewer/types.ts';

/** Scores by which configurations are ranked. */
export type NoveltyScore = 'mean' | 'max' | 'fractionNew';

export class FrameNovelty {
  /** Configurations in the dataset, ascending; scores are in the same order. */
  readonly positions: Uint32Array;
  /** Per configuration: mean and largest δH of its atoms (nats), part of them with δH > 0. */
  readonly scores: Readonly<Record<NoveltyScore, Float64Array>>;
  /** Ends of the colour scale for all configurations: 0 is the border of what is covered. */
  readonly range: readonly [number, number];
  private readonly start: Int32Array;
  private readonly values: Float64Array;
  private readonly places = new Map<number, number>();

  /** @param start first atom of each configuration in `values`, and the number of all */
  constructor(positions: Uint32Array, start: Int32Array, values: Float64Array) {
    this.positions = positions;
    this.start = start;
    this.values = values;
    const count = positions.length;
    const mean = new Float64Array(count);
    const max = new Float64Array(count).fill(-Infinity);
    const fractionNew = new Float64Array(count);
    for (let f = 0; f < count; f++) {
      this.places.set(positions[f], f);
      const atoms = start[f + 1] - start[f];
      for (let row = start[f]; row < start[f + 1]; row++) {
        mean[f] += values[row] / atoms;
        if (values[row] > max[f]) max[f] = values[row];
        if (values[row] > NOVELTY_ROUND_OFF) fractionNew[f] += 1 / atoms;
      }
    }
    this.scores = { mean, max, fractionNew };
    this.range = [0, Math.max(1, percentileRange(values)[1])];
  }

  /** Place of a configuration among the scores, or −1. */
  place(position: number): number {
    return this.places.get(position) ?? -1;
  }

  score(position: number, score: NoveltyScore): number {
    const place = this.places.get(position);
    return place === undefined ? NaN : this.scores[score][place];
  }

  /** δH of the atoms of a configuration, nats. */
  atoms(position: number): Float64Array {
    const place = this.place(position);
    return place < 0 ? new Float64Array(0) : this.values.subarray(this.start[place], this.start[place + 1]);
  }

  /** δH of one atom. */
  atom(position: number, atom: number): number {
    const place = this.place(position);
    return place < 0 ? NaN : this.values[this.start[place] + atom];
  }

  /** Positions in the order of a score, the most novel first. */
  ranked(score: NoveltyScore, descending = true): Uint32Array {
    const values = this.scores[score];
    const sign = descending ? -1 : 1;
    const order = Array.from(this.positions.keys()).sort((a, b) => {
      // infinite in both: only one configuration
      const difference = values[a] === values[b] ? 0 : values[a] - values[b];
      return sign * difference || a - b;
    });
    return Uint32Array.from(order, (f) => this.positions[f]);
  }

  /** Atoms with δH > 0 over all configurations. */
  get newAtoms(): number {
    let count = 0;
    for (const value of this.values) if (value > NOVELTY_ROUND_OFF) count++;
    return count;
  }

  /** What the 3D view colours the atoms of a configuration by. */
  scalar(position: number, label: string): ViewerScalar {
    return noveltyScalar(this.atoms(position), this.range, label);
  }
}

/** Novelty from which atoms of a run have the full colour, nats: that they are new matters more than how new. */
export const CLEARLY_NEW = 30;

/** Novelty as the 3D view takes it. */
export function noveltyScalar(
  values: Float64Array | Float32Array,
  range: readonly [number, number],
  label = 'Novelty',
): ViewerScalar {
  return { key: 'novelty', label, unit: 'nats', values, range, colormap: 'ember' };
}
