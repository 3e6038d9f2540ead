/**
 * Files with results that took long to compute. A place that refuses one (a full disk) does not take the others with it,
 * nor what the command prints: each is kept elsewhere, and the command fails once everything has been said.
 */
import { CancelledError, type ForcewrightError } from '../../../src-compute/errors.ts';
import { FileError } from '../../platform/file-error.ts';
import { writeOrKeep } from '../../platform/whole-file.ts';

export class ResultFiles {
  private readonly failures: ForcewrightError[] = [];
  private readonly done = new Set<string>();

  /**
   * Writes a file or a folder.
   * @param write writes under the given name; is called again with another name when the first refuses
   * @throws whatever is no matter of the disk
   */
  async write(path: string, write: (name: string) => Promise<void>): Promise<void> {
    try {
      await writeOrKeep(path, write);
      this.done.add(path);
    } catch (error) {
      if (error instanceof CancelledError || !(error instanceof FileError)) throw error;
      this.failures.push(error);
    }
  }

  /** Whether a file was written under its own name, so that nothing is said of one that is not there. */
  wrote(path: string): boolean {
    return this.done.has(path);
  }

  /**
   * Call when the result was printed.
   * @throws FileError that names where the files are instead
   */
  check(): void {
    if (this.failures.length === 0) return;
    const words = (of: (error: ForcewrightError) => string) => [...new Set(this.failures.map(of))].join(' ');
    throw new FileError(
      words(({ message }) => message),
      { remedy: words(({ remedy }) => remedy) },
    );
  }
}
