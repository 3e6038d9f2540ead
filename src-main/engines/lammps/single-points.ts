/**
 * Energies, per-atom energies, forces and virials of many structures by one LAMMPS process: a loop of clear,
 * read_data and run 0, so that atoms, cells and boundaries may differ from structure to structure.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { atomCount, type Configuration } from '../../../src-compute/structure/configuration.ts';
import { emptyEvaluation, type Evaluation } from '../../../src-compute/potentials/potential.ts';
import { writeDataFile } from './data-file.ts';
import { lammpsFrame, requireAtoms, type LammpsFrame } from './frame.ts';
import { requireTypes, type LammpsInteraction } from './interaction.ts';
import { LammpsError } from './lammps-error.ts';
import type { LammpsProgram } from './program.ts';
import { runScript, temporaryFolder, type RunOptions } from './runner.ts';
import { LAMMPS_EV_PER_A3_IN_BAR, setupCommands } from './script.ts';

export interface SinglePointOptions extends RunOptions {
  /** Moves the atoms to a minimum of the energy first, at fixed cell, until no force is larger than this, eV/Å. */
  readonly relaxToForce?: number;
  /** Called after each structure with the number that are done. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Called with the result of each structure while the others are still to come; also of those before a failure. */
  readonly onResult?: (k: number, result: SinglePoint) => void;
  /** How a structure is called in errors; its number from 1 where absent. */
  readonly nameOf?: (k: number) => string;
}

/** Result of one structure, in the frame of the structure that was given. */
export interface SinglePoint extends Evaluation {
  /** Positions, Å; 3N. They differ from the given ones after a relaxation. */
  readonly positions: Float64Array;
}

const MARK = 'FORCEWRIGHT-RESULT';

/**
 * Evaluates structures in LAMMPS.
 * @returns one result per structure, in their order
 * @throws LammpsError naming the structure at which LAMMPS stopped; PotentialError for elements that the types lack
 */
export async function lammpsSinglePoints(
  program: LammpsProgram,
  interaction: LammpsInteraction,
  configurations: readonly Configuration[],
  options: SinglePointOptions = {},
): Promise<SinglePoint[]> {
  if (configurations.length === 0) return [];
  await using folder = temporaryFolder();
  const frames: LammpsFrame[] = [];
  for (const [k, configuration] of configurations.entries()) {
    requireAtoms(configuration);
    requireTypes(interaction.types, configuration);
    frames.push(lammpsFrame(configuration));
    await writeDataFile(join(folder.path, `${k}.data`), frames[k].configuration, interaction.types);
  }
  const totals = new Map<number, number[]>();
  const script = frames.flatMap((frame, k) => structureCommands(frame, k, interaction, options)).join('\n');
  const nameOf = options.nameOf ?? ((k: number) => `structure ${k + 1} of ${configurations.length}`);
  const what = () => `Evaluating ${nameOf(Math.min(totals.size, configurations.length - 1))}`;
  // LAMMPS has closed the dump of a structure when it prints the totals
  const read = async (k: number, total: readonly number[]): Promise<SinglePoint> => {
    const rows = await readFile(join(folder.path, `${k}.dump`));
    const result = assemble(rows, total, frames[k], atomCount(configurations[k]), nameOf(k));
    options.onResult?.(k, result);
    return result;
  };
  const results = new Map<number, Promise<SinglePoint>>();
  try {
    await runScript(program, interaction, folder.path, `${script}\n`, what, {
      ...options,
      onLine(line) {
        options.onLine?.(line);
        const found = readTotals(line);
        if (found === undefined) return;
        totals.set(found.k, found.totals);
        const result = read(found.k, found.totals);
        result.catch(() => undefined); // is awaited below
        results.set(found.k, result);
        options.onProgress?.(totals.size, configurations.length);
      },
    });
  } finally {
    // before the folder goes
    await Promise.allSettled(results.values());
  }
  // awaited here: the folder goes before the caller has the promise
  return await Promise.all(
    configurations.map((_, k) => {
      const result = results.get(k);
      if (result === undefined) throw new LammpsError(`LAMMPS ended without a result for ${nameOf(k)}.`);
      return result;
    }),
  );
}

/** Commands that evaluate structure k of a process and leave its numbers in k.dump. */
export function structureCommands(
  frame: LammpsFrame,
  k: number,
  interaction: LammpsInteraction,
  options: SinglePointOptions & { readonly resultFile?: boolean },
): string[] {
  const pressure = [1, 2, 3, 4, 5, 6].map((c) => `c_fwp[${c}]`);
  const relax = options.relaxToForce === undefined ? [] : [`minimize 0 ${options.relaxToForce} 5000 50000`];
  const printed = ['pe', 'vol', ...pressure].map((name) => `$(${name}:%.17g)`).join(' ');
  return [
    ...(k > 0 ? ['clear'] : []),
    ...setupCommands(frame, `${k}.data`, interaction, options.newton ?? 'on', 0.5),
    'compute fwe all pe/atom',
    'compute fwp all pressure NULL virial',
    `thermo_style custom step pe vol ${pressure.join(' ')}`,
    'thermo_modify norm no flush yes',
    ...relax,
    `dump fw all custom 1 ${k}.dump id c_fwe fx fy fz xu yu zu`,
    'dump_modify fw sort id format float %.17g',
    'run 0 post no',
    'undump fw',
    `print "${MARK} ${k} ${printed}"${options.resultFile ? ` file ${k}.done screen no` : ''}`,
  ];
}

/** Energy, volume and pressures of a line that structureCommands printed, and the structure's number. */
export function readTotals(line: string): { k: number; totals: number[] } | undefined {
  if (!line.startsWith(MARK)) return undefined;
  const [k, ...totals] = line.slice(MARK.length).trim().split(/\s+/).map(Number);
  return { k, totals };
}

/** Lines of a dump before those of its atoms. */
const HEAD_LINES = 9;

/**
 * Puts one structure's numbers together and turns them back.
 * @param dump bytes of the file: of millions of atoms they are more than a string can hold
 * @throws LammpsError for a dump that is cut off, and for numbers that are none
 */
export function assemble(
  dump: Buffer,
  total: readonly number[],
  frame: LammpsFrame,
  atoms: number,
  name: string,
): SinglePoint {
  const result = { ...emptyEvaluation(atoms), positions: new Float64Array(3 * atoms) };
  const [energy, volume, xx, yy, zz, xy, xz, yz] = total;
  let rows = 0;
  for (const line of linesOf(dump, HEAD_LINES)) {
    if (rows === atoms) break;
    const numbers = line.trim().split(/\s+/).map(Number);
    result.atomEnergies[rows] = numbers[1];
    result.forces.set(numbers.slice(2, 5), 3 * rows);
    result.positions.set(numbers.slice(5, 8), 3 * rows);
    rows++;
  }
  if (rows < atoms) {
    // LAMMPS says nothing of a disk that is full
    throw new LammpsError(`LAMMPS wrote the numbers of ${rows} of the ${atoms} atoms of ${name}.`, {
      remedy: 'Check that there is room on the disk of temporary files.',
    });
  }
  const factor = volume / LAMMPS_EV_PER_A3_IN_BAR;
  const virial = [xx, xy, xz, xy, yy, yz, xz, yz, zz].map((pressure) => pressure * factor);
  result.energy = energy;
  result.virial.set(frame.restoreTensor(virial));
  frame.restoreVectors(result.forces);
  frame.restorePositions(result.positions);
  const all = [result.atomEnergies, result.forces, result.positions, result.virial];
  if (!Number.isFinite(energy) || !all.every((values) => values.every(Number.isFinite))) {
    throw new LammpsError(`LAMMPS gave no finite energy and forces for ${name}.`, {
      remedy: 'Check the structure for atoms that overlap, and the potential at short distances.',
    });
  }
  return result;
}

/** Lines of a file that have ended, one by one, after the first `skip`; what was cut off in the middle is none. */
function* linesOf(bytes: Buffer, skip: number): Generator<string> {
  let begin = 0;
  for (let k = 0; ; k++) {
    const end = bytes.indexOf(10, begin);
    if (end < 0) return;
    if (k >= skip) yield bytes.toString('latin1', begin, end);
    begin = end + 1;
  }
}
