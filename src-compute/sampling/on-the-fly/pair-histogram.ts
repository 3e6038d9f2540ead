/**
 * Distances between atoms, gathered frame by frame: g(r) over all pairs in a periodic cell (normalised as in
 * analysis/radial-distribution.ts), and the density of pair distances for free molecules, whose integral is one when all
 * pairs are in range. It can be saved and go on later.
 */
import { forEachPair } from '../../analysis/pair-iteration.ts';
import { volume } from '../../structure/cell.ts';
import { atomCount, type Configuration } from '../../structure/configuration.ts';

/** A distribution at bin centres. */
export interface PairDistances {
  readonly kind: 'g' | 'density';
  /** Å */
  readonly distances: Float64Array;
  /** g(r), or 1/Å */
  readonly values: Float64Array;
  readonly frames: number;
}

const BINS = 120;

export class PairHistogram {
  readonly #range: number;
  readonly #bulk: boolean;
  readonly #sums = new Float64Array(BINS);
  #frames = 0;

  /** @param range Å */
  constructor(range: number, periodic: readonly boolean[]) {
    this.#range = range;
    this.#bulk = periodic.every(Boolean);
  }

  add(configuration: Configuration): void {
    const n = atomCount(configuration);
    // in a crystal the own images count, as in analysis/radial-distribution.ts
    const pairs = (n * (this.#bulk ? n : n - 1)) / 2;
    if (pairs === 0) return;
    // ideal gas: pairs × shell / V of them in a shell
    const weight = (this.#bulk ? volume(configuration.cell) : 1) / pairs;
    const scale = BINS / this.#range;
    forEachPair(configuration, this.#range, (_i, _j, r) => {
      this.#sums[Math.min(BINS - 1, Math.floor(r * scale))] += weight;
    });
    this.#frames++;
  }

  get result(): PairDistances {
    const width = this.#range / BINS;
    const measure = (k: number) =>
      this.#bulk ? ((4 * Math.PI) / 3) * width ** 3 * ((k + 1) ** 3 - k ** 3) : width;
    const { length } = this.#sums;
    return {
      kind: this.#bulk ? 'g' : 'density',
      distances: Float64Array.from({ length }, (_, k) => (k + 0.5) * width),
      values: this.#sums.map((sum, k) => (this.#frames > 0 ? sum / this.#frames / measure(k) : 0)),
      frames: this.#frames,
    };
  }

  save(): Float64Array {
    return Float64Array.of(this.#frames, ...this.#sums);
  }

  restore(saved: Float64Array): void {
    this.#frames = saved[0];
    this.#sums.set(saved.subarray(1));
  }
}
