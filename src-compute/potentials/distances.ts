/** Whether a structure asks a potential for distances that it was not made for. */
import { symbolOf, type Configuration } from '../structure/configuration.ts';
import { minimumDistance } from '../structure/minimum-distance.ts';
import { neighbourPairs } from '../structure/neighbour-list.ts';
import type { PotentialModelBase } from './potential.ts';
import { partOf } from './registry.ts';

/** A pair of atoms closer than any of its kind in the data of a potential. */
export interface ClosePair {
  /** Symbols, such as Si–O. */
  readonly pair: string;
  /** Å */
  readonly distance: number;
  /** Where the repulsion of the pair sets in, Å: the data have it at longer distances only. */
  readonly limit: number;
  /** Whether the data have the pair at all. */
  readonly isKnown: boolean;
}

/**
 * Finds pairs inside their hand-over (potentials/handover.ts). What does not depend on the structure is made once, so
 * that a run can be looked at often.
 * @returns undefined for potentials without a hand-over
 */
export function closePairFinder(
  model: PotentialModelBase,
): ((configuration: Configuration) => ClosePair | undefined) | undefined {
  const part = partOf(model, 'moment-tensor') ?? partOf(model, 'tensor-regression') ?? snapWithin(model);
  if (!part?.handover) return undefined;
  const { species, handover, cutoff } = part;
  const n = species.length;
  const zbl = partOf(model, 'zbl');
  const isKnown = handover.inner.map((inner) => (inner < cutoff ? 1 : 0));
  const limits = handover.outer.map((outer, pair) => {
    if (isKnown[pair]) return outer;
    const [a, b] = [species[Math.floor(pair / n)], species[pair % n]].map(
      (s) => zbl?.species.indexOf(s) ?? -1,
    );
    return zbl && a >= 0 && b >= 0 ? (zbl.radii?.outer[a * zbl.species.length + b] ?? zbl.cutoff) : 0;
  });
  const reach = Math.max(...limits);
  return (configuration) => {
    // the shortest of all pairs costs least to know, and is mostly long enough
    if (minimumDistance(configuration, reach) === undefined) return undefined;
    const toSpecies = configuration.symbols.map((symbol) => species.indexOf(symbol));
    const { start, neighbours, vectors } = neighbourPairs(configuration, reach);
    let worst: ClosePair | undefined;
    for (let i = 0; i < configuration.kinds.length; i++) {
      for (let p = start[i]; p < start[i + 1]; p++) {
        const j = neighbours[p];
        const pair = toSpecies[configuration.kinds[i]] * n + toSpecies[configuration.kinds[j]];
        const distance = Math.hypot(vectors[3 * p], vectors[3 * p + 1], vectors[3 * p + 2]);
        const limit = limits[pair];
        if (!(distance < limit) || (worst && distance / limit >= worst.distance / worst.limit)) continue;
        const name = `${symbolOf(configuration, i)}–${symbolOf(configuration, j)}`;
        worst = { pair: name, distance, limit, isKnown: isKnown[pair] === 1 };
      }
    }
    return worst;
  };
}

/** A fitted SNAP potential hands over by its inner switch, inside the radii of the repulsion that it was given. */
function snapWithin(model: PotentialModelBase) {
  const snap = partOf(model, 'snap');
  const radii = partOf(model, 'zbl')?.radii;
  return snap?.inner && radii ? { ...snap, handover: radii } : undefined;
}

/** A close pair in words. */
export function closePairSentence({ pair, distance, limit, isKnown }: ClosePair): string {
  const met = isKnown
    ? `closer than any ${pair} pair of this potential's data. Below ${limit.toFixed(2)} Å`
    : `and this potential's data have no ${pair} pairs. Below ${limit.toFixed(2)} Å`;
  return `Two atoms, ${pair}, are ${distance.toFixed(3)} Å apart, ${met} a repulsion of bare nuclei takes over: it keeps them apart, and energies there are no more than an order of magnitude.`;
}

/**
 * A sentence when two atoms are closer than a fitted potential knows: inside the hand-over to the repulsion of bare
 * nuclei or, where there is none, below r_min, where its radial functions extrapolate.
 * @returns undefined when all distances are within what the potential knows
 */
export function closeAtomsWarning(
  model: PotentialModelBase,
  configuration: Configuration,
): string | undefined {
  const find = closePairFinder(model);
  if (find) {
    const close = find(configuration);
    return close && closePairSentence(close);
  }
  const part = partOf(model, 'moment-tensor') ?? partOf(model, 'tensor-regression');
  if (!part) return undefined;
  const shortest = minimumDistance(configuration, part.minimumDistance);
  if (shortest === undefined || shortest >= part.minimumDistance) return undefined;
  return `Two atoms are ${shortest.toFixed(3)} Å apart, closer than the ${part.minimumDistance} Å down to which this potential was made: its values there are extrapolated.`;
}
