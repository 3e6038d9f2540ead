/** The i-PI client's side: what it says in which state, byte by byte, and against this program's own server. */
import { createServer, type Server, type Socket } from 'node:net';
import { rmSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ATOMIC_UNITS } from '../../../../src-main/engines/i-pi/driver-messages.ts';
import {
  connectToServer,
  IpiDriver,
  ServerAwayError,
  type DriverModel,
} from '../../../../src-main/engines/i-pi/driver.ts';
import { initMessage, positionMessage } from '../../../../src-main/engines/i-pi/messages.ts';
import { ipiEngineSchema, openIpiEngine } from '../../../../src-main/engines/i-pi/reference-engine.ts';
import { unixSocketPath } from '../../../../src-main/engines/i-pi/server.ts';
import { PotentialDriver } from '../../../../src-main/services/driver/potential-driver.ts';
import { evaluateMomentTensor } from '../../../../src-compute/potentials/moment-tensor/reference.ts';
import { randomModel, randomStructure } from '../../../support/moment-tensor.ts';
import { header } from '../../../support/scripted-ipi-client.ts';

let names = 0;

/** A server whose connections the test speaks on. */
class Listener {
  readonly name = `forcewright-driver-${process.pid}-${names++}`;
  readonly sockets: Socket[] = [];
  readonly #server: Server;
  #bytes = Buffer.alloc(0);
  #wake: (() => void) | undefined;

  constructor() {
    this.#server = createServer((socket) => {
      this.sockets.push(socket);
      socket.on('error', () => undefined);
      socket.on('data', (data) => {
        this.#bytes = Buffer.concat([this.#bytes, data]);
        this.#wake?.();
      });
      this.#wake?.();
    }).listen(unixSocketPath(this.name));
    onTestFinished(() => {
      this.sockets.forEach((socket) => socket.destroy());
      this.#server.close();
      rmSync(unixSocketPath(this.name), { force: true });
    });
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  send(...parts: Buffer[]): void {
    this.sockets.at(-1)?.write(Buffer.concat(parts));
  }

  async read(length: number): Promise<Buffer> {
    await this.until(() => this.#bytes.length >= length);
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return taken;
  }

  async status(): Promise<string> {
    this.send(header('STATUS'));
    return (await this.read(12)).toString('latin1').trim();
  }
}

/** E = Σ x, F = 1, W_ab = 3a + b: not symmetric, so that an order of indices shows. */
function linear(atoms?: number): DriverModel & { inits: [number, string][] } {
  const inits: [number, string][] = [];
  let known = atoms;
  return {
    inits,
    get atoms() {
      return known;
    },
    initialise(bead, text) {
      inits.push([bead, text]);
      known = 2;
      return Promise.resolve();
    },
    compute: (positions) =>
      Promise.resolve({
        energy: positions.reduce((sum, x) => sum + x, 0),
        forces: new Float64Array(positions.length).fill(1),
        virial: Float64Array.from({ length: 9 }, (_, k) => k),
        extra: 'more',
      }),
  };
}

async function connected(model: DriverModel, signal?: AbortSignal) {
  const listener = new Listener();
  const socket = await connectToServer({ kind: 'unix', name: listener.name }, 60);
  const driver = new IpiDriver(socket, model, ATOMIC_UNITS['codata-2018']);
  const ended = driver.serve(signal);
  ended.catch(() => undefined);
  await listener.until(() => listener.sockets.length > 0);
  return { listener, driver, ended };
}

const cell = Float64Array.of(4, 0, 0, 1, 5, 0, 2, 3, 6);

describe('a client of the i-PI protocol', () => {
  it('goes NEEDINIT, READY, HAVEDATA, READY, and ends at EXIT', async () => {
    const model = linear();
    const { listener, driver, ended } = await connected(model);
    expect(await listener.status()).toBe('NEEDINIT');
    listener.send(initMessage(7, 'text'));
    expect(await listener.status()).toBe('READY');
    expect(model.inits).toEqual([[7, 'text']]);
    listener.send(positionMessage(cell, Float64Array.of(1, 2, 3, 4, 5, 6)));
    expect(await listener.status()).toBe('HAVEDATA');
    expect(await listener.status()).toBe('HAVEDATA');
    listener.send(header('GETFORCE'));
    const answer = await listener.read(12 + 8 + 4 + 48 + 72 + 4 + 4);
    const { bohr, hartree } = ATOMIC_UNITS['codata-2018'];
    expect(answer.toString('latin1', 0, 12)).toBe('FORCEREADY  ');
    expect(answer.readDoubleLE(12) * hartree).toBeCloseTo(21, 12);
    expect(answer.readInt32LE(20)).toBe(2);
    expect((answer.readDoubleLE(24) * hartree) / bohr).toBeCloseTo(1, 12);
    const virial = Array.from({ length: 9 }, (_, k) => answer.readDoubleLE(72 + 8 * k) * hartree);
    virial.forEach((w, k) => expect(w).toBeCloseTo(k, 12));
    expect(answer.toString('utf8', 148)).toBe('more');
    expect(await listener.status()).toBe('READY');
    listener.send(header('EXIT'));
    expect(await ended).toBe('exit');
    expect(driver.calls).toBe(1);
  });

  it('reads messages that arrive in pieces and headers padded with zeros', async () => {
    const { listener, ended } = await connected(linear(2));
    const message = positionMessage(cell, Float64Array.of(1, 2, 3, 4, 5, 6));
    for (const byte of message) {
      listener.send(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    listener.send(Buffer.from('STATUS\0\0\0\0\0\0', 'latin1'));
    expect((await listener.read(12)).toString('latin1').trim()).toBe('HAVEDATA');
    listener.send(header('EXIT'));
    expect(await ended).toBe('exit');
  });

  it('takes cells whose vectors travel as columns', async () => {
    let seen: Float64Array | undefined;
    const model: DriverModel = {
      ...linear(2),
      atoms: 2,
      compute: (positions, given) => {
        seen = given;
        return Promise.resolve({ energy: 0, forces: positions.slice(), virial: new Float64Array(9) });
      },
    };
    const { listener } = await connected(model);
    listener.send(positionMessage(cell, new Float64Array(6)));
    await listener.status();
    cell.forEach((x, k) => expect(seen?.[k]).toBeCloseTo(x, 12));
  });

  it('tells a server that closes when nothing is due from one that goes away in the middle', async () => {
    const idle = await connected(linear(2));
    expect(await idle.listener.status()).toBe('READY');
    idle.listener.sockets[0].end();
    expect(await idle.ended).toBe('closed');

    const due = await connected(linear(2));
    due.listener.send(positionMessage(cell, new Float64Array(6)));
    expect(await due.listener.status()).toBe('HAVEDATA');
    due.listener.sockets[0].end();
    await expect(due.ended).rejects.toThrow(ServerAwayError);

    const cut = await connected(linear(2));
    cut.listener.send(header('POSDATA'), Buffer.alloc(20));
    cut.listener.sockets[0].end();
    await expect(cut.ended).rejects.toThrow(/in the middle of a message/);
  });

  it.each([
    [
      'another number of atoms',
      positionMessage(cell, new Float64Array(9)),
      /3 atoms, and the structure has 2/,
    ],
    ['forces before positions', header('GETFORCE'), /GETFORCE before POSDATA/],
    ['something else', header('HTTP/1.1 200'), /does not keep to the i-PI protocol/],
    [
      'a negative text',
      Buffer.concat([header('INIT'), Buffer.from(Int32Array.of(0, -1).buffer)]),
      /-1 bytes/,
    ],
  ])('ends with a sentence when the server sends %s', async (_what, bytes, sentence) => {
    const { listener, ended } = await connected(linear(2));
    listener.send(bytes);
    await expect(ended).rejects.toThrow(sentence);
  });

  it('is cancelled while it waits', async () => {
    const controller = new AbortController();
    const { ended } = await connected(linear(2), controller.signal);
    controller.abort();
    await expect(ended).rejects.toThrow('Cancelled');
  });
});

describe('a potential behind the client', () => {
  const model = randomModel({ level: 6, species: ['Si', 'O'], cutoff: 3.6, seed: 5 });
  const structure = randomStructure({
    atoms: 4,
    edge: 4.2,
    periodic: [true, true, true],
    species: ['Si', 'O'],
  });

  /** Servers of this program, each with a driver of its own at the same time; cells are turned and turned back. */
  it('gives several servers at once what the reference gives', async () => {
    const run = async (named: boolean, seed: number) => {
      const name = `forcewright-driver-${process.pid}-${names++}`;
      const settings = ipiEngineSchema.parse({
        engine: 'i-pi',
        address: { kind: 'unix', name },
        // without a structure of its own the driver learns the atoms from the text of INIT
        initial: named ? ' ' : JSON.stringify({ symbols: ['Si', 'O', 'Si', 'O'] }),
      });
      const engine = await openIpiEngine(settings, structure);
      onTestFinished(() => engine.close());
      using potential = new PotentialDriver({
        model,
        name: 'test',
        structure: named ? structure : undefined,
      });
      const socket = await connectToServer({ kind: 'unix', name }, 60);
      const ended = new IpiDriver(socket, potential, ATOMIC_UNITS['codata-2018']).serve();
      for (let k = 0; k < 2; k++) {
        const moved = randomStructure({
          atoms: 4,
          edge: 4.2 + 0.1 * k,
          periodic: [true, true, true],
          species: ['Si', 'O'],
          seed: seed + k,
        });
        const [given, expected] = [await engine.compute(moved), evaluateMomentTensor(model, moved)];
        expect(Math.abs(given.energy - expected.energy)).toBeLessThan(1e-10);
        expected.forces.forEach((f, i) => expect(Math.abs(given.forces[i] - f)).toBeLessThan(1e-10));
        expected.virial.forEach((w, i) =>
          expect(Math.abs((given.virial?.[i] ?? NaN) - w)).toBeLessThan(1e-10),
        );
      }
      await engine.close();
      expect(await ended).toBe('exit');
    };
    await Promise.all([run(true, 1), run(false, 20), run(true, 40)]);
  });

  it('refuses elements that the potential does not know, from the structure and from INIT', async () => {
    const foreign = { ...structure, symbols: ['Si', 'Fe'] };
    expect(() => new PotentialDriver({ model, name: 'test', structure: foreign })).toThrow(/holds Fe/);
    using driver = new PotentialDriver({ model, name: 'test' });
    expect(() => driver.initialise(0, '{"symbols": ["Cu"]}')).toThrow(/holds Cu/);
    expect(() => driver.initialise(0, '\0')).toThrow(/does not say which atoms/);
    await driver.initialise(0, '{"symbols": ["Si", "O", "Si"]}');
    expect(driver.atoms).toBe(3);
  });
});
