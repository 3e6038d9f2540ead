/** Simulations with forces from the GPU: here a software adapter where the machine has no GPU of its own. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isSoftwareAdapter, openGpu } from '../../../../src-compute/backends/gpu/index.ts';
import { formatPotentialDocument } from '../../../../src-compute/potentials/document.ts';
import { stillingerWeberSilicon } from '../../../../src-compute/potentials/stillinger-weber/index.ts';
import { lattice, supercell } from '../../../../src-compute/structure/lattices.ts';
import { mayHaveGpu, nodeGpu } from '../../../../src-main/services/gpu-device.ts';
import { ProjectService } from '../../../../src-main/services/project-service.ts';
import { recipeByName } from '../../../../src-main/services/recipes/index.ts';
import { openSimulationEngine, withSavedBackend } from '../../../../src-main/services/simulations/engines.ts';
import { runHybridMonteCarlo } from '../../../../src-main/services/simulations/hybrid-monte-carlo-run.ts';
import { runMolecularDynamics } from '../../../../src-main/services/simulations/molecular-dynamics-run.ts';
import { TrajectoryReader } from '../../../../src-main/store/trajectories.ts';
import { hasTestGpu } from '../../../support/gpu.ts';

const available = await hasTestGpu();
const folder = mkdtempSync(join(tmpdir(), 'forcewright-gpu-runs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const model = stillingerWeberSilicon();
const crystal = supercell(lattice('diamond', ['Si'], 5.431), [2, 2, 2]);
const dynamics = {
  ensemble: 'nve',
  temperature: 600,
  timestep: 1,
  steps: 60,
  seed: 3,
  checkpointEvery: 20,
} as const;

describe.skipIf(!available)('simulations on the GPU', () => {
  it('molecular dynamics follows the run in double precision and conserves energy', async () => {
    const run = { model, configuration: crystal, settings: dynamics };
    const gpu = await runMolecularDynamics({ ...run, engine: { backend: 'webgpu' } });
    const cpu = await runMolecularDynamics({ ...run, engine: { backend: 'wasm' } });
    expect(gpu.backend).toBe('webgpu');
    expect(gpu.choice).toMatch(/^WebGPU in single precision on \S.*the state stays on the device$/);
    let [apart, moved] = [0, 0];
    gpu.final.positions.forEach((x, k) => {
      apart = Math.max(apart, Math.abs(x - cpu.final.positions[k]));
      moved = Math.max(moved, Math.abs(x - crystal.positions[k]));
    });
    expect(moved).toBeGreaterThan(0.1);
    expect(apart).toBeLessThan(1e-4);
    expect(apart).toBeGreaterThan(0);
    // one sample per stretch here, one per step there
    expect(Math.abs(gpu.energy.value - cpu.energy.value)).toBeLessThan(1e-4);
    expect(Math.abs(gpu.drift)).toBeLessThan(5);
  });

  it('leaves no step out of what was asked for, and names step, atom and force of an explosion', async () => {
    const thermo = join(folder, 'thermo.csv');
    const run = { model, configuration: crystal, engine: { backend: 'webgpu' as const } };
    await runMolecularDynamics({ ...run, settings: dynamics, thermo, thermoEvery: 7 });
    const steps = readFileSync(thermo, 'utf8').trim().split('\n').slice(1).map(parseFloat);
    expect(steps).toEqual([0, 7, 14, 21, 28, 35, 42, 49, 56]);
    const wild = { ...dynamics, temperature: 9000, timestep: 30, steps: 2000 };
    await expect(runMolecularDynamics({ ...run, settings: wild })).rejects.toThrow(
      /exploded at step \d+: atom \d+ \(Si\) .* force on it is .* eV\/Å/,
    );
  });

  it('thermostats: forces come from the GPU step by step', async () => {
    const settings = { ...dynamics, ensemble: 'nvt-bussi' as const, steps: 30 };
    const run = { model, configuration: crystal, settings };
    const gpu = await runMolecularDynamics({ ...run, engine: { backend: 'webgpu' } });
    const cpu = await runMolecularDynamics({ ...run, engine: { backend: 'wasm' } });
    expect(gpu.choice).not.toContain('stays');
    expect(Math.abs(gpu.energy.value - cpu.energy.value)).toBeLessThan(1e-5);
  });

  it('goes on from a checkpoint bit for bit, also when the backend is left to be chosen', async () => {
    const run = { model, configuration: crystal, engine: { backend: 'webgpu' as const } };
    const through = await runMolecularDynamics({ ...run, settings: dynamics });
    const checkpoint = join(folder, 'resumed.checkpoint');
    await runMolecularDynamics({ ...run, settings: { ...dynamics, steps: 40 }, checkpoint });
    const again = { ...run, settings: dynamics, checkpoint, resume: true };
    const resumed = await runMolecularDynamics({ ...again, engine: { backend: 'auto' } });
    expect(resumed.backend).toBe('webgpu');
    expect(resumed.stepsHere).toBe(20);
    expect(resumed.final).toEqual(through.final);
    expect(resumed.energy).toEqual(through.energy);
    const notes: string[] = [];
    await runMolecularDynamics({
      ...again,
      engine: { backend: 'wasm' },
      onNote: (sentence) => notes.push(sentence),
    });
    expect(notes.join()).toMatch(/begun with webgpu and goes on with wasm, so that it is not, bit for bit/);
  });

  it('hybrid Monte Carlo proposes on the GPU and takes ΔH in double precision', async () => {
    const settings = {
      temperature: 800,
      trajectories: 30,
      burnIn: 10,
      leapfrogSteps: 5,
      timestep: 4,
      seed: 2,
    };
    const result = await runHybridMonteCarlo({
      model,
      configuration: crystal,
      settings,
      engine: { backend: 'webgpu' },
    });
    expect(result.backend).toBe('wasm');
    expect(result.choice).toMatch(
      /acceptance in double precision \(WebAssembly.*proposals in single precision \(WebGPU/,
    );
    // one accurate call per trajectory, a call per step on the GPU
    expect(result.cheapForceCalls).toBeGreaterThan(3 * result.forceCalls);
    const { meanExpMinusBetaDh: mean, acceptance, expectedAcceptance } = result.diagnostics;
    expect(Math.abs(mean.value - 1)).toBeLessThan(4 * mean.error);
    expect(Math.abs(acceptance - expectedAcceptance)).toBeLessThan(0.25);
  });

  it('runs as a job, frames with velocities and forces', async () => {
    using service = ProjectService.open(join(folder, 'gpu.fwproj'), { create: true });
    const provenance = { program: 'test', created: '2026-01-01', data: [], settings: {}, report: {} };
    const document = formatPotentialDocument({ name: 'Si', model, provenance, metrics: {} });
    const potentialId = service.potentials.add({ name: 'Si', form: model.form, species: ['Si'], document });
    const structure = {
      kind: 'lattice' as const,
      lattice: 'diamond' as const,
      symbols: ['Si'],
      a: 5.431,
      repeat: [2, 2, 2],
    };
    const common = { name: 'gpu', potentialId, structure, every: 10, backend: 'webgpu' };
    const md = await service.jobs.run(
      service.jobs.create('md', 'md', { ...common, settings: dynamics, write: ['velocities', 'forces'] }),
    );
    expect(md.result).toMatchObject({ atoms: 64, steps: 60, backend: expect.stringMatching(/^WebGPU/) });
    const [{ id }] = service.trajectories.list();
    const frame = new TrajectoryReader(service.project, id).frame(2);
    expect(frame.velocities).toHaveLength(192);
    expect(frame.forces?.some((f) => Math.abs(f) > 0.01)).toBe(true);
    const settings = { temperature: 600, trajectories: 10, leapfrogSteps: 4, timestep: 3, seed: 1 };
    const hmc = await service.jobs.run(service.jobs.create('hmc', 'hmc', { ...common, settings }));
    expect(hmc.result).toMatchObject({ backend: expect.stringMatching(/double precision.*WebGPU/) });
  });

  it('serves recipes', async () => {
    const { values } = await recipeByName('nvt').run(
      { equilibration: 20, steps: 40, temperature: 300 },
      { model, structure: crystal, engine: { backend: 'webgpu' }, onProgress: () => undefined },
    );
    expect(values.atoms).toBe(64);
  });

  it('is chosen automatically for many atoms and a real GPU only', async () => {
    const few = await openSimulationEngine(model, crystal);
    expect(few.backend).toBe('wasm');
    few.dispose();
    const many = await openSimulationEngine(model, supercell(crystal, [4, 4, 4]));
    const { name } = await openGpu(nodeGpu);
    if (isSoftwareAdapter({ description: name } as GPUAdapterInfo)) expect(many.backend).toBe('wasm');
    else expect(['wasm', 'webgpu']).toContain(many.backend);
    many.dispose();
  });
});

describe.skipIf(process.platform !== 'linux')('a machine without a GPU', () => {
  it('is not asked for one unless somebody named it: the driver would print warnings', () => {
    const kept = process.env.VK_ICD_FILENAMES;
    try {
      process.env.VK_ICD_FILENAMES = join(folder, 'nothing.json');
      expect(mayHaveGpu()).toBe(false);
      process.env.VK_ICD_FILENAMES = `${join(folder, 'nothing.json')}:${folder}`;
      expect(mayHaveGpu()).toBe(true);
    } finally {
      if (kept === undefined) delete process.env.VK_ICD_FILENAMES;
      else process.env.VK_ICD_FILENAMES = kept;
    }
  });
});

describe('the backend of a run that goes on', () => {
  it('is that of its beginning unless another one is asked for', () => {
    expect(withSavedBackend({}, 'webgpu')).toEqual({ backend: 'webgpu' });
    expect(withSavedBackend({ backend: 'wasm' }, 'webgpu')).toEqual({ backend: 'wasm' });
    expect(withSavedBackend({ threads: 2 }, undefined)).toEqual({ threads: 2 });
    expect(withSavedBackend({}, 'lammps')).toEqual({});
  });
});
