/** The folder `resources`: beside the sources, beside out/, or under Electron's resources in a packaged app. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ForcewrightError } from '../../src-compute/errors.ts';

/**
 * Path of something in resources.
 * @throws ForcewrightError when it is not there
 */
export function resourcePath(...parts: string[]): string {
  const candidates: string[] = [];
  for (
    let folder = dirname(fileURLToPath(import.meta.url)), last = '';
    folder !== last;
    folder = dirname(folder)
  ) {
    candidates.push(join(folder, 'resources', ...parts));
    last = folder;
    if (dirname(folder) === folder) break;
  }
  const packaged: unknown = Reflect.get(process, 'resourcesPath');
  if (typeof packaged === 'string')
    candidates.push(join(packaged, ...parts), join(packaged, 'resources', ...parts));
  const found = candidates.find((path) => existsSync(path));
  if (found === undefined) {
    throw new ForcewrightError(`${parts.join('/')} of the program is missing.`, {
      remedy: 'Install it again.',
    });
  }
  return found;
}
