/** Energy conservation with the real backends: silicon, NVE at 300 K with 1 fs, as issue and users measure it. */
import { describe, expect, it } from 'vitest';
import { atomsOf, createForceEngine } from '../../../src-compute/backends/index.ts';
import { stillingerWeberSilicon } from '../../../src-compute/potentials/stillinger-weber/index.ts';
import { MolecularDynamics } from '../../../src-compute/sampling/molecular-dynamics.ts';
import { completeMolecularDynamicsSettings } from '../../../src-compute/sampling/settings.ts';
import { lattice, supercell } from '../../../src-compute/structure/lattices.ts';

describe('drift of silicon, NVE, 300 K, 1 fs', () => {
  it.each([
    ['wasm', 0.02],
    ['wasm-f32', 0.2],
  ] as const)('%s: below %d meV/atom/ps', async (backend, limit) => {
    const crystal = supercell(lattice('diamond', ['Si'], 5.431), [3, 3, 3]);
    const engine = createForceEngine(stillingerWeberSilicon(), atomsOf(crystal), { backend });
    const settings = completeMolecularDynamicsSettings({
      ensemble: 'nve',
      temperature: 600, // half of it becomes potential energy
      timestep: 1,
      steps: 6000,
      seed: 1,
    });
    const simulation = new MolecularDynamics(crystal, engine, settings);
    await simulation.run(undefined, 1000);
    simulation.resetAverages();
    await simulation.run();
    const { drift, temperature } = simulation.summary;
    expect(Math.abs(temperature.value - 300)).toBeLessThan(30);
    expect(Math.abs(drift)).toBeLessThan(limit);
    engine.dispose();
  });
});
