/** What a fit says about its data, and which checkpoints it goes on from. */
import { mkdtempSync, rmSync, writeFileSync, copyFileSync, existsSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '../../../../src-compute/sampling/random.ts';
import { evaluateReference } from '../../../../src-compute/backends/reference/evaluate.ts';
import { stillingerWeberSilicon } from '../../../../src-compute/potentials/stillinger-weber/index.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { lattice, supercell } from '../../../../src-compute/structure/lattices.ts';
import { writeConfigurations } from '../../../../src-main/formats/index.ts';
import { datasetFindingsOf } from '../../../support/findings.ts';

const folder = mkdtempSync(join(tmpdir(), 'fw-findings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const CLI = join(import.meta.dirname, '../../../../src-main/hosts/cli/main.ts');
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
  it('of another fit is refused, and one that cannot be read is named', async () => {
    await writeConfigurations(at('a.xyz'), undefined, silicon(16, 3));
    await writeConfigurations(at('b.xyz'), undefined, silicon(16, 4));
    const fit = (train: string, ...more: string[]) =>
      forcewright(
        'fit',
        '--level',
        '6',
        '--threads',
        '1',
        '--starts',
        '2',
        '--train',
        train,
        '--out',
        'c.potential.json',
        ...more,
      );
    // one that is stopped leaves a checkpoint: here the copy that a finished one wrote on its way
    const script = `
      import { runFit } from ${JSON.stringify(join(import.meta.dirname, '../../../../src-main/services/fit/fit-service.ts'))};
      import { openSet } from ${JSON.stringify(join(import.meta.dirname, '../../../../src-main/services/fit/open-set.ts'))};
      import { encodeCheckpoint } from ${JSON.stringify(join(import.meta.dirname, '../../../../src-main/services/fit/fit-runner.ts'))};
      import { fitRequestSchema } from ${JSON.stringify(join(import.meta.dirname, '../../../../src-main/services/fit/fit-request.ts'))};
      import { writeFileSync } from 'node:fs';
      const train = await openSet('a.xyz', {});
      const request = fitRequestSchema.parse({ level: 6, threads: 1, starts: 2 });
      let written = false;
      await runFit({ name: 'c', train: train.set, request, data: [{ name: 'a.xyz', sha256: train.sha256, role: 'train' }] },
        { onCheckpoint(c) { if (c.stage === 'polish' && !written) { writeFileSync('kept.checkpoint', encodeCheckpoint(c)); written = true; } } });
      await train[Symbol.asyncDispose]();
    `;
    writeFileSync(at('checkpoint.mts'), script);
    const made = spawnSync(process.execPath, ['checkpoint.mts'], { cwd: folder, encoding: 'utf8' });
    expect(existsSync(at('kept.checkpoint')), made.stderr).toBe(true);
    const place = () => copyFileSync(at('kept.checkpoint'), at('c.potential.json.checkpoint'));
    place();
    for (const other of [['b.xyz'], ['a.xyz', '--seed', '5'], ['a.xyz', '--model', 'tensor']]) {
      const refused = other.includes('tensor')
        ? forcewright('fit', '--model', 'tensor', '--train', 'a.xyz', '--out', 'c.potential.json', '--resume')
        : fit(other[0], ...other.slice(1), '--resume');
      expect(refused.status, other.join(' ')).toBe(1);
      expect(refused.stderr).toMatch(/belongs to another fit/);
      expect(existsSync(at('c.potential.json.checkpoint'))).toBe(true);
    }
    const own = fit('a.xyz', '--resume', '--max-iterations', '3');
    expect(own.status, own.stderr).toBe(0);
    writeFileSync(at('c.potential.json.checkpoint'), '{"stage": "polish"}');
    const broken = fit('a.xyz', '--resume');
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
