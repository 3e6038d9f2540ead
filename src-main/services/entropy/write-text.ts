/** Result files of the entropy measures. */
import { writeWholeFile } from '../../platform/whole-file.ts';

/**
 * Writes a text file.
 * @throws FileError when that is not possible
 */
export async function writeText(path: string, text: string): Promise<void> {
  await writeWholeFile(path, text);
}
