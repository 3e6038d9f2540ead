/** Listens for i-PI clients on a UNIX socket (ipi_NAME in the system's temporary folder) or on TCP. */
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { rm } from 'node:fs/promises';
import { z } from 'zod';
import { EngineFailedError, EngineTimeoutError } from '../reference-engine.ts';
import { IpiConnection } from './connection.ts';

/** Where clients are awaited. */
export const ipiAddressSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('unix'),
    /** Clients are given this name; the socket is ipi_NAME in the system's temporary folder. */
    name: z.string().regex(/^[\w.-]{1,60}$/, 'a name of letters, digits, _ . and - was expected'),
  }),
  z.strictObject({
    kind: z.literal('tcp'),
    host: z.string().min(1).default('127.0.0.1'),
    /** 0 takes a free one. */
    port: z.int().min(0).max(65535).default(31415),
  }),
]);
export type IpiAddress = z.output<typeof ipiAddressSchema>;

/** The socket file of a name, where clients look for it: they know this folder, whatever TMPDIR says. */
export function unixSocketPath(name: string): string {
  return `/tmp/ipi_${name}`;
}

export class IpiServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #name: string;
  readonly #address: IpiAddress;
  #client: IpiConnection | undefined;
  #waiting: (() => void) | undefined;

  private constructor(server: Server, address: IpiAddress, name: string) {
    this.#server = server;
    this.#address = address;
    this.#name = name;
    server.on('connection', (socket) => this.#accept(socket));
    // an error of the listening socket later on shows as a client that does not come
    server.on('error', () => undefined);
  }

  /**
   * Begins to listen.
   * @param name of the engine, for messages
   * @throws EngineFailedError when the address is taken
   */
  static async listen(address: IpiAddress, name: string): Promise<IpiServer> {
    if (address.kind === 'unix') await removeDeadSocket(unixSocketPath(address.name));
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) =>
        reject(
          new EngineFailedError(
            `Clients cannot be awaited at ${describe(address)}: the address is taken or not allowed.`,
            {
              remedy: 'End the program that uses it, or choose another name or port.',
              cause,
            },
          ),
        ),
      );
      if (address.kind === 'unix') server.listen(unixSocketPath(address.name), resolve);
      else server.listen(address.port, address.host, resolve);
    });
    server.removeAllListeners('error');
    return new IpiServer(server, address, name);
  }

  /** Where it listens, with the port that was taken. */
  get address(): IpiAddress {
    const bound = this.#server.address();
    return this.#address.kind === 'tcp' && typeof bound === 'object' && bound !== null
      ? { ...this.#address, port: bound.port }
      : this.#address;
  }

  #accept(socket: Socket): void {
    if (this.#client && !this.#client.closed) {
      // one client computes; a second one is sent away
      socket.on('error', () => undefined);
      socket.destroy();
      return;
    }
    this.#client = new IpiConnection(socket, this.#name);
    this.#waiting?.();
  }

  /**
   * The client, waiting for one when there is none.
   * @param seconds how long to wait
   * @param ended rejects when nobody will come any more
   */
  async client(seconds: number, ended: Promise<never>, signal?: AbortSignal): Promise<IpiConnection> {
    if (this.#client && !this.#client.closed) return this.#client;
    let timer: NodeJS.Timeout | undefined;
    let onAbort: (() => void) | undefined;
    const came = new Promise<IpiConnection>((resolve, reject) => {
      this.#waiting = () => {
        if (this.#client) resolve(this.#client);
      };
      timer = setTimeout(
        () =>
          reject(new EngineTimeoutError(this.#name, seconds, `did not connect to ${describe(this.address)}`)),
        Math.min(1000 * seconds, 2 ** 31 - 1),
      );
      onAbort = () => reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
      if (signal?.aborted) onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
    });
    try {
      return await Promise.race([came, ended]);
    } finally {
      clearTimeout(timer);
      if (onAbort) signal?.removeEventListener('abort', onAbort);
      this.#waiting = undefined;
    }
  }

  /** Breaks the connection; the next client may come. */
  drop(): void {
    this.#client?.[Symbol.dispose]();
    this.#client = undefined;
  }

  /** Tells the client to end and stops listening. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#client?.exit();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    // a client that does not close its end must not hold the server open
    const timer = setTimeout(() => this.#client?.[Symbol.dispose](), 500);
    await closed;
    clearTimeout(timer);
    if (this.#address.kind === 'unix') await rm(unixSocketPath(this.#address.name), { force: true });
  }
}

/** For people. */
export function describe(address: IpiAddress): string {
  return address.kind === 'unix'
    ? `the UNIX socket ${unixSocketPath(address.name)}`
    : `${address.host}:${address.port}`;
}

/** Removes the socket file of a program that is gone; one that is in use stays, and listening then fails. */
async function removeDeadSocket(path: string): Promise<void> {
  const dead = await new Promise<boolean>((resolve) => {
    const probe = createConnection(path);
    probe.on('connect', () => {
      probe.destroy();
      resolve(false);
    });
    probe.on('error', (error) => resolve('code' in error && error.code === 'ECONNREFUSED'));
  });
  if (dead) await rm(path, { force: true });
}
