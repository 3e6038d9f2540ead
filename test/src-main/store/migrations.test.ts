import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import SqliteDatabase from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { DatasetRepository } from '../../../src-main/store/datasets.ts';
import { defaultMigrationsFolder } from '../../../src-main/store/migrations.ts';
import { Project } from '../../../src-main/store/project.ts';
import { StoreError } from '../../../src-main/store/store-error.ts';
import { addDataset, crystal, temporaryFolder } from '../../support/project.ts';
import { repositoryRoot } from '../../support/shared.ts';

const folder = temporaryFolder();
const current = defaultMigrationsFolder();

/** The migrations of this version and one more, as a later version would have them. */
function laterMigrations(name: string, sql: string): string {
  const target = join(folder, name);
  cpSync(current, target, { recursive: true });
  const journalPath = join(target, 'meta', '_journal.json');
  const journal = JSON.parse(readFileSync(journalPath, 'utf8')) as {
    entries: { idx: number; when: number; tag: string }[];
  };
  const last = journal.entries[journal.entries.length - 1];
  journal.entries.push({ ...last, idx: last.idx + 1, when: last.when + 1000, tag: `9999_${name}` });
  writeFileSync(journalPath, JSON.stringify(journal));
  writeFileSync(join(target, `9999_${name}.sql`), sql);
  return target;
}

function filledProject(name: string): string {
  const path = join(folder, `${name}.fwproj`);
  using project = Project.open(path, { create: true });
  addDataset(project, 'crystal', [crystal(3, 1), crystal(3, 2)]);
  return path;
}

describe('migrations', () => {
  it('bring an older project to the new version and keep a copy from before', () => {
    const path = filledProject('older');
    const applied = readdirSync(current).filter((file) => file.endsWith('.sql')).length;
    const migrationsFolder = laterMigrations(
      'colour',
      "ALTER TABLE datasets ADD colour text DEFAULT 'red' NOT NULL;",
    );
    {
      using project = Project.open(path, { migrationsFolder });
      expect(project.backup).toBe(`${path}.backup-${applied}`);
      expect(project.sqlite.prepare('SELECT colour FROM datasets').pluck().get()).toBe('red');
      expect(project.sqlite.pragma('foreign_keys', { simple: true })).toBe(1);
    }
    {
      using again = Project.open(path, { migrationsFolder });
      expect(again.backup).toBeUndefined();
    }
    // the copy is a whole project of the version before
    using old = Project.open(`${path}.backup-${applied}`);
    expect(new DatasetRepository(old).configuration(1, 1).positions).toEqual(crystal(3, 2).positions);
    expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([]);
  });

  it('refuse a project from a newer version and leave it as it is', () => {
    const path = join(folder, 'older.fwproj');
    expect(existsSync(path)).toBe(true);
    const before = readFileSync(path);
    for (const readOnly of [false, true]) {
      expect(() => Project.open(path, { readOnly })).toThrow(/newer version of Forcewright/);
    }
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('leave the project as it was when one fails in the middle', () => {
    const path = filledProject('failing');
    const migrationsFolder = laterMigrations(
      'failing',
      "ALTER TABLE datasets ADD colour text;--> statement-breakpoint\nUPDATE datasets SET name = 'gone';--> statement-breakpoint\nINSERT INTO no_such_table VALUES (1);",
    );
    let failure: unknown;
    try {
      Project.open(path, { migrationsFolder });
    } catch (error) {
      failure = error;
    }
    expect(failure).toBeInstanceOf(StoreError);
    expect((failure as StoreError).message).toContain('could not be brought');
    expect((failure as StoreError).remedy).toContain('failing.fwproj.backup-');
    using project = Project.open(path);
    expect(new DatasetRepository(project).get(1).name).toBe('crystal');
    expect(project.sqlite.prepare('SELECT count(*) FROM __drizzle_migrations').pluck().get()).toBe(
      readdirSync(current).filter((file) => file.endsWith('.sql')).length,
    );
    const columns = project.sqlite.pragma('table_info(datasets)') as { name: string }[];
    expect(columns.map((column) => column.name)).not.toContain('colour');
  });

  it('fail when they would break a reference', () => {
    const path = filledProject('broken');
    const migrationsFolder = laterMigrations('broken', 'DELETE FROM datasets;');
    expect(() => Project.open(path, { migrationsFolder })).toThrow(StoreError);
    using project = Project.open(path);
    expect(new DatasetRepository(project).list()).toHaveLength(1);
  });

  it('are not run twice by two processes that open an old project together', () => {
    const path = filledProject('together');
    const migrationsFolder = laterMigrations(
      'together',
      'CREATE TABLE extra (id integer); INSERT INTO extra VALUES (1);',
    );
    const script = `
      import { Project } from ${JSON.stringify(pathToFileURL(join(repositoryRoot, 'src-main/store/project.ts')).href)};
      const [path, migrationsFolder] = process.argv.slice(1);
      using project = Project.open(path, { migrationsFolder, busyTimeoutMs: 20000 });
      console.log(project.sqlite.prepare('SELECT count(*) FROM extra').pluck().get());`;
    const line = [process.execPath, '--input-type=module', '-e', script, path, migrationsFolder]
      .map((word) => `'${word.replaceAll("'", `'\\''`)}'`)
      .join(' ');
    const both = spawnSync('sh', ['-c', `${line} & ${line} & wait`], { encoding: 'utf8' });
    expect(both.stderr).toBe('');
    expect(both.stdout.trim().split(/\s+/)).toEqual(['1', '1']);
  });

  it('are found from the sources and from a bundle in out/', () => {
    expect(current).toBe(join(repositoryRoot, 'resources', 'migrations'));
    const root = join(folder, 'installed');
    mkdirSync(join(root, 'out', 'main', 'chunks'), { recursive: true });
    cpSync(current, join(root, 'resources', 'migrations'), { recursive: true });
    const bundle = pathToFileURL(join(root, 'out', 'main', 'chunks', 'project.js')).href;
    expect(defaultMigrationsFolder(bundle)).toBe(join(root, 'resources', 'migrations'));
  });

  it('say the same as the schema: drizzle-kit finds nothing to add', () => {
    const work = join(folder, 'drizzle');
    cpSync(current, join(work, 'migrations'), { recursive: true });
    const kit = join(repositoryRoot, 'node_modules', 'drizzle-kit', 'bin.cjs');
    const schema = join(repositoryRoot, 'src-main', 'store', 'schema.ts');
    // drizzle-kit takes paths relative to where it runs
    const out = spawnSync(
      process.execPath,
      [kit, 'generate', '--dialect', 'sqlite', '--schema', schema, '--out', './migrations'],
      {
        cwd: work,
        encoding: 'utf8',
      },
    );
    expect(out.status, out.stdout + out.stderr).toBe(0);
    expect(out.stdout).toContain('No schema changes');
    expect(readdirSync(join(work, 'migrations')).sort()).toEqual(readdirSync(current).sort());
  });

  it('are plain SQL that builds the same tables in an empty file', () => {
    using project = Project.open(join(folder, 'empty.fwproj'), { create: true });
    const plain = new SqliteDatabase(':memory:');
    for (const file of readdirSync(current)
      .filter((name) => name.endsWith('.sql'))
      .sort()) {
      plain.exec(readFileSync(join(current, file), 'utf8'));
    }
    const tables =
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '__drizzle%' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    expect(project.sqlite.prepare(tables).pluck().all()).toEqual(plain.prepare(tables).pluck().all());
    plain.close();
  });
});
