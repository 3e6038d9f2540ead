/**
 * Output of OpenMX (.out): the energy of every step ("Utot."), and positions (Å) with forces (hartree/bohr) of the last
 * one only, between <coordinates.forces and coordinates.forces>. The file begins with a copy of the input, which has
 * the cell. Layout: OpenMX manual, "Output files"; the stress is not in it.
 */
import { kindsFromSymbols } from '../../src-compute/structure/configuration.ts';
import { BOHR_IN_A, HARTREE_IN_EV } from '../../src-compute/units.ts';
import {
  FrameFailure,
  type FrameParser,
  type FrameWarning,
  type ParsedFrame,
  type StructureFormat,
} from './format.ts';
import { countOf, endsBefore, realOf, wordsOf } from './lines.ts';
import { elementOfEspressoLabel } from './species.ts';
import { columnsOf } from './step-output.ts';
import type { TextInput } from './text-input.ts';
import { UNCONVERGED } from './vasp-xml.ts';

/** Relaxations and dynamics in which the cell moves; where it ends is not in this file. */
const MOVES_CELL = /^(?:OptC|RFC|NPT)/i;

class OpenmxOutputParser implements FrameParser {
  frameLine = 1;
  private readonly input: TextInput;
  private cell: Float64Array | undefined;
  private unit = 1;
  private energy: number | undefined;
  private cluster = false;
  private moving = '';
  private mostIterations = 40;
  private criterion = 1e-6;
  /** Of the last electronic loop. */
  private iteration = 0;
  private band = NaN;
  private change = Infinity;
  private ended = false;

  constructor(input: TextInput) {
    this.input = input;
  }

  async next(): Promise<ParsedFrame | undefined> {
    const { input } = this;
    while (!this.ended && (await input.nextLine())) {
      const line = input.text();
      if (/^\s*<coordinates\.forces\s*$/.test(line)) {
        this.ended = true;
        return await this.lastStep();
      }
      await this.read(line);
    }
    if (this.ended) return undefined;
    this.ended = true;
    throw endsBefore('the positions and forces of the last step (<coordinates.forces)');
  }

  recover(): Promise<boolean> {
    return Promise.resolve(false);
  }

  private async read(line: string): Promise<void> {
    const words = wordsOf(line);
    const key = words[0]?.toLowerCase();
    if (key === 'utot.') this.energy = HARTREE_IN_EV * realOf(words[1], 'the total energy (hartree)');
    else if (key === '<atoms.unitvectors') this.cell = await this.vectors();
    else if (key === 'atoms.unitvectors.unit') this.unit = /^au$/i.test(words[1] ?? '') ? BOHR_IN_A : 1;
    else if (key === 'md.type') this.moving = words[1] ?? '';
    else if (key === 'scf.eigenvaluesolver') this.cluster = /^cluster/i.test(words[1] ?? '');
    else if (key === 'scf.maxiter') this.mostIterations = countOf(words[1] ?? '', 'scf.maxIter');
    else if (key === 'scf.criterion') this.criterion = realOf(words[1], 'scf.criterion');
    else if (key?.startsWith('scf=') === true) this.loop(line);
  }

  private loop(line: string): void {
    const match = /^\s*SCF=\s*(\d{1,9})\s+NormRD=\s*\S+\s+Uele=\s*(\S+)/.exec(line);
    if (match === null) return;
    this.iteration = Number(match[1]);
    const band = realOf(match[2], 'the band energy');
    this.change = Math.abs(band - this.band);
    this.band = band;
  }

  private async vectors(): Promise<Float64Array> {
    const rows: string[][] = [];
    while (rows.length < 3) {
      if (!(await this.input.nextLine())) throw endsBefore('the unit vectors');
      rows.push(wordsOf(this.input.text()));
    }
    return columnsOf(rows, 0, 'a unit vector');
  }

  private async lastStep(): Promise<ParsedFrame> {
    const { input, energy } = this;
    const { line } = input;
    this.frameLine = line;
    if (!(await input.nextLine())) throw endsBefore('the number of atoms');
    const count = countOf(input.text().trim(), 'the number of atoms');
    const rows: string[][] = [];
    while (rows.length < count) {
      if (!(await input.nextLine())) throw endsBefore(`all ${count} atoms (${rows.length} are there)`);
      rows.push(wordsOf(input.text()));
    }
    if (energy === undefined)
      throw new FrameFailure('Expected a total energy ("Utot.") before the forces, found none.', line);
    if (MOVES_CELL.test(this.moving))
      throw new FrameFailure(
        `Expected a run with a fixed cell, but MD.Type is ${this.moving}: the cell of the last step is not in the .out.`,
        line,
        'Give the .md of the run, which has the cell of every step.',
      );
    const bulk = this.cell !== undefined && !this.cluster;
    const converged = this.iteration < this.mostIterations || this.change < this.criterion;
    const warnings: FrameWarning[] = converged ? [] : [{ message: UNCONVERGED, line }];
    const configuration = {
      ...kindsFromSymbols(rows.map((words) => elementOfEspressoLabel(words[1] ?? '') ?? words[1] ?? '')),
      positions: columnsOf(rows, 2, 'a position'),
      cell: bulk ? (this.cell ?? new Float64Array(9)).map((x) => x * this.unit) : new Float64Array(9),
      periodic: [bulk, bulk, bulk] as const,
      energy,
      forces: columnsOf(rows, 5, 'a force (hartree/bohr)', HARTREE_IN_EV / BOHR_IN_A),
      info: { converged },
    };
    return { configuration, line, warnings };
  }
}

export const openmxOutput: StructureFormat = {
  name: 'openmx',
  title: 'OpenMX output',
  extensions: [],
  recognise: (head) => head.includes('This calculation was performed by OpenMX'),
  conventions: [
    'OpenMX output: the last step alone, with its total energy (Utot, hartree), positions in Å and forces in hartree/bohr; converted to eV and eV/Å. The .md of a run has every step.',
    'Steps whose electronic loop did not converge are flagged (converged=F).',
  ],
  open: (input) => new OpenmxOutputParser(input),
};
