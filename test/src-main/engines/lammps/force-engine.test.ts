import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { evaluateReference } from '../../../../src-compute/backends/reference/evaluate.ts';
import { lennardJonesModel } from '../../../../src-compute/potentials/pair/index.ts';
import { relax } from '../../../../src-compute/relaxation/index.ts';
import { deform, lattice, supercell } from '../../../../src-compute/structure/lattices.ts';
import {
  classicalInteraction,
  findLammps,
  LammpsForceEngine,
} from '../../../../src-main/engines/lammps/index.ts';
import { requireProgram } from '../../../support/real-part.ts';

const installed = requireProgram('lmp', 'apt-get install lammps');
const model = lennardJonesModel('Ar', 0.0104, 3.4, 8.5);
const argon = classicalInteraction('lj/cut 8.5', ['* * 0.0104 3.4'], ['Ar'], '.');
const crystal = supercell(lattice('fcc', ['Ar'], 5.3), [2, 2, 2]);

let temporary: string;
beforeAll(() => {
  temporary = mkdtempSync(join(tmpdir(), 'forcewright-test-'));
  vi.stubEnv('TMPDIR', temporary);
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(temporary, { recursive: true });
});

describe.skipIf(!installed)('LammpsForceEngine', () => {
  it('follows positions and cell from call to call', async () => {
    await using engine = await LammpsForceEngine.start(await findLammps(), argon, crystal);
    for (let k = 0; k < 5; k++) {
      const shear = [0, 0.03 * k, 0, 0.01 * k, 0, -0.02 * k, 0, 0.02, 0.01 * k];
      const moved = deform(
        { ...crystal, positions: crystal.positions.map((x, i) => x + 0.1 * Math.sin(i + k)) },
        shear,
      );
      await engine.compute(moved.positions, moved.cell);
      const expected = evaluateReference(model, moved);
      expect(engine.result.energy).toBeCloseTo(expected.energy, 10);
      engine.result.forces.forEach((f, i) => expect(f).toBeCloseTo(expected.forces[i], 10));
      engine.result.virial.forEach((w, i) => expect(w).toBeCloseTo(expected.virial[i], 9));
    }
  });

  it('serves a relaxation of our own', async () => {
    await using engine = await LammpsForceEngine.start(await findLammps(), argon, crystal);
    const moved = { ...crystal, positions: crystal.positions.map((x, i) => x + 0.1 * Math.sin(i)) };
    const relaxed = await relax(moved, engine, { tolerance: 1e-4 });
    expect(relaxed.converged).toBe(true);
    const perfect = evaluateReference(model, crystal);
    expect(relaxed.energy).toBeCloseTo(perfect.energy, 5);
  });

  it('says why LAMMPS stopped, again and again', async () => {
    const wrong = classicalInteraction('lj/cut 8.5', ['* * 1'], ['Ar'], '.');
    await using engine = await LammpsForceEngine.start(await findLammps(), wrong, crystal);
    for (let k = 0; k < 2; k++) {
      await expect(engine.compute(crystal.positions, crystal.cell)).rejects.toThrow(
        /Incorrect args for pair coefficients/,
      );
    }
  });

  it('leaves nothing behind', () => {
    expect(readdirSync(temporary)).toEqual([]);
  });
});
