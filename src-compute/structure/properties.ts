/**
 * The table of properties: one row for each physical quantity that a configuration may carry besides its atoms and its
 * cell. Store, content hash, label bits, checks, readers, writers, tables, metrics and the viewer walk the table; what
 * is said of a quantity stands in its row and nowhere else. Adding a property is adding a row (CONTRIBUTING.md).
 *
 * A row is per frame or per atom and holds `components` numbers for each. Where more than one count is allowed, the
 * length of the array decides: magnetic moments are one number an atom along the axis of a collinear calculation, or
 * three. Three components are a vector of rank 1, nine a tensor of rank 2, row-major.
 */

import { BOHR_IN_A, COULOMB_EV_A, DEBYE_IN_E_A } from '../units.ts';

/** How a quantity behaves when the structure is inverted: polar vectors turn round (−1), axial ones do not (+1). */
export type Parity = 1 | -1;

/** What a quantity is to a potential. */
export type Role =
  /** given with the structure: velocities, masses */
  | 'input'
  /** computed for the structure, predicted by no form as such */
  | 'label'
  /** computed for the structure, and what forms may predict: errors are counted */
  | 'output';

/** How errors of a quantity are given: divided by the number of atoms or not, in a unit of their own. */
export interface ErrorScale {
  readonly perAtom: boolean;
  readonly unit: string;
  /** From the unit of the quantity. */
  readonly factor: number;
  /** Names of the mean absolute and root-mean-square error in results of the command line. */
  readonly mae: string;
  readonly rmse: string;
}

/** One number that stands for the quantity in tables: `NAME` of the whole configuration. */
export interface Summary {
  readonly title: string;
  /** The number itself, the norm of the vector, the largest norm of an atom's, or a third of the trace. */
  readonly of: 'value' | 'norm' | 'largest norm' | 'mean of the diagonal';
}

/** Under which names formats keep the quantity; the first is written, all are read. */
export interface FileNames {
  /** Extended XYZ, keys of the comment line or columns; ASE's where it has one (ase/io/extxyz.py). */
  readonly xyz: readonly string[];
  /** Results of an ASE calculator, as in .traj and ASE's JSON. */
  readonly ase?: string;
  /** DeePMD-kit, name of the .npy or .raw file (documentation, "System"). */
  readonly deepmd?: string;
  /** MLIP .cfg, columns of AtomData by the number of components. */
  readonly mlip?: Readonly<Record<number, readonly string[]>>;
  /** JSON of pymatgen: keys of records, properties of sites. */
  readonly json?: readonly string[];
  /** NumPy archives of molecules. */
  readonly npz?: readonly string[];
}

export interface Property {
  /** Field of a Configuration. */
  readonly key: string;
  /** As a heading: 'Dipole'. */
  readonly title: string;
  /** Of one atom: 'Magnetic moment'; of a vector its size. */
  readonly one?: string;
  /** In a sentence: 'the dipole' or, of many, 'charges'. */
  readonly words: string;
  readonly per: 'frame' | 'atom';
  /** Numbers per frame or atom; the first is the usual one. */
  readonly components: readonly number[];
  /** A field that is a plain number and no array. */
  readonly scalar?: true;
  readonly unit: string;
  /** Other units that files may name, and what makes ours of them; case, blanks, dots and stars do not count. */
  readonly units?: Readonly<Record<string, number>>;
  /** Of the vector or tensor; the quantity with one component is a scalar. */
  readonly parity: Parity;
  readonly role: Role;
  /** Configurations that differ in it alone are different content. */
  readonly isContent: boolean;
  /** Bit of `labels` in the store; never changed, never used again. */
  readonly bit: number;
  /** A wrong one (not finite, of another length) makes the frame a bad one; others are left out with a warning. */
  readonly essential: boolean;
  /** No number may be zero or less. */
  readonly positive?: true;
  readonly errors?: ErrorScale;
  readonly summary?: Summary;
  readonly files: FileNames;
}

const energies = { unit: 'meV/atom', factor: 1000 };

/** All properties, in the order in which they are hashed, written and listed: new rows go to the end. */
export const PROPERTIES = [
  {
    key: 'energy',
    title: 'Energy',
    words: 'the energy',
    per: 'frame',
    components: [1],
    scalar: true,
    unit: 'eV',
    parity: 1,
    role: 'output',
    isContent: true,
    bit: 1,
    essential: true,
    errors: {
      perAtom: true,
      ...energies,
      mae: 'energy_mae_mev_per_atom',
      rmse: 'energy_rmse_mev_per_atom',
    },
    files: { xyz: ['energy'], ase: 'energy', deepmd: 'energy' },
  },
  {
    key: 'forces',
    title: 'Forces',
    one: 'Force',
    words: 'forces',
    per: 'atom',
    components: [3],
    unit: 'eV/Å',
    parity: -1,
    role: 'output',
    isContent: true,
    bit: 2,
    essential: true,
    errors: {
      perAtom: false,
      unit: 'eV/Å',
      factor: 1,
      mae: 'force_mae_ev_per_a',
      rmse: 'force_rmse_ev_per_a',
    },
    files: { xyz: ['forces'], ase: 'forces', deepmd: 'force', mlip: { 3: ['fx', 'fy', 'fz'] } },
  },
  {
    key: 'virial',
    title: 'Virial',
    words: 'the virial',
    per: 'frame',
    components: [9],
    unit: 'eV',
    parity: 1,
    role: 'output',
    isContent: true,
    bit: 4,
    essential: true,
    errors: {
      perAtom: true,
      ...energies,
      mae: 'virial_mae_mev_per_atom',
      rmse: 'virial_rmse_mev_per_atom',
    },
    files: { xyz: ['virial'], deepmd: 'virial' },
  },
  {
    key: 'velocities',
    title: 'Velocities',
    one: 'Speed',
    words: 'velocities',
    per: 'atom',
    components: [3],
    unit: 'Å/fs',
    parity: -1,
    role: 'input',
    isContent: false,
    bit: 16,
    essential: true,
    files: { xyz: ['velo', 'velocities', 'velocity', 'vel'] },
  },
  {
    key: 'masses',
    title: 'Masses',
    one: 'Mass',
    words: 'masses',
    per: 'atom',
    components: [1],
    unit: 'amu',
    parity: 1,
    role: 'input',
    isContent: false,
    bit: 32,
    essential: true,
    positive: true,
    files: { xyz: ['masses', 'mass'] },
  },
  {
    key: 'atomEnergies',
    title: 'Energies of the atoms',
    one: 'Atomic energy',
    words: 'per-atom energies',
    per: 'atom',
    components: [1],
    unit: 'eV',
    parity: 1,
    // the sum over the atoms is what is computed: how it is shared out is a matter of the form
    role: 'label',
    isContent: true,
    bit: 8,
    essential: true,
    files: {
      xyz: ['energies', 'local_energy', 'atomic_energy', 'atom_energy', 'site_energy', 'node_energy'],
      ase: 'energies',
      deepmd: 'atom_ener',
      mlip: { 1: ['site_en'] },
    },
  },
  {
    key: 'charges',
    title: 'Charges',
    one: 'Charge',
    words: 'charges',
    per: 'atom',
    components: [1],
    unit: 'e',
    units: {
      electrons: -1,
      coulomb: 1 / 1.602176634e-19,
      e: 1,
      '|e|': 1,
      electron: -1,
      au: 1,
      c: 1 / 1.602176634e-19,
    },
    parity: 1,
    role: 'output',
    isContent: true,
    bit: 64,
    essential: false,
    errors: { perAtom: false, unit: 'e', factor: 1, mae: 'charge_mae_e', rmse: 'charge_rmse_e' },
    summary: { title: 'max |q|', of: 'largest norm' },
    files: {
      xyz: [
        'charges',
        'charge',
        'partial_charges',
        'atomic_charges',
        'mulliken_charges',
        'hirshfeld_charges',
      ],
      ase: 'charges',
      mlip: { 1: ['charge'] },
      json: ['charges', 'charge'],
      npz: ['partial_charges', 'atomic_charges', 'q'],
    },
  },
  {
    key: 'magneticMoments',
    title: 'Magnetic moments',
    one: 'Magnetic moment',
    words: 'magnetic moments',
    per: 'atom',
    // along the axis of a collinear calculation, or a vector
    components: [1, 3],
    unit: 'μB',
    units: { bohrmagnetons: 1, bohrmagneton: 1, μb: 1, µb: 1, mu_b: 1, au: 2 },
    parity: 1,
    role: 'output',
    isContent: true,
    bit: 128,
    essential: false,
    errors: { perAtom: false, unit: 'μB', factor: 1, mae: 'moment_mae_mub', rmse: 'moment_rmse_mub' },
    summary: { title: 'max |m|', of: 'largest norm' },
    files: {
      xyz: ['magmoms', 'magmom', 'magnetic_moments', 'magnetic_moment', 'spins', 'spin'],
      ase: 'magmoms',
      deepmd: 'spin',
      mlip: { 1: ['magmom'], 3: ['magmom_x', 'magmom_y', 'magmom_z'] },
      json: ['magmoms', 'magmom', 'final_magmom'],
      npz: ['magmoms', 'magnetic_moments'],
    },
  },
  {
    key: 'dipole',
    title: 'Dipole',
    words: 'the dipole',
    per: 'frame',
    components: [3],
    unit: 'e·Å',
    units: {
      debye: DEBYE_IN_E_A,
      'e*bohr': BOHR_IN_A,
      eå: 1,
      ea: 1,
      eang: 1,
      eangstrom: 1,
      '|e|å': 1,
      debyes: DEBYE_IN_E_A,
      d: DEBYE_IN_E_A,
      ea0: BOHR_IN_A,
      au: BOHR_IN_A,
    },
    parity: -1,
    role: 'output',
    isContent: true,
    bit: 256,
    essential: false,
    errors: { perAtom: false, unit: 'e·Å', factor: 1, mae: 'dipole_mae_e_a', rmse: 'dipole_rmse_e_a' },
    summary: { title: '|μ|', of: 'norm' },
    files: {
      xyz: ['dipole', 'dipole_moment', 'dipoles', 'total_dipole'],
      ase: 'dipole',
      deepmd: 'dipole',
      json: ['dipole', 'dipole_moment'],
      npz: ['dipole', 'dipoles', 'dipole_moment', 'D', 'mu'],
    },
  },
  {
    key: 'polarisability',
    title: 'Polarisability',
    words: 'the polarisability',
    per: 'frame',
    components: [9],
    unit: 'Å³',
    units: {
      'bohr^3': BOHR_IN_A ** 3,
      'ang^3': 1,
      'å^3': 1,
      'a^3': 1,
      a3: 1,
      ang3: 1,
      bohr3: BOHR_IN_A ** 3,
      'bohr³': BOHR_IN_A ** 3,
      'a0^3': BOHR_IN_A ** 3,
      au: BOHR_IN_A ** 3,
      'e²å²/ev': COULOMB_EV_A,
      'e^2a^2/ev': COULOMB_EV_A,
      'eå²/v': COULOMB_EV_A,
      'ea^2/v': COULOMB_EV_A,
    },
    parity: 1,
    role: 'output',
    isContent: true,
    bit: 512,
    essential: false,
    errors: {
      perAtom: false,
      unit: 'Å³',
      factor: 1,
      mae: 'polarisability_mae_a3',
      rmse: 'polarisability_rmse_a3',
    },
    summary: { title: 'α', of: 'mean of the diagonal' },
    files: {
      xyz: ['polarizability', 'polarisability', 'polarizability_tensor'],
      deepmd: 'polarizability',
      json: ['polarizability'],
      npz: ['polarizability', 'polarizabilities'],
    },
  },
] as const satisfies readonly Property[];

export type PropertyKey = (typeof PROPERTIES)[number]['key'];
type RowOf<Key extends PropertyKey> = Extract<(typeof PROPERTIES)[number], { readonly key: Key }>;

/** The fields of a configuration that the table describes. */
export type PropertyFields = {
  readonly [Key in PropertyKey]?: RowOf<Key> extends { readonly scalar: true } ? number : Float64Array;
};

/** A row of the table as the walkers see it. */
export type PropertyRow = Property & { readonly key: PropertyKey };

/** The table as the walkers see it. */
export const TABLE: readonly PropertyRow[] = PROPERTIES;

const byKey: ReadonlyMap<string, PropertyRow> = new Map(TABLE.map((row) => [row.key, row]));

/** A row by its key; undefined where this version has none of the name. */
export function propertyOf(key: string): PropertyRow | undefined {
  return byKey.get(key);
}

/** Rows whose wrong values are left out; files carry them or not, and a frame is good without. */
export const OPTIONAL: readonly PropertyRow[] = TABLE.filter((row) => !row.essential);

/** Rows of numbers that are predicted and compared. */
export const OUTPUTS: readonly (PropertyRow & { readonly errors: ErrorScale })[] = TABLE.flatMap((row) =>
  row.role === 'output' && row.errors !== undefined ? [{ ...row, errors: row.errors }] : [],
);

/** The numbers of a property; undefined where the configuration has none. A plain number is an array of one. */
export function valuesOf(fields: PropertyFields, key: PropertyKey): Float64Array | undefined {
  const value = fields[key];
  return typeof value === 'number' ? Float64Array.of(value) : value;
}

/** A field with these numbers, to be spread into a configuration; nothing without numbers. */
export function fieldOf(row: PropertyRow, values: Float64Array | undefined): PropertyFields {
  if (values === undefined) return {};
  return { [row.key]: row.scalar === true ? values[0] : values };
}

/** What makes our unit of one that a file names, such as 'Debye' or 'e*Bohr'; undefined where it is not known. */
export function unitFactor({ unit, units = {} }: Property, text: string): number | undefined {
  const plain = (word: string) => word.toLowerCase().replaceAll(/[\s*·._]/g, '');
  const word = plain(text);
  if (word === plain(unit)) return 1;
  return Object.entries(units).find(([name]) => plain(name) === word)?.[1];
}

/** Numbers per frame or atom of an array; undefined when its length is none that the row allows. */
export function componentsOf(row: Property, length: number, atoms: number): number | undefined {
  const places = row.per === 'atom' ? atoms : 1;
  return row.components.find((count) => count * places === length);
}

/** Rank under rotations by the number of components: scalar, vector, tensor. */
export function rankOf(components: number): 0 | 1 | 2 {
  return components === 9 ? 2 : components === 3 ? 1 : 0;
}

/** Bits of the properties that a configuration has. */
export function labelBits(fields: PropertyFields): number {
  let bits = 0;
  for (const { key, bit } of PROPERTIES) if (fields[key] !== undefined) bits |= bit;
  return bits;
}

const NO_LABELS: PropertyFields = Object.fromEntries(
  TABLE.filter((row) => row.role !== 'input').map((row) => [row.key, undefined]),
);

/** The configuration without what was computed for its structure: for structures that were changed. */
export function withoutLabels<Fields extends PropertyFields>(fields: Fields): Fields {
  return { ...fields, ...NO_LABELS };
}

/** The number that stands for a property in tables; undefined without it. */
export function summaryNumber(fields: PropertyFields, row: PropertyRow, atoms: number): number | undefined {
  const values = row.summary === undefined ? undefined : valuesOf(fields, row.key);
  if (values === undefined || values.length === 0) return undefined;
  switch (row.summary?.of) {
    case 'norm':
      return Math.hypot(...values);
    case 'mean of the diagonal':
      return (values[0] + values[4] + values[8]) / 3;
    case 'largest norm':
      return largestNorm(values, componentsOf(row, values.length, atoms) ?? 1);
    default:
      return values[0];
  }
}

/** Largest norm of vectors that lie one after the other. */
export function largestNorm(values: Float64Array, components: number): number {
  // the root only of the one that is the largest
  let [largest, at] = [-1, 0];
  for (let k = 0; k < values.length; k += components) {
    let squared = 0;
    for (let c = 0; c < components; c++) squared += values[k + c] * values[k + c];
    if (squared > largest) [largest, at] = [squared, k];
  }
  return values.length === 0 ? 0 : Math.hypot(...values.subarray(at, at + components));
}
