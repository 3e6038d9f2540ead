/** The web host under attack: a process of its own, bare sockets, bytes that no browser sends. It has to go on serving. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { formatPotentialDocument } from '../../../../src-compute/potentials/document.ts';
import { lennardJonesModel } from '../../../../src-compute/potentials/pair/lennard-jones.ts';
import { MESSAGE_LIMIT } from '../../../../src-compute/packed-positions.ts';
import type { AppRouter } from '../../../../src-main/api/router.ts';
import { ProjectService } from '../../../../src-main/services/project-service.ts';
import { temporaryFolder } from '../../../support/project.ts';
import { repositoryRoot } from '../../../support/shared.ts';

interface RunningHost {
  readonly process: ChildProcess;
  readonly port: number;
  readonly token: string;
  /** What it wrote to stderr so far. */
  errors(): string;
}

const folder = temporaryFolder();
let host: RunningHost;
const cleanups: (() => void)[] = [];

async function startHost(...args: string[]): Promise<RunningHost> {
  const script = join(repositoryRoot, 'test', 'support', 'web-host.ts');
  const child = spawn(process.execPath, [script, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const lines = createInterface({ input: child.stdout });
  const [line] = (await once(lines, 'line')) as [string];
  const { port, token } = JSON.parse(line) as { port: number; token: string };
  return { process: child, port, token, errors: () => errors };
}
beforeAll(async () => {
  host = await startHost(folder);
});
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});
afterAll(() => void host.process.kill());

/** Sends bytes on a bare socket. @returns all that comes back until the host or the deadline ends it */
function raw(text: string | Buffer, { reset = false, patience = 3000 } = {}): Promise<string> {
  return new Promise((done) => {
    let reply = '';
    const socket = connect({ port: host.port, host: '127.0.0.1', allowHalfOpen: true }, () => {
      socket.write(text, () => reset && setImmediate(() => socket.resetAndDestroy()));
    });
    cleanups.push(() => socket.destroy());
    socket.on('data', (chunk) => (reply += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    const limit = setTimeout(() => done(reply), patience);
    socket.on('close', () => (clearTimeout(limit), done(reply)));
    socket.on('end', () => (clearTimeout(limit), done(reply)));
  });
}

/** Whether the page is still served. */
function alive(): Promise<number> {
  return new Promise((done, fail) => {
    const sent = request({ host: '127.0.0.1', port: host.port, path: '/', agent: false }, (response) => {
      response.resume();
      done(response.statusCode ?? 0);
    });
    sent.on('error', fail);
    sent.end();
  });
}

function client(to = host, token = to.token) {
  const origin = `http://127.0.0.1:${to.port}`;
  const sockets: WebSocket[] = [];
  class PageSocket extends WebSocket {
    constructor(url: string | URL) {
      super(url, { headers: { Origin: origin } });
      sockets.push(this);
    }
  }
  const socket = createWSClient({
    url: `ws://127.0.0.1:${to.port}/trpc`,
    WebSocket: PageSocket as unknown as typeof globalThis.WebSocket,
    connectionParams: () => ({ token }),
    retryDelayMs: () => 100_000,
  });
  cleanups.push(() => void socket.close());
  return { api: createTRPCClient<AppRouter>({ links: [wsLink({ client: socket })] }), sockets };
}

const upgrade = (path: string, ...headers: string[]) =>
  [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${host.port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    ...headers,
    '',
    '',
  ].join('\r\n');
const get = (path: string, ...headers: string[]) =>
  [`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${host.port}`, ...headers, '', ''].join('\r\n');

describe('web host under attack', () => {
  it.each(['//', '///', '//[', '//:1', '/\\\\', '/..', '/%', '/%ff', '/trpc/..//', '*', 'http://', 'x:'])(
    'refuses an upgrade at %s and goes on',
    async (path) => {
      const reply = await raw(upgrade(path, 'Origin: http://evil.example'));
      expect(reply).toMatch(/^HTTP\/1\.1 40[03]/);
      expect(await alive()).toBe(200);
    },
  );

  it('survives `new WebSocket` at // from any page', async () => {
    const outcome = await new Promise<string>((done) => {
      const socket = new WebSocket(`ws://127.0.0.1:${host.port}//`, { origin: 'http://evil.example' });
      socket.on('open', () => done('open'));
      socket.on('error', () => done('refused'));
    });
    expect(outcome).toBe('refused');
    expect(await alive()).toBe(200);
  });

  it('survives resets before, during and after refused and accepted upgrades', async () => {
    const own = `Origin: http://127.0.0.1:${host.port}`;
    for (let k = 0; k < 40; k++) {
      const [path, origin] = k % 2 ? ['/trpc', own] : ['//', 'Origin: http://evil.example'];
      const text = upgrade(path, origin);
      await raw(k % 4 < 2 ? text : text.slice(0, 60), { reset: true });
    }
    // half open: the request came, the other side says no more
    const half = connect({ port: host.port, host: '127.0.0.1', allowHalfOpen: true });
    cleanups.push(() => half.destroy());
    half.end(upgrade('/elsewhere'));
    await once(half.resume(), 'close');
    expect(await alive()).toBe(200);
  });

  it.each([
    ['no HTTP', 'hello\r\n\r\n'],
    ['a TLS greeting', Buffer.from('16030100a5010000a10303', 'hex')],
    ['a header without a name', 'GET / HTTP/1.1\r\n: x\r\n\r\n'],
    ['two lengths', 'PUT /upload?name=a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
    ['a length and chunks', 'PUT /upload?name=a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['a negative length', 'PUT /upload?name=a HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n'],
    ['huge headers', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`],
    ['many headers', `GET / HTTP/1.1\r\nHost: localhost\r\n${'A: b\r\n'.repeat(20_000)}\r\n`],
    ['a long address', `GET /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`],
    ['no host', 'GET / HTTP/1.1\r\n\r\n'],
  ])('answers %s with a refusal', async (_name, bytes) => {
    expect(await raw(bytes)).toMatch(/^HTTP\/1\.1 4\d\d/);
    expect(await alive()).toBe(200);
  }); // prettier-ignore

  it.each([
    '//',
    '//evil.example/x',
    '/../../etc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/%',
    '/%c0%af',
    '/data/%',
    '/data//',
    '/data/structure?source=%7B',
    '/data/structure?source=%zz',
  ])(
    'answers the address %s and stays', // prettier-ignore
    async (path) => {
      const authorization = `Authorization: Bearer ${host.token}`;
      const reply = await raw(get(path, authorization, 'Connection: close'));
      // nothing unexpected: that would be a 500
      expect(reply).toMatch(/^HTTP\/1\.1 (200|4\d\d)/);
      expect(reply).not.toContain('root:');
      expect(await alive()).toBe(200);
    },
  );

  it('answers methods that no page sends', async () => {
    for (const method of ['TRACE', 'CONNECT', 'PROPFIND', 'DELETE']) {
      await raw(`${method} / HTTP/1.1\r\nHost: 127.0.0.1:${host.port}\r\nConnection: close\r\n\r\n`);
      expect(await alive(), method).toBe(200);
    }
  });

  it('survives an answer that nobody waits for and a body that breaks off', async () => {
    for (let k = 0; k < 20; k++) {
      await raw(get('/'), { reset: true });
      const own = `Origin: http://127.0.0.1:${host.port}`;
      const authorization = `Authorization: Bearer ${host.token}`;
      const put = `PUT /upload?name=a HTTP/1.1\r\nHost: 127.0.0.1:${host.port}\r\n${own}\r\n${authorization}\r\n`;
      await raw(`${put}Content-Length: 100000\r\n\r\nabc`, { reset: true });
      await raw(`${put}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, { reset: k % 2 === 0, patience: 300 });
    }
    expect(await alive()).toBe(200);
  });

  it('lets thousands of silent connections go and serves the page meanwhile', async () => {
    const sockets: Socket[] = [];
    const { api } = client();
    await api.project.list.query();
    for (let k = 0; k < 2000; k++) {
      const socket = connect({ port: host.port, host: '127.0.0.1' });
      socket.on('error', () => undefined);
      // slow loris: a head that never ends
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nX-a: ');
      sockets.push(socket);
      if (k % 200 === 0) await once(socket, 'connect');
    }
    cleanups.push(() => sockets.forEach((socket) => socket.destroy()));
    expect(await alive()).toBe(200);
    // the page that showed the token was not the one to make room
    expect(await api.project.list.query()).toEqual([]);
    await expect.poll(() => sockets.filter((socket) => !socket.destroyed).length).toBeLessThanOrEqual(500);
  });

  it('gives unfinished heads up after a while', async () => {
    const socket = connect({ port: host.port, host: '127.0.0.1' });
    socket.write('GET / HTTP/1.1\r\nHost: loc');
    const bytes: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => bytes.push(chunk));
    await once(socket, 'close');
    expect(Buffer.concat(bytes).toString()).toMatch(/^HTTP\/1\.1 40[08]|^$/);
  });

  it('takes no notice of a flood of wrong tokens', async () => {
    const wrong = Array.from({ length: 100 }, () => client(host, 'x'.repeat(32)));
    const results = await Promise.all(
      wrong.map(({ api }) =>
        Promise.race([api.project.list.query().then(() => 'open', () => 'refused'), wait(1000, 'shut out')]),
      ),
    ); // prettier-ignore
    expect(results).not.toContain('open');
    await expect(client().api.project.list.query()).resolves.toEqual([]);
  });

  it('answers a message that is too long with a sentence, and what else was in it', async () => {
    const { api } = client();
    await api.project.list.query();
    const name = 'x'.repeat(MESSAGE_LIMIT + 10);
    const [long, short] = await Promise.allSettled([api.project.create.mutate({ name }), api.project.list.query()]);
    expect(long).toMatchObject({ status: 'rejected', reason: { message: expect.stringMatching(/too large for one message: \d+ MB/) as string } });
    expect(short.status).toBe('fulfilled');
  }); // prettier-ignore

  it('reads no long message of a stranger', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${host.port}/trpc?connectionParams=1`, {
      origin: `http://127.0.0.1:${host.port}`,
    });
    cleanups.push(() => socket.terminate());
    await once(socket, 'open');
    socket.on('error', () => undefined);
    socket.send('x'.repeat(1_000_000));
    await once(socket, 'close');
    expect(await alive()).toBe(200);
  });

  it('works for no stranger without end, and lets none write to the terminal', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${host.port}/trpc?connectionParams=1`, {
      origin: `http://127.0.0.1:${host.port}`,
    });
    cleanups.push(() => socket.terminate());
    let answers = 0;
    socket.on('message', (data: Buffer) => (answers += data.toString().split('"id"').length - 1));
    socket.on('error', () => undefined);
    await once(socket, 'open');
    socket.send(JSON.stringify({ method: 'connectionParams', data: { token: 'wrong' } }));
    const forged = '\u001b]0;pwned\u0007\nForcewright: forged line';
    const call = (id: number) => ({
      id,
      method: 'query',
      params: { path: id % 2 ? forged : 'project.list' },
    });
    const closed = once(socket, 'close');
    // in one go: nothing is read between, so that ten thousand are on their way whoever is faster
    for (let k = 0; k < 100; k++)
      socket.send(JSON.stringify(Array.from({ length: 100 }, (_, n) => call(100 * k + n))));
    await closed;
    expect(answers).toBeLessThan(1000);
    expect(await alive()).toBe(200);
    // whoever holds the token is answered in words, and writes no escape sequence to the terminal either
    const { api, sockets } = client();
    await api.project.list.query();
    const reply = new Promise<string>((done) =>
      sockets[0].on('message', (data: Buffer) => done(data.toString())),
    );
    sockets[0].send(JSON.stringify({ id: 9999, method: 'query', params: { path: forged } }));
    expect(await reply).toContain('does not know');
    expect(host.errors()).not.toContain('pwned');
    expect(host.errors()).not.toContain('TRPCError');
  });

  it('goes on after a promise that nobody caught', async () => {
    host.process.stdin?.write('reject\n');
    await expect.poll(() => host.errors()).toContain('rejected on purpose');
    expect(host.errors()).toContain('Forcewright goes on');
    expect(await alive()).toBe(200);
  });
});

describe('last resort', () => {
  it('lets a running job save what it has, says so, and ends', async () => {
    const file = join(folder, 'argon.fwproj');
    {
      using service = ProjectService.open(file, { create: true });
      const model = lennardJonesModel('Ar', 0.0104, 3.4, 7);
      const provenance = { program: 'test', created: '2020-01-01T00:00:00Z', data: [], settings: {}, report: {} };
      const document = formatPotentialDocument({ name: 'argon', model, metrics: {}, provenance });
      service.potentials.add({ name: 'argon', form: model.form, species: ['Ar'], document });
    }
    const other = await startHost(join(folder, 'other'), file);
    cleanups.push(() => other.process.kill());
    other.process.stdin?.write('md\n');
    const { api } = client(other);
    await expect.poll(async () => (await api.jobs.list.query()).at(0)?.fraction ?? 0).toBeGreaterThan(0);
    other.process.stdin?.write('throw\n');
    const [code] = (await once(other.process, 'exit')) as [number];
    expect(code).toBe(1);
    expect(other.errors()).toContain('thrown on purpose');
    expect(other.errors()).toContain('The running job has saved what was done: start Forcewright again and resume.');
    using service = ProjectService.open(file);
    expect(service.jobs.get(1).state).toBe('interrupted');
    const saved = service.project.prepare('SELECT count(*) FROM job_checkpoints').pluck().get();
    expect(saved).toBeGreaterThan(0);
  }, 240_000); // prettier-ignore
});
