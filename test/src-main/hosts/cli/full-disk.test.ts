/** Whole commands whose results do not fit on their disk: each ends in a sentence, and nothing is lost. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { beforeAll, describe, expect, it } from 'vitest';
import { formatPotentialDocument } from '../../../../src-compute/potentials/document.ts';
import { lennardJonesModel } from '../../../../src-compute/potentials/pair/lennard-jones.ts';
import { readConfigurations, writeConfigurations } from '../../../../src-main/formats/index.ts';
import { loadPotential } from '../../../../src-main/services/potentials/potential-file.ts';
import { DatasetRepository } from '../../../../src-main/store/datasets.ts';
import { ProjectService } from '../../../../src-main/services/project-service.ts';
import { JobRepository } from '../../../../src-main/store/jobs.ts';
import { Project } from '../../../../src-main/store/project.ts';
import { canMount, smallDisk } from '../../../support/disks.ts';
import { addDataset, argonRun, crystal, temporaryFolder } from '../../../support/project.ts';
import { repositoryRoot } from '../../../support/shared.ts';
import { commandLine } from '../../../support/command-line.ts';

const folder = temporaryFolder();
const main = commandLine;
const potential = join(folder, 'si.potential.json');
const frames = join(folder, 'frames.xyz');
const perfect = join(folder, 'perfect.xyz');

async function command(args: readonly string[]) {
  // what is kept elsewhere lies in the temporary folder, which is removed after the tests
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, TMPDIR: folder },
    cwd: folder,
  });
  const text = { out: '', errors: '' };
  child.stdout.on('data', (data: Buffer) => (text.out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (text.errors += data.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...text };
}

const halves = (disk: string) => readdirSync(disk).filter((name) => name.includes('.part'));

beforeAll(async () => {
  const provenance = { program: 'test', created: '2020-01-01T00:00:00Z', data: [], settings: {}, report: {} };
  const model = lennardJonesModel('Si', 0.05, 2.2, 5);
  writeFileSync(potential, formatPotentialDocument({ name: 'si', model, metrics: {}, provenance }));
  await writeConfigurations(
    frames,
    undefined,
    Array.from({ length: 40 }, (_, k) => crystal(3, k + 1)),
  );
  const still = crystal(3, 1);
  await writeConfigurations(perfect, undefined, [{ ...still, positions: still.positions.map((x) => Math.round(x / 2.5) * 2.5) }]); // prettier-ignore
});

/** Results that took long: what is written, and whether it is whole, is looked at where the sentence says that it is. */
const KEPT: readonly (readonly [name: string, out: string, args: readonly string[], rows: RegExp])[] = [
  ['evaluate', 'predicted.xyz', ['evaluate', '--potential', potential, '--in', frames, '--backend', 'reference'], /energy=/], // prettier-ignore
  ['select', 'chosen.xyz', ['select', '--in', frames, '--fraction', '0.5'], /Lattice=/],
  ['entropy', 'novel.xyz', ['entropy', '--in', frames], /rarity/],
  ['rdf', 'g.csv', ['rdf', '--in', frames, '--cutoff', '6'], /^[\d.]+,[\d.]+$/m],
];

describe.skipIf(!canMount())('a full disk', () => {
  let disk = '';

  /** Fills the disk but for a few kB. */
  const fill = (free: number) => {
    const filler = join(disk, 'filler');
    for (const name of readdirSync(disk)) rmSync(join(disk, name), { recursive: true });
    writeFileSync(filler, new Uint8Array((1 << 20) - free));
  };

  beforeAll(() => {
    disk = smallDisk('1m');
  });

  it.each(KEPT)('%s keeps what it made elsewhere, and prints its result', async (_name, out, args, rows) => {
    fill(0);
    const { code, out: printed, errors } = await command([...args, '--out', join(disk, out), '--json']);
    expect(errors).toMatch(
      /^Error: The disk is full: .* could not be written\. Nothing is lost: the result is in /m,
    );
    expect(code).toBe(1);
    expect(Object.keys(JSON.parse(printed) as object).length).toBeGreaterThan(1);
    const kept = /the result is in (.*)\.$/m.exec(errors)?.[1] ?? '';
    expect(kept.endsWith(out)).toBe(true);
    expect(readFileSync(kept, 'utf8')).toMatch(rows);
    if (out.endsWith('.xyz')) expect((await readConfigurations(kept)).length).toBeGreaterThan(10);
    expect(halves(disk)).toEqual([]);
  });

  it.each(KEPT.slice(0, 2))(
    '%s says of no file that it was written when it was not',
    async (_name, out, args) => {
      fill(0);
      const { out: printed } = await command([...args, '--out', join(disk, out)]);
      expect(printed).not.toMatch(/written/i);
      expect(printed).not.toContain(join(disk, out));
    },
  );

  it.each([
    ['analyse', ['analyse', '--in', frames, '--measure', 'rdf']],
    ['recipe', ['recipe', 'ev', '--potential', potential, '--structure', perfect]],
  ])('%s keeps its folder elsewhere', async (_name, args) => {
    fill(0);
    const { code, out, errors } = await command([...args, '--out', join(disk, 'results'), '--json']);
    expect(errors).toMatch(/^Error: The disk is full: .* Nothing is lost: the result is in .*results\.$/m);
    expect(code).toBe(1);
    const { files } = JSON.parse(out) as { files: string[] };
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) expect(statSync(file).size).toBeGreaterThan(0);
    expect(files[0].startsWith(disk)).toBe(false);
  });

  it('md ends with whole frames and a checkpoint, and goes on when there is room', async () => {
    fill(100 << 10);
    const out = join(disk, 'T.xyz');
    const run = ['md', '--potential', potential, '--structure', perfect, '--ensemble', 'nve', '--temperature', '300',
      '--timestep', '1', '--steps', '200', '--every', '2', '--checkpoint-every', '10', '--out', out, '--checkpoint', join(folder, 'c'),
      '--backend', 'reference', '--seed', '3']; // prettier-ignore
    const full = await command(run);
    expect(full.errors).toMatch(
      /^Error: The disk is full: .*T\.xyz ends with the last whole frame.*--resume/m,
    );
    expect(full.code).toBe(1);
    const written = (await readConfigurations(out)).length;
    expect(written).toBeGreaterThan(2);
    expect(written).toBeLessThan(100);
    rmSync(join(disk, 'filler'));
    const resumed = await command([...run, '--resume']);
    expect(resumed.errors).not.toMatch(/Error/);
    expect(await readConfigurations(out)).toHaveLength(101);
  });

  it('fit keeps the potential elsewhere, whole', async () => {
    fill(0);
    const out = join(disk, 'f.potential.json');
    const { code, errors } = await command(['fit', '--model', 'tensor', '--radial', '3', '--angular', '1', '--train', frames, '--no-uncertainty', '--out', out]); // prettier-ignore
    expect(code).toBe(1);
    expect(errors).toMatch(
      /^Error: The disk is full: .*f\.potential\.json could not be written\. Nothing is lost/m,
    );
    const kept = /the result is in (.*)\.$/m.exec(errors)?.[1] ?? '';
    expect((await loadPotential(kept)).model.species).toEqual(['Si']);
    expect(readdirSync(disk)).toEqual(['filler']);
  });

  it.each([
    ['nothing', 0],
    ['some', 12 << 10],
  ])('label keeps what fits (%s), and the same command goes on when there is room', async (_name, free) => {
    fill(free);
    const out = join(disk, 'l.xyz');
    const run = [
      'label',
      '--engine',
      'potential',
      '--reference-potential',
      potential,
      '--in',
      frames,
      '--out',
      out,
    ];
    const full = await command(run);
    expect(full.code).toBe(1);
    expect(full.errors).toMatch(/^Error: The disk is full: .*l\.xyz\.labelling could not be written\./m);
    rmSync(join(disk, 'filler'));
    const again = await command(run);
    expect(again.errors).not.toMatch(/^Error/m);
    expect(again.code).toBe(0);
    expect(again.errors.includes('Goes on')).toBe(free > 0);
    expect(await readConfigurations(out)).toHaveLength(40);
    expect(readdirSync(disk)).toEqual(['l.xyz']);
  });

  it('md keeps the checkpoint before one that does not fit', async () => {
    fill(16 << 10);
    const checkpoint = join(disk, 'c');
    const run = ['md', '--potential', potential, '--structure', frames, '--ensemble', 'nve', '--temperature', '300',
      '--timestep', '1', '--steps', '100', '--every', '10', '--checkpoint-every', '10', '--out', join(folder, 'U.xyz'),
      '--checkpoint', checkpoint, '--backend', 'reference']; // prettier-ignore
    const { code, errors } = await command(run);
    // whether one fits or none does, there is a sentence, true of what is there, and no half of one
    const kept = existsSync(checkpoint) ? 'the one before is kept' : 'there was none before';
    if (code !== 0) expect(errors).toContain(` cannot be written; ${kept}.`);
    expect(halves(disk)).toEqual([]);
  });

  it('export and datasets export say it and leave nothing half-written', async () => {
    const project = join(folder, 'p.fwproj');
    using store = Project.open(project, { create: true });
    addDataset(
      store,
      'crystals',
      Array.from({ length: 20 }, (_, k) => crystal(3, k)),
    );
    fill(4 << 10);
    const dataset = await command([
      'datasets',
      'export',
      'crystals',
      join(disk, 'd.xyz'),
      '--project',
      project,
    ]);
    expect([dataset.code, dataset.errors]).toEqual([1, expect.stringMatching(/^Error: The disk is full/m)]);
    fill(0);
    const model = await command([
      'export',
      '--potential',
      potential,
      '--format',
      'kim',
      '--out',
      join(disk, 'model'),
    ]);
    expect([model.code, model.errors]).toEqual([1, expect.stringMatching(/^Error: .*\.$/m)]);
    expect(model.errors).not.toMatch(/Something went wrong/);
    expect(halves(disk)).toEqual([]);
    expect(existsSync(join(disk, 'd.xyz'))).toBe(false);
  });

  it('import leaves a project on it as it was', async () => {
    const path = join(smallDisk('1500k'), 'a.fwproj');
    using project = Project.open(path, { create: true });
    addDataset(project, 'before', [crystal(2, 1)]);
    project.close();
    const many = join(folder, 'many.xyz');
    await writeConfigurations(
      many,
      undefined,
      Array.from({ length: 800 }, (_, k) => crystal(5, k)),
    );
    const { code, errors } = await command(['import', many, '--project', path]);
    expect(errors).toMatch(/^Error: The disk is full: a\.fwproj could not grow/m);
    expect(code).toBe(1);
    using after = Project.open(path);
    expect(after.integrity()).toEqual([]);
    expect(new DatasetRepository(after).list().map(({ name }) => name)).toEqual(['before']);
  });
});

/** Says a word to the host of test/support/web-host.ts. @returns its answer */
async function ask(host: ChildProcess, word: string): Promise<string> {
  const answer = once(host.stdout!, 'data');
  host.stdin?.write(`${word}\n`);
  return String((await answer)[0]).trim();
}

describe.skipIf(!canMount())('a host whose project lies on a disk that becomes full', () => {
  it('goes on: its job ends in a sentence, what was saved is whole, and the job is resumed when there is room', async () => {
    const disk = smallDisk('4m');
    const path = join(disk, 'p.fwproj');
    {
      using service = ProjectService.open(path, { create: true });
      argonRun(service, { steps: 1, every: 1 }); // its potential is what counts
    }
    const home = join(folder, 'host');
    mkdirSync(home);
    const script = join(repositoryRoot, 'test', 'support', 'web-host.ts');
    const env = { ...process.env, TMPDIR: folder, FORCEWRIGHT_HOME: home };
    const host = spawn(process.execPath, [script, home, path], { env, stdio: ['pipe', 'pipe', 'pipe'] });
    let errors = '';
    host.stderr.on('data', (data: Buffer) => (errors += data.toString()));
    try {
      const [line] = (await once(createInterface({ input: host.stdout }), 'line')) as [string];
      const { port } = JSON.parse(line) as { port: number };
      const served = () => fetch(`http://127.0.0.1:${port}/`).then(({ status }) => status);
      // what is given back later, however much of the rest the run takes before the disk is full
      const ballast = join(disk, 'ballast');
      writeFileSync(ballast, new Uint8Array(1 << 20));
      host.stdin.write('md\n');
      const state = () => {
        using project = Project.open(path, { readOnly: true });
        const [job] = new JobRepository(project).list({ kind: 'md' });
        const checkpoint = job && new JobRepository(project).checkpoint(job.id);
        return { job, saved: checkpoint !== undefined, whole: project.integrity() };
      };
      // it has something to go on from, and then its trajectory fills the disk
      await expect.poll(() => state().saved, { interval: 200 }).toBe(true);
      const room = statfsSync(disk);
      try {
        writeFileSync(join(disk, 'filler'), new Uint8Array(room.bavail * room.bsize));
      } catch {
        // the run has taken some of it meanwhile: full it is
      }
      // the host asks now and then whether there is room, and says how the job ended, whether or not it can write it
      await expect.poll(() => ask(host, 'state'), { interval: 500 }).toMatch(/^failed: The disk is full/);
      expect(await served()).toBe(200);
      rmSync(ballast);
      rmSync(join(disk, 'filler'));
      await expect.poll(() => state().job.state, { interval: 200 }).toMatch(/failed|interrupted/);
      const { job, whole, saved } = state();
      expect(job.error?.message).toMatch(/The disk is full/);
      expect(saved).toBe(true);
      expect(whole).toEqual([]);
      expect(await served()).toBe(200);
      expect(host.exitCode).toBe(null);
      expect(errors).not.toMatch(/\bat .*:\d+:\d+/);
      host.stdin.write('resume\n');
      // counted, not seen: on a busy machine the disk may be full again before anybody looks
      await expect.poll(() => state().job.attempts, { interval: 200 }).toBe(job.attempts + 1);
    } finally {
      host.kill('SIGKILL');
      await once(host, 'close').catch(() => undefined);
    }
  });
});
