/** What a fit says about its data, and which checkpoints it goes on from. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '../../../../src-compute/sampling/random.ts';
import { evaluateReference } from '../../../../src-compute/backends/reference/evaluate.ts';
import { stillingerWeberSilicon } from '../../../../src-compute/potentials/stillinger-weber/index.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { lattice, supercell } from '../../../../src-compute/structure/lattices.ts';
import type { FitCheckpoint } from '../../../../src-compute/fitting/fit-settings.ts';
import { fitRequestSchema, type FitRequestInput } from '../../../../src-main/services/fit/fit-request.ts';
import { runFit } from '../../../../src-main/services/fit/fit-service.ts';
import { openSet } from '../../../../src-main/services/fit/open-set.ts';
import { writeConfigurations } from '../../../../src-main/formats/index.ts';
import { datasetFindingsOf } from '../../../support/findings.ts';
import { commandLine } from '../../../support/command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'fw-findings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const CLI = commandLine;
const forcewright = (...args: string[]) =>
  spawnSync(process.execPath, [CLI, ...args], { cwd: folder, encoding: 'utf8', timeout: 120_000 });

/** Warm silicon at several densities with the labels of Stillinger and Weber. */
function silicon(count: number, seed: number, change: (c: Configuration) => Configuration = (c) => c) {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, k) => {
    const crystal = supercell(lattice('diamond', ['Si'], 5.2 + (0.5 * k) / count), [1, 1, 1]);
    const warm = { ...crystal, positions: crystal.positions.map((x) => x + 0.08 * random.normal()) };
    const { energy, forces, virial } = evaluateReference(stillingerWeberSilicon(), warm);
    return change({ ...warm, energy, forces, virial });
  });
}

const FIT = ['fit', '--level', '4', '--linear', '--threads', '1', '--out', 'p.potential.json', '--json'];

describe('fit says what import says', () => {
  it.each([
    [
      'virials of the wrong sign',
      (c: Configuration) => ({ ...c, virial: c.virial?.map((x) => -x) }),
      /sign|pressure/i,
    ],
    ['no energies', (c: Configuration) => ({ ...c, energy: undefined }), /none has an energy/],
    ['no forces', (c: Configuration) => ({ ...c, forces: undefined }), /none has forces/],
  ])('of %s, in the same words', async (name, change, words) => {
    const file = `${name.replaceAll(' ', '-')}.xyz`;
    await writeConfigurations(at(file), undefined, silicon(24, 1, change));
    const { stderr, stdout, status } = forcewright(...FIT, '--train', file);
    const said: string[] = await datasetFindingsOf(at(file));
    expect(said.join(' ')).toMatch(words);
    for (const sentence of said) expect(stderr).toContain(sentence);
    if (status === 0) expect(JSON.parse(stdout).findings.train).toEqual(said);
  });

  it('and names structures that training and test share, and the same structure twice', async () => {
    const all = silicon(20, 2);
    await writeConfigurations(at('train.xyz'), undefined, [...all.slice(0, 16), all[3]]);
    await writeConfigurations(at('test.xyz'), undefined, all.slice(14));
    const { stderr, stdout, status } = forcewright(...FIT, '--train', 'train.xyz', '--test', 'test.xyz');
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(/2 of the 6 test structures are in the training data too/);
    expect(stderr).toMatch(/1 configuration is the same as an earlier one/);
    expect(JSON.parse(stdout).findings.shared).toHaveLength(1);
  });
});

describe('a checkpoint', () => {
  const fit = async (file: string, request: FitRequestInput, resume?: FitCheckpoint) => {
    await using train = await openSet([at(file)]);
    const checkpoints: FitCheckpoint[] = [];
    const data = train.files.map((read) => ({ ...read, name: file, role: 'train' as const }));
    const input = { name: 'c', train: train.set, request: fitRequestSchema.parse(request), data };
    await runFit(input, { resume, onCheckpoint: (checkpoint) => checkpoints.push(checkpoint) });
    return checkpoints;
  };

  it('of another fit is refused, its own is gone on from', async () => {
    await writeConfigurations(at('a.xyz'), undefined, silicon(16, 3));
    await writeConfigurations(at('b.xyz'), undefined, silicon(16, 4));
    const own = { level: 6, threads: 1, starts: 2, maximumIterations: 20 };
    const checkpoint = (await fit('a.xyz', own)).findLast(({ stage }) => stage === 'polish');
    expect(checkpoint).toBeDefined();
    for (const [file, request] of [
      ['b.xyz', own],
      ['a.xyz', { ...own, radialBasisSize: 9 }],
      ['a.xyz', { ...own, seed: 5 }],
      ['a.xyz', { ...own, weights: { force: 0.2 } }],
      ['a.xyz', { form: 'tensor-regression' }],
    ] as const) {
      await expect(fit(file, request, checkpoint)).rejects.toThrow(/belongs to another fit/);
    }
    // what does not change the fit may differ, and settings may be written down or left to their defaults
    const same = { ...own, threads: 2, maximumIterations: 3, minimumDistance: undefined, cutoff: 5 };
    await expect(fit('a.xyz', same, checkpoint)).resolves.toBeDefined();
  });

  it('that cannot be read is named on the command line', async () => {
    await writeConfigurations(at('a.xyz'), undefined, silicon(16, 3));
    writeFileSync(at('c.potential.json.checkpoint'), '{"stage": "polish"}');
    const broken = forcewright('fit', '--train', 'a.xyz', '--out', 'c.potential.json', '--resume');
    expect(broken.status).toBe(1);
    expect(broken.stderr).toMatch(/no checkpoint that this version can go on from/);
  });
});

it.each([
  ['fit', '--train', 'a.xyz', '--out'],
  [
    'md',
    '--potential',
    'p.potential.json',
    '--structure',
    'a.xyz',
    '--ensemble',
    'nve',
    '--temperature',
    '1',
    '--timestep',
    '1',
    '--steps',
    '1',
    '--thermo',
  ],
  ['entropy', '--in', 'a.xyz', '--out'],
  ['rdf', '--in', 'a.xyz', '--figure'],
  ['evaluate', '--potential', 'p.potential.json', '--in', 'a.xyz', '--out'],
])('looks at its outputs before it begins: %s', async (...args) => {
  const { status, stderr } = forcewright(...args, 'no/such/folder/x.xyz');
  expect(status).toBe(1);
  expect(stderr).toMatch(/there is no folder/);
});
