/** Reader of LAMMPS data files. */
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { FrameFailure, type FrameParser, type ParsedFrame, type ReadContext } from '../format.ts';
import { boxFromBounds, type LammpsBox } from '../lammps-box.ts';
import { countOf, endsBefore, realOf, realsOf, shorten, wordsOf } from '../lines.ts';
import { parseCount, parseReal } from '../numbers.ts';
import { elementOfLabelAndMass, typeName } from '../species.ts';
import type { TextInput } from '../text-input.ts';
import { massesOf, otherColumns, type Draft } from './draft.ts';

/** Columns of the Atoms section by atom style, without the image flags that may follow. */
const STYLES: Record<string, readonly string[]> = {
  atomic: ['id', 'type', 'x', 'y', 'z'],
  charge: ['id', 'type', 'q', 'x', 'y', 'z'],
  molecular: ['id', 'mol', 'type', 'x', 'y', 'z'],
  bond: ['id', 'mol', 'type', 'x', 'y', 'z'],
  angle: ['id', 'mol', 'type', 'x', 'y', 'z'],
  full: ['id', 'mol', 'type', 'q', 'x', 'y', 'z'],
};

const SECTIONS =
  /^(?:Atoms|Velocities|Masses|Atom Type Labels|(?:Bond|Angle|Dihedral|Improper) Type Labels|Bonds|Angles|Dihedrals|Impropers|(?:Pair|PairIJ|Bond|Angle|Dihedral|Improper|BondBond|BondAngle|MiddleBondTorsion|EndBondTorsion|AngleTorsion|AngleAngleTorsion|BondBond13|AngleAngle) Coeffs|Ellipsoids|Lines|Triangles|Bodies)\b/;

export class LammpsDataParser implements FrameParser {
  frameLine = 1;
  private readonly input: TextInput;
  private readonly context: ReadContext;
  private done = false;

  constructor(input: TextInput, context: ReadContext) {
    this.input = input;
    this.context = context;
  }

  recover(): Promise<boolean> {
    return Promise.resolve(false);
  }

  async next(): Promise<ParsedFrame | undefined> {
    if (this.done) return undefined;
    this.done = true;
    const draft: Draft = {
      bonded: false,
      low: [],
      high: [],
      tilts: [0, 0, 0],
      vectors: [],
      rows: [],
      velocities: new Map(),
      masses: new Map(),
      comments: new Map(),
      labels: new Map(),
      atomsLine: 1,
      warnings: [],
    };
    const { input } = this;
    if (!(await input.nextLine())) throw endsBefore('the comment line');
    draft.units = /\bunits\s*=\s*(\w+)/.exec(input.text())?.[1];
    if (draft.units !== undefined && draft.units !== 'metal' && draft.units !== 'real') {
      throw new FrameFailure(`Expected units metal or real in the first line, found "${draft.units}".`);
    }
    let section = await this.readHeader(draft);
    while (section !== undefined) section = await this.readSection(section, draft);
    return { configuration: this.assemble(draft), line: 1, warnings: draft.warnings };
  }

  /** Lines up to the first section; returns its name. */
  private async readHeader(draft: Draft): Promise<string | undefined> {
    const { input } = this;
    while (await input.nextLine()) {
      const line = input.text().replace(/#.*/, '').trim();
      if (line === '') continue;
      if (SECTIONS.test(line)) return input.text().trim();
      this.readHeaderLine(line, draft);
    }
    return undefined;
  }

  private readHeaderLine(line: string, draft: Draft): void {
    const words = wordsOf(line);
    const firstText = words.findIndex((word) => parseReal(word) === 'not a number');
    const keyword = firstText < 0 ? '' : words.slice(firstText).join(' ');
    const axis = ['xlo xhi', 'ylo yhi', 'zlo zhi'].indexOf(keyword);
    if (axis >= 0) {
      [draft.low[axis], draft.high[axis]] = realsOf(line, 2, `the bounds ${keyword}`);
    } else if (keyword === 'xy xz yz') {
      draft.tilts = realsOf(line, 3, 'the tilts xy xz yz');
    } else if (['avec', 'bvec', 'cvec'].includes(keyword)) {
      draft.vectors[['avec', 'bvec', 'cvec'].indexOf(keyword)] = realsOf(
        line,
        3,
        `the lattice vector ${keyword}`,
      );
    } else if (keyword === 'abc origin') {
      draft.origin = realsOf(line, 3, 'the origin of the box');
    } else if (keyword === 'atoms') {
      draft.atoms = countOf(words[0], 'the number of atoms');
    } else if (keyword === 'atom types') {
      draft.types = countOf(words[0], 'the number of atom types');
    } else if (keyword === 'bonds') {
      draft.bonded = countOf(words[0], 'the number of bonds', 0) > 0;
    } else if (firstText <= 0) {
      throw new FrameFailure(
        `Expected a header line such as "64 atoms" or "0.0 5.43 xlo xhi", or a section such as Atoms, found "${shorten(line)}".`,
      );
    }
  }

  /** Lines of one section; returns the heading of the next. */
  private async readSection(heading: string, draft: Draft): Promise<string | undefined> {
    const { input } = this;
    const name = SECTIONS.exec(heading)?.[0] ?? '';
    if (name === 'Atoms') {
      draft.style = /#\s*(\w+)/.exec(heading)?.[1];
      draft.atomsLine = input.line;
      if (draft.style !== undefined && !Object.hasOwn(STYLES, draft.style)) {
        throw new FrameFailure(
          `Expected the atom style atomic, charge, molecular, bond, angle or full, found "${draft.style}".`,
        );
      }
    }
    while (await input.nextLine()) {
      const text = input.text();
      const line = text.replace(/#.*/, '').trim();
      if (line === '') continue;
      if (SECTIONS.test(line)) return text.trim();
      const words = wordsOf(line);
      if (name === 'Atoms') this.addAtom(words, draft);
      else if (name === 'Velocities')
        draft.velocities.set(
          words[0],
          words.slice(1, 4).map((word) => realOf(word, 'a velocity')),
        );
      else if (name === 'Masses') this.readMass(words, text, draft);
      else if (name === 'Atom Type Labels') this.readTypeLabel(words, draft);
    }
    return undefined;
  }

  private addAtom(words: string[], draft: Draft): void {
    if (draft.atoms === undefined)
      throw new FrameFailure('Expected the number of atoms ("64 atoms") before the section Atoms.');
    if (draft.rows.length === draft.atoms)
      throw new FrameFailure(`Expected ${draft.atoms} atoms as the header says, found more.`);
    if (draft.rows.length > 0 && words.length !== draft.rows[0].length) {
      throw new FrameFailure(
        `Expected ${draft.rows[0].length} columns as in the lines above, found ${words.length}.`,
      );
    }
    for (const word of words) {
      const state = parseReal(word);
      if (state === 'not finite' || state === 'overflow') realOf(word, 'an atom line');
    }
    draft.rows.push(words);
  }

  private readMass(words: readonly string[], text: string, draft: Draft): void {
    const type = parseCount(words[0]) ?? draft.labels.get(words[0]);
    if (type === undefined)
      throw new FrameFailure(`Expected a type and its mass (amu), found "${shorten(text)}".`);
    const mass = realOf(words[1], 'the mass (amu)');
    if (!(mass > 0)) throw new FrameFailure(`Expected a mass above 0 amu, found ${mass}.`);
    draft.masses.set(type, mass);
    const comment = wordsOf(text.slice(text.indexOf('#') + 1))[0];
    if (text.includes('#') && comment !== undefined) draft.comments.set(type, comment);
  }

  private readTypeLabel(words: readonly string[], draft: Draft): void {
    const type = countOf(words[0], 'the number of an atom type');
    const label = words[1];
    if (label === undefined) throw new FrameFailure('Expected a label after the number of the atom type.');
    draft.labels.set(label, type);
  }

  private assemble(draft: Draft): Configuration {
    const { atoms, rows } = draft;
    if (atoms === undefined)
      throw new FrameFailure('Expected the number of atoms in the header, such as "64 atoms".');
    if (rows.length === 0) throw endsBefore('the section Atoms');
    if (rows.length !== atoms)
      throw new FrameFailure(`Expected ${atoms} atoms as the header says, found ${rows.length}.`);
    const columns = columnsOf(draft);
    const order = byId(rows, draft.atomsLine);
    const box = boxOf(draft);
    const typeColumn = columns.indexOf('type');
    const types = order.map((row) => this.typeOf(rows[row][typeColumn], draft));
    const { symbols, kinds } = this.kindsOf(types, draft);
    const place = columns.indexOf('x');
    const positions = new Float64Array(3 * atoms);
    order.forEach((row, atom) => {
      for (let axis = 0; axis < 3; axis++) {
        positions[3 * atom + axis] = realOf(rows[row][place + axis], 'a position') - box.origin[axis];
      }
    });
    const velocities = velocitiesOf(draft, order);
    const masses = massesOf(draft, types, kinds, symbols);
    const atomColumns = otherColumns(draft, columns, order);
    return {
      symbols,
      kinds,
      positions,
      cell: box.cell,
      periodic: [true, true, true],
      ...(velocities === undefined ? {} : { velocities }),
      ...(masses === undefined ? {} : { masses }),
      ...(atomColumns.length === 0 ? {} : { atomColumns }),
    };
  }

  private typeOf(word: string, draft: Draft): number {
    const type = parseCount(word) ?? draft.labels.get(word);
    if (type === undefined || type < 1 || type > Math.min(draft.types ?? 65000, 65000)) {
      throw new FrameFailure(
        `Expected an atom type from 1 to ${draft.types ?? 65000}, found "${shorten(word)}".`,
        draft.atomsLine,
      );
    }
    return type;
  }

  private kindsOf(types: readonly number[], draft: Draft): { symbols: string[]; kinds: Uint16Array } {
    const { species } = this.context.options;
    const named = new Map<number, string>();
    const nameOf = (type: number) => {
      let name = named.get(type);
      if (name === undefined) named.set(type, (name = species?.[type - 1] ?? elementOfType(type, draft)));
      return name;
    };
    const symbols: string[] = [];
    const kinds = Uint16Array.from(types, (type) => {
      const name = nameOf(type);
      const kind = symbols.indexOf(name);
      return kind >= 0 ? kind : symbols.push(name) - 1;
    });
    return { symbols, kinds };
  }
}

/** Element of a type by its label, the comment behind its mass, and the mass itself; 'typeN' when none tells. */
function elementOfType(type: number, draft: Draft): string {
  const label = [...draft.labels].find(([, number]) => number === type)?.[0];
  const mass = draft.masses.get(type);
  const names = [label, draft.comments.get(type)].filter((name) => name !== undefined);
  // a label that says nothing ("C_ring" says C, "opls_135" nothing) leaves its say to the comment
  const said = names.find((name) => elementOfLabelAndMass(name, undefined).element !== undefined);
  const { element, contradicted } = elementOfLabelAndMass(said ?? names.at(0), mass);
  if (contradicted) {
    draft.warnings.push({
      message: `Expected a label that agrees with the mass, but the type ${type} is called "${shorten(said ?? '', 20)}" and weighs ${mass}: it was taken to be ${element}.`,
      line: draft.atomsLine,
    });
  }
  return element ?? typeName(type, undefined);
}

function columnsOf(draft: Draft): readonly string[] {
  const { rows } = draft;
  const width = rows[0].length;
  const style = draft.style ?? guessStyle(draft);
  const columns = style === undefined ? undefined : STYLES[style];
  if (columns === undefined || (width !== columns.length && width !== columns.length + 3)) {
    throw new FrameFailure(
      style === undefined
        ? `Expected atom lines of the style atomic, charge, molecular or full, found ${width} columns.`
        : `Expected ${columns?.length ?? 0} columns (${columns?.join(' ') ?? ''}) for the atom style ${style}, or 3 more with image flags, found ${width}.`,
      draft.atomsLine,
    );
  }
  return width === columns.length ? columns : [...columns, 'ix', 'iy', 'iz'];
}

/** Style of a section without a hint, from the number of columns and what stands in them. */
function guessStyle(draft: Draft): string | undefined {
  const { rows, bonded } = draft;
  switch (rows[0].length) {
    case 5:
    case 8:
      return 'atomic';
    case 7:
    case 10:
      return 'full';
    case 6:
    case 9: {
      const isType = (word: string) => {
        const type = parseCount(word);
        return type !== undefined && type >= 1 && type <= (draft.types ?? Infinity);
      };
      const third = rows.every((row) => isType(row[2]));
      const second = rows.every((row) => isType(row[1]));
      draft.warnings.push({
        message: 'Expected the atom style behind "Atoms #"; it was told from the columns.',
        line: draft.atomsLine,
      });
      return third && (bonded || !second) ? 'molecular' : 'charge';
    }
    default:
      return undefined;
  }
}

/** Rows in order of the atoms' ids. */
function byId(rows: readonly string[][], line: number): number[] {
  const ids = rows.map((row) => countOf(row[0], 'the id of each atom'));
  if (new Set(ids).size !== ids.length)
    throw new FrameFailure('Expected each atom id once, found one twice.', line);
  return [...ids.keys()].sort((a, b) => ids[a] - ids[b]);
}

function boxOf(draft: Draft): LammpsBox {
  if (draft.vectors.length > 0) {
    if (draft.vectors.filter((vector) => vector !== undefined).length !== 3)
      throw new FrameFailure('Expected the three lattice vectors avec, bvec and cvec.', 1);
    const [x, y, z] = draft.origin ?? [0, 0, 0];
    return { cell: Float64Array.from(draft.vectors.flat()), origin: [x, y, z] };
  }
  for (let axis = 0; axis < 3; axis++) {
    if (draft.low[axis] === undefined)
      throw new FrameFailure(
        `Expected the bounds ${['xlo xhi', 'ylo yhi', 'zlo zhi'][axis]} in the header.`,
        1,
      );
  }
  return boxFromBounds(draft.low, draft.high, draft.tilts);
}

/** Å/ps in metal units, Å/fs in real units; to Å/fs. */
function velocitiesOf(draft: Draft, order: readonly number[]): Float64Array | undefined {
  if (draft.velocities.size === 0) return undefined;
  const velocities = new Float64Array(3 * order.length);
  order.forEach((row, atom) => {
    const velocity = draft.velocities.get(draft.rows[row][0]);
    if (velocity?.length !== 3)
      throw new FrameFailure(
        `Expected a velocity for the atom ${draft.rows[row][0]} in the section Velocities.`,
      );
    for (let axis = 0; axis < 3; axis++)
      velocities[3 * atom + axis] = draft.units === 'real' ? velocity[axis] : velocity[axis] / 1000;
  });
  return velocities;
}
