/**
 * Electron's own start, as far as the main process sees it: node --import register.ts program.ts FOLDER [arguments].
 * Chromium is prepared; `ready` is emitted once the main module has been evaluated, and not before (electron/electron
 * #40719; lib/browser/init.ts tells the native side that the code is loaded when the import of the entry resolves).
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { control, launchReady, tell } from './electron.ts';

const folder = resolve(process.argv[2]);
// as `electron FOLDER arguments`: the program's own name and the folder come first
process.argv.splice(1, 2, folder);
const { main } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { main: string };
// Electron lives on whatever its main module waits for
setInterval(() => undefined, 60_000);
control();
tell('evaluating');
try {
  await import(pathToFileURL(join(folder, main)).href);
} catch (error) {
  // Electron shows a box and stays (lib/browser/init.ts, uncaughtException)
  tell('error', { message: error instanceof Error ? error.stack : String(error) });
}
tell('evaluated');
await launchReady();
