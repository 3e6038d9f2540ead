/** `forcewright label`: energies, forces and virials of a classical LAMMPS potential as reference data. */
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { atomCount } from '../../../../src-compute/structure/configuration.ts';
import { readConfigurations, writeConfigurations } from '../../../formats/index.ts';
import { labelWithLammps } from '../../../services/export/label.ts';
import { interruptible } from '../interrupt.ts';
import { names, whole } from '../options.ts';
import { endProgress, printResult, showProgress } from '../output.ts';

interface LabelOptions {
  engine: 'lammps';
  pairStyle: string;
  pairCoeff: string[];
  in: string;
  out: string;
  species?: string[];
  ranks: number;
  skipBad?: boolean;
  lammps?: string;
  json?: boolean;
}

export function register(program: Command): void {
  program
    .command('label')
    .summary('label structures with a classical LAMMPS potential')
    .description(
      'Computes energies (eV), forces (eV/Å) and virials (eV, −∂E/∂strain) of structures with any pair style that the\n' +
        'installed LAMMPS has, in units metal: cheap reference data for trying things. Labels in the file are replaced.',
    )
    .addOption(new Option('--engine <program>', 'what computes').choices(['lammps']).default('lammps'))
    .requiredOption('--pair-style <text>', 'what follows pair_style, such as "sw"')
    .requiredOption(
      '--pair-coeff <text...>',
      'what follows pair_coeff, such as "* * Si.sw Si"; may be given several times',
    )
    .requiredOption('--in <file>', 'structures; FILE@k means frame k, from 0')
    .requiredOption('--out <file>', 'where to write them with their labels, such as labelled.xyz')
    .option(
      '--species <names>',
      'elements of the LAMMPS types 1, 2, …; otherwise those at the end of pair_coeff',
      names,
    )
    .option('--ranks <n>', 'MPI processes of LAMMPS', whole(1, 4096), 1)
    .option('--skip-bad', 'leave bad frames out instead of stopping at the first')
    .option('--lammps <path>', 'the LAMMPS to use; otherwise FORCEWRIGHT_LAMMPS or lmp on the PATH')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nFiles in --pair-coeff are sought in the current folder, then among the potentials that came with LAMMPS.\n' +
        'Example: forcewright label --pair-style sw --pair-coeff "* * Si.sw Si" --in Si_train.xyz --out Si_sw.xyz',
    )
    .action(run);
}

async function run(options: LabelOptions): Promise<void> {
  using interrupt = interruptible();
  const { signal } = interrupt;
  const configurations = await readConfigurations(options.in, {
    species: options.species,
    skipBad: options.skipBad,
    signal,
  });
  const result = await labelWithLammps({
    configurations,
    pairStyle: options.pairStyle,
    pairCoefficients: options.pairCoeff,
    species: options.species,
    folder: process.cwd(),
    lammps: options.lammps,
    run: { ranks: options.ranks, signal },
    onProgress: (done, total) => showProgress(done / total, `structure ${done} of ${total}`),
  }).finally(endProgress);
  await writeConfigurations(options.out, undefined, result.configurations, { significantDigits: 15, signal });
  const atoms = result.configurations.reduce((sum, one) => sum + atomCount(one), 0);
  const perAtom = result.configurations.map((one) => (one.energy ?? NaN) / atomCount(one));
  const json = {
    engine: options.engine,
    lammps: result.lammps,
    species: [...result.species],
    configurations: result.configurations.length,
    atoms,
    lowest_energy_ev_per_atom: Math.min(...perAtom),
    highest_energy_ev_per_atom: Math.max(...perAtom),
    out: resolve(options.out),
  };
  printResult(
    options.json ?? false,
    json,
    () =>
      `Labelled ${json.configurations} structures (${atoms} atoms) with LAMMPS ${result.lammps}, pair_style ${options.pairStyle}: ` +
      `${json.lowest_energy_ev_per_atom.toFixed(4)} to ${json.highest_energy_ev_per_atom.toFixed(4)} eV/atom, in ${options.out}.`,
  );
}
