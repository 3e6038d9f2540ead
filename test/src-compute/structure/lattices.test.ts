import { describe, expect, it } from 'vitest';
import { coordinationNumbers } from '../../../src-compute/analysis/local-structure.ts';
import { neighbourTable } from '../../../src-compute/analysis/pair-iteration.ts';
import { volume } from '../../../src-compute/structure/cell.ts';
import { formula } from '../../../src-compute/structure/configuration.ts';
import {
  deform,
  isLatticeName,
  lattice,
  LATTICE_NAMES,
  randomAlloy,
  supercell,
  withSurface,
  withVacancies,
  type LatticeName,
} from '../../../src-compute/structure/lattices.ts';
import { testRandom } from '../../support/physics.ts';

/** Lattice, species, constant, volume of the cell, formula, nearest distance, number of nearest neighbours by atom. */
const crystals: [LatticeName, string[], number, number, string, number, number[]][] = [
  ['sc', ['Po'], 3.35, 3.35 ** 3, 'Po1', 3.35, [6]],
  ['fcc', ['Cu'], 3.6, 3.6 ** 3, 'Cu4', 3.6 / Math.SQRT2, [12, 12, 12, 12]],
  ['bcc', ['Mo'], 3.15, 3.15 ** 3, 'Mo2', (3.15 * Math.sqrt(3)) / 2, [8, 8]],
  ['hcp', ['Mg'], 3.2, Math.SQRT2 * 3.2 ** 3, 'Mg2', 3.2, [12, 12]],
  ['diamond', ['Si'], 5.43, 5.43 ** 3, 'Si8', (5.43 * Math.sqrt(3)) / 4, new Array<number>(8).fill(4)],
  ['rocksalt', ['Na', 'Cl'], 5.64, 5.64 ** 3, 'Na4Cl4', 2.82, new Array<number>(8).fill(6)],
  ['cesiumchloride', ['Cs', 'Cl'], 4.1, 4.1 ** 3, 'Cs1Cl1', (4.1 * Math.sqrt(3)) / 2, [8, 8]],
  [
    'zincblende',
    ['Ga', 'As'],
    5.65,
    5.65 ** 3,
    'Ga4As4',
    (5.65 * Math.sqrt(3)) / 4,
    new Array<number>(8).fill(4),
  ],
  [
    'fluorite',
    ['Ca', 'F'],
    5.46,
    5.46 ** 3,
    'Ca4F8',
    (5.46 * Math.sqrt(3)) / 4,
    [8, 8, 8, 8, ...new Array<number>(8).fill(4)],
  ],
  ['perovskite', ['Sr', 'Ti', 'O'], 3.9, 3.9 ** 3, 'Sr1Ti1O3', 1.95, [0, 6, 2, 2, 2]],
];

describe('lattices', () => {
  it.each(crystals)('%s', (name, species, a, cellVolume, chemical, nearest, neighbours) => {
    const crystal = lattice(name, species, a);
    expect(volume(crystal.cell)).toBeCloseTo(cellVolume, 8);
    expect(formula(crystal)).toBe(chemical);
    const { distances } = neighbourTable(crystal, 1.3 * nearest);
    expect(Math.min(...distances)).toBeCloseTo(nearest, 9);
    expect(Array.from(coordinationNumbers(crystal, 1.01 * nearest))).toEqual(neighbours);
    // in the binary lattices nearest neighbours are of the other kind
    if (species.length === 2) {
      const table = neighbourTable(crystal, 1.01 * nearest);
      crystal.kinds.forEach((kind, i) => {
        for (let p = table.start[i]; p < table.start[i + 1]; p++)
          expect(crystal.kinds[table.neighbours[p]]).not.toBe(kind);
      });
    }
  });

  it('knows all its names, and refuses what cannot be built', () => {
    expect(LATTICE_NAMES).toHaveLength(crystals.length);
    expect(isLatticeName('fcc')).toBe(true);
    expect(isLatticeName('toString')).toBe(false);
    expect(() => lattice('rocksalt', ['Na'], 5)).toThrow('takes 2 species');
    expect(() => lattice('fcc', ['Cu'], -1)).toThrow('positive');
    expect(() => supercell(lattice('fcc', ['Cu'], 3.6), [0, 1, 1])).toThrow('three positive whole numbers');
  });

  it('supercells keep every neighbourhood, masses and velocities', () => {
    const unit = {
      ...lattice('hcp', ['Mg'], 3.2),
      masses: Float64Array.of(24, 25),
      velocities: new Float64Array(6).fill(0.1),
    };
    const big = supercell(unit, [2, 3, 2]);
    expect(big.kinds).toHaveLength(24);
    expect(volume(big.cell)).toBeCloseTo(12 * volume(unit.cell), 8);
    expect(new Set(coordinationNumbers(big, 3.3))).toEqual(new Set([12]));
    expect(big.masses?.[23]).toBe(25);
    expect(big.velocities).toHaveLength(72);
  });

  it('vacancies leave holes, surfaces leave layers', () => {
    const crystal = supercell(lattice('fcc', ['Cu'], 3.6), [3, 3, 3]);
    const holes = withVacancies(crystal, [5, 5]);
    expect(holes.kinds).toHaveLength(107);
    expect(coordinationNumbers(holes, 2.7).filter((n) => n === 11)).toHaveLength(12);
    expect(() => withVacancies(crystal, [108])).toThrow('no atom 109');
    const slab = withSurface(crystal, 2, 15);
    expect(slab.cell[8]).toBeCloseTo(3 * 3.6 + 15, 9);
    expect(coordinationNumbers(slab, 2.7).filter((n) => n === 8)).toHaveLength(36); // two (001) faces of 18 atoms
    expect(withSurface(crystal, 0, 10, false).periodic).toEqual([false, true, true]);
    const tilted = deform(crystal, [0, 0.3, 0, 0, 0, 0, 0, 0, 0]);
    const vacuum = withSurface(tilted, 1, 7);
    // measured along the normal: the volume grows by vacuum × area
    const area = (3 * 3.6) ** 2 * Math.hypot(1, 0.3); // of the face spanned by the tilted a and c
    expect(volume(vacuum.cell) - volume(tilted.cell)).toBeCloseTo(7 * area, 6);
  });

  it('random alloys have the counts nearest to the fractions', () => {
    const crystal = supercell(lattice('fcc', ['Cu'], 3.6), [3, 3, 3]);
    const alloy = randomAlloy(crystal, { Cu: 0.5, Ni: 0.3, Al: 0.2 }, testRandom(1));
    expect(formula(alloy)).toBe('Cu54Ni32Al22');
    const other = randomAlloy(crystal, { Cu: 0.5, Ni: 0.3, Al: 0.2 }, testRandom(2));
    expect(other.kinds).not.toEqual(alloy.kinds);
    expect(() => randomAlloy(crystal, { Cu: 0 }, testRandom(1))).toThrow('not all zero');
  });

  it('deformations move cell and atoms together', () => {
    const crystal = lattice('diamond', ['Si'], 5.43);
    const strained = deform(crystal, [0.01, 0, 0, 0, -0.02, 0, 0, 0, 0.03]);
    expect(volume(strained.cell) / volume(crystal.cell)).toBeCloseTo(1.01 * 0.98 * 1.03, 12);
    expect(strained.positions[4] / crystal.positions[4]).toBeCloseTo(0.98, 12);
    expect(() => deform(crystal, [-1, 0, 0, 0, 0, 0, 0, 0, 0])).toThrow('flattens');
  });
});
