/** Paths into the data that lies beside the repository; tests may read it, the product never does. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root folder of the repository. */
export const repositoryRoot = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Path of a file in ../shared. */
export function sharedPath(...parts: string[]): string {
  return join(repositoryRoot, '..', 'shared', ...parts);
}

/**
 * Whether ../shared is there. Under CI its absence is a failure, elsewhere the tests that need it are skipped:
 * use as `describe.skipIf(!hasShared())`.
 */
export function hasShared(): boolean {
  const there = existsSync(sharedPath('data', 'README.md'));
  if (!there && process.env.CI) throw new Error('CI needs the folder ../shared beside the repository.');
  if (!there) console.warn('skipped: the folder ../shared is not beside the repository.');
  return there;
}
