/**
 * Whether an open project's files are still where they were, and the project's own. SQLite keeps writing into a file that
 * was deleted or replaced, or beside which the write-ahead log was exchanged, and says that all is well; what is written
 * then is gone when the program ends (sqlite.org/howtocorrupt.html, sections 2.4 and 4.2). A file that another was copied
 * over (`cp other.fwproj this.fwproj`) is still the same to the system, and what SQLite remembers of it is of the one
 * that was.
 */
import { statSync, truncateSync, type BigIntStats } from 'node:fs';
import { basename } from 'node:path';
import SqliteDatabase, { type Database } from 'better-sqlite3';
import { sqliteCode, StoreError } from './store-error.ts';

interface Identity {
  readonly device: bigint;
  readonly inode: bigint;
  /** When it was written last, ns, and its size. */
  readonly written: string;
}

function identity(path: string): Identity | undefined {
  const status: BigIntStats | undefined = statSync(path, { bigint: true, throwIfNoEntry: false });
  return status && { device: status.dev, inode: status.ino, written: `${status.mtimeNs} ${status.size}` };
}

/** What tells the project in a connection from others; undefined where there is nothing, as in an older version's file. */
export function projectIdentity(sqlite: Database): Buffer | undefined {
  try {
    return sqlite.prepare<[], Buffer>('SELECT identity FROM project_identity').pluck().get();
  } catch {
    return undefined;
  }
}

/** How often the project in a connection was settled; undefined in an older version's file. */
export function timesSettled(sqlite: Database): number | undefined {
  try {
    return sqlite.prepare<[], number>('SELECT settled FROM project_epoch').pluck().get();
  } catch {
    return undefined;
  }
}

/**
 * Whether the file holds the project of this identity, and how often that was settled. Read by a connection of its own,
 * since one that is open answers from its memory. The identity is never written again, and the other row only just before
 * the log is emptied, so that both come from the file and not from the log. (A plain read of the file would take SQLite's
 * locks from this process when it is closed: howtocorrupt.html, section 2.2.)
 * @returns undefined when that cannot be told now
 */
function holds(path: string, wanted: Buffer): { right: boolean; settled?: number | undefined } | undefined {
  try {
    const sqlite = new SqliteDatabase(path, { readonly: true, fileMustExist: true, timeout: 0 });
    try {
      const found = sqlite.prepare<[], unknown>('SELECT identity FROM project_identity').pluck().get();
      const right = found instanceof Uint8Array && wanted.equals(found);
      return { right, settled: timesSettled(sqlite) };
    } finally {
      sqlite.close();
    }
  } catch (error) {
    // no table of this name, pages that do not fit together, no SQLite file
    const code = sqliteCode(error) ?? '';
    return /^SQLITE_(?:ERROR|CORRUPT|NOTADB)/.test(code) ? { right: false } : undefined;
  }
}

const same = (a: Identity | undefined, b: Identity | undefined) =>
  a?.device === b?.device && a?.inode === b?.inode;

export class ProjectPlace {
  private readonly path: string;
  private readonly file: Identity | undefined;
  private readonly project: Buffer | undefined;
  /** State of the file when it was known to hold the project. */
  private verified: string | undefined;
  /** Of the log; it is there as long as a connection is open. */
  private log: Identity | undefined;
  private found: string | undefined;
  private wasOverwritten = false;
  /** How often the project was settled when that was looked at last; only an older copy was settled less often. */
  private settled: number | undefined;

  /**
   * @param path of a file that was just opened
   * @param project its identity
   * @param settled how often it was settled
   */
  constructor(path: string, project?: Buffer, settled?: number) {
    this.path = path;
    this.settled = settled;
    this.file = identity(path);
    this.project = project;
    this.verified = this.file?.written;
    this.log = identity(`${path}-wal`);
  }

  /** What happened to the files, in a sentence; undefined while all is well. What was lost once stays lost. */
  get lost(): string | undefined {
    this.found ??= this.look();
    return this.found;
  }

  /** To be called when this program has settled the project. */
  wasSettled(times: number | undefined): void {
    this.settled = times;
  }

  /** Whether what was in the project is gone: another file was copied over it. */
  get overwritten(): boolean {
    return this.lost !== undefined && this.wasOverwritten;
  }

  /** @throws StoreError with reason 'lost' */
  check(): void {
    if (this.lost !== undefined) throw this.error(this.lost);
  }

  private error(sentence: string): StoreError {
    return new StoreError('lost', sentence, {
      remedy: this.wasOverwritten
        ? 'Close the project, and open the file again to work with what is in it now. What was in it before is in copies only.'
        : 'Save a copy elsewhere: all that was in the project is still there as long as the program runs. Then go on in the copy.',
    });
  }

  private look(): string | undefined {
    const name = basename(this.path);
    const file = identity(this.path);
    if (file === undefined) return `The file of the open project ${name} was deleted or moved.`;
    if (!same(file, this.file)) return `The file of the open project ${name} was replaced by another one.`;
    if (this.isOverwritten(file))
      return `The file of the open project ${name} was overwritten with another one, or with an older copy of itself.`;
    const log = identity(`${this.path}-wal`);
    this.log ??= log;
    if (log === undefined && this.log !== undefined)
      return `The file ${name}-wal, which holds what was written last into the open project, was deleted or moved.`;
    return same(log, this.log)
      ? undefined
      : `The file ${name}-wal, which holds what was written last into the open project, was replaced by another one.`;
  }

  private isOverwritten({ written }: Identity): boolean {
    if (this.project === undefined || written === this.verified) return false;
    const held = holds(this.path, this.project);
    if (held === undefined) return false;
    this.verified = written;
    const older = this.settled !== undefined && (held.settled ?? -1) < this.settled;
    if (held.right && !older) {
      this.settled = held.settled;
      return false;
    }
    this.wasOverwritten = true;
    // what is still in the log belongs to pages of the project that was: it must not be laid over those of the other
    try {
      truncateSync(`${this.path}-wal`, 0);
    } catch {
      // there is none, or it may not be written
    }
    return true;
  }
}
