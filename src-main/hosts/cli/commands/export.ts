/** `forcewright export`: a potential for other programs. */
import { resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { shellWord } from '../../../../src-compute/quoting/shell.ts';
import { readConfigurations } from '../../../formats/index.ts';
import { EXPORT_FORMATS, exportPotential, type ExportFormat } from '../../../services/export/export.ts';
import { provenanceComments } from '../../../services/export/provenance.ts';
import { firstTrainingStructure } from '../../../services/export/training-data.ts';
import { loadPotential } from '../../../services/potentials/potential-file.ts';
import { interruptible } from '../interrupt.ts';
import { names } from '../options.ts';
import { note, printResult } from '../output.ts';

interface ExportOptions {
  potential: string;
  species?: string[];
  format: ExportFormat;
  out: string;
  name?: string;
  in?: string;
  build: boolean;
  lammps?: string;
  json?: boolean;
}

export function register(program: Command): void {
  program
    .command('export')
    .summary('write a potential for LAMMPS')
    .description(
      'Writes a folder that can be copied to a cluster: the potential, a ready input (in.check) and a README.\n\n' +
        'kim:  a portable model for any LAMMPS with the KIM package (Debian, conda-forge, Spack, EasyBuild, Homebrew):\n' +
        '      C++ sources, parameters, and the library, built and tried here when a compiler and the kim-api are there.\n' +
        'mlip: an .mtp file for LAMMPS builds with the MLIP interface; moment tensor potentials only.\n' +
        'snap: .snapcoeff and .snapparam for LAMMPS builds with the ML-SNAP package; SNAP potentials only.\n' +
        'pace: a .yace file for LAMMPS builds with the ML-PACE package; ACE potentials only.',
    )
    .requiredOption('--potential <file>', 'the potential: *.potential.json or *.mtp')
    .option('--species <names>', 'elements of the types of an .mtp file, in order: Si,O', names)
    .addOption(new Option('--format <format>', 'what to write').choices(EXPORT_FORMATS).makeOptionMandatory())
    .requiredOption('--out <folder>', 'folder to write to')
    .option('--name <name>', 'name of the model; otherwise that of the file', nonEmpty)
    .option(
      '--in <structure>',
      'structure of in.check (FILE@k: frame k); otherwise one of the training data, or a crystal',
    )
    .option('--no-build', 'write the sources only')
    .option(
      '--lammps <path>',
      'the LAMMPS to try the model in; otherwise FORCEWRIGHT_LAMMPS or lmp on the PATH',
    )
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample: forcewright export --potential Si.potential.json --format kim --out Si-lammps',
    )
    .action(run);
}

function nonEmpty(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('A name was expected.');
  return text;
}

async function run(options: ExportOptions): Promise<void> {
  using interrupt = interruptible();
  const loaded = await loadPotential(options.potential, options.species);
  const { model } = loaded;
  const structure =
    options.in === undefined
      ? await firstTrainingStructure(loaded, options.potential)
      : (await readConfigurations(options.in, { species: model.species }))[0];
  const out = resolve(options.out);
  const result = await exportPotential(options.format, {
    model,
    name: options.name ?? loaded.name,
    out,
    comments: provenanceComments(loaded, options.potential),
    structure,
    build: options.build,
    lammps: options.lammps,
    signal: interrupt.signal,
  });
  result.notes.forEach(note);
  const { files, built, tested, notes } = result;
  const json = {
    format: options.format,
    name: result.name,
    out,
    files: [...files],
    built,
    tested: tested && {
      lammps: tested.lammps,
      energy_difference_ev_per_atom: tested.energyDifference,
      max_force_difference_ev_per_a: tested.forceDifference,
    },
    notes: [...notes],
  };
  printResult(options.json ?? false, json, () => {
    const state = tested
      ? `built, and run in LAMMPS ${tested.lammps}: forces agree to ${tested.forceDifference.toExponential(1)} eV/Å`
      : built
        ? 'built'
        : options.format === 'kim'
          ? 'not built'
          : 'written';
    return `${result.name}: ${files.length} files in ${out}, ${state}.\nREADME.md there says how to use it; try it with: cd ${shellWord(out)} && lmp -in in.check`;
  });
}
