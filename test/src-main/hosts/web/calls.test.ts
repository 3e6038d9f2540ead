/** The router over plain HTTP, and docs/http-api.md: its table is the router's, its examples run against a real host. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CALLS, callTable, describeCalls } from '../../../../src-main/api/calls.ts';
import { appRouter } from '../../../../src-main/api/router.ts';
import { Workspace } from '../../../../src-main/api/workspace.ts';
import { startWebHost, type WebHost } from '../../../../src-main/hosts/web/server.ts';
import { writeConfigurations } from '../../../../src-main/formats/index.ts';
import { parsePotentialDocument } from '../../../../src-compute/potentials/document.ts';
import { labelledBy } from '../../../support/fit.ts';
import { randomModel } from '../../../support/moment-tensor.ts';
import { requireProgram } from '../../../support/real-part.ts';
import { repositoryRoot } from '../../../support/shared.ts';

const document = readFileSync(join(repositoryRoot, 'docs', 'http-api.md'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'forcewright-calls-'));
let workspace: Workspace;
let host: WebHost;

beforeAll(async () => {
  const rendererFolder = join(folder, 'renderer');
  mkdirSync(rendererFolder, { recursive: true });
  writeFileSync(join(rendererFolder, 'index.html'), 'hello');
  workspace = new Workspace({ folder: join(folder, 'settings'), projectsFolder: join(folder, 'projects') });
  host = await startWebHost({ workspace, rendererFolder });
  const truth = randomModel({ level: 6, species: ['Si'], cutoff: 3.6, radialBasisSize: 4, seed: 3 });
  await writeConfigurations(join(folder, 'data.xyz'), 'extxyz', labelledBy(truth, 40));
});
afterAll(async () => {
  await host.close();
  await workspace.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const bearer = () => ({ Authorization: `Bearer ${host.token}` });

async function ask(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string },
) {
  const response = await fetch(`http://127.0.0.1:${host.port}${path}`, options);
  return { status: response.status, body: (await response.json()) as unknown };
}

/** fetch forbids Origin. */
function withOrigin(path: string, method: string, origin: string): Promise<number> {
  return new Promise((done, fail) => {
    const headers = { ...bearer(), Origin: origin, 'Content-Type': 'application/json' };
    const sent = request({ host: '127.0.0.1', port: host.port, path, method, headers }, (response) => {
      response.resume();
      done(response.statusCode ?? 0);
    });
    sent.on('error', fail);
    sent.end(method === 'POST' ? '{}' : undefined);
  });
}

/** The first block of code in a language. */
function block(language: string): string {
  return new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(document)?.[1] ?? '';
}

/** The host lives in this process, so nothing may block it. */
function finished(
  program: string,
  args: string[],
): Promise<{ code: number | null; out: string; said: string }> {
  const child = spawn(program, args, { cwd: folder });
  let [out, said] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (said += data.toString()));
  return new Promise((done) => child.on('close', (code) => done({ code, out, said })));
}

describe('calls over HTTP', () => {
  it('need the token, and no page of another origin has one', async () => {
    expect((await ask('/api/project.current', {})).status).toBe(401);
    expect((await ask('/api/project.current', { headers: { Authorization: 'Bearer x' } })).status).toBe(401);
    expect((await ask('/api', {})).status).toBe(401);
    expect((await ask('/api/project.current', { headers: bearer() })).status).toBe(200);
    expect(await withOrigin('/api/project.current', 'GET', 'http://elsewhere.example')).toBe(403);
    expect(await withOrigin('/api/project.close', 'POST', 'http://elsewhere.example')).toBe(403);
    expect(await withOrigin('/api/project.close', 'POST', `http://127.0.0.1:${host.port}`)).toBe(200);
    // without the token a program that names no origin is refused as before
    expect((await ask('/api/project.close', { method: 'POST', body: '{}' })).status).toBe(403);
  });

  it('say what was wrong', async () => {
    const user = z.object({
      error: z.object({ message: z.string(), data: z.object({ user: z.object({ remedy: z.string() }) }) }),
    });
    const post = { method: 'POST', headers: { ...bearer(), 'Content-Type': 'application/json' } };
    const noProject = await ask('/api/datasets.list', { headers: bearer() });
    expect(user.parse(noProject.body).error.message).toMatch(/project/);
    const wrong = await ask('/api/project.open', { ...post, body: '{"key": "one"}' });
    expect([wrong.status, user.parse(wrong.body).error.message]).toEqual([
      400,
      expect.stringMatching(/not accepted/),
    ]);
    expect((await ask('/api/no.such', { headers: bearer() })).status).toBe(404);
    expect((await ask('/api/project.close', { headers: bearer() })).status).toBe(405);
    expect((await ask('/api/project.current', { ...post, body: '{}' })).status).toBe(405);
    expect((await ask('/api/project.create', { ...post, body: 'no json' })).status).toBe(400);
    const long = { ...post, body: `{"name": "${'x'.repeat(17_000_000)}"}` };
    expect((await ask('/api/project.create', long)).status).toBe(413);
  });

  it('are listed with the schema of their input', async () => {
    const { body } = await ask('/api', { headers: bearer() });
    const { calls } = z
      .object({
        calls: z.array(
          z.object({
            name: z.string(),
            kind: z.string(),
            input: z.record(z.string(), z.unknown()).optional(),
          }),
        ),
      })
      .parse(body);
    const known = Object.keys(appRouter._def.procedures).filter((name) => name !== 'project.events');
    expect(calls.map(({ name }) => name)).toEqual(known);
    const get = calls.find(({ name }) => name === 'datasets.get');
    expect(get?.input).toMatchObject({ type: 'object', required: ['id'] });
  });
});

describe('events over HTTP', () => {
  it('come one by one, as docs/http-api.md has them, until the reader leaves', async () => {
    workspace.createNamed('with events');
    const leave = new AbortController();
    const response = await fetch(`http://127.0.0.1:${host.port}/api/project.events`, {
      headers: { ...bearer(), Accept: 'text/event-stream' },
      signal: leave.signal,
    });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect((await fetch(`http://127.0.0.1:${host.port}/api/project.events`)).status).toBe(401);
    const { jobs } = workspace.requireOpen();
    const text: string[] = [];
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text.push(decoder.decode(chunk, { stream: true }));
      if (text.length === 1)
        void jobs.submit('import', 'data', { files: [join(folder, 'data.xyz')], name: 'heard' }).finished;
      if (/"type":"end"/.test(text.join(''))) break;
    }
    leave.abort();
    const events = text
      .join('')
      .split('\n\n')
      .flatMap((block) => /^data: (\{.*"type".*\})$/m.exec(block)?.[1] ?? [])
      .map((line) => JSON.parse(line) as { type: string; jobId?: number });
    expect(events.map(({ type }) => type)).toContain('end');
    expect(document).toContain('GET /api/project.events');
  });
});

describe('docs/http-api.md', () => {
  it('says what every call gives, and nothing of calls that do not exist', () => {
    const names = describeCalls().map(({ name }) => name);
    expect(Object.keys(CALLS).sort()).toEqual([...names].sort());
    const cells = (line: string) => line.split('|').map((cell) => cell.trim());
    const rows = document
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map(cells);
    expect(rows).toEqual(callTable().map(cells));
  });

  it.skipIf(!requireProgram('python3', 'apt-get install -y python3'))(
    'has an example in Python that imports, fits and fetches the potential',
    async () => {
      writeFileSync(join(folder, 'example.py'), block('python'));
      const { code, out, said } = await finished('python3', ['example.py', host.url, 'data.xyz']);
      expect([code, said]).toEqual([0, '']);
      // the data come from a potential of this level, so the errors are small, and they are of the part that was held out
      const errors = z
        .object({ configurations: z.number(), energy_mae_mev_per_atom: z.number() })
        .parse(JSON.parse(out));
      expect(errors.configurations).toBe(8);
      const potential = parsePotentialDocument(
        readFileSync(join(folder, 'over-http.potential.json'), 'utf8'),
      );
      expect(potential.model.species).toEqual(['Si']);
    },
  );

  it.skipIf(!requireProgram('curl', 'apt-get install -y curl'))('has an example with curl', async () => {
    workspace.createNamed('with curl');
    const { jobs } = workspace.requireOpen();
    await jobs.submit('import', 'data', { files: [join(folder, 'data.xyz')], name: 'before' }).finished;
    const { code, out, said } = await finished('sh', ['-c', block('sh'), 'sh', host.url]);
    expect([code, said]).toEqual([0, '']);
    expect(out).toContain('"name":"with curl"');
    expect(out).toContain('"name":"before"');
    expect(workspace.requireOpen().datasets.get(1).name).toBe('renamed');
  });
});
