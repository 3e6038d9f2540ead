/** A look into files before they are imported: what is in them, what is wrong, without touching any project. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { previewFile } from '../../../../src-main/services/datasets/preview.ts';
import { repositoryRoot } from '../../../support/shared.ts';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'forcewright-preview-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const frame = (energy: string, force = '0.5', extra = '') =>
  `1\nLattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3:gradient:R:3 ${energy} pbc="T T T" ${extra}\nSi 0 0 0 0 0 ${force}\n`;

describe('preview', () => {
  it('counts the bundled silicon set as it is', async () => {
    const path = join(repositoryRoot, 'resources', 'samples', 'silicon', 'Si_test.xyz');
    const preview = await previewFile(path, { budgetMs: 60_000 });
    expect(preview).toMatchObject({
      failure: null,
      format: 'extxyz',
      complete: true,
      frames: 25,
      badFrames: 0,
      species: ['Si'],
      withEnergy: 25,
      withForces: 25,
      withVirial: 25,
    });
    expect(preview.conventions.join(' ')).toMatch(/eV/);
    expect(preview.energyRange?.[0]).toBeGreaterThan(-6);
  });

  it('offers keys that could be labels, and takes them when they are chosen', async () => {
    const path = file('keys.xyz', [-1, -2, -3].map((e) => frame(`dft_total=${e}`)).join(''));
    const before = await previewFile(path);
    expect(before).toMatchObject({ withEnergy: 0, withForces: 0 });
    expect(before.energyKeys).toContain('dft_total');
    expect(before.forceKeys).toContain('gradient');
    const after = await previewFile(path, { energyKey: 'dft_total', forcesKey: 'gradient' });
    expect(after).toMatchObject({ withEnergy: 3, withForces: 3, energyRange: [-3, -1], maxForce: 0.5 });
  });

  it('names bad frames and goes on behind them', async () => {
    const path = file(
      'bad.xyz',
      frame('energy=-1') + frame('energy=-1').replace('Si 0 0 0', 'Si 0 zero 0') + frame('energy=-2'),
    );
    const preview = await previewFile(path);
    expect(preview).toMatchObject({ failure: null, frames: 3, badFrames: 1, withEnergy: 2 });
    expect(preview.problems.find(({ severity }) => severity === 'error')).toMatchObject({
      frame: 1,
      line: 6,
    });
  });

  it('stops when its time is up and says what it expects of the rest', async () => {
    const path = file('long.xyz', frame('energy=-1').repeat(20_000));
    const preview = await previewFile(path, { budgetMs: 30 });
    expect(preview.complete).toBe(false);
    expect(preview.frames).toBeLessThan(20_000);
    expect(preview.estimatedFrames).toBeGreaterThan(preview.frames);
  });

  it('puts what cannot be read at all into words, without the folder of an upload', async () => {
    expect((await previewFile(file('empty.xyz', ''))).failure?.message).toMatch(/empty/);
    const binary = await previewFile(file('binary.xyz', '\0\0\0\0'));
    expect(binary.failure?.message).toMatch(/^binary\.xyz is a binary file/);
    expect((await previewFile(file('what.abc', 'hello\nworld\n'))).failure?.message).toMatch(/not known/);
  });
});
