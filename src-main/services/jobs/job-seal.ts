/**
 * Who vouches for a job. What a job is asked to do lies in the project file, and a project file may come from anybody:
 * an edited row could name any program to start or any file to read. So every job that is made here gets a seal, an
 * HMAC-SHA-256 (RFC 2104) over its request with a key that never leaves the user's own folder on this machine. A row
 * without a valid seal was written elsewhere, by somebody else, or was changed; it runs only after the user has seen
 * what it starts and reads, and said so.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import type { Job, JobRequest } from '../../store/jobs.ts';
import { applicationFolder } from '../application-folder.ts';

const KEY_BYTES = 32;
const VERSION = '1';

/** File of the key in the user's folder. */
export const KEY_FILE = 'job-key';

/** The seal of a request. */
export function sealOf(request: JobRequest): string {
  return `${VERSION}:${createHmac('sha256', machineKey()).update(sealedText(request)).digest('hex')}`;
}

/** Whether this user on this machine made the job or confirmed it, and nobody changed it since. */
export function isSealed(job: Job): boolean {
  const expected = Buffer.from(sealOf(job));
  const found = Buffer.from(job.seal ?? '');
  return found.length === expected.length && timingSafeEqual(found, expected);
}

/** Stands for a request when the user confirms it: what was shown is what will run. */
export function requestDigest(request: JobRequest): string {
  return createHash('sha256').update(sealedText(request)).digest('hex').slice(0, 16);
}

function sealedText({ id, kind, createdAt, settings }: JobRequest): string {
  return JSON.stringify(['forcewright job', id, kind, createdAt, settings]);
}

/**
 * The key of this user on this machine; made when it is first needed. Where it cannot be kept, it lasts as long as this
 * process, so that its own jobs run.
 */
function machineKey(): Buffer {
  const folder = applicationFolder();
  // threads that run jobs are given what the main thread has
  const name = `forcewright job key of ${folder}`;
  const known = getEnvironmentData(name);
  if (typeof known === 'string') return Buffer.from(known, 'hex');
  const key = readKey(folder) ?? makeKey(folder) ?? randomBytes(KEY_BYTES);
  setEnvironmentData(name, key.toString('hex'));
  return key;
}

function readKey(folder: string): Buffer | undefined {
  const path = join(folder, KEY_FILE);
  try {
    const status = lstatSync(path);
    // a link, or a key that another user put there, is none of ours
    if (!status.isFile() || (process.getuid !== undefined && status.uid !== process.getuid()))
      return undefined;
    if (process.platform !== 'win32' && (status.mode & 0o077) !== 0) chmodSync(path, 0o600);
    const key = readFileSync(path);
    return key.length === KEY_BYTES ? key : undefined;
  } catch {
    return undefined;
  }
}

function makeKey(folder: string): Buffer | undefined {
  const path = join(folder, KEY_FILE);
  const partial = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const key = randomBytes(KEY_BYTES);
    writeFileSync(partial, key, { mode: 0o600, flag: 'wx' });
    try {
      // of two processes that make one at the same time, the first wins
      linkSync(partial, path);
      rmSync(partial);
    } catch {
      const found = readKey(folder);
      if (found !== undefined) {
        rmSync(partial);
        return found;
      }
      // a damaged key, or a file system without links
      renameSync(partial, path);
    }
    return readKey(folder);
  } catch {
    rmSync(partial, { force: true });
    return undefined;
  }
}
