/** The checkpoint of a run in a file: the sampler's state and how far each output file was written. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { decodeCheckpoint, encodeCheckpoint } from '../../../src-compute/sampling/checkpoint.ts';
import { SimulationError } from '../../../src-compute/errors.ts';
import { partName } from '../../platform/temporary-files.ts';
import { parseRunIdentity, requireSameRun, type RunIdentity } from './run-identity.ts';

export interface RunCheckpoint {
  /** State of the sampler. */
  readonly state: Uint8Array;
  /** Bytes written to each output file. */
  readonly outputs: Readonly<Record<string, number>>;
  /** What the run is made of. */
  readonly identity: RunIdentity;
  /** State of the guard that watches the run, if one does. */
  readonly guard?: GuardState;
  /** Backend that computed. */
  readonly backend?: string;
  /** How the output files are written; absent in checkpoints of versions before. */
  readonly recording?: Recording;
}

/** Options that say what is written how often, and their values: a file has the same rows from its first to its last. */
export type Recording = Readonly<Record<string, string | undefined>>;

/** Arrays by name. */
export type GuardState = Readonly<Record<string, Float64Array>>;

const KIND = 'run-2';
/** With the state as base64 in the header, which must not be longer than a string can be. */
const EARLIER_KIND = 'run-1';

/**
 * Replaces the checkpoint file in one step: a process killed at any moment leaves the old or the new one.
 * @throws SimulationError when the disk refuses; the old checkpoint stays
 */
export function writeRunCheckpoint(path: string, checkpoint: RunCheckpoint): void {
  const bytes = encodeCheckpoint({
    kind: KIND,
    values: {
      outputs: JSON.stringify(checkpoint.outputs),
      identity: JSON.stringify(checkpoint.identity),
      backend: checkpoint.backend ?? null,
      recording: JSON.stringify(checkpoint.recording ?? {}),
      guarded: checkpoint.guard !== undefined,
    },
    arrays: { ...checkpoint.guard },
    blocks: { state: checkpoint.state },
  });
  const temporary = partName(path);
  try {
    const descriptor = openSync(temporary, 'wx');
    try {
      let done = 0;
      while (done < bytes.length) done += writeSync(descriptor, bytes, done);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, path);
  } catch (cause) {
    rmSync(temporary, { force: true });
    const before = existsSync(path);
    const kept = before ? 'the one before is kept' : 'there was none before';
    throw new SimulationError(`The checkpoint ${path} cannot be written; ${kept}.`, {
      remedy: `Make room on the disk, then ${before ? 'continue with --resume' : 'begin anew'}.`,
      cause,
    });
  }
}

function contentOf(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new SimulationError(`The checkpoint ${path} cannot be read: a file was expected there.`, {
      remedy: 'Give the file that the interrupted run wrote, or start again without --resume.',
      cause,
    });
  }
}

/** @throws SimulationError when it is no JSON */
function outputsOf(text: unknown): [string, unknown][] {
  try {
    const parsed: unknown = JSON.parse(String(text));
    return typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [];
  } catch (cause) {
    throw new SimulationError(
      'This checkpoint cannot be used: what it says of the output files is damaged.',
      {
        remedy: 'Start the run again without --resume.',
        cause,
      },
    );
  }
}

/** @throws SimulationError when a file would go on with other rows than it began with, or end before the run */
function requireSameRecording(saved: readonly [string, unknown][], now: Recording): void {
  const different = saved.filter(([option, value]) => now[option] !== value);
  if (different.length === 0) return;
  const list = (values: readonly [string, unknown][]) =>
    values
      .map(([option, value]) => (typeof value === 'string' ? `${option} ${value}` : `no ${option}`))
      .join(', ');
  const ours = different.map(([option]): [string, unknown] => [option, now[option]]);
  throw new SimulationError(
    `The files of the interrupted run were written with ${list(different)}, and this run has ${list(ours)}.`,
    { remedy: 'Resume with the options that the run was started with.' },
  );
}

/**
 * For a run that is to go on, and has no checkpoint: it may begin at its beginning, but not over what is there.
 * @throws SimulationError when one of the files holds something
 */
export function requireNothingToLose(files: readonly (string | undefined)[], checkpoint: string): void {
  const found = files.find((file) => {
    const state = file === undefined ? undefined : statSync(file, { throwIfNoEntry: false });
    return state?.isFile() && state.size > 0;
  });
  if (found === undefined) return;
  throw new SimulationError(
    `There is no checkpoint ${checkpoint} to go on from, and ${found} holds something that would be written over.`,
    {
      remedy:
        'Name the outputs, and --checkpoint, as the interrupted run had them, or leave --resume out to begin anew.',
    },
  );
}

/**
 * Reads a checkpoint file; undefined when there is none (the run was ended before its first checkpoint).
 * @param identity what the run that is to go on is made of
 * @param recording how it writes its files
 * @throws SimulationError when it is damaged or belongs to another run
 */
export function readRunCheckpoint(
  path: string,
  identity: RunIdentity,
  recording: Recording = {},
): RunCheckpoint | undefined {
  if (!existsSync(path)) return undefined;
  const { values, arrays, blocks } = decodeCheckpoint(contentOf(path), KIND, EARLIER_KIND);
  const saved = parseRunIdentity(String(values.identity ?? '{}'));
  requireSameRun(saved, identity);
  requireSameRecording(outputsOf(values.recording ?? '{}'), recording);
  const outputs: Record<string, number> = {};
  for (const [name, bytes] of outputsOf(values.outputs)) outputs[name] = Number(bytes);
  return {
    state: blocks?.state ?? new Uint8Array(Buffer.from(String(values.state), 'base64')),
    outputs,
    identity: saved,
    ...(values.guarded === true ? { guard: arrays } : {}),
    ...(typeof values.backend === 'string' ? { backend: values.backend } : {}),
  };
}
