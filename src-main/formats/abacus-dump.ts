/**
 * MD_dump of ABACUS: cell, virial, positions and forces of molecular dynamics, without energies; those are taken from
 * the running_md.log beside it. Layout: ABACUS documentation, "MD_dump"; version 2 writes positions in lattice
 * constants of 1 bohr and has no velocities.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { volume } from '../../src-compute/structure/cell.ts';
import { kindsFromSymbols } from '../../src-compute/structure/configuration.ts';
import { BOHR_IN_A, EV_PER_A3_IN_KBAR } from '../../src-compute/units.ts';
import {
  FrameFailure,
  type FrameParser,
  type FrameWarning,
  type ParsedFrame,
  type ReadContext,
  type StructureFormat,
} from './format.ts';
import { symmetrise, withSign } from './labels.ts';
import { countOf, endsBefore, realOf, requiredLine, requiredRows, shorten, wordsOf } from './lines.ts';
import { CONVERGED, NOT_CONVERGED } from './abacus-output.ts';
import { linesOf } from './recognise.ts';
import { elementOfEspressoLabel } from './species.ts';
import { columnsOf } from './step-output.ts';
import { TextInput } from './text-input.ts';
import { UNCONVERGED } from './vasp-xml.ts';

class AbacusDumpParser implements FrameParser {
  frameLine = 1;
  private readonly input: TextInput;
  private readonly context: ReadContext;
  private log: ReadonlyMap<number, LoggedStep> | undefined;
  private frames = 0;

  constructor(input: TextInput, context: ReadContext) {
    this.input = input;
    this.context = context;
  }

  async next(): Promise<ParsedFrame | undefined> {
    const { input } = this;
    this.log ??= await logBeside(this.context.file);
    do {
      if (!(await input.nextLine())) {
        if (this.frames === 0) throw endsBefore('the first step of the trajectory ("MDSTEP:")');
        return undefined;
      }
    } while (input.isBlank());
    this.frameLine = input.line;
    const line = this.frameLine;
    const step = /^\s*MDSTEP:\s*(\d+)\s*$/.exec(input.text())?.[1];
    if (step === undefined) throw new FrameFailure(`Expected "MDSTEP:", found "${shorten(input.text())}".`);
    const configuration = await this.readStep();
    const { energy, converged } = this.log.get(countOf(step, 'the step', 0)) ?? {};
    const warnings: FrameWarning[] = [];
    if (converged === false) warnings.push({ message: UNCONVERGED, line });
    else if (energy === undefined && this.frames === 0)
      warnings.push({
        message:
          'Expected running_md.log beside MD_dump, which has the energies, or found no energy of this step in it.',
        line,
      });
    this.frames++;
    return {
      configuration: {
        ...configuration,
        ...(energy === undefined ? {} : { energy }),
        ...(converged === undefined ? {} : { info: { converged } }),
      },
      line,
      warnings,
    };
  }

  async recover(): Promise<boolean> {
    while (await this.input.nextLine()) {
      if (!/^\s*MDSTEP:/.test(this.input.text())) continue;
      this.input.hold();
      return true;
    }
    return false;
  }

  private async readStep() {
    const { input } = this;
    const constant = wordsOf(await requiredLine(input, 'LATTICE_CONSTANT'));
    const unit = realOf(constant[1], 'LATTICE_CONSTANT') * (/^ang/i.test(constant[2] ?? '') ? 1 : BOHR_IN_A);
    await requiredLine(input, 'LATTICE_VECTORS');
    const cell = Float64Array.from(await requiredRows(input, 3, 3, 'the lattice vectors'), (x) => x * unit);
    let line = await requiredLine(input, 'the positions');
    let virial: Float64Array | undefined;
    if (/^\s*VIRIAL/i.test(line)) {
      const pressure = await requiredRows(input, 3, 3, 'the virial (kbar)');
      virial = Float64Array.from(pressure, (p) => (p * volume(cell)) / EV_PER_A3_IN_KBAR);
      symmetrise(virial);
      line = await requiredLine(input, 'the positions');
    }
    if (!/^\s*INDEX\s+LABEL\s+POSITION/i.test(line))
      throw new FrameFailure(
        `Expected the head of the atoms ("INDEX LABEL POSITION …"), found "${shorten(line)}".`,
      );
    const has = { forces: /FORCE/i.test(line), velocities: /VELOCITY/i.test(line) };
    const factor = /POSITION\w*\s*\(Angstrom\)/i.test(line) ? 1 : unit;
    const rows = await this.readRows(5 + 3 * Number(has.forces) + 3 * Number(has.velocities));
    const symbols = rows.map(([, label]) => elementOfEspressoLabel(label) ?? label);
    return {
      ...kindsFromSymbols(symbols),
      positions: columnsOf(rows, 2, 'a position', factor),
      cell,
      periodic: [true, true, true] as const,
      ...(has.forces ? { forces: columnsOf(rows, 5, 'a force (eV/Å)') } : {}),
      ...(has.velocities ? { velocities: columnsOf(rows, has.forces ? 8 : 5, 'a velocity (Å/fs)') } : {}),
      ...(virial === undefined ? {} : { virial: withSign(virial, this.context.options.virialSign) }),
    };
  }

  private async readRows(columns: number): Promise<string[][]> {
    const { input } = this;
    const rows: string[][] = [];
    while ((await input.nextLine()) && !input.isBlank()) {
      if (/^\s*MDSTEP:/.test(input.text())) {
        input.hold();
        break;
      }
      const words = wordsOf(input.text());
      if (words.length !== columns || words[0] !== String(rows.length))
        throw new FrameFailure(
          `Expected ${columns} columns that begin with ${rows.length}, found "${shorten(input.text())}".`,
        );
      rows.push(words);
    }
    return rows;
  }
}

/** What the log says of a step. */
interface LoggedStep {
  /** eV */
  energy?: number;
  converged?: boolean;
}

/**
 * Energies and convergence by step from the running_md.log beside the file. Version 2 names the step behind its
 * calculation, later ones before it; a step that did not converge has no energy.
 */
async function logBeside(file: string): Promise<ReadonlyMap<number, LoggedStep>> {
  const log = join(dirname(file), 'running_md.log');
  const steps = new Map<number, LoggedStep>();
  if (!existsSync(log)) return steps;
  await using input = await TextInput.open(log);
  let step: number | undefined;
  let now: LoggedStep = {};
  let behind: boolean | undefined;
  while (await input.nextLine()) {
    const text = input.text();
    const named = /^\s*STEP OF MOLECULAR DYNAMICS\s*:\s*(\d{1,9})\s*$/.exec(text)?.[1];
    if (named !== undefined) {
      behind ??= now.energy !== undefined || now.converged !== undefined;
      if (behind) steps.set(Number(named), now);
      else if (step !== undefined) steps.set(step, now);
      step = Number(named);
      now = {};
      continue;
    }
    const energy = /(?:final etot is|#TOTAL ENERGY#)\s+(\S+)\s+eV/.exec(text)?.[1];
    if (energy !== undefined) now.energy = realOf(energy, 'the energy of running_md.log');
    else if (CONVERGED.test(text)) now.converged = true;
    else if (NOT_CONVERGED.test(text)) now.converged = false;
  }
  if (behind === false && step !== undefined) steps.set(step, now);
  return steps;
}

export const abacusDump: StructureFormat = {
  name: 'abacus-md',
  title: 'ABACUS MD_dump',
  extensions: [],
  fileNames: /^MD_dump/,
  recognise: (head) => {
    const [step, constant] = linesOf(head.trimStart(), 2);
    return /^MDSTEP:\s*\d+\s*$/.test(step) && /^\s*LATTICE_CONSTANT:/.test(constant ?? '');
  },
  conventions: [
    'ABACUS MD_dump: forces in eV/Å, velocities in Å/fs, virial per volume in kbar (positive when compressed), W = pressure · V; energies (eV) come from the running_md.log beside it.',
  ],
  open: (input, context) => new AbacusDumpParser(input, context),
};
