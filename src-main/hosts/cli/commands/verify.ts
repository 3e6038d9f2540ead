/** `forcewright verify`: this program and LAMMPS on the same potential and structures. */
import { Option, type Command } from 'commander';
import { readConfigurations } from '../../../formats/index.ts';
import {
  VERIFY_TOLERANCES,
  verifyAgainstLammps,
  type VerifyResult,
} from '../../../services/export/verify.ts';
import { trainingStructures } from '../../../services/export/training-data.ts';
import { loadPotential } from '../../../services/potentials/potential-file.ts';
import { interruptible } from '../interrupt.ts';
import { names, whole } from '../options.ts';
import { endProgress, printResult, showProgress, table } from '../output.ts';
import { addStructureReadingOptions, readingOf, type ReadingOptions } from '../reading-options.ts';

interface VerifyOptions extends ReadingOptions {
  potential: string;
  species?: string[];
  against: 'lammps';
  in?: string;
  ranks: number;
  newton: 'on' | 'off';
  lammps?: string;
  seed: number;
  json?: boolean;
}

export function register(program: Command): void {
  const command = program
    .command('verify')
    .summary('compare a potential here and in LAMMPS')
    .description(
      'Exports the potential as a KIM model, builds it, runs structures and 100 steps of NVE in LAMMPS and here, and\n' +
        'reports the largest differences. Ends with code 1 when they are more than round-off: ' +
        `${VERIFY_TOLERANCES.energy} eV/atom,\n${VERIFY_TOLERANCES.force} eV/Å, ${VERIFY_TOLERANCES.virial} eV (virial).`,
    )
    .requiredOption(
      '--potential <file>',
      'the potential: *.potential.json, *.mtp, *.snapcoeff, *.yace, *.eam.alloy or *.eam.fs',
    )
    .option('--species <names>', 'elements of the types of an .mtp file, in order: Si,O', names)
    .addOption(
      new Option('--against <program>', 'the other program').choices(['lammps']).makeOptionMandatory(),
    )
    .option('--in <file>', 'structures to compare; otherwise 20 crystals, strained cells, slabs and clusters')
    .option('--ranks <n>', 'MPI processes of LAMMPS', whole(1, 4096), 1)
    .addOption(
      new Option('--newton <flag>', 'how LAMMPS shares forces between processes')
        .choices(['on', 'off'])
        .default('on'),
    )
    .option('--lammps <path>', 'the LAMMPS to use; otherwise FORCEWRIGHT_LAMMPS or lmp on the PATH')
    .option('--seed <n>', 'seed of the structures and velocities', whole(), 1)
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample: forcewright verify --potential Si.mtp --species Si --against lammps --in Si_test.xyz',
    )
    .action(run);
  addStructureReadingOptions(command);
}

async function run(options: VerifyOptions): Promise<void> {
  using interrupt = interruptible();
  const loaded = await loadPotential(options.potential, options.species);
  const { model } = loaded;
  const configurations =
    options.in === undefined
      ? undefined
      : await readConfigurations(options.in, { species: model.species, ...readingOf(options) });
  const result = await verifyAgainstLammps({
    model,
    configurations,
    dataset: configurations ? undefined : await trainingStructures(loaded, options.potential),
    lammps: options.lammps,
    seed: options.seed,
    run: { ranks: options.ranks, newton: options.newton, signal: interrupt.signal },
    onProgress: showProgress,
  }).finally(endProgress);
  printResult(options.json ?? false, toJson(result, options.ranks), () => toText(result));
  if (!result.agrees) process.exitCode = 1;
}

function toJson(result: VerifyResult, ranks: number) {
  const { differences, dynamics } = result;
  return {
    against: 'lammps',
    lammps: result.lammps,
    ranks,
    configurations: result.configurations,
    atoms: result.atoms,
    max_energy_difference_ev_per_atom: differences.energy,
    max_atom_energy_difference_ev: differences.atomEnergy,
    max_force_difference_ev_per_a: differences.force,
    max_virial_difference_ev: differences.virial,
    worst_configuration: result.worst.index,
    nve: {
      structure: dynamics.structure,
      steps: dynamics.steps,
      max_position_difference_a: dynamics.positionDifference,
      energy_change_here_mev_per_atom: dynamics.energyChangeHere,
      energy_change_lammps_mev_per_atom: dynamics.energyChangeLammps,
    },
    agrees: result.agrees,
  };
}

function toText(result: VerifyResult): string {
  const { differences, dynamics, worst } = result;
  const row = (name: string, value: number, limit: number, unit: string) => [
    name,
    value.toExponential(1),
    limit.toExponential(0),
    unit,
  ];
  return [
    `LAMMPS ${result.lammps}, ${result.configurations} structures, ${result.atoms} atoms:`,
    table([
      ['largest difference', 'found', 'allowed', ''],
      row('energy', differences.energy, VERIFY_TOLERANCES.energy, 'eV/atom'),
      row('force', differences.force, VERIFY_TOLERANCES.force, 'eV/Å'),
      row('virial', differences.virial, VERIFY_TOLERANCES.virial, 'eV'),
    ]),
    `Largest in structure ${worst.index} (${worst.formula}).`,
    `NVE of ${dynamics.structure}, ${dynamics.steps} fs: positions differ by ${dynamics.positionDifference.toExponential(1)} Å; ` +
      `the total energy moved by ${dynamics.energyChangeHere.toFixed(4)} here and ${dynamics.energyChangeLammps.toFixed(4)} meV/atom in LAMMPS.`,
    result.agrees ? 'They agree.' : 'They do NOT agree: do not use the export, and report this.',
  ].join('\n');
}
