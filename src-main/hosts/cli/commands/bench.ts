/** `forcewright bench`: how fast a potential runs here. */
import { availableParallelism } from 'node:os';
import { Option, type Command } from 'commander';
import { readConfigurations } from '../../../formats/index.ts';
import { benchmarkEngine } from '../../../services/engine-benchmark.ts';
import { useNodeGpu } from '../../../services/gpu-device.ts';
import { useNodeWorkers } from '../../../services/node-workers.ts';
import { loadPotential } from '../../../services/potentials/potential-file.ts';
import type { BackendName } from '../../../../src-compute/potentials/potential.ts';
import { interruptible } from '../interrupt.ts';
import { names, real, whole } from '../options.ts';
import { endProgress, note, printResult, showProgress, table } from '../output.ts';
import { addStructureReadingOptions, readingOf, type ReadingOptions } from '../reading-options.ts';

interface BenchOptions extends ReadingOptions {
  potential: string;
  species?: string[];
  structure: string;
  backend: BackendName | 'auto';
  threads: number;
  steps: number;
  skin?: number;
  json?: boolean;
}

export function register(program: Command): void {
  const command = program
    .command('bench')
    .summary('measure how fast a potential runs on this machine')
    .description(
      'Runs a short NVE simulation (300 K, 1 fs) and prints the time per atom and step in µs, neighbour lists\n' +
        'included, and the largest difference of a force component from the reference in eV/Å.',
    )
    .requiredOption(
      '--potential <file>',
      'the potential: *.potential.json, *.mtp, *.snapcoeff, *.yace, *.eam.alloy or *.eam.fs',
    )
    .option('--species <names>', 'elements of the types of an .mtp file, in order: Si,O', names)
    .requiredOption('--structure <file>', 'structure to run; FILE@k means frame k, from 0')
    .addOption(
      new Option('--backend <name>', 'what computes')
        .choices(['auto', 'reference', 'wasm', 'wasm-f32', 'webgpu'])
        .default('auto'),
    )
    .option('--threads <n>', 'threads; 0 means one per core', whole(0, 256), 1)
    .option('--steps <n>', 'steps to time', whole(1), 100)
    .option('--skin <r>', 'skin of the neighbour list, Å', real(0, 20))
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample: forcewright bench --potential Si.potential.json --structure Si8000.xyz --backend wasm-f32 --threads 2',
    )
    .action(run);
  addStructureReadingOptions(command);
}

async function run(options: BenchOptions): Promise<void> {
  using interrupt = interruptible();
  useNodeWorkers();
  useNodeGpu();
  const { model } = await loadPotential(options.potential, options.species);
  const [configuration] = await readConfigurations(options.structure, {
    species: model.species,
    ...readingOf(options),
  });
  const result = await benchmarkEngine(model, configuration, {
    backend: options.backend,
    threads: options.threads === 0 ? availableParallelism() : options.threads,
    steps: options.steps,
    skin: options.skin,
    signal: interrupt.signal,
    onProgress: (fraction) => {
      showProgress(fraction, `${options.steps} steps of ${configuration.kinds.length} atoms`);
    },
  }).finally(endProgress);
  if (!options.json) note(`Computed with ${result.choice}.`);
  const json = {
    atoms: result.atoms,
    neighbours_per_atom: result.neighboursPerAtom,
    us_per_atom_step: result.microsecondsPerAtomStep,
    backend: result.backend,
    threads: result.threads,
    max_force_difference_vs_reference: result.maxForceDifference,
    us_per_atom_step_fastest: result.fastestMicrosecondsPerAtomStep,
    processor_us_per_atom_step: result.processorMicrosecondsPerAtomStep,
    first_step_ms: result.firstStepMilliseconds,
    neighbour_list_builds: result.neighbourListBuilds,
    bytes_per_atom: result.bytesPerAtom,
    choice: result.choice,
  };
  printResult(options.json ?? false, json, () =>
    table([
      ['atoms', 'neighbours', 'µs/atom/step', 'backend', 'threads', 'max |ΔF| eV/Å'],
      [
        String(result.atoms),
        result.neighboursPerAtom.toFixed(1),
        result.microsecondsPerAtomStep.toPrecision(3),
        result.backend,
        String(result.threads),
        result.maxForceDifference.toExponential(1),
      ],
    ]),
  );
}
