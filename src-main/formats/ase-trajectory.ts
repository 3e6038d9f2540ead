/**
 * ASE's trajectories (.traj): an "Ulm" file, which is a header, a table of items (frames), and for each item a JSON
 * text that points to arrays elsewhere in the file. What does not change (numbers, pbc, masses) stands in the first
 * frame only. Layout: ASE documentation, "ase.io.ulm" and "ase.io.trajectory".
 */
import { z } from 'zod';
import {
  kindsFromSymbols,
  type Configuration,
  type FrameValue,
} from '../../src-compute/structure/configuration.ts';
import { OPTIONAL, type PropertyFields } from '../../src-compute/structure/properties.ts';
import { massesOf, velocitiesOfMomenta } from './ase-units.ts';
import {
  ByteFailure,
  type FrameParser,
  type FrameWarning,
  type ParsedFrame,
  type ReadContext,
  type StructureFormat,
} from './format.ts';
import { symmetrise, tensorFromComponents, virialFromStress, withSign } from './labels.ts';
import { MOST_ATOMS } from './lines.ts';
import { fileRange, numbersFrom, numberType, type ByteRange } from './numpy/array.ts';
import { readProperty } from './property-names.ts';
import { symbolOfNumber } from './species.ts';

const MAGIC = '- of Ulm';
const LARGEST_TEXT = 64 << 20;

const pointer = z.object({
  ndarray: z.tuple([z.array(z.number().int().min(0)), z.string(), z.number().min(0)]),
});
const array = z.union([pointer, z.array(z.unknown())]);
const itemSchema = z.looseObject({
  pbc: z.array(z.boolean()).length(3).optional(),
  'numbers.': array.optional(),
  'positions.': array.optional(),
  'momenta.': array.optional(),
  'masses.': array.optional(),
  cell: array.optional(),
  'cell.': array.optional(),
  info: z.record(z.string(), z.unknown()).optional(),
  'info.': z.record(z.string(), z.unknown()).optional(),
  _little_endian: z.boolean().optional(),
  'calculator.': z
    .looseObject({
      name: z.string().optional(),
      energy: z.number().optional(),
      free_energy: z.number().optional(),
      'forces.': array.optional(),
      'stress.': array.optional(),
      stress: z.array(z.unknown()).optional(),
      'energies.': array.optional(),
    })
    .optional(),
});
type Item = z.infer<typeof itemSchema>;

class AseTrajectoryParser implements FrameParser {
  readonly frameLine = 1;
  private readonly context: ReadContext;
  private range: ByteRange | undefined;
  private items = 0;
  private table = 0;
  private frame = 0;
  /** Whether the file's two energies were told of. */
  private told = false;
  private first: { numbers: Float64Array; pbc: readonly boolean[]; masses?: Float64Array } | undefined;

  constructor(context: ReadContext) {
    this.context = context;
  }

  async next(): Promise<ParsedFrame | undefined> {
    const range = this.range ?? (await this.openFile());
    const { frame } = this;
    if (frame >= this.items) return undefined;
    this.frame++;
    const [at] = await this.integers(range, this.table + 8 * frame, 1);
    const warnings: FrameWarning[] = [];
    const configuration = await this.configurationOf(range, await this.item(range, at), at, warnings);
    return { configuration, line: 1, warnings };
  }

  recover(): Promise<boolean> {
    // without the first frame nothing says what the atoms are
    return Promise.resolve(this.first !== undefined);
  }

  async close(): Promise<void> {
    await this.range?.close();
  }

  private async openFile(): Promise<ByteRange> {
    const range = await fileRange(this.context.file);
    this.range = range;
    const head = await range.read(0, 48);
    if (Buffer.from(head).toString('latin1', 0, 8) !== MAGIC)
      throw new ByteFailure('Expected a trajectory of ASE that is not packed.', 0, 'Unpack it first.');
    const tag = Buffer.from(head).toString('latin1', 8, 24).replaceAll('\0', '').trim();
    if (tag !== 'ASE-Trajectory') {
      throw new ByteFailure(
        `Expected a trajectory of ASE, found a file of the kind "${tag.slice(0, 16)}".`,
        8,
        'Convert it to extended XYZ first, for example with ASE (ase convert).',
      );
    }
    const [, items, table] = await this.integers(range, 24, 3);
    // the first frame without a place in the table is told, and ends the file: its head may speak of any number
    this.items = Math.min(items, Math.floor(Math.max(0, range.size - table) / 8) + 1);
    this.table = table;
    if (items === 0) throw new ByteFailure('Expected at least one frame in the trajectory, found none.', 32);
    return range;
  }

  private async integers(range: ByteRange, at: number, count: number): Promise<number[]> {
    const bytes = await range.read(at, 8 * count);
    if (bytes.length < 8 * count) throw cutOff(range);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return Array.from({ length: count }, (_, k) => {
      const value = Number(view.getBigInt64(8 * k, true));
      if (value < 0 || value > 2 ** 52)
        throw new ByteFailure(`Expected a place in the file, found ${value}.`, at + 8 * k);
      return value;
    });
  }

  private async item(range: ByteRange, at: number): Promise<Item> {
    const [length] = await this.integers(range, at, 1);
    if (length > LARGEST_TEXT || at + 8 + length > range.size) throw cutOff(range);
    const text = Buffer.from(await range.read(at + 8, length)).toString('utf8');
    let value: unknown;
    try {
      // ASE writes NaN and Infinity as they are
      value = JSON.parse(text.replaceAll(/([[:,]\s*)(?:NaN|-?Infinity)/g, '$1null'));
    } catch {
      throw new ByteFailure('Expected the JSON text of a frame, found something else.', at + 8);
    }
    const parsed = itemSchema.safeParse(value);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    throw new ByteFailure(
      `Expected the JSON text of a frame of ASE; at "${issue.path.join('.')}": ${issue.message}.`,
      at + 8,
    );
  }

  /** Numbers of an array that is written out or pointed to. */
  private async numbers(
    range: ByteRange,
    value: z.infer<typeof array> | undefined,
    what: string,
    little: boolean,
  ): Promise<Float64Array | undefined> {
    if (value === undefined) return undefined;
    if (Array.isArray(value)) {
      const flat = (value as unknown[]).flat(3);
      if (!flat.every((x) => typeof x === 'number'))
        throw new ByteFailure(`Expected finite numbers for the ${what}.`);
      return Float64Array.from(flat);
    }
    const [shape, name, at] = value.ndarray;
    const type = numberType(name);
    const count = shape.reduce((product, n) => product * n, 1);
    if (type === undefined || type.kind === 'U' || count > 9 * MOST_ATOMS)
      throw new ByteFailure(
        `Expected numbers for the ${what}, found ${count} of the type ${name.slice(0, 20)}.`,
        at,
      );
    if (at + count * type.bytes > range.size) throw cutOff(range);
    return numbersFrom(await range.read(at, count * type.bytes), { ...type, little }, count);
  }

  private async configurationOf(
    range: ByteRange,
    item: Item,
    at: number,
    warnings: FrameWarning[],
  ): Promise<Configuration> {
    const read = (value: z.infer<typeof array> | undefined, what: string) =>
      this.numbers(range, value, what, item._little_endian !== false);
    const numbers = await read(item['numbers.'], 'atomic numbers');
    if (numbers !== undefined)
      this.first = {
        numbers,
        pbc: item.pbc ?? [false, false, false],
        masses: await read(item['masses.'], 'masses'),
      };
    const { first } = this;
    const positions = await read(item['positions.'], 'positions');
    if (first === undefined || positions === undefined)
      throw new ByteFailure('Expected atomic numbers and positions in the first frame.', at);
    const symbols = Array.from(first.numbers, (number) => {
      const symbol = symbolOfNumber(number);
      if (symbol === undefined)
        throw new ByteFailure(`Expected atomic numbers from 1 to 118, found ${number}.`, at);
      return symbol;
    });
    const pbc = item.pbc ?? first.pbc;
    const cell = (await read(item.cell ?? item['cell.'], 'cell')) ?? new Float64Array(9);
    const momenta = await read(item['momenta.'], 'momenta');
    const calculator = item['calculator.'];
    const energies = await read(calculator?.['energies.'], 'energies of the atoms');
    const info = infoOf(item);
    const common = {
      ...kindsFromSymbols(symbols),
      positions,
      cell: cell.length === 3 ? Float64Array.of(cell[0], 0, 0, 0, cell[1], 0, 0, 0, cell[2]) : cell,
      periodic: [pbc[0], pbc[1], pbc[2]] as const,
    };
    const forces = await read(calculator?.['forces.'], 'forces');
    let others: PropertyFields = {};
    for (const row of OPTIONAL) {
      const value = row.files.ase === undefined ? undefined : resultOf(calculator, row.files.ase);
      const numbers = await read(value, row.words);
      const field = numbers && readProperty(row, numbers, symbols.length, row.files.ase ?? row.key);
      if (typeof field === 'string') warnings.push({ message: field });
      else others = { ...others, ...field };
    }
    const stress = await read(calculator?.['stress.'] ?? calculator?.stress, 'stress');
    const free = calculator?.free_energy;
    const energy = calculator?.energy ?? free;
    if (energy !== undefined && free !== undefined && Math.abs(free - energy) > 1e-6) {
      info.free_energy ??= free;
      if (!this.told) warnings.push({ message: TWO_ENERGIES });
      this.told = true;
    }
    return {
      ...common,
      ...(energy === undefined ? {} : { energy }),
      ...(forces === undefined ? {} : { forces }),
      ...this.virial(stress, common, warnings),
      ...(energies === undefined ? {} : { atomEnergies: energies }),
      ...others,
      ...(momenta === undefined
        ? {}
        : { velocities: velocitiesOfMomenta(momenta, massesOf(symbols, first.masses)) }),
      ...(first.masses === undefined ? {} : { masses: first.masses }),
      ...(Object.keys(info).length === 0 ? {} : { info }),
    };
  }

  private virial(
    stress: Float64Array | undefined,
    { cell, periodic }: Pick<Configuration, 'cell' | 'periodic'>,
    warnings: FrameWarning[],
  ): { virial?: Float64Array } {
    if (stress === undefined || !periodic.every(Boolean)) return {};
    const tensor = tensorFromComponents(stress);
    if (tensor === undefined) {
      warnings.push({
        message: `Expected 6 or 9 numbers for the stress, found ${stress.length}: it was left aside.`,
      });
      return {};
    }
    symmetrise(tensor);
    return { virial: withSign(virialFromStress(tensor, cell), this.context.options.virialSign) };
  }
}

/** An array of the calculator, which ASE points to or writes out; undefined where there is none. */
function resultOf(calculator: Item['calculator.'], name: string): z.infer<typeof array> | undefined {
  return array.safeParse(calculator?.[`${name}.`] ?? calculator?.[name]).data;
}

const TWO_ENERGIES =
  'The energies "energy" and "free_energy" differ; "energy" was taken, and the other is kept as free_energy. Forces of a calculation with smearing are derivatives of the free energy: write the frames as extended XYZ and name the key free_energy to take that.';

function cutOff(range: ByteRange): ByteFailure {
  return new ByteFailure(
    'The trajectory ends before the frame does: it is cut off.',
    range.size,
    'Copy the file again, or leave the frame out with --skip-bad.',
  );
}

/** Plain values of the frame's info. */
function infoOf(item: Item): Record<string, FrameValue> {
  const info: Record<string, FrameValue> = {};
  for (const [key, value] of Object.entries(item.info ?? item['info.'] ?? {})) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      info[key] = value;
  }
  return info;
}

export const aseTrajectory: StructureFormat = {
  name: 'traj',
  title: 'ASE trajectory',
  extensions: ['.traj'],
  binary: true,
  recognise: (head) => head.startsWith(MAGIC),
  conventions: [
    'ASE trajectory: lengths in Å, total energy in eV, forces in eV/Å, stress in eV/Å³ with tension positive (xx yy zz yz xz xy), converted by W = −σV; velocities from the momenta; dipoles in e·Å, magnetic moments in μB, charges in e.',
    'ASE trajectory: where a frame has both "energy" and "free_energy", "energy" is the label and the other is kept.',
  ],
  open: (_input, context) => new AseTrajectoryParser(context),
};
