/** One client of an i-PI server: messages in order over its socket. */
import type { Socket } from 'node:net';
import { EngineFailedError } from '../reference-engine.ts';
import { MessageReader } from './message-reader.ts';
import {
  clientHeader,
  energyOf,
  forcesOf,
  HEADER_BYTES,
  headerBytes,
  initMessage,
  positionMessage,
  virialOf,
  type ClientHeader,
  type ForceMessage,
} from './messages.ts';

/** More than this is no text that a client adds to its forces, bytes. */
const LONGEST_EXTRA = 1 << 26;

export class IpiConnection implements Disposable {
  readonly #socket: Socket;
  readonly #name: string;
  readonly #reader: MessageReader;

  /** @param name of the engine, for messages */
  constructor(socket: Socket, name: string) {
    this.#socket = socket;
    this.#name = name;
    this.#reader = new MessageReader(socket, (cause, inMessage) => {
      const where = inMessage ? ' in the middle of a message' : '';
      return new EngineFailedError(`${name} closed the connection${where}.`, { cause });
    });
  }

  get closed(): boolean {
    return this.#reader.closed !== undefined;
  }

  /**
   * Has the client compute one structure.
   * @param cell lattice vectors as rows, Å; lower triangular, as i-PI sends it
   * @param initial text for a client that asks to be initialised
   * @throws EngineFailedError when the client goes away or does not keep to the protocol
   */
  async compute(cell: Float64Array, positions: Float64Array, initial: string): Promise<ForceMessage> {
    await this.#untilReady(initial);
    this.#send(positionMessage(cell, positions));
    const answer = await this.#status();
    if (answer !== 'HAVEDATA') throw this.#unexpected(answer, 'HAVEDATA');
    return await this.#forces(positions.length / 3);
  }

  /** Asks until the client waits for positions. */
  async #untilReady(initial: string): Promise<void> {
    let status = await this.#status();
    // forces of a structure that nobody waits for any more
    if (status === 'HAVEDATA') {
      await this.#forces(undefined);
      status = await this.#status();
    }
    if (status === 'NEEDINIT') {
      this.#send(initMessage(0, initial));
      status = await this.#status();
    }
    if (status !== 'READY') throw this.#unexpected(status, 'READY');
  }

  async #status(): Promise<ClientHeader> {
    this.#send(headerBytes('STATUS'));
    return await this.#header();
  }

  async #forces(atoms: number | undefined): Promise<ForceMessage> {
    this.#send(headerBytes('GETFORCE'));
    const header = await this.#header();
    if (header !== 'FORCEREADY') throw this.#unexpected(header, 'FORCEREADY');
    const head = await this.#read(12);
    const count = head.readInt32LE(8);
    if (count < 0 || (atoms !== undefined && count !== atoms)) {
      throw this.#fail(
        new EngineFailedError(
          `${this.#name} sent forces for ${count} atoms, and ${atoms ?? 'some'} were expected.`,
          {
            remedy: 'Start the client with the same atoms in the same order.',
          },
        ),
      );
    }
    const forces = await this.#read(24 * count);
    const virial = await this.#read(72);
    const length = (await this.#read(4)).readInt32LE(0);
    if (length < 0 || length > LONGEST_EXTRA) throw this.#unexpected(`${length} bytes of text`, 'fewer');
    const extra = (await this.#read(length)).toString('utf8');
    return { energy: energyOf(head), forces: forcesOf(forces), virial: virialOf(virial), extra };
  }

  async #header(): Promise<ClientHeader> {
    const bytes = await this.#read(HEADER_BYTES);
    const header = clientHeader(bytes);
    if (header === undefined) throw this.#unexpected(JSON.stringify(bytes.toString('latin1')), 'a header');
    return header;
  }

  #send(bytes: Buffer): void {
    if (!this.closed) this.#socket.write(bytes);
  }

  #read(length: number): Promise<Buffer> {
    return this.#reader.read(length);
  }

  #unexpected(got: string, expected: string): EngineFailedError {
    return this.#fail(
      new EngineFailedError(
        `${this.#name} does not keep to the i-PI protocol: it sent ${got}, and ${expected} was expected.`,
        {
          remedy: 'Check that the client speaks the i-PI protocol and that nothing else uses this socket.',
        },
      ),
    );
  }

  /** After an error the stream has lost its place. */
  #fail(error: EngineFailedError): EngineFailedError {
    this.#reader.close(error);
    this.#socket.destroy();
    return error;
  }

  /** Tells the client to end, and closes. */
  exit(): void {
    if (!this.closed) this.#socket.end(headerBytes('EXIT'));
    this.#reader.close(new EngineFailedError(`The connection to ${this.#name} was closed.`));
  }

  [Symbol.dispose](): void {
    this.#reader.close(new EngineFailedError(`The connection to ${this.#name} was closed.`));
    this.#socket.destroy();
  }
}
