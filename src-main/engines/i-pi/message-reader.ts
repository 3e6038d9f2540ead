/** Bytes of a socket in pieces of the length that a protocol asks for. One reader at a time. */
import type { Socket } from 'node:net';

interface Waiting {
  readonly length: number;
  resolve(bytes: Buffer): void;
  reject(error: Error): void;
}

export class MessageReader {
  #chunks: Buffer[] = [];
  #available = 0;
  #waiting: Waiting | undefined;
  #closed: Error | undefined;

  /** @param closed what to say when the other side goes away: why, and whether it was in the middle of a message */
  constructor(socket: Socket, closed: (cause: Error | undefined, inMessage: boolean) => Error) {
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      this.#chunks.push(chunk);
      this.#available += chunk.length;
      this.#serve();
    });
    const close = (cause?: Error) => this.close(closed(cause, this.#available > 0));
    socket.on('error', close);
    socket.on('end', () => close());
    socket.on('close', () => close());
  }

  /** Why nothing more comes; undefined while the connection stands. */
  get closed(): Error | undefined {
    return this.#closed;
  }

  /** From now on every read ends with this error; the first one counts. */
  close(error: Error): void {
    this.#closed ??= error;
    this.#serve();
  }

  /** The next bytes, when they are there. @throws what `closed` gave when the connection ends before */
  read(length: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { length, resolve, reject };
      this.#serve();
    });
  }

  #serve(): void {
    const waiting = this.#waiting;
    if (!waiting) return;
    if (this.#available >= waiting.length) {
      const all = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
      this.#waiting = undefined;
      this.#available -= waiting.length;
      this.#chunks = this.#available > 0 ? [all.subarray(waiting.length)] : [];
      waiting.resolve(all.subarray(0, waiting.length));
    } else if (this.#closed) {
      this.#waiting = undefined;
      waiting.reject(this.#closed);
    }
  }
}
