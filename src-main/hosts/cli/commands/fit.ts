/** `forcewright fit`: a potential from structure files with energies, forces and virials. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { FitError } from '../../../../src-compute/errors.ts';
import { DEFAULT_FIT_SETTINGS, type FitCheckpoint } from '../../../../src-compute/fitting/fit-settings.ts';
import { FIT_FORMS } from '../../../../src-compute/forms/fit-forms.ts';
import { partOf } from '../../../../src-compute/potentials/registry.ts';
import { writeYace } from '../../../services/export/yace-file.ts';
import { writeSnapFiles } from '../../../services/export/snap-files.ts';
import { decodeCheckpoint, encodeCheckpoint, resumeSentence } from '../../../services/fit/fit-runner.ts';
import { fitRequestSchema, type FitRequest } from '../../../services/fit/fit-request.ts';
import { sharedStructures } from '../../../services/datasets/data-findings.ts';
import { repulsionSentence } from '../../../services/fit/repulsion.ts';
import { runFit, type FitOutcome } from '../../../services/fit/fit-service.ts';
import { openSet } from '../../../services/fit/open-set.ts';
import {
  loadPotential,
  savePotential,
  writeFileAtomically,
} from '../../../services/potentials/potential-file.ts';
import { writeOrKeep } from '../../../platform/whole-file.ts';
import { addAutoOptions, autoRequest, searchText, type AutoFitOptions } from '../auto-fit-options.ts';
import { interruptible } from '../interrupt.ts';
import { coverageText, metricsTable } from '../metrics-table.ts';
import { keyedNumbers, names } from '../options.ts';
import { endProgress, note, printResult, showProgress } from '../output.ts';
import { addReadingOptions, readingOf, type ReadingOptions } from '../reading-options.ts';
import { addFormOptions, formOfModel, formRequest, formsHelp, refuse, tagList } from '../fit-form-options.ts';

interface FitCommandOptions extends AutoFitOptions, ReadingOptions {
  model: string;
  train: string[];
  test?: string[];
  out: string;
  weights?: Partial<Record<'energy' | 'force' | 'virial', number>>;
  scaling?: Partial<Record<'energy' | 'force', number>>;
  zbl: 'on' | 'off';
  uncertainty?: boolean;
  species?: string[];
  startFrom?: string;
  resume?: boolean;
  skipBad?: boolean;
  json?: boolean;
}

export function register(program: Command): void {
  const { weights } = DEFAULT_FIT_SETTINGS;
  const command = program
    .command('fit')
    .summary('fit a potential to first-principles data')
    .description(
      'Fits a potential of one of several forms.\n' +
        `${formsHelp()}\n` +
        'The objective of all is\n' +
        '  Σ over configurations of w_e ΔE²/N^p + w_f Σ|ΔF|²/N^q + w_v |ΔW|²/N^p\n' +
        'with energies in eV, forces in eV/Å, virials in eV and N atoms.',
    )
    .option('--model <form>', tagList(), 'mtp')
    .requiredOption(
      '--train <file>',
      'training structures, any format that import reads; given several times, all of them',
      collected,
    )
    .option('--test <file>', 'test structures: never seen by the fit; may be given several times', collected)
    .requiredOption(
      '--out <file>',
      'where the potential goes: *.potential.json (its text files are written beside it)',
    )
    .option(
      '--weights <list>',
      `weights, default energy=${weights.energy},force=${weights.force},virial=${weights.virial}`,
      keyedNumbers(['energy', 'force', 'virial']),
    )
    .option(
      '--scaling <list>',
      'exponents p and q of N, default energy=1,force=1',
      keyedNumbers(['energy', 'force']),
    )
    .option('--zbl <on|off>', 'repulsion of bare nuclei below the distances of the data', onOff, 'on')
    .option(
      '--uncertainty',
      'keep what predicts errors with the potential, and try it on the test data (default)',
    )
    .option('--no-uncertainty', 'leave it out: a smaller file, sooner')
    .option('--species <names>', 'names of the types where a file has only numbers: Si,O', names)
    .option('--start-from <potential>', 'mtp: start from the radial functions of this potential')
    .option('--resume', 'go on from the checkpoint beside --out')
    .option('--skip-bad', 'leave bad frames out instead of stopping at the first')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples: forcewright fit --level 16 --cutoff 5 --train Si_train.xyz --test Si_test.xyz --out Si.potential.json\n' +
        '          forcewright fit --model tensor --rank 2 --train Si_train.xyz --test Si_test.xyz --out Si.potential.json',
    )
    .action(run);
  addFormOptions(command);
  addAutoOptions(command);
  addReadingOptions(command);
}

/** Values of an option that may be given several times. */
function collected(value: string, earlier: readonly string[] = []): string[] {
  return [...earlier, value];
}

function onOff(text: string): 'on' | 'off' {
  if (text !== 'on' && text !== 'off') throw new FitError('--zbl takes on or off.');
  return text;
}

async function run(options: FitCommandOptions, command: Command): Promise<void> {
  const request = fitRequestOf(command, options);
  const out = options.out.endsWith('.json') ? options.out : `${options.out}.potential.json`;
  const checkpointFile = `${out}.checkpoint`;
  const reading = { skipBad: options.skipBad, species: options.species, ...readingOf(options) };
  using interrupt = interruptible();
  await using train = await openSet(options.train, reading, interrupt.signal);
  await using test =
    options.test === undefined ? undefined : await openSet(options.test, reading, interrupt.signal);
  for (const sentence of train.findings) note(`${options.train.join(', ')}: ${sentence}`);
  for (const sentence of test?.findings ?? []) note(`${options.test?.join(', ')}: ${sentence}`);
  const shared = sharedStructures(train.structures, test?.structures ?? []);
  for (const sentence of shared) note(`Warning: ${sentence}`);
  const initial =
    options.startFrom === undefined ? undefined : (await loadPotential(options.startFrom)).model;
  const resume = options.resume ? await readCheckpoint(checkpointFile) : undefined;
  if (options.resume && !resume && existsSync(out)) {
    throw new FitError(
      `There is no checkpoint ${checkpointFile} to go on from, and ${out} would be written over.`,
      {
        remedy: 'Give --out as the interrupted fit had it, or leave --resume out to begin anew.',
      },
    );
  }
  if (options.resume) note(resume ? resumeSentence(resume) : 'There is no checkpoint: starts anew.');
  const writes = new CheckpointWriter(checkpointFile);
  const outcome = await runFit(
    {
      name: basename(out).replace(/\.potential\.json$|\.json$/, ''),
      train: train.set,
      test: test?.set,
      request,
      data: [
        ...train.files.map((file) => ({ ...file, role: 'train' })),
        ...(test?.files ?? []).map((file) => ({ ...file, role: 'test' })),
      ],
      initial: initial && partOf(initial, 'moment-tensor'),
    },
    {
      signal: interrupt.signal,
      resume,
      onProgress: ({ fraction, message, etaSeconds }) => showProgress(fraction, message, etaSeconds),
      onCheckpoint: (checkpoint) => writes.write(checkpoint),
      onNote: (sentence, level) => note(level === 'warning' ? `Warning: ${sentence}` : sentence),
    },
  ).finally(endProgress);
  const files = await saveOutcome(out, outcome);
  for (const sentence of bareParts(files, outcome)) note(sentence);
  await writes.remove();
  const findings = { train: train.findings, test: test?.findings ?? [], shared };
  printResult(options.json ?? false, { ...fitResult(out, outcome), findings }, () => fitText(outcome, files));
}

/** What the options ask of a fit. @throws FitError for options without effect and values out of range */
export function fitRequestOf(command: Command, options: FitCommandOptions): FitRequest {
  const form = formOfModel(options.model);
  const given = Object.fromEntries(
    Object.entries(options).filter(([name]) => command.getOptionValueSource(name) === 'cli'),
  );
  if (options.startFrom !== undefined && form !== 'moment-tensor')
    refuse('--start-from', options.model, [FIT_FORMS['moment-tensor'].tag]);
  const auto = autoRequest(command, options);
  if (auto && !('auto' in FIT_FORMS[form].settings.shape))
    throw new FitError(`--auto does not search the settings of --model ${options.model}.`, {
      remedy: 'Leave --auto out, and compare fits of several settings.',
    });
  const request = formRequest(form, given);
  if (typeof request.level === 'number') request.level = evenLevel(request.level);
  return fitRequestSchema.parse({
    ...request,
    weights: {
      ...options.weights,
      energyScaling: options.scaling?.energy,
      forceScaling: options.scaling?.force,
    },
    ...(auto && { auto }),
    uncertainty: options.uncertainty,
    zbl: options.zbl === 'on',
  });
}

function evenLevel(level: number): number {
  if (level % 2 !== 0)
    throw new FitError(`The level should be even, and is ${level}.`, {
      remedy: `Use ${level - 1} or ${level + 1}.`,
    });
  return level;
}

/** Writes the document and, beside it, the texts that other programs read. */
export async function saveOutcome(out: string, outcome: FitOutcome): Promise<string[]> {
  const { mtpPieces } = await import('../../../../src-compute/potentials/moment-tensor/mtp-text.ts');
  await writeOrKeep(out, (path) => savePotential(path, outcome.document));
  const { model, name } = outcome.document;
  const snap = partOf(model, 'snap');
  if (snap) return [out, ...(await writeSnapFiles(out.replace(/(\.potential)?\.json$/, ''), snap, [name]))];
  const ace = partOf(model, 'ace');
  if (ace) return [out, await writeYace(out.replace(/(\.potential)?\.json$/, ''), ace)];
  const part = partOf(model, 'moment-tensor');
  if (!part) return [out];
  const mtp = out.replace(/(\.potential)?\.json$/, '.mtp');
  await writeOrKeep(mtp, (path) => writeFileAtomically(path, mtpPieces(part, outcome.document.name)));
  return [out, mtp];
}

/** A text of another program that holds the learnt part alone is not the potential where atoms come close. */
function bareParts(files: readonly string[], { repulsion }: FitOutcome): string[] {
  const mtp = files.find((file) => file.endsWith('.mtp'));
  if (mtp === undefined || repulsion === undefined) return [];
  const outer = Math.min(...repulsion.pairs.map(({ outer_a: radius }) => radius));
  return [
    `${mtp} holds the moment tensor alone, for MLIP's programs: below ${outer.toFixed(2)} Å it has no repulsion, and what it gives there means nothing. Take the document, or its KIM model, where atoms may come close.`,
  ];
}

function fitResult(out: string, outcome: FitOutcome) {
  const { parameters, seconds, iterations, train, test, warnings, document } = outcome;
  const { report } = document.provenance;
  return {
    potential: out,
    parameters,
    seconds,
    iterations,
    train,
    test,
    passes: report.passesOverTheData,
    ridge: report.ridge,
    condition_number: report.conditionNumber,
    effective_rank: report.effectiveRank,
    degrees_of_freedom: report.degreesOfFreedom,
    stopped_because: report.stoppedBecause,
    reference_energies: report.referenceEnergies,
    repulsion: outcome.repulsion,
    uncertainty: outcome.coverage && { ...outcome.coverage },
    auto: outcome.search && { ...outcome.search },
    warnings: [...warnings],
  };
}

/** What the fit says at its end. */
export function fitText(outcome: FitOutcome, files: readonly string[]): string {
  const { report } = outcome.document.provenance;
  const determined =
    report.effectiveRank === undefined
      ? `The data determine ${Number(report.degreesOfFreedom).toFixed(0)} of ${String(report.linearColumns)} coefficients`
      : `Effective rank ${String(report.effectiveRank)} of ${String(report.linearColumns)}`;
  return [
    ...(outcome.search ? [searchText(outcome.search), ''] : []),
    metricsTable({ train: outcome.train, test: outcome.test }),
    '',
    `${outcome.parameters} parameters in ${outcome.seconds.toFixed(1)} s, ${Number(report.passesOverTheData).toFixed(1)} passes over the data; ${String(report.stoppedBecause)}.`,
    `${determined}, condition number ${Number(report.conditionNumber).toExponential(1)}, ridge ${Number(report.ridge).toPrecision(3)}.`,
    ...(outcome.coverage ? [coverageText(outcome.coverage)] : []),
    ...(outcome.repulsion ? [repulsionSentence(outcome.repulsion)] : []),
    `Written: ${files.join(', ')}`,
  ].join('\n');
}

async function readCheckpoint(file: string): Promise<FitCheckpoint | undefined> {
  const data = await readFile(file).catch(() => undefined);
  if (data === undefined) return undefined;
  const checkpoint = decodeCheckpoint(data);
  if (checkpoint?.key === undefined) {
    throw new FitError(
      `${file} is no checkpoint that this version can go on from, or it was damaged or changed.`,
      {
        remedy: 'Leave --resume out to begin anew.',
      },
    );
  }
  return checkpoint;
}

/** Writes checkpoints one after the other, always whole. */
class CheckpointWriter {
  private readonly file: string;
  private last: Promise<void> = Promise.resolve();
  private failed = false;

  constructor(file: string) {
    this.file = file;
  }

  write(checkpoint: FitCheckpoint): void {
    const text = new TextDecoder().decode(encodeCheckpoint(checkpoint));
    this.last = this.last
      .then(() => writeFileAtomically(this.file, text))
      .catch((error: unknown) => {
        // the fit itself can go on; it only cannot be resumed from here
        if (!this.failed) note(`Warning: ${error instanceof Error ? error.message : String(error)}`);
        this.failed = true;
      });
  }

  async remove(): Promise<void> {
    await this.last;
    const { rm } = await import('node:fs/promises');
    await rm(this.file, { force: true });
  }
}
