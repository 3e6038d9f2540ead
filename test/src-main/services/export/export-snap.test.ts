/** `export --format snap`: LAMMPS' own files read back to the same potential; the input names them as pair_style snap wants. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PotentialError } from '../../../../src-compute/errors.ts';
import type { ZblModel } from '../../../../src-compute/potentials/pair/zbl.ts';
import { parseSnap } from '../../../../src-compute/potentials/snap/index.ts';
import { sumModel } from '../../../../src-compute/potentials/sum/sum.ts';
import { exportPotential } from '../../../../src-main/services/export/export.ts';
import { randomSnap } from '../../../support/random-snap.ts';

const folder = mkdtempSync(join(tmpdir(), 'export-snap-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const inner = { centres: Float64Array.of(1.4, 1.3), widths: Float64Array.of(0.2, 0.15) };
const radii = Float64Array.of(0.5, 0.45);
const snap = randomSnap({ twojmax: 2, rcutfac: 4, cutoff: 4, radii, inner }, ['Si', 'O']);
const zbl: ZblModel = { form: 'zbl', species: ['Si', 'O'], cutoff: 1.5, innerRadius: 0.9 };

describe('export --format snap', () => {
  it('writes both files, an input with the elements of the types, and a README', async () => {
    const out = join(folder, 'alone');
    const comments = ['fitted to quartz'];
    const result = await exportPotential('snap', { model: snap, name: 'quartz', out, comments });
    const [coefficients, parameters] = ['quartz.snapcoeff', 'quartz.snapparam'];
    expect(result.files).toEqual(['README.md', 'check.data', 'in.check', coefficients, parameters]);
    expect(result.notes).toEqual([]);
    const read = (file: string) => readFileSync(join(out, file), 'utf8');
    expect(read(coefficients)).toContain('# fitted to quartz');
    expect(parseSnap(read(coefficients), read(parameters))).toEqual(snap);
    expect(read('in.check')).toMatch(
      /pair_style +snap\npair_coeff +\* \* quartz\.snapcoeff quartz\.snapparam Si O\n/,
    );
    expect(read('README.md')).toContain('ML-SNAP');
  });

  it('adds a ZBL repulsion through LAMMPS, and says so', async () => {
    const out = join(folder, 'sum');
    const model = sumModel([snap, zbl]);
    const { notes } = await exportPotential('snap', { model, name: 'both', out, comments: [] });
    const input = readFileSync(join(out, 'in.check'), 'utf8');
    expect(input).toMatch(/pair_style +hybrid\/overlay snap zbl 0\.9 1\.5\n/);
    expect(input).toMatch(/pair_coeff +\* \* snap both\.snapcoeff both\.snapparam Si O\n/);
    expect(input).toMatch(/pair_coeff +1 2 zbl 14 8\n/);
    expect(notes.join()).toContain('ZBL repulsion inside 1.5 Å');
  });

  it('refuses other forms', async () => {
    const request = { model: zbl, name: 'zbl', out: join(folder, 'zbl'), comments: [] };
    await expect(exportPotential('snap', request)).rejects.toThrow(PotentialError);
    await expect(exportPotential('snap', request)).rejects.toThrow(/SNAP potentials.*of the form zbl/);
  });
});
