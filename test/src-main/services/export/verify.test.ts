import { describe, expect, it, vi } from 'vitest';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { evaluateReference } from '../../../../src-compute/backends/reference/evaluate.ts';
import { stillingerWeberSilicon } from '../../../../src-compute/potentials/stillinger-weber/index.ts';
import { lattice, supercell } from '../../../../src-compute/structure/lattices.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { referenceEngineSchema } from '../../../../src-main/engines/registry.ts';
import { labelConfigurations } from '../../../../src-main/services/label/label.ts';
import { verifyAgainstLammps } from '../../../../src-main/services/export/verify.ts';
import { testStructures } from '../../../../src-main/services/export/test-structures.ts';
import { canRunKimModels, referencePotential } from '../../../support/kim.ts';

vi.setConfig({ testTimeout: 300_000 });

const able = canRunKimModels();

describe.skipIf(!able)('verifyAgainstLammps', () => {
  it('finds both programs in agreement on its own structures and in NVE', async () => {
    const model = referencePotential('crystals_cubic_08', ['Al']);
    const messages: string[] = [];
    const result = await verifyAgainstLammps({ model, onProgress: (_, message) => messages.push(message) });
    expect(result.configurations).toBe(20);
    expect(result.agrees).toBe(true);
    expect(result.differences.energy).toBeLessThan(1e-9);
    expect(result.differences.force).toBeLessThan(1e-8);
    expect(result.differences.virial).toBeLessThan(1e-7);
    // not two copies of one number: different programs differ in the last digits
    expect(result.differences.force).toBeGreaterThan(0);
    expect(result.dynamics.steps).toBe(100);
    expect(result.dynamics.positionDifference).toBeLessThan(1e-5);
    expect(result.dynamics.energyChangeLammps).toBeCloseTo(result.dynamics.energyChangeHere, 3);
    expect(messages).toContain('structure 20 of 20');
  });

  it('leaves nothing behind', async () => {
    const temporary = mkdtempSync(join(tmpdir(), 'forcewright-test-'));
    vi.stubEnv('TMPDIR', temporary);
    const model = referencePotential('crystals_cubic_08', ['Al']);
    await verifyAgainstLammps({ model, configurations: testStructures(model, 2, 1) });
    vi.unstubAllEnvs();
    expect(readdirSync(temporary)).toEqual([]);
    rmSync(temporary, { recursive: true });
  });
});

describe('testStructures', () => {
  const model = { form: 'moment-tensor', species: ['Si', 'O'], cutoff: 5, minimumDistance: 1.5 };

  it('covers crystals, strained cells, cells smaller than the cutoff, slabs and clusters, reproducibly', () => {
    const structures = testStructures(model, 20, 1);
    expect(structures).toEqual(testStructures(model, 20, 1));
    expect(structures).not.toEqual(testStructures(model, 20, 2));
    const free = (count: number) => (one: Configuration) => one.periodic.filter((p) => !p).length === count;
    expect(structures.some(free(3))).toBe(true);
    expect(structures.some(free(1))).toBe(true);
    expect(structures.some((one) => free(0)(one) && Math.hypot(...one.cell.subarray(0, 3)) < 5)).toBe(true);
    expect(structures.some((one) => free(0)(one) && one.cell[1] !== 0)).toBe(true);
    expect(new Set(structures.flatMap((one) => one.symbols))).toEqual(new Set(['Si', 'O']));
  });

  it('varies the structures of a dataset when it is given one', () => {
    const [cell] = [supercell(lattice('diamond', ['Si'], 5.43), [1, 1, 1])];
    const structures = testStructures(model, 20, 1, [{ ...cell, energy: -40 }]);
    const fromDataset = structures.filter(
      (one) => Math.abs(one.cell[0] - 5.43) < 1e-12 && one.kinds.length === 8,
    );
    expect(fromDataset.length).toBe(10);
    fromDataset.forEach((one) => expect(one.energy).toBeUndefined());
  });
});

const stillingerWeber = (file: string) =>
  referenceEngineSchema.parse({
    engine: 'lammps',
    pairStyle: 'sw',
    pairCoefficients: [`* * ${file} Si`],
    folder: tmpdir(),
  });

describe.skipIf(!able)('labelConfigurations', () => {
  it('labels with Stillinger–Weber silicon as our own evaluation gives it', async () => {
    const silicon = supercell(lattice('diamond', ['Si'], 5.5), [2, 2, 2]);
    const moved = {
      ...silicon,
      positions: silicon.positions.map((x, k) => x + 0.1 * Math.sin(k)),
      info: { config_type: 'x' },
    };
    const result = await labelConfigurations({
      configurations: [moved, { ...moved, periodic: [true, true, false] }],
      engine: stillingerWeber('Si.sw'),
    });
    expect(result.species).toEqual(['Si']);
    const [labelled, slab] = result.configurations;
    const expected = evaluateReference(stillingerWeberSilicon(), moved);
    expect(labelled.energy).toBeCloseTo(expected.energy, 9);
    labelled.forces?.forEach((f, k) => expect(f).toBeCloseTo(expected.forces[k], 9));
    labelled.virial?.forEach((w, k) => expect(w).toBeCloseTo(expected.virial[k], 7));
    expect(labelled.info?.config_type).toBe('x');
    expect(labelled.info?.reference).toMatch(/^LAMMPS .*pair_style sw/);
    expect(slab.virial).toBeUndefined();
  });

  it('says which file LAMMPS did not find', async () => {
    const silicon = lattice('diamond', ['Si'], 5.43);
    const request = { configurations: [silicon], engine: stillingerWeber('nofile.sw') };
    await expect(labelConfigurations(request)).rejects.toMatchObject({
      message: expect.stringMatching(/nofile\.sw/) as string,
      remedy: expect.stringMatching(/path of the potential file/) as string,
    });
  });
});
