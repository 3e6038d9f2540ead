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

  it('says which key each label was taken from, and keeps it among those that could be chosen', async () => {
    const keys = 'REF_energy=-1 dft_energy=-2 mace_energy=-3 temperature=300 REF_stress="0 0 0 0 0 0"';
    const both =
      `1\nLattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3:REF_forces:R:3:mace_forces:R:3 ${keys} pbc="T T T"\n` +
      'Si 0 0 0 0 0 0.5 0 0 0.4\n';
    const path = file('taken.xyz', both + both + frame('energy=-4'));
    const before = await previewFile(path);
    expect(before.taken).toEqual([
      { label: 'energy', key: 'REF_energy', frames: 2 },
      { label: 'energy', key: 'energy', frames: 1 },
      { label: 'forces', key: 'REF_forces', frames: 2 },
      { label: 'stress', key: 'REF_stress', frames: 2 },
    ]);
    // what is a label by its name comes first
    expect(before.energyKeys).toEqual(['REF_energy', 'dft_energy', 'mace_energy', 'energy', 'temperature']);
    expect(before.forceKeys).toEqual(['REF_forces', 'mace_forces', 'gradient']);
    expect(before.tensorKeys).toEqual(['REF_stress']);
    const after = await previewFile(path, { energyKey: 'mace_energy' });
    expect(after.taken.slice(0, 2)).toEqual([
      { label: 'energy', key: 'mace_energy', frames: 2 },
      { label: 'forces', key: 'mace_forces', frames: 2 },
    ]);
    expect(after.energyKeys).toEqual(before.energyKeys);
  });

  it('names no keys where the format fixes them', async () => {
    const cfg = `BEGIN_CFG\n Size\n 1\n Supercell\n 9 0 0\n 0 9 0\n 0 0 9\n AtomData:  id type cartes_x cartes_y cartes_z fx fy fz\n 1 0 0 0 0 0 0 0\n Energy\n -1\nEND_CFG\n`;
    const preview = await previewFile(file('fixed.cfg', cfg), { species: ['Si'] });
    expect(preview).toMatchObject({ withEnergy: 1, taken: [], energyKeys: [], forceKeys: [] });
  });

  it('says of JSON of pymatgen which keys it took', async () => {
    const structure = {
      lattice: { matrix: [[4, 0, 0], [0, 4, 0], [0, 0, 4]] },
      sites: [{ species: [{ element: 'Si', occu: 1 }], abc: [0, 0, 0] }],
    }; // prettier-ignore
    const record = { structure, energy: -5, bandgap: 1.1, forces: [[0, 0, 0.1]], stress: [1, 1, 1, 0, 0, 0] };
    const preview = await previewFile(file('matpes.json', JSON.stringify([record, record])));
    expect(preview.taken).toEqual([
      { label: 'energy', key: 'energy', frames: 2 },
      { label: 'forces', key: 'forces', frames: 2 },
      { label: 'stress', key: 'stress', frames: 2 },
    ]);
    expect(preview.energyKeys).toEqual(['energy', 'bandgap']);
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
