import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parsePotentialDocument } from '../../../../src-compute/potentials/document.ts';
import { readConfigurations, writeConfigurations } from '../../../../src-main/formats/index.ts';
import { labelledBy } from '../../../support/fit.ts';
import { randomModel } from '../../../support/moment-tensor.ts';
import { commandLine } from '../../../support/command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'forcewright-fit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const cli = commandLine;
const at = (name: string) => join(folder, name);

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

const metrics = z.object({
  configurations: z.number(),
  atoms: z.number(),
  energy_mae_mev_per_atom: z.number(),
  energy_rmse_mev_per_atom: z.number(),
  force_mae_ev_per_a: z.number(),
  force_rmse_ev_per_a: z.number(),
  virial_mae_mev_per_atom: z.number(),
});
const fitResult = z.object({
  potential: z.string(),
  parameters: z.number(),
  seconds: z.number(),
  iterations: z.number(),
  train: metrics,
  test: metrics,
});

const truth = randomModel({ level: 8, species: ['Si', 'O'], cutoff: 3.6, radialBasisSize: 4, seed: 3 });
const data = labelledBy(truth, 60);
await writeConfigurations(at('train.xyz'), 'extxyz', data.slice(0, 50));
await writeConfigurations(at('test.xyz'), 'extxyz', data.slice(50));
const SMALL = [
  '--level',
  '6',
  '--cutoff',
  '3.6',
  '--radial-size',
  '4',
  '--starts',
  '2',
  '--train',
  'train.xyz',
];

describe('fit', () => {
  it('keeps the contract: one JSON object on stdout, the document and the .mtp beside it', () => {
    const { status, stdout, stderr } = run(
      'fit',
      ...SMALL,
      '--test',
      'test.xyz',
      '--out',
      'a.potential.json',
      '--json',
    );
    expect(stderr).toContain('Reference energies');
    expect(stderr).toContain('a.mtp holds the moment tensor alone');
    expect(status).toBe(0);
    const result = fitResult.parse(JSON.parse(stdout));
    expect(result.train.configurations).toBe(50);
    expect(result.test.configurations).toBe(10);
    expect(result.train.atoms).toBe(200);
    const document = parsePotentialDocument(readFileSync(at('a.potential.json'), 'utf8'));
    expect(document.model.species).toEqual(['O', 'Si']);
    expect(document.model.form).toBe('sum');
    expect(document.provenance.data[0].sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(readFileSync(at('a.mtp'), 'utf8')).toMatch(/^MTP\n/);
    expect(existsSync(at('a.potential.json.checkpoint'))).toBe(false);
  });

  it('and evaluate agree on the errors, from the document and from the .mtp', () => {
    const { train } = parsePotentialDocument(readFileSync(at('a.potential.json'), 'utf8')).metrics;
    for (const file of [['a.potential.json'], ['a.mtp', '--species', 'O,Si']]) {
      const { status, stdout } = run('evaluate', '--potential', ...file, '--in', 'train.xyz', '--json');
      expect(status).toBe(0);
      const found = metrics.parse(JSON.parse(stdout));
      expect(found.energy_mae_mev_per_atom).toBeCloseTo(train!.energy_mae_mev_per_atom!, 6);
      expect(found.force_mae_ev_per_a).toBeCloseTo(train!.force_mae_ev_per_a!, 8);
      expect(found.virial_mae_mev_per_atom).toBeCloseTo(train!.virial_mae_mev_per_atom!, 6);
    }
  });

  it('evaluate writes predictions that read back', async () => {
    expect(
      run('evaluate', '--potential', 'a.potential.json', '--in', 'test.xyz@3', '--out', 'p.xyz').status,
    ).toBe(0);
    const [predicted] = await readConfigurations(at('p.xyz'));
    const { stdout } = run('evaluate', '--potential', 'a.potential.json', '--in', 'p.xyz', '--json');
    expect(metrics.parse(JSON.parse(stdout)).force_mae_ev_per_a).toBeLessThan(1e-12);
    expect(predicted.atomEnergies?.reduce((sum, e) => sum + e, 0)).toBeCloseTo(predicted.energy!, 10);
  });

  it('goes on after kill -9', async () => {
    const args = [
      'fit',
      ...SMALL,
      '--test',
      'test.xyz',
      '--out',
      'k.potential.json',
      '--max-iterations',
      '400',
      '--threads',
      '1',
    ];
    // a level at which the last stage takes a while
    args[args.indexOf('--level') + 1] = '14';
    const child = spawn(process.execPath, [cli, ...args], { cwd: folder, stdio: 'ignore' });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const checkpoint = at('k.potential.json.checkpoint');
    const polishing = () => existsSync(checkpoint) && readFileSync(checkpoint, 'utf8').includes('"polish"');
    while (!polishing() && child.exitCode === null) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    child.kill('SIGKILL');
    await ended;
    expect(existsSync(checkpoint)).toBe(true);
    expect(existsSync(at('k.potential.json'))).toBe(false);
    const { iteration } = z
      .object({ iteration: z.number() })
      .parse(JSON.parse(readFileSync(checkpoint, 'utf8')));
    const limit = args.indexOf('--max-iterations') + 1;
    args[limit] = String(iteration + 2);
    const { status, stdout, stderr } = run(...args, '--resume', '--json');
    expect(stderr).toContain(`Goes on from iteration ${iteration}.`);
    expect(status).toBe(0);
    expect(fitResult.parse(JSON.parse(stdout)).iterations).toBeGreaterThan(iteration);
  });
});

describe('bad input ends with a sentence', () => {
  writeFileSync(at('empty.xyz'), '');
  writeFileSync(
    at('nolabels.xyz'),
    '1\nLattice="4 0 0 0 4 0 0 0 4" Properties=species:S:1:pos:R:3\nSi 0 0 0\n',
  );
  writeFileSync(at('broken.potential.json'), '{"format": "forcewright-potential", "version": 1');
  const cases: [string, string[], number, RegExp][] = [
    ['no such file', ['fit', '--train', 'nowhere.xyz', '--out', 'x'], 1, /nowhere\.xyz/],
    ['an empty file', ['fit', '--train', 'empty.xyz', '--out', 'x'], 1, /Error: .*\w/],
    ['no labels', ['fit', '--train', 'nolabels.xyz', '--out', 'x'], 1, /energy or forces|no energy/],
    ['an odd level', ['fit', '--train', 'train.xyz', '--level', '7', '--out', 'x'], 1, /even/],
    [
      'a level too high',
      ['fit', '--train', 'train.xyz', '--level', '40', '--out', 'x'],
      2,
      /between 2 and 26/,
    ],
    [
      'a negative weight',
      ['fit', '--train', 'train.xyz', '--weights', 'force=-1', '--out', 'x'],
      2,
      /force cannot be negative/,
    ],
    [
      'wrong weights',
      ['fit', '--train', 'train.xyz', '--weights', 'energy=x', '--out', 'x'],
      2,
      /Pairs like/,
    ],
    [
      'a cutoff below the distances',
      ['fit', '--train', 'train.xyz', '--cutoff', '1.2', '--min-dist', '1.5', '--out', 'x'],
      1,
      /below the cutoff/,
    ],
    ['an unknown option', ['fit', '--train', 'a', '--out', 'b', '--frobnicate'], 2, /unknown option/],
    ['no option', ['fit'], 2, /--train/],
    [
      'a broken potential',
      ['evaluate', '--potential', 'broken.potential.json', '--in', 'train.xyz'],
      1,
      /not valid JSON/,
    ],
    [
      'species that the potential has not',
      ['evaluate', '--potential', 'a.mtp', '--species', 'C,H', '--in', 'train.xyz'],
      1,
      /The structure contains/,
    ],
    [
      'two names for two species but one file',
      ['evaluate', '--potential', 'a.mtp', '--species', 'Si', '--in', 'train.xyz'],
      1,
      /has 2 species and 1 names/,
    ],
  ];
  it.each(cases)('%s', (_name, args, code, sentence) => {
    const { status, stdout, stderr } = run(...args);
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/unexpected: please report|^\s+at /m);
    expect(status).toBe(code);
    expect(stdout).toBe('');
  });
});
