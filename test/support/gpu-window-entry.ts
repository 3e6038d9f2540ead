/** Runs in a browser window: one potential of two terms on the window's own GPU. Bundled by gpu-window.test.ts. */
import { atomsOf } from '../../src-compute/backends/atoms.ts';
import { GpuForceEngine, windowGpu } from '../../src-compute/backends/gpu/index.ts';
import { potentials } from '../conformance/potentials.ts';
import { structures } from '../conformance/structures.ts';

/** Energy and forces of the crystal of a potential of the conformance suite, and the adapter's name. */
export async function computeInWindow(name: string) {
  const potential = potentials.find((candidate) => candidate.name === name);
  if (!potential) throw new Error(`no potential ${name}`);
  const { crystal } = structures(potential.model.species, potential.bond);
  const engine = await GpuForceEngine.open(windowGpu, potential.model, atomsOf(crystal), 0.7);
  await engine.compute(crystal.positions, crystal.cell);
  const first = Array.from(engine.result.forces);
  // a lost device is opened again here, too
  engine.context.device.destroy();
  await engine.compute(crystal.positions, crystal.cell);
  return {
    adapter: engine.context.name,
    energy: engine.result.energy,
    forces: Array.from(engine.result.forces),
    first,
    recoveries: engine.deviceRecoveries,
  };
}

Object.assign(globalThis, { computeInWindow });
