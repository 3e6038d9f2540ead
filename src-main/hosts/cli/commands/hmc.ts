/** `forcewright hmc`: hybrid (Hamiltonian) Monte Carlo. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import {
  completeHybridMonteCarloSettings,
  INTEGRATORS,
  type HybridMonteCarloInput,
  type HybridMonteCarloSettings,
  type IntegratorName,
} from '../../../../src-compute/sampling/hybrid-monte-carlo/index.ts';
import {
  MASS_CHOICES,
  runHybridMonteCarlo,
  type MassChoice,
} from '../../../services/simulations/hybrid-monte-carlo-run.ts';
import { interruptible } from '../interrupt.ts';
import { real, whole } from '../options.ts';
import { note, printResult, showProgress } from '../output.ts';
import {
  addSamplerOptions,
  addStartOptions,
  checkSamplerOptions,
  finishRun,
  prepareRun,
  requireEffect,
  type SamplerOptions,
} from '../sampler-options.ts';
import { monteCarloJson, monteCarloText } from '../simulation-reports.ts';

interface HmcOptions extends SamplerOptions {
  temperature: number;
  ensemble: 'nvt' | 'npt';
  pressure?: number;
  cell: HybridMonteCarloSettings['cellMotion'];
  trajectories: number;
  burnIn?: number;
  leapfrogSteps: number;
  integrator: IntegratorName;
  timestep: number;
  adapt: boolean;
  acceptance?: number;
  lengthJitter: number;
  stepJitter: number;
  refreshment: number;
  fidelity?: HybridMonteCarloSettings['fidelity'];
  masses: MassChoice;
  swaps: number;
  replicas?: number[];
  chains: number;
  unadjusted?: boolean;
}

function temperatures(text: string): number[] {
  const list = text.split(',').map(Number);
  if (!list.every((t) => t > 0))
    throw new InvalidArgumentError('Temperatures in K, ascending, were expected: 300,400,550.');
  return list;
}

export function register(program: Command): void {
  const command = addStartOptions(
    program
      .command('hmc')
      .summary('hybrid Monte Carlo')
      .description(
        'Hybrid (Hamiltonian) Monte Carlo: exact averages at any step size, with the evidence. The step size is tuned\n' +
          'during burn-in only. ΔH is taken in double precision; a backend in single precision proposes only.',
      ),
  )
    .requiredOption('--temperature <K>', 'temperature', real(0, 1e7))
    .addOption(new Option('--ensemble <name>', 'what is kept').choices(['nvt', 'npt']).default('nvt'))
    .option('--pressure <GPa>', 'npt only; 0 when left out', real())
    .addOption(
      new Option('--cell <motion>', 'npt: what may change')
        .choices(['isotropic', 'full'])
        .default('isotropic'),
    )
    .requiredOption('--trajectories <n>', 'trajectories per chain after burn-in', whole())
    .option('--burn-in <n>', 'trajectories before; a fifth of them when left out', whole())
    .requiredOption('--leapfrog-steps <n>', 'steps per trajectory', whole(1))
    .addOption(
      new Option('--integrator <name>', 'map of a trajectory').choices(INTEGRATORS).default('verlet'),
    )
    .option('--timestep <fs>', 'step, the first guess when it is tuned', real(1e-6, 1e4), 1)
    .option('--no-adapt', 'do not tune the step in burn-in')
    .option(
      '--acceptance <fraction>',
      'acceptance to tune for; by integrator when left out',
      real(0.01, 0.99),
    )
    .option('--length-jitter <fraction>', 'each length is uniform in 1 ± this', real(0, 0.99), 0.25)
    .option('--step-jitter <fraction>', 'each step is uniform in 1 ± this', real(0, 0.9), 0.05)
    .option('--refreshment <α>', 'how much of the momenta is drawn afresh; 1 all', real(1e-6, 1), 1)
    .addOption(
      new Option('--fidelity <name>', 'who proposes; surrogate when there is a cheap potential').choices([
        'single',
        'surrogate',
        'respa',
      ]),
    )
    .addOption(new Option('--masses <name>', 'kinetic energy').choices(MASS_CHOICES).default('physical'))
    .option('--swaps <n>', 'exchanges of unlike atoms tried after each trajectory', whole(), 0)
    .option(
      '--replicas <K,…>',
      'replica exchange between these temperatures; averages and files are of the one of --temperature',
      temperatures,
    )
    .option('--chains <n>', 'independent chains, one after another', whole(1, 1000), 1)
    .option('--unadjusted', 'accept every trajectory: biased by the step error, and labelled so');
  addSamplerOptions(command, {
    unit: 'trajectories',
    every: 10,
    checkpointEvery: 100,
    cheapPotential: 'a second potential that proposes',
    innerSteps: 'respa: cheap steps per accurate step',
    out: 'states: .xyz or .dump (LAMMPS)',
    write: 'also write forces, energies',
    thermo: 'table with one row per trajectory (CSV)',
    check: 'also follow trajectories with smaller steps and back: order of ΔH, reversibility',
  });
  command
    .addHelpText(
      'after',
      '\nExample: forcewright hmc --potential Si.potential.json --structure si.xyz --temperature 1000 --trajectories 500 \\\n' +
        '           --leapfrog-steps 10 --integrator omf2 --check',
    )
    .action(run);
}

function settingsOf(options: HmcOptions): HybridMonteCarloInput {
  const fidelity = options.fidelity ?? (options.cheapPotential === undefined ? undefined : 'surrogate');
  return {
    temperature: options.temperature,
    ensemble: options.ensemble,
    ...(options.ensemble === 'npt' ? { pressure: options.pressure ?? 0 } : {}),
    cellMotion: options.cell,
    trajectories: options.trajectories,
    burnIn: options.burnIn ?? Math.ceil(options.trajectories / 5),
    leapfrogSteps: options.leapfrogSteps,
    integrator: options.integrator,
    timestep: options.timestep,
    adapt: options.adapt,
    ...(options.acceptance === undefined ? {} : { targetAcceptance: options.acceptance }),
    lengthJitter: options.lengthJitter,
    stepJitter: options.stepJitter,
    refreshment: options.refreshment,
    ...(fidelity === undefined ? {} : { fidelity }),
    innerSteps: options.innerSteps,
    swaps: options.swaps,
    unadjusted: options.unadjusted ?? false,
    seed: options.seed,
    checkpointEvery: options.checkpointEvery,
  };
}

/** Backends in single precision propose with the accurate potential itself. */
const isSingle = (backend: string) => backend === 'wasm-f32' || backend === 'webgpu';

/** Options that another option would silence. */
function requireConsistent(options: HmcOptions, command: Command): void {
  const { cheapPotential, ensemble, fidelity, replicas, integrator, write, adapt, burnIn, unadjusted } =
    options;
  const npt = { holds: ensemble === 'npt', otherwise: `belongs to npt, and the ensemble is ${ensemble}` };
  const respa = fidelity === 'respa';
  requireEffect(command, [
    { option: 'pressure', ...npt },
    { option: 'cell', ...npt },
    { option: 'innerSteps', holds: respa, otherwise: 'needs --fidelity respa' },
    { option: 'chains', holds: !replicas, otherwise: 'and --replicas exclude each other' },
    {
      option: 'integrator',
      holds: !respa || integrator === 'verlet',
      otherwise: 'must be verlet with --fidelity respa',
    },
    {
      option: 'fidelity',
      holds: cheapPotential === undefined || fidelity !== 'single',
      otherwise: 'single would not use --cheap-potential',
    },
    {
      option: 'fidelity',
      holds: cheapPotential !== undefined || fidelity === 'single' || isSingle(options.backend),
      otherwise: `${fidelity} needs --cheap-potential`,
    },
    {
      option: 'acceptance',
      holds: adapt && burnIn !== 0,
      otherwise: 'is what the step is tuned for in burn-in, and it is not tuned',
    },
    {
      option: 'refreshment',
      holds: !unadjusted,
      otherwise: 'needs the acceptance step, and --unadjusted leaves it out',
    },
    {
      option: 'replicas',
      holds: replicas === undefined || replicas.includes(options.temperature),
      otherwise: `must contain ${options.temperature}, the temperature at which averages are taken`,
    },
    // momenta are drawn afresh for each trajectory: a state has none
    { option: 'write', holds: !write?.includes('velocities'), otherwise: 'takes forces and energies only' },
  ]);
}

async function run(options: HmcOptions, command: Command): Promise<void> {
  requireConsistent(options, command);
  const checkpoint = checkSamplerOptions(command, options, false);
  const settings = settingsOf(options);
  completeHybridMonteCarloSettings(settings);
  using interrupt = interruptible();
  const prepared = await prepareRun(options, checkpoint, interrupt.signal);
  const { result, novelty } = await finishRun(
    runHybridMonteCarlo({
      ...prepared,
      settings,
      masses: options.masses,
      chains: options.chains,
      replicas: options.replicas,
      out: options.out,
      every: options.every,
      columns: options.write,
      thermo: options.thermo,
      resume: options.resume,
      check: options.check,
      signal: interrupt.signal,
      onNote: note,
      onProgress: (done, all, message) => showProgress(done / all, message),
    }),
    prepared.guard,
  );
  printResult(options.json ?? false, { ...monteCarloJson(result), novelty }, () => monteCarloText(result));
}
