/** `forcewright datasets`: list, show, split, curate and export the datasets of a project. */
import type { Command } from 'commander';
import { flagNames, type FlagName, FLAG } from '../../../store/configuration-row.ts';
import {
  NUMERIC_COLUMNS,
  type DatasetSummary,
  type NumericColumn,
  type Selection,
} from '../../../store/datasets.ts';
import { ForcewrightError } from '../../../../src-compute/errors.ts';
import { StoreError } from '../../../store/store-error.ts';
import { DatasetService } from '../../../services/datasets/dataset-service.ts';
import { parseSplit } from '../../../services/datasets/splits.ts';
import { names, real, whole } from '../options.ts';
import { openProject } from '../open-project.ts';
import { note, printResult, table, type Json } from '../output.ts';
import { usage } from '../usage.ts';

interface Common {
  project: string;
  json?: boolean;
}

interface SelectionOptions {
  part?: string[];
  tag?: string[];
  flag?: string[];
  withExcluded?: boolean;
  positions?: string;
}

export function register(program: Command): void {
  const datasets = program
    .command('datasets')
    .summary('list, show, split, curate and export datasets of a project')
    .description('Without a subcommand: the datasets of a project. Datasets are named by name or number.')
    .option('--project <file>', 'project file, *.fwproj')
    .option('--json', 'print one JSON object')
    .action((_options: unknown, command: Command) => list(common(command)));

  sub(
    datasets,
    'show <dataset>',
    'one dataset: where it is from, its parts, tags, findings and configurations',
  )
    .option('--rows <n>', 'how many configurations to list', whole(), 20)
    .option('--sort <column>', `order: ${NUMERIC_COLUMNS.join(', ')}`, usage(numericColumn))
    .option('--descending', 'largest first')
    .action(show);
  sub(
    datasets,
    'split <dataset> <split>',
    'choose parts: random:0.1, hash:test=0.1,validation=0.1, tag:NAME,NAME or none',
  )
    .option('--seed <n>', 'seed of the split', whole(), 0)
    .action(split);
  selecting(sub(datasets, 'tag <dataset> <tag>', 'tag the selected configurations'))
    .option('--remove', 'remove the tag instead')
    .action(tag);
  selecting(
    sub(datasets, 'exclude <dataset>', 'leave the selected configurations out of fits and exports'),
  ).action(exclude);
  selecting(sub(datasets, 'include <dataset>', 'take the selected configurations back in')).action(include);
  selecting(
    sub(datasets, 'weight <dataset> <weight>', 'set how much the selected configurations count in a fit'),
  ).action(weight);
  sub(datasets, 'check <dataset>', 'look for duplicates and outliers again')
    .option('--threshold <z>', 'robust z-score beyond which a value is an outlier', real(1), 8)
    .option(
      '--tolerance <angstrom>',
      'largest difference of coordinates of near-identical structures, Å',
      real(0),
      1e-3,
    )
    .action(check);
  sub(datasets, 'undo <dataset>', 'take the last step of curation back').action(undo);
  sub(datasets, 'redo <dataset>', 'do the step again that was undone last').action(redo);
  selecting(
    sub(
      datasets,
      'export <dataset> <file>',
      'write the selected configurations to a structure file, or with --format deepmd to a folder of systems',
    ),
  )
    .option('--format <format>', 'format; otherwise told from the name of the file')
    .option('--ase', 'extended XYZ in the names that ASE reads: stress (−virial/V) and momenta, with masses')
    .action(exportFile);
  sub(datasets, 'rename <dataset> <name>', 'give a dataset another name').action(rename);
  sub(datasets, 'remove <dataset>', 'remove a dataset from the project for good').action(remove);
}

function sub(datasets: Command, usageText: string, summary: string): Command {
  return datasets
    .command(usageText)
    .summary(summary)
    .description(summary[0].toUpperCase() + summary.slice(1) + '.')
    .option('--project <file>', 'project file, *.fwproj')
    .option('--json', 'print one JSON object');
}

function selecting(command: Command): Command {
  return command
    .option('--part <names>', 'only these parts of the split: train,test', names)
    .option('--tag <names>', 'only with one of these tags or config_types', names)
    .option('--flag <names>', `only with one of these flags: ${Object.keys(FLAG).join(', ')}`, flagList)
    .option('--with-excluded', 'also configurations that were excluded')
    .option('--positions <list>', 'only these, counted from 0: 3,7-12', usage(parsePositions));
}

/** --project and --json may stand before or after the subcommand's name. */
function common(command: Command): Common {
  const { project, json } = command.optsWithGlobals<{ project?: string; json?: boolean }>();
  const own =
    command.opts<{ project?: string }>().project ??
    command.parent?.opts<{ project?: string }>().project ??
    project;
  if (own === undefined) command.error("error: required option '--project <file>' not specified");
  return { project: own as string, json: json ?? false };
}

/** Opens the project, finds the dataset and does something with it. */
function withDataset<Result>(
  command: Command,
  name: string,
  work: (service: DatasetService, dataset: DatasetSummary, options: Common) => Result,
): Result {
  const options = common(command);
  using project = openProject(options.project);
  const service = new DatasetService(project);
  return work(service, service.get(name), options);
}

function list(options: Common): void {
  using project = openProject(options.project);
  const service = new DatasetService(project);
  const all = service.list().map((dataset) => ({ ...brief(dataset), ...partsOf(service, dataset.id) }));
  printResult(options.json ?? false, { project: project.path, datasets: all }, () =>
    all.length === 0
      ? 'The project has no datasets. Add one with: forcewright import FILE --project ' + options.project
      : table([
          [
            'dataset',
            'number',
            'configurations',
            'atoms',
            'species',
            'with energy',
            'forces',
            'virial',
            'parts',
          ],
          ...all.map((d) => [
            d.name,
            String(d.id),
            String(d.configurations),
            String(d.atoms),
            d.species.join(' '),
            String(d.with_energy),
            String(d.with_forces),
            String(d.with_virial),
            d.damaged === undefined ? partsText(d.parts) : 'damaged',
          ]),
        ]),
  );
}

/** A dataset whose columns are damaged is listed, and hides no other. */
function partsOf(service: DatasetService, id: number): { parts: Record<string, number>; damaged?: string } {
  try {
    return { parts: service.store.parts(id) };
  } catch (error) {
    if (!(error instanceof StoreError && error.reason === 'damaged')) throw error;
    return { parts: {}, damaged: error.message };
  }
}

function brief(dataset: DatasetSummary) {
  return {
    id: dataset.id,
    name: dataset.name,
    configurations: dataset.configurationCount,
    atoms: dataset.atomCount,
    species: dataset.species,
    with_energy: dataset.withEnergy,
    with_forces: dataset.withForces,
    with_virial: dataset.withVirial,
    properties: dataset.properties,
    reference: dataset.reference,
    hash: dataset.hash,
  };
}

function partsText(parts: Readonly<Record<string, number>>): string {
  const named = Object.entries(parts).filter(([part]) => part !== '');
  return named.length === 0 ? '–' : named.map(([part, count]) => `${part} ${count}`).join(', ');
}

function show(
  name: string,
  options: { rows: number; sort?: NumericColumn; descending?: boolean },
  command: Command,
): void {
  withDataset(command, name, (service, dataset, { json }) => {
    const rows = service.store.rows(dataset.id, {
      limit: options.rows,
      orderBy: options.sort,
      descending: options.descending,
    });
    const parts = service.store.parts(dataset.id);
    const tags = service.store.tags(dataset.id);
    const steps = service
      .steps(dataset.id)
      .map(({ description, count, undone }) => ({ description, count, undone }));
    const configurations = rows.map((row) => ({
      position: row.position,
      formula: row.formula,
      atoms: row.atoms,
      energy_ev_per_atom: row.energyPerAtom,
      max_force_ev_per_a: row.maxForce,
      volume_a3: row.volume,
      minimum_distance_a: row.minimumDistance,
      config_type: row.configType,
      part: row.split,
      weight: row.weight,
      excluded: row.excluded,
      flags: flagNames(row.flags),
      file_frame: row.sourceFrame,
      file_line: row.sourceLine,
      findings:
        row.flags === 0
          ? []
          : service.store.flagMessages(dataset.id, row.position).map((flag) => flag.message),
    }));
    const result: Json = {
      ...brief(dataset),
      source: dataset.source,
      findings: dataset.findings,
      split: dataset.split ?? null,
      parts,
      tags,
      steps,
      rows: configurations,
    };
    printResult(json ?? false, result, () => {
      const digits = (value: number | null, places: number) => (value === null ? '–' : value.toFixed(places));
      const head = [
        `${dataset.name}: ${dataset.configurationCount} configurations, ${dataset.atomCount} atoms, ${dataset.species.join(' ')}`,
        ...(dataset.reference === '' ? [] : [`reference: ${dataset.reference}`]),
        `parts: ${partsText(parts)}`,
        `tags: ${
          Object.entries(tags)
            .map(([tag, count]) => `${tag} ${count}`)
            .join(', ') || '–'
        }`,
        '',
      ];
      const body = table([
        [
          'position',
          'formula',
          'E (eV/atom)',
          'max F (eV/Å)',
          'V (Å³)',
          'd min (Å)',
          'type',
          'part',
          'flags',
        ],
        ...configurations.map((row) => [
          String(row.position),
          row.formula,
          digits(row.energy_ev_per_atom, 4),
          digits(row.max_force_ev_per_a, 3),
          digits(row.volume_a3, 1),
          digits(row.minimum_distance_a, 3),
          row.config_type ?? '–',
          row.excluded ? 'excluded' : (row.part ?? '–'),
          row.flags.join(' '),
        ]),
      ]);
      const findings = configurations.flatMap((row) =>
        row.findings.map((finding) => `${row.position}: ${finding}`),
      );
      return [...head, body, ...findings].join('\n');
    });
  });
}

function split(name: string, text: string, options: { seed: number }, command: Command): void {
  if (text !== 'none') usage(parseSplit)(text);
  withDataset(command, name, (service, dataset, { json }) => {
    if (text === 'none') service.unsplit(dataset.id);
    else service.split(dataset.id, parseSplit(text, options.seed));
    const parts = service.store.parts(dataset.id);
    printResult(
      json ?? false,
      { dataset: dataset.name, parts },
      () => `${dataset.name}: ${partsText(parts)}`,
    );
  });
}

/** Positions that the options select. */
function selected(
  service: DatasetService,
  id: number,
  options: SelectionOptions,
  withExcluded = false,
): Uint32Array {
  const matching = service.store.select(id, selectionOf(options, withExcluded));
  if (options.positions === undefined) return matching;
  const wanted = new Set(parsePositions(options.positions));
  const last = service.get(id).configurationCount - 1;
  const outside = [...wanted].find((position) => position > last);
  if (outside !== undefined) {
    throw new ForcewrightError(
      `The dataset has no configuration ${outside}: they are counted from 0 to ${last}.`,
    );
  }
  return matching.filter((position) => wanted.has(position));
}

function selectionOf(options: SelectionOptions, withExcluded = false): Selection {
  return {
    withExcluded: withExcluded || (options.withExcluded ?? false),
    ...(options.part && { parts: options.part }),
    ...(options.tag && { tags: options.tag }),
    ...(options.flag && { flags: options.flag as FlagName[] }),
  };
}

/** An unlimited selection for a change is more likely a slip than a wish. */
function limited(options: SelectionOptions, command: Command): void {
  const { part, tag: tags, flag, positions } = options;
  if ((part ?? tags ?? flag ?? positions) === undefined) {
    command.error('error: say which configurations: --part, --tag, --flag or --positions');
  }
}

function report(json: boolean | undefined, dataset: DatasetSummary, changed: number, what: string): void {
  const configurations = `${changed} ${changed === 1 ? 'configuration' : 'configurations'}`;
  printResult(
    json ?? false,
    { dataset: dataset.name, changed },
    () => `${dataset.name}: ${configurations} ${what}`,
  );
}

function tag(
  name: string,
  word: string,
  options: SelectionOptions & { remove?: boolean },
  command: Command,
): void {
  limited(options, command);
  withDataset(command, name, (service, dataset, { json }) => {
    const positions = selected(service, dataset.id, options);
    const changed = options.remove
      ? service.untag(dataset.id, positions, word)
      : service.tag(dataset.id, positions, word);
    report(json, dataset, changed, options.remove ? `without the tag ${word} now` : `tagged ${word}`);
  });
}

function exclude(name: string, options: SelectionOptions, command: Command): void {
  limited(options, command);
  withDataset(command, name, (service, dataset, { json }) => {
    report(json, dataset, service.exclude(dataset.id, selected(service, dataset.id, options)), 'excluded');
  });
}

function include(name: string, options: SelectionOptions, command: Command): void {
  withDataset(command, name, (service, dataset, { json }) => {
    const positions = selected(service, dataset.id, options, true);
    report(json, dataset, service.include(dataset.id, positions), 'included again');
  });
}

function weight(name: string, text: string, options: SelectionOptions, command: Command): void {
  limited(options, command);
  const value = real(0)(text);
  withDataset(command, name, (service, dataset, { json }) => {
    const positions = selected(service, dataset.id, options);
    report(json, dataset, service.reweight(dataset.id, positions, value), `weighted ${value}`);
  });
}

function check(name: string, options: { threshold: number; tolerance: number }, command: Command): void {
  withDataset(command, name, (service, dataset, { json }) => {
    const damaged = service.damaged(dataset.id);
    const { count, sentences } = service.flag(dataset.id, options);
    // what cannot be read is named already
    const units = damaged.length > 0 ? { sentences: [], unchecked: [] } : service.implausible(dataset.id);
    const findings = [...damaged, ...units.sentences, ...sentences];
    const { unchecked } = units;
    const result = { dataset: dataset.name, flagged: count, damaged: damaged.length, findings, unchecked };
    printResult(json ?? false, result, () =>
      [...(findings.length === 0 ? ['No duplicates and no outliers.'] : findings), ...unchecked].join('\n'),
    );
  });
}

function undo(name: string, _options: unknown, command: Command): void {
  withDataset(command, name, (service, dataset, { json }) => {
    const done = service.undo(dataset.id) ?? null;
    printResult(json ?? false, { dataset: dataset.name, undone: done }, () =>
      done === null ? 'Nothing to undo.' : `Undone: ${done}`,
    );
  });
}

function redo(name: string, _options: unknown, command: Command): void {
  withDataset(command, name, (service, dataset, { json }) => {
    const done = service.redo(dataset.id) ?? null;
    printResult(json ?? false, { dataset: dataset.name, redone: done }, () =>
      done === null ? 'Nothing to redo.' : `Done again: ${done}`,
    );
  });
}

async function exportFile(
  name: string,
  file: string,
  options: SelectionOptions & { format?: string; ase?: boolean },
  command: Command,
): Promise<void> {
  const { project: path, json } = common(command);
  using project = openProject(path);
  const service = new DatasetService(project);
  const dataset = service.get(name);
  const which =
    options.positions === undefined ? selectionOf(options) : selected(service, dataset.id, options);
  const written = await service.exportFile(dataset.id, which, file, options.format, {
    onNote: note,
    aseNames: options.ase,
  });
  printResult(
    json ?? false,
    { dataset: dataset.name, file, configurations: written },
    () => `${written} ${written === 1 ? 'configuration' : 'configurations'} written to ${file}`,
  );
}

function rename(name: string, newName: string, _options: unknown, command: Command): void {
  withDataset(command, name, (service, dataset, { json }) => {
    service.store.rename(dataset.id, newName);
    printResult(
      json ?? false,
      { dataset: newName, was: dataset.name },
      () => `${dataset.name} is now ${newName}`,
    );
  });
}

function remove(name: string, _options: unknown, command: Command): void {
  withDataset(command, name, (service, dataset, { json }) => {
    service.store.remove(dataset.id);
    printResult(json ?? false, { removed: dataset.name }, () => `${dataset.name} was removed`);
  });
}

function numericColumn(text: string): NumericColumn {
  const column = NUMERIC_COLUMNS.find((name) => name === text);
  if (column === undefined) throw new ForcewrightError(`Expected one of ${NUMERIC_COLUMNS.join(', ')}.`);
  return column;
}

function flagList(text: string): FlagName[] {
  return names(text).map((name) => {
    const flag = (Object.keys(FLAG) as FlagName[]).find((known) => known === name);
    usage(() => {
      if (flag === undefined) throw new ForcewrightError(`Expected some of ${Object.keys(FLAG).join(', ')}.`);
    })(name);
    return flag as FlagName;
  });
}

/** '3,7-9' as [3, 7, 8, 9]. */
function parsePositions(text: string): number[] {
  return text.split(',').flatMap((item) => {
    const match = /^\s*(\d+)(?:\s*-\s*(\d+))?\s*$/.exec(item);
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? match?.[1]);
    if (match === null || last < first || last - first > 1e7) {
      throw new ForcewrightError('Places counted from 0 were expected, such as 3,7-12.');
    }
    return Array.from({ length: last - first + 1 }, (_, k) => first + k);
  });
}
