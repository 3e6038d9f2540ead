import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StructureError } from '../../../src-compute/errors.ts';
import { NeighbourList, neighbourPairs } from '../../../src-compute/structure/neighbour-list.ts';
import { referencePairs } from '../../../src-compute/structure/reference-pairs.ts';
import type { PairList } from '../../../src-compute/structure/reference-pairs.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';

function configurationOf(
  positions: number[],
  cell: number[],
  periodic: [boolean, boolean, boolean],
): Configuration {
  return {
    symbols: ['Si'],
    kinds: new Uint16Array(positions.length / 3),
    positions: Float64Array.from(positions),
    cell: Float64Array.from(cell),
    periodic,
  };
}

/** One line per pair, sorted, with vectors rounded: two lists are equal when these are. */
function canonical(pairs: PairList): string[] {
  const lines: string[] = [];
  for (let i = 0; i + 1 < pairs.start.length; i++) {
    for (let p = pairs.start[i]; p < pairs.start[i + 1]; p++) {
      const vector = Array.from(pairs.vectors.subarray(3 * p, 3 * p + 3), (v) =>
        (v + 0).toFixed(6).replace('-0.000000', '0.000000'),
      );
      lines.push(`${i} ${pairs.neighbours[p]} ${vector.join(' ')}`);
    }
  }
  return lines.sort();
}

/** Any cell shape that is not degenerate, thin or wide, with atoms inside and outside of it. */
const configurations = fc
  .record({
    lengths: fc.tuple(...[0, 1, 2].map(() => fc.double({ min: 1.2, max: 14, noNaN: true }))),
    shear: fc.tuple(...[0, 1, 2].map(() => fc.double({ min: -0.9, max: 0.9, noNaN: true }))),
    periodic: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
    atoms: fc.array(fc.tuple(...[0, 1, 2].map(() => fc.double({ min: -1.5, max: 2.5, noNaN: true }))), {
      minLength: 1,
      maxLength: 12,
    }),
    zeroFreeAxes: fc.boolean(),
  })
  .map(({ lengths: [a, b, c], shear: [s, t, u], periodic, atoms, zeroFreeAxes }) => {
    const cell = [a, 0, 0, s * b, b, 0, t * c, u * c, c];
    const positions = atoms.flatMap(([x, y, z]) => [
      x * a + y * cell[3] + z * cell[6],
      y * b + z * cell[7],
      z * c,
    ]);
    if (zeroFreeAxes) periodic.forEach((is, axis) => !is && cell.fill(0, 3 * axis, 3 * axis + 3));
    return configurationOf(positions, cell, periodic);
  });

describe('neighbour pairs', () => {
  it('are those of the reference in random cells of any periodicity', () => {
    fc.assert(
      fc.property(configurations, fc.double({ min: 1, max: 5, noNaN: true }), (configuration, cutoff) => {
        expect(canonical(neighbourPairs(configuration, cutoff))).toEqual(
          canonical(referencePairs(configuration, cutoff)),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('come once each in half lists', () => {
    fc.assert(
      fc.property(configurations, (configuration) => {
        const half = neighbourPairs(configuration, 4, true);
        const lines = canonical(half);
        const mirrored: PairList = {
          start: half.start,
          neighbours: half.neighbours,
          vectors: half.vectors.map((v) => -v),
        };
        for (const line of canonical(mirrored)) {
          const [i, j, ...vector] = line.split(' ');
          lines.push([j, i, ...vector].join(' '));
        }
        expect(lines.sort()).toEqual(canonical(referencePairs(configuration, 4)));
      }),
    );
  });

  it('of a one-atom cell smaller than the cutoff are its images', () => {
    const cubic = configurationOf([0.3, 0.4, 0.5], [2, 0, 0, 0, 2, 0, 0, 0, 2], [true, true, true]);
    // simple cubic: 6 at 2 Å, 12 at 2.83 Å, 8 at 3.46 Å
    expect(neighbourPairs(cubic, 3.6).start[1]).toBe(26);
    expect(neighbourPairs(cubic, 3.6, true).start[1]).toBe(13);
  });

  it('stay few for atoms that drift far away from each other', () => {
    const far = configurationOf([0, 0, 0, 1e6, 0, 0, 1e6, 1, 0, 0, -1e6, 1e6], new Array<number>(9).fill(0), [
      false,
      false,
      false,
    ]);
    const list = new NeighbourList({ cutoff: 3, periodic: far.periodic });
    list.update(far.positions, far.cell);
    expect(canonical(neighbourPairs(far, 3))).toHaveLength(2);
    expect(list.images.binStart.length).toBeLessThan(1000);
  });
});

describe('Verlet list', () => {
  /** Pairs inside the cutoff of a list that may be older than the positions. */
  function listed(list: NeighbourList): number {
    let count = 0;
    const { entryPositions: x, images } = list;
    for (let l = 0; l < images.atomCount; l++) {
      for (let k = list.rowStart[l]; k < list.rowStart[l + 1]; k++) {
        const [i, j] = [4 * images.locals[l], 4 * list.neighbours[k]];
        if (Math.hypot(x[j] - x[i], x[j + 1] - x[i + 1], x[j + 2] - x[i + 2]) < list.cutoff) count++;
      }
    }
    return count;
  }

  it('misses no pair while atoms move, are wrapped, and the cell is strained', () => {
    fc.assert(
      fc.property(
        configurations,
        fc.array(
          fc.tuple(
            fc.nat(11),
            fc.double({ min: -1, max: 1, noNaN: true }),
            fc.double({ min: -0.03, max: 0.03, noNaN: true }),
            fc.boolean(),
          ),
          { maxLength: 25 },
        ),
        (start, moves) => {
          const list = new NeighbourList({ cutoff: 3.5, skin: 0.8, periodic: start.periodic });
          const positions = start.positions.slice();
          const cell = start.cell.slice();
          list.update(positions, cell);
          for (const [which, step, strain, wrap] of moves) {
            const atom = which % start.kinds.length;
            for (let k = 0; k < positions.length; k++) positions[k] += 0.05 * Math.sin(17 * k + step);
            positions[3 * atom + (which % 3)] += step * 0.4;
            const axis = which % 3;
            if (wrap && start.periodic[axis])
              for (let k = 0; k < 3; k++) positions[3 * atom + k] -= cell[3 * axis + k];
            // shear and stretch, atoms move along
            for (let row = 0; row < 9; row += 3) cell[row] += strain * cell[row + 1] + strain * cell[row];
            for (let row = 0; row < positions.length; row += 3)
              positions[row] += strain * positions[row + 1] + strain * positions[row];
            list.update(positions, cell);
            const now = { ...start, positions, cell };
            expect(listed(list)).toBe(referencePairs(now, 3.5).neighbours.length);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is kept while no atom has moved half the skin, and in a deformation that moves atoms along', () => {
    const cell = Float64Array.of(30, 0, 0, 0, 30, 0, 0, 0, 30);
    const positions = Float64Array.from({ length: 300 }, (_, k) => (k * 7.31) % 30);
    const list = new NeighbourList({ cutoff: 4, skin: 1, periodic: [true, true, true] });
    expect(list.update(positions, cell)).toBe(true);
    expect(
      list.update(
        positions.map((x) => x + 0.28),
        cell,
      ),
    ).toBe(false);
    expect(
      list.update(
        positions.map((x) => x + 0.3),
        cell,
      ),
    ).toBe(true);
    list.update(positions, cell);
    // 4 % of 30 Å is 1.2 Å at the far side, but every atom goes with the cell
    const stretched = cell.map((x) => x * 1.04);
    expect(
      list.update(
        positions.map((x) => x * 1.04),
        stretched,
      ),
    ).toBe(false);
    expect(list.update(positions, stretched)).toBe(true);
    list.invalidate();
    expect(list.update(positions, stretched)).toBe(true);
    expect(list.builds).toBe(5);
  });
});

describe('bad input', () => {
  const cell = [5, 0, 0, 0, 5, 0, 0, 0, 5];
  it('names the atom whose position is no number', () => {
    const broken = configurationOf([0, 0, 0, 1, NaN, 1], cell, [true, true, true]);
    expect(() => neighbourPairs(broken, 3)).toThrow(/atom 2 /);
    expect(() => neighbourPairs(broken, 3)).toThrow(StructureError);
    const free = configurationOf([0, 0, 0, 1, Infinity, 1], cell, [false, false, false]);
    expect(() => neighbourPairs(free, 3)).toThrow(/atom 2 /);
  });

  it('refuses collapsed cells and endless numbers of images', () => {
    const flat = configurationOf([0, 0, 0], [5, 0, 0, 0, 5, 0, 5, 5, 0], [true, true, true]);
    expect(() => neighbourPairs(flat, 3)).toThrow(/no volume/);
    const tiny = configurationOf([0, 0, 0], [0.005, 0, 0, 0, 0.005, 0, 0, 0, 0.005], [true, true, true]);
    expect(() => neighbourPairs(tiny, 5)).toThrow(/too many/);
    expect(() => new NeighbourList({ cutoff: NaN, periodic: [true, true, true] })).toThrow(/positive cutoff/);
  });
});
