/**
 * Reader of DeePMD systems. Each quantity is one array with a row per frame: coord, box, the properties of the table by
 * their names here, and in systems of mixed types real_atom_types. In sets they are .npy files, else tables of text.
 * Layout: DeePMD-kit documentation, "System" (data/system) and "dpdata/mixed".
 */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { kindsFromSymbols, type Configuration } from '../../../src-compute/structure/configuration.ts';
import {
  componentsOf,
  fieldOf,
  TABLE,
  type PropertyFields,
  type PropertyRow,
} from '../../../src-compute/structure/properties.ts';
import {
  ByteFailure,
  FrameFailure,
  type FrameParser,
  type ParsedFrame,
  type ReadContext,
} from '../format.ts';
import { cutNumber } from '../cut-number.ts';
import { symmetrise, withSign } from '../labels.ts';
import { realOf, wordsOf } from '../lines.ts';
import { fileRange, NumpyArray } from '../numpy/array.ts';
import { elementOfEspressoLabel, typeName } from '../species.ts';
import { TextInput } from '../text-input.ts';
import { readDeepmdFolder, type DeepmdFolder } from './folder.ts';

/** Rows of one quantity; frames are asked for in order. */
interface Rows {
  /** Undefined where only reading tells. */
  readonly rows: number | undefined;
  /** The next row; undefined at the end. */
  next(frame: number): Promise<Float64Array | undefined>;
  close(): Promise<void>;
}

/** Properties of the table that have a name in such systems. */
const NAMED = TABLE.flatMap((row) =>
  row.files.deepmd === undefined ? [] : [{ row, name: row.files.deepmd }],
);
const QUANTITIES: readonly string[] = ['coord', 'box', ...NAMED.map(({ name }) => name), 'real_atom_types'];
type Found = Readonly<Partial<Record<string, Float64Array>>> & { readonly coord: Float64Array };

export class DeepmdParser implements FrameParser {
  readonly frameLine = 1;
  private readonly context: ReadContext;
  private system: DeepmdFolder | undefined;
  private set = -1;
  private open = new Map<string, Rows>();
  /** Frame of the set that comes next. */
  private frame = 0;
  private frames = 0;
  private broken = false;

  constructor(context: ReadContext) {
    this.context = context;
  }

  async next(): Promise<ParsedFrame | undefined> {
    this.system ??= await readDeepmdFolder(this.context.file).catch((error: unknown) => {
      this.broken = true;
      throw error;
    });
    const { system } = this;
    for (;;) {
      if (this.open.size === 0) {
        if (++this.set >= Math.max(1, system.sets.length)) {
          if (this.frames === 0)
            throw this.fail('Expected at least one frame in the DeePMD system, found none.');
          return undefined;
        }
        await this.openSet(system);
      }
      const rows = await this.nextRows();
      if (rows !== undefined) return { configuration: this.configurationOf(system, rows), line: 1 };
      await this.closeSet();
    }
  }

  recover(): Promise<boolean> {
    return Promise.resolve(!this.broken && this.system !== undefined);
  }

  close(): Promise<void> {
    return this.closeSet();
  }

  private async openSet(system: DeepmdFolder): Promise<void> {
    this.frame = 0;
    const { folder, sets } = system;
    const raw = sets.length === 0;
    for (const quantity of QUANTITIES) {
      const path = raw ? join(folder, `${quantity}.raw`) : join(folder, sets[this.set], `${quantity}.npy`);
      if (!existsSync(path)) continue;
      const rows = raw ? await tableRows(path) : await arrayRows(path);
      this.open.set(quantity, rows);
      const coord = this.open.get('coord');
      if (rows.rows !== coord?.rows)
        throw this.fail(
          `Expected as many frames in ${basename(path)} as in coord (${coord?.rows ?? 0}), found ${rows.rows}.`,
        );
    }
    if (!this.open.has('coord')) throw this.fail(`Expected coord.npy in ${sets[this.set]}, found none.`);
    if (system.periodic && !this.open.has('box'))
      throw this.fail(
        'Expected the box of every frame (box.npy or box.raw), found none; a free cluster has a file nopbc.',
      );
  }

  private fail(message: string): FrameFailure {
    this.broken = true;
    return new FrameFailure(message, 1);
  }

  private async closeSet(): Promise<void> {
    for (const rows of this.open.values()) await rows.close();
    this.open.clear();
  }

  /**
   * The rows of one frame; undefined at the end of the set. All are read whatever is wrong with one: the next frame is
   * then that of all tables.
   */
  private async nextRows(): Promise<Found | undefined> {
    const found: Partial<Record<string, Float64Array>> = {};
    let failure: unknown;
    for (const [quantity, rows] of this.open) {
      try {
        found[quantity] = await rows.next(this.frame);
      } catch (error) {
        failure ??= error;
      }
    }
    this.frame++;
    if (failure !== undefined) throw failure;
    const { coord } = found;
    if (coord === undefined) return undefined;
    this.frames++;
    return { ...found, coord };
  }

  private configurationOf(system: DeepmdFolder, found: Found): Configuration {
    const atoms = system.types.length;
    const positions = found.coord;
    const { box } = found;
    const lengths = new Map(
      NAMED.map(({ row, name }) => [
        name,
        (row.per === 'atom' ? atoms : 1) * widthOf(row, found[name], atoms),
      ]),
    );
    lengths.set('coord', 3 * atoms).set('box', 9);
    for (const quantity of QUANTITIES) {
      const length = lengths.get(quantity) ?? atoms;
      const values = found[quantity];
      if (values === undefined && this.open.has(quantity))
        throw new FrameFailure(`The file of "${quantity}" ends before this frame.`, 1);
      if (values !== undefined && values.length !== length)
        throw new FrameFailure(
          `Expected ${length} numbers for "${quantity}" of ${atoms} atoms, found ${values.length}.`,
          1,
        );
    }
    let fields: PropertyFields = {};
    for (const { row, name } of NAMED) fields = { ...fields, ...fieldOf(row, found[name]) };
    const { virial, ...labels } = fields;
    if (virial !== undefined) symmetrise(virial);
    return {
      ...this.kinds(system, found.real_atom_types ?? system.types),
      positions,
      cell: system.periodic && box !== undefined ? box : new Float64Array(9),
      periodic: system.periodic ? [true, true, true] : [false, false, false],
      ...labels,
      ...(virial === undefined || !system.periodic
        ? {}
        : { virial: withSign(virial, this.context.options.virialSign) }),
    };
  }

  private kinds({ names }: DeepmdFolder, types: ArrayLike<number>): Pick<Configuration, 'symbols' | 'kinds'> {
    const { species } = this.context.options;
    const most = Array.from(types).reduce((max, type) => Math.max(max, type), 0);
    if (!Array.from(types).every((type) => Number.isInteger(type) && type >= 0 && type < 65536))
      throw new FrameFailure(
        'Expected the types of the atoms as whole numbers from 0 (padding of mixed systems is not read).',
        1,
      );
    if (names !== undefined && most >= names.length)
      throw new FrameFailure(
        `Expected a name for every type in type_map.raw, but the type ${most} has none (there are ${names.length}).`,
        1,
      );
    const symbols = Array.from({ length: most + 1 }, (_, type) =>
      species !== undefined || names === undefined
        ? typeName(type + 1, species)
        : (elementOfEspressoLabel(names[type]) ?? names[type]),
    );
    // type_map.raw names the elements of a whole model; a system may lack some
    return kindsFromSymbols(Array.from(types, (type) => symbols[type]));
  }
}

/** Numbers per frame or atom: what the length says, where the row allows it, else what is usual. */
function widthOf(row: PropertyRow, values: Float64Array | undefined, atoms: number): number {
  return componentsOf(row, values?.length ?? 0, atoms) ?? row.components[0];
}

async function arrayRows(path: string): Promise<Rows> {
  const name = basename(path);
  const range = await fileRange(path);
  const array = await NumpyArray.open(name, range).catch(async (error: unknown) => {
    await range.close();
    throw error;
  });
  return {
    rows: array.rows,
    async next(frame) {
      // the first row that is not there is told, and ends the array: a header may speak of any number of rows
      if (frame >= array.rows || !(frame <= array.rowsPresent)) return undefined;
      const byte = array.byteOf(frame);
      try {
        return await array.row(frame);
      } catch (error) {
        if (error instanceof ByteFailure) throw new ByteFailure(error.message, byte, error.remedy);
        throw error;
      }
    },
    close: () => array.close(),
  };
}

async function tableRows(path: string): Promise<Rows> {
  const input = await TextInput.open(path);
  const name = basename(path);
  return {
    rows: undefined,
    async next() {
      do {
        if (!(await input.nextLine())) return undefined;
      } while (input.isBlank());
      const { line } = input;
      try {
        const row = Float64Array.from(wordsOf(input.text()), (word) => realOf(word, name));
        cutNumber(input);
        return row;
      } catch (error) {
        if (!(error instanceof FrameFailure)) throw error;
        throw new FrameFailure(`Line ${line} of ${name}: ${error.message}`, line);
      }
    },
    close: () => input.close(),
  };
}
