/** `export --format pace`: the file is read back to the same potential; the input names it as pair_style pace wants. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseYace } from '../../../../src-compute/potentials/ace/index.ts';
import type { ZblModel } from '../../../../src-compute/potentials/pair/zbl.ts';
import { sumModel } from '../../../../src-compute/potentials/sum/sum.ts';
import { exportPotential } from '../../../../src-main/services/export/export.ts';
import { randomAce } from '../../../support/random-ace.ts';

const folder = mkdtempSync(join(tmpdir(), 'export-pace-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ace = randomAce({ species: ['Si', 'O'], rank: 2, lmax: 1 });
const zbl: ZblModel = { form: 'zbl', species: ['Si', 'O'], cutoff: 1.5, innerRadius: 0.9 };

describe('export --format pace', () => {
  it('writes the file, an input with the elements of the types, and a README', async () => {
    const out = join(folder, 'alone');
    const comments = ['fitted to quartz\nshell touch broken'];
    const result = await exportPotential('pace', { model: ace, name: 'quartz', out, comments });
    expect(result.files).toEqual(['README.md', 'check.data', 'in.check', 'quartz.yace']);
    const read = (file: string) => readFileSync(join(out, file), 'utf8');
    expect(parseYace(read('quartz.yace')).bonds).toEqual(ace.bonds);
    expect(read('in.check')).toMatch(/pair_style +pace\npair_coeff +\* \* quartz\.yace Si O\n/);
    expect(
      read('in.check')
        .split('\n')
        .filter((line) => line.startsWith('shell')),
    ).toEqual([]);
    expect(read('README.md')).toContain('ML-PACE');
  });

  it('adds a ZBL repulsion through LAMMPS, and says so', async () => {
    const out = join(folder, 'sum');
    const { notes } = await exportPotential('pace', {
      model: sumModel([ace, zbl]),
      name: 'both',
      out,
      comments: [],
    });
    const input = readFileSync(join(out, 'in.check'), 'utf8');
    expect(input).toMatch(/pair_style +hybrid\/overlay pace zbl 0\.9 1\.5\n/);
    expect(input).toMatch(/pair_coeff +\* \* pace both\.yace Si O\n/);
    expect(notes.join()).toContain('pair_style pace alone runs without it');
  });

  it('refuses other forms', async () => {
    const request = { model: zbl, name: 'zbl', out: join(folder, 'zbl'), comments: [] };
    await expect(exportPotential('pace', request)).rejects.toThrow(/ACE potential.*of the form zbl/);
  });
});
