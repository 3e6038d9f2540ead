/** `forcewright label`: energies, forces and virials of a reference engine as reference data. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { atomCount } from '../../../../src-compute/structure/configuration.ts';
import { referenceEngineSchema } from '../../../engines/registry.ts';
import { readConfigurations, writeConfigurations } from '../../../formats/index.ts';
import { labelConfigurations } from '../../../services/export/label.ts';
import { interruptible } from '../interrupt.ts';
import { names, whole } from '../options.ts';
import { endProgress, note, printResult, showProgress } from '../output.ts';
import {
  addReferenceEngineOptions,
  referenceEngineOf,
  type ReferenceEngineOptions,
} from '../reference-engine-options.ts';
import { requirePartner } from '../simulation-options.ts';

interface LabelOptions extends ReferenceEngineOptions {
  in: string;
  out: string;
  species?: string[];
  ranks: number;
  skipBad?: boolean;
  json?: boolean;
}

export function register(program: Command): void {
  addReferenceEngineOptions(
    program
      .command('label')
      .summary('label structures with LAMMPS, Quantum ESPRESSO or any i-PI client')
      .description(
        'Computes energies (eV), forces (eV/Å) and virials (eV, −∂E/∂strain) of structures with a reference engine: any pair\n' +
          'style of the installed LAMMPS (units metal), Quantum ESPRESSO, any program that speaks the i-PI protocol, or a\n' +
          'potential. Labels in the file are replaced.',
      ),
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
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nFiles in --pair-coeff are sought in the current folder, then among the potentials that came with LAMMPS.\n' +
        'Examples: forcewright label --pair-style sw --pair-coeff "* * Si.sw Si" --in Si_train.xyz --out Si_sw.xyz\n' +
        '          forcewright label --engine espresso --pseudopotentials Si=Si.pz-vbc.UPF --ecutwfc 20 --k-points 2,2,2 \\\n' +
        '            --in Si.xyz --out Si_lda.xyz',
    )
    .action(run);
}

async function run(options: LabelOptions, command: Command): Promise<void> {
  requirePartner(command, 'ranks', options.engine === 'lammps', 'belongs to --engine lammps');
  requirePartner(
    command,
    'engineTimeout',
    options.engine !== 'lammps',
    'has no effect with --engine lammps, which labels all structures in one run',
  );
  const given = referenceEngineOf(options, command, options.species);
  const engine = referenceEngineSchema.parse(
    given.engine === 'lammps' ? { ...given, ranks: options.ranks } : given,
  );
  using interrupt = interruptible();
  const { signal } = interrupt;
  const configurations = await readConfigurations(options.in, {
    species: options.species,
    skipBad: options.skipBad,
    signal,
  });
  const result = await labelConfigurations({
    configurations,
    engine,
    signal,
    onNote: note,
    onProgress: (done, total) => showProgress(done / total, `structure ${done} of ${total}`),
  }).finally(endProgress);
  await writeConfigurations(options.out, undefined, result.configurations, { significantDigits: 15, signal });
  const atoms = result.configurations.reduce((sum, one) => sum + atomCount(one), 0);
  const perAtom = result.configurations.map((one) => (one.energy ?? NaN) / atomCount(one));
  const json = {
    engine: options.engine,
    reference: result.reference,
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
      `Labelled ${json.configurations} structures (${atoms} atoms) with ${result.reference}: ` +
      `${json.lowest_energy_ev_per_atom.toFixed(4)} to ${json.highest_energy_ev_per_atom.toFixed(4)} eV/atom, in ${options.out}.`,
  );
}
