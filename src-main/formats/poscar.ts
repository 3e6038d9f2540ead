/**
 * VASP POSCAR and CONTCAR: one structure. Comment, scale (negative: the volume), lattice vectors, symbols (since
 * VASP 5), counts, optionally "Selective dynamics", Direct or Cartesian, positions, optionally velocities (Å/fs).
 * Layout: VASP wiki, "POSCAR".
 */
import { signedVolume } from '../../src-compute/structure/cell.ts';
import type { AtomColumn, Configuration } from '../../src-compute/structure/configuration.ts';
import { isElement } from '../../src-compute/structure/elements.ts';
import {
  FormatError,
  FrameFailure,
  type FrameParser,
  type FrameWarning,
  type ParsedFrame,
  type ReadContext,
  type StructureFormat,
  type WriteOptions,
} from './format.ts';
import { GrowingKinds, GrowingReals } from './growing.ts';
import {
  countOf,
  endsBefore,
  realOf,
  realsOf,
  requiredLine,
  requiredRows,
  shorten,
  toCartesian,
  wordsOf,
} from './lines.ts';
import { formatReal, parseCount, parseReal } from './numbers.ts';
import { elementOfLabel, typeName } from './species.ts';
import type { TextInput } from './text-input.ts';

/** Name of the column that keeps which coordinates may move (T) under selective dynamics. */
export const SELECTIVE_COLUMN = 'move_mask';

class PoscarParser implements FrameParser {
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
    const { input } = this;
    const comment = (await requiredLine(input, 'the comment line')).trim();
    const cell = await this.readCell();
    const { names, counts } = await this.readSpecies(comment);
    let mode = (await requiredLine(input, '"Direct" or "Cartesian"')).trim();
    const selective = /^s/i.test(mode);
    if (selective) mode = (await requiredLine(input, '"Direct" or "Cartesian"')).trim();
    if (!/^[dcks]/i.test(mode))
      throw new FrameFailure(`Expected "Direct" or "Cartesian", found "${shorten(mode)}".`);
    const atoms = counts.reduce((sum, count) => sum + count, 0);
    const { positions, moving } = await this.readPositions(atoms, selective);
    if (/^[ck]/i.test(mode)) for (let k = 0; k < positions.length; k++) positions[k] *= cell.scale[k % 3];
    else toCartesian(positions, cell.vectors);
    const kinds = new GrowingKinds();
    counts.forEach((count, species) => {
      const kind = count > 0 ? kinds.kindOf(names[species]) : 0;
      for (let k = 0; k < count; k++) kinds.push(kind);
    });
    const warnings: FrameWarning[] = [];
    const velocities = await this.readVelocities(atoms, warnings);
    const atomColumns: AtomColumn[] = selective
      ? [{ name: SELECTIVE_COLUMN, columns: 3, kind: 'L', values: moving }]
      : [];
    const configuration: Configuration = {
      symbols: kinds.symbols,
      kinds: kinds.finish(),
      positions,
      cell: cell.vectors,
      periodic: [true, true, true],
      ...(velocities === undefined ? {} : { velocities }),
      ...(atomColumns.length === 0 ? {} : { atomColumns }),
      ...(comment === '' ? {} : { info: { comment } }),
    };
    return { configuration, line: 1, warnings };
  }

  private async readCell(): Promise<{ vectors: Float64Array; scale: [number, number, number] }> {
    const { input } = this;
    const words = wordsOf(await requiredLine(input, 'the scale of the lattice'));
    const scales = words.slice(0, words.length >= 3 && typeof parseReal(words[2]) === 'number' ? 3 : 1);
    const numbers = scales.map((word) => realOf(word, 'the scale of the lattice on the second line'));
    if (numbers.length === 0) realOf('', 'the scale of the lattice on the second line');
    const vectors = Float64Array.from(await requiredRows(input, 3, 3, 'the lattice vectors'));
    let scale: [number, number, number] =
      numbers.length === 3 ? [numbers[0], numbers[1], numbers[2]] : [numbers[0], numbers[0], numbers[0]];
    if (numbers.length === 1 && numbers[0] < 0) {
      const factor = Math.cbrt(-numbers[0] / Math.abs(signedVolume(vectors)));
      if (!Number.isFinite(factor))
        throw new FrameFailure('Expected lattice vectors that span a volume; they lie in one plane.');
      scale = [factor, factor, factor];
    }
    if (scale.some((factor) => !(factor > 0)))
      throw new FrameFailure(
        `Expected a positive scale, or the negative volume, found "${shorten(words.join(' '))}".`,
      );
    for (let k = 0; k < 9; k++) vectors[k] *= scale[k % 3];
    return { vectors, scale };
  }

  /** Symbols and counts; VASP 4 gives counts only, then the comment or the caller names the species. */
  private async readSpecies(comment: string): Promise<{ names: string[]; counts: number[] }> {
    const { input } = this;
    let words = wordsOf(await requiredLine(input, 'the symbols and counts of the species'));
    let labels: string[] | undefined;
    if (words.length > 0 && parseCount(words[0]) === undefined) {
      labels = words.filter((word) => !word.startsWith('!'));
      words = wordsOf(await requiredLine(input, 'the counts of the species'));
    }
    const end = words.findIndex((word) => /^[!#]/.test(word));
    const counts = (end < 0 ? words : words.slice(0, end)).map((word) =>
      countOf(word, 'the count of each species', 0),
    );
    if (counts.length === 0 || counts.every((count) => count === 0))
      throw new FrameFailure('Expected the counts of the species, at least one atom.');
    if (labels !== undefined && labels.length !== counts.length) {
      throw new FrameFailure(
        `Expected one count for each of the ${labels.length} species, found ${counts.length} counts.`,
      );
    }
    const { species } = this.context.options;
    const fromComment = wordsOf(comment).map((word) => (isElement(word) ? word : undefined));
    const names = counts.map((_, k) => {
      if (labels !== undefined) return elementOfLabel(labels[k].replace(/\/.*$/, '')) ?? labels[k];
      if (species === undefined && fromComment.length === counts.length)
        return fromComment[k] ?? typeName(k + 1, undefined);
      return typeName(k + 1, species);
    });
    return { names, counts };
  }

  private async readPositions(
    atoms: number,
    selective: boolean,
  ): Promise<{ positions: Float64Array; moving: Uint8Array }> {
    const { input } = this;
    const positions = new GrowingReals(3 * atoms);
    const moving: number[] = [];
    for (let atom = 0; atom < atoms; atom++) {
      if (!(await input.nextLine())) throw endsBefore(`all ${atoms} positions (${atom} are there)`);
      const line = input.text();
      for (const value of realsOf(line, 3, 'a position')) positions.push(value);
      if (!selective) continue;
      const flags = wordsOf(line).slice(3, 6);
      if (flags.length !== 3 || !flags.every((flag) => /^\.?[tf]/i.test(flag))) {
        throw new FrameFailure(
          `Expected T or F for each coordinate (selective dynamics), found "${shorten(line)}".`,
        );
      }
      for (const flag of flags) moving.push(/^\.?t/i.test(flag) ? 1 : 0);
    }
    return { positions: positions.finish(), moving: Uint8Array.from(moving) };
  }

  /** Velocities in Å/fs after the positions; what VASP appends after them (predictor-corrector data) is not read. */
  private async readVelocities(atoms: number, warnings: FrameWarning[]): Promise<Float64Array | undefined> {
    const { input } = this;
    if (!(await input.nextLine())) return undefined;
    let head = input.text().trim();
    if (/^lattice velocities/i.test(head)) {
      for (let line = 0; line < 8 && (await input.nextLine()); line++);
      head = input.text().trim();
    }
    if (/^d/i.test(head)) {
      warnings.push({
        message:
          'Expected velocities in Å/fs; direct velocities need the time step of the run and were left out.',
        line: input.line,
      });
      return undefined;
    }
    if (head !== '' && !/^[ck]/i.test(head)) {
      throw new FrameFailure(
        `Expected the end of the file, or velocities, after ${atoms} positions, found "${shorten(head)}".`,
      );
    }
    const velocities = new GrowingReals(3 * atoms);
    for (let atom = 0; atom < atoms; atom++) {
      if (!(await input.nextLine()) || input.isBlank()) {
        if (atom === 0) return undefined;
        throw new FrameFailure(`Expected a velocity for each of ${atoms} atoms, found ${atom}.`);
      }
      for (const value of realsOf(input.text(), 3, 'a velocity')) velocities.push(value);
    }
    return velocities.finish();
  }
}

/** Text of a POSCAR: Cartesian, so that no digit is lost; atoms in order of species. */
async function* writePoscar(
  configurations: AsyncIterable<Configuration>,
  options: WriteOptions,
  file: string,
): AsyncGenerator<string> {
  let written = false;
  for await (const configuration of configurations) {
    if (written) {
      throw new FormatError('A POSCAR holds one configuration.', {
        file,
        remedy: 'Choose one frame with FILE@k, or another format.',
      });
    }
    written = true;
    yield poscarText(configuration, options, file);
  }
}

function poscarText(configuration: Configuration, options: WriteOptions, file: string): string {
  const { cell, kinds, symbols, positions, velocities } = configuration;
  const real = (value: number) => formatReal(value, options.significantDigits);
  if (!(Math.abs(signedVolume(cell)) > 0)) {
    throw new FormatError('A POSCAR needs a cell, and this configuration has none.', {
      file,
      remedy: 'Put the atoms into a box first.',
    });
  }
  noteLosses(configuration, options);
  const order = [...kinds.keys()].sort((a, b) => kinds[a] - kinds[b] || a - b);
  if (order.some((atom, k) => atom !== k))
    options.onNote?.('The atoms were put in order of their species, as VASP wants them.');
  const mask = configuration.atomColumns?.find(
    (column) => column.name === SELECTIVE_COLUMN && column.columns === 3,
  );
  const counts = symbols.map((_, kind) => kinds.reduce((sum, k) => sum + Number(k === kind), 0));
  const used = symbols.map((_, kind) => kind).filter((kind) => counts[kind] > 0);
  const triple = (values: ArrayLike<number>, k: number) =>
    [0, 1, 2].map((axis) => real(values[3 * k + axis])).join(' ');
  const comment = configuration.info?.comment;
  const lines = [
    typeof comment === 'string'
      ? comment.replace(/[\r\n]/g, ' ')
      : used.map((kind) => symbols[kind]).join(' '),
    '1.0',
    ...[0, 1, 2].map((axis) => triple(cell, axis)),
    used.map((kind) => symbols[kind]).join(' '),
    used.map((kind) => counts[kind]).join(' '),
    ...(mask === undefined ? [] : ['Selective dynamics']),
    'Cartesian',
    ...order.map((atom) => {
      const flags =
        mask === undefined
          ? ''
          : ` ${[0, 1, 2].map((axis) => (Number(mask.values[3 * atom + axis]) !== 0 ? 'T' : 'F')).join(' ')}`;
      return triple(positions, atom) + flags;
    }),
    ...(velocities === undefined ? [] : ['', ...order.map((atom) => triple(velocities, atom))]),
  ];
  return `${lines.join('\n')}\n`;
}

function noteLosses(configuration: Configuration, options: WriteOptions): void {
  const lost = [
    configuration.energy === undefined ? '' : 'energies',
    configuration.forces === undefined ? '' : 'forces',
    configuration.virial === undefined ? '' : 'virials',
    configuration.masses === undefined ? '' : 'masses',
  ].filter((name) => name !== '');
  if (lost.length > 0) options.onNote?.(`A POSCAR has no place for ${lost.join(', ')}; they were left out.`);
  if (!configuration.periodic.every((flag) => flag))
    options.onNote?.('A POSCAR is periodic along all three axes; the free axes become periodic.');
}

export const poscar: StructureFormat = {
  name: 'poscar',
  title: 'VASP POSCAR',
  extensions: ['.poscar', '.vasp', '.contcar'],
  fileNames: /^(?:POSCAR|CONTCAR)/,
  recognise: (head) => {
    const lines = head.split(/\r?\n/, 8);
    const three = (line: string | undefined) => {
      const words = wordsOf(line ?? '');
      return words.length >= 3 && words.slice(0, 3).every((word) => parseReal(word) !== 'not a number');
    };
    const scale = wordsOf(lines[1] ?? '');
    const counts = (line: string | undefined) =>
      wordsOf(line ?? '').length > 0 && parseCount(wordsOf(line ?? '')[0]) !== undefined;
    return (
      scale.length > 0 &&
      typeof parseReal(scale[0]) === 'number' &&
      three(lines[2]) &&
      three(lines[3]) &&
      three(lines[4]) &&
      (counts(lines[5]) || counts(lines[6]))
    );
  },
  conventions: [
    'POSCAR: lengths in Å, velocities in Å/fs; periodic along all axes.',
    'Files without symbols (VASP 4) take them from the comment line when it names one element for each count, else name them.',
  ],
  open: (input, context) => new PoscarParser(input, context),
  write: writePoscar,
};
