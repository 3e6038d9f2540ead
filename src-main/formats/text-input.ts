/**
 * Files as lines of bytes, with bounded memory: plain or gzip-compressed, with or without a byte order mark, lines
 * ending in LF or CRLF. A line is a range of the buffer, no string is made until someone asks for text().
 */
import { open, stat, type FileHandle } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { CancelledError } from '../../src-compute/errors.ts';
import { FormatError } from './format.ts';

const CHUNK = 1 << 20;
/** A longer line is not a line of any structure file; without this bound a file without line ends would fill the memory. */
const LONGEST_LINE = 64 << 20;

interface ByteSource {
  readonly compressed: boolean;
  /** Reads into the buffer; 0 at the end. */
  read(buffer: Uint8Array, offset: number, length: number): Promise<number>;
  /** Bytes of the file consumed so far. */
  readonly consumed: number;
  close(): Promise<void>;
}

class PlainSource implements ByteSource {
  readonly compressed = false;
  consumed = 0;
  private readonly handle: FileHandle;

  constructor(handle: FileHandle) {
    this.handle = handle;
  }

  async read(buffer: Uint8Array, offset: number, length: number): Promise<number> {
    const { bytesRead } = await this.handle.read(buffer, offset, length, this.consumed);
    this.consumed += bytesRead;
    return bytesRead;
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

class GzipSource implements ByteSource {
  readonly compressed = true;
  private readonly file;
  private readonly stream;
  private readonly chunks: AsyncIterator<Buffer>;
  private rest: Uint8Array = new Uint8Array(0);

  constructor(path: string) {
    this.file = createReadStream(path, { highWaterMark: CHUNK });
    this.stream = createGunzip({ chunkSize: CHUNK });
    this.file.on('error', (error) => this.stream.destroy(error));
    this.stream.on('error', () => undefined); // reported by the iterator, to whoever reads
    this.file.pipe(this.stream);
    this.chunks = this.stream[Symbol.asyncIterator]();
  }

  get consumed(): number {
    return this.file.bytesRead;
  }

  async read(buffer: Uint8Array, offset: number, length: number): Promise<number> {
    while (this.rest.length === 0) {
      const { value, done } = await this.chunks.next();
      if (done === true) return 0;
      this.rest = value;
    }
    const count = Math.min(length, this.rest.length);
    buffer.set(this.rest.subarray(0, count), offset);
    this.rest = this.rest.subarray(count);
    return count;
  }

  close(): Promise<void> {
    this.file.destroy();
    this.stream.destroy();
    return Promise.resolve();
  }
}

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
  /** Bytes of the file, compressed for .gz. */
  readonly size: number;

  private readonly source: ByteSource;
  private readonly signal: AbortSignal | undefined;
  private readonly onProgress: ((bytesRead: number, bytesTotal: number) => void) | undefined;
  /** Start of what is not yet a line, and end of what has been read. */
  private next = 0;
  private filled = 0;
  private searched = 0;
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
    const magic = new Uint8Array(2);
    const { bytesRead } = await handle.read(magic, 0, 2, 0);
    if (bytesRead === 2 && magic[0] === 0x1f && magic[1] === 0x8b) {
      await handle.close();
      return new TextInput(file, size, new GzipSource(file), options);
    }
    return new TextInput(file, size, new PlainSource(handle), options);
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
      this.setLine(this.filled, this.filled); // last line, without a line end
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

  private makeRoom(): void {
    if (this.next > 0) {
      this.bytes.copyWithin(0, this.next, this.filled);
      this.filled -= this.next;
      this.searched -= this.next;
      this.next = 0;
    }
    if (this.filled < this.bytes.length / 2) return;
    if (this.bytes.length >= LONGEST_LINE) {
      throw new FormatError(`${this.file} is not a text file: it has a line longer than 64 MiB.`, {
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

  /** Text of the current line. */
  text(): string {
    return this.decoder.decode(this.bytes.subarray(this.start, this.end));
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
    return new TextDecoder('latin1').decode(
      this.bytes.subarray(this.next, Math.min(this.filled, this.next + length)),
    );
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
