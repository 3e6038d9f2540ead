/** The i-PI server against clients that follow the protocol and clients that do not. */
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { BOHR_IN_A, HARTREE_IN_EV } from '../../../../src-compute/units.ts';
import { commandWords } from '../../../../src-main/engines/i-pi/client-process.ts';
import { positionMessage } from '../../../../src-main/engines/i-pi/messages.ts';
import {
  ipiEngineSchema,
  openIpiEngine,
  type IpiReferenceEngine,
} from '../../../../src-main/engines/i-pi/reference-engine.ts';
import {
  forceReady,
  header,
  honest,
  ScriptedClient,
  type Script,
} from '../../../support/scripted-ipi-client.ts';

/** Two atoms in a cell whose vectors are not lower triangular. */
const pair: Configuration = {
  symbols: ['Si'],
  kinds: new Uint16Array(2),
  positions: Float64Array.of(0, 0, 0, 1.3, 1.4, 1.5),
  cell: Float64Array.of(0, 2.7, 2.7, 2.7, 0, 2.8, 2.9, 2.7, 0),
  periodic: [true, true, true],
};

let names = 0;
async function engineWith(
  script: Script,
  settings: object = {},
): Promise<{ engine: IpiReferenceEngine; client: ScriptedClient }> {
  const name = `forcewright-test-${process.pid}-${names++}`;
  const engine = await openIpiEngine(
    ipiEngineSchema.parse({ engine: 'i-pi', address: { kind: 'unix', name }, timeout: 120, ...settings }),
    pair,
  );
  const client = new ScriptedClient(name, script);
  onTestFinished(async () => {
    client[Symbol.dispose]();
    await engine.close();
  });
  return { engine, client };
}

const zeros = (n: number) => Array.from({ length: n }, () => 0);

describe('the i-PI server with a client that keeps to the protocol', () => {
  it('sends a lower-triangular cell as columns and turns forces and virial back', async () => {
    // a force field in the turned frame: F = d, the vector between the atoms, and W = d ⊗ d
    const { engine, client } = await engineWith(
      honest((x) => {
        const d = [x[3] - x[0], x[4] - x[1], x[5] - x[2]];
        return [0.25, [...d, ...d.map((c) => -c)], d.flatMap((a) => d.map((b) => a * b))];
      }, true),
    );
    const result = await engine.compute(pair);
    expect(result.energy).toBeCloseTo(0.25 * HARTREE_IN_EV, 12);
    // the vector in hartree/bohr of the client is the vector in bohr of the server
    const factor = HARTREE_IN_EV / BOHR_IN_A / BOHR_IN_A;
    const expected = [1.3, 1.4, 1.5].map((x) => x * factor);
    expected.forEach((f, k) => expect(result.forces[k]).toBeCloseTo(f, 9));
    const w = [1.3, 1.4, 1.5].flatMap((a) =>
      [1.3, 1.4, 1.5].map((b) => (a * b * HARTREE_IN_EV) / BOHR_IN_A ** 2),
    );
    w.forEach((x, k) => expect(result.virial?.[k]).toBeCloseTo(x, 9));
    const sent = client.received.find((message) => message.header === 'POSDATA');
    const cell = sent?.cell ?? [];
    // columns are the lattice vectors: h₁₀ = h₂₀ = h₂₁ = 0
    expect([cell[3], cell[6], cell[7]]).toEqual([0, 0, 0]);
    expect(cell[0] * BOHR_IN_A).toBeCloseTo(Math.hypot(2.7, 2.7), 12);
    expect(Math.hypot(cell[1], cell[4]) * BOHR_IN_A).toBeCloseTo(Math.hypot(2.7, 2.8), 12);
    expect(client.received.map((message) => message.header)).toEqual([
      'STATUS',
      'INIT',
      'STATUS',
      'POSDATA',
      'STATUS',
      'GETFORCE',
    ]);
  });

  it('mirrors a virial of which only the upper triangle is filled', async () => {
    const { engine } = await engineWith(honest(() => [0, zeros(6), [1, 2, 3, 0, 4, 5, 0, 0, 6]]));
    const { virial } = await engine.compute({ ...pair });
    const w = virial ?? new Float64Array(9);
    const trace = (w[0] + w[4] + w[8]) / HARTREE_IN_EV;
    expect(trace).toBeCloseTo(11, 9);
    for (const [a, b] of [
      [1, 3],
      [2, 6],
      [5, 7],
    ])
      expect(w[a]).toBeCloseTo(w[b], 9);
    // tr W² of the full symmetric matrix
    const square = w.reduce((sum, x) => sum + (x / HARTREE_IN_EV) ** 2, 0);
    expect(square).toBeCloseTo(1 + 16 + 36 + 2 * (4 + 9 + 25), 8);
  });

  it('serves many structures, answers in small pieces, over TCP too', async () => {
    const engine = await openIpiEngine(
      ipiEngineSchema.parse({ engine: 'i-pi', address: { kind: 'tcp', port: 0 }, timeout: 120 }),
      pair,
    );
    onTestFinished(() => engine.close());
    const { address } = engine;
    if (address.kind !== 'tcp') throw new Error('a TCP address was expected');
    expect(address.host).toBe('127.0.0.1');
    const answer = honest((x) => [x[3], zeros(6), zeros(9)]);
    using client = new ScriptedClient({ host: address.host, port: address.port }, (message, socket) => {
      const bytes = answer(message, socket);
      for (let k = 0; bytes && k < bytes.length; k += 5) socket.write(bytes.subarray(k, k + 5));
      return undefined;
    });
    for (let step = 0; step < 20; step++) {
      const moved = pair.positions.slice();
      moved[3] += 0.01 * step;
      expect((await engine.compute({ ...pair, positions: moved })).energy).toBeGreaterThan(0);
    }
    expect(engine.calls).toBe(20);
    expect(client.received.filter((message) => message.header === 'POSDATA')).toHaveLength(20);
  });

  it('tells the client to end when it closes', async () => {
    const { engine, client } = await engineWith(honest(() => [0, zeros(6), zeros(9)]));
    await engine.compute(pair);
    await engine.close();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(client.received.at(-1)?.header).toBe('EXIT');
    client[Symbol.dispose]();
  });

  it('throws away forces that a client still has for a structure nobody waits for', async () => {
    let stale = true;
    const good = honest(() => [2, zeros(6), zeros(9)]);
    const { engine } = await engineWith((message, socket) => {
      if (!stale) return good(message, socket);
      if (message.header === 'STATUS') return header('HAVEDATA');
      stale = false;
      return forceReady(1, zeros(6), zeros(9));
    });
    expect((await engine.compute(pair)).energy).toBeCloseTo(2 * HARTREE_IN_EV, 12);
  });

  it('puts a box around atoms without a period', async () => {
    const free: Configuration = { ...pair, cell: new Float64Array(9), periodic: [false, false, false] };
    const name = `forcewright-test-${process.pid}-${names++}`;
    const settings = ipiEngineSchema.parse({ engine: 'i-pi', address: { kind: 'unix', name }, vacuum: 6 });
    await using engine = await openIpiEngine(settings, free);
    using client = new ScriptedClient(
      name,
      honest(() => [0, zeros(6), zeros(9)]),
    );
    expect((await engine.compute(free)).virial).toBeUndefined();
    const cell = client.received.find((message) => message.header === 'POSDATA')?.cell ?? [];
    expect([cell[0], cell[4], cell[8]].map((x) => x * BOHR_IN_A).sort()).toEqual(
      [13.3, 13.4, 13.5].map((x) => expect.closeTo(x, 9) as number),
    );
  });

  it('inverts the cell that it sends', () => {
    const message = positionMessage(Float64Array.of(2, 0, 0, 0.5, 3, 0, 0.7, -0.2, 4), new Float64Array(3));
    const read = (from: number) => Array.from({ length: 9 }, (_, k) => message.readDoubleLE(from + 8 * k));
    const [h, inverse] = [read(12), read(84)];
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 3; j++) {
        let sum = 0;
        for (let k = 0; k < 3; k++) sum += h[3 * i + k] * inverse[3 * k + j];
        expect(sum).toBeCloseTo(i === j ? 1 : 0, 12);
      }
    }
  });
});

describe('the i-PI server with a client that goes wrong', () => {
  const cases: [string, Script, string, RegExp][] = [
    ['answers nonsense', () => Buffer.from('HTTP/1.1 200'), 'failed', /protocol.*HTTP/],
    ['skips a step', () => header('FORCEREADY'), 'failed', /it sent FORCEREADY, and READY was expected/],
    [
      'has another number of atoms',
      honest(() => [0, zeros(9), zeros(9)]),
      'failed',
      /forces for 3 atoms, and 2 were expected/,
    ],
    [
      'says a negative number of atoms',
      honest(() => [0, zeros(6), zeros(9), '', -1]),
      'failed',
      /forces for -1 atoms/,
    ],
    ['returns NaN for the energy', honest(() => [NaN, zeros(6), zeros(9)]), 'not-a-number', /an energy/],
    [
      'returns NaN for a force',
      honest(() => [0, [0, 0, 0, 0, NaN, 0], zeros(9)]),
      'not-a-number',
      /a force on atom 2/,
    ],
    [
      'returns an infinite virial',
      honest(() => [0, zeros(6), [Infinity, 0, 0, 0, 0, 0, 0, 0, 0]]),
      'not-a-number',
      /a virial/,
    ],
    ['says nothing', () => undefined, 'timeout', /within 0.3 s/],
    [
      'hangs while it computes',
      (message) => (message.header === 'STATUS' ? header('READY') : undefined),
      'failed',
      /it sent READY, and HAVEDATA was expected/,
    ],
    [
      'dies in the middle of a message',
      (message, socket) => {
        if (message.header !== 'STATUS') return undefined;
        socket.end('REA');
        return undefined;
      },
      'failed',
      /closed the connection in the middle of a message/,
    ],
    [
      'dies in the middle of its forces',
      (() => {
        const good = honest(() => [0, zeros(6), zeros(9)]);
        return (message, socket) => {
          const bytes = good(message, socket);
          if (message.header !== 'GETFORCE') return bytes;
          if (bytes) socket.end(bytes.subarray(0, 40));
          return undefined;
        };
      })(),
      'failed',
      /closed the connection in the middle of a message/,
    ],
    [
      'is reset',
      (_message, socket) => {
        socket.destroy();
        return undefined;
      },
      'failed',
      /closed the connection/,
    ],
    [
      'adds a text of absurd length',
      (() => {
        const good = honest(() => [0, zeros(6), zeros(9)]);
        return (message, socket) => {
          const bytes = good(message, socket);
          if (message.header === 'GETFORCE') bytes?.writeInt32LE(2_000_000_000, bytes.length - 4);
          return bytes;
        };
      })(),
      'failed',
      /2000000000 bytes of text/,
    ],
  ];
  it.each(cases)('%s', async (_what, script, failure, message) => {
    const { engine } = await engineWith(script, failure === 'timeout' ? { timeout: 0.3 } : {});
    await expect(engine.compute(pair)).rejects.toMatchObject({
      failure,
      message: expect.stringMatching(message) as string,
    });
  });

  it('lets the next client take over after one that failed', async () => {
    const { engine, client } = await engineWith((_message, socket) => {
      socket.destroy();
      return undefined;
    });
    await expect(engine.compute(pair)).rejects.toMatchObject({ failure: 'failed' });
    client[Symbol.dispose]();
    if (engine.address.kind !== 'unix') throw new Error('a UNIX socket was expected');
    const second = new ScriptedClient(
      engine.address.name,
      honest(() => [1, zeros(6), zeros(9)]),
    );
    onTestFinished(() => second[Symbol.dispose]());
    expect((await engine.compute(pair)).energy).toBeCloseTo(HARTREE_IN_EV, 12);
  });

  it('stops waiting when it is cancelled, and for a client that never comes', async () => {
    const { engine } = await engineWith(() => undefined, { timeout: 60 });
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 50);
    await expect(engine.compute(pair, controller.signal)).rejects.toMatchObject({ name: 'CancelledError' });
    const name = `forcewright-test-${process.pid}-${names++}`;
    const settings = ipiEngineSchema.parse({
      engine: 'i-pi',
      address: { kind: 'unix', name },
      connectTimeout: 0.2,
    });
    await using lonely = await openIpiEngine(settings, pair);
    await expect(lonely.compute(pair)).rejects.toMatchObject({
      failure: 'timeout',
      message: expect.stringMatching(/did not connect to the UNIX socket/) as string,
    });
  });

  it('refuses a structure with other atoms, and an address that is in use', async () => {
    const { engine } = await engineWith(honest(() => [0, zeros(6), zeros(9)]));
    const other: Configuration = { ...pair, symbols: ['Ge'] };
    await expect(engine.compute(other)).rejects.toMatchObject({
      message: expect.stringMatching(/other atoms or another order/) as string,
    });
    await expect(
      openIpiEngine(ipiEngineSchema.parse({ engine: 'i-pi', address: engine.address }), pair),
    ).rejects.toMatchObject({ message: expect.stringMatching(/address is taken/) as string });
  });

  it('says why a client of its own could not start or stopped', async () => {
    const open = (client: string) =>
      openIpiEngine(ipiEngineSchema.parse({ engine: 'i-pi', client, timeout: 120 }), pair);
    await using missing = await open('no-such-program-here {name}');
    await expect(missing.compute(pair)).rejects.toMatchObject({
      failure: 'failed',
      message: expect.stringMatching(/no program no-such-program-here/) as string,
    });
    await using broken = await open("sh -c 'echo this is why; exit 3'");
    await expect(broken.compute(pair)).rejects.toMatchObject({
      message: expect.stringMatching(/ended with code 3/) as string,
      remedy: expect.stringMatching(/this is why/) as string,
    });
    await expect(open('lmp {nonsense}')).rejects.toMatchObject({
      message: expect.stringMatching(/\{nonsense\}, which stands for nothing/) as string,
    });
  });

  it('splits commands without a shell', () => {
    expect(commandWords(`a 'b c' --x="d {name}" {name}`, { name: 'e f' })).toEqual([
      'a',
      'b c',
      '--x=d e f',
      'e f',
    ]);
    expect(() => commandWords(`a 'b`, {})).toThrow(/not closed/);
    expect(() => commandWords(' ', {})).toThrow(/empty/);
  });
});
