/** An i-PI client that does what a test says, byte by byte. */
import { createConnection, type Socket } from 'node:net';
import { unixSocketPath } from '../../src-main/engines/i-pi/server.ts';

/** What the client was sent. */
export interface Received {
  header: string;
  /** POSDATA: cell as it travels (9), positions (3N); bohr */
  cell?: number[];
  positions?: number[];
  /** INIT */
  bead?: number;
  text?: string;
}

/** Answers a message; return undefined to say nothing. */
export type Script = (message: Received, socket: Socket) => Buffer | undefined;

export const header = (text: string): Buffer => Buffer.from(text.padEnd(12), 'latin1');

/** FORCEREADY with everything behind it, atomic units. */
export function forceReady(
  energy: number,
  forces: readonly number[],
  virial: readonly number[],
  extra = '',
  atoms = forces.length / 3,
): Buffer {
  const numbers = (values: readonly number[]) => Buffer.from(Float64Array.from(values).buffer);
  const whole = (value: number) => Buffer.from(Int32Array.of(value).buffer);
  return Buffer.concat([
    header('FORCEREADY'),
    numbers([energy]),
    whole(atoms),
    numbers(forces),
    numbers(virial),
    whole(extra.length),
    Buffer.from(extra),
  ]);
}

/** A well-behaved client: forces and energy as `compute` gives them from positions in bohr. */
export function honest(
  compute: (positions: number[], cell: number[]) => Parameters<typeof forceReady>,
  needsInit = false,
): Script {
  let state = needsInit ? 'NEEDINIT' : 'READY';
  let answer: Buffer | undefined;
  return (message) => {
    if (message.header === 'STATUS') return header(state);
    if (message.header === 'INIT') state = 'READY';
    if (message.header === 'POSDATA') {
      answer = forceReady(...compute(message.positions ?? [], message.cell ?? []));
      state = 'HAVEDATA';
    }
    if (message.header === 'GETFORCE') {
      state = 'READY';
      return answer;
    }
    return undefined;
  };
}

/** Connects to a server's UNIX socket and plays the script. */
export class ScriptedClient implements Disposable {
  readonly received: Received[] = [];
  readonly socket: Socket;
  #rest: Buffer = Buffer.alloc(0);

  constructor(where: string | { host: string; port: number }, script: Script) {
    this.socket =
      typeof where === 'string'
        ? createConnection(unixSocketPath(where))
        : createConnection(where.port, where.host);
    this.socket.setNoDelay(true);
    this.socket.on('error', () => undefined);
    this.socket.on('data', (chunk) => {
      this.#rest = Buffer.concat([this.#rest, chunk]);
      for (let message = this.#next(); message; message = this.#next()) {
        this.received.push(message);
        const answer = script(message, this.socket);
        if (answer) this.socket.write(answer);
      }
    });
  }

  #next(): Received | undefined {
    const bytes = this.#rest;
    if (bytes.length < 12) return undefined;
    const head = bytes.toString('latin1', 0, 12).trim();
    let size = 12;
    const message: Received = { header: head };
    if (head === 'INIT') {
      if (bytes.length < 20) return undefined;
      const length = bytes.readInt32LE(16);
      size = 20 + length;
      if (bytes.length < size) return undefined;
      message.bead = bytes.readInt32LE(12);
      message.text = bytes.toString('latin1', 20, size);
    } else if (head === 'POSDATA') {
      if (bytes.length < 160) return undefined;
      const atoms = bytes.readInt32LE(156);
      size = 160 + 24 * atoms;
      if (bytes.length < size) return undefined;
      message.cell = Array.from({ length: 9 }, (_, k) => bytes.readDoubleLE(12 + 8 * k));
      message.positions = Array.from({ length: 3 * atoms }, (_, k) => bytes.readDoubleLE(160 + 8 * k));
    }
    this.#rest = bytes.subarray(size);
    return message;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
