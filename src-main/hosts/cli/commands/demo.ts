/**
 * `forcewright demo`: the main job on the bundled silicon data, from import to a checked potential. What it prints is
 * measured on the spot.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import {
  formatPotentialDocument,
  metricsSchema,
  parsePotentialDocument,
} from '../../../../src-compute/potentials/document.ts';
import { formatMtp } from '../../../../src-compute/potentials/moment-tensor/mtp-text.ts';
import { type PotentialModel, partOf } from '../../../../src-compute/potentials/registry.ts';
import { lattice, supercell } from '../../../../src-compute/structure/lattices.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { findLammps } from '../../../engines/lammps/index.ts';
import { importResult } from '../../../services/datasets/import-runner.ts';
import { verifyAgainstLammps } from '../../../services/export/verify.ts';
import type { FitJobSettings } from '../../../services/fit/fit-runner.ts';
import { JobService } from '../../../services/jobs/job-service.ts';
import { resourcePath } from '../../../services/resources.ts';
import { runMolecularDynamics } from '../../../services/simulations/molecular-dynamics-run.ts';
import { DatasetRepository } from '../../../store/datasets.ts';
import { jsonValue } from '../../../store/json.ts';
import { PotentialRepository } from '../../../store/potentials.ts';
import { Project } from '../../../store/project.ts';
import { metricsTable } from '../metrics-table.ts';
import { whole } from '../options.ts';
import { endProgress, note, printResult, showProgress } from '../output.ts';
import { runShown } from '../run-job.ts';

interface DemoOptions {
  out: string;
  level: number;
  json?: boolean;
}

const NVE_STEPS = 1000;
const NVE_TIMESTEP = 1;
const NVE_TEMPERATURE = 300;

export function register(program: Command): void {
  program
    .command('demo')
    .summary('the main job on the bundled silicon data')
    .description(
      'Imports the bundled silicon DFT set into a new project, fits a moment tensor potential, measures its errors,\n' +
        'checks energy conservation, compares with LAMMPS where it is installed, and says where everything is.',
    )
    .option('--out <folder>', 'where everything goes', 'demo-output')
    .option('--level <n>', 'level of the potential', whole(2, 26), 16)
    .option('--json', 'print one JSON object')
    .action(run);
}

async function run(options: DemoOptions): Promise<void> {
  const folder = resolve(options.out);
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'silicon.fwproj');
  for (const suffix of ['', '-wal', '-shm']) await rm(file + suffix, { force: true });
  using project = Project.open(file, { create: true });
  using service = new JobService(project);

  note('1  Importing the bundled silicon data (PBE, mlearn benchmark) …');
  const { trainId, testId } = await importSilicon(service);
  note('2  Fitting a moment tensor potential …');
  const started = performance.now();
  const { potentialId, metrics } = await fitSilicon(service, trainId, testId, options.level);
  const fitSeconds = (performance.now() - started) / 1000;
  const document = parsePotentialDocument(new PotentialRepository(project).document(potentialId));
  const files = [join(folder, 'silicon.potential.json'), join(folder, 'silicon.mtp')];
  await writeFile(files[0], formatPotentialDocument(document));
  await writeFile(files[1], formatMtp(partOf(document.model, 'moment-tensor')!, 'silicon'));
  note(
    `3  Energy conservation: ${NVE_STEPS} steps of ${NVE_TIMESTEP} fs from ${NVE_TEMPERATURE} K, no thermostat …`,
  );
  const nve = await conservation(document.model);
  const lammps = await compareWithLammps(document.model, new DatasetRepository(project), trainId);

  const result = {
    project: file,
    files,
    fit_seconds: fitSeconds,
    ...metrics,
    drift_mev_per_atom_per_ps: nve.drift,
    lammps: lammps.result,
  };
  printResult(options.json ?? false, jsonValue.parse(JSON.parse(JSON.stringify(result))), () =>
    [
      '',
      metricsTable(metrics),
      '',
      `Fitted in ${fitSeconds.toFixed(1)} s. Energy drift ${nve.drift.toFixed(4)} meV/atom/ps over ${(NVE_STEPS * NVE_TIMESTEP) / 1000} ps at ${nve.temperature.value.toFixed(0)} K.`,
      lammps.text,
      '',
      'Everything is in',
      `  ${file}   the project: data, fit, log`,
      `  ${files[0]}   the potential with its provenance`,
      `  ${files[1]}   the same for MLIP`,
      '',
      'Try next',
      ...nextSteps(files[0]).map((line) => `  ${line}`),
    ].join('\n'),
  );
}

async function importSilicon(service: JobService): Promise<{ trainId: number; testId: number }> {
  const files = ['Si_train.xyz', 'Si_test.xyz'].map((name) => resourcePath('samples', 'silicon', name));
  const settings = { files, reference: 'PBE, VASP; Zuo et al., J. Phys. Chem. A 124 (2020) 731' };
  const job = await runShown(service, service.create('import', 'Import silicon', settings));
  const [train, test] = importResult.parse(job.result).datasets;
  note(
    `   ${train.configurations} + ${test.configurations} configurations, ${train.atoms + test.atoms} atoms`,
  );
  return { trainId: train.id, testId: test.id };
}

async function fitSilicon(service: JobService, datasetId: number, testDatasetId: number, level: number) {
  const settings: FitJobSettings = {
    name: 'silicon',
    datasetId,
    testDatasetId,
    request: { level, maximumIterations: 25 },
  };
  const id = service.create(
    'fit',
    `Fit silicon, level ${level}`,
    jsonValue.parse(JSON.parse(JSON.stringify(settings))),
  );
  const job = await runShown(service, id);
  const { potentialId, train, test } = z
    .object({ potentialId: z.number(), train: metricsSchema, test: metricsSchema })
    .parse(job.result);
  return { potentialId, metrics: { train, test } };
}

/** NVE of 64 atoms of diamond silicon. */
async function conservation(model: PotentialModel) {
  return await runMolecularDynamics({
    model,
    configuration: siliconCrystal(),
    settings: {
      ensemble: 'nve',
      temperature: NVE_TEMPERATURE,
      timestep: NVE_TIMESTEP,
      steps: NVE_STEPS,
      seed: 1,
    },
    onProgress: (step, steps) => showProgress(step / steps, `step ${step}`),
  }).finally(endProgress);
}

function siliconCrystal(): Configuration {
  return supercell(lattice('diamond', ['Si'], 5.47), [2, 2, 2]);
}

/** The comparison with LAMMPS where there is one; elsewhere how to get it. */
async function compareWithLammps(model: PotentialModel, datasets: DatasetRepository, trainId: number) {
  try {
    await findLammps();
  } catch {
    return {
      result: null,
      text: 'LAMMPS is not installed here, so the exported model was not compared with it (Debian: apt-get install lammps libkim-api-dev cmake make g++).',
    };
  }
  note('4  The same structures in LAMMPS, through the exported KIM model …');
  try {
    const dataset = Array.from(datasets.stream(trainId), ({ configuration }) => configuration);
    const found = await verifyAgainstLammps({ model, dataset, onProgress: showProgress }).finally(
      endProgress,
    );
    const { differences } = found;
    return {
      result: {
        max_energy_difference_ev_per_atom: differences.energy,
        max_force_difference_ev_per_a: differences.force,
        max_virial_difference_ev: differences.virial,
      },
      text: `${found.lammps} agrees on ${found.configurations} structures: largest differences ${differences.energy.toExponential(1)} eV/atom, ${differences.force.toExponential(1)} eV/Å, ${differences.virial.toExponential(1)} eV.`,
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { result: null, text: `The exported model could not be compared with LAMMPS: ${reason}` };
  }
}

function nextSteps(potential: string): string[] {
  const bin = relative(process.cwd(), resourcePath('..', 'bin', 'forcewright')) || 'bin/forcewright';
  const shown = relative(process.cwd(), potential);
  const test = relative(process.cwd(), resourcePath('samples', 'silicon', 'Si_test.xyz'));
  return [
    `${bin} evaluate --potential ${shown} --in ${test}`,
    `${bin} md --potential ${shown} --structure ${test} --ensemble nvt-langevin --temperature 600 --timestep 1 --steps 2000 --out trajectory.xyz --every 20`,
    `${bin} export --potential ${shown} --format kim --out silicon-lammps`,
    `${bin} fit --train YOUR.xyz --out your.potential.json`,
    'npm start        the window',
  ];
}
