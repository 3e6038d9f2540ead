/** What another program has added to a text file since one last looked. */
import { open } from 'node:fs/promises';

/** Most that is read at once, bytes. */
const PIECE = 1 << 24;

export class FileTail {
  readonly #path: string;
  #position = 0;

  /** @param path the file; it need not be there yet */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * The new text; empty when there is none. At most `most` bytes at a time: ask again until it is empty.
   */
  async take(most = PIECE): Promise<string> {
    let file;
    try {
      file = await open(this.#path);
    } catch {
      return '';
    }
    try {
      const { size } = await file.stat();
      const buffer = Buffer.alloc(Math.min(most, Math.max(0, size - this.#position)));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, this.#position);
      this.#position += bytesRead;
      return buffer.toString('latin1', 0, bytesRead);
    } finally {
      await file.close();
    }
  }
}
