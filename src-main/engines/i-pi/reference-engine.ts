/**
 * Any program that speaks the i-PI protocol as a reference: Forcewright listens, the program connects, gets positions
 * and answers with energy, forces and virial.
 *
 * The protocol knows only periodic cells and no species: the program must be started with the same atoms in the same
 * order. Cells are sent lower triangular (a along x, b in the xy plane) as i-PI itself does and LAMMPS needs; results
 * are turned back. Along axes that are not periodic the cell that was given is used, or one around the first structure.
 */
import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { completedCell } from '../../../src-compute/structure/cell.ts';
import { atomCount, type Configuration } from '../../../src-compute/structure/configuration.ts';
import { temporaryFolder } from '../../platform/temporary-files.ts';
import { dataFileText } from '../lammps/data-file.ts';
import { lammpsFrame, requireAtoms, type LammpsFrame } from '../lammps/frame.ts';
import { lammpsEnvironment } from '../lammps/program.ts';
import { extendedXyzText } from '../structure-text.ts';
import {
  checkedResult,
  EngineFailedError,
  requireSameAtoms,
  withTimeout,
  type ReferenceEngine,
  type ReferenceResult,
} from '../reference-engine.ts';
import { ClientProcess, commandWords, type Placeholders } from './client-process.ts';
import { describe, IpiServer, ipiAddressSchema, unixSocketPath } from './server.ts';

const common = {
  /** Where clients are awaited; a UNIX socket of a name of its own where absent. */
  address: ipiAddressSchema.optional(),
  /** Text for a client that asks to be initialised; some wait for ever when there is none (pw.x 6.7). */
  initial: z.string().min(1).max(100_000).default(' '),
  /** Seconds that a client may take to connect; 120 for one that is started here, an hour for one from elsewhere. */
  connectTimeout: z.number().positive().optional(),
  /** Seconds for one structure. */
  timeout: z.number().positive().default(3600),
  /** Room around the atoms along axes without a period, on each side, Å. */
  vacuum: z.number().positive().max(1000).default(8),
};

export const ipiEngineSchema = z.strictObject({
  engine: z.literal('i-pi'),
  ...common,
  /** Command that starts the client; where absent, one that is started elsewhere is awaited. */
  client: z.string().min(1).optional(),
  /** Elements of the atom types of {data} in the command; as they appear where absent. */
  species: z.array(z.string().min(1).max(20)).min(1).optional(),
  /** Folder in which the client runs; the current one where absent. */
  folder: z.string().optional(),
});
export type IpiEngineSettings = z.output<typeof ipiEngineSchema>;

/** What an engine that starts its client in a way of its own changes. */
export interface IpiClientRecipe {
  /** For people and messages. */
  readonly name: string;
  /**
   * Writes what the client needs into a folder of its own and gives the command line.
   * @param structure in the frame in which positions will be sent
   */
  prepare(structure: Configuration, folder: string, placeholders: Placeholders): Promise<readonly string[]>;
  /** Folder in which it runs; the engine's temporary one where absent. */
  readonly folder?: string;
  /** Looks for reasons in what the client printed, when it went away. */
  explain?(output: readonly string[], failure: EngineFailedError): Error;
}

/** How long a client that closed its connection may take to end and to say why, ms. */
const LAST_WORDS = 1500;

/** How long a client may take to connect, s. */
const OWN_CLIENT_TIMEOUT = 120;
const FOREIGN_CLIENT_TIMEOUT = 3600;

export type IpiConnectionSettings = Pick<
  IpiEngineSettings,
  'address' | 'initial' | 'connectTimeout' | 'timeout' | 'vacuum'
>;

export class IpiReferenceEngine implements ReferenceEngine {
  readonly name: string;
  calls = 0;
  readonly #settings: IpiConnectionSettings;
  readonly #atoms: Configuration;
  readonly #recipe: IpiClientRecipe | undefined;
  readonly #server: IpiServer;
  readonly #folder: string;
  /** Cell along free axes, from the first structure. */
  readonly #box: Float64Array;
  #client: ClientProcess | undefined;
  #closed = false;

  private constructor(
    settings: IpiConnectionSettings,
    atoms: Configuration,
    recipe: IpiClientRecipe | undefined,
    server: IpiServer,
    folder: string,
    name: string,
  ) {
    this.#settings = settings;
    this.#atoms = atoms;
    this.#recipe = recipe;
    this.#server = server;
    this.#folder = folder;
    this.name = name;
    this.#box = enclosingCell(atoms, settings.vacuum);
  }

  /**
   * Listens, and starts the client where a command was given. A client that starts slowly is waited for by the first
   * compute.
   * @throws EngineFailedError when the address is taken or the client cannot be started
   */
  static async open(
    settings: IpiConnectionSettings,
    atoms: Configuration,
    recipe: IpiClientRecipe | undefined,
  ): Promise<IpiReferenceEngine> {
    requireAtoms(atoms);
    const address = settings.address ?? {
      kind: 'unix',
      name: `forcewright-${process.pid}-${randomBytes(4).toString('hex')}`,
    };
    const name = recipe?.name ?? 'The i-PI client';
    const server = await IpiServer.listen(address, name);
    const folder = temporaryFolder('i-pi');
    const engine = new IpiReferenceEngine(settings, atoms, recipe, server, folder, name);
    try {
      await engine.#start(atoms);
    } catch (error) {
      await engine.close();
      throw error;
    }
    return engine;
  }

  /** Where clients are awaited. */
  get address() {
    return this.#server.address;
  }

  get waitsFor(): string | undefined {
    if (this.#recipe || this.calls > 0) return undefined;
    return `Waiting for an i-PI client at ${describe(this.#server.address)}, with the atoms of the structure in their order.`;
  }

  /** Starts the client, if it is ours to start. */
  async #start(structure: Configuration): Promise<void> {
    if (!this.#recipe) return;
    const { address } = this.#server;
    const placeholders: Placeholders = {
      folder: this.#folder,
      ...(address.kind === 'unix'
        ? { name: address.name, socket: unixSocketPath(address.name), address: `${address.name}:UNIX` }
        : { host: address.host, port: String(address.port), address: `${address.host}:${address.port}` }),
    };
    const frame = this.#frame(structure);
    const words = await this.#recipe.prepare(frame.configuration, this.#folder, placeholders);
    const folder = this.#recipe.folder ?? this.#folder;
    this.#client = new ClientProcess(words, folder, lammpsEnvironment(), this.name);
  }

  /** The structure as the client sees it: periodic everywhere, lower-triangular cell. */
  #frame(configuration: Configuration): LammpsFrame {
    const cell = this.#box.slice();
    configuration.periodic.forEach((periodic, axis) => {
      if (periodic) cell.set(configuration.cell.subarray(3 * axis, 3 * axis + 3), 3 * axis);
    });
    return lammpsFrame({ ...configuration, cell, periodic: [true, true, true] });
  }

  async compute(configuration: Configuration, signal?: AbortSignal): Promise<ReferenceResult> {
    if (this.#closed) throw new EngineFailedError(`${this.name} was closed.`);
    requireSameAtoms(this.name, this.#atoms, configuration);
    const began = performance.now();
    const frame = this.#frame(configuration);
    const { initial, timeout } = this.#settings;
    const connectTimeout =
      this.#settings.connectTimeout ?? (this.#recipe ? OWN_CLIENT_TIMEOUT : FOREIGN_CLIENT_TIMEOUT);
    const { cell, positions } = frame.configuration;
    const ended = this.#client?.ended() ?? new Promise<never>(() => undefined);
    ended.catch(() => undefined); // it also rejects when nobody waits for a client any more
    try {
      const connection = await this.#server.client(connectTimeout, ended, signal);
      const message = await withTimeout(this.name, timeout, signal, () =>
        connection.compute(cell, positions, initial),
      );
      this.calls++;
      frame.restoreVectors(message.forces);
      const bulk = configuration.periodic.every(Boolean);
      const virial = bulk ? frame.restoreTensor(message.virial) : undefined;
      const { energy, forces } = message;
      const result = { energy, forces, virial, seconds: (performance.now() - began) / 1000 };
      return checkedResult(this.name, result, atomCount(configuration));
    } catch (error) {
      this.#server.drop();
      const explained = await this.#explained(error);
      // a client of ours that failed or hangs is of no use any more; one from elsewhere may connect again
      if (this.#client) await this.close();
      throw explained;
    }
  }

  /** A client of ours that went away says why in its output. */
  async #explained(error: unknown): Promise<unknown> {
    const client = this.#client;
    if (!(error instanceof EngineFailedError) || !client) return error;
    await client.settle(LAST_WORDS);
    const closed = / closed the connection/.test(error.message);
    const failure = closed ? client.failure() : error;
    return this.#recipe?.explain?.(client.output, failure) ?? failure;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#server[Symbol.asyncDispose]();
    // clients end with EXIT, some of them with an error
    await this.#client?.settle(LAST_WORDS);
    await this.#client?.[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** The engine of settings with a command line, or one that waits for a client from elsewhere. */
export function openIpiEngine(
  settings: IpiEngineSettings,
  atoms: Configuration,
): Promise<IpiReferenceEngine> {
  const { client, species } = settings;
  if (client === undefined) return IpiReferenceEngine.open(settings, atoms, undefined);
  return IpiReferenceEngine.open(settings, atoms, {
    name: `The i-PI client ${programOf(client)}`,
    folder: settings.folder ?? process.cwd(),
    async prepare(structure, folder, placeholders) {
      const [xyz, data] = [join(folder, 'start.xyz'), join(folder, 'start.data')];
      const words = commandWords(client, { ...placeholders, structure: xyz, data });
      await writeFile(xyz, extendedXyzText(structure));
      const types = species ?? structure.symbols;
      await writeFile(data, dataFileText({ ...structure, velocities: undefined }, types, data));
      return words;
    },
  });
}

/** The program of a command line: env VAR=value /usr/bin/lmp -in x → lmp. */
function programOf(command: string): string {
  const words = command.trim().split(/\s+/);
  return basename(words.find((word) => word !== 'env' && !word.includes('=')) ?? words[0]);
}

/** The cell with vectors along free axes: those given, else around the atoms with room on both sides. */
function enclosingCell(configuration: Configuration, vacuum: number): Float64Array {
  const { periodic, positions } = configuration;
  const cell = configuration.cell.slice();
  // unit vectors perpendicular to the others where none was given
  const completed = completedCell(configuration.cell, periodic);
  for (let axis = 0; axis < 3; axis++) {
    const row = cell.subarray(3 * axis, 3 * axis + 3);
    if (periodic[axis] || Math.hypot(row[0], row[1], row[2]) > 0) continue;
    const along = completed.subarray(3 * axis, 3 * axis + 3);
    const length = Math.hypot(along[0], along[1], along[2]);
    let [low, high] = [Infinity, -Infinity];
    for (let k = 0; k < positions.length; k += 3) {
      const x =
        (positions[k] * along[0] + positions[k + 1] * along[1] + positions[k + 2] * along[2]) / length;
      low = Math.min(low, x);
      high = Math.max(high, x);
    }
    for (let c = 0; c < 3; c++) row[c] = (along[c] / length) * (high - low + 2 * vacuum);
  }
  return cell;
}
