/** The web host as an attacker and as a careless user would meet it. A real server, real sockets, a real project. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ArrayFrame } from '../../../../src-compute/array-frame.ts';
import { packPositions } from '../../../../src-compute/packed-positions.ts';
import type { AppRouter } from '../../../../src-main/api/router.ts';
import { Workspace } from '../../../../src-main/api/workspace.ts';
import { startWebHost, type WebHost } from '../../../../src-main/hosts/web/server.ts';
import { Project } from '../../../../src-main/store/project.ts';

let folder: string;
let workspace: Workspace;
let host: WebHost;
const cleanups: (() => void)[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'forcewright-web-'));
  const rendererFolder = join(folder, 'renderer');
  mkdirSync(join(rendererFolder, 'assets'), { recursive: true });
  writeFileSync(join(rendererFolder, 'index.html'), '<meta name="csp-nonce" content="__CSP_NONCE__">hello');
  writeFileSync(join(rendererFolder, 'assets', 'a.js'), 'export const a = 1;');
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  workspace = new Workspace({ folder: join(folder, 'settings'), projectsFolder: join(folder, 'projects') });
  host = await startWebHost({ workspace, rendererFolder });
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) cleanup();
  await host.close();
  await workspace.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** A request with any headers; fetch forbids Host and Origin. */
function ask(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<{ status: number; headers: Record<string, unknown>; text: string }> {
  return new Promise((done, fail) => {
    const { method = 'GET', headers, body } = options;
    const sent = request({ host: '127.0.0.1', port: host.port, path, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        done({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString('latin1'),
        }),
      );
    });
    sent.on('error', fail);
    sent.end(body);
  });
}

/** A client as the page uses it; the page's origin comes with the socket. */
function client(token: string) {
  const origin = `http://127.0.0.1:${host.port}`;
  class PageSocket extends WebSocket {
    constructor(url: string | URL) {
      super(url, { headers: { Origin: origin } });
    }
  }
  const socket = createWSClient({
    url: `ws://127.0.0.1:${host.port}/trpc`,
    // ws offers the browser's interface; its own type declares more
    WebSocket: PageSocket as unknown as typeof globalThis.WebSocket,
    connectionParams: () => ({ token }),
    retryDelayMs: () => 100_000,
  });
  cleanups.push(() => void socket.close());
  return createTRPCClient<AppRouter>({ links: [wsLink({ client: socket })] });
}
const bearer = () => ({ Authorization: `Bearer ${host.token}`, Origin: `http://127.0.0.1:${host.port}` });

describe('web host', () => {
  it('serves its page with a policy that allows nothing from elsewhere and a nonce of its own each time', async () => {
    const [one, two] = [await ask('/'), await ask('/')];
    const policy = String(one.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval'");
    expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|https?:/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(one.headers['x-content-type-options']).toBe('nosniff');
    expect(one.headers['cross-origin-opener-policy']).toBe('same-origin');
    const nonce = /content="([^"]+)"/.exec(one.text)?.[1];
    expect(policy).toContain(`'nonce-${nonce}'`);
    expect(two.text).not.toBe(one.text);
    // the token is in the address alone, never in what is served
    expect(one.text).not.toContain(host.token);
  });

  it('answers local names only (against DNS rebinding) and no page of another origin', async () => {
    expect((await ask('/', { headers: { Host: 'evil.example' } })).status).toBe(403);
    expect((await ask('/', { headers: { Host: `localhost:${host.port}` } })).status).toBe(200);
    expect((await ask('/', { headers: { Origin: 'http://evil.example' } })).status).toBe(403);
    const other = { ...bearer(), Origin: 'http://127.0.0.1:1' };
    expect((await ask('/upload?name=a', { method: 'PUT', headers: other, body: 'x' })).status).toBe(403);
    expect((await ask('/upload?name=a', { method: 'PUT', body: 'x' })).status).toBe(403);
  });

  it('gives no data without the token, and none with a wrong one', async () => {
    expect((await ask('/data/datasets/1/table')).status).toBe(401);
    const wrong = { Authorization: `Bearer ${'x'.repeat(host.token.length)}` };
    expect((await ask('/data/datasets/1/table', { headers: wrong })).status).toBe(401);
    expect((await ask('/data/datasets/1/table', { headers: bearer() })).text).toContain('No project is open');
    await expect(client('').project.list.query()).rejects.toThrow(/permission/);
    await expect(client('wrong').project.list.query()).rejects.toThrow(/permission/);
    await expect(client(host.token).project.list.query()).resolves.toEqual([]);
  });

  it('lets no socket of another origin in', async () => {
    const outcome = (headers: Record<string, string>) =>
      new Promise<string>((done) => {
        const socket = new WebSocket(`ws://127.0.0.1:${host.port}/trpc`, { headers });
        socket.on('open', () => (socket.close(), done('open')));
        socket.on('error', () => done('refused'));
      });
    expect(await outcome({ Origin: 'http://evil.example' })).toBe('refused');
    expect(await outcome({})).toBe('refused');
    expect(await outcome({ Origin: `http://127.0.0.1:${host.port}` })).toBe('open');
  });

  it('serves no file outside the folder of the window', async () => {
    for (const path of [
      '/../secret.txt',
      '/..%2fsecret.txt',
      '/assets/..%2f..%2fsecret.txt',
      '/%2e%2e/secret.txt',
    ]) {
      const reply = await ask(path);
      expect(reply.status, path).toBe(404);
      expect(reply.text).not.toContain('secret.txt ');
    }
    expect((await ask('/assets/a.js')).status).toBe(200);
    expect((await ask('/%zz')).status).toBeGreaterThanOrEqual(400);
  });

  it('takes an upload under a safe name and reads nothing that was not handed over', async () => {
    const api = client(host.token);
    await api.project.create.mutate({ name: 'Uploads' });
    const xyz =
      '2\nLattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3 energy=-1 pbc="T T T"\nSi 0 0 0\nSi 2 2 2\n';
    const reply = await ask(`/upload?name=${encodeURIComponent('../../evil/../two atoms.xyz')}`, {
      method: 'PUT',
      headers: bearer(),
      body: xyz,
    });
    const grant = JSON.parse(reply.text) as { key: string; name: string; bytes: number };
    expect(grant).toMatchObject({ name: 'two atoms.xyz', bytes: xyz.length });
    const preview = await api.datasets.preview.query({ file: grant.key });
    expect(preview).toMatchObject({ failure: null, frames: 1, badFrames: 0, species: ['Si'], withEnergy: 1 });
    await expect(api.datasets.preview.query({ file: crypto.randomUUID() })).rejects.toThrow(
      /not open any more/,
    );
    await expect(api.datasets.preview.query({ file: join(folder, 'secret.txt') })).rejects.toThrow(
      /not accepted/,
    );
  });

  it('imports what was uploaded, serves it as arrays, and undoes an exclusion', async () => {
    const api = client(host.token);
    await api.project.create.mutate({ name: 'Import' });
    const frame = (energy: number) =>
      `1\nLattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3:forces:R:3 energy=${energy} pbc="T T T"\nSi 0 0 ${energy / 10} 0 0 0.5\n`;
    const reply = await ask('/upload?name=atoms.xyz', {
      method: 'PUT',
      headers: bearer(),
      body: [-1, -2, -3].map(frame).join(''),
    });
    const { key } = JSON.parse(reply.text) as { key: string };
    const { jobId } = await api.datasets.import.mutate({ files: [key], name: 'Atoms' });
    await expect.poll(async () => (await api.jobs.get.query({ id: jobId })).state).toBe('done');
    const [dataset] = await api.datasets.list.query();
    expect(dataset).toMatchObject({ name: 'Atoms', configurationCount: 3, withEnergy: 3 });
    const fetched = await fetch(`http://127.0.0.1:${host.port}/data/datasets/${dataset.id}/table`, {
      headers: { Authorization: `Bearer ${host.token}` },
    });
    const table = new ArrayFrame(await fetched.arrayBuffer());
    expect([...table.f64('energyPerAtom')]).toEqual([-1, -2, -3]);
    expect(await api.datasets.exclude.mutate({ id: dataset.id, positions: [1] })).toBe(1);
    expect((await api.datasets.list.query())[0].excluded).toBe(1);
    expect(await api.datasets.undo.mutate({ id: dataset.id })).toMatch(/exclude/);
    expect((await api.datasets.list.query())[0].excluded).toBe(0);
    // as the window sends them: packed, so that hundreds of thousands fit into a message
    const packed = (list: number[]) => Buffer.from(packPositions(list)).toString('base64');
    expect(await api.datasets.exclude.mutate({ id: dataset.id, positions: packed([0, 2]) })).toBe(2);
    expect(await api.datasets.undo.mutate({ id: dataset.id })).toMatch(/exclude 2/);
    const weights = Buffer.from(Float64Array.of(0.5, 2).buffer).toString('base64');
    const taken = { id: dataset.id, positions: packed([2, 0]), weights, name: 'Two' };
    const twoId = await api.datasets.extract.mutate(taken);
    expect(
      workspace
        .requireOpen()
        .datasets.store.rows(twoId)
        .map(({ weight }) => weight),
    ).toEqual([2, 0.5]);
    for (const positions of ['', '!!!', 'AQ=='])
      await expect(api.datasets.exclude.mutate({ id: dataset.id, positions })).rejects.toThrow(
        /configuration/,
      );
  });

  it('says in a sentence what is wrong with a project, and keeps the one that is open', async () => {
    const api = client(host.token);
    await api.project.create.mutate({ name: 'Good' });
    writeFileSync(join(folder, 'projects', 'Torn.fwproj'), 'this is no project');
    const newer = join(folder, 'projects', 'Newer.fwproj');
    const project = Project.open(newer, { create: true });
    const table = project.sqlite
      .prepare("SELECT name FROM sqlite_master WHERE name LIKE '%migrations%' AND type = 'table'")
      .pluck()
      .get();
    project.sqlite.prepare(`INSERT INTO "${String(table)}" (hash, created_at) VALUES ('future', 9e12)`).run();
    project.close();
    const list = await api.project.list.query();
    const open = (name: string) =>
      api.project.open.mutate({ key: list.find((p) => p.name === name)?.key ?? '' });
    await expect(open('Torn')).rejects.toThrow(/not a Forcewright project/);
    await expect(open('Newer')).rejects.toThrow(/newer/);
    await expect(api.project.create.mutate({ name: 'Good' })).rejects.toThrow(/already a project/);
    await expect(api.project.create.mutate({ name: '../Bad' })).rejects.toThrow(/not accepted/);
    expect((await api.project.current.query()).project?.name).toBe('Good');
  });

  it('shows the window no details of an unexpected error', async () => {
    const api = client(host.token);
    await api.project.create.mutate({ name: 'Broken' });
    workspace.requireOpen().project.sqlite.close();
    const error: unknown = await api.jobs.list.query().then(
      () => new Error('an error was expected'),
      (caught: unknown) => caught,
    );
    expect(String(error)).not.toMatch(/at .*\.ts|node_modules/);
  });

  it('ends by itself when nobody uses it, if asked to', async () => {
    const ended = await new Promise<boolean>((done) => {
      void startWebHost({
        workspace,
        rendererFolder: join(folder, 'renderer'),
        idleMinutes: 0.002,
        onIdle: () => done(true),
      }).then((other) => cleanups.push(() => void other.close()));
    });
    expect(ended).toBe(true);
  });

  it('tells that a port is taken', async () => {
    const rendererFolder = join(folder, 'renderer');
    await expect(startWebHost({ workspace, rendererFolder, port: host.port })).rejects.toThrow(/in use/);
  });

  it('cleans uploads up when it ends', async () => {
    const reply = await ask('/upload?name=a.txt', { method: 'PUT', headers: bearer(), body: 'abc' });
    const path = workspace.files.path((JSON.parse(reply.text) as { key: string }).key);
    expect(readFileSync(path, 'utf8')).toBe('abc');
    await workspace.files.dispose();
    expect(() => readFileSync(path)).toThrow();
  });
});
