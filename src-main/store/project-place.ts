/**
 * Whether an open project's files are still where they were. SQLite keeps writing into a file that was deleted or
 * replaced, or beside which the write-ahead log was exchanged, and says that all is well; what is written then is gone
 * when the program ends (sqlite.org/howtocorrupt.html, sections 2.4 and 4.2).
 */
import { statSync, type BigIntStats } from 'node:fs';
import { basename } from 'node:path';
import { StoreError } from './store-error.ts';

interface Identity {
  readonly device: bigint;
  readonly inode: bigint;
}

function identity(path: string): Identity | undefined {
  const status: BigIntStats | undefined = statSync(path, { bigint: true, throwIfNoEntry: false });
  return status && { device: status.dev, inode: status.ino };
}

const same = (a: Identity | undefined, b: Identity | undefined) =>
  a?.device === b?.device && a?.inode === b?.inode;

export class ProjectPlace {
  private readonly path: string;
  private readonly file: Identity | undefined;
  /** Of the log; it is there as long as a connection is open. */
  private log: Identity | undefined;
  private found: string | undefined;

  /** @param path of a file that was just opened */
  constructor(path: string) {
    this.path = path;
    this.file = identity(path);
    this.log = identity(`${path}-wal`);
  }

  /** What happened to the files, in a sentence; undefined while all is well. What was lost once stays lost. */
  get lost(): string | undefined {
    this.found ??= this.look();
    return this.found;
  }

  /** @throws StoreError with reason 'lost' */
  check(): void {
    if (this.lost === undefined) return;
    throw new StoreError('lost', this.lost, {
      remedy:
        'Save a copy elsewhere: all that was in the project is still there as long as the program runs. Then go on in the copy.',
    });
  }

  private look(): string | undefined {
    const name = basename(this.path);
    const file = identity(this.path);
    if (file === undefined) return `The file of the open project ${name} was deleted or moved.`;
    if (!same(file, this.file)) return `The file of the open project ${name} was replaced by another one.`;
    const log = identity(`${this.path}-wal`);
    this.log ??= log;
    if (log === undefined && this.log !== undefined)
      return `The file ${name}-wal, which holds what was written last into the open project, was deleted or moved.`;
    return same(log, this.log)
      ? undefined
      : `The file ${name}-wal, which holds what was written last into the open project, was replaced by another one.`;
  }
}
