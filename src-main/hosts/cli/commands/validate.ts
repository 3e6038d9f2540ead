/** `forcewright validate`: is a potential safe to use? Checks that fit into the time, and one report with a verdict. */
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Option, type Command } from 'commander';
import { ForcewrightError } from '../../../../src-compute/errors.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { readFrames, writeConfigurations } from '../../../formats/index.ts';
import { loadPotential, writeFileAtomically } from '../../../services/potentials/potential-file.ts';
import { knowledgeOf } from '../../../services/recipes/recipe.ts';
import { findChromium, writePdf } from '../../../services/report/pdf.ts';
import { CHECKS } from '../../../services/validation/checks/index.ts';
import { PLANS, type PlanName } from '../../../services/validation/check.ts';
import { materialOf } from '../../../services/validation/material.ts';
import { PLAN_WORDS } from '../../../services/validation/plan.ts';
import { referenceFile, referencesOf } from '../../../services/validation/references.ts';
import { validationJson } from '../../../services/validation/result-json.ts';
import { stateFromJson, stateToJson } from '../../../services/validation/state.ts';
import { readJson, readThresholds } from '../../../services/validation/thresholds.ts';
import { validate, type ValidatedPotential, type Validation } from '../../../services/validation/validate.ts';
import { validationHtml } from '../../../services/validation/validation-html.ts';
import { interruptible } from '../interrupt.ts';
import { names, oneOf, real, whole } from '../options.ts';
import { endProgress, note, printResult, showProgress, table } from '../output.ts';
import { addStructureReadingOptions, readingOf, type ReadingOptions } from '../reading-options.ts';
import { ResultFiles } from '../result-files.ts';
import { loadStructure } from '../simulation-options.ts';
import { spokenDeviation, spokenValue } from '../../../services/validation/judge.ts';

interface ValidateOptions extends Pick<ReadingOptions, 'format' | 'lengthUnit'> {
  potential: string[];
  species?: string[];
  structure?: string;
  data?: string;
  plan: string;
  seconds?: number;
  checks?: string[];
  reference?: string;
  published: boolean;
  thresholds?: string;
  threads: number;
  out?: string;
  resume?: boolean;
  pdf?: boolean;
  json?: boolean;
}

const STATE = 'validation.state.json';

export function register(program: Command): void {
  const command = program
    .command('validate')
    .summary('is a potential safe to use? one report with a verdict')
    .description(
      'Runs the checks that fit into the time: lattice, equation of state, elastic constants, phonons, vacancy, energy\n' +
        'conservation, short distances, heating and pressing until it gives way, melting. Ends in a verdict and a report:\n' +
        'every value with its reference, deviation and meaning.',
    )
    .requiredOption(
      '--potential <file>',
      'a potential; give the option again for others, side by side',
      (file: string, list: string[] | undefined) => [...(list ?? []), file],
    )
    .option('--species <names>', 'elements of the types of an .mtp file, in order: Si,O', names)
    .option('--structure <file>', 'the crystal; FILE@k for frame k (from 0)')
    .option('--data <file>', 'a dataset: its crystal of least energy is the material')
    .addOption(
      new Option(
        '--plan <name>',
        'how long it may take: quick (two-minutes), standard (twenty-minutes), long (overnight)',
      )
        .default('quick')
        .argParser(oneOf(...PLANS, ...Object.keys(PLAN_WORDS))),
    )
    .option('--seconds <s>', 'another time for the plan', real(1, 1e7))
    .option('--checks <names>', `only these: ${CHECKS.map(({ name }) => name).join(',')}`, names)
    .option(
      '--reference <file>',
      'values to compare with: {"c11_gpa": 151.4, "vacancy_ev": {"value": 2.8, "source": "…"}}',
    )
    .option('--no-published', 'compare with the reference file alone, not with published values')
    .option(
      '--thresholds <file>',
      'other thresholds: {"stiffness": {"good": 0.05, "fair": 0.1, "reason": "…"}}',
    )
    .option('--threads <n>', 'threads', whole(1, 256), 1)
    .option('--out <folder>', 'folder for the report (HTML), values (JSON) and structures (XYZ)')
    .option('--resume', 'go on with what the folder holds of a run that was stopped')
    .option('--pdf', 'also print the report to PDF, through a Chromium of this machine')
    .option('--json', 'print one JSON object: verdict, checks, potentials, files')
    .addHelpText(
      'after',
      '\nExample: forcewright validate --potential Si.potential.json --plan quick --out Si-validation',
    );
  addStructureReadingOptions(command);
  command.action(run);
}

async function run(options: ValidateOptions): Promise<void> {
  using interrupt = interruptible();
  if (options.resume && options.out === undefined) {
    throw new ForcewrightError('There is no folder to go on from.', { remedy: 'Name it with --out.' });
  }
  const unknown = options.checks?.find((name) => !CHECKS.some((check) => check.name === name));
  if (unknown !== undefined) {
    throw new ForcewrightError(`There is no check "${unknown}".`, {
      remedy: `Known are ${CHECKS.map(({ name }) => name).join(', ')}.`,
    });
  }
  const potentials = await potentialsOf(options);
  const references =
    options.reference === undefined
      ? undefined
      : referencesOf(await readJson(options.reference, referenceFile, 'references'));
  const thresholds = options.thresholds === undefined ? undefined : await readThresholds(options.thresholds);
  const material = await materialFor(options, potentials[0].knowledge.model.species);
  if (options.out !== undefined) await mkdir(options.out, { recursive: true });
  const state = options.out === undefined ? undefined : join(options.out, STATE);
  const resume =
    options.resume && state !== undefined && existsSync(state)
      ? stateFromJson(await readFile(state, 'utf8'))
      : undefined;
  const validation = await validate(
    {
      potentials,
      ...material,
      plan: planOf(options.plan),
      seconds: options.seconds,
      only: options.checks,
      references,
      published: options.published,
      thresholds,
      engine: { threads: options.threads },
    },
    {
      signal: interrupt.signal,
      onProgress: showProgress,
      resume,
      onState: async (now) => {
        if (state !== undefined) await writeFileAtomically(state, stateToJson(now));
      },
    },
  ).finally(endProgress);
  const results = new ResultFiles();
  const files =
    options.out === undefined
      ? []
      : await write(options.out, validation, options.pdf ?? false, results, interrupt.signal);
  printResult(options.json ?? false, { ...validationJson(validation), files }, () =>
    textOf(validation, files),
  );
  results.check();
}

const planOf = (word: string): PlanName => PLAN_WORDS[word] ?? PLANS.find((name) => name === word) ?? 'quick';

async function potentialsOf({ potential, species }: ValidateOptions): Promise<ValidatedPotential[]> {
  const loaded: ValidatedPotential[] = [];
  for (const path of potential) {
    const { model, document, name } = await loadPotential(path, species);
    loaded.push({ name: document?.name ?? name, knowledge: document ? knowledgeOf(document) : { model } });
  }
  // two files of one name are told apart by their paths
  const count = (name: string) => loaded.filter((other) => other.name === name).length;
  return loaded.map((item, k) =>
    count(item.name) > 1 ? { ...item, name: `${item.name} (${basename(potential[k])})` } : item,
  );
}

async function materialFor(
  options: ValidateOptions,
  species: readonly string[],
): Promise<{ structure?: Configuration; origin?: string }> {
  if (options.structure !== undefined)
    return {
      structure: await loadStructure(options.structure, species, options),
      origin: `The structure is that of ${basename(options.structure)}.`,
    };
  if (options.data === undefined) return {};
  const frames: Configuration[] = [];
  for await (const { configuration } of readFrames(options.data, { species, ...readingOf(options) }))
    if (configuration) frames.push(configuration);
  const found = materialOf(frames, basename(options.data));
  if (!found)
    note(
      `No frame of ${options.data} is a crystal with an energy: the lattice of least energy is taken instead.`,
    );
  return { ...found };
}

async function write(
  folder: string,
  validation: Validation,
  pdf: boolean,
  results: ResultFiles,
  signal: AbortSignal,
): Promise<string[]> {
  const path = (name: string) => join(folder, name);
  const { html } = await validationHtml(validation);
  await results.write(path('validation.html'), (file) => writeFileAtomically(file, html));
  await results.write(path('validation.json'), (file) =>
    writeFileAtomically(file, JSON.stringify(validationJson(validation), null, 1) + '\n'),
  );
  const files = [path('validation.html'), path('validation.json')];
  for (const [k, { checks }] of validation.potentials.entries()) {
    for (const { name, structures } of checks) {
      if (structures.length === 0) continue;
      const file = path(validation.potentials.length > 1 ? `${k + 1}-${name}.xyz` : `${name}.xyz`);
      await results.write(file, (to) => writeConfigurations(to, undefined, structures));
      files.push(file);
    }
  }
  if (pdf) {
    if (findChromium() === undefined) note('There is no Chromium on this machine: the report is HTML only.');
    else {
      await writePdf(html, path('validation.pdf'), signal);
      files.push(path('validation.pdf'));
    }
  }
  return files;
}

function textOf({ potentials }: Validation, files: readonly string[]): string {
  const parts = potentials.map(({ name, verdict, checks, leftOut }) => {
    const rows = checks.flatMap((check) =>
      check.values.map((value) => [
        value.title,
        spokenValue(value),
        value.reference === null ? '–' : String(value.reference.value),
        spokenDeviation(value),
        value.judgement ?? '',
      ]),
    );
    return [
      name,
      ...verdict,
      ...(rows.length > 0
        ? ['', table([['value', 'result', 'reference', 'deviation', 'grade'], ...rows])]
        : []),
      ...(leftOut.length > 0 ? ['', ...leftOut] : []),
    ].join('\n');
  });
  return [...parts, files.map((file) => `wrote ${file}`).join('\n')]
    .filter((part) => part !== '')
    .join('\n\n');
}
