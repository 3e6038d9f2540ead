/** Coordination numbers and bond angles. */
import type { Configuration } from '../structure/configuration.ts';
import { neighbourTable, tableWithNearest } from './pair-iteration.ts';

/** Number of neighbours of every atom within a distance. */
export function coordinationNumbers(configuration: Configuration, cutoff: number): Int32Array {
  const { start } = neighbourTable(configuration, cutoff);
  return Int32Array.from({ length: start.length - 1 }, (_, i) => start[i + 1] - start[i]);
}

/** Between the first shell and the second: 1.63 in diamond, 1.41 in fcc; the two shells of bcc (1, 1.155) count as one. */
const FIRST_SHELL = 1.35;

/**
 * A distance that holds the first shell of neighbours, Å: 1.35 times the median distance of nearest neighbours. 4
 * neighbours in diamond, 12 in fcc and hcp, 14 in bcc; for liquids near the first minimum of g(r).
 */
export function firstShell(configuration: Configuration): number {
  const { table, radius } = tableWithNearest(configuration, 1);
  const { start, distances } = table;
  const nearest: number[] = [];
  for (let i = 0; i + 1 < start.length; i++) {
    let least = Infinity;
    for (let p = start[i]; p < start[i + 1]; p++) least = Math.min(least, distances[p]);
    if (least < Infinity) nearest.push(least);
  }
  nearest.sort((a, b) => a - b);
  return nearest.length > 0 ? FIRST_SHELL * nearest[nearest.length >> 1] : radius;
}

export interface BondAngles {
  /** Bin centres, degrees. */
  readonly angles: Float64Array;
  /** Probability per degree; integrates to 1. */
  readonly density: Float64Array;
  /** Number of angles. */
  readonly count: number;
}

/**
 * Distribution of the angles j–i–k between bonds shorter than a distance, over all centres i.
 * @param species only centres of this kind (index into symbols); all when absent
 */
export function bondAngles(
  configuration: Configuration,
  cutoff: number,
  bins = 90,
  species?: number,
): BondAngles {
  const table = neighbourTable(configuration, cutoff);
  const histogram = new Float64Array(bins);
  const width = 180 / bins;
  let count = 0;
  for (let i = 0; i + 1 < table.start.length; i++) {
    if (species !== undefined && configuration.kinds[i] !== species) continue;
    for (let p = table.start[i]; p < table.start[i + 1]; p++) {
      for (let q = p + 1; q < table.start[i + 1]; q++) {
        let dot = 0;
        for (let a = 0; a < 3; a++) dot += table.vectors[3 * p + a] * table.vectors[3 * q + a];
        const cosine = Math.min(1, Math.max(-1, dot / (table.distances[p] * table.distances[q])));
        histogram[Math.min(bins - 1, Math.floor((Math.acos(cosine) * 180) / Math.PI / width))]++;
        count++;
      }
    }
  }
  return {
    angles: Float64Array.from({ length: bins }, (_, k) => (k + 0.5) * width),
    density: histogram.map((x) => (count > 0 ? x / count / width : 0)),
    count,
  };
}
