/** `forcewright entropy`: what a set of structures covers, and what of it a reference set does not. */
import { Option, type Command } from 'commander';
import { MAP_METHODS } from '../../../../src-compute/analysis/entropy/map/environment-map.ts';
import type { AtomColumn, Configuration } from '../../../../src-compute/structure/configuration.ts';
import { readConfigurations, writeConfigurations } from '../../../formats/index.ts';
import { KERNEL_BACKENDS } from '../../../services/entropy/engine.ts';
import {
  MAP_LEVELS,
  mapSettings,
  mapStructures,
  writeMap,
  type MapSettings,
} from '../../../services/entropy/map.ts';
import { measureEntropy, type MeasureReport } from '../../../services/entropy/measure.ts';
import { kernelSettings, type KernelSettings } from '../../../services/entropy/settings.ts';
import { summariseTrajectory, writeSummary } from '../../../services/entropy/trajectory.ts';
import { interruptible } from '../interrupt.ts';
import { addKernelOptions } from '../kernel-options.ts';
import { real, whole } from '../options.ts';
import { toJson, toText } from '../entropy-report.ts';
import { endProgress, note, printResult, showProgress } from '../output.ts';
import { ResultFiles } from '../result-files.ts';
import { addReadingOptions, readingOf, type ReadingOptions } from '../reading-options.ts';

interface EntropyOptions extends ReadingOptions {
  in: string;
  reference?: string;
  descriptor: string;
  cutoff: number;
  neighbors: number;
  bandwidth: KernelSettings['bandwidth'];
  backend: KernelSettings['backend'];
  threads: number;
  tolerance?: number;
  completeness?: boolean;
  overlap?: boolean;
  differential?: boolean;
  seed: number;
  species?: string[];
  skipBad?: boolean;
  out?: string;
  summary?: string;
  map?: string;
  mapMethod: MapSettings['method'];
  mapLevel: MapSettings['level'];
  json?: boolean;
}

export function register(program: Command): void {
  const command = addKernelOptions(
    program
      .command('entropy')
      .summary('measure what structures cover, and what is new in them')
      .description(
        'Kernel entropy H, its maximum ln N and the diversity D of all atom environments, in nats, without any labels\n' +
          '(Schwalbe-Koda et al., Nat. Commun. 16 (2025) 4014). With --reference also the novelty of every atom against\n' +
          'another set: > 0 means outside of what that set covers.\n\n' +
          'An isolated atom counts as an environment of its own kind; identical frames add nothing. Atoms of elements\n' +
          'that the reference set does not have count as new.',
      )
      .requiredOption('--in <file>', 'structures; FILE@k means frame k, from 0')
      .option('--reference <file>', 'structures to compare with, such as a training set'),
  )
    .addOption(
      new Option(
        '--backend <name>',
        'what computes: wasm in 64 bits; wasm-f32, webgpu and gpujs in 32; auto takes a GPU where there is one',
      )
        .choices([...KERNEL_BACKENDS])
        .default('wasm'),
    )
    .option('--threads <n>', 'threads; 0 means one per core', whole(0, 1024), 0)
    .option(
      '--tolerance <nats>',
      'allow this much error in H and visit near environments only, for large sets; exact without it',
      real(1e-16, 1),
    )
    .option('--completeness', 'also H of random 10 … 90 % of the environments, three draws each')
    .option('--overlap', 'also what the two sets have in common')
    .option(
      '--differential',
      'also the Gaussian and the Kozachenko–Leonenko entropy of the descriptors, which depend on their unit',
    )
    .option('--seed <n>', 'seed of the random draws', whole(), 0)
    .option('--out <file>', 'write the structures with the novelty of every atom as the column novelty')
    .option(
      '--summary <file>',
      'also reduce a trajectory to histograms and moments of its descriptors, frame by frame (JSON), with their drift',
    )
    .option('--map <file>', 'also draw all environments in two dimensions: x, y, set, structure, atom (CSV)')
    .addOption(
      new Option('--map-method <name>', 'how the map is drawn').choices([...MAP_METHODS]).default('umap'),
    )
    .addOption(
      new Option('--map-level <name>', 'a point per atom or per structure')
        .choices([...MAP_LEVELS])
        .default('environments'),
    )
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample: forcewright entropy --in md.xyz --reference Si_train.xyz --out novel.xyz',
    )
    .action(run);
  addReadingOptions(command);
}

async function run(options: EntropyOptions): Promise<void> {
  using interrupt = interruptible();
  const settings = kernelSettings.parse({ ...options, neighbours: options.neighbors });
  const read = (file: string) =>
    readConfigurations(file, {
      species: options.species,
      skipBad: options.skipBad,
      ...readingOf(options),
      signal: interrupt.signal,
    });
  const configurations = await read(options.in);
  const references = options.reference === undefined ? undefined : await read(options.reference);
  let stage = '';
  const report = await measureEntropy(
    { configurations },
    references && { configurations: references },
    {
      settings,
      completeness: options.completeness,
      overlap: options.overlap,
      differential: options.differential,
      seed: options.seed,
    },
    {
      signal: interrupt.signal,
      onStage: (message) => (stage = message),
      onProgress: (fraction) => showProgress(fraction, stage),
    },
  ).finally(endProgress);
  if (report.novelty && report.novelty.unknownElements.length > 0) {
    note(
      `The reference set has no ${report.novelty.unknownElements.join(', ')}: atoms of these elements count as new.`,
    );
  }
  const results = new ResultFiles();
  if (options.out !== undefined)
    await results.write(options.out, (path) => writeAnnotated(path, configurations, report));
  const drift =
    options.summary === undefined
      ? undefined
      : await summarise(options, options.summary, references, settings, results);
  const map =
    options.map === undefined
      ? undefined
      : await drawMap(options, options.map, configurations, references, results, interrupt.signal).finally(
          endProgress,
        );
  printResult(options.json ?? false, { ...toJson(report, configurations.length), drift, map }, () =>
    toText(report),
  );
  results.check();
}

/** Draws and writes the map; gives what it shows. */
async function drawMap(
  options: EntropyOptions,
  path: string,
  configurations: readonly Configuration[],
  references: readonly Configuration[] | undefined,
  results: ResultFiles,
  signal: AbortSignal,
) {
  const { descriptor, cutoff, neighbors, seed, mapMethod: method, mapLevel: level } = options;
  const map = await mapStructures(
    { configurations },
    references && { configurations: references },
    mapSettings.parse({ descriptor, cutoff, neighbours: neighbors, seed, method, level }),
    { signal, onProgress: (fraction) => showProgress(fraction, 'drawing the map') },
  );
  await results.write(path, (name) => writeMap(map, name));
  return { file: path, method, points: map.frame.length, embedded: map.embedded, available: map.available };
}

/** Writes the summary of the trajectory; gives the drift per frame, in deviations of the first frame or the reference. */
async function summarise(
  options: EntropyOptions,
  path: string,
  references: readonly Configuration[] | undefined,
  settings: KernelSettings,
  results: ResultFiles,
): Promise<number[]> {
  const { species, skipBad } = options;
  const summary = await summariseTrajectory(options.in.replace(/@\d+$/, ''), references, settings, {
    species,
    skipBad,
    ...readingOf(options),
  });
  await results.write(path, (name) => writeSummary(summary, name));
  return Array.from(summary.drift);
}

/** The structures with a column `novelty` (or `rarity` = −ln Σ K within the set itself) per atom. */
async function writeAnnotated(
  file: string,
  configurations: readonly Configuration[],
  report: MeasureReport,
): Promise<void> {
  const name = report.novelty ? 'novelty' : 'rarity';
  const values = report.novelty?.values ?? report.entropy.logSums.map((value) => 0 - value);
  const annotated = configurations.map((configuration, frame): Configuration => {
    const column: AtomColumn = {
      name,
      columns: 1,
      kind: 'R',
      values: values.slice(report.frameStart[frame], report.frameStart[frame + 1]),
    };
    const others = (configuration.atomColumns ?? []).filter((other) => other.name !== name);
    return { ...configuration, atomColumns: [...others, column] };
  });
  await writeConfigurations(file, undefined, annotated, { onNote: note });
}
