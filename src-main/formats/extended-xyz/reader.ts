/** Reader of extended and plain XYZ, frame by frame. */
import type { AtomColumn, Configuration, FrameValue } from '../../../src-compute/structure/configuration.ts';
import { volume } from '../../../src-compute/structure/cell.ts';
import { TABLE, valuesOf, type PropertyKey } from '../../../src-compute/structure/properties.ts';
import {
  FrameFailure,
  type FrameParser,
  type FrameWarning,
  type LabelSources,
  type ParsedFrame,
  type ReadContext,
} from '../format.ts';
import {
  chooseLabels,
  findKey,
  symmetrise,
  tensorFromComponents,
  virialFromStress,
  withSign,
  type LabelKeys,
} from '../labels.ts';
import { NumberScanner, parseCount } from '../numbers.ts';
import { LONGEST_ARRAY_LINE, type TextInput } from '../text-input.ts';
import { contradictingStress } from './both-tensors.ts';
import { AtomLines, isPosition, parseProperties, PLAIN_LAYOUT, type Property } from './columns.ts';
import { isExtendedHeader, labelledComment, numbersOf, parseHeader } from './header.ts';
import { massesOf, velocitiesOfMomenta } from '../ase-units.ts';
import { factorsOf, type LabelFactors } from './label-units.ts';
import { namedProperties, propertyUnits, takeFrameProperties, type NamedProperty } from './properties.ts';

const writtenNames = (per: 'frame' | 'atom') =>
  TABLE.filter((row) => row.per === per).map((row) => row.files.xyz[0]);

/** Names that the writer gives a meaning of its own; other columns and keys with these names are renamed. */
export const RESERVED_KEYS: ReadonlySet<string> = new Set([
  'Lattice',
  'Properties',
  'pbc',
  ...writtenNames('frame'),
]);
export const RESERVED_COLUMNS: ReadonlySet<string> = new Set(['species', 'pos', ...writtenNames('atom')]);

/** Shapes of frames that are remembered. */
const MOST_SHAPES = 16;
const MOST_ATOMS = 200_000_000;

export class ExtendedXyzParser implements FrameParser {
  frameLine = 0;
  private readonly input: TextInput;
  private readonly context: ReadContext;
  private readonly scanner = new NumberScanner();
  private layoutText = '';
  private layout: readonly Property[] = PLAIN_LAYOUT;
  private plain: readonly Property[] = PLAIN_LAYOUT;
  /** The frames of a file have the same few shapes. */
  private readonly shapes: FrameShape[] = [];
  private readonly said = new Set<string>();

  constructor(input: TextInput, context: ReadContext) {
    this.input = input;
    this.context = context;
  }

  async next(): Promise<ParsedFrame | undefined> {
    const { input } = this;
    do {
      if (!input.tryLine() && !(await input.nextLine())) return undefined;
    } while (input.isBlank());
    this.frameLine = input.line;
    const atoms = parseCount(input.text());
    if (atoms === undefined || atoms > MOST_ATOMS) {
      throw new FrameFailure(
        `Expected the number of atoms at the beginning of a frame, found "${shorten(input.text())}".`,
      );
    }
    if (atoms === 0) throw new FrameFailure('Expected at least one atom, found 0.');
    if (!input.tryLine() && !(await input.nextLine()))
      throw new FrameFailure(
        'The file ends after the number of atoms; expected a comment line and the atoms.',
      );
    const comment = input.text(LONGEST_ARRAY_LINE);
    const extended = isExtendedHeader(comment);
    const header = extended ? parseHeader(comment) : (labelledComment(comment) ?? plainHeader(comment));
    const commentLine = input.line;
    const lines = await this.readAtoms(atoms, extended ? this.layoutOf(header) : undefined);
    const warnings: FrameWarning[] = [];
    const shape = this.shapeOf(header, lines);
    const configuration = this.assemble(lines, header, shape, commentLine, warnings);
    return { configuration, line: this.frameLine, warnings, labels: shape.labels };
  }

  /** Frames begin with a line that is one whole number; no atom line is. */
  async recover(): Promise<boolean> {
    const { input } = this;
    let more = input.line > this.frameLine || (await input.nextLine());
    while (more) {
      if (input.end - input.start < 64 && parseCount(input.text()) !== undefined) {
        input.hold();
        return true;
      }
      more = await input.nextLine();
    }
    return false;
  }

  /** @param layout undefined when the first atom line tells it */
  private async readAtoms(atoms: number, layout: readonly Property[] | undefined): Promise<AtomLines> {
    const { input } = this;
    const { species } = this.context.options;
    let lines = layout && new AtomLines(layout, atoms, this.scanner, species);
    let atom = 0;
    while (atom < atoms) {
      while (atom < atoms && input.tryLine()) {
        lines ??= new AtomLines(this.plainLayout(input.text()), atoms, this.scanner, species);
        lines.read(input.bytes, input.start, input.end);
        atom++;
      }
      if (atom < atoms && !(await input.fill())) {
        if (!input.tryLine()) {
          throw new FrameFailure(
            `The file ends after ${atom} of ${atoms} atoms.`,
            undefined,
            'The file was cut off: copy it again or leave the last frame out.',
          );
        }
        input.hold();
      }
    }
    if (lines === undefined) throw new FrameFailure('Expected at least one atom.');
    return lines;
  }

  private layoutOf(header: Map<string, FrameValue>): readonly Property[] {
    const text = header.get('Properties') ?? header.get('properties');
    if (text === undefined) return PLAIN_LAYOUT;
    if (typeof text !== 'string') throw new FrameFailure('Expected Properties as name:kind:count triples.');
    if (text !== this.layoutText) {
      this.layout = parseProperties(text);
      this.layoutText = text;
    }
    return this.layout;
  }

  /** Plain XYZ: symbol and position; what stands after them is kept as text. */
  private plainLayout(line: string): readonly Property[] {
    const extra = line.trim().split(/\s+/).length - 4;
    if (extra <= 0 || extra > 100) return PLAIN_LAYOUT;
    if (this.plain.at(-1)?.columns !== extra)
      this.plain = [...PLAIN_LAYOUT, { name: 'extra', kind: 'S', columns: extra }];
    return this.plain;
  }

  private assemble(
    lines: AtomLines,
    header: Map<string, FrameValue>,
    shape: FrameShape,
    line: number,
    warnings: FrameWarning[],
  ): Configuration {
    const { options } = this.context;
    const { cell, periodic } = latticeOf(header, shape, line);
    const atoms = lines.kinds.length;
    const once = (message: string) => {
      if (!this.said.has(message)) warnings.push({ message, line });
      this.said.add(message);
    };
    const { keys } = shape;
    for (const note of keys.notes) once(note);
    const units = propertyUnits(header, shape.frameProperties, shape.columnProperties, options, line, once);
    const factors = factorsOf(header, keys, options, atoms, line);
    const configuration: BuiltConfiguration = {
      symbols: lines.kinds.symbols,
      kinds: lines.kinds.finish(),
      positions: NO_REALS,
      cell,
      periodic,
    };
    Object.assign(configuration, takeFrameProperties(header, shape.frameProperties, units, atoms, once));
    addFrameLabels(configuration, header, keys, { cell, factors, options, line, warnings, once });
    addAtomData(configuration, lines, shape.roles);
    for (const { row } of shape.columnProperties)
      scale(valuesOf(configuration, row.key), units.get(row) ?? 1);
    if (shape.momenta) takeMomenta(configuration);
    if (factors !== undefined) {
      for (let k = 0; k < cell.length; k++) cell[k] *= factors.length;
      scale(configuration.positions, factors.length);
      scale(configuration.forces, factors.forces);
    }
    return configuration;
  }

  private shapeOf(header: Map<string, FrameValue>, lines: AtomLines): FrameShape {
    for (const shape of this.shapes) if (isOfShape(shape, header, lines.layout)) return shape;
    const names = [...header.keys()];
    const lattice = findKey(names, ['lattice', 'cell']);
    const pbc = findKey(names, ['pbc']);
    const properties = findKey(names, ['properties']);
    const others = names.filter((name) => name !== lattice && name !== pbc && name !== properties);
    const columnsOf = (count: number) =>
      lines.data
        .filter(
          ({ into, property }) => into === 'reals' && property.kind === 'R' && property.columns === count,
        )
        .map((item) => item.property.name);
    const triples = columnsOf(3);
    const keys = chooseLabels(others, triples, this.context.options);
    const named = new Map<AtomRole, string | undefined>([
      ['positions', triples.find(isPosition)],
      ['forces', keys.forces],
    ]);
    for (const row of TABLE)
      if (row.per === 'atom' && row.essential && row.key !== 'forces')
        named.set(row.key, findKey(columnsOf(row.components[0]), row.files.xyz));
    const momenta = named.get('velocities') === undefined ? findKey(triples, ['momenta']) : undefined;
    if (momenta !== undefined) named.set('velocities', momenta);
    const { frameProperties, columnProperties } = namedProperties(others, lines.layout, keys.source);
    for (const { row, name } of columnProperties) named.set(row.key, name);
    const roles = lines.data.map(({ into, property: { name } }) =>
      into === 'reals' ? [...named].find(([, wanted]) => wanted === name)?.[0] : undefined,
    );
    const labels = {
      taken: takenOf(keys, [...frameProperties, ...columnProperties]),
      candidates: candidatesOf(header, others, triples),
    };
    const shape = {
      names, layout: lines.layout, lattice, pbc, properties, keys, roles, labels, frameProperties, columnProperties,
      momenta: momenta !== undefined,
    }; // prettier-ignore
    this.shapes.unshift(shape);
    if (this.shapes.length > MOST_SHAPES) this.shapes.pop();
    return shape;
  }
}

/** A field of a configuration that holds columns. */
type AtomRole = 'positions' | PropertyKey;

/** What the keys and columns of a frame mean: the same for all frames that have the same ones. */
interface FrameShape {
  /** Keys of the comment line, in order. */
  readonly names: readonly string[];
  readonly layout: readonly Property[];
  readonly lattice: string | undefined;
  readonly pbc: string | undefined;
  readonly properties: string | undefined;
  readonly keys: LabelKeys;
  /** Of each block of columns; undefined for one that is kept by name. */
  readonly roles: readonly (AtomRole | undefined)[];
  /** Whether the velocities are ASE's momenta. */
  readonly momenta: boolean;
  readonly labels: LabelSources;
  readonly frameProperties: readonly NamedProperty[];
  readonly columnProperties: readonly NamedProperty[];
}

function takenOf(
  { energy, forces, virial, stress }: LabelKeys,
  others: readonly NamedProperty[],
): LabelSources['taken'] {
  const taken = Object.fromEntries(others.map(({ row, name }) => [row.key, name]));
  return { energy, forces, virial, stress, ...taken };
}

function candidatesOf(
  header: Map<string, FrameValue>,
  keys: readonly string[],
  triples: readonly string[],
): LabelSources['candidates'] {
  const lengthOf = (key: string) => numbersOf(header.get(key) ?? '')?.length;
  return {
    energy: keys.filter((key) => typeof header.get(key) === 'number'),
    forces: triples.filter((name) => !isPosition(name)),
    tensor: keys.filter((key) => lengthOf(key) === 6 || lengthOf(key) === 9),
  };
}

function isOfShape(shape: FrameShape, header: Map<string, FrameValue>, layout: readonly Property[]): boolean {
  if (shape.layout !== layout || shape.names.length !== header.size) return false;
  let k = 0;
  for (const name of header.keys()) if (shape.names[k++] !== name) return false;
  return true;
}

type BuiltConfiguration = { -readonly [Key in keyof Configuration]: Configuration[Key] };
const NO_REALS = new Float64Array(0);

function scale(values: Float64Array | undefined, factor: number): void {
  if (values !== undefined && factor !== 1) for (let k = 0; k < values.length; k++) values[k] *= factor;
}

function plainHeader(comment: string): Map<string, FrameValue> {
  return comment.trim() === '' ? new Map() : new Map([['comment', comment]]);
}

function take(header: Map<string, FrameValue>, key: string | undefined): FrameValue | undefined {
  if (key === undefined) return undefined;
  const value = header.get(key);
  header.delete(key);
  return value;
}

function latticeOf(
  header: Map<string, FrameValue>,
  shape: FrameShape,
  line: number,
): Pick<Configuration, 'cell' | 'periodic'> {
  const lattice = take(header, shape.lattice);
  const pbc = take(header, shape.pbc);
  take(header, shape.properties);
  const cell = new Float64Array(9);
  if (lattice !== undefined) {
    const numbers = numbersOf(lattice);
    if (numbers?.length === 9) cell.set(numbers);
    else if (numbers?.length === 3) numbers.forEach((length, axis) => (cell[4 * axis] = length));
    else throw new FrameFailure('Expected Lattice with 9 numbers (three vectors in Å).', line);
    if (!allFinite(cell)) throw new FrameFailure('Expected finite numbers in Lattice.', line);
  }
  // all zeros is how some programs write "no cell"
  const periodic = periodicOf(pbc, lattice !== undefined && cell.some((x) => x !== 0), line);
  if (lattice === undefined && periodic.includes(true)) {
    throw new FrameFailure(
      'Expected Lattice for a periodic frame: pbc says periodic, but there is no cell.',
      line,
    );
  }
  return { cell, periodic };
}

function periodicOf(
  pbc: FrameValue | undefined,
  hasLattice: boolean,
  line: number,
): [boolean, boolean, boolean] {
  if (pbc === undefined) return [hasLattice, hasLattice, hasLattice];
  if (typeof pbc === 'boolean') return [pbc, pbc, pbc];
  const flags = Array.isArray(pbc) ? pbc : undefined;
  if (flags?.length === 3) {
    const [a, b, c] = flags.map((flag) => flag === true || flag === 1);
    if (flags.every((flag) => typeof flag === 'boolean' || flag === 0 || flag === 1)) return [a, b, c];
  }
  throw new FrameFailure('Expected pbc="T T T" with T or F for each of the three axes.', line);
}

function allFinite(values: Float64Array): boolean {
  for (let k = 0; k < values.length; k++) if (!Number.isFinite(values[k])) return false;
  return true;
}

interface LabelContext {
  /** As the file gives it, before lengths are converted. */
  readonly cell: Float64Array;
  readonly factors: LabelFactors | undefined;
  readonly options: ReadContext['options'];
  readonly line: number;
  readonly warnings: FrameWarning[];
  /** Warns once in a file. */
  readonly once: (message: string) => void;
}

function addFrameLabels(
  configuration: BuiltConfiguration,
  header: Map<string, FrameValue>,
  keys: LabelKeys,
  context: LabelContext,
): void {
  const { factors, options, line, once } = context;
  const value = take(header, keys.energy);
  if (value !== undefined && (typeof value !== 'number' || !Number.isFinite(value))) {
    throw new FrameFailure(
      `Expected a finite number (eV) for "${keys.energy}", found "${shorten(String(value))}".`,
      line,
    );
  }
  const energy = value === undefined ? undefined : value * (factors?.energy ?? 1);
  if (keys.energy?.toLowerCase() === 'energy' && value !== undefined) {
    const free = header.get('free_energy');
    if (typeof free === 'number' && Math.abs(free - value) > 1e-6)
      once(
        'The keys "energy" and "free_energy" differ; "energy" was taken. Forces of a calculation with smearing are derivatives of the free energy: name the key free_energy to take that.',
      );
  }
  const virial = frameVirial(header, keys, context);
  if (energy !== undefined) configuration.energy = energy;
  if (virial !== undefined) configuration.virial = withSign(virial, options.virialSign);
  if (header.size === 0) return;
  const info: Record<string, FrameValue> = {};
  for (const [key, kept] of header) info[RESERVED_KEYS.has(key) ? `file_${key}` : key] = kept;
  configuration.info = info;
}

function frameVirial(
  header: Map<string, FrameValue>,
  keys: LabelKeys,
  { cell, factors, line, warnings, once }: LabelContext,
): Float64Array | undefined {
  const key = keys.virial ?? keys.stress;
  const value = key === undefined ? undefined : header.get(key);
  if (value === undefined) return undefined;
  const stress = keys.virial === undefined || factors?.virialIsPressure === true;
  const length = factors?.length ?? 1;
  if (stress && !(volume(cell) > 0)) {
    once(`Expected a cell for the stress "${key}": without a volume it is no virial and was left aside.`);
    return undefined;
  }
  header.delete(key ?? '');
  const tensor = tensorFromComponents(numbersOf(value) ?? []);
  if (tensor === undefined || !allFinite(tensor)) {
    throw new FrameFailure(`Expected 9 or 6 finite numbers for "${key}".`, line);
  }
  let size = 0;
  for (let k = 0; k < 9; k++) size = Math.max(size, Math.abs(tensor[k]));
  if (symmetrise(tensor) > 1e-3 * size + 1e-6) {
    warnings.push({ message: `Expected a symmetric tensor for "${key}"; its symmetric part is used.`, line });
  }
  const factor = (factors?.virial ?? 1) * (stress ? length ** 3 : 1);
  if (!stress) {
    const contradiction = factors === undefined && contradictingStress(tensor, cell, header, keys);
    if (contradiction) once(contradiction);
    return factor === 1 ? tensor : tensor.map((component) => component * factor);
  }
  // a virial in units of pressure keeps its own sign
  return virialFromStress(tensor, cell, keys.virial === undefined ? factor : -factor);
}

/** Momenta that were read in the place of velocities become these; without masses they stay what they are. */
function takeMomenta(configuration: BuiltConfiguration): void {
  const { velocities: momenta, symbols, kinds, atomColumns } = configuration;
  if (momenta === undefined) return;
  const masses = massesOf(
    Array.from(kinds, (kind) => symbols[kind]),
    configuration.masses,
  );
  if (masses.every((mass) => mass > 0)) configuration.velocities = velocitiesOfMomenta(momenta, masses);
  else {
    delete configuration.velocities;
    configuration.atomColumns = [
      ...(atomColumns ?? []),
      { name: 'momenta', columns: 3, kind: 'R', values: momenta },
    ];
  }
}

/** Columns with a meaning go to their place, the others are kept by name. */
function addAtomData(
  configuration: BuiltConfiguration,
  lines: AtomLines,
  roles: readonly (AtomRole | undefined)[],
): void {
  const atomColumns: AtomColumn[] = [];
  lines.data.forEach((item, k) => {
    const { name, kind, columns } = item.property;
    const keptName = RESERVED_COLUMNS.has(name) ? `file_${name}` : name;
    if (item.into === 'text') {
      atomColumns.push({ name: keptName, columns, kind: 'S', values: item.text });
    } else if (item.into === 'reals') {
      const values = item.reals.finish();
      const role = roles[k];
      if (role !== undefined) Object.assign(configuration, { [role]: values });
      else if (kind === 'R') atomColumns.push({ name: keptName, columns, kind, values });
      else if (kind === 'I')
        atomColumns.push({ name: keptName, columns, kind, values: Int32Array.from(values) });
      else atomColumns.push({ name: keptName, columns, kind: 'L', values: Uint8Array.from(values) });
    }
  });
  if (configuration.positions === NO_REALS)
    throw new FrameFailure('Expected the column pos:R:3 in Properties.');
  if (atomColumns.length > 0) configuration.atomColumns = atomColumns;
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
