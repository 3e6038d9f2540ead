/**
 * Trajectories of CP2K: PROJECT-pos-1.xyz (Å; energy in hartree in the comment), with the forces (hartree/bohr) in
 * PROJECT-frc-1.xyz and the cell in PROJECT-1.cell, or in the input where it does not change. Layout: CP2K manual,
 * MOTION/PRINT.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { kindsFromSymbols } from '../../src-compute/structure/configuration.ts';
import { BOHR_IN_A, HARTREE_IN_EV } from '../../src-compute/units.ts';
import { nextAtomFrame, numberBehind, toNextCount, type AtomFrame } from './atom-trajectory.ts';
import {
  FrameFailure,
  type FrameParser,
  type FrameWarning,
  type ParsedFrame,
  type ReadContext,
  type StructureFormat,
} from './format.ts';
import { realOf, shorten, wordsOf } from './lines.ts';
import { elementOfEspressoLabel } from './species.ts';
import { columnsOf } from './step-output.ts';
import { TextInput } from './text-input.ts';

const COMMENT = /^\s*i =\s*(\d+),\s*time =\s*[^,\s]+,\s*E =\s*(\S+)/;

class Cp2kXyzParser implements FrameParser {
  frameLine = 1;
  private readonly context: ReadContext;
  private readonly given: TextInput;
  private positions: TextInput | undefined;
  private forces: TextInput | undefined;
  /** Forces of a step that comes later. */
  private ahead: AtomFrame | undefined;
  private cells: Cells | undefined;
  /** Name of a file of stresses beside the trajectory. */
  private stress: string | undefined;
  private frames = 0;

  constructor(input: TextInput, context: ReadContext) {
    this.given = input;
    this.context = context;
  }

  async next(): Promise<ParsedFrame | undefined> {
    const positions = this.positions ?? (await this.openFiles());
    const frame = await nextAtomFrame(positions, 4);
    if (frame === undefined) {
      if (this.frames === 0)
        throw new FrameFailure('Expected at least one step in the trajectory, found none.');
      return undefined;
    }
    this.frameLine = frame.line;
    const step = COMMENT.exec(frame.comment)?.[1] ?? '';
    const energy = numberBehind(frame.comment, 'E =', 'the energy (hartree)');
    const forces = await this.forcesOf(step, frame);
    const cell = this.cells?.at(step);
    const warnings: FrameWarning[] = [];
    if (cell === undefined && this.frames === 0)
      warnings.push({
        message:
          'Expected the cell in a .cell file of the run or an input (.inp, -1.restart) beside the trajectory, found none: the steps are taken as free clusters.',
        line: frame.line,
      });
    if (this.forces === undefined && this.frames === 0)
      warnings.push({
        message: 'Expected the forces in a -frc-1.xyz beside the trajectory, found none.',
        line: frame.line,
      });
    if (this.stress !== undefined && this.frames === 0)
      warnings.push({
        message: `The stresses in ${this.stress} are not taken: CP2K writes the motion of the atoms into them, too, and labels are without it.`,
        line: frame.line,
      });
    this.frames++;
    const configuration = {
      ...kindsFromSymbols(frame.rows.map(([label]) => elementOfEspressoLabel(label) ?? label)),
      positions: columnsOf(frame.rows, 1, 'a position'),
      cell: cell ?? new Float64Array(9),
      periodic: (cell === undefined ? [false, false, false] : [true, true, true]) as [
        boolean,
        boolean,
        boolean,
      ],
      ...(energy === undefined ? {} : { energy: energy * HARTREE_IN_EV }),
      ...(forces === undefined ? {} : { forces }),
    };
    return { configuration, line: frame.line, warnings };
  }

  recover(): Promise<boolean> {
    return this.positions === undefined ? Promise.resolve(false) : toNextCount(this.positions);
  }

  async close(): Promise<void> {
    await this.forces?.close();
    if (this.positions !== this.given) await this.positions?.close();
  }

  /** The given file may be that of the positions or that of the forces. */
  private async openFiles(): Promise<TextInput> {
    const { file, options } = this.context;
    const name = basename(file);
    const other = (from: string, to: string) => join(dirname(file), name.replace(from, to));
    const isForces = name.includes('-frc-');
    if (isForces && !existsSync(other('-frc-', '-pos-')))
      throw new FrameFailure(
        `Expected the positions in ${basename(other('-frc-', '-pos-'))} beside the forces, found none.`,
        1,
      );
    this.positions = isForces ? await TextInput.open(other('-frc-', '-pos-'), options) : this.given;
    const forces = isForces ? file : other('-pos-', '-frc-');
    if (forces !== this.positions.file && existsSync(forces))
      this.forces = await TextInput.open(forces, { signal: options.signal });
    const trajectory = isForces ? other('-frc-', '-pos-') : file;
    this.cells = await cellsBeside(trajectory);
    const stress = trajectory.replace(/-pos-(\d+)\.xyz(?:\.\w+)?$/, '-$1.stress');
    if (stress !== trajectory && existsSync(stress)) this.stress = basename(stress);
    return this.positions;
  }

  /** Forces of the same step; steps that the other file has in between are passed over. */
  private async forcesOf(step: string, { rows, line }: AtomFrame): Promise<Float64Array | undefined> {
    if (this.forces === undefined) return undefined;
    for (;;) {
      const frame = this.ahead ?? (await nextAtomFrame(this.forces, 4));
      this.ahead = undefined;
      if (frame === undefined)
        throw new FrameFailure(
          `Expected the forces of the step ${step} in ${basename(this.forces.file)}, but it ends before.`,
          line,
        );
      const found = Number(COMMENT.exec(frame.comment)?.[1]);
      if (found < Number(step)) continue;
      if (found > Number(step)) this.ahead = frame;
      if (found !== Number(step) || frame.rows.length !== rows.length)
        throw new FrameFailure(
          `Expected the forces of the step ${step} on ${rows.length} atoms in ${basename(this.forces.file)}, found ${frame.rows.length} of "${shorten(frame.comment, 24)}".`,
          line,
        );
      return columnsOf(frame.rows, 1, 'a force (hartree/bohr)', HARTREE_IN_EV / BOHR_IN_A);
    }
  }
}

interface Cells {
  at(step: string): Float64Array | undefined;
}

const LARGEST_INPUT = 64 << 20;

async function cellsBeside(file: string): Promise<Cells | undefined> {
  const [, stem, number] = /^(.*)-pos-(\d+)\.xyz/.exec(basename(file)) ?? [];
  if (stem === undefined) return undefined;
  const beside = (name: string) => join(dirname(file), name);
  const table = beside(`${stem}-${number}.cell`);
  if (existsSync(table)) {
    const rows = new Map<string, Float64Array>();
    for (const line of (await readFile(table, 'latin1')).split('\n')) {
      const words = wordsOf(line);
      if (words.length < 11 || words[0].startsWith('#')) continue;
      rows.set(
        words[0],
        Float64Array.from(words.slice(2, 11), (word) => realOf(word, `the cell in ${basename(table)}`)),
      );
    }
    return {
      at: (step) => {
        const cell = rows.get(step);
        if (cell === undefined)
          throw new FrameFailure(`Expected the cell of the step ${step} in ${basename(table)}, found none.`);
        return cell.slice();
      },
    };
  }
  const names = [`${stem}.inp`, 'input.inp', 'cp2k.inp', `${stem}-${number}.restart`];
  for (const name of names.filter((candidate) => existsSync(beside(candidate)))) {
    const text = await readFile(beside(name), 'latin1');
    const cell = text.length > LARGEST_INPUT ? undefined : cellOfInput(text);
    if (cell !== undefined) return { at: () => cell.slice() };
  }
  return undefined;
}

/** Lattice vectors (Å) of the section &CELL: A, B and C, or ABC with ALPHA_BETA_GAMMA. */
function cellOfInput(text: string): Float64Array | undefined {
  const lines = text.split('\n').map((line) => line.split('#', 1)[0].trim());
  const from = lines.findIndex((line) => /^&CELL(?:\s|$)/i.test(line));
  if (from < 0) return undefined;
  const to = lines.findIndex((line, k) => k > from && /^&END/i.test(line));
  const values = new Map<string, number[]>();
  for (const line of lines.slice(from + 1, to < 0 ? undefined : to)) {
    const words = wordsOf(line.replace(/\[angstrom\]/i, ' '));
    if (words.some((word) => word.startsWith('['))) return undefined;
    values.set((words.at(0) ?? '').toUpperCase(), words.slice(1, 4).map(Number));
  }
  const [a, b, c] = ['A', 'B', 'C'].map((name) => values.get(name));
  if (a !== undefined && b !== undefined && c !== undefined) return whole([...a, ...b, ...c]);
  const lengths = values.get('ABC');
  if (lengths?.length !== 3) return undefined;
  const [alpha, beta, gamma] = (values.get('ALPHA_BETA_GAMMA') ?? [90, 90, 90]).map(
    (angle) => (angle * Math.PI) / 180,
  );
  const cosine = (angle: number) => (Math.abs(angle - Math.PI / 2) < 1e-12 ? 0 : Math.cos(angle));
  const cx = cosine(beta);
  const cy = (cosine(alpha) - cosine(beta) * cosine(gamma)) / Math.sin(gamma);
  return whole([
    lengths[0], 0, 0,
    lengths[1] * cosine(gamma), lengths[1] * Math.sin(gamma), 0,
    lengths[2] * cx, lengths[2] * cy, lengths[2] * Math.sqrt(1 - cx * cx - cy * cy),
  ]); // prettier-ignore
}

function whole(values: readonly number[]): Float64Array | undefined {
  return values.length === 9 && values.every(Number.isFinite) ? Float64Array.from(values) : undefined;
}

export const cp2kXyz: StructureFormat = {
  name: 'cp2k-xyz',
  title: 'CP2K trajectory (-pos-1.xyz, -frc-1.xyz)',
  extensions: [],
  fileNames: /-(?:pos|frc)-\d+\.xyz$/,
  recognise: (head) => {
    const [count, comment] = head.split('\n', 2);
    return /^\s*\d+\s*$/.test(count) && COMMENT.test(comment ?? '');
  },
  conventions: [
    'CP2K trajectory: positions in Å and energies in hartree from -pos-1.xyz, forces in hartree/bohr from -frc-1.xyz, the cell from -1.cell or the &CELL of an input beside them (PROJECT.inp, input.inp, cp2k.inp, -1.restart), periodic along all axes; stresses are not read.',
  ],
  open: (input, context) => new Cp2kXyzParser(input, context),
};
