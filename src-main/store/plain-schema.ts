/**
 * What a project file may be made of. Its schema is text that SQLite runs when the file is used: triggers, views, virtual
 * tables, computed columns, CHECK and DEFAULT expressions, indexes on expressions (SQLite's "Defense Against The Dark
 * Arts", sqlite.org/security.html). A project may come from anybody, so its schema has to be, word for word, the one
 * that the migrations of this program write.
 */
import { basename } from 'node:path';
import SqliteDatabase, { type Database } from 'better-sqlite3';
import type { MigrationMeta } from 'drizzle-orm/migrator';
import { MIGRATIONS_TABLE } from './migrations.ts';
import { StoreError } from './store-error.ts';

/** An entry of sqlite_master. */
interface Part {
  readonly type: string;
  readonly name: string;
  readonly sql: string | null;
}

/** Tables that SQLite makes for itself (sqlite.org/fileformat2.html, "Internal Schema Objects"). */
const OF_SQLITE = new Set(['sqlite_sequence', 'sqlite_stat1', 'sqlite_stat4']);

/** By the hashes of the migrations. */
const known = new Map<string, ReadonlyMap<string, string>>();

/**
 * Refuses triggers, views and whatever else is neither a table nor an index. To be called before anything is read.
 * @throws StoreError with reason 'foreign'
 */
export function checkPlain(sqlite: Database, file: string): void {
  sqlite.pragma('trusted_schema = OFF');
  // overlapping pages of a file made up by hand are found before they are used
  sqlite.pragma('cell_size_check = ON');
  const found = partsOf(sqlite).find(
    ({ type, sql }) => (type !== 'table' && type !== 'index') || /^\s*create\s+virtual/i.test(sql ?? ''),
  );
  if (found !== undefined) throw acting(found.name, file);
}

/**
 * Compares the tables and indexes of a file with those that its migrations make.
 * @param applied the migrations that were run on it
 * @throws StoreError with reason 'foreign' when something was added or changed, 'damaged' when something is missing
 */
export function checkSchema(sqlite: Database, file: string, applied: readonly MigrationMeta[]): void {
  const expected = schemaOf(applied);
  const missing = new Set(expected.keys());
  for (const { type, name, sql } of partsOf(sqlite)) {
    if (OF_SQLITE.has(name) || name === MIGRATIONS_TABLE || (type === 'index' && sql === null)) continue;
    if (!missing.delete(name) || expected.get(name) !== sql) throw acting(name, file);
  }
  const [first] = missing;
  if (first === undefined) return;
  throw new StoreError(
    'damaged',
    `The project ${basename(file)} is damaged: its table ${first} is missing.`,
    {
      remedy: 'Restore the project from a backup copy.',
    },
  );
}

function partsOf(sqlite: Database): Part[] {
  return sqlite.prepare<[], Part>('SELECT type, name, sql FROM sqlite_master').all();
}

/** SQL by name of the tables and indexes that migrations make in an empty file. */
function schemaOf(migrations: readonly MigrationMeta[]): ReadonlyMap<string, string> {
  const key = migrations.map(({ hash }) => hash).join();
  let schema = known.get(key);
  if (schema === undefined) {
    const empty = new SqliteDatabase(':memory:');
    try {
      for (const { sql } of migrations) for (const statement of sql) empty.exec(statement);
      schema = new Map(
        partsOf(empty).flatMap(({ name, sql }): [string, string][] =>
          OF_SQLITE.has(name) || sql === null ? [] : [[name, sql]],
        ),
      );
    } finally {
      empty.close();
    }
    known.set(key, schema);
  }
  return schema;
}

function acting(name: string, file: string): StoreError {
  return new StoreError(
    'foreign',
    `${basename(file)} holds ${JSON.stringify(name)}, which acts when the project is used, and no project has such parts.`,
    { remedy: 'Do not use this file; ask whoever gave it to you for another copy.' },
  );
}
