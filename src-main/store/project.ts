/**
 * A project: one SQLite file (`*.fwproj`) with everything in it. Several programs may have it open at once (a window,
 * the command line, a job's process): WAL lets all read while one writes. The log beside the file is emptied when nobody
 * writes (settle), so that a copy of the file alone is the whole project; a mark in the file (user_version) says that
 * something may still lie in the log.
 *
 * Bulk work uses `sqlite` with prepared statements inside one transaction; the rest uses `database` (Drizzle).
 */
import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import SqliteDatabase, { type Database, type Statement } from 'better-sqlite3';
import { drizzle, type BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { defaultMigrationsFolder, migrate, migrationState, type MigrationState } from './migrations.ts';
import { partName } from '../platform/temporary-files.ts';
import { checkPlain, checkSchema } from './plain-schema.ts';
import { projectIdentity, ProjectPlace, timesSettled } from './project-place.ts';
import { canBeWritten, needsCopy, temporaryCopy } from './read-only-copy.ts';
import * as schema from './schema.ts';
import { projectClosed, StoreError, storeError } from './store-error.ts';

/** 'FwPr' in SQLite's application_id: tells a project from any other SQLite file. */
const APPLICATION_ID = 0x46775072;

/** How long a write waits for another one, ms. */
const BUSY_TIMEOUT = 5000;

/** user_version of a file whose log may hold what the file does not. */
const UNSETTLED = 1;

/** Pages of 8 KiB suit rows with blobs. */
const PAGE_SIZE = 8192;

export interface ProjectOptions {
  /** Create the file when it is missing. */
  readonly create?: boolean;
  /** Open without ever writing; the file must be of this version. */
  readonly readOnly?: boolean;
  /** Folder with the migrations; found by itself otherwise. */
  readonly migrationsFolder?: string;
  /** How long to wait for another writer, ms. */
  readonly busyTimeoutMs?: number;
}

export class Project implements Disposable {
  readonly path: string;
  /** Opened for reading only, or nothing can be written where it lies. */
  readonly readOnly: boolean;
  /** The raw connection, for bulk work. */
  readonly sqlite: Database;
  readonly database: BetterSQLite3Database<typeof schema>;
  /** Copy of the file from before it was migrated at this opening. */
  readonly backup: string | undefined;
  /** What is missing in the file as it was found, in a sentence: it was copied without its log. */
  readonly incomplete: string | undefined;
  /** Whether its files are still where they were. */
  readonly place: ProjectPlace;
  private readonly options: ProjectOptions;
  /** Holds the copy that is read instead of the file (read-only-copy.ts). */
  private readonly copyFolder: string | undefined;
  private readonly statements = new Map<string, Statement<unknown[], unknown>>();

  private constructor(
    path: string,
    sqlite: Database,
    options: ProjectOptions,
    found: {
      readonly backup: string | undefined;
      readonly incomplete: string | undefined;
      readonly copy?: { readonly file: string; readonly folder: string };
    },
  ) {
    this.path = path;
    this.sqlite = sqlite;
    this.options = options;
    this.readOnly = options.readOnly ?? false;
    this.backup = found.backup;
    this.incomplete = found.incomplete;
    this.copyFolder = found.copy?.folder;
    this.place = new ProjectPlace(found.copy?.file ?? path, projectIdentity(sqlite), timesSettled(sqlite));
    this.database = drizzle(sqlite, { schema });
  }

  /**
   * Opens a project and brings it to this version. Reads a few pages only, however large the project is. One that cannot
   * be written where it lies is opened for reading.
   * @throws StoreError when it is missing, damaged, locked, from a newer version or no project at all
   */
  static open(path: string, options: ProjectOptions = {}): Project {
    const file = resolve(path);
    checkFile(file, path, options);
    if (!existsSync(file) || canBeWritten(file)) return Project.openFile(file, options);
    const reading = { ...options, create: false, readOnly: true };
    try {
      return Project.openFile(file, reading);
    } catch (error) {
      if (!needsCopy(error, file)) throw error;
    }
    const copy = temporaryCopy(file);
    try {
      // takes in the log, and converts one from an older version
      const first = Project.openFile(copy.file, { ...options, create: false, readOnly: false });
      first.close();
      return Project.openFile(file, reading, { ...copy, incomplete: first.incomplete });
    } catch (error) {
      rmSync(copy.folder, { recursive: true, force: true });
      throw error;
    }
  }

  private static openFile(
    file: string,
    options: ProjectOptions,
    copy?: { readonly file: string; readonly folder: string; readonly incomplete: string | undefined },
  ): Project {
    // looked at before SQLite makes a log of its own; a process that was killed leaves its log behind
    const besides = ['-wal', '-shm'].some((end) => existsSync(file + end));
    let sqlite: Database | undefined;
    try {
      sqlite = new SqliteDatabase(copy?.file ?? file, {
        readonly: options.readOnly ?? false,
        fileMustExist: !(options.create ?? false),
        timeout: options.busyTimeoutMs ?? BUSY_TIMEOUT,
      });
      const folder = options.migrationsFolder ?? defaultMigrationsFolder();
      const backup = prepare(sqlite, file, folder, options.readOnly ?? false);
      const incomplete = !besides && marked(sqlite) ? incompleteSentence(file) : copy?.incomplete;
      return new Project(file, sqlite, options, { backup, incomplete, copy });
    } catch (error) {
      sqlite?.close();
      throw storeError(error, file);
    }
  }

  /**
   * A second connection to the same file, for work that must not share a transaction with others.
   * @param options what is to be different from this connection
   */
  connect(options: Pick<ProjectOptions, 'busyTimeoutMs'> = {}): Project {
    return Project.open(this.path, { ...this.options, ...options, create: false });
  }

  /**
   * Prepared statement, made once per connection.
   * @throws StoreError with reason 'closed' when the project was closed meanwhile
   */
  prepare<Parameters extends unknown[], Row = unknown>(sql: string): Statement<Parameters, Row> {
    if (!this.sqlite.open) throw projectClosed(this.path);
    let statement = this.statements.get(sql);
    if (statement === undefined) {
      statement = this.sqlite.prepare(sql);
      this.statements.set(sql, statement);
    }
    return statement as Statement<Parameters, Row>;
  }

  /** How many things of each kind the project holds. */
  counts(): { readonly datasets: number; readonly potentials: number; readonly trajectories: number } {
    const count = (table: string) =>
      this.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get() ?? 0;
    return {
      datasets: count('datasets'),
      potentials: count('potentials'),
      trajectories: count('trajectories'),
    };
  }

  /** Runs something that touches the file; errors of SQLite become sentences. */
  guard<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw storeError(error, this.path);
    }
  }

  /**
   * Runs synchronous work in one transaction that takes the write lock at once: all of it or nothing.
   * @throws StoreError with reason 'lost' when the project's files are not there any more, before or after the work
   */
  transaction<Result>(work: () => Result): Result {
    if (this.sqlite.inTransaction) return this.guard(work);
    if (!this.sqlite.open) throw projectClosed(this.path);
    this.place.check();
    let newlyMarked = false;
    const result = this.guard(() =>
      this.sqlite
        .transaction(() => {
          newlyMarked = !marked(this.sqlite);
          if (newlyMarked) this.sqlite.pragma(`user_version = ${UNSETTLED}`);
          return work();
        })
        .immediate(),
    );
    // the mark is of use in the file itself only
    if (newlyMarked) this.bringMark();
    this.place.check();
    return result;
  }

  /** What was written is safe in the log: a disk without room for more in the file is no reason to say otherwise. */
  private bringMark(): void {
    try {
      this.sqlite.pragma('wal_checkpoint(PASSIVE)');
    } catch {
      // the next one brings it
    }
  }

  /**
   * Brings what lies in the log into the file, so that the file alone is the project. Waits for nobody: while another
   * program reads or writes nothing happens.
   * @returns whether the file holds everything now
   */
  settle(): boolean {
    if (this.readOnly || !this.sqlite.open || this.sqlite.inTransaction) return false;
    if (this.place.lost !== undefined) return false;
    const { sqlite } = this;
    sqlite.pragma('busy_timeout = 0');
    try {
      const before = marked(sqlite);
      if (!before && (statSync(`${this.path}-wal`, { throwIfNoEntry: false })?.size ?? 0) === 0) return true;
      // two steps: a mark that is taken off must not reach the file before what it stands for
      if (!checkpointed(sqlite)) return false;
      if (!before) return true;
      const times = sqlite
        .transaction(() => {
          sqlite.pragma('user_version = 0');
          sqlite.prepare('UPDATE project_epoch SET settled = settled + 1').run();
          return timesSettled(sqlite);
        })
        .immediate();
      this.place.wasSettled(times);
      return checkpointed(sqlite);
    } catch (error) {
      const translated = storeError(error, this.path);
      if (translated instanceof StoreError && translated.reason === 'busy') return false;
      throw translated;
    } finally {
      sqlite.pragma(`busy_timeout = ${this.options.busyTimeoutMs ?? BUSY_TIMEOUT}`);
    }
  }

  /**
   * Writes a copy of the project, consistent while others write, by SQLite's backup; also of one whose file was deleted
   * or replaced while it was open. The copy appears under its name when it is complete.
   * @throws StoreError when the place is taken or cannot be written, or another file was copied over this one
   */
  async saveCopy(target: string): Promise<void> {
    if (this.place.overwritten) this.place.check();
    if (existsSync(target)) {
      throw new StoreError('exists', `There is already a file ${target}.`, {
        remedy: 'Choose another name.',
      });
    }
    const part = partName(target);
    try {
      await this.sqlite.backup(part);
      // another project from now on: each may go on by itself, and be copied over the other
      const raw = new SqliteDatabase(part);
      raw.exec('UPDATE project_identity SET identity = randomblob(16)');
      raw.close();
      using copy = Project.open(part);
      copy.settle();
      copy.close();
      renameSync(part, target);
    } catch (error) {
      throw storeError(error, target);
    } finally {
      for (const name of [part, `${part}-wal`, `${part}-shm`, `${part}-journal`])
        rmSync(name, { force: true });
    }
  }

  /** Whether the file passes SQLite's own check of every page; slow on large projects. */
  integrity(): string[] {
    const rows = this.guard(() => this.sqlite.pragma('integrity_check', { simple: false }));
    const texts = Array.isArray(rows) ? rows.map((row: unknown) => String(Object.values(row ?? {})[0])) : [];
    return texts.length === 1 && texts[0] === 'ok' ? [] : texts;
  }

  close(): void {
    if (!this.sqlite.open) return;
    this.statements.clear();
    this.settle();
    this.sqlite.close();
    if (this.copyFolder !== undefined) rmSync(this.copyFolder, { recursive: true, force: true });
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function marked(sqlite: Database): boolean {
  return Number(sqlite.pragma('user_version', { simple: true })) === UNSETTLED;
}

/** Whether all of the log is in the file and the log is empty now. */
function checkpointed(sqlite: Database): boolean {
  const rows: unknown = sqlite.pragma('wal_checkpoint(TRUNCATE)');
  const row: unknown = Array.isArray(rows) ? rows[0] : undefined;
  return typeof row === 'object' && row !== null && 'busy' in row && row.busy === 0;
}

function incompleteSentence(file: string): string {
  const name = basename(file);
  return `${name} was copied or moved while it was in use, and without ${name}-wal: what was written last is missing in it. Put that file beside it before it is opened, or copy the project again.`;
}

/** Says what is wrong with the path before SQLite does, in better words. */
function checkFile(file: string, asGiven: string, options: ProjectOptions): void {
  if (existsSync(file)) {
    if (statSync(file).isDirectory()) {
      throw new StoreError('foreign', `${asGiven} is a folder, and a project is a file (*.fwproj).`, {
        remedy: `Name a file in it, for example ${asGiven.replace(/[/\\]$/, '')}/project.fwproj.`,
      });
    }
    return;
  }
  if (!(options.create ?? false)) {
    throw new StoreError('missing', `There is no project file ${asGiven}.`, {
      remedy: 'Check the path, or create the project by importing a file into it.',
    });
  }
  if (!existsSync(resolve(file, '..'))) {
    throw new StoreError('missing', `The folder for the project ${asGiven} does not exist.`, {
      remedy: `Create the folder ${resolve(file, '..')} first.`,
    });
  }
}

/**
 * Settings of the connection, checks and migrations.
 * @returns path of the backup that a migration made
 */
function prepare(sqlite: Database, file: string, folder: string, readOnly: boolean): string | undefined {
  // one look at one state of the file: another program may be bringing it to this version just now
  const { tables, state } = sqlite.transaction(() => inspect(sqlite, file, folder))();
  if (readOnly) {
    if (state.pending.length > 0) {
      throw new StoreError(
        'read-only',
        `The project ${basename(file)} is from an older version and must be converted first.`,
        {
          remedy: 'Open it once with permission to write; a copy of the old file is kept.',
        },
      );
    }
    return undefined;
  }
  if (tables === 0) {
    sqlite.pragma(`page_size = ${PAGE_SIZE}`);
  } else if (state.pending.length === 0 && sqlite.pragma('journal_mode', { simple: true }) === 'wal') {
    connectionSettings(sqlite);
    return undefined;
  }
  if (tables === 0) sqlite.pragma(`application_id = ${APPLICATION_ID}`);
  sqlite.pragma('journal_mode = WAL');
  sqlite.pragma('foreign_keys = OFF');
  const backup = migrate(sqlite, file, folder);
  connectionSettings(sqlite);
  checkpointed(sqlite);
  return backup;
}

/** How many tables there are and which migrations were run, of a file that is a project and nothing else. */
function inspect(sqlite: Database, file: string, folder: string): { tables: number; state: MigrationState } {
  const tables = Number(sqlite.prepare('SELECT count(*) FROM sqlite_master').pluck().get());
  const application = Number(sqlite.pragma('application_id', { simple: true }));
  if (tables > 0 && application !== APPLICATION_ID) {
    throw new StoreError(
      'foreign',
      `${basename(file)} is an SQLite file of another program, not a Forcewright project.`,
      {
        remedy: 'Choose a *.fwproj file that Forcewright made.',
      },
    );
  }
  checkPlain(sqlite, file);
  const state = migrationState(sqlite, file, folder);
  if (tables > 0) checkSchema(sqlite, file, state.done);
  return { tables, state };
}

function connectionSettings(sqlite: Database): void {
  // WAL with NORMAL never damages the file; only a power cut may lose the last commits, a killed process loses none
  sqlite.pragma('synchronous = NORMAL');
  sqlite.pragma('foreign_keys = ON');
  // a large import leaves a large WAL file behind: give its space back at the next checkpoint
  sqlite.pragma('journal_size_limit = 67108864');
}
