/** Reader of MLIP configuration files. */
import type { AtomColumn, Configuration, FrameValue } from '../../../src-compute/structure/configuration.ts';
import { fieldOf, TABLE, type PropertyFields } from '../../../src-compute/structure/properties.ts';
import {
  FrameFailure,
  type FrameParser,
  type FrameWarning,
  type ParsedFrame,
  type ReadContext,
} from '../format.ts';
import { GrowingKinds, GrowingReals } from '../growing.ts';
import { withSign } from '../labels.ts';
import {
  countOf,
  endsBefore,
  realOf,
  requiredLine,
  RowScanner,
  shorten,
  toCartesian,
  wordsOf,
} from '../lines.ts';
import { parseReal } from '../numbers.ts';
import { typeName } from '../species.ts';
import { LONGEST_ARRAY_LINE, type TextInput } from '../text-input.ts';
import { INFO_FEATURE, SPECIES_FEATURE } from './features.ts';

const KNOWN_COLUMNS = new Set(
  'id type cartes_x cartes_y cartes_z direct_x direct_y direct_z fx fy fz site_en charge nbh_grades ghost magmom magmom_x magmom_y magmom_z en_der_mx en_der_my en_der_mz'.split(
    ' ',
  ),
);
const COMPONENTS: Record<string, readonly number[]> = {
  xx: [0],
  yy: [4],
  zz: [8],
  xy: [1, 3],
  xz: [2, 6],
  yz: [5, 7],
};

interface Draft {
  size?: number;
  lattice: number[][];
  columns?: readonly string[];
  atoms?: Map<string, Float64Array>;
  ghosts?: Uint8Array;
  energy?: number;
  virial?: Float64Array;
  readonly features: Map<string, string>;
  readonly warnings: FrameWarning[];
}

export class MlipCfgParser implements FrameParser {
  frameLine = 0;
  private readonly input: TextInput;
  private readonly context: ReadContext;

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
    if (input.text().trim() !== 'BEGIN_CFG') {
      throw new FrameFailure(
        `Expected BEGIN_CFG at the beginning of a configuration, found "${shorten(input.text())}".`,
      );
    }
    const draft: Draft = { lattice: [], features: new Map(), warnings: [] };
    for (;;) {
      const line = await requiredLine(input, 'END_CFG', LONGEST_ARRAY_LINE);
      const words = wordsOf(line);
      if (words.length === 0) continue;
      if (words[0] === 'END_CFG') break;
      await this.readField(words, line, draft);
    }
    return { configuration: this.assemble(draft), line: this.frameLine, warnings: draft.warnings };
  }

  async recover(): Promise<boolean> {
    const { input } = this;
    let more = input.line > this.frameLine || (await input.nextLine());
    while (more) {
      if (input.end - input.start < 64 && input.text().trim() === 'BEGIN_CFG') {
        input.hold();
        return true;
      }
      more = await input.nextLine();
    }
    return false;
  }

  private async readField(words: readonly string[], line: string, draft: Draft): Promise<void> {
    const { input } = this;
    switch (words[0]) {
      case 'Size':
        draft.size = countOf(
          words[1] ?? (await requiredLine(input, 'the number of atoms')).trim(),
          'the number of atoms after Size',
        );
        return;
      case 'Supercell':
      case 'SuperCell':
        draft.lattice = await this.readSupercell();
        return;
      case 'AtomData:':
        await this.readAtoms(words.slice(1), draft);
        return;
      case 'Energy':
        draft.energy = realOf(
          wordsOf(words[1] ?? (await requiredLine(input, 'the energy')))[0],
          'the energy (eV)',
        );
        return;
      case 'PlusStress:':
      case 'Virial:':
      case 'Stress:':
        await this.readStress(words, draft);
        return;
      case 'Feature':
        this.readFeature(line, words, draft);
        return;
      case 'Features:': {
        const values = wordsOf(await requiredLine(input, 'the values of the features'));
        words.slice(1).forEach((name, k) => draft.features.set(name, values[k] ?? ''));
        return;
      }
      default:
        throw new FrameFailure(
          `Expected Size, Supercell, AtomData, Energy, PlusStress, Feature or END_CFG, found "${shorten(line)}".`,
        );
    }
  }

  /** Up to three lattice vectors: the lines of numbers that follow. */
  private async readSupercell(): Promise<number[][]> {
    const { input } = this;
    const rows: number[][] = [];
    while (rows.length < 3 && (await input.nextLine())) {
      const words = wordsOf(input.text());
      if (words.length > 0 && /^[A-Za-z]/.test(words[0]) && parseReal(words[0]) === 'not a number') {
        input.hold();
        break;
      }
      if (words.length !== 3)
        throw new FrameFailure(
          `Expected a lattice vector of three numbers (Å) after Supercell, found "${shorten(input.text())}".`,
        );
      rows.push(words.map((word) => realOf(word, 'a lattice vector')));
    }
    return rows;
  }

  private async readAtoms(columns: readonly string[], draft: Draft): Promise<void> {
    const { input } = this;
    if (draft.size === undefined) throw new FrameFailure('Expected Size before AtomData.');
    for (const column of columns) {
      if (!KNOWN_COLUMNS.has(column)) {
        throw new FrameFailure(
          `Expected columns of AtomData such as id, type, cartes_x or fx, found "${shorten(column)}".`,
        );
      }
      if (columns.indexOf(column) !== columns.lastIndexOf(column)) {
        throw new FrameFailure(`Expected each column of AtomData once, found "${column}" twice.`);
      }
    }
    const rows = new RowScanner(columns, new Set(['ghost']));
    const data = columns.map(() => new GrowingReals(draft.size ?? 0));
    const ghost = columns.indexOf('ghost');
    for (let atom = 0; atom < draft.size; atom++) {
      if (!input.tryLine() && !(await input.nextLine()))
        throw endsBefore(`all ${draft.size} atoms (${atom} are there)`);
      try {
        rows.read(input);
      } catch (error) {
        const text = input.text().trim();
        if (error instanceof FrameFailure && /^(?:Energy|PlusStress|Feature|END_CFG|BEGIN_CFG)/.test(text)) {
          throw new FrameFailure(`Expected ${draft.size} atoms as Size says, found ${atom}.`);
        }
        throw error;
      }
      for (let column = 0; column < columns.length; column++) {
        data[column].push(column === ghost ? Number(rows.words[column] === 'true') : rows.values[column]);
      }
    }
    draft.atoms = new Map(columns.map((name, k) => [name, data[k].finish()]));
    draft.columns = columns;
  }

  private async readStress(words: readonly string[], draft: Draft): Promise<void> {
    const names = words.slice(1);
    const values = wordsOf(await requiredLine(this.input, 'the components of the stress'));
    const virial = new Float64Array(9);
    const seen = new Set<string>();
    names.forEach((name, k) => {
      const places = Object.hasOwn(COMPONENTS, name) ? COMPONENTS[name] : undefined;
      if (places === undefined)
        throw new FrameFailure(
          `Expected the components xx yy zz yz xz xy after ${words[0]}, found "${shorten(name)}".`,
        );
      seen.add(name);
      const value = realOf(values[k], `the component ${name} of ${words[0]}`);
      for (const place of places) virial[place] = words[0] === 'Stress:' ? -value : value;
    });
    if (seen.size !== 6)
      throw new FrameFailure(
        `Expected six components xx yy zz yz xz xy after ${words[0]}, found ${seen.size}.`,
      );
    if (words[0] === 'Stress:') {
      draft.warnings.push({
        message: 'Expected PlusStress; the old keyword Stress has the other sign and was turned.',
        line: this.input.line,
      });
    }
    draft.virial = virial;
  }

  private readFeature(line: string, words: readonly string[], draft: Draft): void {
    const name = words[1];
    if (name === undefined) throw new FrameFailure('Expected a name after Feature.');
    const value = line.trimStart().slice('Feature'.length).trimStart().slice(name.length).trim();
    const earlier = draft.features.get(name);
    draft.features.set(name, earlier === undefined ? value : `${earlier}\n${value}`);
  }

  private assemble(draft: Draft): Configuration {
    const { atoms } = draft;
    if (atoms === undefined || draft.size === undefined)
      throw new FrameFailure('Expected Size and AtomData in the configuration.');
    const cell = new Float64Array(9);
    draft.lattice.forEach((row, axis) => cell.set(row, 3 * axis));
    const periodic: [boolean, boolean, boolean] = [0, 1, 2].map((axis) => axis < draft.lattice.length) as [
      boolean,
      boolean,
      boolean,
    ];
    const positions = positionsOf(atoms, cell, draft.lattice.length);
    const { symbols, kinds } = this.kindsOf(atoms, draft);
    const fields = atomProperties(atoms);
    const atomColumns = otherColumns(atoms);
    const info = infoOf(draft.features);
    return {
      symbols,
      kinds,
      positions,
      cell,
      periodic,
      ...(draft.energy === undefined ? {} : { energy: draft.energy }),
      ...fields,
      ...(draft.virial === undefined
        ? {}
        : { virial: withSign(draft.virial, this.context.options.virialSign) }),
      ...(atomColumns.length === 0 ? {} : { atomColumns }),
      ...(Object.keys(info).length === 0 ? {} : { info }),
    };
  }

  /** Types are numbered from 0; named by the caller, by a feature that our writer leaves, or 'type1', 'type2', … */
  private kindsOf(atoms: Map<string, Float64Array>, draft: Draft): { symbols: string[]; kinds: Uint16Array } {
    const named = draft.features.get(SPECIES_FEATURE);
    const species = this.context.options.species ?? (named === undefined ? undefined : wordsOf(named));
    const kinds = new GrowingKinds();
    const types = atoms.get('type');
    for (let atom = 0; atom < (draft.size ?? 0); atom++) {
      const type = types?.[atom] ?? 0;
      if (!Number.isInteger(type) || type < 0 || type > 65000) {
        throw new FrameFailure(
          `Expected a type from 0 upwards for each atom, found ${type}.`,
          this.frameLine,
        );
      }
      kinds.pushName(typeName(type + 1, species));
    }
    return { symbols: kinds.symbols, kinds: kinds.finish() };
  }
}

function positionsOf(atoms: Map<string, Float64Array>, cell: Float64Array, vectors: number): Float64Array {
  const cartesian = together(atoms, ['cartes_x', 'cartes_y', 'cartes_z']);
  if (cartesian !== undefined) return cartesian;
  const direct = together(atoms, ['direct_x', 'direct_y', 'direct_z']);
  if (direct === undefined) {
    throw new FrameFailure(
      'Expected the columns cartes_x cartes_y cartes_z or direct_x direct_y direct_z in AtomData.',
    );
  }
  if (vectors !== 3)
    throw new FrameFailure('Expected three lattice vectors in Supercell for direct coordinates.');
  toCartesian(direct, cell);
  return direct;
}

/** Three columns as one array of triples; undefined when none is there. */
function together(atoms: Map<string, Float64Array>, names: readonly string[]): Float64Array | undefined {
  const columns = names.map((name) => atoms.get(name)).filter((column) => column !== undefined);
  if (columns.length === 0) return undefined;
  if (columns.length !== names.length)
    throw new FrameFailure(`Expected all of the columns ${names.join(', ')} in AtomData.`);
  const triples = new Float64Array(3 * columns[0].length);
  for (let k = 0; k < triples.length; k++) triples[k] = columns[k % 3][Math.floor(k / 3)];
  return triples;
}

/** Properties of the table that AtomData has columns for; they are taken out of them. */
function atomProperties(atoms: Map<string, Float64Array>): PropertyFields {
  let fields: PropertyFields = {};
  for (const row of TABLE)
    for (const names of Object.values(row.files.mlip ?? {})) {
      // an incomplete vector is none, and its columns are kept as they are
      if (!row.essential && !names.every((name) => atoms.has(name))) continue;
      const values = names.length === 1 ? atoms.get(names[0]) : together(atoms, names);
      if (values === undefined) continue;
      for (const name of names) atoms.delete(name);
      fields = { ...fields, ...fieldOf(row, values) };
    }
  return fields;
}

function otherColumns(atoms: Map<string, Float64Array>): AtomColumn[] {
  const columns: AtomColumn[] = [];
  for (const name of [
    'charge',
    'nbh_grades',
    'magmom',
    'magmom_x',
    'magmom_y',
    'magmom_z',
    'en_der_mx',
    'en_der_my',
    'en_der_mz',
  ]) {
    const values = atoms.get(name);
    if (values !== undefined) columns.push({ name, columns: 1, kind: 'R', values });
  }
  const ghost = atoms.get('ghost');
  if (ghost !== undefined)
    columns.push({ name: 'ghost', columns: 1, kind: 'L', values: Uint8Array.from(ghost) });
  const id = atoms.get('id');
  if (id?.some((value, k) => value !== k + 1) === true) {
    columns.push({ name: 'id', columns: 1, kind: 'I', values: Int32Array.from(id) });
  }
  return columns;
}

/** Features become frame keys; what our writer put into its own feature is restored exactly. */
function infoOf(features: Map<string, string>): Record<string, FrameValue> {
  const info: Record<string, FrameValue> = {};
  for (const [name, value] of features) {
    if (name === SPECIES_FEATURE || name === INFO_FEATURE) continue;
    const number = parseReal(value);
    info[name] = typeof number === 'number' ? number : value;
  }
  const own = features.get(INFO_FEATURE);
  return own === undefined ? info : { ...info, ...storedInfo(own) };
}

function storedInfo(text: string): Record<string, FrameValue> {
  const info: Record<string, FrameValue> = {};
  let stored: unknown;
  try {
    stored = JSON.parse(text);
  } catch {
    throw new FrameFailure(`Expected JSON in the feature ${INFO_FEATURE}.`);
  }
  if (typeof stored !== 'object' || stored === null) return info;
  for (const [key, value] of Object.entries(stored)) {
    const items: unknown[] = Array.isArray(value) ? value : [value];
    if (items.every((item) => ['number', 'string', 'boolean'].includes(typeof item)))
      info[key] = value as FrameValue;
  }
  return info;
}
