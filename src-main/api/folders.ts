/** Where the program's own parts and the user's projects lie. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ForcewrightError } from '../../src-compute/errors.ts';

export { applicationFolder } from '../services/application-folder.ts';

/** Folders from this module upwards: sources, bundles in out/ and a packaged program are found alike. */
function upwards(): string[] {
  const folders: string[] = [];
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    folders.push(folder);
    if (dirname(folder) === folder) return folders;
  }
}

function find(parts: readonly string[][], what: string): string {
  const packaged: unknown = Reflect.get(process, 'resourcesPath');
  const roots = [...upwards(), ...(typeof packaged === 'string' ? [packaged] : [])];
  for (const root of roots) {
    for (const part of parts) if (existsSync(join(root, ...part))) return join(root, ...part);
  }
  throw new ForcewrightError(`${what} was not found.`, {
    remedy: 'Run npm run build, or install the program again.',
  });
}

/** Folder with the built window. */
export function rendererFolder(): string {
  return dirname(
    find(
      [
        ['out', 'renderer', 'index.html'],
        ['renderer', 'index.html'],
      ],
      'The built window',
    ),
  );
}

/** Module that runs one job in a thread: the bundle where this is a bundle, else the source. */
export function jobWorkerUrl(): URL {
  const own = fileURLToPath(import.meta.url);
  const parts = own.endsWith('.ts')
    ? [['src-main', 'services', 'job-worker.ts']]
    : [['job-worker.js'], ['out', 'main', 'job-worker.js']];
  return pathToFileURL(find(parts, 'The worker for jobs'));
}

/** A file of the bundled samples. */
export function sampleFile(...parts: string[]): string {
  return find(
    [
      ['resources', 'samples', ...parts],
      ['samples', ...parts],
    ],
    'The sample data',
  );
}

/** Where projects made in the browser go. */
export function defaultProjectsFolder(): string {
  return join(process.env.FORCEWRIGHT_HOME ?? homedir(), 'Forcewright');
}
