/**
 * The job that imports structure files. Each file becomes one dataset (or all of them one, with `merge`). All of them
 * are saved in one transaction, together with their flags and the end of the job: a bad frame, a full disk or a process
 * killed at any moment leaves the project as it was, and a job that is resumed imports nothing twice.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { z } from 'zod';
import { ForcewrightError, StructureError } from '../../../src-compute/errors.ts';
import { fileOf } from '../../formats/deepmd/folder.ts';
import {
  FormatError,
  placeOf,
  readFrames,
  type FrameProblem,
  type LabelOptions,
} from '../../formats/index.ts';
import { storedName } from '../../store/datasets.ts';
import { addFlags, type Flagged } from '../../store/flags.ts';
import { derivedColumns, FLAG } from '../../store/configuration-row.ts';
import { DatasetWriter } from '../../store/dataset-writer.ts';
import type { JsonValue } from '../../store/json.ts';
import type { JobContext, JobRunner } from '../jobs/runner.ts';
import { weightOf } from '../../../src-compute/fitting/data/configuration-weight.ts';
import { parseSplit, splitDataset } from './splits.ts';
import { flagDataset } from './flags.ts';
import { DatasetChecks } from './dataset-checks.ts';
import { takenLabel, TakenLabels } from './taken-labels.ts';

export const importSettings = z.object({
  files: z.array(z.string()).min(1),
  /** Name of the dataset; the file's name otherwise. */
  name: z.string().min(1).optional(),
  /** All files into one dataset. */
  merge: z.boolean().optional(),
  skipBad: z.boolean().optional(),
  format: z.string().optional(),
  species: z.array(z.string()).optional(),
  energyKey: z.string().optional(),
  forcesKey: z.string().optional(),
  virialKey: z.string().optional(),
  stressKey: z.string().optional(),
  energyUnit: z.string().optional(),
  forceUnit: z.string().optional(),
  virialUnit: z.string().optional(),
  lengthUnit: z.string().optional(),
  propertyUnits: z.record(z.string(), z.string()).optional(),
  virialSign: z.union([z.literal(1), z.literal(-1)]).optional(),
  /** As on the command line: 'random:0.1'. */
  split: z.string().optional(),
  seed: z.number().int().optional(),
  /** Part of the split that each file becomes, for files that were published as parts. */
  fileParts: z.array(z.string().min(1)).optional(),
  /** Note of the reference method. */
  reference: z.string().optional(),
});
export type ImportSettings = z.infer<typeof importSettings>;

/** How labels are to be read: the part of the settings that a preview has, too. */
export function labelOptions(settings: LabelOptions): LabelOptions {
  const { energyKey, forcesKey, virialKey, stressKey, virialSign } = settings;
  const { energyUnit, forceUnit, virialUnit, lengthUnit, propertyUnits } = settings;
  return {
    energyKey,
    forcesKey,
    virialKey,
    stressKey,
    energyUnit,
    forceUnit,
    virialUnit,
    lengthUnit,
    ...(propertyUnits && { propertyUnits }),
    virialSign,
  };
}

/** What the import made. */
export const importResult = z.object({
  datasets: z.array(
    z.object({
      id: z.number(),
      name: z.string(),
      configurations: z.number(),
      atoms: z.number(),
      /** Bad frames that were left out. */
      skipped: z.number(),
      warnings: z.number(),
      /** Keys and columns that the labels were taken from; absent in results of older versions. */
      labels: z.array(takenLabel).optional(),
    }),
  ),
});
export type ImportedDataset = z.infer<typeof importResult>['datasets'][number];

/** Frames between two looks whether the import was cancelled. */
const FRAMES_PER_LOOK = 16;

/** Findings kept with a dataset; beyond that only their number. */
const FINDINGS_KEPT = 200;

export const importRunner: JobRunner = {
  kind: 'import',
  async run(context: JobContext): Promise<JsonValue> {
    const settings = importSettings.parse(context.settings);
    if (settings.split !== undefined) parseSplit(settings.split); // a wrong one is told before the work
    const sizes = await Promise.all(settings.files.map(fileSize));
    const total = sizes.reduce((sum, size) => sum + size, 0) || 1;
    const groups = settings.merge ? [settings.files] : settings.files.map((file) => [file]);
    using writer = new DatasetWriter(context.project);
    const groupsRead: GroupCounts[] = [];
    let done = 0;
    for (const files of groups) {
      const read = await importGroup(context, settings, files, writer, (bytes, message) =>
        context.progress({ fraction: (0.95 * (done + bytes)) / total, message }),
      );
      for (const file of files) done += sizes[settings.files.indexOf(file)];
      groupsRead.push(read);
    }
    context.throwIfCancelled();
    const configurations = groupsRead.reduce((sum, read) => sum + read.configurations, 0);
    context.progress({ fraction: 0.96, message: `saving ${configurations} configurations` });
    return save(context, writer, groupsRead);
  },
};

/** Saves what was read, its flags and the end of the job: all of it or nothing. */
function save(context: JobContext, writer: DatasetWriter, groups: readonly GroupCounts[]): JsonValue {
  let result: JsonValue = null;
  const sentences: string[] = [];
  writer.commitAll((project, ids) => {
    const datasets = ids.map((id, k) => {
      sentences.push(...flagDataset(project, id).sentences);
      return { id, name: storedName(project, id), ...groups[k] };
    });
    result = context.finish({ datasets }, project);
  });
  for (const sentence of sentences) context.log(sentence);
  context.progress({ fraction: 1, message: 'imported' });
  return result;
}

/** What was read into one dataset. */
type GroupCounts = Pick<ImportedDataset, 'configurations' | 'atoms' | 'skipped' | 'warnings' | 'labels'>;

async function fileSize(file: string): Promise<number> {
  try {
    const { size } = await stat(file);
    return size;
  } catch (error) {
    throw new ForcewrightError(`The file ${file} cannot be read.`, {
      remedy: 'Check that it exists and that you may read it.',
      cause: error,
    });
  }
}

/** Reads files into one dataset. */
async function importGroup(
  context: JobContext,
  settings: ImportSettings,
  files: readonly string[],
  writer: DatasetWriter,
  report: (bytes: number, message: string) => void,
): Promise<GroupCounts> {
  const findings = new Findings(context);
  const checks = new DatasetChecks();
  const taken = new TakenLabels();
  const warned: Flagged[] = [];
  const sources: JsonValue[] = [];
  const ends: number[] = [];
  let before = 0;
  for (const [index, file] of files.entries()) {
    let size = 0;
    const onProgress = (bytes: number) => {
      size = bytes;
      report(before + bytes, `${basename(file)}: ${writer.configurationCount} configurations`);
    };
    await importFile(context, settings, file, index, { writer, findings, checks, taken, warned, onProgress });
    ends.push(writer.configurationCount);
    before += size;
    const { size: bytes, mtimeMs } = await stat(file);
    sources.push({
      path: resolve(file),
      bytes,
      modified: mtimeMs,
      sha256: await fileDigest(file, context.signal),
    });
  }
  if (writer.configurationCount === 0) {
    throw new ForcewrightError(
      `${files.join(', ')}: no usable configuration was found, so nothing was imported.`,
      {
        remedy:
          findings.skipped > 0
            ? 'All frames were bad; the log of the job names them.'
            : 'Check that this is the right file.',
      },
    );
  }
  for (const message of checks.findings()) findings.add({ severity: 'warning', message });
  const { configurationCount: configurations, atomCount: atoms } = writer;
  writer.endDataset(
    {
      name: settings.name ?? datasetName(files[0]),
      reference: settings.reference ?? '',
      source: { files: sources, options: { ...settings, files: undefined } },
      findings: findings.kept,
    },
    (project, datasetId) => {
      addFlags(project, datasetId, warned);
      if (settings.split !== undefined)
        splitDataset(project, datasetId, parseSplit(settings.split, settings.seed ?? 0));
      settings.fileParts?.forEach((part, file) => {
        const first = ends[file - 1] ?? 0;
        const positions = Uint32Array.from({ length: (ends[file] ?? first) - first }, (_, n) => first + n);
        if (positions.length > 0) splitDataset(project, datasetId, { method: 'manual', positions, part });
      });
    },
  );
  const { skipped, warnings } = findings;
  return { configurations, atoms, skipped, warnings, labels: taken.list() };
}

interface ImportTarget {
  readonly writer: DatasetWriter;
  readonly findings: Findings;
  readonly checks: DatasetChecks;
  readonly taken: TakenLabels;
  /** Warnings about single configurations, such as a calculation that did not converge. */
  readonly warned: Flagged[];
  readonly onProgress: (bytes: number) => void;
}

async function importFile(
  context: JobContext,
  settings: ImportSettings,
  file: string,
  index: number,
  { writer, findings, checks, taken, warned, onProgress }: ImportTarget,
): Promise<void> {
  const { skipBad, format, species } = settings;
  const options = {
    skipBad,
    format,
    species,
    ...labelOptions(settings),
    signal: context.signal,
    onProgress,
    distances: true,
  };
  for await (const read of readFrames(file, options)) {
    const { configuration, frame, line, problems, labels, minimumDistance } = read;
    if (frame % FRAMES_PER_LOOK === 0) context.throwIfCancelled();
    for (const problem of problems) findings.add(problem);
    if (configuration === undefined) {
      findings.skipped++;
      continue;
    }
    try {
      const derived = derivedColumns(configuration, minimumDistance);
      const source = { sourceFile: index, sourceFrame: frame, sourceLine: line };
      writer.add(configuration, source, derived, weightOf(configuration));
      checks.add(configuration);
      taken.add(labels);
      if (problems.length > 0) {
        const message = problems.map((problem) => problem.message).join(' ');
        warned.push({ position: writer.configurationCount - 1, flag: FLAG.warning, score: null, message });
      }
    } catch (error) {
      if (!(error instanceof StructureError)) throw error;
      const problem: FrameProblem = { severity: 'error', message: error.message, file, frame, line };
      if (!skipBad) {
        throw new FormatError(`${file}, frame ${frame}, line ${line}: ${error.message}`, {
          file, frame, line, remedy: error.remedy || 'Correct the frame, or leave bad frames out with --skip-bad.', cause: error,
        }); // prettier-ignore
      }
      findings.add(problem);
      findings.skipped++;
    }
  }
}

/** What was found while reading, for the log and for the dataset. */
class Findings {
  readonly kept: JsonValue[] = [];
  skipped = 0;
  warnings = 0;
  private readonly context: JobContext;
  private total = 0;

  constructor(context: JobContext) {
    this.context = context;
  }

  add(problem: Pick<FrameProblem, 'severity' | 'message'> & Partial<FrameProblem>): void {
    const { severity, message, file, frame = 0, line = 0, byte } = problem;
    if (severity === 'warning') this.warnings++;
    if (++this.total > FINDINGS_KEPT) {
      if (this.total === FINDINGS_KEPT + 1)
        this.context.log('More findings of this kind are counted but not listed.', 'warning');
      return;
    }
    const place = file === undefined ? '' : `${basename(file)}, ${placeOf({ frame, line, byte })}: `;
    this.context.log(place + message, severity === 'error' ? 'error' : 'warning');
    this.kept.push(file === undefined ? { severity, message } : { severity, message, file, frame, line });
  }
}

/** Name of the file without folder and extensions. */
function datasetName(file: string): string {
  const name = basename(file).replace(/\.(?:gz|xz|bz2|zst)$/i, '');
  return name.replace(/\.[^.]+$/, '') || name;
}

async function fileDigest(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(await fileOf(file), { highWaterMark: 1 << 20, signal }))
    hash.update(chunk as Buffer);
  return hash.digest('hex');
}
