/**
 * Structure files: detection, reading as a stream of frames, writing. To add a format, write its file and add one
 * line to FORMATS.
 */
import { createWriteStream, existsSync } from 'node:fs';
import { basename } from 'node:path';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { CancelledError } from '../../src-compute/errors.ts';
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { writeWhole, writeWholeFolder } from '../platform/whole-file.ts';
import { checkConfiguration, withSoundProperties, type FoundOnTheWay } from './checks.ts';
import { extendedXyz } from './extended-xyz/index.ts';
import {
  ByteFailure,
  FormatError,
  FrameFailure,
  type FrameProblem,
  type ReadFrame,
  type ReadOptions,
  type StructureFormat,
  type WriteOptions,
} from './format.ts';
import { PACKED_ENDING } from './byte-source.ts';
import { cutNumber } from './cut-number.ts';
import { withIsotopes } from './species.ts';
import { TextInput } from './text-input.ts';
import { lookAlike, unreadKind, type UnreadKind } from './unread.ts';
import { abacusOutput } from './abacus-output.ts';
import { abacusDump } from './abacus-dump.ts';
import { aimsOutput } from './aims-output.ts';
import { castepOutput } from './castep-output.ts';
import { cp2kOutput } from './cp2k-output.ts';
import { cp2kXyz } from './cp2k-xyz.ts';
import { ipiXyz } from './ipi-xyz.ts';
import { openmxMd } from './openmx-md.ts';
import { openmxOutput } from './openmx-output.ts';
import { gpumdXyz } from './gpumd-xyz.ts';
import { gaussianOutput } from './gaussian-output.ts';
import { orcaOutput } from './orca-output.ts';
import { aseTrajectory } from './ase-trajectory.ts';
import { deepmd } from './deepmd/index.ts';
import { fileOf } from './deepmd/folder.ts';
import { npz } from './numpy/npz.ts';
import { cif } from './cif/index.ts';
import { espressoOutput } from './espresso-output.ts';
import { espressoXml } from './espresso-xml.ts';
import { lammpsData } from './lammps-data/index.ts';
import { lammpsDump } from './lammps-dump/index.ts';
import { mlipCfg } from './mlip-cfg/index.ts';
import { poscar } from './poscar/index.ts';
import { pymatgenJson } from './pymatgen-json/index.ts';
import { parquet } from './parquet.ts';
import { vaspH5 } from './vasp-h5.ts';
import { vaspOutcar } from './vasp-outcar.ts';
import { vaspXdatcar } from './vasp-xdatcar.ts';
import { vaspXml } from './vasp-xml.ts';
import { plainXyz } from './xyz.ts';

export { checkConfiguration, checkLabels } from './checks.ts';
export { checkDataset, CheckedWindow } from './dataset-checks.ts';
export { FormatError } from './format.ts';
export type {
  FrameProblem,
  LabelOptions,
  LabelSources,
  ReadFrame,
  ReadOptions,
  StructureFormat,
  TakenName,
  WriteOptions,
} from './format.ts';

/** Every format, in the order in which a file is offered to them: the ones that are sure of themselves first. */
export const FORMATS: readonly StructureFormat[] = [
  aseTrajectory,
  npz,
  vaspH5,
  parquet,
  cp2kXyz,
  ipiXyz,
  openmxMd,
  extendedXyz,
  plainXyz,
  mlipCfg,
  vaspXml,
  espressoXml,
  pymatgenJson,
  vaspOutcar,
  espressoOutput,
  cp2kOutput,
  aimsOutput,
  abacusOutput,
  abacusDump,
  gaussianOutput,
  orcaOutput,
  castepOutput,
  openmxOutput,
  lammpsDump,
  lammpsData,
  cif,
  vaspXdatcar,
  poscar,
  deepmd,
  gpumdXyz,
];

const HEAD_LENGTH = 64 << 10;

/**
 * The format of a file, told from its beginning and, where that does not decide, from its name.
 * @throws FormatError when the file cannot be read or no format knows it
 */
export async function detectFormat(
  path: string,
  options: { signal?: AbortSignal } = {},
): Promise<StructureFormat> {
  await using input = await TextInput.open(await fileOf(path), options);
  return await detectInput(input); // awaited here: the input is closed on return
}

async function detectInput(input: TextInput): Promise<StructureFormat> {
  const head = await input.head(HEAD_LENGTH);
  const file = input.file;
  if (head.trim() === '') throw new FormatError(`${file} is empty.`, { file });
  const known = (kind: UnreadKind) =>
    new FormatError(`${file} is ${kind.is}; files of this kind are not read.`, { file, remedy: kind.remedy });
  const binary = FORMATS.find((format) => format.binary === true && format.recognise(head));
  if (binary !== undefined) return binary;
  if (head.includes('\0')) {
    const kind = unreadKind(head, file);
    if (kind !== undefined) throw known(kind);
    throw new FormatError(`${file} is a binary file; expected a text file, compressed or not.`, { file });
  }
  const other = lookAlike(head);
  if (other !== undefined) throw known(other);
  const byContent = FORMATS.find((format) => format.binary !== true && format.recognise(head));
  if (byContent !== undefined) return byContent;
  const kind = unreadKind(head, file);
  if (kind !== undefined) throw known(kind);
  const byName = formatOfName(file);
  if (byName !== undefined) return byName;
  throw new FormatError(`The format of ${file} is not known: neither its content nor its name tells.`, {
    file,
    remedy: `Name the format; known are ${FORMATS.map((format) => format.name).join(', ')}.`,
  });
}

/** The format that a file name tells, .gz, .xz and the like left aside; undefined when it tells none. */
export function formatOfName(path: string): StructureFormat | undefined {
  const name = basename(path).replace(PACKED_ENDING, '');
  return (
    FORMATS.find((format) => format.fileNames?.test(name) === true) ??
    FORMATS.find((format) => format.extensions.some((extension) => name.toLowerCase().endsWith(extension)))
  );
}

/**
 * A format by its short name.
 * @throws FormatError when there is none
 */
function formatByName(name: string, file: string): StructureFormat {
  const format = FORMATS.find((candidate) => candidate.name === name);
  if (format === undefined) {
    throw new FormatError(`There is no format "${name}".`, {
      file,
      remedy: `Known are ${FORMATS.map((candidate) => candidate.name).join(', ')}.`,
    });
  }
  return format;
}

/**
 * Frames of a file, one after another; memory is bounded by the largest frame.
 * @throws FormatError at the first bad frame, unless options.skipBad; then bad frames come without a configuration
 */
export async function* readFrames(name: string, options: ReadOptions = {}): AsyncGenerator<ReadFrame> {
  const path = await fileOf(name);
  await using resources = new AsyncDisposableStack();
  const input = resources.use(await TextInput.open(path, options));
  const format = options.format === undefined ? await detectInput(input) : formatByName(options.format, path);
  refuseForeignKeys(format, path, options);
  const parser = format.open(input, { file: path, options });
  resources.defer(async () => parser.close?.());
  for (let frame = 0; ; frame++) {
    let failure: FrameFailure | undefined;
    try {
      const parsed = await parser.next();
      if (parsed === undefined) break;
      const { line, warnings = [], labels } = parsed;
      const cut = cutNumber(input);
      const { configuration, problems: leftOut } = withSoundProperties(withIsotopes(parsed.configuration));
      const found: FoundOnTheWay | undefined = options.distances === true ? {} : undefined;
      const problems: FrameProblem[] = [];
      for (const { message, line: at = line } of [
        ...warnings,
        ...(cut === undefined ? [] : [{ message: cut, line: input.line }]),
      ])
        problems.push({ severity: 'warning', message, file: path, frame, line: at });
      for (const problem of leftOut) problems.push({ ...problem, file: path, frame, line });
      for (const problem of checkConfiguration(configuration, found))
        problems.push({ ...problem, file: path, frame, line });
      const error = problems.find((problem) => problem.severity === 'error');
      if (error !== undefined && options.skipBad !== true) throw stopped(error, SKIP);
      yield error === undefined
        ? readFrame({ configuration, frame, line, problems }, labels, found)
        : { frame, line, problems };
    } catch (thrown) {
      if (!(thrown instanceof FrameFailure)) throw thrown;
      failure = thrown;
    }
    if (failure !== undefined) {
      const problem: FrameProblem = {
        severity: 'error',
        message: failure.message,
        file: path,
        frame,
        line: failure.line ?? Math.max(1, input.line),
        ...(failure instanceof ByteFailure && failure.byte !== undefined ? { byte: failure.byte } : {}),
      };
      if (options.skipBad !== true) throw stopped(problem, failure.remedy === '' ? SKIP : failure.remedy);
      yield { frame, line: Math.max(1, parser.frameLine), problems: [problem] };
      if (!(await parser.recover())) break;
    }
  }
}

/** Field by field: spreading objects costs more than checking a small frame. */
function readFrame(
  read: { -readonly [Key in keyof ReadFrame]: ReadFrame[Key] },
  labels: ReadFrame['labels'],
  found: FoundOnTheWay | undefined,
): ReadFrame {
  if (labels !== undefined) read.labels = labels;
  if (found?.minimumDistance !== undefined) read.minimumDistance = found.minimumDistance;
  return read;
}

/** Units and keys of labels can be chosen only where they differ from file to file. */
function refuseForeignKeys(format: StructureFormat, file: string, options: ReadOptions): void {
  if (format.namedLabels === true) return;
  const { virialKey, stressKey, energyUnit, forceUnit, virialUnit, lengthUnit, propertyUnits } = options;
  if (
    [virialKey, stressKey, energyUnit, forceUnit, virialUnit, lengthUnit, propertyUnits].every(
      (word) => word === undefined,
    )
  )
    return;
  throw new FormatError(`The labels and units of ${format.title} are fixed by the format; ${file} is one.`, {
    file,
    remedy: 'Leave the keys and units of labels out.',
  });
}

const SKIP = 'Correct the frame, or leave bad frames out with --skip-bad.';

/** 'frame 3, line 17', of binary files 'frame 3, byte 1024'. */
export function placeOf({ frame, line, byte }: Pick<FrameProblem, 'frame' | 'line' | 'byte'>): string {
  return `frame ${frame}, ${byte === undefined ? `line ${line}` : `byte ${byte}`}`;
}

function stopped(problem: FrameProblem, remedy: string): FormatError {
  const { file, frame, line } = problem;
  return new FormatError(`${file}, ${placeOf(problem)}: ${problem.message}`, {
    file,
    frame,
    line,
    remedy,
  });
}

/**
 * All configurations of 'FILE', or the one of 'FILE@k' (frame k, from 0).
 * @throws FormatError when a frame is bad (unless options.skipBad), or when there is none
 */
export async function readConfigurations(spec: string, options: ReadOptions = {}): Promise<Configuration[]> {
  // a file that really has such a name is meant as it stands
  const match = existsSync(spec) ? null : /^(.+)@(\d+)$/.exec(spec);
  const [path, wanted] = match === null ? [spec, undefined] : [match[1], Number(match[2])];
  const configurations: Configuration[] = [];
  let frames = 0;
  for await (const { configuration, frame, problems } of readFrames(path, {
    ...options,
    ...(wanted === undefined ? {} : { skipBad: true }),
  })) {
    frames++;
    if (wanted !== undefined && frame !== wanted) continue;
    if (configuration !== undefined) configurations.push(configuration);
    else if (wanted !== undefined) throw stopped(problems[0], 'Choose another frame.');
    if (wanted !== undefined) return configurations;
  }
  if (wanted !== undefined) {
    throw new FormatError(`${path} has no frame ${wanted}: it has ${frames} frames, numbered from 0.`, {
      file: path,
    });
  }
  if (configurations.length === 0)
    throw new FormatError(`${path} holds no usable configuration.`, { file: path });
  return configurations;
}

/**
 * Writes configurations to a file; compressed when the name ends in .gz. The file appears under its name only when
 * it is complete.
 * @param format short name, or undefined to tell it from the extension
 * @throws FormatError when the format is not known or cannot be written, or when the disk refuses
 */
export async function writeConfigurations(
  path: string,
  format: string | undefined,
  configurations: Iterable<Configuration> | AsyncIterable<Configuration>,
  options: WriteOptions = {},
): Promise<void> {
  const chosen = format === undefined ? formatOfName(path) : formatByName(format, path);
  if (options.aseNames && chosen?.name !== 'extxyz') {
    throw new FormatError(
      `The names that ASE reads are those of extended XYZ, and ${path} would not be one.`,
      {
        file: path,
        remedy: 'Leave --ase out, or write a .xyz file.',
      },
    );
  }
  const noted = new Set<string>();
  const onNote = (sentence: string) => {
    if (!noted.has(sentence)) options.onNote?.(sentence);
    noted.add(sentence);
  };
  const { writeFolder } = chosen ?? {};
  if (writeFolder !== undefined) {
    const frames = asyncOf(configurations, options.signal);
    await writeWholeFolder(path, (folder) => writeFolder(frames, { ...options, onNote }, folder));
    return;
  }
  if (chosen?.write === undefined) {
    const known = FORMATS.filter(({ write, writeFolder: folder }) => (write ?? folder) !== undefined).map(
      (candidate) => candidate.name,
    );
    throw new FormatError(
      chosen === undefined
        ? `The name ${path} does not tell which format to write.`
        : `The format ${chosen.title} can be read but not written.`,
      { file: path, remedy: `Choose one of ${known.join(', ')}.` },
    );
  }
  if (PACKED_ENDING.test(path) && !/\.gz$/i.test(path)) {
    throw new FormatError(`Expected a name that ends in .gz or in none of the packed kinds, found ${path}.`, {
      file: path,
      remedy: 'Write it as .gz, or pack it afterwards.',
    });
  }
  const write = chosen.write;
  await writeWhole(path, async (name) => {
    const text = write(asyncOf(configurations, options.signal), { ...options, onNote }, path);
    const target = createWriteStream(name);
    await once(target, 'open').catch((error: unknown) => {
      throw new FormatError(`${path} cannot be written: the folder is missing or may not be written to.`, {
        file: path,
        cause: error,
      });
    });
    if (/\.gz$/i.test(path)) await pipeline(Readable.from(text), createGzip(), target);
    else await pipeline(Readable.from(text), target);
  });
}

async function* asyncOf(
  configurations: Iterable<Configuration> | AsyncIterable<Configuration>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Configuration> {
  for await (const configuration of configurations) {
    if (signal?.aborted === true) throw new CancelledError();
    yield configuration;
  }
}

/**
 * Conventions and units that were assumed when reading a file, as sentences for the user.
 * @param format the format or its short name
 */
export function conventionNotes(format: StructureFormat | string, options: ReadOptions = {}): string[] {
  const chosen = typeof format === 'string' ? formatByName(format, '') : format;
  const notes = [...chosen.conventions];
  if (options.virialSign === -1) notes.push('The sign of every virial and stress was turned, as asked.');
  if (options.species !== undefined)
    notes.push(`The types were named ${options.species.join(', ')} in this order, as asked.`);
  return notes;
}
