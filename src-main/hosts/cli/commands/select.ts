/** `forcewright select`: the frames of a set that cover most of it. */
import { Option, type Command } from 'commander';
import { ForcewrightError } from '../../../../src-compute/errors.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { DUPLICATE_SIMILARITY } from '../../../../src-compute/analysis/entropy/duplicates.ts';
import { readConfigurations, writeConfigurations } from '../../../formats/index.ts';
import {
  chooseFrames,
  SELECTION_METHODS,
  selectionSettings,
  type Choice,
} from '../../../services/entropy/choose.ts';
import { weighted } from '../../../../src-compute/fitting/data/configuration-weight.ts';
import { chooseFromDataset, datasetOfChosen, tagChosen } from '../../../services/entropy/dataset-choice.ts';
import { DatasetRepository } from '../../../store/datasets.ts';
import { interruptible } from '../interrupt.ts';
import { addKernelOptions } from '../kernel-options.ts';
import { real, whole } from '../options.ts';
import { openProject } from '../open-project.ts';
import { endProgress, note, printResult, showProgress, table } from '../output.ts';
import { ResultFiles } from '../result-files.ts';
import { addReadingOptions, readingOf, type ReadingOptions } from '../reading-options.ts';

interface SelectOptions extends ReadingOptions {
  in?: string;
  project?: string;
  dataset?: string;
  part?: string;
  reference?: string;
  neighbors: number;
  tag?: string;
  newDataset?: string;
  out?: string;
  species?: string[];
  skipBad?: boolean;
  json?: boolean;
}

export function register(program: Command): void {
  const command = addKernelOptions(
    program
      .command('select')
      .summary('choose the frames that cover most of a set')
      .description(
        'Chooses frames without looking at labels. entropy keeps the most information about the whole set, diversity\n' +
          'the most different environments, farthest spreads over the extremes, novelty takes what --reference lacks,\n' +
          'random is for comparison. Says what the choice loses: the fraction of all environments that it still covers,\n' +
          'and the information lost in nats.',
      )
      .option('--in <file>', 'structures to choose from')
      .option('--project <file>', 'project to choose from, with --dataset')
      .option('--dataset <name>', 'dataset of the project')
      .option('--part <name>', 'part of its split: train, test, …')
      .option(
        '--reference <file>',
        'structures to be new against; with --project the name of another of its datasets',
      ),
    { rule: 'mtp:12 for entropy, else quests' },
  )
    .addOption(
      new Option('--method <name>', 'how to choose').choices([...SELECTION_METHODS]).default('entropy'),
    )
    .option('--count <n>', 'number of frames', whole(1))
    .option('--fraction <f>', 'fraction of the frames, 0 … 1', real(1e-9, 1))
    .option(
      '--no-weights',
      'entropy: let all chosen frames count the same; otherwise each counts as often as what it stands for',
    )
    .option('--seed <n>', 'seed of the random choice', whole(), 0)
    .option(
      '--duplicates [similarity]',
      'also list groups of near-duplicates, from this similarity on (0 … 1; 0.99)',
      real(0, 1),
    )
    .option(
      '--out <file>',
      'write the chosen frames, in the order of the file, with their weights in a fit as config_weight',
    )
    .option('--tag <name>', 'with --project: tag the chosen configurations (can be undone)')
    .option('--new-dataset <name>', 'with --project: a new dataset of them, with their weights')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample: forcewright select --in all.xyz --fraction 0.2 --out small.xyz')
    .action(run);
  addReadingOptions(command);
}

async function run(options: SelectOptions & Record<string, unknown>): Promise<void> {
  const settings = selectionSettings.parse({
    ...options,
    neighbours: options.neighbors,
    duplicates: options.duplicates === true ? DUPLICATE_SIMILARITY : options.duplicates,
  });
  using interrupt = interruptible();
  const progress = {
    signal: interrupt.signal,
    onProgress: (fraction: number) => showProgress(fraction, `choosing by ${settings.method}`),
  };
  if ((options.in === undefined) === (options.project === undefined)) {
    throw new ForcewrightError('Either a file or a project is needed to choose from.', {
      remedy: 'Give --in FILE, or --project FILE --dataset NAME.',
    });
  }
  if (options.project !== undefined) {
    await chooseInProject(options, options.project, settings, progress);
    return;
  }
  const read = (file: string) =>
    readConfigurations(file, {
      species: options.species,
      skipBad: options.skipBad,
      ...readingOf(options),
      signal: interrupt.signal,
    });
  const configurations = await read(options.in ?? '');
  const references = options.reference === undefined ? undefined : await read(options.reference);
  const choice = await chooseFrames(
    { configurations },
    references && { configurations: references },
    settings,
    progress,
  ).finally(endProgress);
  const indices = Array.from(choice.selected.frames);
  const results = new ResultFiles();
  if (options.out !== undefined) {
    await results.write(options.out, (path) =>
      writeChosen(path, choice, indices, (places) => places.map((f) => configurations[f])),
    );
  }
  report(options, settings.method, choice, indices, {}, results);
  results.check();
}

async function chooseInProject(
  options: SelectOptions,
  path: string,
  settings: ReturnType<typeof selectionSettings.parse>,
  progress: { signal: AbortSignal; onProgress: (fraction: number) => void },
): Promise<void> {
  if (options.dataset === undefined) {
    throw new ForcewrightError('The dataset to choose from was not named.', {
      remedy: 'Give --dataset NAME.',
    });
  }
  using project = openProject(path);
  const store = new DatasetRepository(project);
  const dataset = store.get(options.dataset);
  const reference = options.reference === undefined ? undefined : store.get(options.reference);
  const choice = await chooseFromDataset(
    project,
    dataset.id,
    options.part === undefined ? {} : { parts: [options.part] },
    settings,
    reference && { datasetId: reference.id, selection: {} },
    progress,
  ).finally(endProgress);
  const tagged = options.tag === undefined ? undefined : tagChosen(project, dataset.id, choice, options.tag);
  const made =
    options.newDataset === undefined
      ? undefined
      : store.get(datasetOfChosen(project, dataset.id, choice, options.newDataset)).name;
  const results = new ResultFiles();
  if (options.out !== undefined) {
    await results.write(options.out, (path) =>
      writeChosen(path, choice, Array.from(choice.positions), (places) =>
        Array.from(store.stream(dataset.id, Uint32Array.from(places)), ({ configuration }) => configuration),
      ),
    );
  }
  report(
    options,
    settings.method,
    choice,
    Array.from(choice.positions),
    {
      dataset: dataset.name,
      tagged,
      new_dataset: made,
    },
    results,
  );
  results.check();
}

/** Writes the chosen frames in the order of their source. */
async function writeChosen(
  file: string,
  { selected: { weights } }: Choice,
  places: readonly number[],
  read: (places: readonly number[]) => Configuration[],
): Promise<void> {
  const order = Array.from(places.keys()).sort((a, b) => places[a] - places[b]);
  const chosen = read(order.map((k) => places[k]));
  const written = weights
    ? chosen.map((configuration, k) => weighted(configuration, weights[order[k]]))
    : chosen;
  await writeConfigurations(file, undefined, written, { onNote: note });
}

function report(
  options: SelectOptions,
  method: string,
  choice: Choice,
  indices: number[],
  extra: { dataset?: string; tagged?: number; new_dataset?: string },
  files: ResultFiles,
): void {
  const { quality, duplicates } = choice;
  const result = {
    method,
    ...extra,
    frames: choice.frames,
    selected: indices,
    gains: Array.from(choice.selected.gains),
    weights: choice.selected.weights && Array.from(choice.selected.weights),
    kept_frames: indices.length / choice.frames,
    kept_environments: choice.chosenEnvironments / choice.environments,
    descriptor: choice.descriptor,
    bandwidth: choice.bandwidth,
    bandwidth_rule: choice.bandwidthRule,
    covered: quality?.covered,
    information_lost_nats: quality?.informationLost,
    mean_novelty_nats: quality?.meanNovelty,
    duplicates,
    file: options.out,
  };
  const percent = (fraction: number) => `${(100 * fraction).toFixed(1)} %`;
  printResult(options.json ?? false, result, () =>
    table([
      ['choice', method],
      ['frames', `${indices.length} of ${choice.frames} (${percent(result.kept_frames)})`],
      ['environments', `${choice.chosenEnvironments} of ${choice.environments}`],
      ['descriptor', choice.descriptor],
      ['bandwidth', `${choice.bandwidth.toPrecision(4)} (${choice.bandwidthRule})`],
      ...(quality
        ? [
            ['covered environments', percent(quality.covered)],
            ['information lost, nats', quality.informationLost.toFixed(4)],
          ]
        : []),
      ...(extra.new_dataset === undefined ? [] : [['new dataset', extra.new_dataset]]),
      ...(duplicates ? [['groups of near-duplicates', String(duplicates.length)]] : []),
      ...(options.out === undefined ? [['frames, from 0', indices.join(' ')]] : []),
      ...(options.out !== undefined && files.wrote(options.out) ? [['written to', options.out]] : []),
    ]),
  );
}
