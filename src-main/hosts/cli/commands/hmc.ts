/** `forcewright hmc`: hybrid (Hamiltonian) Monte Carlo. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import {
  completeHybridMonteCarloSettings,
  INTEGRATORS,
  type HybridMonteCarloInput,
  type HybridMonteCarloSettings,
  type IntegratorName,
} from '../../../../src-compute/sampling/hybrid-monte-carlo/index.ts';
import { loadPotential } from '../../../services/potentials/potential-file.ts';
import {
  MASS_CHOICES,
  runHybridMonteCarlo,
  type HybridMonteCarloRunResult,
  type MassChoice,
} from '../../../services/simulations/hybrid-monte-carlo-run.ts';
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
  type EngineOptions,
} from '../simulation-options.ts';

interface HmcOptions extends EngineOptions, NoveltyOptions {
  structure: string;
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
  cheapPotential?: string;
  fidelity?: HybridMonteCarloSettings['fidelity'];
  innerSteps: number;
  masses: MassChoice;
  swaps: number;
  replicas?: number[];
  chains: number;
  unadjusted?: boolean;
  fix?: number[];
  seed: number;
  out?: string;
  every: number;
  write?: FrameColumn[];
  thermo?: string;
  checkpoint?: string;
  checkpointEvery: number;
  resume?: boolean;
  check?: boolean;
  json?: boolean;
}

function temperatures(text: string): number[] {
  const list = text.split(',').map(Number);
  if (!list.every((t) => t > 0))
    throw new InvalidArgumentError('Temperatures in K, ascending, were expected: 300,400,550.');
  return list;
}

export function register(program: Command): void {
  const command = addStructureOption(
    addEngineOptions(
      program
        .command('hmc')
        .summary('hybrid Monte Carlo')
        .description(
          'Hybrid (Hamiltonian) Monte Carlo: exact averages at any step size, with the evidence. The step size is tuned\n' +
            'during burn-in only.',
        ),
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
    .option('--cheap-potential <file>', 'a second potential that proposes')
    .addOption(
      new Option('--fidelity <name>', 'who proposes; surrogate when there is a cheap potential').choices([
        'single',
        'surrogate',
        'respa',
      ]),
    )
    .option('--inner-steps <n>', 'respa: cheap steps per accurate step', whole(1, 1000), 4)
    .addOption(new Option('--masses <name>', 'kinetic energy').choices(MASS_CHOICES).default('physical'))
    .option('--swaps <n>', 'exchanges of unlike atoms tried after each trajectory', whole(), 0)
    .option('--replicas <K,…>', 'replica exchange between these temperatures', temperatures)
    .option('--chains <n>', 'independent chains, one after another', whole(1, 1000), 1)
    .option('--unadjusted', 'accept every trajectory: biased by the step error, and labelled so')
    .option('--fix <atoms>', 'atoms that do not move, from 1: 1-20,35', atomList)
    .option('--seed <n>', 'seed', whole(), 0)
    .option('--out <file>', 'states: .xyz or .dump (LAMMPS)')
    .option('--every <n>', 'trajectories between frames', whole(1), 10)
    .option('--write <columns>', 'also write forces, energies', frameColumns)
    .option('--thermo <file>', 'table with one row per trajectory (CSV)')
    .option('--checkpoint <file>', 'checkpoint; OUT.checkpoint when left out')
    .option('--checkpoint-every <n>', 'trajectories between checkpoints', whole(1), 100)
    .option('--resume', 'go on from the checkpoint; the result equals an uninterrupted run bit for bit')
    .option('--check', 'also follow trajectories with smaller steps and back: order of ΔH, reversibility')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample: forcewright hmc --potential Si.potential.json --structure si.xyz --temperature 1000 --trajectories 500 \\\n' +
        '           --leapfrog-steps 10 --integrator omf2 --check',
    )
    .action(run);
  addNoveltyOptions(command);
}

function settingsOf(options: HmcOptions): HybridMonteCarloInput {
  const fidelity = options.fidelity ?? (options.cheapPotential === undefined ? undefined : 'surrogate');
  return {
    temperature: options.replicas?.[0] ?? options.temperature,
    ensemble: options.ensemble,
    ...(options.ensemble === 'npt' || options.pressure !== undefined
      ? { pressure: options.pressure ?? 0 }
      : {}),
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

/** Options that another option would silence. */
function requireConsistent(options: HmcOptions, command: Command): void {
  const { cheapPotential, fidelity, replicas, integrator, write } = options;
  requirePartner(command, 'innerSteps', fidelity === 'respa', 'needs --fidelity respa');
  requirePartner(command, 'chains', !replicas, 'and --replicas exclude each other');
  requirePartner(
    command,
    'integrator',
    fidelity !== 'respa' || integrator === 'verlet',
    'must be verlet with --fidelity respa',
  );
  if (cheapPotential !== undefined)
    requirePartner(command, 'fidelity', fidelity !== 'single', 'single would not use --cheap-potential');
  // momenta are drawn afresh for each trajectory: a state has none
  requirePartner(command, 'write', !write?.includes('velocities'), 'takes forces and energies only');
  requireNoveltyReference(command, options);
}

async function run(options: HmcOptions, command: Command): Promise<void> {
  requireConsistent(options, command);
  const checkpoint = options.checkpoint ?? `${options.out ?? options.thermo ?? 'forcewright-hmc'}.checkpoint`;
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
  completeHybridMonteCarloSettings(settings);
  const model = await loadModel(options);
  const cheapModel = options.cheapPotential
    ? (await loadPotential(options.cheapPotential, options.species)).model
    : undefined;
  const configuration = await loadStructure(options.structure, model.species);
  const guard = await openNoveltyGuard(options, options.species, interrupt.signal);
  let novelty: NoveltySummary | undefined;
  const result = await runHybridMonteCarlo({
    model,
    configuration,
    settings,
    engine: engineChoice(options),
    cheapModel,
    masses: options.masses,
    chains: options.chains,
    replicas: options.replicas,
    fixed: maskOf(options.fix, configuration.kinds.length),
    out: options.out,
    every: options.every,
    columns: options.write,
    thermo: options.thermo,
    checkpoint,
    resume: options.resume,
    check: options.check,
    guard: guard?.observe,
    signal: interrupt.signal,
    onNote: note,
    onProgress: (done, all, message) => showProgress(done / all, message),
  })
    .finally(async () => {
      endProgress();
      novelty = await guard?.finish();
    })
    .catch(sayHowToResume);
  printResult(options.json ?? false, { ...toJson(result), novelty }, () => toText(result));
}

function toJson(result: HybridMonteCarloRunResult) {
  const { diagnostics: d, check } = result;
  return {
    acceptance: d.acceptance,
    expected_acceptance: d.expectedAcceptance,
    mean_exp_minus_beta_dh: { ...d.meanExpMinusBetaDh },
    mean_beta_dh: { ...d.meanBetaDh },
    potential_ev_per_atom: { ...result.potential },
    pressure_gpa: { ...result.pressure },
    volume_a3: { ...result.volume },
    ess: d.ess,
    ess_per_force_call: d.essPerForceCall,
    split_r_hat: d.splitRHat,
    lost_trajectories: d.lost,
    force_calls: result.forceCalls,
    cheap_force_calls: result.cheapForceCalls,
    trajectories: result.trajectories,
    chains: result.chains,
    atoms: result.atoms,
    timestep_fs: result.timestep,
    swap_acceptance: result.swapAcceptance,
    cell_move_acceptance: result.cellMoveAcceptance,
    replica_acceptance: result.replicaAcceptance,
    biased: result.biased,
    seconds: result.seconds,
    backend: result.backend,
    threads: result.threads,
    check: check && {
      timestep_fs: check.timesteps,
      rms_dh_ev: check.rmsEnergyChange,
      order: check.order,
      expected_order: check.expectedOrder,
      reversibility_a: check.reversibility,
    },
  };
}

function toText(result: HybridMonteCarloRunResult): string {
  const { diagnostics: d, check } = result;
  const percent = (x: number | undefined) => (x === undefined ? '–' : `${(100 * x).toFixed(1)} %`);
  const lines = [
    ...(result.biased
      ? ['BIASED: every trajectory was accepted, so the step error is in the averages.']
      : []),
    `${result.trajectories} trajectories in ${result.chains} chain(s), ${result.atoms} atoms, ${result.forceCalls} force calls in ${result.seconds.toFixed(1)} s (${result.choice})`,
    `step            ${result.timestep.map((dt) => dt.toPrecision(4)).join(', ')} fs`,
    `acceptance      ${percent(d.acceptance)}; erfc(½√⟨βΔH⟩) says ${percent(d.expectedAcceptance)}`,
    `⟨exp(−βΔH)⟩     ${plusMinus(d.meanExpMinusBetaDh)} (1 when the sampling is right)`,
    `potential       ${plusMinus(result.potential)} eV/atom`,
    `pressure        ${plusMinus(result.pressure)} GPa`,
    `volume          ${plusMinus(result.volume)} Å³`,
    `independent     ${d.ess.toFixed(0)} samples of the energy, ${d.essPerForceCall.toPrecision(3)} per force call`,
    `split R̂         ${d.splitRHat.toFixed(3)} (below 1.01 when chains have mixed)`,
  ];
  if (d.lost > 0) lines.push(`${d.lost} trajectories left the region where the potential is defined.`);
  if (result.swapAcceptance !== undefined)
    lines.push(`swaps           ${percent(result.swapAcceptance)} accepted`);
  if (result.cellMoveAcceptance !== undefined) {
    lines.push(`cell moves      ${percent(result.cellMoveAcceptance)} accepted`);
  }
  if (result.replicaAcceptance)
    lines.push(`exchanges       ${result.replicaAcceptance.map(percent).join(', ')} accepted`);
  if (check) {
    lines.push(
      '',
      ...check.timesteps.map(
        (dt, k) => `step ${dt.toPrecision(4)} fs: rms ΔH ${check.rmsEnergyChange[k].toPrecision(3)} eV`,
      ),
      `order of ΔH     ${check.order.toFixed(2)}; ${check.expectedOrder} for this integrator and a smooth potential`,
      `reversibility   ${check.reversibility.toPrecision(2)} Å after going forth and back`,
    );
  }
  return lines.join('\n');
}
