/** Tensor-regression potentials as exported C++ models in a real LAMMPS, against the reference evaluation. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ZblModel } from '../../../../src-compute/potentials/pair/zbl.ts';
import type { PotentialModelBase } from '../../../../src-compute/potentials/potential.ts';
import { sumModel } from '../../../../src-compute/potentials/sum/sum.ts';
import {
  findLammps,
  kimInteraction,
  lammpsSinglePoints,
  type LammpsProgram,
  type RunOptions,
} from '../../../../src-main/engines/lammps/index.ts';
import { scratchModel } from '../../../../src-main/services/export/model-folder.ts';
import { formatParameterFile } from '../../../../src-main/services/export/parameter-file.ts';
import { exampleCrystal, testStructures } from '../../../../src-main/services/export/test-structures.ts';
import { verifyAgainstLammps } from '../../../../src-main/services/export/verify.ts';
import { randomTensorRegression } from '../../../conformance/potentials.ts';
import { canRunKimModels, expectAgreement, kimDifferences } from '../../../support/kim.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let program: LammpsProgram;
let folder: string;
const able = canRunKimModels();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'forcewright-kim-'));
  if (able) program = await findLammps();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function built(potential: PotentialModelBase): Promise<string> {
  return scratchModel(mkdtempSync(join(folder, 'm')), potential);
}

async function expectSame(potential: PotentialModelBase, count: number, options: RunOptions = {}) {
  const structures = testStructures(potential, count, 7);
  expectAgreement(await kimDifferences(program, await built(potential), potential, structures, options));
}

const one = ['Al'];
const two = ['Al', 'Ni'];
const zbl: ZblModel = { form: 'zbl', species: ['Ni', 'Al', 'W'], cutoff: 3.4, innerRadius: 1.5 };
const potentials = {
  'rank 1': () => randomTensorRegression(one, 51, { rank: 1 }),
  'rank 2': () => randomTensorRegression(one, 52, { angularRadial: 3 }),
  'rank 2, two species': () => randomTensorRegression(two, 53, { angularRadial: 2 }),
  'rank 2, by atomic number': () =>
    randomTensorRegression(['Ti', 'Al', 'Ni'], 54, { elementWeighting: 'atomic-number' }),
  'rank 2, no angular part': () => randomTensorRegression(two, 55, { angularSize: 0 }),
  'rank 3': () => randomTensorRegression(one, 56, { rank: 3, radialSize: 3 }),
  'rank 3, two species + ZBL': () =>
    sumModel<PotentialModelBase>([randomTensorRegression(two, 57, { rank: 3, radialSize: 2 }), zbl]),
  'tensor train': () => randomTensorRegression(one, 58, { bonds: [1, 3, 2, 1], angularRadial: 2 }),
  'tensor train, two species + ZBL': () =>
    sumModel<PotentialModelBase>([randomTensorRegression(two, 59, { bonds: [1, 2, 3, 2, 1] }), zbl]),
};

describe.skipIf(!able)('a tensor-regression potential as a KIM model', () => {
  it.each(Object.keys(potentials) as (keyof typeof potentials)[])('agrees with the reference: %s', (name) =>
    expectSame(potentials[name](), 10),
  );

  it.each([
    ['rank 2', 2, 'on'],
    ['rank 2, two species', 2, 'off'],
    ['rank 3, two species + ZBL', 1, 'off'],
    ['tensor train', 2, 'off'],
    ['tensor train, two species + ZBL', 2, 'on'],
  ] as const)('agrees with the reference: %s, %i rank(s), newton %s', (name, ranks, newton) =>
    expectSame(potentials[name](), 6, { ranks, newton }),
  );

  it.each(['generic', 'avx'])('agrees with the kernels for %s processors', async (kernels) => {
    vi.stubEnv('FORCEWRIGHT_KERNELS', kernels);
    await expectSame(potentials['rank 2, two species'](), 5);
    await expectSame(potentials['tensor train, two species + ZBL'](), 5);
    vi.unstubAllEnvs();
  });

  it('passes verify, dynamics included', async () => {
    const { agrees, dynamics } = await verifyAgainstLammps({
      model: potentials['tensor train, two species + ZBL'](),
    });
    expect(agrees).toBe(true);
    expect(dynamics.positionDifference).toBeLessThan(1e-6);
  });

  it('passes verify when a relaxing crystal collapses, as attraction without repulsion makes it', async () => {
    const attractive = randomTensorRegression(one, 61, { rank: 1 });
    if (attractive.head.kind === 'dense') attractive.head.coefficients[1] = -2;
    const { agrees, dynamics } = await verifyAgainstLammps({ model: attractive });
    expect(agrees).toBe(true);
    expect(dynamics.positionDifference).toBeLessThan(1e-5);
  });

  it('stops LAMMPS with a sentence when coefficients are missing', async () => {
    const potential = potentials['rank 2']();
    const made = await built(potential);
    const path = join(made, 'parameters.txt');
    const lines = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('checksum'))
      .map((line) =>
        line.replace(/^coefficients \d+ \S+/, (found) => `coefficients ${Number(found.split(' ')[1]) - 1}`),
      );
    const sum = crc32(lines.map((line) => `${line}\n`).join(''));
    writeFileSync(path, [...lines, `checksum ${sum.toString(16).padStart(8, '0')}`, ''].join('\n'));
    const interaction = kimInteraction(made, one);
    await expect(lammpsSinglePoints(program, interaction, [exampleCrystal(potential)])).rejects.toThrow(
      /does not hold the coefficients of every species/,
    );
  });
});

describe('the parameter file', () => {
  it('refuses heads of single atoms with a sentence', () => {
    const shared = randomTensorRegression(['Al'], 60);
    const perAtom = { ...shared, mode: 'per-atom', atomSpecies: Int32Array.of(0) } as const;
    expect(() => formatParameterFile(perAtom, [])).toThrow(/per-atom.*cannot be exported as a KIM model/);
  });
});
