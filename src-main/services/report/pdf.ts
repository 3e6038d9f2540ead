/** A PDF of an HTML file, printed by a Chromium of this machine where there is one. */
import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { temporaryFolder } from '../../platform/temporary-files.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'msedge'];

/** A Chromium: FORCEWRIGHT_CHROMIUM, else one on the PATH; undefined where there is none. */
export function findChromium(): string | undefined {
  const asked = process.env.FORCEWRIGHT_CHROMIUM;
  const names = asked ? [asked] : NAMES;
  const folders = (process.env.PATH ?? '').split(delimiter);
  return names
    .flatMap((name) => (isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name))))
    .find(executable);
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Prints a document to a file.
 * @throws ForcewrightError when there is no Chromium, or it fails
 */
export async function writePdf(html: string, out: string, signal?: AbortSignal): Promise<void> {
  const chromium = findChromium();
  if (chromium === undefined) {
    throw new ForcewrightError('There is no Chromium on this machine, so no PDF can be made.', {
      remedy: 'Install chromium, name one in FORCEWRIGHT_CHROMIUM, or print the HTML from a browser.',
    });
  }
  const folder = temporaryFolder('report');
  try {
    await mkdir(folder, { recursive: true });
    const page = join(folder, 'report.html');
    await writeFile(page, html);
    const args = [
      '--headless',
      '--disable-gpu',
      '--no-pdf-header-footer',
      `--user-data-dir=${join(folder, 'profile')}`,
      `--print-to-pdf=${resolve(out)}`,
      // Chromium's sandbox refuses to run as root; the page is our own and may run no script
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      pathToFileURL(page).href,
    ];
    const { code, said } = await finished(chromium, args, signal);
    if (code !== 0 || !existsSync(out)) {
      throw new ForcewrightError(`Chromium made no PDF: it ended with code ${code}.`, {
        remedy: said.trim().split('\n').at(-1) ?? 'Print the HTML from a browser.',
      });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function finished(
  program: string,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<{ code: number | null; said: string }> {
  return new Promise((done, fail) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], signal });
    let said = '';
    child.stderr.on('data', (data: Buffer) => (said = (said + data.toString()).slice(-4000)));
    child.on('error', fail);
    child.on('close', (code) => done({ code, said }));
  });
}
