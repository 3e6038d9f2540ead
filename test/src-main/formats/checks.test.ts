/** Checks of frames and of datasets: each finds what it is for, and stays silent on good data. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { kindsFromSymbols, type Configuration } from '../../../src-compute/structure/configuration.ts';
import { EV_PER_A3_IN_KBAR, HARTREE_IN_EV } from '../../../src-compute/units.ts';
import {
  checkConfiguration,
  checkDataset,
  checkLabels,
  readConfigurations,
} from '../../../src-main/formats/index.ts';
import { closestOverlap, OVERLAP_DISTANCE } from '../../../src-main/formats/overlaps.ts';
import { hasShared, sharedPath } from '../../support/shared.ts';
import { sample } from './support.ts';

const CUBIC = Float64Array.of(10, 0, 0, 0, 10, 0, 0, 0, 10);

function atomsAt(
  positions: number[],
  cell = CUBIC,
  periodic: [boolean, boolean, boolean] = [true, true, true],
): Configuration {
  return {
    ...kindsFromSymbols(new Array<string>(positions.length / 3).fill('Si')),
    positions: Float64Array.from(positions),
    cell,
    periodic,
  };
}

/** All pairs with the 27 nearest images: the plain way. */
function overlapsPlainly({ positions: p, cell, periodic }: Configuration): boolean {
  for (let i = 0; i < p.length; i += 3) {
    for (let j = i + 3; j < p.length; j += 3) {
      for (let n = 0; n < 27; n++) {
        const shift = [(n % 3) - 1, (Math.floor(n / 3) % 3) - 1, Math.floor(n / 9) - 1];
        if (shift.some((s, axis) => s !== 0 && !periodic[axis])) continue;
        const d = [0, 1, 2].map(
          (k) => p[j + k] - p[i + k] + shift[0] * cell[k] + shift[1] * cell[3 + k] + shift[2] * cell[6 + k],
        );
        if (Math.hypot(...d) < OVERLAP_DISTANCE) return true;
      }
    }
  }
  return false;
}

describe('overlapping atoms', () => {
  test('are found exactly when the plain double loop finds them', () => {
    const coordinate = fc.nat(999_999).map((n) => ((n * 7919) % 1_000_000) / 1_000_000);
    const tilt = fc.double({ min: -1, max: 1, noNaN: true });
    let overlapping = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(coordinate, coordinate, coordinate), { minLength: 2, maxLength: 25 }),
        fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
        fc.tuple(tilt, tilt, tilt),
        fc.double({ min: 2, max: 12, noNaN: true }),
        (fractional, periodic, [xy, xz, yz], edge) => {
          const cell = Float64Array.of(
            edge,
            0,
            0,
            0.4 * edge * xy,
            edge,
            0,
            0.4 * edge * xz,
            0.4 * edge * yz,
            edge,
          );
          const positions = fractional.flatMap(([a, b, c]) =>
            [0, 1, 2].map((k) => a * cell[k] + b * cell[3 + k] + c * cell[6 + k]),
          );
          const configuration = atomsAt(positions, cell, periodic);
          const found = closestOverlap(configuration);
          expect(found !== undefined).toBe(overlapsPlainly(configuration));
          if (found !== undefined) {
            overlapping++;
            expect(found.distance).toBeLessThan(OVERLAP_DISTANCE);
          }
        },
      ),
      { numRuns: 300, seed: 5 },
    );
    expect(overlapping).toBeGreaterThan(30);
    expect(overlapping).toBeLessThan(290);
  });

  test('a free cluster without a cell, a chain of far atoms, a cell smaller than the distance of neighbours', () => {
    const none = new Float64Array(9);
    expect(closestOverlap(atomsAt([0, 0, 0, 0, 0, 0.2], none, [false, false, false]))).toMatchObject({
      first: 0,
      second: 1,
    });
    expect(
      closestOverlap(atomsAt([0, 0, 0, 1e6, 0, 0, -1e6, 0, 0], none, [false, false, false])),
    ).toBeUndefined();
    expect(
      closestOverlap(atomsAt([0, 0, 0], Float64Array.of(0, 2.7, 2.7, 2.7, 0, 2.7, 2.7, 2.7, 0))),
    ).toBeUndefined();
  });
});

test('what makes a configuration unusable', () => {
  const message = (configuration: Configuration) =>
    checkConfiguration(configuration).map((problem) => problem.message);
  expect(message(atomsAt([0, 0, 0, 2, 2, 2]))).toEqual([]);
  expect(message(atomsAt([0, 0, 0, NaN, 2, 2]))).toEqual([
    'Expected finite numbers for positions, found NaN.',
  ]);
  expect(message({ ...atomsAt([0, 0, 0]), energy: Infinity })).toEqual([
    'Expected finite numbers for the energy, found Infinity.',
  ]);
  expect(message({ ...atomsAt([0, 0, 0]), symbols: ['X'] })).toEqual([
    'Expected an element symbol such as Si, found "X".',
  ]);
  expect(message({ ...atomsAt([0, 0, 0]), symbols: ['type4'] })).toEqual([]);
  expect(message(atomsAt([0, 0, 0], Float64Array.of(1, 0, 0, 2, 0, 0, 0, 0, 1)))).toEqual([
    'Expected a cell with a volume, but its three lattice vectors lie in one plane.',
  ]);
  expect(
    message(atomsAt([0, 0, 0], Float64Array.of(1, 0, 0, 2, 0, 0, 0, 0, 1), [true, false, false])),
  ).toEqual([]);
});

test('labels are missed only where they are wanted', () => {
  const bare = atomsAt([0, 0, 0]);
  expect(checkLabels(bare, {})).toEqual([]);
  expect(checkLabels(bare).map((problem) => problem.message.slice(0, 23))).toEqual([
    'Expected a total energy',
    'Expected forces (eV/Å) ',
  ]);
  expect(
    checkLabels(
      { ...bare, energy: 1, forces: new Float64Array(3) },
      { energy: true, forces: true, virial: true },
    ),
  ).toHaveLength(1);
});

const scaled = (values: Float64Array | undefined, factor: number) => values?.map((value) => value * factor);

test('structures that occur with several energies are counted; copies and isolated atoms are not', () => {
  const [one, other] = [atomsAt([0, 0, 0, 2.4, 0, 0]), atomsAt([0, 0, 0, 2.5, 0, 0])];
  const atom = atomsAt([0, 0, 0]);
  const energies = (...list: [Configuration, number][]) =>
    checkDataset(list.map(([configuration, energy]) => ({ ...configuration, energy })));
  expect(energies([one, -9], [other, -9.1], [one, -9], [atom, -1], [atom, -2])).toEqual([]);
  // another element or cell is another structure
  const ge = { ...one, symbols: ['Ge'] };
  const wide = { ...one, cell: CUBIC.map((x) => 1.1 * x) };
  expect(energies([one, -9], [ge, -8], [wide, -8.9])).toEqual([]);
  expect(energies([one, -9], [other, -9.1], [one, -8.5])).toEqual([
    expect.stringMatching(/1 structure occurs more than once .* up to 250 meV\/atom/),
  ]);
  expect(energies([one, -9], [other, -9.1], [one, -8.5], [other, -9])).toEqual([
    expect.stringMatching(/2 structures occur/),
  ]);
});

describe.skipIf(!hasShared())('units and signs across a dataset', () => {
  test.each(['Si_train.xyz', 'Mo_train.xyz', 'Si_test.xyz', 'Mo_test.xyz'])('%s is fine', async (name) => {
    expect(checkDataset(await readConfigurations(sharedPath('data', name)))).toEqual([]);
  });

  test.each<[string, (c: Configuration, k: number) => Configuration, RegExp]>([
    [
      'virials of the other sign',
      (c) => ({ ...c, virial: scaled(c.virial, -1) }),
      /the virials \(or stresses\) have the wrong sign/,
    ],
    [
      'virials in kB',
      (c) => ({ ...c, virial: scaled(c.virial, EV_PER_A3_IN_KBAR) }),
      /their unit looks wrong/,
    ],
    [
      'some energies in hartree',
      (c, k) => (k % 9 === 0 ? { ...c, energy: (c.energy ?? 0) / HARTREE_IN_EV } : c),
      /by the factor 27\.2 of a hartree/,
    ],
    [
      'energies per atom',
      (c) => ({ ...c, energy: (c.energy ?? 0) / c.kinds.length }),
      /these look like energies per atom/,
    ],
    [
      'a spread of 1e5 eV per atom',
      (c, k) => (k === 3 ? { ...c, energy: -1e5 * c.kinds.length } : c),
      /within 1000 eV per atom of each other/,
    ],
    ['forces of another unit', (c) => ({ ...c, forces: scaled(c.forces, 4184) }), /look like meV\/Å/],
  ])('%s', async (_, change, sentence) => {
    const configurations = await readConfigurations(sharedPath('data', 'Si_train.xyz'));
    const [finding, ...others] = checkDataset(configurations.map(change));
    expect(finding).toMatch(sentence);
    expect(finding).toMatch(/^Expected .*\.$/);
    expect(others).toEqual([]);
  });
});

describe('work along a trajectory (a genuine run of pw.x)', () => {
  const hartreePerBohr = 51.42206747;
  test.each<[string, (c: Configuration) => Configuration, RegExp]>([
    [
      'forces in hartree/bohr',
      (c) => ({ ...c, forces: scaled(c.forces, 1 / hartreePerBohr) }),
      /look like hartree\/bohr/,
    ],
    [
      'forces in Ry/bohr',
      (c) => ({ ...c, forces: scaled(c.forces, 2 / hartreePerBohr) }),
      /look like Ry\/bohr/,
    ],
    ['gradients for forces', (c) => ({ ...c, forces: scaled(c.forces, -1) }), /wrong sign, or are gradients/],
    [
      'energies in hartree',
      (c) => ({ ...c, energy: (c.energy ?? 0) / HARTREE_IN_EV }),
      /the energies look like hartree/,
    ],
    [
      'energies in rydberg',
      (c) => ({ ...c, energy: (2 * (c.energy ?? 0)) / HARTREE_IN_EV }),
      /the energies look like rydberg/,
    ],
    [
      'both atomic units',
      (c) => ({
        ...c,
        energy: (c.energy ?? 0) / HARTREE_IN_EV,
        forces: scaled(c.forces, 1 / hartreePerBohr),
      }),
      /hartree and hartree\/bohr/,
    ],
  ])('%s', async (_, change, sentence) => {
    const steps = await readConfigurations(sample('espresso', 'md.xml'));
    expect(checkDataset(steps)).toEqual([]);
    expect(checkDataset(steps.map(change))[0]).toMatch(sentence);
  });
});

test('datasets of any size, and isolated atoms among them, are no reason to complain', () => {
  const bulk = { ...atomsAt([0, 0, 0, 2, 2, 2]), energy: -10.9, forces: new Float64Array(6) };
  const single = { ...atomsAt([0, 0, 0]), energy: -0.2 };
  expect(checkDataset([...new Array<Configuration>(200_000).fill(bulk), single])).toEqual([]);
});
