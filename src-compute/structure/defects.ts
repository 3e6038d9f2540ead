/**
 * Point defects in a periodic crystal: vacancies, interstitials in the voids of the lattice and as dumbbells, atoms of
 * another element, and a vacancy's hop.
 */
import { StructureError } from '../errors.ts';
import { inverse } from './cell.ts';
import { atomCount, symbolOf, type Configuration } from './configuration.ts';
import { withVacancies } from './lattices.ts';

/** Vectors from a point to all atoms, each to its nearest image, Å; 3N. */
export function vectorsFrom(
  centre: ArrayLike<number>,
  { positions, cell, periodic }: Configuration,
): Float64Array {
  const inv = periodic.some(Boolean) ? inverse(cell) : undefined;
  const out = new Float64Array(positions.length);
  for (let k = 0; k < positions.length; k += 3) {
    for (let a = 0; a < 3; a++) out[k + a] = positions[k + a] - centre[a];
    if (!inv) continue;
    const turns = [0, 1, 2].map((b) =>
      periodic[b] ? Math.round(out[k] * inv[b] + out[k + 1] * inv[3 + b] + out[k + 2] * inv[6 + b]) : 0,
    );
    for (let a = 0; a < 3; a++)
      out[k + a] -= turns[0] * cell[a] + turns[1] * cell[3 + a] + turns[2] * cell[6 + a];
  }
  return out;
}

const lengthAt = (v: Float64Array, i: number): number => Math.hypot(v[3 * i], v[3 * i + 1], v[3 * i + 2]);

/**
 * A vacancy whose nearest neighbours are moved towards it: where they lie is often a point of rest by symmetry alone, and
 * the minimum is where they bind to each other.
 * @param inwards in parts of their distance
 */
export function vacancy(perfect: Configuration, site: number, inwards = 0): Configuration {
  const empty = withVacancies(perfect, [site]);
  return inwards === 0 ? empty : drawnIn(empty, perfect.positions.slice(3 * site, 3 * site + 3), inwards);
}

/** The atoms nearest to a place, moved towards it. */
export function drawnIn(structure: Configuration, centre: ArrayLike<number>, inwards: number): Configuration {
  const vectors = vectorsFrom(centre, structure);
  const n = atomCount(structure);
  let nearest = Infinity;
  for (let i = 0; i < n; i++) nearest = Math.min(nearest, lengthAt(vectors, i));
  const positions = structure.positions.slice();
  for (let i = 0; i < n; i++)
    if (lengthAt(vectors, i) < 1.1 * nearest)
      for (let a = 0; a < 3; a++) positions[3 * i + a] -= inwards * vectors[3 * i + a];
  return { ...structure, positions };
}

/** The two ends of a vacancy's hop: one at the first atom, one at its nearest neighbour of the same element. */
export interface VacancyHop {
  readonly initial: Configuration;
  readonly final: Configuration;
  /** Places of the vacancy at both ends. */
  readonly from: Float64Array;
  readonly to: Float64Array;
}

/** @throws StructureError when there is no other atom of the element */
export function vacancyHop(perfect: Configuration): VacancyHop {
  const from = perfect.positions.slice(0, 3);
  const vectors = vectorsFrom(from, perfect);
  let nearest = -1;
  for (let i = 1; i < atomCount(perfect); i++)
    if (
      symbolOf(perfect, i) === symbolOf(perfect, 0) &&
      (nearest < 0 || lengthAt(vectors, i) < lengthAt(vectors, nearest) - 1e-6)
    )
      nearest = i;
  if (nearest < 0)
    throw new StructureError('The crystal has one atom of its element only: no vacancy can hop.');
  const initial = withVacancies(perfect, [0]);
  const positions = initial.positions.slice();
  for (let a = 0; a < 3; a++) positions[3 * (nearest - 1) + a] -= vectors[3 * nearest + a];
  return {
    initial,
    final: { ...initial, positions },
    from,
    to: perfect.positions.slice(3 * nearest, 3 * nearest + 3),
  };
}

/** Puts another element on a site. */
export function substitution(perfect: Configuration, site: number, symbol: string): Configuration {
  if (site < 0 || site >= atomCount(perfect)) throw new StructureError(`There is no atom ${site + 1}.`);
  const known = perfect.symbols.indexOf(symbol);
  const symbols = known < 0 ? [...perfect.symbols, symbol] : perfect.symbols;
  const kinds = perfect.kinds.slice();
  kinds[site] = known < 0 ? symbols.length - 1 : known;
  return { ...bare(perfect), symbols, kinds };
}

/** Adds an atom at a place. */
export function interstitial(
  perfect: Configuration,
  place: ArrayLike<number>,
  symbol: string,
): Configuration {
  const known = perfect.symbols.indexOf(symbol);
  const symbols = known < 0 ? [...perfect.symbols, symbol] : perfect.symbols;
  return {
    ...bare(perfect),
    symbols,
    kinds: Uint16Array.of(...perfect.kinds, known < 0 ? symbols.length - 1 : known),
    positions: Float64Array.of(...perfect.positions, place[0], place[1], place[2]),
  };
}

/** Splits an atom into two, apart along a direction. @param apart distance of the two, Å */
export function dumbbell(
  perfect: Configuration,
  site: number,
  direction: readonly [number, number, number],
  apart: number,
  symbol: string,
): Configuration {
  const length = Math.hypot(...direction);
  const half = direction.map((x) => (x / length) * (apart / 2));
  const centre = perfect.positions.slice(3 * site, 3 * site + 3);
  const added = interstitial(
    perfect,
    centre.map((x, a) => x + half[a]),
    symbol,
  );
  const positions = added.positions.slice();
  for (let a = 0; a < 3; a++) positions[3 * site + a] -= half[a];
  return { ...added, positions };
}

const bare = ({ symbols, kinds, positions, cell, periodic }: Configuration): Configuration => ({
  symbols,
  kinds,
  positions,
  cell,
  periodic,
});

/** A place in the lattice where an atom can be put. */
export interface VoidSite {
  /** tetrahedral, octahedral, hexagonal, … */
  readonly name: string;
  /** Å, in the conventional cell */
  readonly place: Float64Array;
}

/** Voids of the lattices that have names, fractional in the conventional cell, by space group and atoms per cell. */
const NAMED: readonly { group: number; atoms: number; sites: readonly [string, number, number, number][] }[] = [
  { group: 225, atoms: 4, sites: [['octahedral', 1 / 2, 1 / 2, 1 / 2], ['tetrahedral', 1 / 4, 1 / 4, 1 / 4]] },
  { group: 229, atoms: 2, sites: [['octahedral', 1 / 2, 1 / 2, 0], ['tetrahedral', 1 / 2, 1 / 4, 0]] },
  {
    group: 227,
    atoms: 8,
    sites: [['tetrahedral', 1 / 2, 1 / 2, 1 / 2], ['hexagonal', 5 / 8, 5 / 8, 5 / 8], ['bond-centred', 1 / 8, 1 / 8, 1 / 8]],
  },
  { group: 216, atoms: 8, sites: [['tetrahedral (1)', 1 / 2, 1 / 2, 1 / 2], ['tetrahedral (2)', 3 / 4, 3 / 4, 3 / 4], ['hexagonal', 5 / 8, 5 / 8, 5 / 8]] },
  { group: 194, atoms: 2, sites: [['octahedral', 0, 0, 0], ['tetrahedral', 0, 0, 3 / 8]] },
]; // prettier-ignore

/**
 * The named voids of a conventional cell (fcc, bcc, diamond, zincblende, hcp), told from an atom: origins differ. Places
 * that a rotation of the lattice may have turned are checked: a void is no nearer to an atom than it should be.
 * @param spaceGroup of the International Tables
 * @param atoms of the conventional cell
 * @returns none for other lattices
 */
export function voidSites(conventional: Configuration, spaceGroup: number): VoidSite[] {
  const named = NAMED.find(({ group, atoms }) => group === spaceGroup && atoms === atomCount(conventional));
  if (!named) return [];
  const { cell } = conventional;
  return named.sites.map(([name, ...fraction]) => {
    // of the eight turns of the body diagonal the one that keeps furthest from all atoms; for bond centres the nearest
    const near = name === 'bond-centred';
    let best: { place: Float64Array; distance: number } | undefined;
    for (let origin = 0; origin < atomCount(conventional); origin++)
      for (let turn = 0; turn < 8; turn++) {
        const f = fraction.map((x, k) => ((turn >> k) & 1 ? -x : x));
        const place = Float64Array.from(
          [0, 1, 2],
          (a) =>
            conventional.positions[3 * origin + a] + f[0] * cell[a] + f[1] * cell[3 + a] + f[2] * cell[6 + a],
        );
        const vectors = vectorsFrom(place, conventional);
        let distance = Infinity;
        for (let i = 0; i < atomCount(conventional); i++) distance = Math.min(distance, lengthAt(vectors, i));
        const isBetter =
          best === undefined || (near ? halfBond(vectors, distance) : distance > best.distance + 1e-9);
        if (isBetter) best = { place, distance };
        if (near && isBetter && halfBond(vectors, distance)) return { name, place };
      }
    return { name, place: best?.place ?? new Float64Array(3) };
  });
}

/** Whether two atoms lie at opposite sides of the place, equally far. */
function halfBond(vectors: Float64Array, distance: number): boolean {
  const near = Array.from({ length: vectors.length / 3 }, (_, i) => i).filter(
    (i) => lengthAt(vectors, i) < distance + 1e-3,
  );
  return (
    near.length === 2 &&
    [0, 1, 2].every((a) => Math.abs(vectors[3 * near[0] + a] + vectors[3 * near[1] + a]) < 1e-3)
  );
}
