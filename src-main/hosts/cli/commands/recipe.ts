/** `forcewright recipe NAME`: named experiments that end in a table and a figure. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { z } from 'zod';
import { caveatSentence } from '../../../../src-compute/caveats.ts';
import { ForcewrightError } from '../../../../src-compute/errors.ts';
import { readConfigurations, writeConfigurations } from '../../../formats/index.ts';
import { LammpsSession } from '../../../services/export/lammps-session.ts';
import { csvPieces, writeFigure } from '../../../services/figures/output.ts';
import { loadPotential, writeFileAtomically } from '../../../services/potentials/potential-file.ts';
import {
  checkPlace,
  RECIPE_PLACES,
  RECIPES,
  runInBoth,
  type Recipe,
  type RecipeContext,
  type RecipeResult,
} from '../../../services/recipes/index.ts';
import { knowledgeOf } from '../../../services/recipes/recipe.ts';
import { interruptible } from '../interrupt.ts';
import { names, real, whole } from '../options.ts';
import { endProgress, note, printResult, showProgress, table } from '../output.ts';
import { ResultFiles } from '../result-files.ts';
import { addStructureReadingOptions, readingOf } from '../reading-options.ts';
import { addEngineOptions, engineChoice, loadStructure, type EngineOptions } from '../simulation-options.ts';

interface RecipeOptions extends EngineOptions {
  engine: 'here' | 'lammps' | 'both';
  ranks: number;
  lammps?: string;
  structure?: string;
  reference?: string;
  /** Ends of a path. */
  initial?: string;
  final?: string;
  out?: string;
  json?: boolean;
  [setting: string]: unknown;
}

/** What a form needs to know about a setting, from the JSON schema of the recipe. */
const fieldSchema = z.object({
  type: z.enum(['number', 'integer', 'string', 'array', 'boolean']),
  description: z.string().default(''),
  default: z
    .union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number()]))])
    .optional(),
  enum: z.array(z.string()).optional(),
});

export function register(program: Command): void {
  const command = program
    .command('recipe')
    .summary('named experiments with a table and a figure')
    .description('Runs a named experiment. `forcewright recipe NAME --help` lists its settings.');
  for (const recipe of RECIPES) addRecipe(command, recipe);
}

function addRecipe(parent: Command, recipe: Recipe): void {
  const command = addEngineOptions(
    parent.command(recipe.name).summary(recipe.title).description(recipe.description).exitOverride(),
  )
    .option('--structure <file>', 'the structure to work on; FILE@k means frame k, from 0')
    .addOption(
      new Option(
        '--engine <program>',
        'where to compute: here, in LAMMPS, or both with the curves laid over each other',
      )
        .choices(RECIPE_PLACES)
        .default('here'),
    )
    .option('--ranks <n>', 'MPI processes of LAMMPS', whole(1, 4096), 1)
    .option('--lammps <path>', 'the LAMMPS to use; otherwise FORCEWRIGHT_LAMMPS or lmp on the PATH')
    .option('--out <folder>', 'folder for table (CSV), figure (SVG), values (JSON) and structures (XYZ)')
    .option('--json', 'print one JSON object');
  addStructureReadingOptions(command);
  if (recipe.name === 'rdf') command.option('--reference <file>', 'structures to compare with');
  if (recipe.name === 'neb') {
    command
      .option('--initial <file>', 'where the path begins; FILE@k means frame k, from 0')
      .option('--final <file>', 'where it ends, the same atoms in the same order');
  }
  const { properties, required } = z
    .object({ properties: z.record(z.string(), fieldSchema), required: z.array(z.string()).default([]) })
    .parse(z.toJSONSchema(recipe.settings, { io: 'input' }));
  for (const [key, field] of Object.entries(properties)) {
    const flag = `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    const text = field.enum ? `${field.description} (${field.enum.join(', ')})` : field.description;
    const parse = parserOf(field);
    if (required.includes(key)) command.requiredOption(`${flag} <value>`, text, parse);
    else
      command.option(
        `${flag} <value>`,
        text + (field.default === undefined ? '' : ` (default: ${[field.default].flat().join(',')})`),
        parse,
      );
  }
  command.action(async (options: RecipeOptions) => run(recipe, Object.keys(properties), options));
}

function parserOf(field: z.output<typeof fieldSchema>): (text: string) => unknown {
  switch (field.type) {
    case 'number':
      return real();
    case 'integer':
      return whole(Number.MIN_SAFE_INTEGER);
    case 'array':
      return names;
    case 'boolean':
      return (text) => text === 'true' || text === 'on';
    case 'string':
      return (text) => {
        if (field.enum && !field.enum.includes(text)) {
          throw new InvalidArgumentError(`One of ${field.enum.join(', ')} was expected.`);
        }
        return text;
      };
  }
}

async function run(recipe: Recipe, keys: readonly string[], options: RecipeOptions): Promise<void> {
  using interrupt = interruptible();
  const { model, document } = await loadPotential(options.potential, options.species);
  const first = options.structure ?? options.initial;
  if ((options.initial === undefined) !== (options.final === undefined)) {
    throw new ForcewrightError('A path has two ends.', { remedy: 'Give both --initial and --final.' });
  }
  const structure = first === undefined ? undefined : await loadStructure(first, model.species, options);
  const reference =
    options.final !== undefined
      ? [await loadStructure(options.final, model.species, options)]
      : options.reference === undefined
        ? undefined
        : await readConfigurations(options.reference, { species: model.species, ...readingOf(options) });
  const began = performance.now();
  const settings = Object.fromEntries(
    keys.flatMap((key) => (options[key] === undefined ? [] : [[key, options[key]]])),
  );
  const context: RecipeContext = {
    ...(document ? knowledgeOf(document) : { model }),
    structure,
    reference,
    engine: engineChoice(options),
    signal: interrupt.signal,
    onProgress: showProgress,
  };
  const result = await runWhere(recipe, settings, context, options).finally(endProgress);
  const seconds = (performance.now() - began) / 1000;
  const results = new ResultFiles();
  let files: string[] = [];
  if (options.out !== undefined)
    await results.write(options.out, async (folder) => void (files = await write(folder, recipe, result)));
  for (const caveat of result.caveats ?? []) note(caveatSentence(caveat));
  for (const sentence of result.notes) note(sentence);
  printResult(
    options.json ?? false,
    { recipe: recipe.name, seconds, ...result.values, caveats: caveatsOf(result), files },
    () =>
      [
        ...result.tables.filter(({ rows }) => rows.length <= 60).map(tableText),
        ...files.map((f) => `wrote ${f}`),
      ].join('\n\n'),
  );
  results.check();
}

async function runWhere(
  recipe: Recipe,
  settings: unknown,
  context: RecipeContext,
  { engine, ranks, lammps }: RecipeOptions,
): Promise<RecipeResult> {
  if (engine === 'here') return await recipe.run(settings, context);
  checkPlace(recipe, engine);
  await using session = await LammpsSession.open(context.model, { lammps, ranks, signal: context.signal });
  return engine === 'both'
    ? await runInBoth(recipe, settings, context, session)
    : await recipe.run(settings, { ...context, lammps: session });
}

/** Plain JSON. */
const caveatsOf = ({ caveats = [] }: RecipeResult) => caveats.map((caveat) => ({ ...caveat }));

const tableText = ({ title, columns, rows }: RecipeResult['tables'][number]) =>
  `${title}\n${table([[...columns], ...rows.map((row) => row.map(String))])}`;

async function write(folder: string, recipe: Recipe, result: RecipeResult): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const files: string[] = [];
  const add = (name: string) => {
    const path = join(folder, name);
    files.push(path);
    return path;
  };
  await writeFileAtomically(
    add(`${recipe.name}.json`),
    JSON.stringify({ ...result.values, caveats: caveatsOf(result), notes: result.notes }, null, 1) + '\n',
  );
  for (const [k, figure] of result.figures.entries()) {
    const stem = k === 0 ? recipe.name : `${recipe.name}-${k + 1}`;
    await writeFileAtomically(add(`${stem}.csv`), csvPieces(figure));
    await writeFigure(add(`${stem}.svg`), figure);
  }
  if (result.structures && result.structures.length > 0) {
    await writeConfigurations(add(`${recipe.name}.xyz`), undefined, result.structures);
  }
  return files;
}
