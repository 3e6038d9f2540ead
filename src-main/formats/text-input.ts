/**
 * Files as lines of bytes, with bounded memory: plain or compressed (byte-source.ts), with or without a byte order
 * mark, lines ending in LF or CRLF. A line is a range of the buffer, no string is made until someone asks for text().
 */
import { isAscii } from 'node:buffer';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { CancelledError } from '../../src-compute/errors.ts';
import { sourceOf, type ByteSource } from './byte-source.ts';
import { FormatError } from './format-error.ts';

const CHUNK = 1 << 20;
/** A longer line is not a line of any structure file; without this bound a file without line ends would fill the memory. */
const LONGEST_LINE = 32 << 20;
/** Lines that may hold whole arrays, as comments of extended XYZ do. */
export const LONGEST_ARRAY_LINE = 16 << 20;
/** Any other line: words and numbers. */
const LONGEST_TEXT = 1 << 20;
/** A line that is kept when the buffer moves on. */
const LONGEST_KEPT = 1 << 16;
/** White space without anything in it. */
const LONGEST_BLANK = 1 << 20;

/** Lines of one file. Use with `await using`, or close() it. */
export class TextInput implements AsyncDisposable {
  readonly file: string;
  /** Buffer that holds the current line; valid until the next line is asked for. */
  bytes: Uint8Array = new Uint8Array(CHUNK);
  /** The current line is bytes[start … end), without its line end. */
  start = 0;
  end = 0;
  /** Number of the current line, from 1; 0 before the first. */
  line = 0;
  /** Bytes of the file as it lies on the disk, compressed or not. */
  readonly size: number;

  private readonly source: ByteSource;
  private readonly signal: AbortSignal | undefined;
  private readonly onProgress: ((bytesRead: number, bytesTotal: number) => void) | undefined;
  /** Start of what is not yet a line, and end of what has been read. */
  private next = 0;
  private filled = 0;
  private searched = 0;
  /** Bytes of blank lines since the last line that holds something. */
  private blank = 0;
  /** Whether the current line is the last and has no line end: it may have been cut off inside a number. */
  unended = false;
  /** What stands in the line before an unended one; '' where it is long, or there is none. */
  before = '';
  private ended = false;
  private held = false;
  private readonly decoder = new TextDecoder('utf-8');

  private constructor(
    file: string,
    size: number,
    source: ByteSource,
    options: { signal?: AbortSignal; onProgress?: (bytesRead: number, bytesTotal: number) => void },
  ) {
    this.file = file;
    this.size = size;
    this.source = source;
    this.signal = options.signal;
    this.onProgress = options.onProgress;
  }

  /**
   * Opens a file; compressed when its first bytes say so.
   * @throws FormatError when it cannot be opened
   */
  static async open(
    file: string,
    options: { signal?: AbortSignal; onProgress?: (bytesRead: number, bytesTotal: number) => void } = {},
  ): Promise<TextInput> {
    let handle: FileHandle;
    let size: number;
    try {
      const status = await stat(file);
      if (status.isDirectory()) {
        throw new FormatError(`${file} is a folder; expected a file.`, { file });
      }
      size = status.size;
      handle = await open(file, 'r');
    } catch (error) {
      throw openingError(file, error);
    }
    return new TextInput(file, size, await sourceOf(file, handle), options);
  }

  close(): Promise<void> {
    return this.source.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Moves to the next line if the buffer holds it whole; false means: fill() first. */
  tryLine(): boolean {
    if (this.held) {
      this.held = false;
      return true;
    }
    const at = this.bytes.indexOf(10, this.searched);
    if (at < 0 || at >= this.filled) {
      this.searched = this.filled;
      if (!this.ended || this.next >= this.filled) return false;
      // right behind a move of the buffer the line was kept
      if (this.next > 0) this.before = this.shortText();
      this.setLine(this.filled, this.filled); // last line, without a line end
      this.unended = true;
      return true;
    }
    this.setLine(at, at + 1);
    return true;
  }

  private setLine(end: number, next: number): void {
    this.start = this.next;
    this.end = end > this.start && this.bytes[end - 1] === 13 ? end - 1 : end;
    this.next = next;
    this.searched = next;
    this.line++;
    if (this.end === this.start || (this.bytes[this.start] <= 32 && this.isBlank())) {
      this.blank += next - this.start;
      if (this.blank > LONGEST_BLANK)
        throw this.refusal('more than 1 MiB of white space without anything in it');
    } else {
      this.blank = 0;
    }
  }

  private refusal(what: string): FormatError {
    return new FormatError(`${this.file} is no structure file, or it is damaged: it has ${what}.`, {
      file: this.file,
      line: this.line,
      remedy: 'Look at this place of the file, or write it again.',
    });
  }

  /** Reads on; false at the end of the file. Call only after tryLine() said false. */
  async fill(): Promise<boolean> {
    if (this.signal?.aborted === true) throw new CancelledError();
    if (this.ended) return false;
    this.makeRoom();
    let count: number;
    try {
      count = await this.source.read(this.bytes, this.filled, this.bytes.length - this.filled);
    } catch (error) {
      throw this.readingError(error);
    }
    if (this.line === 0 && this.filled === 0) this.skipMark(count);
    this.filled += count;
    this.ended = count === 0;
    this.onProgress?.(Math.min(this.source.consumed, this.size), this.size);
    return !this.ended || this.next < this.filled;
  }

  private readingError(cause: unknown): FormatError {
    const { file, line } = this;
    return this.source.compressed
      ? new FormatError(`${file} cannot be read to its end: the compressed data is damaged or cut off.`, {
          file,
          line,
          remedy: 'Fetch or compress the file again.',
          cause,
        })
      : new FormatError(`${file} cannot be read: the disk or the network reports an error.`, {
          file,
          line,
          cause,
        });
  }

  private skipMark(count: number): void {
    const [first, second, third] = this.bytes;
    if (count >= 2 && ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))) {
      throw new FormatError(`${this.file} is written in UTF-16; expected plain text in UTF-8.`, {
        file: this.file,
        remedy: 'Save it as UTF-8.',
      });
    }
    if (count >= 3 && first === 0xef && second === 0xbb && third === 0xbf) {
      this.next = 3;
      this.searched = 3;
    }
  }

  private shortText(): string {
    return this.line > 0 && this.end - this.start < LONGEST_KEPT ? this.text() : '';
  }

  private makeRoom(): void {
    if (this.next > 0) {
      this.before = this.shortText();
      this.bytes.copyWithin(0, this.next, this.filled);
      this.filled -= this.next;
      this.searched -= this.next;
      this.next = 0;
    }
    if (this.filled < this.bytes.length / 2) return;
    if (this.bytes.length >= LONGEST_LINE) {
      throw new FormatError(`${this.file} is not a text file: it has a line longer than 16 MiB.`, {
        file: this.file,
        line: this.line + 1,
      });
    }
    const larger = new Uint8Array(this.bytes.length * 2);
    larger.set(this.bytes.subarray(0, this.filled));
    this.bytes = larger;
  }

  /** Moves to the next line; false at the end of the file. */
  async nextLine(): Promise<boolean> {
    for (;;) {
      if (this.tryLine()) return true;
      if (!(await this.fill())) return this.tryLine();
    }
  }

  /** Makes the next tryLine() or nextLine() return the current line again. */
  hold(): void {
    this.held = true;
  }

  /**
   * Text of the current line.
   * @param longest how long it may be, bytes
   * @throws FormatError when it is longer: what takes lines apart needs many times their length
   */
  text(longest = LONGEST_TEXT): string {
    if (this.end - this.start > longest) throw this.refusal(`a line longer than ${longest >> 20} MiB`);
    const line = Buffer.from(this.bytes.buffer, this.bytes.byteOffset + this.start, this.end - this.start);
    // most lines are ASCII, and need no decoder
    return isAscii(line) ? line.toString('latin1') : this.decoder.decode(line);
  }

  /** Whether the current line holds nothing but blanks. */
  isBlank(): boolean {
    for (let at = this.start; at < this.end; at++) {
      if (this.bytes[at] !== 32 && this.bytes[at] !== 9) return false;
    }
    return true;
  }

  /** Rest of the file as text, in pieces; for formats that are not lines (XML, JSON). */
  async *pieces(): AsyncGenerator<string> {
    const decoder = new TextDecoder('utf-8');
    for (;;) {
      if (this.next < this.filled) {
        yield decoder.decode(this.bytes.subarray(this.next, this.filled), { stream: true });
        this.next = this.filled;
        this.searched = this.filled;
      }
      if (!(await this.fill())) return;
    }
  }

  /** Beginning of the file as text; the input can still be read from its first line afterwards. */
  async head(length: number): Promise<string> {
    while (this.filled - this.next < length && (await this.fill()));
    const { buffer } = this.bytes;
    return Buffer.from(buffer, this.next, Math.min(this.filled - this.next, length)).toString('latin1');
  }
}

function openingError(file: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') {
    return new FormatError(`${file} does not exist.`, {
      file,
      remedy: 'Check the name and the folder.',
      cause: error,
    });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new FormatError(`${file} may not be read by this user.`, { file, cause: error });
  }
  if (error instanceof FormatError) return error;
  return new FormatError(`${file} cannot be opened.`, { file, cause: error });
}
