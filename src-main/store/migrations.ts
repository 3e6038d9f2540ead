/**
 * Brings a project file to the tables of this version. The SQL comes from drizzle-kit (resources/migrations); the
 * record of what was run is Drizzle's own table. All pending migrations run in one immediate transaction, so that
 * two programs that open an old project at once do not both migrate it, and a failing one leaves the file as it was.
 */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Database } from 'better-sqlite3';
import { readMigrationFiles, type MigrationMeta } from 'drizzle-orm/migrator';
import { countProperties, packColumns, packSources } from './column-packer.ts';
import { partName } from '../platform/temporary-files.ts';
import { StoreError, storeError } from './store-error.ts';

/** Drizzle's record of what was run. */
export const MIGRATIONS_TABLE = '__drizzle_migrations';

/** What SQL cannot do, by its name in a migration: a statement that is nothing but the comment `-- step: NAME`. */
const STEPS: Readonly<Record<string, (sqlite: Database) => void>> = {
  'pack-columns': (sqlite) =>
    packColumns(sqlite, { excluded: 'excluded', weight: 'weight', split: 'split', flags: 'flags' }),
  'count-properties': countProperties,
  'pack-sources': packSources,
};

/**
 * Folder with the SQL migrations: found by walking up from this module, which works from the sources and from the
 * bundles in out/, or under Electron's resources folder in a packaged app.
 * @throws StoreError when the installation is incomplete
 */
export function defaultMigrationsFolder(from: string = import.meta.url): string {
  const candidates: string[] = [];
  for (let folder = dirname(fileURLToPath(from)); ; folder = dirname(folder)) {
    candidates.push(join(folder, 'resources', 'migrations'));
    if (dirname(folder) === folder) break;
  }
  const packaged: unknown = Reflect.get(process, 'resourcesPath');
  if (typeof packaged === 'string') {
    candidates.push(join(packaged, 'migrations'), join(packaged, 'resources', 'migrations'));
  }
  const found = candidates.find((folder) => existsSync(join(folder, 'meta', '_journal.json')));
  if (found === undefined) {
    throw new StoreError('failed', 'The folder resources/migrations of the program was not found.', {
      remedy: 'Install the program again.',
    });
  }
  return found;
}

/** What a file needs to reach this version. */
export interface MigrationState {
  /** Migrations that were run on the file; 0 for a new file. */
  readonly applied: number;
  /** Those of this version that were run. */
  readonly done: readonly MigrationMeta[];
  readonly pending: readonly MigrationMeta[];
}

/**
 * Compares the file with the migrations of this version.
 * @throws StoreError with reason 'newer' when the file was made by a newer version
 */
export function migrationState(sqlite: Database, path: string, folder: string): MigrationState {
  const known = readMigrationFiles({ migrationsFolder: folder });
  const hasTable = sqlite
    .prepare<[string]>("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?")
    .get(MIGRATIONS_TABLE);
  if (hasTable === undefined) return { applied: 0, done: [], pending: known };
  const rows = sqlite
    .prepare<[], { hash: string; created_at: number }>(
      `SELECT hash, created_at FROM ${MIGRATIONS_TABLE} ORDER BY created_at`,
    )
    .all();
  const knownHashes = new Set(known.map((migration) => migration.hash));
  const last = known[known.length - 1]?.folderMillis ?? 0;
  if (rows.some((row) => Number(row.created_at) > last || !knownHashes.has(row.hash))) {
    throw new StoreError(
      'newer',
      `The project ${basename(path)} was made by a newer version of Forcewright.`,
      {
        remedy: 'Open it with that version, or update this one. The file was not changed.',
      },
    );
  }
  const done = new Set(rows.map((row) => row.hash));
  return {
    applied: rows.length,
    done: known.filter((migration) => done.has(migration.hash)),
    pending: known.filter((migration) => !done.has(migration.hash)),
  };
}

/**
 * Writes a consistent copy of the file beside it, `NAME.backup-N` with N the number of migrations it had. A copy
 * that is already there under this name is replaced only once the new one is complete.
 * @returns path of the copy
 */
function writeBackup(sqlite: Database, path: string, applied: number): string {
  const target = `${path}.backup-${applied}`;
  const partial = partName(target);
  rmSync(partial, { force: true });
  try {
    sqlite.prepare('VACUUM INTO ?').run(partial);
    renameSync(partial, target);
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
  return target;
}

/**
 * Runs what is pending. Foreign keys must be off (they are switched on afterwards, since SQLite rebuilds tables to
 * change them).
 * @returns path of the backup copy, or undefined when nothing was to do or the file was new
 * @throws StoreError when a migration fails; the file is then as before
 */
export function migrate(sqlite: Database, path: string, folder: string): string | undefined {
  const state = migrationState(sqlite, path, folder);
  if (state.pending.length === 0) return undefined;
  const backup = state.applied > 0 ? writeBackup(sqlite, path, state.applied) : undefined;
  const run = sqlite.transaction(() => {
    // another program may have migrated between the look above and the lock
    const { pending } = migrationState(sqlite, path, folder);
    sqlite.exec(
      `CREATE TABLE IF NOT EXISTS ${MIGRATIONS_TABLE} (id INTEGER PRIMARY KEY, hash text NOT NULL, created_at numeric)`,
    );
    const record = sqlite.prepare(`INSERT INTO ${MIGRATIONS_TABLE} (hash, created_at) VALUES (?, ?)`);
    for (const migration of pending) {
      for (const statement of migration.sql) {
        const step = /^-- step: (.+)$/.exec(statement.trim())?.[1];
        if (step === undefined) sqlite.exec(statement);
        else STEPS[step](sqlite);
      }
      record.run(migration.hash, migration.folderMillis);
    }
    const broken = sqlite.prepare('PRAGMA foreign_key_check').all();
    if (broken.length > 0) throw new Error(`${broken.length} references would be broken`);
  });
  try {
    run.immediate();
  } catch (error) {
    const translated = storeError(error, path);
    if (translated instanceof StoreError && translated.reason !== 'failed') throw translated;
    const kept = backup === undefined ? '' : ` A copy from before is in ${basename(backup)}.`;
    throw new StoreError(
      'failed',
      `The project ${basename(path)} could not be brought to this version's format.`,
      {
        remedy: `The file is as it was.${kept} Open it with the version that made it, and report this.`,
        cause: error,
      },
    );
  }
  return backup;
}
