#!/usr/bin/env node
/**
 * Runs the project's tasks from a fresh clone with nothing but git, Node ≥ 20 and npm: installs what the lock file
 * names (when it changed), builds (when a source changed), then runs the task on the Node 24 that came with it.
 *
 *   node scripts/run.mjs demo | test | start | build | check | lint | typecheck | format | bench | smoke
 *     [arguments]
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [task, ...rest] = process.argv.slice(2);

/** Ends with a sentence instead of a stack trace. */
function stop(sentence) {
  console.error(sentence);
  process.exit(1);
}

/** Runs a program in the repository root and ends with its exit code when it fails. */
function run(program, args, options = {}) {
  const result = spawnSync(program, args, { cwd: root, stdio: 'inherit', env: environment(), ...options });
  if (result.error) stop(`${program} could not be started: ${result.error.message}`);
  if (result.status !== 0) process.exit(result.status ?? 1);
}

function environment() {
  return { ...process.env, PATH: [dirname(node24() ?? process.execPath), process.env.PATH].join(delimiter) };
}

/** Installs exactly what package-lock.json names, when it is not yet installed. */
function install() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = join(root, 'node_modules', '.forcewright-installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.error('Installing the packages that package-lock.json names …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const result = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (result.status !== 0) {
    stop(
      'npm ci failed, so nothing else can run. Check the connection to the package registry and the messages above.',
    );
  }
  writeFileSync(stamp, lock);
}

/** The Node 24 binary of the locked platform package, or undefined where there is none. */
function node24() {
  const binary = process.platform === 'win32' ? ['node.exe'] : ['bin', 'node'];
  const os = process.platform === 'win32' ? 'win' : process.platform;
  for (const parts of [binary, ['bin', ...binary]]) {
    const path = join(root, 'node_modules', `node-${os}-${process.arch}`, ...parts);
    if (existsSync(path)) return path;
  }
  return Number(process.versions.node.split('.')[0]) >= 24 ? process.execPath : undefined;
}

function requireNode24() {
  return (
    node24() ??
    stop(
      `Forcewright runs on Node 24, and no packaged one exists for ${process.platform}-${process.arch}: install Node 24.`,
    )
  );
}

/** Newest modification time below a folder or of a file, in milliseconds. */
function newest(path) {
  if (!existsSync(path)) return 0;
  const status = statSync(path);
  if (!status.isDirectory()) return status.mtimeMs;
  return Math.max(status.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

const SOURCES = ['src-compute', 'src-main', 'src-renderer', 'electron.vite.config.ts', 'package-lock.json'];

/** Builds out/ when a source is newer than the last build. */
function build({ force = false } = {}) {
  const stamp = join(root, 'out', '.built');
  const changed = Math.max(...SOURCES.map((name) => newest(join(root, name))));
  if (!force && existsSync(stamp) && statSync(stamp).mtimeMs > changed) return;
  console.error('Building …');
  module('electron-vite/bin/electron-vite.js', ['build', '--logLevel', 'warn']);
  writeFileSync(stamp, new Date().toISOString());
}

/** Runs the script of an installed package on Node 24. */
function module(path, args) {
  run(requireNode24(), [join(root, 'node_modules', ...path.split('/')), ...args]);
}

const lint = () => {
  module('eslint/bin/eslint.js', ['.', '--max-warnings', '0']);
  module('prettier/bin/prettier.cjs', ['--check', '--log-level', 'warn', '.']);
};
const typecheck = () => {
  module('typescript/bin/tsc', ['--noEmit', '-p', 'tsconfig.json']);
  module('typescript/bin/tsc', ['--noEmit', '-p', 'test/tsconfig.json']);
  module('vue-tsc/bin/vue-tsc.js', ['--noEmit', '-p', 'src-renderer/tsconfig.json']);
};

const TASKS = {
  build: () => build({ force: true }),
  demo: () => {
    build();
    run(requireNode24(), [join(root, 'out', 'main', 'cli.js'), 'demo', ...rest]);
  },
  start: () => {
    build();
    run(requireNode24(), [join(root, 'out', 'main', 'cli.js'), 'start', ...rest]);
  },
  test: () => {
    build();
    // a single folder is asked for while working on it: lint and types come with the whole run
    if (rest.length === 0) {
      lint();
      typecheck();
    }
    process.env.FORCEWRIGHT_BUILT = 'now'; // whole commands run from out/ (test/support/command-line.ts)
    module('vitest/vitest.mjs', ['run', ...rest]);
  },
  smoke: () => {
    build();
    run(requireNode24(), [join(root, 'test', 'e2e', 'support', 'smoke-electron.ts'), ...rest]);
  },
  bench: () => run(requireNode24(), [join(root, 'test', 'benchmarks', 'engine.ts'), ...rest]),
  lint,
  typecheck,
  check: () => {
    lint();
    typecheck();
  },
  format: () => module('prettier/bin/prettier.cjs', ['--write', '--log-level', 'warn', '.']),
};

if (!TASKS[task]) stop(`Unknown task ${task ?? ''}. Known: ${Object.keys(TASKS).join(', ')}.`);
install();
TASKS[task]();
