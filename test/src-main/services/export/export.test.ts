/** Exported folders as a user gets them: built, copied elsewhere, used in the three ways that the README names. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { PotentialError } from '../../../../src-compute/errors.ts';
import type { MomentTensorModel } from '../../../../src-compute/potentials/moment-tensor/model.ts';
import { parseMtp } from '../../../../src-compute/potentials/moment-tensor/mtp-text.ts';
import type { ZblModel } from '../../../../src-compute/potentials/pair/zbl.ts';
import { sumModel } from '../../../../src-compute/potentials/sum/sum.ts';
import { lattice, supercell } from '../../../../src-compute/structure/lattices.ts';
import { readConfigurations } from '../../../../src-main/formats/index.ts';
import type { ExportResult } from '../../../../src-main/services/export/export-request.ts';
import { exportPotential } from '../../../../src-main/services/export/export.ts';
import { LIBRARY } from '../../../../src-main/services/export/model-folder.ts';
import { canRunKimModels, referencePotential } from '../../../support/kim.ts';
import { sharedPath } from '../../../support/shared.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const able = canRunKimModels();
const comments = ['fitted to fcc-Al.xyz, sha256 0123', 'test: energy MAE 1.2 meV/atom, force MAE 34 meV/Å'];
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'forcewright-export-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

/** Output of in.check, run in a folder. */
function check(cwd: string, environment: Record<string, string> = {}): string {
  const env = { ...process.env, OMPI_MCA_ess_singleton_isolated: '1', OMP_NUM_THREADS: '1', ...environment };
  return execFileSync('lmp', ['-in', 'in.check', '-log', 'none'], {
    cwd,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** The folder without the model, as it lies where a simulation is set up. */
function inputOnly(out: string, name: string): string {
  const copy = join(folder, name);
  mkdirSync(copy);
  for (const file of ['in.check', 'check.data']) cpSync(join(out, file), join(copy, file));
  return copy;
}

describe.skipIf(!able)('export --format kim', () => {
  let result: ExportResult;
  let out: string;
  let model: MomentTensorModel;

  beforeAll(async () => {
    out = join(folder, 'built');
    model = referencePotential('crystals_multi_06', ['Al', 'Ni', 'Ti']);
    result = await exportPotential('kim', { model, name: 'Al-Ni-Ti 06', out, comments });
  });

  it('builds the model, tries it in LAMMPS and lists every file', () => {
    expect(result.name).toBe('Al_Ni_Ti_06');
    expect(result.built).toBe(true);
    expect(result.notes).toEqual([]);
    expect(result.tested?.forceDifference).toBeLessThan(1e-8);
    expect(result.tested?.energyDifference).toBeLessThan(1e-9);
    for (const file of [
      'README.md',
      'in.check',
      'check.data',
      `Al_Ni_Ti_06/${LIBRARY}`,
      'Al_Ni_Ti_06/CMakeLists.txt',
    ]) {
      expect(result.files).toContain(file);
    }
    result.files.forEach((file) => expect(existsSync(join(out, file)), file).toBe(true));
  });

  it('carries provenance and errors as comments', () => {
    for (const file of ['Al_Ni_Ti_06/parameters.txt', 'in.check']) {
      const text = readFileSync(join(out, file), 'utf8');
      comments.forEach((line) => expect(text).toContain(`# ${line}\n`));
    }
    const readme = readFileSync(join(out, 'README.md'), 'utf8');
    comments.forEach((line) => expect(readme).toContain(line));
  });

  it('names no path of the machine of the export in what is copied', () => {
    for (const file of result.files.filter((name) => !name.endsWith('.so'))) {
      expect(readFileSync(join(out, file), 'utf8'), file).not.toContain(folder);
    }
  });

  it('runs from a copy by the current folder', () => {
    const copy = join(folder, 'copied');
    cpSync(out, copy, { recursive: true });
    const text = check(copy);
    expect(text).toMatch(/The check of Al_Ni_Ti_06 is complete/);
    const [, energy] = /energy as read:\s+(-?[\d.]+) eV\/atom/.exec(text) ?? [];
    const [, relaxed] = /energy after minimise:\s+(-?[\d.]+) eV\/atom/.exec(text) ?? [];
    expect(Number(relaxed)).toBeLessThan(Number(energy));
  });

  it('runs by the environment variable', () => {
    const copy = inputOnly(out, 'environment');
    expect(check(copy, { KIM_API_PORTABLE_MODELS_DIR: out })).toMatch(/is complete/);
  });

  it('runs from the user collection', () => {
    const home = join(folder, 'home');
    mkdirSync(home);
    const env = { ...process.env, HOME: home };
    // twice: an installed model is replaced, and the exported folder stays
    for (let k = 0; k < 2; k++)
      execFileSync('sh', [`${result.name}/install.sh`], { cwd: out, env, stdio: 'pipe' });
    expect(existsSync(join(out, result.name, LIBRARY))).toBe(true);
    expect(check(inputOnly(out, 'collection'), { HOME: home })).toMatch(/is complete/);
  });

  it('says what to do right where LAMMPS stops because the folder is not there', () => {
    const copy = inputOnly(out, 'moved');
    let text = '';
    try {
      check(copy);
    } catch (error) {
      text = String((error as { stdout?: unknown }).stdout);
    }
    expect(text).toMatch(
      /the folder Al_Ni_Ti_06 must lie where LAMMPS is started, or KIM_API_PORTABLE_MODELS_DIR/,
    );
    expect(text).toMatch(/ERROR: KIM ModelCreate failed/);
    expect(text).not.toMatch(/Loop time/);
  });

  it('writes the sources and says what to install where there is no compiler', async () => {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    vi.stubEnv('PATH', bin);
    const bare = join(folder, 'bare');
    const written = await exportPotential('kim', { model, name: 'bare', out: bare, comments: [] });
    expect(written.built).toBe(false);
    expect(written.files).toContain('bare/build.sh');
    expect(written.files).not.toContain(`bare/${LIBRARY}`);
    expect(written.notes.join(' ')).toMatch(/cmake, make, c\+\+ missing.*apt-get install libkim-api-dev/);
    vi.unstubAllEnvs();
    // and that is enough on a machine that has them
    execFileSync('sh', ['bare/build.sh'], { cwd: bare, stdio: 'pipe' });
    expect(check(bare)).toMatch(/The check of bare is complete/);
  });

  it('takes a structure of the user for in.check, and refuses one with other elements', async () => {
    const silicon = supercell(lattice('diamond', ['Si'], 5.43), [1, 1, 1]);
    const request = { model, name: 'x', out: join(folder, 'x'), comments: [], build: false };
    await expect(exportPotential('kim', { ...request, structure: silicon })).rejects.toThrow(
      /contains Si.*made for Al, Ni, Ti/,
    );
    const aluminium = supercell(lattice('fcc', ['Al'], 4.05), [2, 2, 2]);
    await exportPotential('kim', { ...request, structure: aluminium });
    expect(readFileSync(join(folder, 'x', 'check.data'), 'utf8')).toMatch(/^32 atoms\n3 atom types/m);
  });
});

describe.skipIf(!able)('export --format mlip', () => {
  it('writes an .mtp that reads back to the same potential, with its comments', async () => {
    const model = referencePotential('crystals_multi_06', ['Al', 'Ni', 'Ti']);
    const out = join(folder, 'mlip');
    const result = await exportPotential('mlip', { model, name: 'multi', out, comments });
    expect(result.files).toEqual(['README.md', 'check.data', 'in.check', 'mlip.ini', 'multi.mtp']);
    const text = readFileSync(join(out, 'multi.mtp'), 'utf8');
    comments.forEach((line) => expect(text).toContain(`# ${line}`));
    expect(parseMtp(text, model.species)).toEqual(model);
    expect(readFileSync(join(out, 'in.check'), 'utf8')).toMatch(/pair_style +mlip load_from=multi\.mtp/);
    const [atoms] = await readConfigurations(join(out, 'check.data'));
    expect([...atoms.symbols].sort()).toEqual(['Al', 'Ni', 'Ti']);
  });

  it('adds a ZBL repulsion through LAMMPS, and says so', async () => {
    const model = referencePotential('crystals_multi_06', ['Al', 'Ni', 'Ti']);
    const zbl: ZblModel = { form: 'zbl', species: ['Al', 'Ni', 'Ti'], cutoff: 2, innerRadius: 1 };
    const out = join(folder, 'sum');
    const result = await exportPotential('mlip', {
      model: sumModel([model, zbl]),
      name: 'sum',
      out,
      comments: [],
    });
    expect(parseMtp(readFileSync(join(out, 'sum.mtp'), 'utf8'), model.species)).toEqual(model);
    const input = readFileSync(join(out, 'in.check'), 'utf8');
    expect(input).toMatch(/pair_style +hybrid\/overlay mlip load_from=sum\.mtp zbl 1 2\n/);
    expect(input).toMatch(/pair_coeff +1 3 zbl 13 22\n/);
    expect(input).toMatch(/pair_coeff +3 3 zbl 22 22\n/);
    expect(result.notes.join()).toContain('ZBL repulsion inside 2 Å');
  });

  it('refuses what the format cannot hold', async () => {
    const zbl: ZblModel = { form: 'zbl', species: ['Al', 'Ni', 'Ti'], cutoff: 2, innerRadius: 1 };
    const request = { model: zbl, name: 'zbl', out: join(folder, 'zbl'), comments: [] };
    await expect(exportPotential('mlip', request)).rejects.toBeInstanceOf(PotentialError);
    await expect(exportPotential('mlip', request)).rejects.toThrow(
      /moment tensor potentials.*of the form zbl/,
    );
  });
});

describe('parseMtp', () => {
  it.skipIf(!able)('reads past the state of an active set that MLIP appends', () => {
    const model = referencePotential('crystals_cubic_08', ['Al']);
    const path = join(folder, 'with-state.mtp');
    const text = readFileSync(sharedPath('references', 'crystals_cubic_08', 'pot.mtp'), 'utf8');
    writeFileSync(path, `${text}\n#MVS_v1.1\nenergy_weight 1\n0.1 0.2 0.3\n`);
    expect(parseMtp(readFileSync(path, 'utf8'), ['Al'])).toEqual(model);
  });
});
