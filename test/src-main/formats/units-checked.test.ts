/**
 * Units and signs that only physics tells: stiffness of bonds for forces without energies, work of expansion and bulk
 * moduli for stresses of calm crystals. Data are computed from potentials written here; good ones give no cause.
 */
import { describe, expect, test } from 'vitest';
import { kindsFromSymbols, type Configuration } from '../../../src-compute/structure/configuration.ts';
import { EV_PER_A3_IN_GPA } from '../../../src-compute/units.ts';
import { checkDataset, readConfigurations } from '../../../src-main/formats/index.ts';
import { remediesOf } from '../../../src-main/formats/remedies.ts';
import { unitOf } from '../../../src-main/formats/units.ts';
import { BondStiffness } from '../../../src-main/formats/bond-stiffness.ts';
import { DatasetChecks } from '../../../src-main/services/datasets/dataset-checks.ts';
import { hasShared, sharedPath } from '../../support/shared.ts';

/** Deterministic numbers in −1 … 1. */
function* noise(): Generator<number> {
  for (let seed = 12345; ;) {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    yield seed / 1073741824 - 1;
  }
}

/** Shaken water: springs of 49 eV/Å² along the bonds (O–H has 7.8 mdyne/Å) and of 4 eV/Å² between the hydrogens. */
function molecules(count: number, unit = 1): Configuration[] {
  const random = noise();
  const rest = [0, 0, 0, 0.96, 0, 0, -0.24, 0.93, 0];
  const springs: [number, number, number][] = [[0, 1, 49], [0, 2, 49], [1, 2, 4]]; // prettier-ignore
  const apart = (x: ArrayLike<number>, i: number, j: number) =>
    [0, 1, 2].map((k) => x[3 * j + k] - x[3 * i + k]);
  return Array.from({ length: count }, () => {
    const positions = Float64Array.from(rest, (x) => x + 0.05 * (random.next().value as number));
    const forces = new Float64Array(9);
    for (const [i, j, stiffness] of springs) {
      const d = apart(positions, i, j);
      const r = Math.hypot(...d);
      const pull = unit * stiffness * (r - Math.hypot(...apart(rest, i, j)));
      d.forEach((x, k) => {
        forces[3 * i + k] += (pull * x) / r;
        forces[3 * j + k] -= (pull * x) / r;
      });
    }
    return {
      ...kindsFromSymbols(['O', 'H', 'H']),
      positions,
      cell: new Float64Array(9),
      periodic: [false, false, false],
      forces,
    };
  });
}

const unchecked = (configurations: readonly Configuration[]) => {
  const checks = new DatasetChecks();
  for (const configuration of configurations) checks.add(configuration);
  return checks.unchecked().join(' ');
};

describe('forces without energies', () => {
  test.each([
    ['hartree/bohr', 1 / 51.422, /look like hartree\/bohr .* or Ry\/bohr/],
    ['Ry/bohr', 1 / 25.711, /look like hartree\/bohr .* or Ry\/bohr/],
    ['kcal/mol/Å', 23.06, /look like kcal\/mol\/Å/],
    ['kJ/mol/Å', 96.49, /look like kJ\/mol\/Å/],
    ['meV/Å', 1000, /look like meV\/Å/],
    ['the wrong sign', -1, /wrong sign/],
  ])('in %s are told from the stiffness of bonds', (_unit, factor, words) => {
    const [sentence, ...others] = checkDataset(molecules(60, factor));
    expect(sentence).toMatch(words);
    expect(others).toEqual([]);
    // one of what is offered is the unit that the file has; a sign is in the file
    const offered = remediesOf(sentence).map(({ forceUnit }) => unitOf(forceUnit ?? '', 'force').factor);
    if (factor > 0)
      expect(Math.min(...offered.map((unit) => Math.abs(unit * factor - 1)))).toBeLessThan(1e-3);
    else expect(offered).toEqual([]);
  });

  test('in eV/Å are fine, and said to be checked', () => {
    expect(checkDataset(molecules(60))).toEqual([]);
    expect(unchecked(molecules(60))).toBe('');
  });

  test('that nothing can be compared with are named as such', () => {
    expect(unchecked(molecules(5))).toMatch(/sign of the forces could not be checked/);
    expect(unchecked(molecules(5).map((c) => ({ ...c, forces: undefined })))).toBe('');
  });

  test.skipIf(!hasShared())('of DFT silicon agree with the rule', async () => {
    const stiffness = new BondStiffness();
    for (const configuration of await readConfigurations(sharedPath('data', 'Si_train.xyz')))
      stiffness.add(configuration);
    const { measured = 0, expected = 0, pair } = stiffness.verdict() ?? {};
    expect(pair).toBe('Si–Si');
    expect(measured / expected).toBeGreaterThan(0.4);
    expect(measured / expected).toBeLessThan(2.5);
  });
});

/**
 * Relaxed cubic crystals along a curve of volumes: E = ½ B V₀ ln²(V/V₀), W = −∂E/∂ε on the diagonal.
 * @param modulus GPa
 */
function crystals(unit: number, modulus: number, energies = true): Configuration[] {
  const still = 160;
  return Array.from({ length: 9 }, (_, k) => {
    const edge = Math.cbrt(still) * (0.98 + 0.005 * k);
    const strain = Math.log(edge ** 3 / still);
    const work = (modulus / EV_PER_A3_IN_GPA) * still * strain;
    const virial = new Float64Array(9);
    for (const place of [0, 4, 8]) virial[place] = -work * unit;
    return {
      ...kindsFromSymbols(['Na', 'Na', 'Na', 'Na']),
      positions: Float64Array.from([0, 0, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0], (x) => (x * edge) / 2),
      cell: Float64Array.of(edge, 0, 0, 0, edge, 0, 0, 0, edge),
      periodic: [true, true, true],
      forces: new Float64Array(12),
      virial,
      ...(energies ? { energy: -4.2 + 0.5 * (modulus / EV_PER_A3_IN_GPA) * still * strain * strain } : {}),
    };
  });
}

describe('stresses of calm crystals', () => {
  // sodium is soft: 7 GPa
  test.each([
    ['GPa', EV_PER_A3_IN_GPA, /look like GPa:?/],
    ['kbar', 10 * EV_PER_A3_IN_GPA, /look like kbar/],
    ['hartree/bohr³', 0.1481847 / 27.211386, /look like hartree\/bohr³/],
    ['GPa, positive under tension', -EV_PER_A3_IN_GPA, /look like GPa of the other sign/],
    ['the wrong sign', -1, /wrong sign/],
  ])('in %s are told from the work of expansion', (_unit, factor, words) => {
    const findings = checkDataset(crystals(factor, 7));
    const found = findings.filter((sentence) => words.test(sentence));
    expect(found).toHaveLength(1);
    const [{ virialUnit, turnVirials }] = remediesOf(found[0]);
    const unit = virialUnit === undefined ? 1 : unitOf(virialUnit, 'pressure').factor;
    expect(unit * Math.abs(factor)).toBeCloseTo(1, 3);
    expect(turnVirials ?? false).toBe(factor < 0);
  });

  test('without energies are told from a bulk modulus that no matter has', () => {
    expect(checkDataset(crystals(EV_PER_A3_IN_GPA, 7, false))).toEqual([
      expect.stringMatching(/bulk modulus were 1.1e\+3 GPa/),
    ]);
    expect(checkDataset(crystals(1, 7, false))).toEqual([]);
    // as stiff as diamond
    expect(checkDataset(crystals(1, 443, false))).toEqual([]);
  });

  test('in eV are fine; at one volume nothing can be told, and that is said', () => {
    expect(checkDataset(crystals(1, 7))).toEqual([]);
    expect(unchecked(crystals(1, 7))).not.toMatch(/virials/);
    const [still] = crystals(1, 7);
    expect(unchecked([still, still, still, still, still])).toMatch(
      /sign of the virials could not be checked/,
    );
  });
});
