/**
 * NumPy's .npz of molecules: one composition, many geometries. Names as in rMD17 (nuclear_charges, coords, energies,
 * forces: Christensen & von Lilienfeld, Mach. Learn.: Sci. Technol. 1 (2020) 045018) and sGDML (z, R, E, F with
 * r_unit and e_unit: sgdml documentation, "Datasets"), which are in kcal/mol and Å.
 */
import { readFile, stat } from 'node:fs/promises';
import { unzipSync } from 'fflate';
import { kindsFromSymbols, type Configuration } from '../../../src-compute/structure/configuration.ts';
import {
  componentsOf,
  fieldOf,
  type PropertyFields,
  type PropertyRow,
} from '../../../src-compute/structure/properties.ts';
import {
  ByteFailure,
  FormatError,
  type FrameParser,
  type ParsedFrame,
  type ReadContext,
  type StructureFormat,
} from '../format.ts';
import { factorOfUnit, NAMED_PROPERTIES, unitAsked } from '../property-names.ts';
import { symbolOfNumber } from '../species.ts';
import { unitOf } from '../units.ts';
import { memoryRange, NumpyArray } from './array.ts';

/** Larger archives do not fit the memory beside their unpacked arrays. */
const LARGEST = 2 ** 31 - 1;
const LARGEST_UNPACKED = 6 * 2 ** 30;

const NAMES = {
  numbers: ['nuclear_charges', 'z', 'Z', 'atomic_numbers', 'numbers', 'charges', 'atNUM'],
  positions: ['coords', 'R', 'positions', 'coordinates', 'pos', 'xyz'],
  energy: ['energies', 'E', 'energy'],
  forces: ['forces', 'F', 'force'],
  cell: ['lattices', 'lattice', 'cell', 'cells', 'box'],
} as const;
type Role = keyof typeof NAMES;

interface Molecules {
  readonly arrays: Partial<Record<Role, NumpyArray>>;
  readonly positions: NumpyArray;
  readonly numbers: NumpyArray;
  readonly frames: number;
  readonly units: { readonly energy: number; readonly length: number; readonly force: number };
  readonly assumed: string | undefined;
  /** Properties of the table whose unit the archive or the user says. */
  readonly properties: readonly {
    readonly row: PropertyRow;
    readonly array: NumpyArray;
    readonly factor: number;
  }[];
  /** Sentences on those that are left out. */
  readonly leftOut: readonly string[];
}

class NpzParser implements FrameParser {
  readonly frameLine = 1;
  private readonly context: ReadContext;
  private molecules: Molecules | undefined;
  private frame = 0;

  constructor(context: ReadContext) {
    this.context = context;
  }

  async next(): Promise<ParsedFrame | undefined> {
    this.molecules ??= await openMolecules(this.context);
    const { molecules, frame } = this;
    if (frame >= molecules.frames) return undefined;
    this.frame++;
    const configuration = await configurationOf(molecules, frame);
    const messages = [...(molecules.assumed === undefined ? [] : [molecules.assumed]), ...molecules.leftOut];
    const warnings = frame === 0 ? messages.map((message) => ({ message })) : [];
    return { configuration, line: 1, warnings };
  }

  recover(): Promise<boolean> {
    return Promise.resolve(this.molecules !== undefined);
  }
}

async function openMolecules({ file, options }: ReadContext): Promise<Molecules> {
  const members = await unzipped(file);
  const names = Object.keys(members).map((name) => name.replace(/\.npy$/, ''));
  const arrayOf = (name: string) =>
    NumpyArray.open(name, memoryRange(members[`${name}.npy`] ?? members[name]));
  const chosen: Partial<Record<Role, string>> = { energy: options.energyKey, forces: options.forcesKey };
  const arrays: Partial<Record<Role, NumpyArray>> = {};
  for (const role of Object.keys(NAMES) as Role[]) {
    const wanted = chosen[role];
    const name =
      names.find((n) => n === wanted) ??
      (wanted === undefined ? NAMES[role].find((n) => names.includes(n)) : undefined);
    if (name !== undefined) arrays[role] = await arrayOf(name);
  }
  const { positions, numbers } = arrays;
  if (positions === undefined || numbers === undefined)
    throw new ByteFailure(
      `Expected arrays of atomic numbers (nuclear_charges, z) and positions (coords, R) in the archive, found ${names.slice(0, 12).join(', ') || 'none'}.`,
    );
  if (positions.shape.length !== 3 || positions.shape[2] !== 3)
    throw new ByteFailure(
      `Expected positions of shape (frames, atoms, 3), found (${positions.shape.join(', ')}).`,
    );
  for (const role of ['energy', 'forces'] as const) {
    const array = arrays[role];
    const length = role === 'energy' ? 1 : positions.rowLength;
    if (array !== undefined && (array.rows !== positions.rows || array.rowLength !== length))
      throw new ByteFailure(
        `Expected ${positions.rows} × ${length} numbers in "${array.name}", found the shape (${array.shape.join(', ')}).`,
      );
  }
  const text = async (name: string) =>
    names.includes(name) ? await (await arrayOf(name)).text() : undefined;
  const said = { energy: await text('e_unit'), length: await text('r_unit') };
  const energyWord = options.energyUnit ?? said.energy ?? 'kcal/mol';
  const units = {
    energy: unitOf(energyWord, 'energy').factor,
    length: unitOf(options.lengthUnit ?? said.length ?? 'Å', 'length').factor,
  };
  const force =
    options.forceUnit === undefined ? units.energy / units.length : unitOf(options.forceUnit, 'force').factor;
  const others = await otherProperties(names, options, positions, arrayOf, text);
  return {
    ...others,
    arrays,
    positions,
    numbers,
    // the first that is not there is told, and ends the archive: a header may speak of any number
    frames: Math.min(positions.rows, (positions.rowsPresent || 0) + 1),
    units: { ...units, force },
    assumed:
      (options.energyUnit ?? said.energy)
        ? undefined
        : 'Expected the unit of energies in the archive (e_unit), found none: they were taken as kcal/mol, as in MD17 and rMD17; name the unit where it is another.',
  };
}

/**
 * Arrays of the table's other properties. No custom says their units: they are taken where `dipole_unit` (or `d_unit` of
 * an array D) in the archive or the user names one.
 */
async function otherProperties(
  names: readonly string[],
  options: ReadContext['options'],
  { rows, rowLength }: NumpyArray,
  arrayOf: (name: string) => Promise<NumpyArray>,
  text: (name: string) => Promise<string | undefined>,
): Promise<Pick<Molecules, 'properties' | 'leftOut'>> {
  const properties: Molecules['properties'][number][] = [];
  const leftOut: string[] = [];
  for (const row of NAMED_PROPERTIES) {
    const name = row.files.npz?.find((usual) => names.includes(usual));
    if (name === undefined) continue;
    const key = [name, row.key]
      .map((word) => `${word.toLowerCase()}_unit`)
      .find((word) => names.includes(word));
    const unit = unitAsked(options, row.key) ?? (key === undefined ? undefined : await text(key));
    const array = await arrayOf(name);
    if (unit === undefined)
      leftOut.push(
        `Expected the unit of "${name}" in the archive (${name.toLowerCase()}_unit), found none: ${row.words} left out; name the unit to take ${row.words.startsWith('the ') ? 'it' : 'them'}.`,
      );
    else if (array.rows !== rows || componentsOf(row, array.rowLength, rowLength / 3) === undefined)
      leftOut.push(
        `Expected ${rows} × ${row.components[0] * (row.per === 'atom' ? rowLength / 3 : 1)} numbers in "${name}", found the shape (${array.shape.join(', ')}): ${row.words} left out.`,
      );
    else properties.push({ row, array, factor: factorOfUnit(row, unit) });
  }
  return { properties, leftOut };
}

async function unzipped(file: string): Promise<Record<string, Uint8Array>> {
  if ((await stat(file)).size > LARGEST)
    throw new FormatError(`${file} is larger than the 2 GiB that an .npz may have here.`, {
      file,
      remedy: 'Unpack it, and convert its arrays to extended XYZ.',
    });
  try {
    let total = 0;
    return unzipSync(await readFile(file), {
      filter: ({ name, originalSize }) => {
        total += originalSize;
        if (total > LARGEST_UNPACKED)
          throw new ByteFailure('Expected arrays of less than 6 GiB in all in the archive, found more.');
        return name.length < 200;
      },
    });
  } catch (error) {
    if (error instanceof ByteFailure) throw error;
    throw new ByteFailure(
      'Expected a zip archive of NumPy arrays, but it is damaged or cut off.',
      undefined,
      'Fetch the file again.',
    );
  }
}

async function configurationOf(molecules: Molecules, frame: number): Promise<Configuration> {
  const { arrays, positions, numbers, units } = molecules;
  const charges = numbers.shape.length > 1 ? await numbers.row(frame % numbers.rows) : await numbers.all();
  if (3 * charges.length !== positions.rowLength)
    throw new ByteFailure(
      `Expected an atomic number for each of ${positions.rowLength / 3} atoms, found ${charges.length}.`,
      positions.byteOf(frame),
    );
  const symbols = Array.from(charges, (number) => {
    const symbol = symbolOfNumber(number);
    if (symbol === undefined)
      throw new ByteFailure(`Expected atomic numbers from 1 to 118, found ${number}.`, numbers.byteOf(0));
    return symbol;
  });
  const scaled = async (array: NumpyArray | undefined, factor: number) =>
    (await array?.row(frame))?.map((value) => value * factor);
  const [energy, forces] = [
    await scaled(arrays.energy, units.energy),
    await scaled(arrays.forces, units.force),
  ];
  let others: PropertyFields = {};
  for (const { row, array, factor } of molecules.properties)
    others = { ...others, ...fieldOf(row, await scaled(array, factor)) };
  const lattice = arrays.cell;
  const cell =
    lattice === undefined
      ? undefined
      : lattice.shape.length === 3
        ? await lattice.row(frame % lattice.rows)
        : await lattice.all();
  return {
    ...kindsFromSymbols(symbols),
    positions: (await positions.row(frame)).map((x) => x * units.length),
    cell: cell?.length === 9 ? cell.map((x) => x * units.length) : new Float64Array(9),
    periodic: cell?.length === 9 ? [true, true, true] : [false, false, false],
    ...others,
    ...(energy === undefined ? {} : { energy: energy[0] }),
    ...(forces === undefined ? {} : { forces }),
  };
}

export const npz: StructureFormat = {
  name: 'npz',
  title: 'NumPy archive of molecules (rMD17, sGDML)',
  extensions: ['.npz'],
  binary: true,
  namedLabels: true,
  recognise: (head) => head.startsWith('PK\x03\x04') && head.slice(30, 300).includes('.npy'),
  conventions: [
    'npz: arrays by the names of rMD17 and sGDML; positions in Å, energies in kcal/mol and forces in kcal/mol/Å unless the file (e_unit, r_unit) or the user says otherwise; 1 kcal/mol = 0.0433641 eV.',
  ],
  open: (_input, context) => new NpzParser(context),
};
