import { beforeAll, describe, expect, it } from 'vitest';
import { atomsOf, createForceEngine } from '../../../../src-compute/backends/index.ts';
import { ResidentNve } from '../../../../src-compute/backends/gpu/resident-nve.ts';
import type { PotentialModelBase } from '../../../../src-compute/potentials/potential.ts';
import { stillingerWeberSilicon } from '../../../../src-compute/potentials/stillinger-weber/index.ts';
import { lennardJonesModel } from '../../../../src-compute/potentials/pair/index.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { BOLTZMANN_EV_PER_K, EV_PER_A_AMU_IN_A_PER_FS2 } from '../../../../src-compute/units.ts';
import { nodeGpu } from '../../../../src-main/services/gpu-device.ts';
import { randomNumbers } from '../../../conformance/random.ts';
import { hasTestGpu } from '../../../support/gpu.ts';

const TIMESTEP = 1;
const SI = 28.085;

/** Diamond silicon, 64 atoms. */
function silicon(): Configuration {
  const basis = [
    [0, 0, 0],
    [2, 2, 0],
    [2, 0, 2],
    [0, 2, 2],
    [1, 1, 1],
    [3, 3, 1],
    [3, 1, 3],
    [1, 3, 3],
  ];
  const positions: number[] = [];
  for (let cell = 0; cell < 8; cell++) {
    const shift = [cell & 1, (cell >> 1) & 1, (cell >> 2) & 1];
    for (const site of basis) positions.push(...site.map((s, axis) => (s / 4 + shift[axis]) * 5.431));
  }
  const edge = 2 * 5.431;
  return {
    symbols: ['Si'],
    kinds: new Uint16Array(64),
    positions: Float64Array.from(positions),
    cell: Float64Array.from([edge, 0, 0, 0, edge, 0, 0, 0, edge]),
    periodic: [true, true, true],
  };
}

/** Velocities of a temperature without total momentum, Å/fs. */
function thermal(n: number, mass: number, temperature: number): Float64Array {
  const random = randomNumbers(4);
  const spread = Math.sqrt((BOLTZMANN_EV_PER_K * temperature * EV_PER_A_AMU_IN_A_PER_FS2) / mass);
  const velocities = Float64Array.from(
    { length: 3 * n },
    () => spread * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
  for (let axis = 0; axis < 3; axis++) {
    let mean = 0;
    for (let k = axis; k < 3 * n; k += 3) mean += velocities[k] / n;
    for (let k = axis; k < 3 * n; k += 3) velocities[k] -= mean;
  }
  return velocities;
}

/** The same integration in 64 bits on the CPU. */
function onCpu(
  model: PotentialModelBase,
  c: Configuration,
  start: Float64Array,
  mass: number,
  steps: number,
) {
  const engine = createForceEngine(model, atomsOf(c));
  const [x, v] = [c.positions.slice(), start.slice()];
  const half = (TIMESTEP * EV_PER_A_AMU_IN_A_PER_FS2) / (2 * mass);
  engine.compute(x, c.cell);
  for (let step = 0; step < steps; step++) {
    for (let k = 0; k < x.length; k++) {
      v[k] += half * engine.result.forces[k];
      x[k] += TIMESTEP * v[k];
    }
    engine.compute(x, c.cell);
    for (let k = 0; k < x.length; k++) v[k] += half * engine.result.forces[k];
  }
  return { positions: x, velocities: v, energy: engine.result.energy };
}

const largest = (a: Float64Array, b: Float64Array) =>
  a.reduce((max, value, k) => Math.max(max, Math.abs(value - b[k])), 0);

const available = await hasTestGpu();

describe.skipIf(!available)('velocity Verlet that stays on the GPU', () => {
  const c = silicon();
  const model = stillingerWeberSilicon();
  const masses = new Float64Array(64).fill(SI);
  const velocities = thermal(64, SI, 1500);
  const start = { positions: c.positions, velocities, masses, cell: c.cell };
  let straight: ResidentNve;

  beforeAll(async () => {
    // a thin skin, so that lists are rebuilt several times in the middle of submits
    straight = new ResidentNve(nodeGpu, model, atomsOf(c), start, {
      timestep: TIMESTEP,
      skin: 0.4,
      stepsPerSubmit: 16,
    });
    await straight.run(120);
  });

  it('follows the trajectory of the CPU through list rebuilds', () => {
    expect(straight.step).toBe(120);
    expect(straight.neighbourListBuilds).toBeGreaterThan(2);
    const cpu = onCpu(model, c, velocities, SI, 120);
    expect(largest(straight.positions, c.positions)).toBeGreaterThan(0.15);
    expect(largest(straight.positions, cpu.positions)).toBeLessThan(2e-4);
    expect(largest(straight.velocities, cpu.velocities)).toBeLessThan(2e-5);
    expect(Math.abs(straight.result.energy - cpu.energy)).toBeLessThan(2e-3);
  });

  it('conserves energy and momentum', async () => {
    const run = new ResidentNve(nodeGpu, model, atomsOf(c), start, {
      timestep: TIMESTEP,
      stepsPerSubmit: 20,
    });
    await run.run(0);
    const before = run.totalEnergy;
    const energies: number[] = [];
    await run.run(120, { onReading: ({ totalEnergy }) => energies.push(totalEnergy) });
    expect(energies.length).toBeGreaterThanOrEqual(6);
    // velocity Verlet's own oscillation of the energy at 1 fs and 1500 K
    for (const energy of energies) expect(Math.abs(energy - before) / 64).toBeLessThan(5e-4);
    const momentum = [0, 1, 2].map((axis) =>
      run.velocities.reduce((sum, v, k) => sum + (k % 3 === axis ? v : 0), 0),
    );
    for (const p of momentum) expect(Math.abs(p)).toBeLessThan(1e-6);
    run.dispose();
  });

  it('goes on from the last reading when the device is lost', async () => {
    const run = new ResidentNve(nodeGpu, model, atomsOf(c), start, {
      timestep: TIMESTEP,
      skin: 0.4,
      stepsPerSubmit: 16,
    });
    const lostAt: number[] = [];
    await run.run(120, {
      onReading: ({ step, context }) => {
        if (step < 40 || lostAt.length > 0) return;
        lostAt.push(step);
        context?.device.destroy();
      },
    });
    expect(run.deviceRecoveries).toBe(1);
    expect(lostAt[0]).toBeLessThan(120);
    expect(run.step).toBe(120);
    // another order of atoms after the restart: round-off, no more
    expect(largest(run.positions, straight.positions)).toBeLessThan(2e-4);
    run.dispose();
  });

  it('says so when the run explodes', async () => {
    const argon = lennardJonesModel('Ar', 0.0104, 3.4, 6);
    const two: Configuration = {
      symbols: ['Ar'],
      kinds: new Uint16Array(2),
      positions: Float64Array.from([0, 0, 0, 1.2, 0, 0]),
      cell: new Float64Array(9),
      periodic: [false, false, false],
    };
    const run = new ResidentNve(
      nodeGpu,
      argon,
      atomsOf(two),
      {
        positions: two.positions,
        velocities: new Float64Array(6),
        masses: Float64Array.of(39.95, 39.95),
        cell: two.cell,
      },
      { timestep: 5 },
    );
    await expect(run.run(10)).rejects.toThrow(/exploded at step \d+/);
    run.dispose();
  });
});
