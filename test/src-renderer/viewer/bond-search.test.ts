import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { lattice, supercell } from '../../../src-compute/structure/lattices.ts';
import { referencePairs } from '../../../src-compute/structure/reference-pairs.ts';
import { bondLimits } from '../../../src-renderer/viewer/bond-rules.ts';
import { findBonds, type BondList } from '../../../src-renderer/viewer/bond-search.ts';

/** Lengths of all bonds from indices, shifts and positions, sorted; both directions. */
function lengths(bonds: BondList, { positions, cell }: Configuration): number[] {
  const found: number[] = [];
  for (let bond = 0; bond < bonds.first.length; bond++) {
    let squared = 0;
    for (let k = 0; k < 3; k++) {
      let d = positions[3 * bonds.second[bond] + k] - positions[3 * bonds.first[bond] + k];
      for (let axis = 0; axis < 3; axis++) d += bonds.shifts[3 * bond + axis] * cell[3 * axis + k];
      squared += d * d;
    }
    found.push(Math.sqrt(squared), Math.sqrt(squared));
  }
  return found.sort((p, q) => p - q);
}

function referenceLengths(configuration: Configuration, reach: number): number[] {
  const { vectors } = referencePairs(configuration, reach);
  const found: number[] = [];
  for (let k = 0; k < vectors.length; k += 3) {
    const length = Math.hypot(vectors[k], vectors[k + 1], vectors[k + 2]);
    if (length > 0.1) found.push(length);
  }
  return found.sort((p, q) => p - q);
}

function search(configuration: Configuration, reach: number): BondList {
  const size = configuration.symbols.length;
  return findBonds({ ...configuration, limits: new Float64Array(size * size).fill(reach) });
}

describe('bond search', () => {
  it('finds the same pairs as trying all of them, in skewed, small, mixed-periodic and unwrapped cells', () => {
    const coordinate = fc.double({ min: -8, max: 12, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(coordinate, coordinate, coordinate), { minLength: 1, maxLength: 14 }),
        fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
        fc.double({ min: 1.2, max: 4, noNaN: true }),
        fc.constantFrom(
          [4, 0, 0, 0, 5, 0, 0, 0, 6],
          [3, 0.4, 0, 1.4, 2.8, 0.2, -0.8, 0.9, 3.4],
          [9, 0, 0, 8, 3, 0, 2, -1, 5],
        ),
        (points, periodic, reach, cell) => {
          const configuration: Configuration = {
            symbols: ['Si'],
            kinds: new Uint16Array(points.length),
            positions: Float64Array.from(points.flat()),
            cell: Float64Array.from(cell),
            periodic,
          };
          const found = lengths(search(configuration, reach), configuration);
          const expected = referenceLengths(configuration, reach);
          expect(found.length).toBe(expected.length);
          found.forEach((length, k) => expect(length).toBeCloseTo(expected[k], 9));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('gives each silicon atom its four neighbours, whatever the size of the crystal', () => {
    for (const count of [1, 2, 5]) {
      const crystal = supercell(lattice('diamond', ['Si'], 5.43), [count, count, count]);
      const bonds = findBonds({ ...crystal, limits: bondLimits(['Si'], 1.15) });
      expect(bonds.first.length).toBe(2 * crystal.kinds.length);
    }
  });

  it('looks at a number of neighbours that does not grow with the crystal', () => {
    const readsPerAtom = (count: number) => {
      const crystal = supercell(lattice('diamond', ['Si'], 5.43), [count, count, count]);
      let reads = 0;
      const positions = new Proxy(crystal.positions, {
        get(target, key) {
          if (typeof key === 'string' && /^\d+$/.test(key)) reads++;
          return Reflect.get(target, key) as unknown;
        },
      });
      findBonds({ ...crystal, positions, limits: bondLimits(['Si'], 1.15) });
      return reads / crystal.kinds.length;
    };
    // 8 times the atoms: trying all pairs would read 8 times as often per atom
    expect(readsPerAtom(4)).toBeGreaterThan(3);
    expect(readsPerAtom(8) / readsPerAtom(4)).toBeLessThan(1.5);
  });

  it('leaves atoms without a position unbonded', () => {
    const crystal = lattice('diamond', ['Si'], 5.43);
    const positions = crystal.positions.slice();
    positions[0] = NaN;
    const bonds = findBonds({ ...crystal, positions, limits: bondLimits(['Si'], 1.15) });
    expect(Array.from(bonds.first)).not.toContain(0);
    expect(bonds.first.length).toBe(16 - 4);
  });

  it('needs no cell', () => {
    const water: Configuration = {
      symbols: ['O', 'H'],
      kinds: Uint16Array.of(0, 1, 1),
      positions: Float64Array.of(0, 0, 0, 0.96, 0, 0, -0.24, 0.93, 0),
      cell: new Float64Array(9),
      periodic: [false, false, false],
    };
    const bonds = findBonds({ ...water, limits: bondLimits(water.symbols, 1.15) });
    expect(Array.from(bonds.first)).toEqual([0, 0]);
    expect(Array.from(bonds.second).sort()).toEqual([1, 2]);
  });
});

describe('bond rules', () => {
  it('draw the octahedra of a perovskite and nothing between its metals', () => {
    const crystal = supercell(lattice('perovskite', ['Ba', 'Ti', 'O'], 4.01), [2, 2, 2]);
    const bonds = findBonds({ ...crystal, limits: bondLimits(crystal.symbols, 1.15) });
    const [titanium, oxygen] = [crystal.symbols.indexOf('Ti'), crystal.symbols.indexOf('O')];
    expect(bonds.first.length).toBe(8 * 6);
    for (let bond = 0; bond < bonds.first.length; bond++) {
      const kinds = [crystal.kinds[bonds.first[bond]], crystal.kinds[bonds.second[bond]]].sort();
      expect(kinds).toEqual([titanium, oxygen].sort());
    }
  });

  it('join metals in a metal', () => {
    expect(bondLimits(['Mo'], 1.15)[0]).toBeGreaterThan(2.72);
    expect(bondLimits(['Mo', 'O'], 1.15)[0]).toBe(0);
  });
});
