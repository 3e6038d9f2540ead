/**
 * Files that a simulation appends to while it runs. A checkpoint notes how many bytes are written; resuming cuts the
 * file back to there, so that frames of the lost steps are not written twice. A new file has a temporary name until the
 * first checkpoint (or the end of the run, however it ends): a process killed before leaves no half trajectory, and
 * what was there under the name stays until there is something to go on from.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { SimulationError } from '../../../src-compute/errors.ts';
import { inPieces } from '../../../src-compute/quoting/json-pieces.ts';
import { finalName, partName } from '../../platform/temporary-files.ts';

export class OutputFile implements Disposable {
  readonly path: string;
  bytes: number;
  readonly #descriptor: number;
  /** Where the content lies as long as it is not under its name. */
  #part: string | undefined;
  /** Bytes of the first line of a table. */
  #heading = 0;

  /**
   * @param keep bytes to keep of an existing file; 0 begins anew
   * @throws SimulationError when the file cannot be opened or is shorter than what should be kept
   */
  constructor(path: string, keep = 0) {
    this.path = path;
    try {
      // what is no file of its own (a pipe, a device) is written to as it is
      if (keep === 0 && (!existsSync(path) || statSync(path).isFile()))
        this.#part = partName(finalName(path));
      this.#descriptor = openSync(
        this.#part ?? path,
        keep > 0 ? 'r+' : this.#part === undefined ? 'w' : 'wx',
      );
      // a file cut short cannot be brought back: filling it up would leave a hole
      if (keep > 0 && fstatSync(this.#descriptor).size < keep) {
        closeSync(this.#descriptor);
        throw new SimulationError(`${path} is shorter than the interrupted run had written it.`, {
          remedy: 'Start the run again without --resume.',
        });
      }
      if (keep > 0) ftruncateSync(this.#descriptor, keep);
    } catch (cause) {
      if (cause instanceof SimulationError) throw cause;
      throw new SimulationError(
        keep > 0
          ? `${path}, which the interrupted run wrote, is not there any more.`
          : `${path} cannot be written: the folder is missing or may not be written to.`,
        { remedy: keep > 0 ? 'Start the run again without --resume.' : 'Choose another place.', cause },
      );
    }
    this.bytes = keep;
  }

  /**
   * Appends text, or a frame in pieces. What does not fit on the disk is taken back whole, so that the file ends with a
   * whole frame.
   * @throws SimulationError when the disk is full or the file cannot be written
   */
  append(text: string | readonly string[]): void {
    let end = this.bytes;
    try {
      for (const piece of inPieces(typeof text === 'string' ? [text] : text)) {
        const data = Buffer.from(piece, 'utf8');
        for (let done = 0; done < data.length;)
          done += writeSync(this.#descriptor, data, done, data.length - done, end + done);
        end += data.length;
      }
    } catch (cause) {
      try {
        ftruncateSync(this.#descriptor, this.bytes);
      } catch {
        // the disk is in trouble: what was written before is still there
      }
      throw this.#refused(cause);
    }
    this.bytes = end;
  }

  #refused(cause: unknown): SimulationError {
    const full =
      cause instanceof Error && 'code' in cause && (cause.code === 'ENOSPC' || cause.code === 'EDQUOT');
    return new SimulationError(
      full
        ? `The disk is full: ${this.path} ends with the last whole frame.`
        : `${this.path} cannot be written any more.`,
      // whether there is a checkpoint yet is not known here
      {
        remedy:
          'Make room, then continue with --resume from the last checkpoint; a run that has none yet begins anew.',
        cause,
      },
    );
  }

  /** Makes sure that what was written survives a power failure, under the name it was meant for. */
  sync(): void {
    try {
      fsyncSync(this.#descriptor);
    } catch (cause) {
      // pipes and devices have nothing that could be lost (fsync(2): EINVAL)
      const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
      if (code !== 'EINVAL' && code !== 'ENOTSUP') throw this.#refused(cause);
    }
    this.#publish();
  }

  #publish(): void {
    if (this.#part === undefined) return;
    renameSync(this.#part, finalName(this.path));
    this.#part = undefined;
  }

  /** Writes the first line of a new table: a table without any row is not worth what was there before. */
  heading(text: string): void {
    if (this.bytes > 0) return;
    this.append(text);
    this.#heading = this.bytes;
  }

  /** A run that ended before it wrote anything leaves what was there under the name. */
  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
    if (this.#part !== undefined && this.bytes <= this.#heading) {
      rmSync(this.#part, { force: true });
      this.#part = undefined;
    }
    this.#publish();
  }
}
