/** `forcewright md`: molecular dynamics. */
import { Option, type Command } from 'commander';
import { SimulationError } from '../../../../src-compute/errors.ts';
import { checkTimeStep, type TimeStepCheck } from '../../../../src-compute/sampling/time-step-check.ts';
import {
  completeMolecularDynamicsSettings,
  constantPressure,
  ENSEMBLES,
  type Ensemble,
  type MolecularDynamicsInput,
  type MolecularDynamicsSettings,
  type Schedule,
} from '../../../../src-compute/sampling/settings.ts';
import { loadPotential } from '../../../services/potentials/potential-file.ts';
import { simulationEngine } from '../../../services/simulations/engines.ts';
import {
  runMolecularDynamics,
  type MolecularDynamicsRunResult,
} from '../../../services/simulations/molecular-dynamics-run.ts';
import type { FrameColumn } from '../../../services/simulations/trajectory-file.ts';
import { interruptible } from '../interrupt.ts';
import {
  addNoveltyOptions,
  openNoveltyGuard,
  requireNoveltyReference,
  type NoveltyOptions,
  type NoveltySummary,
} from '../novelty-options.ts';
import { real, whole } from '../options.ts';
import { endProgress, note, printResult, showProgress } from '../output.ts';
import { requireSeparateFiles } from '../simulation-files.ts';
import {
  addEngineOptions,
  addStructureOption,
  atomList,
  engineChoice,
  frameColumns,
  loadModel,
  loadStructure,
  maskOf,
  plusMinus,
  requirePartner,
  sayHowToResume,
  schedule,
  type EngineOptions,
} from '../simulation-options.ts';

interface MdOptions extends EngineOptions, NoveltyOptions {
  structure: string;
  ensemble: Ensemble;
  temperature: Schedule;
  pressure?: Schedule;
  timestep: number;
  steps: number;
  seed: number;
  friction: number;
  relaxation: number;
  chainLength: number;
  cell: MolecularDynamicsSettings['cellMotion'];
  cellRelaxation: number;
  fix?: number[];
  thermostatted?: number[];
  maxDisplacement?: number;
  cheapPotential?: string;
  innerSteps: number;
  keepVelocities?: boolean;
  out?: string;
  every: number;
  write?: FrameColumn[];
  thermo?: string;
  thermoEvery?: number;
  checkpoint?: string;
  checkpointEvery: number;
  resume?: boolean;
  check?: boolean;
  json?: boolean;
}

export function register(program: Command): void {
  const command = addStructureOption(
    addEngineOptions(
      program
        .command('md')
        .summary('molecular dynamics')
        .description('Molecular dynamics with any potential.'),
    ),
  )
    .addOption(new Option('--ensemble <name>', 'what is kept').choices(ENSEMBLES).default('nve'))
    .requiredOption(
      '--temperature <K>',
      'of the thermostat and of the first velocities; A:B is a ramp',
      schedule,
    )
    .option('--pressure <GPa>', 'npt and nph; A:B is a ramp; 0 when left out', schedule)
    .requiredOption('--timestep <fs>', 'time step', real(1e-6, 1e4))
    .requiredOption('--steps <n>', 'steps of the whole run, those before --resume included', whole())
    .option('--seed <n>', 'seed of velocities and thermostats', whole(), 0)
    .option('--friction <1/fs>', 'of nvt-langevin', real(1e-9, 10), 0.01)
    .option('--relaxation <fs>', 'of the other thermostats', real(1e-3, 1e9), 100)
    .option('--chain-length <n>', 'thermostats of a Nosé–Hoover chain', whole(1, 20), 3)
    .addOption(
      new Option('--cell <motion>', 'npt, nph: what of the cell may change')
        .choices(['isotropic', 'orthorhombic', 'normal', 'full'])
        .default('isotropic'),
    )
    .option('--cell-relaxation <fs>', 'npt, nph: of the cell', real(1e-3, 1e9), 1000)
    .option('--fix <atoms>', 'atoms that do not move, from 1: 1-20,35', atomList)
    .option('--thermostatted <atoms>', 'nvt-langevin: only these atoms feel the thermostat', atomList)
    .option(
      '--max-displacement <Å>',
      'shorten the step so that no atom moves farther (collision cascades)',
      real(1e-6, 10),
    )
    .option('--cheap-potential <file>', 'multiple time steps: drives the inner steps')
    .option('--inner-steps <n>', 'inner steps per step', whole(1, 1000), 4)
    .option('--keep-velocities', 'start from the velocities in the structure')
    .option('--out <file>', 'trajectory: .xyz or .dump (LAMMPS), written as it comes')
    .option('--every <n>', 'steps between frames', whole(1), 100)
    .option('--write <columns>', 'also write velocities, forces, energies', frameColumns)
    .option('--thermo <file>', 'table of energies, temperature, pressure (CSV)')
    .option('--thermo-every <n>', 'steps between its rows; as --every when left out', whole(1))
    .option('--checkpoint <file>', 'checkpoint; OUT.checkpoint when left out')
    .option('--checkpoint-every <n>', 'steps between checkpoints', whole(1), 1000)
    .option('--resume', 'go on from the checkpoint; the result equals an uninterrupted run bit for bit')
    .option('--check', 'first try the step, half and a quarter of it without thermostat: drift and its order')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample: forcewright md --potential Si.potential.json --structure si.xyz --ensemble nvt-bussi --temperature 300 \\\n' +
        '           --timestep 1 --steps 10000 --out T.xyz --every 100 --thermo t.csv',
    )
    .action(run);
  addNoveltyOptions(command);
}

function settingsOf(options: MdOptions): MolecularDynamicsInput {
  return {
    ensemble: options.ensemble,
    temperature: options.temperature,
    ...(constantPressure(options.ensemble) || options.pressure !== undefined
      ? { pressure: options.pressure ?? 0 }
      : {}),
    timestep: options.timestep,
    steps: options.steps,
    seed: options.seed,
    friction: options.friction,
    relaxation: options.relaxation,
    chainLength: options.chainLength,
    cellMotion: options.cell,
    cellRelaxation: options.cellRelaxation,
    innerSteps: options.cheapPotential === undefined ? 1 : options.innerSteps,
    ...(options.maxDisplacement === undefined ? {} : { maximumDisplacement: options.maxDisplacement }),
    keepVelocities: options.keepVelocities ?? false,
    checkpointEvery: options.checkpointEvery,
  };
}

async function run(options: MdOptions, command: Command): Promise<void> {
  requirePartner(command, 'innerSteps', options.cheapPotential !== undefined, 'needs --cheap-potential');
  requireNoveltyReference(command, options);
  const checkpoint = options.checkpoint ?? `${options.out ?? options.thermo ?? 'forcewright-md'}.checkpoint`;
  const { potential, cheapPotential, structure, noveltyReference, out, thermo, noveltyOut } = options;
  requireSeparateFiles(
    {
      '--potential': potential,
      '--cheap-potential': cheapPotential,
      '--structure': structure,
      '--novelty-reference': noveltyReference,
    },
    { '--out': out, '--thermo': thermo, '--checkpoint': checkpoint, '--novelty-out': noveltyOut },
  );
  using interrupt = interruptible();
  const settings = settingsOf(options);
  const complete = completeMolecularDynamicsSettings(settings);
  const model = await loadModel(options);
  const cheapModel = options.cheapPotential
    ? (await loadPotential(options.cheapPotential, options.species)).model
    : undefined;
  const configuration = await loadStructure(options.structure, model.species);
  if (options.keepVelocities && !configuration.velocities) {
    throw new SimulationError(`--keep-velocities: the structure in ${options.structure} has no velocities.`, {
      remedy: 'Leave the option out: velocities are then drawn at the temperature.',
    });
  }
  const count = configuration.kinds.length;
  const fixed = maskOf(options.fix, count);
  let check: TimeStepCheck | undefined;
  if (options.check) {
    const engine = simulationEngine(model, configuration, engineChoice(options));
    check = await checkTimeStep(configuration, engine, complete, { fixed });
    engine.dispose();
  }
  const guard = await openNoveltyGuard(options, options.species, interrupt.signal);
  let novelty: NoveltySummary | undefined;
  const result = await runMolecularDynamics({
    model,
    configuration,
    settings,
    engine: engineChoice(options),
    cheapModel,
    fixed,
    thermostatted: maskOf(options.thermostatted, count),
    out: options.out,
    every: options.every,
    columns: options.write,
    thermo: options.thermo,
    thermoEvery: options.thermoEvery,
    checkpoint,
    resume: options.resume,
    guard: guard?.observe,
    signal: interrupt.signal,
    onNote: note,
    onProgress: (step, steps, now) => {
      const rate = `${now.temperature.toFixed(0)} K, ${(now.potential / count).toFixed(4)} eV/atom`;
      showProgress(step / steps, `step ${step}/${steps}, ${rate}`);
    },
  })
    .finally(async () => {
      endProgress();
      novelty = await guard?.finish();
    })
    .catch(sayHowToResume);
  printResult(options.json ?? false, { ...toJson(result, check), novelty }, () => toText(result, check));
}

function toJson(result: MolecularDynamicsRunResult, check: TimeStepCheck | undefined) {
  const { temperature, energy, potential, pressure, volume } = result;
  return {
    steps: result.steps,
    atoms: result.atoms,
    seconds: result.seconds,
    time_fs: result.time,
    drift_mev_per_atom_per_ps: result.drift,
    temperature_k: { ...temperature },
    energy_ev_per_atom: { ...energy },
    potential_ev_per_atom: { ...potential },
    pressure_gpa: { ...pressure },
    volume_a3: { ...volume },
    backend: result.backend,
    threads: result.threads,
    us_per_atom_step: (result.seconds * 1e6) / (result.atoms * Math.max(1, result.stepsHere)),
    check: check && {
      timestep_fs: check.timesteps,
      energy_fluctuation_mev_per_atom: check.fluctuation,
      drift_mev_per_atom_per_ps: check.drift,
      order: check.order,
    },
  };
}

function toText(result: MolecularDynamicsRunResult, check: TimeStepCheck | undefined): string {
  const lines = [
    `${result.steps} steps, ${(result.time / 1000).toPrecision(4)} ps, ${result.atoms} atoms in ${result.seconds.toFixed(1)} s (${result.choice})`,
    `temperature   ${plusMinus(result.temperature)} K`,
    `energy        ${plusMinus(result.energy)} eV/atom, of it potential ${plusMinus(result.potential)}`,
    `pressure      ${plusMinus(result.pressure)} GPa`,
    `volume        ${plusMinus(result.volume)} Å³`,
    `drift         ${result.drift.toPrecision(3)} meV/atom/ps of the conserved quantity`,
  ];
  if (check) {
    lines.push(
      '',
      'Time step without thermostat:',
      ...check.timesteps.map(
        (dt, k) =>
          `  ${dt} fs: energy fluctuates by ${check.fluctuation[k].toPrecision(3)} meV/atom, drifts by ${check.drift[k].toPrecision(3)} meV/atom/ps`,
      ),
      `  order in the time step: ${check.order.toFixed(2)} (2 for a smooth potential)`,
    );
  }
  return lines.join('\n');
}
