/** Units told from the size of labels; good data give no cause. */
import { describe, expect, test } from 'vitest';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { EV_PER_A3_IN_GPA } from '../../../src-compute/units.ts';
import { readConfigurations } from '../../../src-main/formats/index.ts';
import { checkMagnitudes } from '../../../src-main/formats/magnitudes.ts';
import { hasShared, sharedPath } from '../../support/shared.ts';
import { readText } from './support.ts';

const water = (energy: number) =>
  readText(`3\nProperties=species:S:1:pos:R:3 energy=${energy}\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n`);

describe('energies', () => {
  // B3LYP water is −76.4 hartree
  test.each([
    ['hartree', -76.4],
    ['rydberg', -152.8],
    ['kcal/mol', -47942],
    ['kJ/mol', -200588],
  ])('of all electrons in %s', async (unit, energy) => {
    expect(checkMagnitudes(await water(energy))).toEqual([expect.stringContaining(`in ${unit}:`)]);
  });

  // eV with all electrons, with the pseudopotentials of Quantum ESPRESSO and of VASP
  test.each([-2079, -469, -14.2, -10.1])('of %s eV are fine', async (energy) => {
    expect(checkMagnitudes(await water(energy))).toEqual([]);
  });
});

describe.skipIf(!hasShared())('published sets', () => {
  const scaled = (configurations: readonly Configuration[], factor: number) =>
    configurations.map((c) => ({ ...c, virial: c.virial?.map((w) => w * factor) }));

  test.each(['Si_train.xyz', 'Mo_train.xyz'])(
    '%s is fine, and its stresses in kbar are not',
    async (name) => {
      const good = await readConfigurations(sharedPath('data', name));
      expect(checkMagnitudes(good)).toEqual([]);
      expect(checkMagnitudes(scaled(good, 10 * EV_PER_A3_IN_GPA))).toEqual([
        expect.stringMatching(/look like GPa .* or kbar/),
      ]);
    },
  );
});
