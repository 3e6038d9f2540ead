/** Where the entry file of a worker thread is: in the sources by its path, in the bundle beside or above the caller. */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';

/**
 * @param source path of the worker's TypeScript file from the caller: './engine-worker.ts'
 * @param caller import.meta.url
 */
export function workerFile(source: string, caller: string): URL {
  const name = `${basename(source, '.ts')}.js`;
  const candidates = caller.endsWith('.ts') ? [source] : [`./${name}`, `../${name}`];
  const found = candidates
    .map((candidate) => new URL(candidate, caller))
    .find((candidate) => existsSync(candidate));
  if (!found) throw new Error(`${name} is missing beside ${caller}`);
  return found;
}
