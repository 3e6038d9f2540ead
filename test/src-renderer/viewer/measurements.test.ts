import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { angle, dihedral, distance, measure } from '../../../src-renderer/viewer/measurements.ts';

const p = [1, 0, 0];
const q = [0, 0, 0];

describe('measurements', () => {
  it('know simple figures', () => {
    expect(distance([1, 2, 3], [4, 6, 3])).toBe(5);
    expect(angle(p, q, [0, 1, 0])).toBeCloseTo(90, 12);
    expect(angle(p, q, [-2, 0, 0])).toBeCloseTo(180, 12);
    // tetrahedral angle of a diamond
    expect(angle([1, 1, 1], q, [1, -1, -1])).toBeCloseTo(109.4712206, 6);
  });

  it('keep small angles exact, where an arc cosine would lose half the digits', () => {
    expect(angle(p, q, [1, 1e-7, 0])).toBeCloseTo((1e-7 * 180) / Math.PI, 15);
  });

  it('give dihedrals the sign of IUPAC: clockwise is positive when looking along the middle bond', () => {
    // looking from q to r along +z (away from the reader standing below), front bond up, far bond turned clockwise
    const front = [0, 1, 0];
    const near = [0, 0, 0];
    const far = [0, 0, 1];
    // along +z, with y up, x points left: clockwise from up goes to the right, that is to −x
    expect(dihedral(front, near, far, [-1, 0, 1])).toBeCloseTo(90, 10);
    expect(dihedral(front, near, far, [1, 0, 1])).toBeCloseTo(-90, 10);
    expect(Math.abs(dihedral(front, near, far, [0, -1, 1]))).toBeCloseTo(180, 10);
    expect(dihedral(front, near, far, [0, 2, 1])).toBeCloseTo(0, 10);
  });

  it('do not change when read backwards', () => {
    const point = fc.tuple(...[0, 1, 2].map(() => fc.double({ min: -5, max: 5, noNaN: true })));
    fc.assert(
      fc.property(point, point, point, point, (a, b, c, d) => {
        const [forward, backward] = [dihedral(a, b, c, d), dihedral(d, c, b, a)];
        if (Number.isNaN(forward) || Math.abs(Math.abs(forward) - 180) < 1e-6) return;
        expect(backward).toBeCloseTo(forward, 5);
      }),
    );
  });

  it('say nothing where there is no angle', () => {
    expect(measure([p])).toBeUndefined();
    expect(measure([p, p, q])).toBeUndefined();
    expect(measure([p, q, [2, 0, 0], [3, 0, 0]])).toBeUndefined();
    expect(measure([p, q])?.text).toBe('1.000 Å');
    expect(measure([p, q, [0, 1, 0]])?.text).toBe('90.0°');
  });
});
