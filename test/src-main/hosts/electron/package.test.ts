/**
 * The desktop package: what electron-builder's patterns take in is laid out as electron-builder lays it out, and the
 * program runs from there, with nothing of the repository or of its development packages in reach.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, matchesGlob } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import config from '../../../../electron-builder.config.js';
import { repositoryRoot } from '../../../support/shared.ts';

const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.looseObject({ dev: z.boolean().optional(), devOptional: z.boolean().optional() }),
  ),
});

let folder: string;
/** Electron's process.resourcesPath. */
let resources: string;

/** Whether the patterns take a file in: the last one that fits decides. */
function taken(path: string, patterns: readonly string[]): boolean {
  let fits = false;
  for (const pattern of patterns) {
    if (pattern.startsWith('!')) fits &&= !matchesGlob(path, pattern.slice(1));
    else fits ||= matchesGlob(path, pattern);
  }
  return fits;
}

function copyTaken(from: string, to: string, patterns: readonly string[]): number {
  const files = globSync('**/*', { cwd: from, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name).slice(from.length + 1));
  const kept = paths.filter((path) => taken(path, patterns));
  for (const path of kept) {
    mkdirSync(dirname(join(to, path)), { recursive: true });
    cpSync(join(from, path), join(to, path));
  }
  return kept.length;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'forcewright-package-'));
  resources = join(folder, 'resources');
  const app = join(resources, 'app');
  mkdirSync(app, { recursive: true });
  const ownPatterns = config.files.filter((pattern) => !pattern.includes('node_modules'));
  copyTaken(
    join(repositoryRoot, 'out'),
    join(app, 'out'),
    ownPatterns.map((p) => p.replace(/^out\//, '')),
  );
  cpSync(join(repositoryRoot, 'package.json'), join(app, 'package.json'));
  for (const { from, to, filter } of config.extraResources) {
    copyTaken(join(repositoryRoot, from), join(resources, to), filter);
  }
  // production packages alone: what is only there for development must not be needed
  const lock = lockSchema.parse(JSON.parse(readFileSync(join(repositoryRoot, 'package-lock.json'), 'utf8')));
  for (const [path, { dev, devOptional }] of Object.entries(lock.packages)) {
    const nested = path.lastIndexOf('node_modules/') > 0;
    if (
      path === '' ||
      dev ||
      devOptional ||
      nested ||
      !taken(`${path}/package.json`, ['**', ...config.files])
    )
      continue;
    if (existsSync(join(repositoryRoot, path))) {
      cpSync(join(repositoryRoot, path), join(app, path), { recursive: true });
    }
  }
  writeFileSync(join(folder, 'as-electron.cjs'), `process.resourcesPath = ${JSON.stringify(resources)};`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Node with Electron's resourcesPath, on the package's own program. */
const command = (...args: string[]) => [
  ...['--require', join(folder, 'as-electron.cjs')],
  join(resources, 'app', 'out', 'main', 'cli.js'),
  ...args,
];

describe('the package of the desktop program', () => {
  it('takes in the program, the window, the preload and every resource, and no maps or sources', () => {
    for (const path of [
      'app/package.json',
      'app/out/main/electron.js',
      'app/out/main/job-worker.js',
      'app/out/main/engine-worker.js',
      'app/out/main/fit-worker.js',
      'app/out/preload/preload.cjs',
      'app/out/renderer/index.html',
      'app/node_modules/better-sqlite3/package.json',
      'app/node_modules/@trpc/server/package.json',
      'resources/migrations/meta/_journal.json',
      'resources/samples/silicon/Si_train.xyz',
      'resources/kim-model/CMakeLists.txt',
    ]) {
      expect(existsSync(join(resources, path)), path).toBe(true);
    }
    expect(globSync('app/out/**/*.map', { cwd: resources })).toEqual([]);
    expect(existsSync(join(resources, 'app', 'src-main'))).toBe(false);
    expect(existsSync(join(resources, 'app', 'node_modules', 'electron'))).toBe(false);
    expect(existsSync(join(resources, 'resources', 'icons'))).toBe(false);
    const { main } = z
      .object({ main: z.string() })
      .parse(JSON.parse(readFileSync(join(resources, 'app', 'package.json'), 'utf8')));
    expect(existsSync(join(resources, 'app', main))).toBe(true);
  });

  it('holds what it needs of the packages whose whole would be read at every start', () => {
    // imported from its package, drizzle-orm brings the dialects of all databases along
    const app = join(resources, 'app', 'out', 'main');
    const importing = globSync('**/*.js', { cwd: app }).filter((file) =>
      /^import\b.*["'](?:drizzle-orm|zod)\b/m.test(readFileSync(join(app, file), 'utf8')),
    );
    expect(importing).toEqual([]);
  });

  it('serves its window, makes a project and imports the sample in a job thread', async () => {
    const args = command('serve', '--json', '--projects', join(folder, 'projects'));
    const host: ChildProcess = spawn(process.execPath, args, {
      cwd: folder,
      env: { ...process.env, FORCEWRIGHT_HOME: join(folder, 'home') },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const url = await new Promise<string>((found, failed) => {
      let text = '';
      host.stdout?.on('data', (data) => {
        text += String(data);
        if (text.includes('\n')) found(z.object({ url: z.string() }).parse(JSON.parse(text)).url);
      });
      host.on('exit', () => failed(new Error(`the packaged host ended: ${text}`)));
    });
    const page = await fetch(url);
    const html = await page.text();
    host.kill();
    expect(page.status).toBe(200);
    expect(html).toContain('id="app"');
    const project = join(folder, 'p.fwproj');
    const sample = join(resources, 'resources', 'samples', 'silicon', 'Si_test.xyz');
    const imported = spawnSync(process.execPath, command('import', sample, '--project', project, '--json'), {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(imported.status, imported.stderr).toBe(0);
    expect(JSON.parse(imported.stdout)).toMatchObject({ datasets: [{ configurations: 25 }] });
  });

  it('fits on its own worker threads and exports the KIM model with its sources', () => {
    const sample = join(resources, 'resources', 'samples', 'silicon', 'Si_test.xyz');
    const potential = join(folder, 'x.potential.json');
    const fit = command(
      'fit',
      '--model',
      'mtp',
      '--level',
      '6',
      '--linear',
      '--train',
      sample,
      '--out',
      potential,
    );
    const fitted = spawnSync(process.execPath, [...fit, '--json'], { cwd: folder, encoding: 'utf8' });
    expect(fitted.status, fitted.stderr).toBe(0);
    const out = join(folder, 'kim');
    const exported = spawnSync(
      process.execPath,
      command('export', '--potential', potential, '--format', 'kim', '--no-build', '--out', out, '--json'),
      { cwd: folder, encoding: 'utf8' },
    );
    expect(exported.status, exported.stderr).toBe(0);
    expect(globSync('**/*.cpp', { cwd: out }).length).toBeGreaterThan(0);
  });
});
