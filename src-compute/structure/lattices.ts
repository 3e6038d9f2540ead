/**
 * Crystals: conventional cells of the common lattices, supercells, vacancies, surfaces, random alloys.
 */
import { StructureError } from '../errors.ts';
import { inverse, signedVolume } from './cell.ts';
import { atomCount, kindsFromSymbols, type Configuration } from './configuration.ts';

interface LatticeTemplate {
  /** How many species the lattice has. */
  readonly species: number;
  /** Species index and fractional coordinates per atom of the conventional cell. */
  readonly sites: readonly (readonly [number, number, number, number])[];
  /** Lengths of b and c in units of a, γ in degrees. */
  readonly shape?: readonly [number, number, number];
}

const FCC = [
  [0, 0, 0],
  [0, 0.5, 0.5],
  [0.5, 0, 0.5],
  [0.5, 0.5, 0],
] as const;

/** An fcc sublattice of one species, shifted along the body diagonal. */
const onFcc = (species: number, x: number, y = x, z = x): [number, number, number, number][] =>
  FCC.map(([u, v, w]) => [species, (u + x) % 1, (v + y) % 1, (w + z) % 1]);

const TEMPLATES = {
  sc: { species: 1, sites: [[0, 0, 0, 0]] },
  fcc: { species: 1, sites: onFcc(0, 0) },
  bcc: {
    species: 1,
    sites: [
      [0, 0, 0, 0],
      [0, 0.5, 0.5, 0.5],
    ],
  },
  hcp: {
    species: 1,
    sites: [
      [0, 0, 0, 0],
      [0, 1 / 3, 2 / 3, 0.5],
    ],
    shape: [1, Math.sqrt(8 / 3), 120],
  },
  diamond: { species: 1, sites: [...onFcc(0, 0), ...onFcc(0, 0.25)] },
  rocksalt: { species: 2, sites: [...onFcc(0, 0), ...onFcc(1, 0.5)] },
  cesiumchloride: {
    species: 2,
    sites: [
      [0, 0, 0, 0],
      [1, 0.5, 0.5, 0.5],
    ],
  },
  zincblende: { species: 2, sites: [...onFcc(0, 0), ...onFcc(1, 0.25)] },
  fluorite: { species: 2, sites: [...onFcc(0, 0), ...onFcc(1, 0.25), ...onFcc(1, 0.75)] },
  perovskite: {
    species: 3,
    sites: [
      [0, 0, 0, 0],
      [1, 0.5, 0.5, 0.5],
      [2, 0.5, 0.5, 0],
      [2, 0.5, 0, 0.5],
      [2, 0, 0.5, 0.5],
    ],
  },
} as const satisfies Record<string, LatticeTemplate>;

export type LatticeName = keyof typeof TEMPLATES;

/** Names of the lattices that can be built. */
export const LATTICE_NAMES = Object.keys(TEMPLATES) as readonly LatticeName[];

/** How many species a lattice takes. */
export function latticeSpecies(name: LatticeName): number {
  return TEMPLATES[name].species;
}

/** Lattices of one composition can be compared by energy per atom: 'AB', 'AB2'. */
export function latticeComposition(name: LatticeName): string {
  const template: LatticeTemplate = TEMPLATES[name];
  const counts = new Array<number>(template.species).fill(0);
  for (const [species] of template.sites) counts[species]++;
  const least = Math.min(...counts);
  return counts.map((count, k) => 'ABC'[k] + (count === least ? '' : String(count / least))).join('');
}

/** Whether a text names a lattice. */
export function isLatticeName(name: string): name is LatticeName {
  return Object.hasOwn(TEMPLATES, name);
}

/**
 * Conventional cell of a lattice. Rocksalt AB, caesium chloride AB, zincblende AB, fluorite AB₂ and perovskite ABX₃
 * take their species in this order.
 * @param a lattice constant, Å
 * @param covera c/a of hcp; the ideal √(8/3) when absent
 * @throws StructureError for the wrong number of species or a ≤ 0
 */
export function lattice(
  name: LatticeName,
  symbols: readonly string[],
  a: number,
  covera?: number,
): Configuration {
  const template: LatticeTemplate = TEMPLATES[name];
  if (symbols.length !== template.species) {
    throw new StructureError(
      `The lattice ${name} takes ${template.species} species, and ${symbols.length} were given (${symbols.join(', ')}).`,
    );
  }
  if (!(a > 0) || !Number.isFinite(a))
    throw new StructureError(`The lattice constant should be positive, and is ${a} Å.`);
  const [b, c, gamma] = template.shape ?? [1, 1, 90];
  const angle = (gamma * Math.PI) / 180;
  const cell = Float64Array.of(a, 0, 0, 0, b * a, 0, 0, 0, (template.shape && covera ? covera : c) * a);
  if (gamma !== 90) {
    cell[3] = a * b * Math.cos(angle);
    cell[4] = a * b * Math.sin(angle);
  }
  const positions = new Float64Array(3 * template.sites.length);
  template.sites.forEach(([, u, v, w], i) => {
    for (let k = 0; k < 3; k++) positions[3 * i + k] = u * cell[k] + v * cell[3 + k] + w * cell[6 + k];
  });
  const { symbols: names, kinds } = kindsFromSymbols(template.sites.map(([species]) => symbols[species]));
  return { symbols: names, kinds, positions, cell, periodic: [true, true, true] };
}

/**
 * Repeats a cell along its vectors. Labels (energy, forces, …) are not carried over; velocities and masses are.
 * @throws StructureError unless the counts are positive whole numbers
 */
export function supercell(
  configuration: Configuration,
  counts: readonly [number, number, number],
): Configuration {
  if (!counts.every((n) => Number.isInteger(n) && n > 0)) {
    throw new StructureError(
      `A supercell needs three positive whole numbers, and got ${counts.join(' × ')}.`,
    );
  }
  const { positions, cell, kinds, symbols, periodic, velocities, masses } = configuration;
  const n = atomCount(configuration);
  const images = counts[0] * counts[1] * counts[2];
  const repeated = new Float64Array(3 * n * images);
  let at = 0;
  for (let a = 0; a < counts[0]; a++) {
    for (let b = 0; b < counts[1]; b++) {
      for (let c = 0; c < counts[2]; c++) {
        for (let k = 0; k < 3 * n; k++) {
          const axis = k % 3;
          repeated[at++] = positions[k] + a * cell[axis] + b * cell[3 + axis] + c * cell[6 + axis];
        }
      }
    }
  }
  const tile = (source: Float64Array) => {
    const out = new Float64Array(source.length * images);
    for (let m = 0; m < images; m++) out.set(source, m * source.length);
    return out;
  };
  const allKinds = new Uint16Array(n * images);
  for (let m = 0; m < images; m++) allKinds.set(kinds, m * n);
  return {
    symbols,
    kinds: allKinds,
    positions: repeated,
    cell: cell.map((x, k) => x * counts[Math.floor(k / 3)]),
    periodic,
    ...(velocities ? { velocities: tile(velocities) } : {}),
    ...(masses ? { masses: tile(masses) } : {}),
  };
}

/** The atoms of a mask or list, in their order; per-atom labels go along, energies and virials do not. */
export function selectAtoms(configuration: Configuration, atoms: readonly number[]): Configuration {
  const rows = (source: Float64Array | undefined) => {
    if (!source) return undefined;
    const width = source.length / atomCount(configuration);
    const out = new Float64Array(width * atoms.length);
    atoms.forEach((i, k) => out.set(source.subarray(width * i, width * (i + 1)), width * k));
    return out;
  };
  const { symbols, kinds, positions, cell, periodic, velocities, masses } = configuration;
  return {
    symbols,
    kinds: Uint16Array.from(atoms, (i) => kinds[i]),
    positions: rows(positions) ?? new Float64Array(0),
    cell: cell.slice(),
    periodic,
    ...(velocities ? { velocities: rows(velocities) } : {}),
    ...(masses ? { masses: rows(masses) } : {}),
  };
}

/**
 * Takes atoms out.
 * @param vacancies atom indices from 0
 * @throws StructureError for an index that does not exist
 */
export function withVacancies(configuration: Configuration, vacancies: readonly number[]): Configuration {
  const n = atomCount(configuration);
  const gone = new Set(vacancies);
  for (const i of gone) {
    if (!Number.isInteger(i) || i < 0 || i >= n)
      throw new StructureError(`There is no atom ${i + 1} to remove: the structure has ${n}.`);
  }
  return selectAtoms(
    configuration,
    Array.from({ length: n }, (_, i) => i).filter((i) => !gone.has(i)),
  );
}

/**
 * Opens a surface: adds vacuum along one lattice vector and makes that direction non-periodic when asked.
 * @param axis 0, 1, 2 for a, b, c
 * @param vacuum Å, measured along the surface normal
 */
export function withSurface(
  configuration: Configuration,
  axis: 0 | 1 | 2,
  vacuum: number,
  keepPeriodic = true,
): Configuration {
  if (!(vacuum >= 0))
    throw new StructureError(`The vacuum should be a length of 0 Å or more, and is ${vacuum} Å.`);
  const inv = inverse(configuration.cell);
  // distance between the faces across the axis is 1/|column of the inverse|
  const spacing = 1 / Math.hypot(inv[axis], inv[3 + axis], inv[6 + axis]);
  const cell = configuration.cell.slice();
  for (let k = 0; k < 3; k++) cell[3 * axis + k] *= (spacing + vacuum) / spacing;
  const periodic: [boolean, boolean, boolean] = [...configuration.periodic];
  periodic[axis] = keepPeriodic && periodic[axis];
  return {
    ...selectAtoms(
      configuration,
      Array.from(configuration.kinds, (_, i) => i),
    ),
    cell,
    periodic,
  };
}

/**
 * Distributes species at random over all sites, with counts as near to the fractions as whole atoms allow.
 * @param fractions by symbol; they are normalised to 1
 * @param random uniform numbers in [0, 1)
 * @throws StructureError for fractions that are negative or all zero
 */
export function randomAlloy(
  configuration: Configuration,
  fractions: Readonly<Record<string, number>>,
  random: () => number,
): Configuration {
  const entries = Object.entries(fractions);
  const total = entries.reduce((sum, [, x]) => sum + x, 0);
  if (!entries.every(([, x]) => x >= 0) || !(total > 0)) {
    throw new StructureError('The fractions of an alloy should be zero or more, and not all zero.');
  }
  const n = atomCount(configuration);
  const exact = entries.map(([, x]) => (x / total) * n);
  const counts = exact.map(Math.floor);
  const byRemainder = exact.map((x, k) => [x - counts[k], k]).sort((p, q) => q[0] - p[0]);
  let left = n - counts.reduce((a, b) => a + b, 0);
  for (let k = 0; left > 0; k++, left--) counts[byRemainder[k][1]]++;
  const kinds = Uint16Array.from(counts.flatMap((count, kind) => new Array<number>(count).fill(kind)));
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [kinds[i], kinds[j]] = [kinds[j], kinds[i]];
  }
  const { positions, cell, periodic } = configuration;
  const symbols = entries.map(([symbol]) => symbol);
  return { symbols, kinds, positions: positions.slice(), cell: cell.slice(), periodic };
}

/** Applies the deformation r → r·(1 + ε) to positions and cell; ε row-major, 9. */
export function deform(configuration: Configuration, strain: ArrayLike<number>): Configuration {
  const transform = (rows: Float64Array) => {
    const out = new Float64Array(rows.length);
    for (let i = 0; i < rows.length; i += 3) {
      for (let b = 0; b < 3; b++) {
        let x = rows[i + b];
        for (let a = 0; a < 3; a++) x += rows[i + a] * strain[3 * a + b];
        out[i + b] = x;
      }
    }
    return out;
  };
  const cell = transform(configuration.cell);
  if (!(Math.abs(signedVolume(cell)) > 0)) throw new StructureError('This strain flattens the cell.');
  return {
    ...selectAtoms(
      configuration,
      Array.from(configuration.kinds, (_, i) => i),
    ),
    positions: transform(configuration.positions),
    cell,
  };
}
