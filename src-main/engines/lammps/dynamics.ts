/** Molecular dynamics in LAMMPS, followed while it runs. */
import { join } from 'node:path';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { atomCount } from '../../../src-compute/structure/configuration.ts';
import { SimulationError } from '../../../src-compute/errors.ts';
import { writeDataFile } from './data-file.ts';
import { DUMP_COLUMNS, DumpTail, type DynamicsFrame } from './dump.ts';
import { lammpsFrame, requireAtoms, type LammpsFrame } from './frame.ts';
import { requireTypes, type LammpsInteraction } from './interaction.ts';
import type { LammpsProgram } from './program.ts';
import { runScript, temporaryFolder, type RunOptions } from './runner.ts';
import { setupCommands } from './script.ts';

export type LammpsEnsemble = 'nve' | 'nvt-nose-hoover' | 'nvt-langevin' | 'nvt-bussi' | 'npt';

export interface LammpsDynamicsSettings {
  readonly ensemble: LammpsEnsemble;
  /** Number of steps. */
  readonly steps: number;
  /** Time step, fs. */
  readonly timestep: number;
  /** Temperature of the thermostat and of new velocities, K; without it, and without velocities, atoms start at rest. */
  readonly temperature?: number;
  /** Pressure of the barostat, GPa. */
  readonly pressure?: number;
  /** Relaxation time of the thermostat, fs; 100 where absent. */
  readonly thermostatTime?: number;
  /** Relaxation time of the barostat, fs; 1000 where absent. */
  readonly barostatTime?: number;
  /** Which cell changes the barostat makes: 'iso' (default), 'aniso' or 'tri'. */
  readonly barostat?: 'iso' | 'aniso' | 'tri';
  readonly seed?: number;
  /** Every how many steps a line of thermodynamic data is taken; 10 where absent. */
  readonly thermoEvery?: number;
  /** Every how many steps a frame is taken; 0 or absent: none. */
  readonly frameEvery?: number;
}

/** One line of thermodynamic data. */
export interface ThermoRow {
  readonly step: number;
  /** fs */
  readonly time: number;
  /** K */
  readonly temperature: number;
  /** eV */
  readonly potentialEnergy: number;
  /** eV */
  readonly totalEnergy: number;
  /** Total energy and what thermostat and barostat hold: constant but for the integrator's error, eV. */
  readonly conserved: number;
  /** GPa */
  readonly pressure: number;
  /** Pressure tensor in LAMMPS' frame as xx yy zz xy xz yz, GPa. */
  readonly pressureTensor: readonly number[];
  /** Å³ */
  readonly volume: number;
}

export interface LammpsDynamicsOptions extends RunOptions {
  readonly onThermo?: (row: ThermoRow) => void;
  /** Frames in their order, as they are completed. */
  readonly onFrame?: (frame: DynamicsFrame) => void;
  /** Fraction of the steps that are done. */
  readonly onProgress?: (fraction: number) => void;
}

export interface LammpsDynamicsResult {
  readonly thermo: readonly ThermoRow[];
  /** Slope of the conserved energy, meV/atom/ps. */
  readonly drift: number;
}

/** How often the growing dump file is looked at, ms. */
const POLL = 250;

const THERMO_COLUMNS = 'step temp pe etotal econserve press pxx pyy pzz pxy pxz pyz vol';

/**
 * Runs molecular dynamics.
 * @throws LammpsError, SimulationError for settings that do not go together, CancelledError
 */
export async function lammpsDynamics(
  program: LammpsProgram,
  interaction: LammpsInteraction,
  start: Configuration,
  settings: LammpsDynamicsSettings,
  options: LammpsDynamicsOptions = {},
): Promise<LammpsDynamicsResult> {
  requireAtoms(start);
  requireTypes(interaction.types, start);
  await using folder = temporaryFolder();
  const frame = lammpsFrame(start, true);
  await writeDataFile(join(folder.path, 'start.data'), frame.configuration, interaction.types);
  const thermo: ThermoRow[] = [];
  const tail = new DumpTail(join(folder.path, 'frames.dump'), start, frame);
  let taking: Promise<void> = Promise.resolve();
  const take = () => {
    taking = taking.then(async () => {
      for (const one of await tail.take()) options.onFrame?.(one);
    });
    return taking;
  };
  let failed: unknown;
  const poll = setInterval(() => void take().catch((error: unknown) => (failed ??= error)), POLL);
  const script = dynamicsScript(frame, interaction, settings, options, start.velocities !== undefined);
  try {
    await runScript(program, interaction, folder.path, script, () => 'Running molecular dynamics', {
      ...options,
      onLine(line) {
        options.onLine?.(line);
        if (failed !== undefined) throw failed;
        const row = thermoRow(line, settings.timestep);
        if (row === undefined) return;
        thermo.push(row);
        options.onThermo?.(row);
        options.onProgress?.(Math.min(1, row.step / Math.max(1, settings.steps)));
      },
    });
  } finally {
    clearInterval(poll);
    await taking.catch((error: unknown) => (failed ??= error));
  }
  await take();
  if (failed !== undefined) throw failed;
  return { thermo, drift: driftOf(thermo, atomCount(start)) };
}

function dynamicsScript(
  frame: LammpsFrame,
  interaction: LammpsInteraction,
  settings: LammpsDynamicsSettings,
  options: RunOptions,
  hasVelocities: boolean,
): string {
  const { temperature, timestep, steps, frameEvery = 0, thermoEvery = 10, seed = 1 } = settings;
  const velocities =
    hasVelocities || temperature === undefined
      ? []
      : [`velocity all create ${temperature} ${1000 + seed} mom yes rot no dist gaussian loop geom`];
  return [
    ...setupCommands(frame, 'start.data', interaction, options.newton ?? 'on', 1),
    ...velocities,
    ...ensembleCommands(settings),
    `timestep ${timestep / 1000}`,
    `thermo_style custom ${THERMO_COLUMNS}`,
    'thermo_modify norm no flush yes lost error format float %.15g',
    `thermo ${thermoEvery}`,
    ...(frameEvery > 0
      ? [
          `dump fw all custom ${frameEvery} frames.dump ${DUMP_COLUMNS}`,
          'dump_modify fw sort id flush yes format float %.17g',
        ]
      : []),
    `run ${steps}`,
    '',
  ].join('\n');
}

function ensembleCommands(settings: LammpsDynamicsSettings): string[] {
  const { ensemble, temperature = NaN, pressure = 0, seed = 1 } = settings;
  if (ensemble !== 'nve' && !(temperature > 0)) {
    throw new SimulationError(`A temperature above 0 K was expected for ${ensemble}.`, {
      remedy: 'Set the temperature.',
    });
  }
  const damp = (settings.thermostatTime ?? 100) / 1000;
  const heat = `${temperature} ${temperature} ${damp}`;
  switch (ensemble) {
    case 'nve':
      return ['fix fw all nve'];
    case 'nvt-nose-hoover':
      return [`fix fw all nvt temp ${heat}`];
    case 'nvt-langevin':
      return ['fix fw all nve', `fix fwheat all langevin ${heat} ${2000 + seed} tally yes`];
    case 'nvt-bussi':
      return ['fix fw all nve', `fix fwheat all temp/csvr ${heat} ${2000 + seed}`];
    case 'npt': {
      const bar = pressure * 1e4;
      const barDamp = (settings.barostatTime ?? 1000) / 1000;
      return [`fix fw all npt temp ${heat} ${settings.barostat ?? 'iso'} ${bar} ${bar} ${barDamp}`];
    }
  }
}

/** A line of LAMMPS' table; undefined for everything else that it prints. */
function thermoRow(line: string, timestep: number): ThermoRow | undefined {
  const numbers = line.trim().split(/\s+/).map(Number);
  if (numbers.length !== THERMO_COLUMNS.split(' ').length || !numbers.every(Number.isFinite))
    return undefined;
  const [step, temperature, potentialEnergy, totalEnergy, conserved, pressure, ...rest] = numbers;
  const gpa = (bar: number) => bar / 1e4;
  return {
    step,
    time: step * timestep,
    temperature,
    potentialEnergy,
    totalEnergy,
    conserved,
    pressure: gpa(pressure),
    pressureTensor: rest.slice(0, 6).map(gpa),
    volume: rest[6],
  };
}

/** Least-squares slope of the conserved energy, meV/atom/ps. */
function driftOf(rows: readonly ThermoRow[], atoms: number): number {
  if (rows.length < 2) return 0;
  const meanTime = rows.reduce((sum, row) => sum + row.time, 0) / rows.length;
  const meanEnergy = rows.reduce((sum, row) => sum + row.conserved, 0) / rows.length;
  let covariance = 0;
  let variance = 0;
  for (const { time, conserved } of rows) {
    covariance += (time - meanTime) * (conserved - meanEnergy);
    variance += (time - meanTime) ** 2;
  }
  return ((covariance / variance) * 1e3 * 1e3) / atoms;
}
