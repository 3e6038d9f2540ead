/**
 * Where a fitted potential hands each pair of species over to the repulsion of bare nuclei: from the shortest distance of
 * the pair in the data. Just below it the radial functions stop following the distance (potentials/handover.ts) and a ZBL
 * repulsion sets in, over the same interval: what the data say is left as it is, and there is no gap between the two.
 *
 * A pair that the data never have is unknown to the learnt part. Its repulsion sets in where two bare nuclei cost 1 eV,
 * which is what a bond is worth: 2.4 Å for Si–Si, 2.0 Å for C–C, 1.0 Å for H–H.
 */
import type { CrowdingModel } from '../../potentials/crowding/model.ts';
import type { Handover } from '../../potentials/handover.ts';
import { screenedRepulsion, type ZblModel } from '../../potentials/pair/zbl.ts';
import { atomicNumber } from '../../structure/elements.ts';

/** The interval of the hand-over in parts of the shortest distance of the data. */
const [INNER, OUTER] = [0.85, 0.95];
/** Energy of two nuclei that a pair without data is held apart by, eV. */
const BOND_ENERGY = 1;

/** Shortest distances of the data, species × species, symmetric, Å; Infinity for pairs that never come within the cutoff. */
export type ShortestDistances = Float64Array;

export interface RepulsionRadii {
  readonly handover: Handover;
  readonly zbl: ZblModel;
}

/** Distance at which ZBL's repulsion of two nuclei is worth an energy, Å. @param energy eV */
export function zblDistance(zi: number, zj: number, energy: number): number {
  const out = new Float64Array(3);
  const length = 0.4685 / (zi ** 0.23 + zj ** 0.23);
  let [low, high] = [1e-3, 20];
  while (high - low > 1e-9) {
    const middle = (low + high) / 2;
    screenedRepulsion(zi * zj, length, middle, out);
    if (out[0] > energy) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * Radii of all pairs.
 * @param species element symbols
 * @param cutoff of the learnt part, Å
 */
export function repulsionRadii(
  species: readonly string[],
  shortest: ShortestDistances,
  cutoff: number,
): RepulsionRadii {
  const n = species.length;
  const lists = () => ({ inner: new Float64Array(n * n), outer: new Float64Array(n * n) });
  const [handover, radii] = [lists(), lists()];
  for (let pair = 0; pair < n * n; pair++) {
    const [a, b] = [species[Math.floor(pair / n)], species[pair % n]];
    const known = Number.isFinite(shortest[pair]);
    const distance = known
      ? Math.min(shortest[pair], cutoff)
      : Math.min(zblDistance(atomicNumber(a) ?? 1, atomicNumber(b) ?? 1, BOND_ENERGY), cutoff) / OUTER;
    radii.inner[pair] = INNER * distance;
    radii.outer[pair] = OUTER * distance;
    handover.inner[pair] = known ? radii.inner[pair] : cutoff;
    handover.outer[pair] = known ? radii.outer[pair] : cutoff;
  }
  const zbl: ZblModel = {
    form: 'zbl',
    species,
    cutoff: Math.max(...radii.outer),
    innerRadius: Math.min(...radii.inner),
    radii,
  };
  return { handover, zbl };
}

/** Ranges of the crowding in parts of the shortest distance of the data. */
const CROWDING_RANGE = 1.8;
/** Thresholds lie above the largest sum of the data by this share. */
const CROWDING_MARGIN = 0.1;

/** R of the crowding by pair of species, Å. */
export function crowdingRanges({ zbl }: RepulsionRadii, cutoff: number): Float64Array {
  const outer = zbl.radii?.outer ?? new Float64Array(zbl.species.length ** 2).fill(zbl.cutoff);
  return outer.map((radius) => Math.min(cutoff, (CROWDING_RANGE / OUTER) * radius));
}

/**
 * The crowding term with its threshold just above the data and without amplitudes yet.
 * @param densest largest ρ of the atoms of each species in the data; 0 where they have no neighbours
 * @param degree highest power of sums over neighbours in the learnt part
 */
export function crowdingTerm(
  species: readonly string[],
  ranges: Float64Array,
  densest: Float64Array,
  degree: number,
): CrowdingModel {
  const powers = Int32Array.from(new Set([3, degree + 1]));
  return {
    form: 'crowding',
    species,
    cutoff: Math.max(...ranges),
    ranges,
    // alone or nearly so in all the data: one close neighbour is what it knows
    thresholds: densest.map((density) => (1 + CROWDING_MARGIN) * Math.max(density, 0.2)),
    powers,
    amplitudes: new Float64Array(species.length * powers.length),
  };
}

/** Names of the pairs that the data never have, such as Si–Si; each once. */
export function missingPairs(species: readonly string[], shortest: ShortestDistances): string[] {
  const n = species.length;
  const names: string[] = [];
  for (let i = 0; i < n; i++) {
    for (let j = i; j < n; j++) {
      if (!Number.isFinite(shortest[i * n + j])) names.push(`${species[i]}–${species[j]}`);
    }
  }
  return names;
}
