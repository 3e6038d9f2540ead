/** `forcewright evaluate`: energies, forces and virials of structures, and their errors where there are labels. */
import type { Command } from 'commander';
import { atomsOf, openForceEngine } from '../../../../src-compute/backends/index.ts';
import { closeAtomsWarning } from '../../../../src-compute/potentials/distances.ts';
import { FitError } from '../../../../src-compute/errors.ts';
import { MetricsSum } from '../../../../src-compute/fitting/metrics.ts';
import type { BackendName, PotentialModelBase } from '../../../../src-compute/potentials/potential.ts';
import { atomCount, type Configuration } from '../../../../src-compute/structure/configuration.ts';
import { readConfigurations, readFrames, writeConfigurations } from '../../../formats/index.ts';
import { useNodeGpu } from '../../../services/gpu-device.ts';
import { loadPotential } from '../../../services/potentials/potential-file.ts';
import { ErrorColumns } from '../error-columns.ts';
import { coverageText, metricsTable } from '../metrics-table.ts';
import { names } from '../options.ts';
import { note, printResult } from '../output.ts';
import { addReadingOptions, readingOf, type ReadingOptions } from '../reading-options.ts';
import { ResultFiles } from '../result-files.ts';

interface EvaluateOptions extends ReadingOptions {
  potential: string;
  species?: string[];
  in: string;
  out?: string;
  backend: string;
  uncertainty?: boolean;
  skipBad?: boolean;
  json?: boolean;
}

const BACKENDS: readonly (BackendName | 'auto')[] = ['auto', 'reference', 'wasm', 'wasm-f32', 'webgpu'];

export function register(program: Command): void {
  const command = program
    .command('evaluate')
    .summary('energies, forces and virials of structures')
    .description(
      'Evaluates a potential on structures. Where they have labels, the errors are printed: energy and virial in\n' +
        'meV/atom, forces in eV/Å. --out writes the predictions as extended XYZ (energy eV, forces eV/Å, virial eV).',
    )
    .requiredOption(
      '--potential <file>',
      'the potential: *.potential.json, *.mtp, *.snapcoeff, *.yace, *.eam.alloy or *.eam.fs',
    )
    .option('--species <names>', 'names of the types of an .mtp in order: Si,O', names)
    .requiredOption('--in <file>', 'structures, any format; FILE@k for frame k (from 0)')
    .option('--out <file>', 'predictions as extended XYZ, 15 significant digits, with per-atom energies')
    .option(
      '--uncertainty',
      'predict the errors: how often they hold those made, and with --out energy_sigma (eV) and forces_sigma (eV/Å)',
    )
    .option('--backend <name>', BACKENDS.join(', '), 'auto')
    .option('--skip-bad', 'leave bad frames out instead of stopping at the first')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample: forcewright evaluate --potential Si.potential.json --in Si_test.xyz')
    .action(run);
  addReadingOptions(command);
}

async function run(options: EvaluateOptions): Promise<void> {
  const backend = BACKENDS.find((name) => name === options.backend);
  if (backend === undefined) {
    throw new FitError(`There is no backend ${options.backend}.`, {
      remedy: `Use one of ${BACKENDS.join(', ')}.`,
    });
  }
  useNodeGpu();
  const { model, document } = await loadPotential(options.potential, options.species);
  const known = { model, uncertainty: document?.uncertainty };
  let errors: ErrorColumns | undefined;
  let sum = new MetricsSum();
  const species = model.species;
  let choice = '';
  let warning: string | undefined;
  async function* predictions(): AsyncGenerator<Configuration> {
    // begins again, with everything, where predictions that do not fit on a disk are made for another
    errors = options.uncertainty ? new ErrorColumns(known, options.out !== undefined) : undefined;
    sum = new MetricsSum();
    for await (const configuration of structures(options, species)) {
      const predicted = await predict(model, configuration, backend!);
      choice = predicted.choice;
      sum.add(atomCount(configuration), predicted.result, configuration);
      // one sentence is enough: the first structure names the distance
      warning ??= closeAtomsWarning(model, configuration);
      yield withPrediction(errors?.add(configuration, predicted.result) ?? configuration, predicted.result);
    }
  }
  const results = new ResultFiles();
  if (options.out === undefined) for (const frames = predictions(); !(await frames.next()).done;);
  else
    await results.write(options.out, (path) =>
      writeConfigurations(path, 'extxyz', predictions(), { significantDigits: 15 }),
    );
  if (warning !== undefined) note(`Warning: ${warning}`);
  const metrics = sum.result();
  if (metrics.configurations === 0) throw new FitError(`${options.in} has no structures.`);
  const coverage = errors?.coverage;
  for (const sentence of coverage?.warnings ?? []) note(`Warning: ${sentence}`);
  const result = { ...metrics, uncertainty: coverage && { ...coverage }, backend: choice, out: options.out };
  printResult(options.json ?? false, result, () =>
    [
      metricsTable({ [options.in]: metrics }),
      '',
      ...(coverage ? [coverageText(coverage)] : []),
      choice,
      ...(options.out && results.wrote(options.out) ? [`Written: ${options.out}`] : []),
    ].join('\n'),
  );
  results.check();
}

/** Frames one by one, or the one frame of FILE@k. */
async function* structures(
  options: EvaluateOptions,
  species: readonly string[],
): AsyncGenerator<Configuration> {
  const reading = { skipBad: options.skipBad, species, ...readingOf(options) };
  if (/@\d+$/.test(options.in)) {
    yield* await readConfigurations(options.in, reading);
    return;
  }
  for await (const frame of readFrames(options.in, reading))
    if (frame.configuration) yield frame.configuration;
}

async function predict(
  model: PotentialModelBase,
  configuration: Configuration,
  backend: BackendName | 'auto',
) {
  const engine = await openForceEngine(model, atomsOf(configuration), { backend, skin: 0 });
  try {
    await engine.compute(configuration.positions, configuration.cell);
    const { energy, forces, virial, atomEnergies } = engine.result;
    return {
      choice: engine.choice,
      result: { energy, forces: forces.slice(), virial: virial.slice(), atomEnergies: atomEnergies.slice() },
    };
  } finally {
    engine.dispose();
  }
}

/** The structure with the prediction in place of its labels; the columns and keys of the file stay. */
function withPrediction(
  configuration: Configuration,
  result: { energy: number; forces: Float64Array; virial: Float64Array; atomEnergies: Float64Array },
): Configuration {
  return { ...configuration, ...result };
}
