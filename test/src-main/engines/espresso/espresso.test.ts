/** Quantum ESPRESSO's pw.x as a reference, for real: Si₂ with a small cutoff. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { MolecularDynamics } from '../../../../src-compute/sampling/molecular-dynamics.ts';
import { completeMolecularDynamicsSettings } from '../../../../src-compute/sampling/settings.ts';
import { emptyEvaluation, type ForceEngine } from '../../../../src-compute/potentials/potential.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { BOHR_IN_A, RYDBERG_IN_EV } from '../../../../src-compute/units.ts';
import { espressoInput } from '../../../../src-main/engines/espresso/input.ts';
import { explainEspresso } from '../../../../src-main/engines/espresso/reference-engine.ts';
import { espressoEngineSchema } from '../../../../src-main/engines/espresso/settings.ts';
import { EngineFailedError, type ReferenceEngine } from '../../../../src-main/engines/reference-engine.ts';
import { openReferenceEngine } from '../../../../src-main/engines/registry.ts';
import { requireProgram } from '../../../support/real-part.ts';

const able = requireProgram('pw.x', 'apt-get install quantum-espresso quantum-espresso-data');
const folder = mkdtempSync(join(tmpdir(), 'forcewright-test-espresso-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const silicon: Configuration = {
  symbols: ['Si'],
  kinds: new Uint16Array(2),
  positions: Float64Array.of(0, 0, 0, 1.3575, 1.4075, 1.3575),
  cell: Float64Array.of(0, 2.715, 2.715, 2.715, 0, 2.715, 2.715, 2.715, 0),
  periodic: [true, true, true],
};
const settings = (more: object = {}) =>
  espressoEngineSchema.parse({
    engine: 'espresso',
    pseudopotentials: { Si: 'Si.pz-vbc.UPF' },
    cutoff: 10,
    kPoints: [2, 2, 2],
    occupations: 'fixed',
    connectTimeout: 60,
    timeout: 600,
    ...more,
  });

/** pw.x by itself on one structure, without any socket. */
function alone(configuration: Configuration): { energy: number; forces: number[]; stress: number[] } {
  const pseudo = join(
    execFileSync('readlink', ['-f', '/usr/share/espresso/pseudo'], { encoding: 'utf8' }).trim(),
  );
  const input = join(folder, 'alone.in');
  writeFileSync(input, espressoInput(configuration, settings(), pseudo, folder).replace('vc-relax', 'scf'));
  const environment = {
    ...process.env,
    OMP_NUM_THREADS: '1',
    OMPI_ALLOW_RUN_AS_ROOT: '1',
    OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
  };
  const text = execFileSync('pw.x', ['-in', input], { encoding: 'utf8', env: environment, cwd: folder });
  const energy = Number(/!\s+total energy\s+=\s+(\S+)/.exec(text)?.[1]) * RYDBERG_IN_EV;
  const forces = Array.from(text.matchAll(/^ +atom +\d+ +type +\d+ +force = +(\S+) +(\S+) +(\S+)/gm), (row) =>
    row.slice(1, 4).map((x) => (Number(x) * RYDBERG_IN_EV) / BOHR_IN_A),
  ).flat();
  const table = /total +stress.*\n([\s\S]{0,400})/.exec(text)?.[1].trim().split('\n').slice(0, 3) ?? [];
  const stress = table.flatMap((line) => line.trim().split(/\s+/).slice(0, 3).map(Number));
  return { energy, forces, stress: stress.map((x) => (x * RYDBERG_IN_EV) / BOHR_IN_A ** 3) };
}

describe.skipIf(!able)('pw.x as a reference', () => {
  it('gives the energy, forces and stress of pw.x’s own output', async () => {
    await using engine = await openReferenceEngine(settings(), silicon);
    const result = await engine.compute(silicon);
    const own = alone(silicon);
    expect(own.forces).toHaveLength(6);
    expect(result.energy).toBeCloseTo(own.energy, 5);
    own.forces.forEach((f, k) => expect(Math.abs(f - result.forces[k])).toBeLessThan(1e-3));
    expect(Math.abs(own.forces[1])).toBeGreaterThan(0.5);
    const volume = 2 * 2.715 ** 3;
    // pw.x prints the stress with the sign of a pressure
    own.stress.forEach((s, k) =>
      expect(Math.abs(s * volume - (result.virial?.[k] ?? NaN))).toBeLessThan(5e-3),
    );
  });

  it('conserves the energy of Si₂ over a few steps of 1 fs', async () => {
    await using engine = await openReferenceEngine(settings(), silicon);
    const dynamics = completeMolecularDynamicsSettings({
      ensemble: 'nve',
      temperature: 1500,
      timestep: 1,
      steps: 6,
      seed: 1,
    });
    const simulation = new MolecularDynamics(silicon, asForceEngine(engine), dynamics);
    const potential: number[] = [];
    const conserved: number[] = [];
    await simulation.run((now) => {
      potential.push(now.thermodynamics.potential);
      conserved.push(now.thermodynamics.conserved);
    });
    const spread = (values: number[]) => Math.max(...values) - Math.min(...values);
    expect(spread(potential)).toBeGreaterThan(0.005);
    expect(spread(conserved)).toBeLessThan(0.05 * spread(potential));
    expect(engine.calls).toBe(7);
  });

  it('says that the electrons did not converge', async () => {
    await using engine = await openReferenceEngine(settings({ maximumIterations: 3 }), silicon);
    await expect(engine.compute(silicon)).rejects.toMatchObject({
      failure: 'unconverged',
      message: expect.stringMatching(/did not converge the electrons in +3 iterations/) as string,
    });
  });

  it('says that pw.x was killed', async () => {
    await using engine = await openReferenceEngine(settings(), silicon);
    await engine.compute(silicon);
    const [child] = execFileSync('pgrep', ['-P', String(process.pid), '-x', 'pw.x'], {
      encoding: 'utf8',
    }).split('\n');
    process.kill(Number(child), 'SIGKILL');
    await expect(engine.compute(silicon)).rejects.toMatchObject({
      failure: 'failed',
      message: expect.stringMatching(/Quantum ESPRESSO \(pw\.x\) was ended by SIGKILL/) as string,
    });
  });

  it('says what pw.x complains about', async () => {
    await using engine = await openReferenceEngine(
      settings({ namelists: { SYSTEM: { nbnd: '2' } } }),
      silicon,
    );
    await expect(engine.compute(silicon)).rejects.toMatchObject({
      failure: 'failed',
      message: expect.stringMatching(/Quantum ESPRESSO stopped: Error in routine .*too few bands/) as string,
    });
    await expect(
      openReferenceEngine(settings({ pseudopotentials: { Si: 'none.UPF' } }), silicon),
    ).rejects.toThrow(/none\.UPF is not in/);
  });
});

describe('pw.x input', () => {
  it('names what is missing', () => {
    const gallium = { ...silicon, symbols: ['Ga'] };
    expect(() => espressoInput(gallium, settings(), '/p', '/o')).toThrow(/no pseudopotential for Ga/);
  });

  it('lets lines of the user win, and writes Fortran numbers', () => {
    const text = espressoInput(
      silicon,
      settings({ threshold: 1e-10, namelists: { ELECTRONS: { mixing_beta: '0.3d0' } } }),
      '/p',
      '/o',
    );
    expect(text).toContain('conv_thr = 1d-10');
    expect(text).toContain('mixing_beta = 0.3d0');
    expect(text).not.toContain('mixing_beta = 0.7');
    expect(text).toContain('2 2 2 0 0 0');
    expect(espressoInput(silicon, settings({ kPoints: [1, 1, 1] }), '/p', '/o')).toContain('K_POINTS gamma');
  });

  it('keeps the failure when the output explains nothing', () => {
    const failure = new EngineFailedError('x');
    expect(explainEspresso(['nothing to see'], failure)).toBe(failure);
  });
});

/** A reference as the force engine of a simulation. */
function asForceEngine(engine: ReferenceEngine): ForceEngine {
  const result = emptyEvaluation(2);
  return {
    backend: 'reference',
    threads: 1,
    result,
    neighbourListBuilds: 0,
    async compute(positions, cell) {
      const { energy, forces, virial } = await engine.compute({ ...silicon, positions, cell });
      result.energy = energy;
      result.forces.set(forces);
      if (virial) result.virial.set(virial);
    },
    forgetNeighbours: () => undefined,
    setKinds: () => undefined,
    dispose: () => undefined,
  };
}
