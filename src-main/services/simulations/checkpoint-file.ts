/** The checkpoint of a run in a file: the sampler's state and how far each output file was written. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
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
}

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
    throw new SimulationError(`The checkpoint ${path} cannot be written; the one before is kept.`, {
      remedy: 'Make room on the disk, then continue with --resume.',
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
function outputsOf(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
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

/**
 * Reads a checkpoint file; undefined when there is none (the run was ended before its first checkpoint).
 * @param identity what the run that is to go on is made of
 * @throws SimulationError when it is damaged or belongs to another run
 */
export function readRunCheckpoint(path: string, identity: RunIdentity): RunCheckpoint | undefined {
  if (!existsSync(path)) return undefined;
  const { values, arrays, blocks } = decodeCheckpoint(contentOf(path), KIND, EARLIER_KIND);
  const saved = parseRunIdentity(String(values.identity ?? '{}'));
  requireSameRun(saved, identity);
  const outputs: Record<string, number> = {};
  const parsed = outputsOf(values.outputs);
  if (typeof parsed === 'object' && parsed !== null) {
    for (const [name, bytes] of Object.entries(parsed)) outputs[name] = Number(bytes);
  }
  return {
    state: blocks?.state ?? new Uint8Array(Buffer.from(String(values.state), 'base64')),
    outputs,
    identity: saved,
    ...(values.guarded === true ? { guard: arrays } : {}),
    ...(typeof values.backend === 'string' ? { backend: values.backend } : {}),
  };
}
