/** `forcewright driver` with Debian's ASE: its own SocketIOCalculator, and the calculator in resources/python. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { formatPotentialDocument } from '../../../../src-compute/potentials/document.ts';
import { formatMtp } from '../../../../src-compute/potentials/moment-tensor/mtp-text.ts';
import { lennardJonesModel } from '../../../../src-compute/potentials/pair/lennard-jones.ts';
import type { PotentialModel } from '../../../../src-compute/potentials/registry.ts';
import { lattice, supercell } from '../../../../src-compute/structure/lattices.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { readConfigurations, writeConfigurations } from '../../../../src-main/formats/index.ts';
import { randomModel, randomStructure } from '../../../support/moment-tensor.ts';
import { PYTHON, requireAse } from '../../../support/python.ts';
import { repositoryRoot } from '../../../support/shared.ts';
import { commandLine } from '../../../support/command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'forcewright-driver-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const cli = commandLine;
const command = [process.execPath, cli];
const at = (name: string) => join(folder, name);

function document(name: string, model: PotentialModel): void {
  const provenance = { program: 'test', created: '2024-01-01T00:00:00Z', data: [], settings: {}, report: {} };
  writeFileSync(at(name), formatPotentialDocument({ name, model, provenance, metrics: {} }));
}

const model = randomModel({ level: 8, species: ['Si', 'O'], cutoff: 3.6, radialBasisSize: 4, seed: 3 });
document('potential.json', model);
writeFileSync(at('potential.mtp'), formatMtp(model, 'test'));
document('argon.json', lennardJonesModel('Ar', 0.0104, 3.4, 8.5, 'shifted'));

const structure = (seed: number, atoms = 4, periodic: Configuration['periodic'] = [true, true, true]) =>
  randomStructure({ atoms, edge: 4.1 + 0.05 * seed, periodic: [...periodic], species: ['Si', 'O'], seed });
const cluster: Configuration = { ...structure(9, 3, [false, false, false]), cell: new Float64Array(9) };
await writeConfigurations(at('same.xyz'), 'extxyz', [structure(1), structure(2), structure(3)]);
await writeConfigurations(at('mixed.xyz'), 'extxyz', [
  structure(1),
  structure(4, 3),
  cluster,
  structure(5, 4, [true, true, false]),
  structure(6),
]);
const argon = supercell(lattice('fcc', ['Ar'], 5.3), [2, 2, 2]);
argon.positions[0] += 0.3;
await writeConfigurations(at('argon.xyz'), 'extxyz', [argon]);

function python(...args: string[]): unknown {
  const { status, stdout, stderr } = spawnSync(
    PYTHON,
    [join(repositoryRoot, 'test', 'support', 'ase_with_forcewright.py'), ...args],
    {
      encoding: 'utf8',
      env: {
        ...process.env,
        PYTHONPATH: join(repositoryRoot, 'resources', 'python'),
        PYTHONDONTWRITEBYTECODE: '1',
      },
    },
  );
  if (status !== 0) throw new Error(`Python ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

/** What `forcewright evaluate` gives. */
async function evaluated(potential: string, structures: string, ...more: string[]): Promise<Configuration[]> {
  const args = [
    cli,
    'evaluate',
    '--potential',
    at(potential),
    '--in',
    at(structures),
    '--out',
    at('out.xyz'),
  ];
  const { status, stderr } = spawnSync(process.execPath, [...args, ...more], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return readConfigurations(at('out.xyz'));
}

const frameSchema = z.object({
  energy: z.number(),
  forces: z.array(z.number()),
  virial: z.array(z.number()).nullable(),
  energies: z.array(z.number()).optional(),
});

function expectSame(given: z.infer<typeof frameSchema>, expected: Configuration): void {
  const close = (a: ArrayLike<number> | undefined, b: ArrayLike<number> | undefined) => {
    expect(a?.length).toBe(b?.length);
    for (let k = 0; k < (b?.length ?? 0); k++)
      expect(Math.abs((a?.[k] ?? NaN) - (b?.[k] ?? NaN))).toBeLessThan(1e-10);
  };
  close([given.energy], [expected.energy ?? NaN]);
  close(given.forces, expected.forces);
  if (given.virial) close(given.virial, expected.virial);
  if (given.energies) close(given.energies, expected.atomEnergies);
}

/** A TCP port that is free now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof bound === 'object' && bound ? bound.port : 0;
}

describe.skipIf(!requireAse())('forcewright driver and ASE', () => {
  const socketAnswer = z.object({
    frames: z.array(frameSchema),
    code: z.number(),
    driver: z.object({ ended: z.string(), calls: z.number(), connections: z.number(), seconds: z.number() }),
  });

  it.each(['unixsocket', 'port'])(
    'computes for SocketIOCalculator (%s) what evaluate computes',
    async (kind) => {
      const where = kind === 'port' ? await freePort() : `forcewright-test-${process.pid}`;
      const args = ['socket', folder, JSON.stringify([kind, where]), ...command];
      const { frames, code, driver } = socketAnswer.parse(python(...args));
      const expected = await evaluated('potential.json', 'same.xyz');
      expect(frames).toHaveLength(3);
      frames.forEach((frame, k) => expectSame(frame, expected[k]));
      // ASE 3.22 only closes the connection (ase/calculators/socketio.py, SocketServer.close)
      expect([code, driver.calls, driver.connections, driver.ended]).toEqual([0, 3, 1, 'closed']);
    },
  );

  it.each(['potential.json', 'potential.mtp'])(
    'is a calculator for any atoms, one process for all (%s)',
    async (file) => {
      const answer = z.object({ frames: z.array(frameSchema), ended: z.literal(true) });
      const { frames } = answer.parse(python('calculator', folder, file, ...command));
      const expected = await evaluated(file, 'mixed.xyz', '--species', 'Si,O');
      expect(frames).toHaveLength(5);
      frames.forEach((frame, k) => expectSame(frame, expected[k]));
      expect(frames.map(({ virial }) => virial !== null)).toEqual([true, true, false, true, true]);
    },
  );

  it('relaxes and runs dynamics in ASE', () => {
    const result = z
      .object({
        before: z.number(),
        relaxed: z.number(),
        converged: z.boolean(),
        largest: z.number(),
        drift: z.number(),
        kinetic: z.number(),
      })
      .parse(python('dynamics', folder, ...command));
    expect(result.converged).toBe(true);
    expect(result.relaxed).toBeLessThan(result.before - 1e-3);
    expect(result.largest).toBeLessThan(1e-3);
    expect(result.kinetic).toBeGreaterThan(0);
    // velocity Verlet conserves: what Langevin put in stays
    expect(Math.abs(result.drift)).toBeLessThan(1e-4);
  });

  it('says in Python what went wrong', () => {
    const [foreign, missing, program] = z
      .array(z.string())
      .length(3)
      .parse(python('mistakes', folder, ...command));
    expect(foreign).toMatch(/knows Si, O, and the structure holds Ar as well/);
    expect(missing).toMatch(/missing\.json cannot be read/);
    expect(program).toMatch(/There is no program no-such-program/);
  });
});

describe('forcewright driver', () => {
  it('documents its options and refuses wrong ones with code 2', () => {
    const bad = spawnSync(process.execPath, [cli, 'driver', '--potential', 'x', '--unix', 'a/b'], {
      encoding: 'utf8',
    });
    expect([bad.status, bad.stderr]).toEqual([2, expect.stringMatching(/A name of letters/)]);
  });

  it('ends with a sentence when nobody listens', async () => {
    const port = String(await freePort());
    const args = [
      cli,
      'driver',
      '--potential',
      at('potential.json'),
      '--port',
      port,
      '--connect-timeout',
      '0',
    ];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toMatch(/did not listen at 127\.0\.0\.1:\d+ within 0 s/);
  });

  it('finds a server again that went away, and ends at EXIT', async () => {
    let connections = 0;
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      if (++connections === 1) socket.destroy();
      else socket.end('EXIT        ');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const bound = server.address();
    const port = typeof bound === 'object' && bound ? bound.port : 0;
    const args = [
      '--potential',
      at('potential.json'),
      '--port',
      String(port),
      '--reconnect',
      '600',
      '--json',
    ];
    const child = spawn(process.execPath, [cli, 'driver', ...args]);
    let said = '';
    child.stdout.on('data', (data: Buffer) => (said += data.toString()));
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    server.close();
    expect(code).toBe(0);
    expect(JSON.parse(said)).toMatchObject({ ended: 'exit', calls: 0, connections: 2 });
  });

  it('ends in good order on Ctrl+C while the server has nothing to compute', async () => {
    const port = String(await freePort());
    const child = spawn(process.execPath, [
      cli,
      'driver',
      '--potential',
      at('potential.json'),
      '--port',
      port,
    ]);
    let said = '';
    child.stderr.on('data', (data: Buffer) => (said += data.toString()));
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    // a server that takes the connection and says nothing
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      child.kill('SIGINT');
    });
    server.listen(Number(port), '127.0.0.1');
    expect(await ended).toBe(1);
    server.close();
    expect(said).toMatch(/Cancelled\./);
  });
});

it('the file for Python is where the help says', () => {
  const help = spawnSync(process.execPath, [cli, 'driver', '--help'], { encoding: 'utf8' }).stdout;
  const path = /\S+forcewright_ase\.py/.exec(help)?.[0] ?? '';
  expect(readFileSync(path, 'utf8')).toContain('class Forcewright(Calculator)');
});
