/** The energy along a path between its images: cubic pieces through energies and slopes (from forces). */
import type { BandResult } from './band.ts';

export interface PathProfile {
  readonly distances: readonly number[];
  readonly energies: readonly number[];
  /** The highest point between the ends. */
  readonly saddle: { readonly distance: number; readonly energy: number };
}

/** Points of the spline between two images. */
const FINE = 20;

/** @returns the spline, and its highest point */
export function pathProfile({
  distances,
  energies,
  slopes,
}: Pick<BandResult, 'distances' | 'energies' | 'slopes'>): PathProfile {
  const [x, y]: [number[], number[]] = [[], []];
  let saddle = { distance: distances[0], energy: energies[0] };
  for (let i = 0; i + 1 < distances.length; i++) {
    const h = distances[i + 1] - distances[i];
    for (let k = 0; k <= FINE; k++) {
      if (k === 0 && i > 0) continue;
      const t = k / FINE;
      // Hermite's cubic
      const energy =
        (1 + 2 * t) * (1 - t) ** 2 * energies[i] +
        t * (1 - t) ** 2 * h * slopes[i] +
        t * t * (3 - 2 * t) * energies[i + 1] +
        t * t * (t - 1) * h * slopes[i + 1];
      x.push(distances[i] + t * h);
      y.push(energy);
      if (energy > saddle.energy) saddle = { distance: distances[i] + t * h, energy };
    }
  }
  return { distances: x, energies: y, saddle };
}
