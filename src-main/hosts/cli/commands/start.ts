/** `npm start`: the window in Electron, or in a browser where Electron or a display is missing. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { ForcewrightError } from '../../../../src-compute/errors.ts';
import { note } from '../output.ts';
import { whole } from '../options.ts';
import { sandboxProblem } from '../sandbox.ts';
import { START_REPORT, startLimit } from '../../start-report.ts';

/** Time that fetching Electron's binary may take, ms. */
const FETCH_LIMIT = 180_000;
/** Time beyond its own that the desktop program gets to say that it opened a browser, s. */
const GRACE = 30;

/** Why no window can be opened on this system, or undefined. */
export function missingDisplay(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): string | undefined {
  if (platform !== 'linux' || env.DISPLAY || env.WAYLAND_DISPLAY) return undefined;
  return 'There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set)';
}

/** Electron's program in its package folder, or undefined while it was not fetched. */
export function electronBinary(packageFolder: string, env: NodeJS.ProcessEnv): string | undefined {
  const pathFile = join(packageFolder, 'path.txt');
  const name = existsSync(pathFile) ? readFileSync(pathFile, 'utf8').trim() : 'electron';
  const folder = env.ELECTRON_OVERRIDE_DIST_PATH ?? join(packageFolder, 'dist');
  const binary = join(folder, name);
  return existsSync(binary) ? binary : undefined;
}

function electronFolder(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve('electron/package.json'));
  } catch {
    return undefined;
  }
}

/** Runs a program to its end. @returns whether it ended well */
function run(program: string, args: readonly string[], limit?: number): Promise<boolean> {
  return new Promise((done) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'], timeout: limit });
    child.on('error', () => done(false));
    child.on('exit', (code) => done(code === 0));
  });
}

/** Electron's program, fetched once when it is missing. @returns it, or the reason why there is none */
async function findElectron(): Promise<{ binary: string } | { reason: string; remedy?: string }> {
  const display = missingDisplay(process.platform, process.env);
  if (display !== undefined) return { reason: display };
  const folder = electronFolder();
  if (folder === undefined) return { reason: 'Electron is not installed here' };
  let binary = electronBinary(folder, process.env);
  const installer = join(folder, 'install.js');
  if (binary === undefined && existsSync(installer)) {
    note('Fetching Electron for the first start …');
    await run(process.execPath, [installer], FETCH_LIMIT);
    binary = electronBinary(folder, process.env);
  }
  if (binary === undefined) return { reason: "Electron's program could not be fetched" };
  return sandboxProblem(dirname(binary)) ?? { binary };
}

/**
 * Runs the desktop program to its end.
 * @param limit time that it may take until it says that its window, or the browser in its place, is there, s
 * @returns why there was neither, or undefined
 */
export async function runDesktop(
  binary: string,
  args: readonly string[],
  limit: number,
): Promise<string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'forcewright-start-'));
  const report = join(folder, 'report');
  try {
    return await new Promise((done) => {
      const child = spawn(binary, args, {
        stdio: ['ignore', 'inherit', 'inherit'],
        env: { ...process.env, [START_REPORT]: report },
      });
      let silent = false;
      const timer = setTimeout(() => {
        if (existsSync(report)) return;
        silent = true;
        child.kill('SIGKILL');
      }, 1000 * limit);
      const end = (reason: string | undefined) => {
        clearTimeout(timer);
        done(reason);
      };
      child.on('error', () => end('Electron could not be started'));
      child.on('exit', (code, signal) => {
        if (silent) end(`Electron did not open a window within ${limit} seconds`);
        // what ends later was seen by the user
        else if (existsSync(report) || code === 0) end(undefined);
        else
          end(
            `Electron ended with ${code === null ? `the signal ${signal}` : `code ${code}`} before its window opened`,
          );
      });
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Folder with the package.json that names Electron's entry. */
function applicationRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'out', 'main', 'electron.js'))) return folder;
    if (dirname(folder) === folder) {
      throw new ForcewrightError('The desktop program is not built.', { remedy: 'Run npm run build.' });
    }
  }
}

export function register(program: Command): void {
  program
    .command('start')
    .description('Open the window: in Electron where it can run, else in a browser.')
    .option('--web', 'use the browser in any case')
    .option('--port <n>', 'port for the browser; 0 takes a free one', whole(0, 65535), 0)
    .option('--project <file>', 'project to open')
    .action(async (options: { web?: boolean; port: number; project?: string }) => {
      const electron = options.web ? { reason: 'The browser was asked for' } : await findElectron();
      let { reason, remedy }: { reason?: string; remedy?: string } = 'reason' in electron ? electron : {};
      if ('binary' in electron) {
        const args = [applicationRoot(), ...(options.project ? [resolve(options.project)] : [])];
        // the program gives up by itself first
        reason = await runDesktop(electron.binary, args, startLimit() + GRACE);
        if (reason === undefined) return;
        remedy = undefined;
      }
      note(`${reason}: the window opens in a browser instead.${remedy ? `\n${remedy}` : ''}`);
      const { runWebHost } = await import('../../web/run-web-host.ts');
      await runWebHost({
        port: options.port,
        project: options.project,
        idleMinutes: 0,
        onReady: (url) => {
          process.stdout.write(`${JSON.stringify({ url })}\n`);
          note(
            `Forcewright runs at ${url}\nOpen this address in a browser on this machine. Ctrl+C ends Forcewright.`,
          );
        },
      });
    });
}
