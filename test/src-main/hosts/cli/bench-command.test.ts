import { spawnSync } from 'node:child_process';
import { describe, expect, it, vi } from 'vitest';
import { hasShared, sharedPath } from '../../../support/shared.ts';
import { commandLine } from '../../../support/command-line.ts';

vi.setConfig({ testTimeout: 240_000 });

/** Runs the command line from the sources. */
function bench(...args: string[]) {
  const main = commandLine;
  return spawnSync(process.execPath, [main, 'bench', ...args], { encoding: 'utf8' });
}

describe.skipIf(!hasShared())('forcewright bench', () => {
  const potential = ['--potential', sharedPath('bench', 'si_l08_val.mtp'), '--species', 'Si'];
  const structure = ['--structure', sharedPath('bench', 'si1000.xyz')];

  it.each([
    ['wasm', '1', 1e-9],
    ['wasm', '2', 1e-9],
    ['wasm-f32', '1', 1e-4],
  ])('prints the contract for %s on %s threads', (backend, threads, tolerance) => {
    const args = ['--backend', backend, '--threads', threads, '--steps', '5', '--json'];
    const { status, stdout, stderr } = bench(...potential, ...structure, ...args);
    expect(stderr).not.toContain('Error');
    expect(status).toBe(0);
    const result = JSON.parse(stdout) as Record<string, unknown>;
    expect(result).toMatchObject({ atoms: 1000, backend, threads: Number(threads), neighbours_per_atom: 28 });
    expect(result.us_per_atom_step).toBeGreaterThan(0);
    expect(result.max_force_difference_vs_reference).toBeLessThan(tolerance);
  });

  it('says what is wrong in a sentence, and exits with 2 for bad usage', () => {
    const unknown = bench('--potential', sharedPath('bench', 'si_l08.mtp'), '--species', 'Ge', ...structure);
    expect(unknown.status).toBe(1);
    expect(unknown.stderr).toMatch(/Si/);
    expect(bench(...potential, ...structure, '--backend', 'abacus').status).toBe(2);
    expect(bench(...structure).status).toBe(2);
  });
});
