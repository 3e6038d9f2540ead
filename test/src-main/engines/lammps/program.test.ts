import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { findLammps, requirePackage } from '../../../../src-main/engines/lammps/index.ts';
import { requireProgram } from '../../../support/real-part.ts';

const installed = requireProgram('lmp', 'apt-get install lammps');
let folder: string;

function script(name: string, body: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'forcewright-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

describe('findLammps', () => {
  it.skipIf(!installed)('finds the packaged one and reads its version and packages', async () => {
    const program = await findLammps();
    expect(program.path).toMatch(/\/lmp/);
    expect(program.version).toMatch(/^\d+ [A-Z][a-z]{2} \d{4}/);
    expect(program.release).toBeGreaterThan(20100101);
    expect(program.release % 100).toBeLessThan(32);
    expect(program.packages).toContain('KIM');
    expect(program.packages).toContain('MANYBODY');
  });

  it('prefers the environment variable, and says which name was not found', async () => {
    vi.stubEnv('FORCEWRIGHT_LAMMPS', join(folder, 'nowhere'));
    await expect(findLammps()).rejects.toThrow(/No LAMMPS was found under the name .*nowhere/);
  });

  it('says how to install LAMMPS where there is none', async () => {
    vi.stubEnv('PATH', folder);
    vi.stubEnv('FORCEWRIGHT_LAMMPS', '');
    await expect(findLammps()).rejects.toMatchObject({
      message: expect.stringContaining('No LAMMPS is installed') as string,
      remedy: expect.stringContaining('apt-get install lammps') as string,
    });
  });

  it('refuses a program that is no LAMMPS', async () => {
    await expect(findLammps(script('other', 'echo hello'))).rejects.toThrow(/is no LAMMPS/);
    await expect(findLammps(script('broken', 'exit 3'))).rejects.toThrow(/could not be run/);
  });

  it('names the package that a LAMMPS lacks', async () => {
    // no packaged LAMMPS without KIM is to be had, so that its answer to -h is played by a script
    const path = script(
      'lmp-without-kim',
      `cat <<'END'

Large-scale Atomic/Molecular Massively Parallel Simulator - 2 Aug 2023 - Update 3

Installed packages:

KSPACE MANYBODY MOLECULE
RIGID

List of individual style options included in this LAMMPS executable
END`,
    );
    const program = await findLammps(path);
    expect(program.release).toBe(20230802);
    expect([...program.packages].sort()).toEqual(['KSPACE', 'MANYBODY', 'MOLECULE', 'RIGID']);
    expect(() => requirePackage(program, 'KIM')).toThrow(/without its KIM package/);
    expect(() => requirePackage(program, 'RIGID')).not.toThrow();
  });
});
