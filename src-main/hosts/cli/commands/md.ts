/** `forcewright md`: molecular dynamics. */
import { Option, type Command } from 'commander';
import { CELL_MOTIONS, type CellMotion } from '../../../../src-compute/sampling/barostat.ts';
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
import { openSimulationEngine } from '../../../services/simulations/engines.ts';
import { runMolecularDynamics } from '../../../services/simulations/molecular-dynamics-run.ts';
import { interruptible } from '../interrupt.ts';
import { onTheFlyCommand } from '../on-the-fly-command.ts';
import { addOnTheFlyOptions, requireOnTheFly, type OnTheFlyOptions } from '../on-the-fly-options.ts';
import { real, whole } from '../options.ts';
import { note, printResult, showProgress } from '../output.ts';
import {
  addSamplerOptions,
  addStartOptions,
  checkSamplerOptions,
  finishRun,
  prepareRun,
  requireEffect,
  requireVelocities,
  type PreparedRun,
  type SamplerOptions,
} from '../sampler-options.ts';
import { atomList, maskOf, schedule } from '../simulation-options.ts';
import { dynamicsJson, dynamicsText } from '../simulation-reports.ts';

interface MdOptions extends SamplerOptions, OnTheFlyOptions {
  ensemble: Ensemble;
  temperature?: Schedule;
  pressure?: Schedule;
  timestep: number;
  steps: number;
  friction: number;
  relaxation: number;
  chainLength: number;
  cell: CellMotion;
  cellRelaxation: number;
  thermostatted?: number[];
  maxDisplacement?: number;
  keepVelocities?: boolean;
  thermoEvery?: number;
}

export function register(program: Command): void {
  const command = addStartOptions(
    program.command('md').summary('molecular dynamics').description('Molecular dynamics with any potential.'),
  )
    .addOption(new Option('--ensemble <name>', 'what is kept').choices(ENSEMBLES).default('nve'))
    .option(
      '--temperature <K>',
      'of the thermostat and of the first velocities; A:B is a ramp; nve with --keep-velocities needs none',
      schedule,
    )
    .option('--pressure <GPa>', 'npt and nph; A:B is a ramp; 0 when left out', schedule)
    .requiredOption('--timestep <fs>', 'time step', real(1e-6, 1e4))
    .requiredOption('--steps <n>', 'steps of the whole run, those before --resume included', whole())
    .option('--friction <1/fs>', 'of nvt-langevin', real(1e-9, 10), 0.01)
    .option('--relaxation <fs>', 'of the other thermostats', real(1e-3, 1e9), 100)
    .option('--chain-length <n>', 'thermostats of a Nosé–Hoover chain', whole(1, 20), 3)
    .addOption(
      new Option('--cell <motion>', 'npt, nph: what of the cell may change')
        .choices(CELL_MOTIONS)
        .default('isotropic'),
    )
    .option('--cell-relaxation <fs>', 'npt, nph: of the cell', real(1e-3, 1e9), 1000)
    .option('--thermostatted <atoms>', 'nvt: only these atoms feel the thermostat', atomList)
    .option(
      '--max-displacement <Å>',
      'shorten the step so that no atom moves farther (collision cascades)',
      real(1e-6, 10),
    )
    .option('--keep-velocities', 'start from the velocities in the structure')
    .option('--thermo-every <n>', 'steps between rows of the table; as --every when left out', whole(1));
  addSamplerOptions(command, {
    unit: 'steps',
    every: 100,
    checkpointEvery: 1000,
    cheapPotential: 'multiple time steps: drives the inner steps',
    innerSteps: 'inner steps per step',
    out: 'trajectory: .xyz or .dump (LAMMPS), written as it comes',
    write: 'also write velocities, forces, energies',
    thermo: 'table of energies, temperature, pressure (CSV)',
    check: 'first try the step, half and a quarter of it without thermostat: drift and its order',
  });
  // learned instead of read with --on-the-fly
  command.options.find((option) => option.attributeName() === 'potential')?.makeOptionMandatory(false);
  addOnTheFlyOptions(command)
    .addHelpText(
      'after',
      '\nExample: forcewright md --potential Si.potential.json --structure si.xyz --ensemble nvt-bussi --temperature 300 \\\n' +
        '           --timestep 1 --steps 10000 --out T.xyz --every 100 --thermo t.csv\n' +
        '         forcewright md --on-the-fly --engine espresso --pseudopotentials Si=Si.pz-vbc.UPF --ecutwfc 20 --k-points 2,2,2 \\\n' +
        '           --per-atom --structure si.xyz --temperature 300 --timestep 1 --steps 2000 --out T.xyz --model-out Si.potential.json',
    )
    .action(run);
}

/** Options of one ensemble given with another would be silenced. */
function requireConsistent(options: MdOptions, command: Command): void {
  const { ensemble } = options;
  // kept velocities and no thermostat: there is nothing that a temperature would say
  if (options.temperature === undefined && !(ensemble === 'nve' && options.keepVelocities))
    command.error("error: required option '--temperature <K>' not specified", { exitCode: 2 });
  const pressed = constantPressure(ensemble);
  const only = (option: string, ...ensembles: Ensemble[]) => ({
    option,
    holds: ensembles.includes(ensemble),
    otherwise: `belongs to ${ensembles.join(', ')}, and the ensemble is ${ensemble}`,
  });
  requireEffect(command, [
    only('friction', 'nvt-langevin'),
    only('relaxation', 'nvt-bussi', 'nvt-nose-hoover', 'npt'),
    only('chainLength', 'nvt-nose-hoover'),
    only('pressure', 'npt', 'nph'),
    only('cell', 'npt', 'nph'),
    only('cellRelaxation', 'npt', 'nph'),
    only('thermostatted', 'nvt-langevin', 'nvt-bussi', 'nvt-nose-hoover'),
    {
      option: 'cheapPotential',
      holds: !pressed,
      otherwise: `drives multiple time steps, which keep the volume, and the ensemble is ${ensemble}`,
    },
    {
      option: 'maxDisplacement',
      holds: !pressed,
      otherwise: `works with a constant volume only, and the ensemble is ${ensemble}`,
    },
    {
      option: 'innerSteps',
      holds: options.cheapPotential !== undefined,
      otherwise: 'needs --cheap-potential',
    },
    { option: 'thermoEvery', holds: options.thermo !== undefined, otherwise: 'needs --thermo' },
  ]);
}

function settingsOf(options: MdOptions): MolecularDynamicsInput {
  return {
    ensemble: options.ensemble,
    temperature: options.temperature ?? 0,
    ...(constantPressure(options.ensemble) ? { pressure: options.pressure ?? 0 } : {}),
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
  requireOnTheFly(command, options.onTheFly ?? false);
  requireConsistent(options, command);
  if (options.onTheFly) {
    await onTheFlyCommand(options, command, settingsOf(options));
    return;
  }
  const checkpoint = checkSamplerOptions(command, options, true);
  const settings = completeMolecularDynamicsSettings(settingsOf(options));
  using interrupt = interruptible();
  const prepared = await prepareRun(options, checkpoint, interrupt.signal);
  const { configuration, guard } = prepared;
  if (options.keepVelocities) requireVelocities(options, configuration);
  const atoms = configuration.kinds.length;
  const check = options.check ? await checkStep(prepared, settings) : undefined;
  const { result, novelty } = await finishRun(
    runMolecularDynamics({
      ...prepared,
      settings,
      thermostatted: maskOf(options.thermostatted, atoms),
      out: options.out,
      every: options.every,
      columns: options.write,
      thermo: options.thermo,
      thermoEvery: options.thermoEvery,
      resume: options.resume,
      signal: interrupt.signal,
      onNote: note,
      onProgress: (step, steps, now) => {
        const rate = `${now.temperature.toFixed(0)} K, ${(now.potential / atoms).toFixed(4)} eV/atom`;
        showProgress(step / steps, `step ${step}/${steps}, ${rate}`);
      },
    }),
    guard,
  );
  printResult(options.json ?? false, { ...dynamicsJson(result, check), novelty }, () =>
    dynamicsText(result, check),
  );
}

async function checkStep(
  { model, configuration, engine: choice, fixed }: PreparedRun,
  settings: MolecularDynamicsSettings,
): Promise<TimeStepCheck> {
  const engine = await openSimulationEngine(model, configuration, choice);
  try {
    return await checkTimeStep(configuration, engine, settings, { fixed });
  } finally {
    engine.dispose();
  }
}
