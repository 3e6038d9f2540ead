import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CancelledError } from '../../../../src-compute/errors.ts';
import { Random } from '../../../../src-compute/sampling/random.ts';
import { deform, lattice, supercell } from '../../../../src-compute/structure/lattices.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import {
  classicalInteraction,
  findLammps,
  lammpsDynamics,
  type DynamicsFrame,
  type LammpsDynamicsSettings,
  type ThermoRow,
} from '../../../../src-main/engines/lammps/index.ts';
import { requireProgram } from '../../../support/real-part.ts';

const installed = requireProgram('lmp', 'apt-get install lammps');
// force and energy end smoothly at the cutoff, so that energies are conserved
const argon = classicalInteraction('lj/smooth/linear 8.5', ['* * 0.0104 3.4'], ['Ar'], '.');
const crystal = supercell(lattice('fcc', ['Ar'], 5.3), [3, 3, 3]);
const base: LammpsDynamicsSettings = {
  ensemble: 'nve',
  steps: 400,
  timestep: 2,
  temperature: 40,
  thermoEvery: 20,
  frameEvery: 100,
};

async function run(settings: Partial<LammpsDynamicsSettings>, start: Configuration = crystal) {
  const frames: DynamicsFrame[] = [];
  const rows: ThermoRow[] = [];
  const result = await lammpsDynamics(
    await findLammps(),
    argon,
    start,
    { ...base, ...settings },
    {
      onFrame: (frame) => frames.push(frame),
      onThermo: (row) => rows.push(row),
    },
  );
  expect(result.thermo).toEqual(rows);
  return { ...result, frames };
}

// temporary folders of its own, so that what is left behind is seen
let temporary: string;
beforeAll(() => {
  temporary = mkdtempSync(join(tmpdir(), 'forcewright-test-'));
  vi.stubEnv('TMPDIR', temporary);
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(temporary, { recursive: true });
});

/** Process id of a child of this process, from /proc. */
function childProcess(name: string): number | undefined {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .find((pid) => {
      try {
        const [, command, parent] =
          /\((.*)\) \S+ (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
        return command === name && Number(parent) === process.pid;
      } catch {
        return false; // it ended in the meantime
      }
    });
}

describe.skipIf(!installed)('lammpsDynamics', () => {
  it('follows an NVE run: rows, frames, units, drift', async () => {
    const { thermo, frames, drift } = await run({});
    expect(thermo.map((row) => row.step)).toEqual(Array.from({ length: 21 }, (_, k) => 20 * k));
    expect(thermo[0].temperature).toBeCloseTo(40, 6);
    expect(thermo.at(-1)?.time).toBeCloseTo(800, 9);
    expect(Math.abs(drift)).toBeLessThan(0.05);
    expect(frames.map((frame) => frame.step)).toEqual([0, 100, 200, 300, 400]);
    frames[0].configuration.positions.forEach((x, k) => expect(x).toBeCloseTo(crystal.positions[k], 8));
    // velocities in Å/fs: kinetic energy of the last frame is that of the last row
    const { velocities = new Float64Array(0) } = frames[4].configuration;
    const kinetic = 0.5 * 39.95 * 103.642696562621 * velocities.reduce((sum, v) => sum + v * v, 0);
    const last = thermo[thermo.length - 1];
    expect(kinetic).toBeCloseTo(last.totalEnergy - last.potentialEnergy, 5);
  });

  it('goes on from given velocities, and gives frames in the given orientation', async () => {
    const random = new Random(5);
    const turned = deform(crystal, [0.02, 0.3, 0, -0.3, 0.02, 0, 0, 0, 0.02]);
    const velocities = turned.positions.map(() => 1e-3 * random.normal());
    const { frames } = await run(
      { steps: 1, timestep: 0.01, frameEvery: 1, thermoEvery: 1 },
      { ...turned, velocities },
    );
    frames[0].configuration.velocities?.forEach((v, k) => expect(v).toBeCloseTo(velocities[k], 12));
    frames[1].configuration.cell.forEach((x, k) => expect(x).toBeCloseTo(turned.cell[k], 9));
    frames[1].configuration.positions.forEach((x, k) =>
      expect(x).toBeCloseTo(turned.positions[k] + 0.01 * velocities[k], 6),
    );
  });

  it.each(['nvt-nose-hoover', 'nvt-langevin', 'npt'] as const)(
    'holds temperature and conserved energy in %s',
    async (ensemble) => {
      const { thermo, drift } = await run({
        ensemble,
        steps: 3000,
        temperature: 40,
        pressure: 0.02,
        frameEvery: 0,
      });
      const tail = thermo.slice(Math.floor(thermo.length / 2));
      const mean = tail.reduce((sum, row) => sum + row.temperature, 0) / tail.length;
      // 108 atoms: the mean of correlated samples is good to a few K
      expect(mean).toBeGreaterThan(34);
      expect(mean).toBeLessThan(46);
      expect(Math.abs(drift)).toBeLessThan(0.2);
      const volumes = new Set(thermo.map((row) => row.volume));
      expect(volumes.size > 1).toBe(ensemble === 'npt');
    },
  );

  it('runs on two ranks with the same first step', async () => {
    const program = await findLammps();
    const energies: number[][] = [];
    for (const ranks of [1, 2]) {
      const { thermo } = await lammpsDynamics(program, argon, crystal, { ...base, steps: 20 }, { ranks });
      energies.push(thermo.map((row) => row.totalEnergy));
    }
    energies[0].forEach((energy, k) => expect(energies[1][k]).toBeCloseTo(energy, 8));
  });

  it('refuses a thermostat without a temperature', async () => {
    await expect(run({ ensemble: 'npt', temperature: undefined })).rejects.toThrow(/temperature above 0 K/);
  });

  it('explains an explosion', async () => {
    const crowded = supercell(lattice('fcc', ['Ar'], 2.2), [3, 3, 3]);
    await expect(run({ timestep: 50, temperature: 1000 }, crowded)).rejects.toMatchObject({
      message: expect.stringMatching(/exploded/) as string,
      remedy: expect.stringMatching(/smaller time step/) as string,
    });
  });

  it('stops LAMMPS when it is cancelled and cleans up', async () => {
    const controller = new AbortController();
    const running = lammpsDynamics(
      await findLammps(),
      argon,
      crystal,
      { ...base, steps: 1e8, thermoEvery: 10 },
      {
        signal: controller.signal,
        onThermo: (row) => row.step >= 50 && controller.abort(),
      },
    );
    await expect(running).rejects.toBeInstanceOf(CancelledError);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('says so when LAMMPS dies', async () => {
    const program = await findLammps();
    let killed = false;
    const running = lammpsDynamics(
      program,
      argon,
      crystal,
      { ...base, steps: 1e8, thermoEvery: 10 },
      {
        onThermo(row) {
          if (killed || row.step < 20) return;
          killed = true;
          const pid = childProcess('lmp');
          process.kill(Number(pid), 'SIGKILL');
        },
      },
    );
    await expect(running).rejects.toMatchObject({
      message: expect.stringMatching(/running molecular dynamics: it was ended by SIGKILL/) as string,
      remedy: expect.stringMatching(/last lines/) as string,
    });
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('passes on errors of the observer', async () => {
    const running = lammpsDynamics(
      await findLammps(),
      argon,
      crystal,
      { ...base, steps: 1e8, thermoEvery: 10 },
      {
        onThermo() {
          throw new Error('observer');
        },
      },
    );
    await expect(running).rejects.toThrow('observer');
  });
});
