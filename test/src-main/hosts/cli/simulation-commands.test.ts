/** The commands md and hmc as real processes, killed and resumed included. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatPotentialDocument } from '../../../../src-compute/potentials/document.ts';
import { stillingerWeberSilicon } from '../../../../src-compute/potentials/stillinger-weber/index.ts';
import { lattice, supercell } from '../../../../src-compute/structure/lattices.ts';
import { readConfigurations, writeConfigurations } from '../../../../src-main/formats/index.ts';
import { OutputFile } from '../../../../src-main/services/simulations/output-file.ts';
import { commandLine } from '../../../support/command-line.ts';

const cli = commandLine;
let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'forcewright-simulation-'));
  const provenance = { program: 'test', created: '2026-01-01', data: [], settings: {}, report: {} };
  const document = { name: 'Si', model: stillingerWeberSilicon(), provenance, metrics: {} };
  writeFileSync(at('Si.potential.json'), formatPotentialDocument(document));
  const crystal = supercell(lattice('diamond', ['Si'], 5.431), [2, 2, 2]);
  await writeConfigurations(at('si.xyz'), undefined, [crystal]);
  const positions = crystal.positions.slice();
  positions.set([0.4, 0, 0], 3); // the second atom beside the first
  await writeConfigurations(at('crushed.xyz'), undefined, [{ ...crystal, positions }]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function forcewright(args: readonly string[]) {
  const result = spawnSync(process.execPath, [cli, ...args], { cwd: folder, encoding: 'utf8' });
  return { code: result.status, out: result.stdout, err: result.stderr };
}

const common = ['--potential', 'Si.potential.json', '--structure', 'si.xyz', '--json'];
const md = (name: string, ...more: string[]) => [
  'md', ...common, '--ensemble', 'nvt-langevin', '--temperature', '600', '--timestep', '1', '--seed', '5',
  '--out', `${name}.xyz`, '--every', '50', '--thermo', `${name}.csv`, '--thermo-every', '10', '--write', 'velocities,forces',
  '--checkpoint-every', '100', ...more,
]; // prettier-ignore
const hmc = (name: string, ...more: string[]) => [
  'hmc', ...common, '--temperature', '1000', '--leapfrog-steps', '6', '--timestep', '4', '--seed', '5', '--burn-in', '20',
  '--out', `${name}.xyz`, '--every', '5', '--thermo', `${name}.csv`, '--checkpoint-every', '10', ...more,
]; // prettier-ignore

/**
 * Starts a command and kills it without warning when its trajectory has grown to a size. Where this process gets no time
 * to look until the run is over, it is done again from the same files.
 */
async function runAndKill(args: readonly string[], name: string, bytes: number): Promise<void> {
  const files = () => readdirSync(folder).filter((file) => file.startsWith(`${name}.`));
  const before = files().map((file) => [file, readFileSync(at(file))] as const);
  while (!(await killedInTime(args, at(`${name}.xyz`), bytes))) {
    for (const file of files()) rmSync(at(file));
    for (const [file, content] of before) writeFileSync(at(file), content);
  }
}

/** Whether the run was still going when it was killed. */
async function killedInTime(args: readonly string[], file: string, bytes: number): Promise<boolean> {
  const child = spawn(process.execPath, [cli, ...args], { cwd: folder, stdio: 'ignore' });
  const ended = new Promise<NodeJS.Signals | null>((resolve) =>
    child.on('exit', (_code, signal) => resolve(signal)),
  );
  const watch = setInterval(() => {
    if (existsSync(file) && statSync(file).size >= bytes) child.kill('SIGKILL');
  }, 2);
  const signal = await ended;
  clearInterval(watch);
  return signal === 'SIGKILL';
}

/** The result without what depends on the clock. */
function timeless(json: string): unknown {
  return JSON.parse(json, (key, value: unknown) =>
    ['seconds', 'us_per_atom_step'].includes(key) ? undefined : value,
  );
}

describe('forcewright md', () => {
  it('killed before the first checkpoint leaves no half trajectory, nor what was there before', async () => {
    writeFileSync(at('early.xyz'), 'of another run');
    const args = md('early', '--steps', '100000', '--checkpoint', 'early.check').map((word, k, words) =>
      words[k - 1] === '--checkpoint-every' ? '90000' : word,
    );
    const growing = () => readdirSync(folder).find((name) => /^early\.xyz\..*\.part$/.test(name));
    const child = spawn(process.execPath, [cli, ...args], { cwd: folder, stdio: 'ignore' });
    const ended = once(child, 'exit');
    const watch = setInterval(() => {
      const part = growing();
      if (part !== undefined && statSync(at(part)).size > 10_000) child.kill('SIGKILL');
    }, 2);
    expect(await ended).toEqual([null, 'SIGKILL']);
    clearInterval(watch);
    expect(readFileSync(at('early.xyz'), 'utf8')).toBe('of another run');
    expect(forcewright(md('early', '--steps', '100')).code).toBe(0);
    expect(growing()).toBeUndefined();
    expect(readFileSync(at('early.xyz'), 'utf8')).toContain('step=100');
  });

  it('killed with SIGKILL and resumed equals the uninterrupted run bit for bit, files included', async () => {
    const whole = forcewright(md('whole', '--steps', '6000'));
    expect(whole.code, whole.err).toBe(0);
    const frame = statSync(at('whole.xyz')).size / 121;
    await runAndKill(md('killed', '--steps', '6000'), 'killed', 25 * frame);
    await runAndKill(md('killed', '--steps', '6000', '--resume'), 'killed', 60 * frame);
    const other = forcewright(md('killed', '--steps', '6000', '--resume', '--fix', '1-4'));
    expect(other.code).toBe(1);
    expect(other.err).toContain('The checkpoint was made with other fixed atoms (--fix) than this run has.');
    const resumed = forcewright(md('killed', '--steps', '6000', '--resume'));
    expect(resumed.code, resumed.err).toBe(0);
    expect(resumed.err).toMatch(/Resumed at step [1-9]/);
    expect(readFileSync(at('killed.xyz'), 'utf8') === readFileSync(at('whole.xyz'), 'utf8')).toBe(true);
    expect(readFileSync(at('killed.csv'), 'utf8') === readFileSync(at('whole.csv'), 'utf8')).toBe(true);
    expect(timeless(resumed.out)).toEqual(timeless(whole.out));
    const frames = await readConfigurations(at('killed.xyz'));
    expect(frames).toHaveLength(121);
    expect(frames[7].info?.step).toBe(350);
    expect(frames[7].velocities).toHaveLength(192);
  });

  it('reports the keys of the contract and conserves energy', () => {
    const { code, out } = forcewright([
      'md', ...common, '--temperature', '300', '--timestep', '1', '--steps', '300', '--check',
    ]); // prettier-ignore
    expect(code).toBe(0);
    const result = JSON.parse(out) as Record<string, never>;
    expect(result).toMatchObject({
      steps: 300,
      temperature_k: { value: expect.any(Number), error: expect.any(Number) },
      energy_ev_per_atom: { value: expect.any(Number), error: expect.any(Number) },
      pressure_gpa: { value: expect.any(Number), error: expect.any(Number) },
    });
    expect(Math.abs(result['drift_mev_per_atom_per_ps'])).toBeLessThan(0.2);
    expect((result['check'] as { order: number }).order).toBeCloseTo(2, 0);
    rmSync(at('forcewright-md.checkpoint'), { force: true });
  });

  it('stops an explosion with step, atom and force, and keeps what was written', async () => {
    const { code, err } = forcewright([
      'md', ...common, '--temperature', '3000', '--timestep', '30', '--steps', '2000', '--out', 'wild.xyz', '--every', '1',
    ]); // prettier-ignore
    expect(code).toBe(1);
    expect(err).toMatch(
      /Error: The simulation exploded at step \d+: atom \d+ \(Si\) .* force on it is .* eV\/Å\. Use a smaller/,
    );
    expect((await readConfigurations(at('wild.xyz'))).length).toBeGreaterThan(0);
  });

  it('names overlapping atoms, wrong settings and wrong options', () => {
    const crushed = forcewright([
      'md', '--potential', 'Si.potential.json', '--structure', 'crushed.xyz', '--temperature', '300', '--timestep', '1', '--steps', '5',
    ]); // prettier-ignore
    expect(crushed.code).toBe(1);
    expect(crushed.err).toMatch(/cannot start: the force on atom [12] \(Si\) .* atom [12], is 0.400 Å away/);
    const cold = forcewright([
      'md',
      ...common,
      '--ensemble',
      'nvt-bussi',
      '--temperature',
      '0',
      '--timestep',
      '1',
      '--steps',
      '5',
    ]);
    expect(cold.code).toBe(1);
    expect(cold.err).toContain('above 0 K');
    const usage = forcewright(['md', ...common, '--temperature', 'warm', '--timestep', '1', '--steps', '5']);
    expect(usage.code).toBe(2);
    const place = forcewright([
      'md', ...common, '--temperature', '300', '--timestep', '1', '--steps', '5', '--out', 'nowhere/T.xyz',
    ]); // prettier-ignore
    expect(place.code).toBe(1);
    expect(place.err).toContain('cannot be written');
    const name = forcewright([
      'md',
      ...common,
      '--temperature',
      '300',
      '--timestep',
      '1',
      '--steps',
      '5',
      '--out',
      'T.pdf',
    ]);
    expect(name.err).toContain('.xyz for extended XYZ');
  });
});

describe('files and options that contradict each other', () => {
  const short = ['md', ...common, '--temperature', '300', '--timestep', '1', '--steps', '5'];

  it('never overwrites an input, nor one output with another', () => {
    const before = readFileSync(at('si.xyz'), 'utf8');
    const input = forcewright([...short, '--structure', 'si.xyz@0', '--out', './si.xyz']);
    expect(input.code).toBe(1);
    expect(input.err).toContain('--out would overwrite ./si.xyz, which --structure reads');
    expect(forcewright([...short, '--checkpoint', 'Si.potential.json']).err).toContain(
      'which --potential reads',
    );
    expect(readFileSync(at('si.xyz'), 'utf8')).toBe(before);
    const twice = forcewright([...short, '--out', 'one.xyz', '--thermo', 'one.xyz']);
    expect(twice.err).toContain('--out and --thermo name the same file');
    expect(existsSync(at('one.xyz'))).toBe(false);
  });

  it('refuses options without effect, and what is no checkpoint', () => {
    const inner = forcewright([...short, '--inner-steps', '3']);
    expect(inner.code).toBe(2);
    expect(inner.err).toContain('--inner-steps needs --cheap-potential');
    expect(forcewright([...short, '--keep-velocities']).err).toContain('has no velocities');
    // nve with kept velocities has no use for a temperature; every other run has
    const [at, value] = [short.indexOf('--temperature'), 2];
    const cold = short.toSpliced(at, value);
    expect(forcewright(cold)).toMatchObject({ code: 2, err: expect.stringContaining('--temperature <K>') });
    expect(forcewright([...cold, '--keep-velocities']).err).toContain('has no velocities');
    const folderGiven = forcewright([...short, '--checkpoint', '.', '--resume']);
    expect(folderGiven.code).toBe(1);
    expect(folderGiven.err).toContain('is a folder, and a file was expected');
    const chains = forcewright(hmc('both', '--trajectories', '5', '--replicas', '900,1000', '--chains', '2'));
    expect(chains.code).toBe(2);
    expect(chains.err).toContain('--chains and --replicas exclude each other');
  });

  it('does not fill up an output that was cut short since the checkpoint', () => {
    writeFileSync(at('cut.xyz'), 'ten bytes.');
    expect(() => new OutputFile(at('cut.xyz'), 11)).toThrow(/shorter than the interrupted run had written/);
    expect(readFileSync(at('cut.xyz'), 'utf8')).toBe('ten bytes.');
  });
});

describe('a full disk', () => {
  it.skipIf(!existsSync('/dev/full'))('is named, and nothing that was written is lost', () => {
    using file = new OutputFile('/dev/full');
    expect(() => file.append('a frame')).toThrow(/The disk is full: .* ends with the last whole frame\.$/);
    expect(file.bytes).toBe(0);
    const full = forcewright([
      'md', ...common, '--temperature', '300', '--timestep', '1', '--steps', '50', '--thermo', '/dev/full', '--checkpoint', at('x'),
    ]); // prettier-ignore
    expect(full.code).toBe(1);
    expect(full.err).toContain('The disk is full');
    symlinkSync('/dev/full', at('full.xyz'));
    const trajectory = forcewright([
      'md', ...common, '--temperature', '300', '--timestep', '1', '--steps', '50', '--out', 'full.xyz', '--every', '20',
      '--thermo', 'beside-full.csv', '--thermo-every', '1', '--checkpoint', at('y'),
    ]); // prettier-ignore
    expect(trajectory.code).toBe(1);
    expect(trajectory.err).toMatch(/The disk is full: full.xyz ends with the last whole frame.*--resume/);
    expect(trajectory.err).not.toMatch(/\bat .*\.ts:\d+/);
    expect(readFileSync(at('beside-full.csv'), 'utf8')).toMatch(/^step,time_fs/);
  });
});

describe('forcewright hmc', () => {
  it('killed with SIGKILL and resumed equals the uninterrupted run bit for bit', async () => {
    const whole = forcewright(hmc('hwhole', '--trajectories', '600'));
    expect(whole.code, whole.err).toBe(0);
    const frame = statSync(at('hwhole.xyz')).size / 120;
    await runAndKill(hmc('hkilled', '--trajectories', '600'), 'hkilled', 30 * frame);
    const resumed = forcewright(hmc('hkilled', '--trajectories', '600', '--resume'));
    expect(resumed.code, resumed.err).toBe(0);
    expect(resumed.err).toMatch(/Chain 1 resumed at trajectory [1-9]/);
    expect(readFileSync(at('hkilled.xyz'), 'utf8') === readFileSync(at('hwhole.xyz'), 'utf8')).toBe(true);
    expect(readFileSync(at('hkilled.csv'), 'utf8') === readFileSync(at('hwhole.csv'), 'utf8')).toBe(true);
    expect(timeless(resumed.out)).toEqual(timeless(whole.out));
  });

  it('resumes replica exchange bit for bit after SIGKILL, and only with the temperatures it was started with', async () => {
    const replicas = ['--trajectories', '200', '--replicas', '900,1000,1150'];
    const whole = forcewright(hmc('rwhole', ...replicas));
    expect(whole.code, whole.err).toBe(0);
    expect((JSON.parse(whole.out) as { replica_acceptance: number[] }).replica_acceptance).toHaveLength(2);
    const frame = statSync(at('rwhole.xyz')).size / 40;
    await runAndKill(hmc('rkilled', ...replicas), 'rkilled', 15 * frame);
    const other = forcewright(hmc('rkilled', '--trajectories', '200', '--replicas', '900,1000', '--resume'));
    expect(other.code).toBe(1);
    expect(other.err).toContain('made with 3 temperatures, and this run has 2');
    const resumed = forcewright(hmc('rkilled', ...replicas, '--resume'));
    expect(resumed.code, resumed.err).toBe(0);
    expect(resumed.err).toMatch(/3 replicas resumed at trajectory [1-9]/);
    expect(readFileSync(at('rkilled.xyz'), 'utf8') === readFileSync(at('rwhole.xyz'), 'utf8')).toBe(true);
    expect(readFileSync(at('rkilled.csv'), 'utf8') === readFileSync(at('rwhole.csv'), 'utf8')).toBe(true);
    expect(timeless(resumed.out)).toEqual(timeless(whole.out));
  });

  it('shows the evidence: ⟨exp(−βΔH)⟩, acceptance, order, reversibility, chains', () => {
    const { code, out, err } = forcewright([
      'hmc', ...common, '--temperature', '800', '--trajectories', '150', '--burn-in', '80', '--leapfrog-steps', '8',
      '--timestep', '3', '--chains', '2', '--check', '--thermo', 'c.csv', '--seed', '3',
    ]); // prettier-ignore
    expect(code, err).toBe(0);
    const result = JSON.parse(out) as Record<string, number> & {
      mean_exp_minus_beta_dh: { value: number; error: number };
      check: { order: number; reversibility_a: number };
    };
    const { value, error } = result.mean_exp_minus_beta_dh;
    expect(Math.abs(value - 1) / error).toBeLessThan(4);
    expect(Math.abs(result.acceptance - result.expected_acceptance)).toBeLessThan(0.12);
    expect(result.check.order).toBeCloseTo(2, 0);
    expect(result.check.reversibility_a).toBeLessThan(1e-8);
    expect(result.chains).toBe(2);
    expect(result.force_calls).toBeGreaterThan(2 * 230 * 5);
    expect(existsSync(at('c.chain2.csv'))).toBe(true);
  });

  it('proposes in single precision and accepts in double', () => {
    const { code, out, err } = forcewright([
      'hmc', ...common, '--backend', 'wasm-f32', '--temperature', '800', '--trajectories', '60', '--leapfrog-steps', '8',
      '--timestep', '3',
    ]); // prettier-ignore
    expect(code, err).toBe(0);
    const result = JSON.parse(out) as Record<string, number>;
    expect(result.backend).toBe('wasm');
    expect(result.cheap_force_calls).toBeGreaterThan(3 * result.force_calls);
    expect(result.acceptance).toBeGreaterThan(0.3);
  });
});

describe('forcewright recipe and rdf', () => {
  it('writes table, figure and values, and explains its settings', () => {
    const { code, out, err } = forcewright([
      'recipe', 'ev', '--potential', 'Si.potential.json', '--lattices', 'diamond,fcc', '--points', '9', '--out', 'ev', '--json',
    ]); // prettier-ignore
    expect(code, err).toBe(0);
    const result = JSON.parse(out) as { diamond: { bulk_modulus_gpa: number }; files: string[] };
    expect(result.diamond.bulk_modulus_gpa).toBeCloseTo(101.4, 0);
    expect(result.files).toEqual([join('ev', 'ev.json'), join('ev', 'ev.csv'), join('ev', 'ev.svg')]);
    for (const file of result.files) expect(existsSync(at(file))).toBe(true);
    const help = forcewright(['recipe', 'melting', '--help']);
    expect(help.code).toBe(0);
    expect(help.out).toContain('--cross-section <value>');
    expect(help.out).toMatch(/first guess, K/);
    expect(
      forcewright(['recipe', 'melting', '--potential', 'Si.potential.json', '--cross-section', 'x']).code,
    ).toBe(2);
    expect(forcewright(['recipe', 'soup']).code).toBe(2);
  });

  it('measures g(r) of a file', () => {
    const { code, out, err } = forcewright([
      'rdf', '--in', 'si.xyz', '--cutoff', '5', '--bins', '50', '--structure-factor', '4', '--out', 'g.csv', '--figure', 'g.svg', '--json',
    ]); // prettier-ignore
    expect(code, err).toBe(0);
    const result = JSON.parse(out) as {
      frames: number;
      pairs: { coordination: number[] }[];
      structure_factor: object;
    };
    expect(result.frames).toBe(1);
    expect(result.pairs[0].coordination[29]).toBe(4); // up to 3 Å
    expect(result.structure_factor).toHaveProperty('q_per_a');
    expect(readFileSync(at('g.csv'), 'utf8')).toMatch(/^r_a,Si–Si\n/);
    expect(readFileSync(at('g.svg'), 'utf8')).toContain('<svg');
    expect(forcewright(['rdf', '--in', 'si.xyz', '--skip', '5']).err).toContain('No frame of si.xyz is left');
  });
});

describe('forcewright analyse', () => {
  it('measures what a run wrote', () => {
    const run = forcewright([
      'md', ...common, '--temperature', '600', '--timestep', '2', '--steps', '200', '--out', 'moving.xyz', '--every', '4',
      '--write', 'velocities',
    ]); // prettier-ignore
    expect(run.code, run.err).toBe(0);
    const { code, out, err } = forcewright([
      'analyse', '--in', 'moving.xyz', '--measure', 'rdf,coordination,displacement,vibrations,crystal', '--bond-length', '2.9',
      '--skip', '1', '--out', 'analysis', '--json',
    ]); // prettier-ignore
    expect(code, err).toBe(0);
    const result = JSON.parse(out) as {
      frames: number;
      coordination: { value: number };
      files: string[];
      figures: { title: string }[];
    };
    expect(result.frames).toBe(50);
    expect(result.coordination.value).toBeCloseTo(4, 1);
    expect(result.figures.map(({ title }) => title)).toContain('Vibrational density of states');
    for (const file of result.files) expect(existsSync(at(file))).toBe(true);
    expect(forcewright(['analyse', '--in', 'moving.xyz', '--measure', 'soup']).code).toBe(2);
  });
});
