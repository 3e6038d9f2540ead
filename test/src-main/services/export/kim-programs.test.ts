/** Forms that are programs as exported C++ models in a real LAMMPS, against the reference evaluation. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { PotentialModelBase } from '../../../../src-compute/potentials/potential.ts';
import { sumModel } from '../../../../src-compute/potentials/sum/sum.ts';
import { printProgramList } from '../../../../src-compute/programs/cpp/print.ts';
import {
  findLammps,
  kimInteraction,
  lammpsSinglePoints,
  type LammpsProgram,
  type RunOptions,
} from '../../../../src-main/engines/lammps/index.ts';
import { scratchModel } from '../../../../src-main/services/export/model-folder.ts';
import { exampleCrystal, testStructures } from '../../../../src-main/services/export/test-structures.ts';
import { resourcePath } from '../../../../src-main/services/resources.ts';
import { canRunKimModels, expectAgreement, kimDifferences } from '../../../support/kim.ts';
import { KIM_SPECIES, programPotentials } from '../../../support/kim-forms.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let program: LammpsProgram;
let folder: string;
const able = canRunKimModels();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'forcewright-kim-'));
  if (able) program = await findLammps();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** All kinds of programs at once, so that one model is built. */
const potential = sumModel<PotentialModelBase>(programPotentials());

async function built(): Promise<string> {
  return scratchModel(mkdtempSync(join(folder, 'm')), potential);
}

async function expectSame(count: number, options: RunOptions = {}) {
  const structures = testStructures(potential, count, 7);
  expectAgreement(await kimDifferences(program, await built(), potential, structures, options));
}

it('the checked-in list of programs is what the generator writes for a model without any of its own', () => {
  const checkedIn = readFileSync(resourcePath('kim-model', 'source', 'program-list.hpp'), 'utf8');
  expect(checkedIn).toBe(printProgramList([]));
});

describe.skipIf(!able)('programs as a KIM model', () => {
  it.each([
    [1, 'on'],
    [4, 'off'],
  ] as const)('agree with the reference: %i rank(s), newton %s', (ranks, newton) =>
    expectSame(6, { ranks, newton }),
  );

  it.each(['generic', 'avx'])('agree with the kernels for %s processors', async (kernels) => {
    vi.stubEnv('FORCEWRIGHT_KERNELS', kernels);
    await expectSame(4);
    vi.unstubAllEnvs();
  });

  it('stops LAMMPS with a sentence when a place lies outside its numbers', async () => {
    const made = await built();
    const path = join(made, 'parameters.txt');
    const lines = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('checksum'))
      .map((line) => line.replace(/^(words \d+) \d+/, '$1 123456789'));
    const sum = crc32(lines.map((line) => `${line}\n`).join(''));
    writeFileSync(path, [...lines, `checksum ${sum.toString(16).padStart(8, '0')}`, ''].join('\n'));
    const interaction = kimInteraction(made, KIM_SPECIES);
    await expect(lammpsSinglePoints(program, interaction, [exampleCrystal(potential)])).rejects.toThrow(
      /a place outside its numbers/,
    );
  });
});
