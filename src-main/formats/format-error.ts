/** What is wrong with a file. */
import { ForcewrightError } from '../../src-compute/errors.ts';

/** A file cannot be read or written; says which file, which frame (from 0) and which line (from 1). */
export class FormatError extends ForcewrightError {
  readonly file: string;
  readonly frame: number | undefined;
  readonly line: number | undefined;

  constructor(
    message: string,
    options: { file: string; frame?: number; line?: number; remedy?: string; cause?: unknown },
  ) {
    super(message, options);
    this.file = options.file;
    this.frame = options.frame;
    this.line = options.line;
  }
}
