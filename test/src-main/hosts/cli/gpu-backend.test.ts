/** `--backend webgpu` of bench and evaluate as real processes, with an adapter and without one. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluateReference } from '../../../../src-compute/backends/reference/evaluate.ts';
import { formatPotentialDocument } from '../../../../src-compute/potentials/document.ts';
import { stillingerWeberSilicon } from '../../../../src-compute/potentials/stillinger-weber/index.ts';
import { lattice, supercell } from '../../../../src-compute/structure/lattices.ts';
import { readConfigurations, writeConfigurations } from '../../../../src-main/formats/index.ts';
import { hasTestGpu } from '../../../support/gpu.ts';
import { commandLine } from '../../../support/command-line.ts';

const cli = commandLine;
let folder: string;
const crystal = supercell(lattice('diamond', ['Si'], 5.431), [2, 2, 2]);
crystal.positions.set([0.2, -0.1, 0.15]);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'forcewright-gpu-'));
  const provenance = { program: 'test', created: '2026-01-01', data: [], settings: {}, report: {} };
  const document = { name: 'Si', model: stillingerWeberSilicon(), provenance, metrics: {} };
  writeFileSync(join(folder, 'Si.potential.json'), formatPotentialDocument(document));
  await writeConfigurations(join(folder, 'si.xyz'), undefined, [crystal]);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function forcewright(args: readonly string[], environment: NodeJS.ProcessEnv = process.env) {
  const command = [cli, ...args, '--potential', 'Si.potential.json', '--backend', 'webgpu', '--json'];
  const result = spawnSync(process.execPath, command, { cwd: folder, encoding: 'utf8', env: environment });
  expect(result.stderr).not.toMatch(/\bat .*\.ts:\d+/);
  expect(result.status).toBe(0);
  return JSON.parse(result.stdout) as Record<string, unknown>;
}

const available = await hasTestGpu();

describe.skipIf(!available)('--backend webgpu', () => {
  it('evaluates structures and names the adapter', async () => {
    const result = forcewright(['evaluate', '--in', 'si.xyz', '--out', 'predicted.xyz']);
    expect(result.backend).toMatch(/^WebGPU in single precision on \S/);
    const [predicted] = await readConfigurations(join(folder, 'predicted.xyz'));
    const reference = evaluateReference(stillingerWeberSilicon(), crystal);
    expect(Math.abs(predicted.energy! / reference.energy - 1)).toBeLessThan(2e-6);
    const scale = reference.forces.reduce((max, f) => Math.max(max, Math.abs(f)), 0);
    expect(scale).toBeGreaterThan(1);
    reference.forces.forEach((f, k) => {
      expect(Math.abs(predicted.forces![k] - f) / scale).toBeLessThan(2e-6);
    });
  });

  it('simulates: molecular dynamics, and hybrid Monte Carlo with ΔH in double precision', () => {
    const start = ['--structure', 'si.xyz', '--temperature', '300', '--timestep', '1'];
    const md = forcewright(['md', ...start, '--steps', '20']);
    expect(md).toMatchObject({ backend: 'webgpu', steps: 20 });
    expect(Math.abs(Number(md.drift_mev_per_atom_per_ps))).toBeLessThan(100);
    const hmc = forcewright(['hmc', ...start, '--trajectories', '5', '--leapfrog-steps', '3']);
    expect(hmc).toMatchObject({ backend: 'wasm', trajectories: 5 });
    expect(Number(hmc.cheap_force_calls)).toBeGreaterThan(2 * Number(hmc.force_calls));
  });

  it('prints the contract of bench', () => {
    const result = forcewright(['bench', '--structure', 'si.xyz', '--steps', '30', '--skin', '0.5']);
    expect(result).toMatchObject({ atoms: 64, backend: 'webgpu', threads: 1 });
    // the displaced atom has come near others
    expect(Math.abs(Number(result.neighbours_per_atom) - 4)).toBeLessThan(0.2);
    expect(result.us_per_atom_step).toBeGreaterThan(0);
    expect(result.max_force_difference_vs_reference).toBeLessThan(2e-5);
  });
});

describe.skipIf(process.platform !== 'linux')('--backend webgpu without an adapter', () => {
  it('computes on the CPU and says why', () => {
    // no driver: the Vulkan loader looks nowhere else
    const environment = { ...process.env, VK_ICD_FILENAMES: join(folder, 'nothing.json') };
    const result = forcewright(['evaluate', '--in', 'si.xyz'], environment);
    expect(result.backend).toMatch(/^WebAssembly .*; not on a GPU: There is no GPU adapter/);
  });
});
