/**
 * What molecular dynamics and hybrid Monte Carlo cost beside their force calls, and what they allocate: 64 atoms of
 * silicon (Stillinger–Weber) on the synchronous WebAssembly engine. Times are medians of rounds that alternate between
 * all samplers, as ratios to bare force calls on the same structure. Run by hand:
 *
 *   node --expose-gc --max-semi-space-size=256 test/benchmarks/sampler-overhead.ts [steps = 4000] [rounds = 9]
 */
import { atomsOf, createForceEngine } from '../../src-compute/backends/index.ts';
import { stillingerWeberSilicon } from '../../src-compute/potentials/stillinger-weber/index.ts';
import {
  completeHybridMonteCarloSettings,
  HybridMonteCarlo,
} from '../../src-compute/sampling/hybrid-monte-carlo/index.ts';
import { MolecularDynamics } from '../../src-compute/sampling/molecular-dynamics.ts';
import { completeMolecularDynamicsSettings, type Ensemble } from '../../src-compute/sampling/settings.ts';
import { lattice, supercell } from '../../src-compute/structure/lattices.ts';

const [steps, rounds] = [4000, 9].map((value, k) => Number(process.argv[k + 2] ?? value));
const model = stillingerWeberSilicon();
const crystal = supercell(lattice('diamond', ['Si'], 5.431), [2, 2, 2]);
const newEngine = () => createForceEngine(model, atomsOf(crystal));

interface Case {
  readonly name: string;
  /** Does so many force calls. */
  run(count: number): Promise<void>;
}

function dynamics(ensemble: Ensemble): Case {
  const settings = completeMolecularDynamicsSettings({
    ensemble,
    temperature: 300,
    timestep: 1,
    steps: 1e9,
    seed: 1,
    checkpointEvery: 1e9,
  });
  const simulation = new MolecularDynamics(crystal, newEngine(), settings);
  return { name: `md ${ensemble}`, run: (count) => simulation.run(undefined, simulation.step + count) };
}

function monteCarlo(): Case {
  const settings = completeHybridMonteCarloSettings({
    temperature: 300,
    trajectories: 1e9,
    leapfrogSteps: 20,
    lengthJitter: 0,
    timestep: 2,
    adapt: false,
    seed: 1,
    checkpointEvery: 1e9,
  });
  const chain = new HybridMonteCarlo(crystal, newEngine(), settings);
  return { name: 'hmc, 20 steps', run: (count) => chain.run(undefined, chain.trajectory + count / 20) };
}

/** Force calls on a crystal that breathes a little, so that the list is checked but not rebuilt. */
function bare(): Case {
  const engine = newEngine();
  const positions = crystal.positions.slice();
  return {
    name: 'force calls alone',
    run: (count) => {
      for (let k = 0; k < count; k++) {
        positions[3 * (k % 64)] += k % 2 === 0 ? 0.05 : -0.05;
        engine.compute(positions, crystal.cell);
      }
      return Promise.resolve();
    },
  };
}

const cases = [
  bare(),
  ...(['nve', 'nvt-langevin', 'nvt-bussi', 'nvt-nose-hoover', 'npt'] as const).map(dynamics),
  monteCarlo(),
];
const times = cases.map(() => [] as number[]);
const bytes = cases.map(() => [] as number[]);
for (const one of cases) await one.run(2000);
for (let round = 0; round < rounds; round++) {
  for (const [k, one] of cases.entries()) {
    globalThis.gc?.();
    const heap = process.memoryUsage().heapUsed;
    const before = process.cpuUsage();
    await one.run(steps);
    const { user, system } = process.cpuUsage(before);
    bytes[k].push((process.memoryUsage().heapUsed - heap) / steps);
    times[k].push((user + system) / steps);
  }
}
const median = (list: number[]) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
console.table(
  cases.map(({ name }, k) => ({
    sampler: name,
    'µs per force call': Number(median(times[k]).toFixed(1)),
    'ratio to force calls alone': Number((median(times[k]) / median(times[0])).toFixed(3)),
    'bytes per force call': Number(median(bytes[k]).toFixed(1)),
  })),
);
