/**
 * One page's connection to the router, the same for the web host and Electron: what tRPC uses of a WebSocket
 * (readyState, send, close, terminate, and the events message, close and error), with limits on both directions. A
 * message that is too long is answered, not dropped; a page that reads nothing is let go.
 */
import { EventEmitter } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { MESSAGE_LIMIT } from '../../src-compute/packed-positions.ts';
import type { UserError } from '../api/trpc.ts';

/** What lies below: a network socket, or Electron's channel to a window. */
export interface Wire {
  /** Bytes that were sent and have not gone out yet. */
  readonly waiting: number;
  send(text: string): void;
  /** Ends in good order. */
  close(): void;
  /** Ends at once. */
  terminate(): void;
}

const OPEN = 1;
const CLOSED = 3;

/** Most that is read of a page before, or without, the right token; bytes of all its messages. */
const STRANGERS_LIMIT = 64 * 1024;

/** With more than this waiting, bytes, events are held back and merged … */
const ENOUGH_WAITING = 1024 * 1024;
/** … and with more than this the page is given up. */
const MOST_WAITING = 64 * 1024 * 1024;

export class ApiSocket extends EventEmitter {
  readyState: 1 | 3 = OPEN;
  /** Whether the page showed the host's token. */
  trusted: boolean;
  private readonly wire: Wire;
  /** Bytes that came before the token. */
  private fromStranger = 0;

  constructor(wire: Wire, trusted: boolean) {
    super();
    this.wire = wire;
    this.trusted = trusted;
    // an error of a socket that nobody listens to would end the process
    this.on('error', () => undefined);
  }

  /** A message came. */
  receive(data: string | Buffer, isBinary = false): void {
    if (this.readyState !== OPEN) return;
    if (!this.trusted) this.fromStranger += data.length;
    if (!this.trusted && this.fromStranger > STRANGERS_LIMIT) this.terminate();
    else if (data.length > MESSAGE_LIMIT) this.takeApart(data.toString());
    else this.guarded(() => this.emit('message', Buffer.from(data), isBinary));
  }

  send(data: unknown): void {
    if (this.readyState !== OPEN) return;
    if (this.wire.waiting > MOST_WAITING) {
      process.stderr.write('A page that reads nothing was disconnected.\n');
      this.terminate();
      return;
    }
    this.guarded(() => this.wire.send(String(data)));
  }

  /** Resolves when the page has taken most of what was sent, or is gone. */
  async ready(): Promise<void> {
    while (this.readyState === OPEN && this.wire.waiting > ENOUGH_WAITING) await wait(50);
  }

  close(): void {
    if (this.end()) this.guarded(() => this.wire.close());
  }

  terminate(): void {
    if (this.end()) this.guarded(() => this.wire.terminate());
  }

  /** The other side went away. @returns whether it was open until now */
  end(): boolean {
    if (this.readyState === CLOSED) return false;
    this.readyState = CLOSED;
    this.guarded(() => this.emit('close', 1000, Buffer.alloc(0)));
    return true;
  }

  /** Whatever fails here fails for this page alone. */
  private guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      process.stderr.write(
        `A message of a page failed: ${error instanceof Error ? error.stack : String(error)}\n`,
      );
    }
  }

  /**
   * A message that is too long: of a list of requests those that are short enough go through, every other one is
   * answered, so that whoever waits for it is told.
   */
  private takeApart(text: string): void {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return this.refuse(null, text.length);
    }
    if (!Array.isArray(value)) return this.refuse(idOf(value), text.length);
    for (const item of value as unknown[]) {
      const part = JSON.stringify(item);
      if (part.length > MESSAGE_LIMIT) this.refuse(idOf(item), part.length);
      else this.guarded(() => this.emit('message', Buffer.from(part), false));
    }
  }

  private refuse(id: number | string | null, characters: number): void {
    const megabytes = (n: number) => (n / 1e6).toFixed(0);
    const user: UserError = {
      message: `This request is too large for one message: ${megabytes(characters)} MB, and at most ${megabytes(MESSAGE_LIMIT)} are taken.`,
      remedy: 'Do it in several steps, with fewer configurations in each.',
      kind: 'InputError',
      cancelled: false,
      reason: '',
    };
    const data = { code: 'PAYLOAD_TOO_LARGE', httpStatus: 413, user };
    this.send(JSON.stringify({ id, error: { code: PAYLOAD_TOO_LARGE, message: user.message, data } }));
  }
}

/** tRPC's number for it. */
const PAYLOAD_TOO_LARGE = -32013;

/** The number of a request of tRPC's protocol. */
function idOf(value: unknown): number | string | null {
  if (typeof value !== 'object' || value === null || !('id' in value)) return null;
  return typeof value.id === 'number' || typeof value.id === 'string' ? value.id : null;
}
