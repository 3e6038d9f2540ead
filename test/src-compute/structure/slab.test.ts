/** Slabs: the bulk in another cell, bonds that are counted, and what is no slab. */
import { describe, expect, it } from 'vitest';
import { stillingerWeberSilicon } from '../../../src-compute/potentials/stillinger-weber/index.ts';
import { lennardJonesModel } from '../../../src-compute/potentials/pair/index.ts';
import { volume } from '../../../src-compute/structure/cell.ts';
import { lattice } from '../../../src-compute/structure/lattices.ts';
import { orientedCell, planes, reducedMiller, slab, slabArea } from '../../../src-compute/structure/slab.ts';
import { energyPerAtom } from '../../../src-main/services/recipes/crystals.ts';

const silicon = lattice('diamond', ['Si'], 5.431);
const hcp = lattice('hcp', ['Ar'], 3.7);
const argon = lennardJonesModel('Ar', 0.0104, 3.4, 8.5);

describe('an oriented cell', () => {
  it.each([
    [[1, 0, 0], silicon],
    [[1, 1, 1], silicon],
    [[2, 1, 0], silicon],
    [[3, -1, 2], silicon],
    [[0, -2, 3], silicon],
    [[1, 0, 0], hcp],
    [[2, -1, 1], hcp],
  ])('for %j is the same crystal, with the plane’s normal along z', (miller, crystal) => {
    const oriented = orientedCell(crystal, miller);
    expect(oriented.kinds).toHaveLength(crystal.kinds.length);
    expect(volume(oriented.cell)).toBeCloseTo(volume(crystal.cell), 8);
    expect([oriented.cell[1], oriented.cell[2], oriented.cell[5]]).toEqual([0, 0, 0]);
    const model = crystal === silicon ? stillingerWeberSilicon() : argon;
    expect(energyPerAtom(model, oriented)).toBeCloseTo(energyPerAtom(model, crystal), 8);
    const whole = slab(crystal, miller, { layers: 2, vacuum: 0 });
    expect(energyPerAtom(model, whole)).toBeCloseTo(energyPerAtom(model, crystal), 8);
  });

  it('has the spacing of the lattice planes: a/|hkl| for cubic cells', () => {
    for (const miller of [
      [1, 0, 0],
      [1, 1, 0],
      [1, 1, 1],
      [3, 1, 2],
    ])
      expect(orientedCell(silicon, miller).cell[8]).toBeCloseTo(5.431 / Math.hypot(...miller), 8);
    expect(planes(orientedCell(silicon, [1, 0, 0]))).toHaveLength(4);
    // (111) of diamond: double layers, in the conventional cell three repeats in the plane
    const levels = planes(orientedCell(silicon, [1, 1, 1]));
    expect(levels.length % 2).toBe(0);
  });

  it('wants whole indices', () => {
    expect(reducedMiller([2, 2, 0])).toEqual([1, 1, 0]);
    expect(() => reducedMiller([0, 0, 0])).toThrow(/not all zero/);
    expect(() => reducedMiller([1.5, 0, 0])).toThrow(/three whole Miller indices/);
    expect(() => slab(silicon, [1, 0, 0], { layers: 3, vacuum: 10, termination: 9 })).toThrow(
      /has 4 terminations/,
    );
    expect(() => slab(silicon, [1, 0, 0], { layers: 0, vacuum: 10 })).toThrow(/at least one layer/);
  });
});

describe('a surface of Stillinger–Weber silicon as it is cut', () => {
  // every bond that is cut costs ε: its angles are ideal and give nothing; bonds per area of the plane
  const a = 5.431;
  it.each([
    [[1, 1, 1], 4 / (Math.sqrt(3) * a * a)],
    [[1, 1, 0], (2 * Math.SQRT2) / (a * a)],
    [[1, 0, 0], 4 / (a * a)],
  ] as const)('costs its bonds: %j', (miller, bonds) => {
    const layers = 6;
    const energies = planes(orientedCell(silicon, miller)).map((_, termination) => {
      const cut = slab(silicon, miller, { layers, vacuum: 12, termination });
      const n = cut.kinds.length;
      return (
        (n *
          (energyPerAtom(stillingerWeberSilicon(), cut) - energyPerAtom(stillingerWeberSilicon(), silicon))) /
        (2 * slabArea(cut))
      );
    });
    // one side of (111) may be cut through three bonds: the cheapest is the one through one
    const least = Math.min(...energies);
    expect(least).toBeCloseTo((2.1683 * bonds) / 2, 3);
  });
});
