/** Reader of LAMMPS text dumps. */
import type { AtomColumn, Configuration, FrameValue } from '../../../src-compute/structure/configuration.ts';
import {
  FrameFailure,
  type FrameParser,
  type FrameWarning,
  type ParsedFrame,
  type ReadContext,
} from '../format.ts';
import { GrowingKinds, GrowingReals } from '../growing.ts';
import { boxFromBounds, boxFromDumpBounds, type LammpsBox } from '../lammps-box.ts';
import {
  countOf,
  endsBefore,
  realsOf,
  requiredLine,
  RowScanner,
  shorten,
  toCartesian,
  wordsOf,
} from '../lines.ts';
import { parseReal } from '../numbers.ts';
import { KCAL_PER_MOL_IN_EV } from '../units.ts';
import { elementOfLabel, elementSpelling, kindsByMass, typeName } from '../species.ts';
import type { TextInput } from '../text-input.ts';

/** Columns that hold text. */
const TEXT_COLUMNS: ReadonlySet<string> = new Set(['element', 'typelabel']);
/** Columns of whole numbers that are kept as such. */
const INTEGER_COLUMNS: ReadonlySet<string> = new Set(['id', 'mol', 'proc', 'procp1', 'ix', 'iy', 'iz']);

interface Header {
  timestep?: number;
  time?: number;
  units?: string;
  atoms?: number;
  box?: LammpsBox;
  periodic: [boolean, boolean, boolean];
}

/** Columns that give positions, in order of preference: unwrapped and Cartesian first. */
const POSITIONS = [
  { names: ['xu', 'yu', 'zu'], scaled: false },
  { names: ['x', 'y', 'z'], scaled: false },
  { names: ['xsu', 'ysu', 'zsu'], scaled: true },
  { names: ['xs', 'ys', 'zs'], scaled: true },
] as const;

export class LammpsDumpParser implements FrameParser {
  frameLine = 0;
  private readonly input: TextInput;
  private readonly context: ReadContext;
  /** UNITS is printed once, before the first frame. */
  private units: string | undefined;

  constructor(input: TextInput, context: ReadContext) {
    this.input = input;
    this.context = context;
  }

  async next(): Promise<ParsedFrame | undefined> {
    const { input } = this;
    do {
      if (!(await input.nextLine())) return undefined;
    } while (input.isBlank());
    this.frameLine = input.line;
    const header: Header = { periodic: [true, true, true] };
    const warnings: FrameWarning[] = [];
    for (;;) {
      const item = input.text().trim();
      if (item.startsWith('ITEM: ATOMS')) {
        const configuration = await this.readAtoms(wordsOf(item).slice(2), header, warnings);
        return { configuration, line: this.frameLine, warnings };
      }
      await this.readItem(item, header);
      await requiredLine(input, 'ITEM: ATOMS');
    }
  }

  async recover(): Promise<boolean> {
    const { input } = this;
    let more = input.line > this.frameLine || (await input.nextLine());
    while (more) {
      if (input.end - input.start < 64 && input.text().startsWith('ITEM: TIMESTEP')) {
        input.hold();
        return true;
      }
      more = await input.nextLine();
    }
    return false;
  }

  private async readItem(item: string, header: Header): Promise<void> {
    const { input } = this;
    if (item === 'ITEM: TIMESTEP') {
      header.timestep = countOf((await requiredLine(input, 'the time step')).trim(), 'the time step', 0);
    } else if (item === 'ITEM: TIME') {
      header.time = realsOf(await requiredLine(input, 'the time'), 1, 'the time')[0];
    } else if (item === 'ITEM: UNITS') {
      this.units = (await requiredLine(input, 'the units')).trim();
      if (this.units !== 'metal' && this.units !== 'real') {
        throw new FrameFailure(`Expected units metal or real, found "${shorten(this.units)}".`);
      }
    } else if (item === 'ITEM: NUMBER OF ATOMS') {
      header.atoms = countOf(
        (await requiredLine(input, 'the number of atoms')).trim(),
        'the number of atoms',
      );
    } else if (item.startsWith('ITEM: BOX BOUNDS')) {
      await this.readBox(wordsOf(item).slice(3), header);
    } else {
      throw new FrameFailure(
        `Expected ITEM: TIMESTEP, NUMBER OF ATOMS, BOX BOUNDS or ATOMS, found "${shorten(item)}".`,
      );
    }
  }

  private async readBox(words: readonly string[], header: Header): Promise<void> {
    const { input } = this;
    const general = words[0] === 'abc';
    const triclinic = words[0] === 'xy';
    const flags = words.slice(general ? 2 : triclinic ? 3 : 0);
    if (flags.length === 3)
      header.periodic = flags.map((flag) => flag === 'pp') as [boolean, boolean, boolean];
    const width = general ? 4 : triclinic ? 3 : 2;
    const rows: number[][] = [];
    for (let axis = 0; axis < 3; axis++)
      rows.push(realsOf(await requiredLine(input, 'the box bounds'), width, 'the box bounds'));
    if (general) {
      header.box = {
        cell: Float64Array.from(rows.flatMap((row) => row.slice(0, 3))),
        origin: [rows[0][3], rows[1][3], rows[2][3]],
      };
      return;
    }
    const low = rows.map((row) => row[0]);
    const high = rows.map((row) => row[1]);
    header.box = triclinic
      ? boxFromDumpBounds(
          low,
          high,
          rows.map((row) => row[2]),
        )
      : boxFromBounds(low, high, [0, 0, 0]);
  }

  private async readAtoms(
    columns: readonly string[],
    header: Header,
    warnings: FrameWarning[],
  ): Promise<Configuration> {
    const { input } = this;
    const { atoms, box } = header;
    if (atoms === undefined) throw new FrameFailure('Expected ITEM: NUMBER OF ATOMS before ITEM: ATOMS.');
    if (box === undefined) throw new FrameFailure('Expected ITEM: BOX BOUNDS before ITEM: ATOMS.');
    if (new Set(columns).size !== columns.length)
      throw new FrameFailure('Expected each column of ITEM: ATOMS once.');
    if (!columns.includes('type') && !columns.includes('element')) {
      throw new FrameFailure('Expected the column type or element in ITEM: ATOMS.');
    }
    if (!POSITIONS.some(({ names }) => names.every((name) => columns.includes(name)))) {
      throw new FrameFailure(
        `Expected positions (x y z, xs ys zs, xu yu zu or xsu ysu zsu) among the columns of ITEM: ATOMS, found "${shorten(columns.join(' '))}".`,
      );
    }
    const textual = new Set(columns.filter((name) => TEXT_COLUMNS.has(name)));
    if (columns.includes('type') && (await this.typesAreText(columns))) textual.add('type');
    const rows = new RowScanner(columns, textual);
    const reals = columns.map((name) => (textual.has(name) ? undefined : new GrowingReals(atoms)));
    const names = new GrowingKinds();
    const nameColumn = columns.includes('element') ? 'element' : 'type';
    const nameAt = columns.indexOf(nameColumn);
    for (let atom = 0; atom < atoms; atom++) {
      if (!input.tryLine() && !(await input.nextLine()))
        throw endsBefore(`all ${atoms} atoms (${atom} are there)`);
      if (input.bytes[input.start] === 73 && input.text().startsWith('ITEM:')) {
        throw new FrameFailure(`Expected ${atoms} atoms as NUMBER OF ATOMS says, found ${atom}.`);
      }
      rows.read(input);
      for (let column = 0; column < columns.length; column++) reals[column]?.push(rows.values[column]);
      names.pushName(
        textual.has(nameColumn)
          ? this.nameOfText(rows.words[nameAt], nameColumn)
          : this.nameOfType(rows.values[nameAt]),
      );
    }
    const data = new Map(
      columns.flatMap((name, k) => (reals[k] === undefined ? [] : [[name, reals[k].finish()] as const])),
    );
    return this.assemble(data, names, header, box, warnings);
  }

  /** Whether the column "type" holds labels: looks at the first atom line without taking it. */
  private async typesAreText(columns: readonly string[]): Promise<boolean> {
    const { input } = this;
    if (!(await input.nextLine())) return false;
    input.hold();
    const word = wordsOf(input.text())[columns.indexOf('type')];
    return word !== undefined && /^[A-Za-z]/.test(word) && parseReal(word) === 'not a number';
  }

  private nameOfText(word: string, column: string): string {
    return column === 'element' ? elementSpelling(word) : (elementOfLabel(word) ?? word);
  }

  private nameOfType(type: number): string {
    if (!Number.isInteger(type) || type < 1 || type > 65000)
      throw new FrameFailure(`Expected an atom type from 1 upwards, found ${type}.`);
    return typeName(type, this.context.options.species);
  }

  private assemble(
    data: Map<string, Float64Array>,
    names: GrowingKinds,
    header: Header,
    box: LammpsBox,
    warnings: FrameWarning[],
  ): Configuration {
    const atoms = names.length;
    const order = orderById(data.get('id'), atoms);
    const pick = (values: Float64Array) =>
      order === undefined ? values : Float64Array.from(order, (row) => values[row]);
    const masses = data.get('mass');
    const warn = (message: string) => warnings.push({ message, line: this.frameLine });
    const named = { symbols: names.symbols, kinds: names.finish() };
    const { symbols, kinds } =
      masses === undefined || this.context.options.species !== undefined
        ? named
        : kindsByMass(named.symbols, named.kinds, masses, warn);
    const positions = positionsOf(data, box, pick);
    const velocities = triples(data, ['vx', 'vy', 'vz'], pick);
    // metal: Å/ps, real: Å/fs
    if (velocities !== undefined && this.units !== 'real')
      for (let k = 0; k < velocities.length; k++) velocities[k] /= 1000;
    const forces = triples(data, ['fx', 'fy', 'fz'], pick);
    if (forces !== undefined && this.units === 'real')
      for (let k = 0; k < forces.length; k++) forces[k] *= KCAL_PER_MOL_IN_EV;
    const atomColumns = otherColumns(data, pick);
    const info: Record<string, FrameValue> = {};
    if (header.timestep !== undefined) info.timestep = header.timestep;
    if (header.time !== undefined) info.time = header.time;
    return {
      symbols,
      kinds: order === undefined ? kinds : Uint16Array.from(order, (row) => kinds[row]),
      positions,
      cell: box.cell,
      periodic: header.periodic,
      ...(forces === undefined ? {} : { forces }),
      ...(velocities === undefined ? {} : { velocities }),
      ...(masses === undefined ? {} : { masses: pick(masses) }),
      ...(atomColumns.length === 0 ? {} : { atomColumns }),
      info,
    };
  }
}

/** Rows in order of the atoms' ids; undefined when they are in order already. */
function orderById(ids: Float64Array | undefined, atoms: number): number[] | undefined {
  if (ids === undefined) return undefined;
  let sorted = true;
  for (let k = 1; k < atoms && sorted; k++) sorted = ids[k] > ids[k - 1];
  if (sorted) return undefined;
  if (new Set(ids).size !== atoms) throw new FrameFailure('Expected each atom id once, found one twice.');
  return [...ids.keys()].sort((a, b) => ids[a] - ids[b]);
}

function triples(
  data: Map<string, Float64Array>,
  names: readonly string[],
  pick: (values: Float64Array) => Float64Array,
): Float64Array | undefined {
  const columns = names
    .map((name) => data.get(name))
    .filter((column) => column !== undefined)
    .map(pick);
  if (columns.length < 3) return undefined;
  const values = new Float64Array(3 * columns[0].length);
  for (let k = 0; k < values.length; k++) values[k] = columns[k % 3][Math.floor(k / 3)];
  return values;
}

function positionsOf(
  data: Map<string, Float64Array>,
  box: LammpsBox,
  pick: (values: Float64Array) => Float64Array,
): Float64Array {
  for (const { names, scaled } of POSITIONS) {
    const positions = triples(data, names, pick);
    if (positions === undefined) continue;
    if (scaled) toCartesian(positions, box.cell);
    else if (box.origin.some((x) => x !== 0))
      for (let k = 0; k < positions.length; k++) positions[k] -= box.origin[k % 3];
    return positions;
  }
  throw new FrameFailure('Expected positions among the columns of ITEM: ATOMS.');
}

function otherColumns(
  data: Map<string, Float64Array>,
  pick: (values: Float64Array) => Float64Array,
): AtomColumn[] {
  const taken = new Set<string>(['element', 'type', 'mass']);
  for (const names of [['vx', 'vy', 'vz'], ['fx', 'fy', 'fz'], ...POSITIONS.map(({ names }) => names)]) {
    if (names.every((name) => data.has(name))) for (const name of names) taken.add(name);
  }
  const kept: AtomColumn[] = [];
  for (const [name, values] of data) {
    if (taken.has(name)) continue;
    const picked = pick(values);
    if (name === 'id' && picked.every((id, k) => id === k + 1)) continue;
    const whole =
      INTEGER_COLUMNS.has(name) && picked.every((n) => Number.isInteger(n) && Math.abs(n) < 2147483648);
    const keptName = name === 'q' ? 'charge' : name;
    kept.push(
      whole
        ? { name: keptName, columns: 1, kind: 'I', values: Int32Array.from(picked) }
        : { name: keptName, columns: 1, kind: 'R', values: picked },
    );
  }
  return kept;
}
