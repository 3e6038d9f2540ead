/** Reader of extended and plain XYZ, frame by frame. */
import type { AtomColumn, Configuration, FrameValue } from '../../../src-compute/structure/configuration.ts';
import { volume } from '../../../src-compute/structure/cell.ts';
import {
  FrameFailure,
  type FrameParser,
  type FrameWarning,
  type ParsedFrame,
  type ReadContext,
} from '../format.ts';
import {
  ATOM_ENERGY_KEYS,
  chooseLabels,
  findKey,
  symmetrise,
  tensorFromComponents,
  virialFromStress,
  withSign,
  type LabelKeys,
} from '../labels.ts';
import { NumberScanner, parseCount } from '../numbers.ts';
import type { TextInput } from '../text-input.ts';
import { AtomLines, isPosition, parseProperties, PLAIN_LAYOUT, type Property } from './columns.ts';
import { isExtendedHeader, labelledComment, numbersOf, parseHeader } from './header.ts';
import { factorsOf, type LabelFactors } from './label-units.ts';

/** Names that the writer gives a meaning of its own; other columns and keys with these names are renamed. */
export const RESERVED_KEYS: ReadonlySet<string> = new Set([
  'Lattice',
  'Properties',
  'pbc',
  'energy',
  'virial',
]);
export const RESERVED_COLUMNS: ReadonlySet<string> = new Set([
  'species',
  'pos',
  'forces',
  'velo',
  'masses',
  'energies',
]);

const MOST_ATOMS = 200_000_000;

export class ExtendedXyzParser implements FrameParser {
  frameLine = 0;
  private readonly input: TextInput;
  private readonly context: ReadContext;
  private readonly scanner = new NumberScanner();
  private layoutText = '';
  private layout: readonly Property[] = PLAIN_LAYOUT;
  /** Which keys hold the labels, by the keys that a frame has: most frames of a file have the same. */
  private readonly choices = new Map<string, LabelKeys>();
  private readonly said = new Set<string>();

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
    const atoms = parseCount(input.text());
    if (atoms === undefined || atoms > MOST_ATOMS) {
      throw new FrameFailure(
        `Expected the number of atoms at the beginning of a frame, found "${shorten(input.text())}".`,
      );
    }
    if (atoms === 0) throw new FrameFailure('Expected at least one atom, found 0.');
    if (!(await input.nextLine()))
      throw new FrameFailure(
        'The file ends after the number of atoms; expected a comment line and the atoms.',
      );
    const comment = input.text();
    const extended = isExtendedHeader(comment);
    const header = extended ? parseHeader(comment) : (labelledComment(comment) ?? plainHeader(comment));
    const commentLine = input.line;
    const lines = await this.readAtoms(atoms, header, extended);
    const warnings: FrameWarning[] = [];
    const configuration = this.assemble(lines, header, commentLine, warnings);
    return { configuration, line: this.frameLine, warnings };
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

  private async readAtoms(
    atoms: number,
    header: Map<string, FrameValue>,
    extended: boolean,
  ): Promise<AtomLines> {
    const { input } = this;
    let lines = extended
      ? new AtomLines(this.layoutOf(header), atoms, this.scanner, this.context.options.species)
      : undefined;
    let atom = 0;
    while (atom < atoms) {
      while (atom < atoms && input.tryLine()) {
        lines ??= new AtomLines(plainLayout(input.text()), atoms, this.scanner, this.context.options.species);
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

  private assemble(
    lines: AtomLines,
    header: Map<string, FrameValue>,
    line: number,
    warnings: FrameWarning[],
  ): Configuration {
    const { options } = this.context;
    const { cell, periodic } = latticeOf(header, line);
    const atoms = lines.kinds.length;
    const once = (message: string) => {
      if (!this.said.has(message)) warnings.push({ message, line });
      this.said.add(message);
    };
    const keys = this.keysOf(lines, header);
    for (const note of keys.notes) once(note);
    const factors = factorsOf(header, keys, options, atoms, line);
    const labels = frameLabels(header, keys, { cell, factors, options, line, warnings, once });
    const columns = atomData(lines, keys.forces);
    if (factors !== undefined) {
      for (let k = 0; k < cell.length; k++) cell[k] *= factors.length;
      scale(columns.positions, factors.length);
      scale(columns.forces, factors.forces);
    }
    return {
      symbols: lines.kinds.symbols,
      kinds: lines.kinds.finish(),
      cell,
      periodic,
      ...columns,
      ...labels,
    };
  }

  private keysOf(lines: AtomLines, header: Map<string, FrameValue>): LabelKeys {
    const triples = lines.data.flatMap(({ into, property: { name, kind, columns } }) =>
      into === 'reals' && kind === 'R' && columns === 3 ? [name] : [],
    );
    const names = [...header.keys()];
    const id = `${names.join('\n')}\n\n${triples.join('\n')}`;
    let keys = this.choices.get(id);
    if (keys === undefined) {
      keys = chooseLabels(names, triples, this.context.options);
      if (this.choices.size < 1000) this.choices.set(id, keys);
    }
    return keys;
  }
}

function scale(values: Float64Array | undefined, factor: number): void {
  if (values !== undefined && factor !== 1) for (let k = 0; k < values.length; k++) values[k] *= factor;
}

function plainHeader(comment: string): Map<string, FrameValue> {
  return comment.trim() === '' ? new Map() : new Map([['comment', comment]]);
}

/** Plain XYZ: symbol and position; what stands after them is kept as text. */
function plainLayout(line: string): readonly Property[] {
  const extra = line.trim().split(/\s+/).length - 4;
  return extra > 0 && extra <= 100
    ? [...PLAIN_LAYOUT, { name: 'extra', kind: 'S', columns: extra }]
    : PLAIN_LAYOUT;
}

function take(header: Map<string, FrameValue>, key: string | undefined): FrameValue | undefined {
  if (key === undefined) return undefined;
  const value = header.get(key);
  header.delete(key);
  return value;
}

function latticeOf(header: Map<string, FrameValue>, line: number): Pick<Configuration, 'cell' | 'periodic'> {
  const lattice = take(header, findKey(header.keys(), ['lattice', 'cell']));
  const pbc = take(header, findKey(header.keys(), ['pbc']));
  take(header, findKey(header.keys(), ['properties']));
  const cell = new Float64Array(9);
  if (lattice !== undefined) {
    const numbers = numbersOf(lattice);
    if (numbers?.length === 9) cell.set(numbers);
    else if (numbers?.length === 3) numbers.forEach((length, axis) => (cell[4 * axis] = length));
    else throw new FrameFailure('Expected Lattice with 9 numbers (three vectors in Å).', line);
    if (!cell.every(Number.isFinite)) throw new FrameFailure('Expected finite numbers in Lattice.', line);
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

function frameLabels(
  header: Map<string, FrameValue>,
  keys: LabelKeys,
  context: LabelContext,
): Pick<Configuration, 'energy' | 'virial' | 'info'> {
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
  const info: Record<string, FrameValue> = {};
  for (const [key, kept] of header) info[RESERVED_KEYS.has(key) ? `file_${key}` : key] = kept;
  return {
    ...(energy === undefined ? {} : { energy }),
    ...(virial === undefined ? {} : { virial: withSign(virial, options.virialSign) }),
    ...(Object.keys(info).length === 0 ? {} : { info }),
  };
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
  if (tensor === undefined || !tensor.every(Number.isFinite)) {
    throw new FrameFailure(`Expected 9 or 6 finite numbers for "${key}".`, line);
  }
  const size = tensor.reduce((most, component) => Math.max(most, Math.abs(component)), 0);
  if (symmetrise(tensor) > 1e-3 * size + 1e-6) {
    warnings.push({ message: `Expected a symmetric tensor for "${key}"; its symmetric part is used.`, line });
  }
  const factor = (factors?.virial ?? 1) * (stress ? length ** 3 : 1);
  if (!stress) return factor === 1 ? tensor : tensor.map((component) => component * factor);
  // a virial in units of pressure keeps its own sign
  return virialFromStress(tensor, cell, keys.virial === undefined ? factor : -factor);
}

/** Columns with a meaning go to their place, the others are kept by name. */
function atomData(
  lines: AtomLines,
  forcesKey: string | undefined,
): Pick<Configuration, 'positions' | 'forces' | 'velocities' | 'masses' | 'atomEnergies' | 'atomColumns'> {
  const reals = lines.data.filter((item) => item.into === 'reals' && item.property.kind === 'R');
  const names = (columns: number) =>
    reals.filter((r) => r.property.columns === columns).map((r) => r.property.name);
  const roles = {
    positions: names(3).find(isPosition),
    forces: forcesKey,
    velocities: findKey(names(3), ['velo', 'velocities', 'velocity', 'vel']),
    masses: findKey(names(1), ['masses', 'mass']),
    atomEnergies: findKey(names(1), ATOM_ENERGY_KEYS),
  };
  const found: Partial<Record<keyof typeof roles, Float64Array>> = {};
  const atomColumns: AtomColumn[] = [];
  for (const item of lines.data) {
    const { name, kind, columns } = item.property;
    const keptName = RESERVED_COLUMNS.has(name) ? `file_${name}` : name;
    if (item.into === 'text') {
      atomColumns.push({ name: keptName, columns, kind: 'S', values: item.text });
    } else if (item.into === 'reals') {
      const values = item.reals.finish();
      const role = (Object.keys(roles) as (keyof typeof roles)[]).find(
        (key) => kind === 'R' && roles[key] === name,
      );
      if (role !== undefined) found[role] = values;
      else if (kind === 'R') atomColumns.push({ name: keptName, columns, kind, values });
      else if (kind === 'I')
        atomColumns.push({ name: keptName, columns, kind, values: Int32Array.from(values) });
      else atomColumns.push({ name: keptName, columns, kind: 'L', values: Uint8Array.from(values) });
    }
  }
  const { positions, ...labels } = found;
  if (positions === undefined) throw new FrameFailure('Expected the column pos:R:3 in Properties.');
  return { positions, ...labels, ...(atomColumns.length === 0 ? {} : { atomColumns }) };
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
