/** Extended XYZ in the names that ASE reads: what it makes of them itself, and that they come back as they were. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { readConfigurations, writeConfigurations } from '../../../src-main/formats/index.ts';
import { readText, temporaryPath } from './support.ts';

const FRAME: Configuration = {
  symbols: ['Si', 'C'],
  kinds: Uint16Array.of(0, 1),
  positions: Float64Array.of(0, 0, 0, 1.2, 1.3, 1.1),
  cell: Float64Array.of(4, 0, 0, 0.5, 4, 0, 0, 0.2, 5),
  periodic: [true, true, true],
  energy: -3.5,
  forces: Float64Array.of(0.1, 0.2, 0.3, -0.1, -0.2, -0.3),
  virial: Float64Array.of(1, 0.1, 0.2, 0.1, 2, 0.3, 0.2, 0.3, 3),
  velocities: Float64Array.of(0.01, 0, 0, 0, 0.02, 0.03),
  info: { stress: 5, tag: 'a' },
};

async function written(frame: Configuration): Promise<{ path: string; notes: string[] }> {
  const notes: string[] = [];
  const path = temporaryPath('ase.xyz');
  await writeConfigurations(path, undefined, [frame], {
    aseNames: true,
    onNote: (note) => notes.push(note),
  });
  return { path, notes };
}

const expectClose = (found: Float64Array | undefined, right: Float64Array | undefined) => {
  expect(found?.length).toBe(right?.length);
  right?.forEach((value, k) => expect(found?.[k]).toBeCloseTo(value, 12));
};

describe('the names of ASE', () => {
  test('come back as the virial and the velocities that they were made of', async () => {
    const { path, notes } = await written(FRAME);
    expect(notes).toEqual([]);
    const text = readFileSync(path, 'utf8');
    expect(text).toMatch(/masses:R:1:momenta:R:3.* stress="-0\.0125 .* file_stress=5/);
    expect(text).not.toMatch(/virial|velo/);
    const [back] = await readConfigurations(path);
    expectClose(back.virial, FRAME.virial);
    expectClose(back.velocities, FRAME.velocities);
    expect(back.info).toEqual({ file_stress: 5, tag: 'a' });
  });

  test('stay ours where they cannot be: no volume, no mass', async () => {
    const cluster = { ...FRAME, periodic: [true, true, false] as const, symbols: ['type1', 'C'] };
    const { path, notes } = await written(cluster);
    expect(notes.join(' ')).toMatch(/no stress.*no momenta/);
    const [back] = await readConfigurations(path);
    expectClose(back.virial, FRAME.virial);
    expectClose(back.velocities, FRAME.velocities);
  });

  test('are refused for a format that has names of its own', async () => {
    await expect(
      writeConfigurations(temporaryPath('a.cfg'), undefined, [FRAME], { aseNames: true }),
    ).rejects.toThrow(/names that ASE reads/);
  });

  test('momenta without velocities are velocities; beside them, or without masses, a column', async () => {
    const frame = (columns: string, row: string) =>
      `1\nLattice="4 0 0 0 4 0 0 0 4" Properties=species:S:1:pos:R:3:momenta:R:3${columns} energy=-1\n${row}\n`;
    const [alone] = await readText(frame('', 'Si 0 0 0 1 2 3'));
    // p/m in Å/(10.1805 fs)
    expect(alone.velocities?.[1]).toBeCloseTo(2 / 28.085 / 10.180505, 6);
    const [beside] = await readText(frame(':velo:R:3', 'Si 0 0 0 1 2 3 0.1 0 0'));
    expect(beside.velocities?.[0]).toBe(0.1);
    expect(beside.atomColumns?.[0]).toMatchObject({ name: 'momenta', columns: 3 });
    const [unknown] = await readText(frame('', 'type1 0 0 0 1 2 3'));
    expect(unknown.velocities).toBeUndefined();
    expect(unknown.atomColumns?.[0].values).toEqual(Float64Array.of(1, 2, 3));
  });
});

const interpreter = ['/usr/bin/python3', 'python3'].find(
  (name) => spawnSync(name, ['-c', 'import ase']).status === 0,
);

test.skipIf(interpreter === undefined)('ASE reads energy, forces, stress and velocities', async () => {
  const { path } = await written(FRAME);
  const script = `
import json, sys
from ase import units
from ase.io import read
a = read(sys.argv[1])
print(json.dumps([a.get_potential_energy(), (-a.get_stress(voigt=False) * a.get_volume()).ravel().tolist(),
    a.get_forces().ravel().tolist(), (a.get_velocities() * units.fs).ravel().tolist()]))`;
  const { stdout, stderr } = spawnSync(interpreter ?? '', ['-c', script, path], {
    cwd: dirname(path),
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  const [energy, virial, forces, velocities] = JSON.parse(stdout) as [number, number[], number[], number[]];
  expect(energy).toBe(FRAME.energy);
  expectClose(Float64Array.from(virial), FRAME.virial);
  expectClose(Float64Array.from(forces), FRAME.forces);
  // constants of another year: CODATA 2014 there
  velocities.forEach((v, k) => expect(v).toBeCloseTo(FRAME.velocities?.[k] ?? NaN, 8));
});
