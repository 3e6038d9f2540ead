/** `npm start`: the window in Electron, or in a browser where Electron or a display is missing. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { ForcewrightError } from '../../../../src-compute/errors.ts';
import { note } from '../output.ts';
import { whole } from '../options.ts';

/** Time that fetching Electron's binary may take, ms. */
const FETCH_LIMIT = 180_000;

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
async function findElectron(): Promise<{ binary: string } | { reason: string }> {
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
  return binary === undefined ? { reason: "Electron's program could not be fetched" } : { binary };
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
    .option('--project <file>', 'project to open in the browser')
    .action(async (options: { web?: boolean; port: number; project?: string }) => {
      const electron = options.web ? { reason: 'The browser was asked for' } : await findElectron();
      if ('binary' in electron && (await run(electron.binary, [applicationRoot()]))) return;
      const reason = 'reason' in electron ? electron.reason : 'Electron ended with an error';
      note(`${reason}: the window opens in a browser instead.`);
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
