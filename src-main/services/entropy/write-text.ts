/** Result files of the entropy measures. */
import { writeFile } from 'node:fs/promises';
import { ForcewrightError } from '../../../src-compute/errors.ts';

/**
 * Writes a text file.
 * @throws ForcewrightError when that is not possible
 */
export async function writeText(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (cause) {
    throw new ForcewrightError(`${path} cannot be written.`, {
      remedy: 'Check that the folder exists and that you may write to it.',
      cause,
    });
  }
}
