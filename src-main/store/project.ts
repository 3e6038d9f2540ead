/**
 * A project: one SQLite file (`*.fwproj`) with everything in it. Several programs may have it open at once (a window,
 * the command line, a job's process): WAL lets all read while one writes.
 *
 * Bulk work uses `sqlite` with prepared statements inside one transaction; the rest uses `database` (Drizzle).
 */
import { existsSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import SqliteDatabase, { type Database, type Statement } from 'better-sqlite3';
import { drizzle, type BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { defaultMigrationsFolder, migrate, migrationState } from './migrations.ts';
import * as schema from './schema.ts';
import { StoreError, storeError } from './store-error.ts';

/** 'FwPr' in SQLite's application_id: tells a project from any other SQLite file. */
const APPLICATION_ID = 0x46775072;

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
  readonly readOnly: boolean;
  /** The raw connection, for bulk work. */
  readonly sqlite: Database;
  readonly database: BetterSQLite3Database<typeof schema>;
  /** Copy of the file from before it was migrated at this opening. */
  readonly backup: string | undefined;
  private readonly options: ProjectOptions;
  private readonly statements = new Map<string, Statement<unknown[], unknown>>();

  private constructor(path: string, sqlite: Database, options: ProjectOptions, backup: string | undefined) {
    this.path = path;
    this.sqlite = sqlite;
    this.options = options;
    this.readOnly = options.readOnly ?? false;
    this.backup = backup;
    this.database = drizzle(sqlite, { schema });
  }

  /**
   * Opens a project and brings it to this version. Reads a few pages only, however large the project is.
   * @throws StoreError when it is missing, damaged, locked, read-only, from a newer version or no project at all
   */
  static open(path: string, options: ProjectOptions = {}): Project {
    const file = resolve(path);
    checkFile(file, path, options);
    let sqlite: Database | undefined;
    try {
      sqlite = new SqliteDatabase(file, {
        readonly: options.readOnly ?? false,
        fileMustExist: !(options.create ?? false),
        timeout: options.busyTimeoutMs ?? 5000,
      });
      const folder = options.migrationsFolder ?? defaultMigrationsFolder();
      const backup = prepare(sqlite, file, folder, options.readOnly ?? false);
      return new Project(file, sqlite, options, backup);
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

  /** Prepared statement, made once per connection. */
  prepare<Parameters extends unknown[], Row = unknown>(sql: string): Statement<Parameters, Row> {
    let statement = this.statements.get(sql);
    if (statement === undefined) {
      statement = this.sqlite.prepare(sql);
      this.statements.set(sql, statement);
    }
    return statement as Statement<Parameters, Row>;
  }

  /** Runs something that touches the file; errors of SQLite become sentences. */
  guard<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw storeError(error, this.path);
    }
  }

  /** Runs synchronous work in one transaction that takes the write lock at once: all of it or nothing. */
  transaction<Result>(work: () => Result): Result {
    if (this.sqlite.inTransaction) return this.guard(work);
    return this.guard(() => this.sqlite.transaction(work).immediate());
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
    this.sqlite.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
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
  if (readOnly) {
    if (migrationState(sqlite, file, folder).pending.length > 0) {
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
  } else if (
    migrationState(sqlite, file, folder).pending.length === 0 &&
    sqlite.pragma('journal_mode', { simple: true }) === 'wal'
  ) {
    connectionSettings(sqlite);
    return undefined;
  }
  if (tables === 0) sqlite.pragma(`application_id = ${APPLICATION_ID}`);
  sqlite.pragma('journal_mode = WAL');
  sqlite.pragma('foreign_keys = OFF');
  const backup = migrate(sqlite, file, folder);
  connectionSettings(sqlite);
  return backup;
}

/**
 * A project holds tables and indexes. Triggers and views are programs: they would act on what is written and read here
 * (SQLite's "Defense Against The Dark Arts", sqlite.org/security.html).
 */
function checkPlain(sqlite: Database, file: string): void {
  sqlite.pragma('trusted_schema = OFF');
  const found = sqlite
    .prepare<[], { name: string }>("SELECT name FROM sqlite_master WHERE type NOT IN ('table', 'index')")
    .get();
  if (found === undefined) return;
  throw new StoreError(
    'foreign',
    `${basename(file)} holds ${JSON.stringify(found.name)}, which acts when the project is used, and no project has such parts.`,
    { remedy: 'Do not use this file; ask whoever gave it to you for another copy.' },
  );
}

function connectionSettings(sqlite: Database): void {
  // WAL with NORMAL never damages the file; only a power cut may lose the last commits, a killed process loses none
  sqlite.pragma('synchronous = NORMAL');
  sqlite.pragma('foreign_keys = ON');
  // a large import leaves a large WAL file behind: give its space back at the next checkpoint
  sqlite.pragma('journal_size_limit = 67108864');
}
