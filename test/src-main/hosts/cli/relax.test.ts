/** `forcewright relax`, from a file to a file. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { stillingerWeberSilicon } from '../../../../src-compute/potentials/stillinger-weber/index.ts';
import { volume } from '../../../../src-compute/structure/cell.ts';
import { deform, lattice } from '../../../../src-compute/structure/lattices.ts';
import { readConfigurations, writeConfigurations } from '../../../../src-main/formats/index.ts';
import { register } from '../../../../src-main/hosts/cli/commands/relax.ts';
import { savePotential } from '../../../../src-main/services/potentials/potential-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'relax-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  process.exitCode = 0;
  vi.restoreAllMocks();
});

/** Runs the command; its JSON and what it notes. */
async function relax(...args: string[]) {
  let [out, err] = ['', ''];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true));
  vi.spyOn(console, 'error').mockImplementation((text) => void (err += String(text)));
  vi.spyOn(console, 'log').mockImplementation((text) => void (out += String(text)));
  const program = new Command('forcewright').exitOverride();
  register(program);
  program.commands[0].exitOverride().configureOutput({ writeErr: (text) => (err += text) });
  try {
    await program.parseAsync(['relax', ...args], { from: 'user' });
  } finally {
    vi.restoreAllMocks();
  }
  return { json: out.startsWith('{') ? (JSON.parse(out) as Record<string, unknown>) : undefined, out, err };
}

async function inputs() {
  const potential = join(folder, 'Si.potential.json');
  await savePotential(potential, {
    name: 'Si',
    model: stillingerWeberSilicon(),
    metrics: {},
    provenance: { program: 'test', created: '2026-01-01T00:00:00Z', data: [], settings: {}, report: {} },
  });
  const crystal = lattice('diamond', ['Si'], 5.5);
  const bent = deform(crystal, [0.01, 0, 0, 0, 0, 0.02, 0, 0, 0]);
  const shaken = { ...bent, positions: bent.positions.map((x, k) => x + 0.05 * Math.sin(5 * k)) };
  const structures = join(folder, 'start.xyz');
  await writeConfigurations(structures, undefined, [crystal, shaken]);
  return { potential, structures };
}

describe('forcewright relax', () => {
  it('relaxes every frame with its cell and writes energies and forces', async () => {
    const { potential, structures } = await inputs();
    const out = join(folder, 'relaxed.xyz');
    const { json } = await relax(
      '--potential',
      potential,
      '--in',
      structures,
      '--cell',
      'full',
      '--out',
      out,
      '--json',
    );
    expect(json).toMatchObject({
      not_converged: 0,
      structures: [{ formula: 'Si8', converged: true }, { converged: true }],
    });
    const frames = await readConfigurations(out);
    expect(frames).toHaveLength(2);
    for (const frame of frames) {
      expect(frame.energy! / 8).toBeCloseTo(-4.3366, 4);
      expect(Math.cbrt(volume(frame.cell))).toBeCloseTo(5.431, 3);
      expect(Math.max(...frame.forces!.map(Math.abs))).toBeLessThan(1e-4);
    }
    expect(process.exitCode ?? 0).toBe(0);
  });

  it('relaxes one structure by the words that scripts use', async () => {
    const { potential, structures } = await inputs();
    const start = ['--potential', potential, '--structure', structures];
    const { json } = await relax(...start, '--cell', 'iso', '--force-tolerance', '1e-5', '--json');
    expect(json).toMatchObject({ converged: true, structures: [{ formula: 'Si8' }] });
    expect(json?.structures).toHaveLength(1);
    expect(Math.cbrt(Number(json?.volume_a3))).toBeCloseTo(5.431, 3);
    expect(json?.cell).toHaveLength(9);
    expect(Number(json?.max_force_ev_per_a)).toBeLessThan(1e-5);
    expect(Number(json?.force_calls)).toBeGreaterThan(Number(json?.steps));
    await expect(relax('--potential', potential)).rejects.toThrow(/missing/);
    await expect(relax(...start, '--in', structures)).rejects.toThrow(/exclude each other/);
  });

  it('leaves out what cannot be relaxed when told to, and keeps the others', async () => {
    const { potential } = await inputs();
    const [sound, out] = ['mixed.xyz', 'rest.xyz'].map((name) => join(folder, name));
    const crystal = lattice('diamond', ['Si'], 5.43);
    const molecule = { ...crystal, periodic: [false, false, false] as const };
    await writeConfigurations(sound, undefined, [crystal, molecule, crystal]);
    const args = ['--potential', potential, '--in', sound, '--cell', 'full', '--out', out, '--json'];
    await expect(relax(...args)).rejects.toThrow(/periodic in all three directions/);
    const { json, err } = await relax(...args, '--skip-bad');
    expect(json).toMatchObject({ left_out: 1, not_converged: 0 });
    expect(json?.structures).toHaveLength(2);
    expect(err).toMatch(/Left out: a structure of 8 atoms, Si8: A cell that changes needs/);
    expect(await readConfigurations(out)).toHaveLength(2);
  });

  it('keeps atoms that are fixed, and the symmetry with its name', async () => {
    const { potential, structures } = await inputs();
    const out = join(folder, 'held.xyz');
    await relax(
      '--potential',
      potential,
      '--in',
      `${structures}@1`,
      '--fix',
      '1,3-4',
      '--out',
      out,
      '--json',
    );
    const [before] = await readConfigurations(`${structures}@1`);
    const [after] = await readConfigurations(out);
    const moved = (atom: number) =>
      Math.hypot(...[0, 1, 2].map((k) => after.positions[3 * atom + k] - before.positions[3 * atom + k]));
    expect([0, 2, 3].map(moved).every((d) => d < 1e-9)).toBe(true);
    expect(moved(1)).toBeGreaterThan(1e-3);
    const { json } = await relax(
      '--potential',
      potential,
      '--in',
      `${structures}@0`,
      '--cell',
      'full',
      '--keep-symmetry',
      '--json',
    );
    expect(json).toMatchObject({ structures: [{ symmetry: 'F d -3 m (227)', converged: true }] });
  });

  it('ends with exit code 1 and the reason where a structure did not come to rest', async () => {
    const { potential, structures } = await inputs();
    const { json, err } = await relax(
      '--potential',
      potential,
      '--in',
      structures,
      '--steps',
      '2',
      '--cell',
      'full',
      '--json',
    );
    expect(json).toMatchObject({ not_converged: 2, structures: [{ end: 'steps' }, { end: 'steps' }] });
    expect(err).toMatch(/had not come to rest after 2 steps: the largest force is/);
    expect(process.exitCode).toBe(1);
  });

  it('refuses in words what cannot be', async () => {
    const { potential, structures } = await inputs();
    const common = ['--potential', potential, '--in', structures];
    await expect(relax(...common, '--cell', 'cubic')).rejects.toThrow(/cell cannot be "cubic"/);
    await expect(relax(...common, '--cell', 'full', '--fix', '1')).rejects.toThrow(/exclude each other/);
    await expect(relax(...common, '--fix', '9')).rejects.toThrow(/no atom 9/);
    const cluster = join(folder, 'cluster.xyz');
    const crystal = lattice('diamond', ['Si'], 5.5);
    await writeConfigurations(cluster, undefined, [
      { ...crystal, cell: new Float64Array(9), periodic: [false, false, false] },
    ]);
    await expect(relax('--potential', potential, '--in', cluster, '--cell', 'full')).rejects.toThrow(
      /periodic/,
    );
  });
});
