/** `forcewright import`: structure files into datasets of a project. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { ForcewrightError } from '../../../../src-compute/errors.ts';
import { JobService } from '../../../services/jobs/job-service.ts';
import { importResult } from '../../../services/datasets/import-runner.ts';
import { parseSplit } from '../../../services/datasets/splits.ts';
import { jsonValue } from '../../../store/json.ts';
import { DatasetRepository } from '../../../store/datasets.ts';
import { names, whole } from '../options.ts';
import { openProject } from '../open-project.ts';
import { printResult, table } from '../output.ts';
import { addReadingOptions, readingOf, type ReadingOptions } from '../reading-options.ts';
import { runShown } from '../run-job.ts';
import { usage } from '../usage.ts';

interface ImportOptions extends ReadingOptions {
  project: string;
  name?: string;
  merge?: boolean;
  skipBad?: boolean;
  species?: string[];
  split?: string;
  seed: number;
  reference?: string;
  json?: boolean;
}

export function register(program: Command): void {
  const command = program
    .command('import')
    .summary('read structure files into a project')
    .description(
      'Reads structure files into datasets of a project, which is made when it is missing. Every file becomes one\n' +
        'dataset, all of it or nothing; with --merge all files become one.\n\n' +
        'Read are extended XYZ, XYZ, MLIP .cfg, VASP POSCAR, OUTCAR, vasprun.xml and vaspout.h5, LAMMPS data and\n' +
        'dump, Quantum ESPRESSO, the outputs of CP2K, FHI-aims, ABACUS, CASTEP, Gaussian and ORCA, OpenMX .md and .out, CIF, pymatgen\n' +
        'and mlearn JSON, ASE .traj, DeePMD systems (the folder or its type.raw), Parquet tables of ColabFit, .npz of\n' +
        'molecules and trajectories of i-PI; text also packed (.gz, .xz, .bz2, .zst). Kept are energies (eV), forces (eV/Å) and virials (eV, −∂E/∂strain).',
    )
    .argument('<files...>', 'structure files')
    .requiredOption('--project <file>', 'project file, *.fwproj')
    .option('--name <name>', 'name of the dataset; otherwise the name of the file')
    .option('--merge', 'all files into one dataset')
    .option('--skip-bad', 'leave bad frames out instead of stopping at the first')
    .option(
      '--species <names>',
      'names of the types 1, 2, … (MLIP: 0, 1, …) where a file has only numbers: Si,O',
      names,
    )
    .option(
      '--split <split>',
      'random:0.1, random:test=0.1,validation=0.1, hash:0.1, tag:NAME,NAME or file (as split=, set= or the names of files say)',
      usage(parseSplit),
    )
    .option('--seed <n>', 'seed of the split', whole(), 0)
    .option('--reference <text>', 'note of the reference method, such as "PBE, VASP, 520 eV"')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample: forcewright import Si_train.xyz --project silicon.fwproj --split random:0.1',
    )
    .action(run);
  addReadingOptions(command);
}

async function run(files: string[], options: ImportOptions): Promise<void> {
  if (options.name !== undefined && files.length > 1 && !options.merge) {
    throw new ForcewrightError('One name was given for several files.', {
      remedy: 'Add --merge to make one dataset of them, or leave --name out.',
    });
  }
  using project = openProject(options.project, { create: true });
  using service = new JobService(project);
  const { name, merge, skipBad, species, split, seed, reference } = options;
  const given = { name, merge, skipBad, species, split, seed, reference, ...readingOf(options) };
  const settings = {
    ...z.record(z.string(), jsonValue).parse(JSON.parse(JSON.stringify(given))),
    // absolute, so that the job can be resumed from any folder
    files: files.map((file) => resolve(file)),
  };
  const id = service.create('import', `import ${files.join(', ')}`, settings);
  const job = await runShown(service, id);
  const { datasets } = importResult.parse(job.result);
  const store = new DatasetRepository(project);
  const result = datasets.map((dataset) => ({ ...dataset, parts: store.parts(dataset.id) }));
  printResult(options.json ?? false, { project: project.path, job: id, datasets: result }, () =>
    table([
      ['dataset', 'configurations', 'atoms', 'left out', 'warnings', 'parts'],
      ...result.map((dataset) => [
        dataset.name,
        String(dataset.configurations),
        String(dataset.atoms),
        String(dataset.skipped),
        String(dataset.warnings),
        partsText(dataset.parts),
      ]),
    ]),
  );
}

function partsText(parts: Readonly<Record<string, number>>): string {
  const named = Object.entries(parts).filter(([part]) => part !== '');
  return named.length === 0 ? '–' : named.map(([part, count]) => `${part} ${count}`).join(', ');
}
