/** `forcewright label`: energies, forces and virials of a reference engine as reference data. */
import { join, parse, resolve } from 'node:path';
import type { Command } from 'commander';
import { ForcewrightError } from '../../../../src-compute/errors.ts';
import { atomCount, type Configuration } from '../../../../src-compute/structure/configuration.ts';
import { referenceEngineSchema } from '../../../engines/registry.ts';
import { readConfigurations, writeConfigurations } from '../../../formats/index.ts';
import { labelConfigurations, type LabelFailure } from '../../../services/label/label.ts';
import { LabelProgress, labelKey } from '../../../services/label/progress-file.ts';
import { writeOrKeep } from '../../../platform/whole-file.ts';
import { interruptible } from '../interrupt.ts';
import { names, whole } from '../options.ts';
import { endProgress, note, printResult, showProgress } from '../output.ts';
import { addStructureReadingOptions, readingOf, type ReadingOptions } from '../reading-options.ts';
import {
  addReferenceEngineOptions,
  referenceEngineOf,
  type ReferenceEngineOptions,
} from '../reference-engine-options.ts';
import { requirePartner } from '../simulation-options.ts';
import { requireWritableFrames } from '../simulation-files.ts';

interface LabelOptions extends ReferenceEngineOptions, ReadingOptions {
  in: string;
  out: string;
  species?: string[];
  ranks: number;
  resume?: boolean;
  skipBad?: boolean;
  json?: boolean;
}

export function register(program: Command): void {
  const command = addReferenceEngineOptions(
    program
      .command('label')
      .summary('label structures with LAMMPS, Quantum ESPRESSO or any i-PI client')
      .description(
        'Computes energies (eV), forces (eV/Å) and virials (eV, −∂E/∂strain) of structures with a reference engine: any pair\n' +
          'style of the installed LAMMPS (units metal), Quantum ESPRESSO, any program that speaks the i-PI protocol, or a\n' +
          'potential. Labels in the file are replaced. What is finished is kept beside --out, structure by structure: after\n' +
          'Ctrl+C or a crash the same command goes on. Structures that the engine fails on are set aside with the reason.',
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
    .option(
      '--resume',
      'go on with what an earlier run of the same command has finished, which must be there',
    )
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
  addStructureReadingOptions(command);
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
    ...readingOf(options),
    signal,
  });
  requireWritableFrames('--out', options.out);
  const began = performance.now();
  const progress = LabelProgress.open(options.out, labelKey(configurations, engine), options.resume ?? false);
  if (options.resume && progress.labels.size === 0) {
    throw new ForcewrightError(`There is nothing to go on with: ${progress.path} is not there.`, {
      remedy: 'Leave --resume out to begin.',
    });
  }
  if (progress.labels.size > 0) {
    note(`Goes on: ${progress.labels.size} of ${configurations.length} structures are labelled already.`);
  }
  const result = await labelConfigurations({
    configurations,
    engine,
    signal,
    known: new Map(progress.labels),
    onNote: note,
    onProgress: (done, total) => showProgress(done / total, `structure ${done} of ${total}`),
    onLabelled: (frame, labels, reference) => progress.add(frame, labels, reference),
  })
    .catch((error: unknown) => {
      if (progress.labels.size > 0) {
        note(
          `${progress.labels.size} of ${configurations.length} structures are labelled and kept in ${progress.path}: the same command goes on.`,
        );
      }
      throw error;
    })
    .finally(endProgress);
  const write = (path: string, list: readonly Configuration[]) =>
    writeConfigurations(path, undefined, list, { significantDigits: 15, signal });
  await writeOrKeep(options.out, (path) => write(path, result.configurations));
  const setAside = result.failures.length === 0 ? undefined : failedName(options.out);
  if (setAside !== undefined) await write(setAside, result.failures.map(withReason));
  progress.remove();
  for (const { frame, error } of result.failures) note(`Structure ${frame + 1} is not labelled: ${error}`);
  const atoms = result.configurations.reduce((sum, one) => sum + atomCount(one), 0);
  const perAtom = result.configurations.map((one) => (one.energy ?? NaN) / atomCount(one));
  const json = {
    engine: options.engine,
    reference: result.reference,
    lammps: result.lammps,
    species: [...result.species],
    configurations: result.configurations.length,
    labelled: result.configurations.length,
    failed: result.failures.length,
    failures: result.failures.map(({ frame, error }) => ({ frame, error })),
    seconds: (performance.now() - began) / 1000,
    atoms,
    lowest_energy_ev_per_atom: Math.min(...perAtom),
    highest_energy_ev_per_atom: Math.max(...perAtom),
    out: resolve(options.out),
    failed_out: setAside && resolve(setAside),
  };
  printResult(
    options.json ?? false,
    json,
    () =>
      `Labelled ${json.configurations} structures (${atoms} atoms) with ${result.reference}: ` +
      `${json.lowest_energy_ev_per_atom.toFixed(4)} to ${json.highest_energy_ev_per_atom.toFixed(4)} eV/atom, in ${options.out}.` +
      (setAside === undefined ? '' : ` ${json.failed} failed and are set aside in ${setAside}.`),
  );
}

/** Where structures go that could not be labelled. */
function failedName(out: string): string {
  const { dir, name } = parse(out);
  return join(dir, `${name}.failed.xyz`);
}

function withReason({ configuration, error }: LabelFailure): Configuration {
  const { symbols, kinds, positions, cell, periodic, info } = configuration;
  return { symbols, kinds, positions, cell, periodic, info: { ...info, label_error: error } };
}
