import { describe, expect, it } from 'vitest';
import { lattice, supercell } from '../../../src-compute/structure/lattices.ts';
import { bondLimits } from '../../../src-renderer/viewer/bond-rules.ts';
import { findBonds } from '../../../src-renderer/viewer/bond-search.ts';
import {
  boundingSphere,
  displayedPositions,
  FLAG_SELECTED,
  FLAG_UNKNOWN,
  imageOffsets,
  insideSlices,
  packAtoms,
  packCellEdges,
  packHalfBonds,
  packStates,
} from '../../../src-renderer/viewer/instances.ts';
import { planeNormal, slicePlanes } from '../../../src-renderer/viewer/view-options.ts';

const crystal = supercell(lattice('diamond', ['Si'], 5.43), [2, 2, 2]);
const limits = bondLimits(['Si'], 1.15);
const oneImage: Float32Array = new Float32Array(3);

/** Half bonds of the crystal with the given positions, from bonds found in the perfect one. */
function halves(positions: Float64Array, offsets = oneImage) {
  const shown = displayedPositions(positions, crystal.cell, crystal.periodic, true);
  const states = packStates(crystal.kinds, undefined, []);
  return packHalfBonds(crystal, positions, shown, states, findBonds({ ...crystal, limits }), limits, offsets);
}

describe('packed atoms', () => {
  it('lie inside the cell when wrapped, and where they were when not', () => {
    const moved = crystal.positions.map((x, k) => x + [31, -17, 4][k % 3]);
    const shown = displayedPositions(moved, crystal.cell, crystal.periodic, true);
    for (const x of shown) expect(x > -1e-3 && x < 10.87).toBe(true);
    expect(Array.from(displayedPositions(moved, crystal.cell, crystal.periodic, false))).toEqual(
      Array.from(Float32Array.from(moved)),
    );
    // a slab keeps its height
    const slab = displayedPositions(moved, crystal.cell, [true, true, false], true);
    expect(slab[2]).toBeCloseTo(moved[2], 4);
  });

  it('repeat along the lattice vectors, image by image', () => {
    const offsets = imageOffsets(crystal.cell, [2, 1, 3]);
    expect(offsets.length / 3).toBe(6);
    const packed = packAtoms(Float32Array.from(crystal.positions), crystal.kinds, [0.7], offsets);
    const n = crystal.kinds.length;
    expect(packed.length).toBe(4 * 6 * n);
    expect(packed[4 * n] - packed[0]).toBeCloseTo(10.86, 4);
    expect(packed[3]).toBeCloseTo(0.7, 6);
  });

  it('carry their colour coordinate, selection and unknown values', () => {
    const states = packStates(Uint16Array.of(0, 1, 1), [0.5, NaN, -2], [2]);
    expect(Array.from(states)).toEqual([0.5, 0, 0, FLAG_UNKNOWN, -2, FLAG_SELECTED]);
    expect(Array.from(packStates(Uint16Array.of(0, 1), undefined, []))).toEqual([0, 0, 1, 0]);
  });
});

describe('half bonds', () => {
  it('meet in the middle: two per bond, each half as long', () => {
    const { packed, count } = halves(crystal.positions);
    expect(count).toBe(4 * crystal.kinds.length);
    const bond = (Math.sqrt(3) / 4) * 5.43;
    for (let at = 0; at < packed.length; at += 8) {
      expect(Math.hypot(packed[at + 3], packed[at + 4], packed[at + 5])).toBeCloseTo(bond / 2, 4);
    }
  });

  it('follow atoms across the faces of a trajectory that was written wrapped', () => {
    const shifted = crystal.positions.map((x) => (x + 1.7) % 10.86);
    const { packed, count } = halves(shifted);
    expect(count).toBe(4 * crystal.kinds.length);
    for (let at = 0; at < packed.length; at += 8) {
      expect(Math.hypot(packed[at + 3], packed[at + 4], packed[at + 5])).toBeLessThan(1.3);
    }
  });

  it('break when atoms move apart', () => {
    const torn = crystal.positions.slice();
    torn[0] += 2.5;
    expect(halves(torn).count).toBeLessThan(4 * crystal.kinds.length);
  });

  it('come with every image', () => {
    const offsets = imageOffsets(crystal.cell, [2, 1, 1]);
    const { packed, count } = halves(crystal.positions, offsets);
    expect(count).toBe(8 * crystal.kinds.length);
    expect(packed[8 * 4 * crystal.kinds.length] - packed[0]).toBeCloseTo(10.86, 3);
  });
});

describe('cell and bounds', () => {
  it('has twelve edges, shared ones once, and none without a cell', () => {
    expect(packCellEdges(crystal.cell, oneImage).length / 8).toBe(12);
    expect(packCellEdges(crystal.cell, imageOffsets(crystal.cell, [2, 1, 1])).length / 8).toBe(20);
    expect(packCellEdges(new Float64Array(9), oneImage)).toHaveLength(0);
  });

  it('encloses every sphere', () => {
    const packed = packAtoms(Float32Array.from(crystal.positions), crystal.kinds, [0.9], oneImage);
    const { center, radius } = boundingSphere(packed, packCellEdges(crystal.cell, oneImage));
    for (let at = 0; at < packed.length; at += 4) {
      const d = Math.hypot(packed[at] - center[0], packed[at + 1] - center[1], packed[at + 2] - center[2]);
      expect(d + packed[at + 3]).toBeLessThanOrEqual(radius + 1e-3);
    }
    expect(boundingSphere(new Float32Array(0), new Float32Array(0)).radius).toBeGreaterThan(0);
  });
});

describe('slices', () => {
  it('are normal to the lattice plane they are named after', () => {
    const skewed = Float64Array.of(4, 0, 0, 1.5, 5, 0, -0.5, 0.8, 6);
    const normal = planeNormal(skewed, [1, 0, 0]);
    // (1 0 0) contains b and c
    for (const row of [skewed.subarray(3, 6), skewed.subarray(6, 9)]) {
      expect(row[0] * normal[0] + row[1] * normal[1] + row[2] * normal[2]).toBeCloseTo(0, 12);
    }
    expect(skewed[0] * normal[0]).toBeGreaterThan(0);
    expect(planeNormal(new Float64Array(9), [0, 0, 2])).toEqual([0, 0, 1]);
  });

  it('keep the part between their ends', () => {
    const packed = packAtoms(Float32Array.from(crystal.positions), crystal.kinds, [0.9], oneImage);
    const kept = (from: number, to: number) => {
      const planes = slicePlanes([{ indices: [0, 0, 1], from, to }], crystal.cell, packed);
      let count = 0;
      for (let at = 0; at < packed.length; at += 4) {
        if (insideSlices(packed[at], packed[at + 1], packed[at + 2], planes)) count++;
      }
      return count;
    };
    expect(kept(0, 1)).toBe(crystal.kinds.length);
    expect(kept(0, 0.5) + kept(0.5, 1)).toBe(crystal.kinds.length);
    expect(kept(0, 0)).toBe(0);
    // eight layers along z
    expect(kept(0, 0.2)).toBe((2 * crystal.kinds.length) / 8);
  });
});
