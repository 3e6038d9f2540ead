/**
 * The client's side of the i-PI protocol: gets positions from a server (i-PI, ASE's SocketIOCalculator, Forcewright) and
 * answers with energy, forces and virial.
 *
 * Where the client stands, and what it says to STATUS (Kapil et al., Comput. Phys. Commun. 236 (2019) 214, and the
 * Fortran driver that comes with i-PI):
 *   NEEDINIT  the atoms are not known: INIT has to tell them
 *   READY     waits for POSDATA
 *   HAVEDATA  has computed; GETFORCE fetches it
 */
import { createConnection, type Socket } from 'node:net';
import { CancelledError } from '../../../src-compute/errors.ts';
import type { Evaluation } from '../../../src-compute/potentials/potential.ts';
import { EngineFailedError, EngineTimeoutError } from '../reference-engine.ts';
import {
  forceMessage,
  POSITION_HEAD_BYTES,
  positionHead,
  readPositions,
  type AtomicUnits,
} from './driver-messages.ts';
import { MessageReader } from './message-reader.ts';
import { HEADER_BYTES, headerBytes, serverHeader } from './messages.ts';
import { describe, unixSocketPath, type IpiAddress } from './server.ts';

/** The server went away in the middle of something. */
export class ServerAwayError extends EngineFailedError {}

/** What computes. */
export interface DriverModel {
  /** How many atoms it computes for; undefined until INIT told it. */
  readonly atoms: number | undefined;
  /**
   * INIT.
   * @param bead which replica of the server this is
   * @param text what the server says; most say nothing of use
   * @throws ForcewrightError when the text names atoms that cannot be computed
   */
  initialise(bead: number, text: string): Promise<void>;
  /**
   * @param positions Å; 3N. The array is used again for the next structure.
   * @param cell rows, Å; 9
   */
  compute(positions: Float64Array, cell: Float64Array): Promise<DriverAnswer>;
}

export interface DriverAnswer extends Pick<Evaluation, 'energy' | 'forces' | 'virial'> {
  /** Text that travels with the forces. */
  readonly extra?: string;
}

/** How serving came to its end: EXIT, or the server closed the connection while nothing was due. */
export type DriverEnd = 'exit' | 'closed';

/** Longer texts of INIT are a mistake, bytes. */
const LONGEST_INIT = 1 << 28;
/** More atoms than this are a mistake of the server or another byte order. */
const MOST_ATOMS = 100_000_000;
/** Between two attempts to connect, ms. */
const BETWEEN_ATTEMPTS = 100;

/**
 * Connects to a server, trying again while it is not there yet.
 * @param seconds how long to try
 * @throws EngineTimeoutError when nobody listens there; CancelledError on the signal
 */
export async function connectToServer(
  address: IpiAddress,
  seconds: number,
  signal?: AbortSignal,
): Promise<Socket> {
  const until = performance.now() + 1000 * seconds;
  for (;;) {
    if (signal?.aborted) throw new CancelledError();
    const socket =
      address.kind === 'unix'
        ? createConnection(unixSocketPath(address.name))
        : createConnection(address.port, address.host);
    const error = await new Promise<Error | undefined>((resolve) => {
      socket.once('connect', () => resolve(undefined));
      socket.once('error', resolve);
    });
    if (error === undefined) return socket;
    socket.destroy();
    if (performance.now() >= until)
      throw new EngineTimeoutError(
        'A server of the i-PI protocol',
        seconds,
        `did not listen at ${describe(address)}`,
      );
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_ATTEMPTS));
  }
}

/** One connection to a server. */
export class IpiDriver {
  readonly #socket: Socket;
  readonly #reader: MessageReader;
  readonly #model: DriverModel;
  readonly #units: AtomicUnits;
  #positions = new Float64Array(0);
  #answer: Buffer | undefined;
  /** Structures computed. */
  calls = 0;

  constructor(socket: Socket, model: DriverModel, units: AtomicUnits) {
    this.#socket = socket;
    this.#model = model;
    this.#units = units;
    this.#reader = new MessageReader(socket, (cause, inMessage) =>
      inMessage
        ? new ServerAwayError('The server closed the connection in the middle of a message.', { cause })
        : new ServerGoneError(cause),
    );
  }

  /**
   * Serves until the server says EXIT or goes away.
   * @throws ServerAwayError when it goes away in the middle of a message or before it fetched its forces;
   * EngineFailedError when it does not keep to the protocol; CancelledError on the signal; whatever the model throws
   */
  async serve(signal?: AbortSignal): Promise<DriverEnd> {
    const cancel = () => this.#reader.close(new CancelledError());
    signal?.addEventListener('abort', cancel, { once: true });
    if (signal?.aborted) cancel();
    try {
      for (;;) {
        const end = await this.#message();
        if (end) return end;
      }
    } finally {
      signal?.removeEventListener('abort', cancel);
      this.#socket.destroy();
    }
  }

  async #message(): Promise<DriverEnd | undefined> {
    let bytes: Buffer;
    try {
      bytes = await this.#reader.read(HEADER_BYTES);
    } catch (error) {
      if (!(error instanceof ServerGoneError)) throw error;
      if (!this.#answer) return 'closed';
      throw new ServerAwayError('The server went away without fetching the forces that it asked for.', {
        remedy: 'Its own messages say why.',
        cause: error,
      });
    }
    switch (serverHeader(bytes)) {
      case 'STATUS':
        this.#socket.write(headerBytes(this.#status()));
        return undefined;
      case 'INIT':
        await this.#initialise();
        return undefined;
      case 'POSDATA':
        await this.#compute();
        return undefined;
      case 'GETFORCE':
        if (!this.#answer) throw this.#unexpected('GETFORCE before POSDATA');
        this.#socket.write(this.#answer);
        this.#answer = undefined;
        return undefined;
      case 'EXIT':
        return 'exit';
      case undefined:
        throw this.#unexpected(JSON.stringify(bytes.toString('latin1')));
    }
  }

  #status() {
    if (this.#answer) return 'HAVEDATA';
    return this.#model.atoms === undefined ? 'NEEDINIT' : 'READY';
  }

  async #initialise(): Promise<void> {
    const head = await this.#reader.read(8);
    const length = head.readInt32LE(4);
    if (length < 0 || length > LONGEST_INIT) throw this.#unexpected(`INIT with ${length} bytes of text`);
    const text = (await this.#reader.read(length)).toString('utf8');
    await this.#model.initialise(head.readInt32LE(0), text);
  }

  async #compute(): Promise<void> {
    const { cell, atoms } = positionHead(await this.#reader.read(POSITION_HEAD_BYTES), this.#units);
    if (atoms < 0 || atoms > MOST_ATOMS) throw this.#unexpected(`positions of ${atoms} atoms`);
    const bytes = await this.#reader.read(24 * atoms);
    const expected = this.#model.atoms;
    if (expected === undefined)
      throw new EngineFailedError('The server sent positions before it said which atoms there are.', {
        remedy: 'Start the driver with --structure: a file with the atoms in the order of the server.',
      });
    if (atoms !== expected)
      throw new EngineFailedError(`The server sent ${atoms} atoms, and the structure has ${expected}.`, {
        remedy: 'Give --structure the atoms of the server, in the same order.',
      });
    if (this.#positions.length !== 3 * atoms) this.#positions = new Float64Array(3 * atoms);
    readPositions(bytes, this.#units, this.#positions);
    const answer = await this.#model.compute(this.#positions, cell);
    this.#answer = forceMessage(answer, this.#units, answer.extra);
    this.calls++;
  }

  #unexpected(what: string): EngineFailedError {
    return new EngineFailedError(`The server does not keep to the i-PI protocol: it sent ${what}.`, {
      remedy: 'Check that the address is that of an i-PI server, and that nothing else connects there.',
    });
  }
}

/** Nothing more comes, and nothing was cut off. */
class ServerGoneError extends Error {
  constructor(cause: Error | undefined) {
    super('The server closed the connection.', { cause });
  }
}
