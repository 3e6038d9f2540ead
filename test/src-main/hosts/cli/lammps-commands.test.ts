/** `export`, `verify` and `label` as a user calls them. */
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { formatPotentialDocument } from '../../../../src-compute/potentials/document.ts';
import { parseMtp } from '../../../../src-compute/potentials/moment-tensor/mtp-text.ts';
import { readConfigurations } from '../../../../src-main/formats/index.ts';
import { canRunKimModels } from '../../../support/kim.ts';
import { sharedPath } from '../../../support/shared.ts';
import { commandLine } from '../../../support/command-line.ts';

vi.setConfig({ testTimeout: 300_000 });

const able = canRunKimModels();
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'forcewright-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function forcewright(args: readonly string[], env: Record<string, string> = {}) {
  const main = commandLine;
  const result = spawnSync(process.execPath, [main, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { code: result.status, out: result.stdout, err: result.stderr };
}

const numbers = z.number().nonnegative();
const verifyOutput = z.object({
  configurations: z.number(),
  max_energy_difference_ev_per_atom: numbers.max(1e-9),
  max_force_difference_ev_per_a: numbers.max(1e-8),
  max_virial_difference_ev: numbers.max(1e-7),
  nve: z.object({ steps: z.literal(100), max_position_difference_a: numbers.max(1e-5) }),
  agrees: z.literal(true),
});

describe.skipIf(!able)('verify', () => {
  const potential = [
    '--potential',
    sharedPath('references', 'crystals_multi_06', 'pot.mtp'),
    '--species',
    'H,He,Li',
  ];

  it('prints the differences on given structures, on two ranks', () => {
    const structures = `${sharedPath('references', 'crystals_multi_06', 'ref.xyz')}@3`;
    const { code, out } = forcewright([
      'verify',
      ...potential,
      '--against',
      'lammps',
      '--in',
      structures,
      '--ranks',
      '2',
      '--json',
    ]);
    expect(code).toBe(0);
    expect(verifyOutput.parse(JSON.parse(out)).configurations).toBe(1);
  });

  it('says which LAMMPS is missing', () => {
    const { code, err, out } = forcewright([
      'verify',
      ...potential,
      '--against',
      'lammps',
      '--lammps',
      '/nowhere/lmp',
      '--json',
    ]);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/^Error: No LAMMPS was found under the name \/nowhere\/lmp\. Give the path/m);
  });

  it('refuses structures with other elements, files that are no potentials, and bad usage', () => {
    const other = ['--in', sharedPath('references', 'crystals_cubic_08', 'ref.xyz')];
    const aluminium = [...potential.slice(0, 3), 'Al,Ni,Ti'];
    expect(forcewright(['verify', ...aluminium, '--against', 'lammps', ...other]).err).toMatch(
      /contains H, and the potential was made for Al, Ni, Ti/,
    );
    writeFileSync(join(folder, 'no.mtp'), 'hello\n');
    const wrong = forcewright(['verify', '--potential', 'no.mtp', '--against', 'lammps']);
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringMatching(/not an MLIP potential/)]);
    expect(forcewright(['verify', ...potential, '--against', 'gromacs']).code).toBe(2);
    expect(forcewright(['verify', '--against', 'lammps']).code).toBe(2);
  });
});

describe.skipIf(!able)('export', () => {
  it('lists what it wrote', () => {
    const potential = [
      '--potential',
      sharedPath('references', 'crystals_cubic_08', 'pot.mtp'),
      '--species',
      'Al',
    ];
    const { code, out } = forcewright([
      'export',
      ...potential,
      '--format',
      'kim',
      '--out',
      'al',
      '--name',
      'Al',
      '--no-build',
      '--json',
    ]);
    expect(code).toBe(0);
    const { files, built } = z
      .object({ files: z.array(z.string()), built: z.boolean() })
      .parse(JSON.parse(out));
    expect(built).toBe(false);
    expect(files).toContain('Al/parameters.txt');
    files.forEach((file) => expect(existsSync(join(folder, 'al', file)), file).toBe(true));
  });

  it('takes in.check from the training data that a document names', () => {
    const mtp = readFileSync(sharedPath('references', 'crystals_cubic_08', 'pot.mtp'), 'utf8');
    const training = 'training.xyz';
    const structures =
      '1\nLattice="3 0 0 0 3 0 0 0 3" pbc="F F F"\nAl 0 0 0\n2\nLattice="3 0 0 0 3 0 0 0 4" pbc="T T T"\nAl 0 0 0\nAl 1 1 2\n';
    writeFileSync(join(folder, training), structures);
    const sha256 = createHash('sha256').update(structures).digest('hex');
    const text = formatPotentialDocument({
      name: 'aluminium',
      model: parseMtp(mtp, ['Al']),
      provenance: {
        program: 'test',
        created: '2026-01-01',
        data: [{ name: training, role: 'train', sha256 }],
        settings: {},
        report: {},
      },
      metrics: {},
    });
    writeFileSync(join(folder, 'al.potential.json'), text);
    const args = [
      'export',
      '--potential',
      'al.potential.json',
      '--format',
      'kim',
      '--out',
      'doc',
      '--no-build',
    ];
    expect(forcewright(args).code).toBe(0);
    expect(readFileSync(join(folder, 'doc', 'check.data'), 'utf8')).toMatch(/^2 atoms/m);
    expect(readFileSync(join(folder, 'doc', 'al', 'parameters.txt'), 'utf8')).toContain(
      '# Data (train): training.xyz',
    );
    // a file that is not what the potential was fitted to is none of its business, whatever its name
    writeFileSync(join(folder, training), `${structures}\n`);
    expect(forcewright(args).code).toBe(0);
    expect(readFileSync(join(folder, 'doc', 'check.data'), 'utf8')).not.toMatch(/^2 atoms/m);
  });

  it('asks for elements where the file only numbers its types', () => {
    const potential = ['--potential', sharedPath('references', 'crystals_multi_06', 'pot.mtp')];
    const { code, err } = forcewright([
      'export',
      ...potential,
      '--format',
      'kim',
      '--out',
      'x',
      '--no-build',
    ]);
    expect(code).toBe(1);
    expect(err).toMatch(/calls a species type1\. Name the types/);
    expect(existsSync(join(folder, 'x', 'README.md'))).toBe(false);
    const two = forcewright(['export', ...potential, '--species', 'Al,Ni', '--format', 'kim', '--out', 'x']);
    expect(two.err).toMatch(/has 3 species and 2 names were given/);
    expect(forcewright(['export', ...potential, '--format', 'word', '--out', 'x']).code).toBe(2);
  });
});

describe.skipIf(!able)('label', () => {
  it('writes structures with their labels', async () => {
    const file = sharedPath('data', 'Si_test.xyz');
    const args = [
      'label',
      '--engine',
      'lammps',
      '--pair-style',
      'sw',
      '--pair-coeff',
      '* * Si.sw Si',
      '--in',
      file,
      '--out',
      'sw.xyz',
      '--json',
    ];
    const { code, out } = forcewright(args);
    expect(code).toBe(0);
    const before = await readConfigurations(file);
    const after = await readConfigurations(join(folder, 'sw.xyz'));
    expect(z.object({ configurations: z.number() }).parse(JSON.parse(out)).configurations).toBe(
      before.length,
    );
    after.forEach((one, k) => {
      expect(one.positions.length).toBe(before[k].positions.length);
      expect(one.energy).not.toBe(before[k].energy);
      expect(one.forces?.length).toBe(one.positions.length);
      expect(one.virial?.length).toBe(9);
      expect(one.info?.config_type).toBe(before[k].info?.config_type);
      // no net force on a whole structure
      for (let axis = 0; axis < 3; axis++) {
        const total = one.forces?.filter((_, i) => i % 3 === axis).reduce((sum, f) => sum + f, 0);
        expect(total).toBeCloseTo(0, 8);
      }
    });
  });

  it("passes on LAMMPS' reason when the pair style is not there", () => {
    const file = sharedPath('data', 'Si_test.xyz');
    const { code, err } = forcewright([
      'label',
      '--pair-style',
      'snap',
      '--pair-coeff',
      '* *',
      '--in',
      `${file}@0`,
      '--out',
      'x.xyz',
    ]);
    expect(code).toBe(1);
    expect(err).toMatch(/This LAMMPS has no pair style 'snap'/);
    expect(existsSync(join(folder, 'x.xyz'))).toBe(false);
  });
});
