/** Energies along one coordinate: jumps, forces that are no slopes, attraction where atoms should repel. */
import { describe, expect, it } from 'vitest';
import { judgeScan, type ScanPoint } from '../../../src-compute/analysis/scan.ts';

const xs = Array.from({ length: 251 }, (_, k) => 0.3 + 0.02 * k);
const lennardJones = (r: number): ScanPoint => ({
  energy: 4 * (2.2 / r) ** 12 - 4 * (2.2 / r) ** 6,
  slope: (-48 * (2.2 / r) ** 12 + 24 * (2.2 / r) ** 6) / r,
});

describe('judgeScan', () => {
  it('finds nothing wrong with a steep, smooth pair', () => {
    const found = judgeScan(xs, lennardJones);
    expect(found.jumps).toEqual([]);
    expect(found.attracted).toEqual([]);
    expect(found.broken).toEqual([]);
    expect(found.inconsistency).toBeLessThan(1e-3);
  });

  it('finds a jump of the energy and of the force, each where it is', () => {
    const cut = (r: number): ScanPoint => (r < 3.017 ? lennardJones(r) : { energy: 0, slope: 0 });
    expect(judgeScan(xs, cut).jumps).toMatchObject([{ what: 'energy' }]);
    expect(judgeScan(xs, cut).jumps[0].at).toBeCloseTo(3.017, 3);
    const shift = lennardJones(3.017).energy;
    const kink = (r: number): ScanPoint =>
      r < 3.017 ? { ...lennardJones(r), energy: lennardJones(r).energy - shift } : { energy: 0, slope: 0 };
    const [jump] = judgeScan(xs, kink).jumps;
    expect(jump).toMatchObject({ what: 'force' });
    expect(jump.at).toBeCloseTo(3.017, 3);
    expect(Math.abs(jump.size)).toBeCloseTo(Math.abs(lennardJones(3.017).slope), 1);
  });

  it('says where a force is not the slope of its energy', () => {
    const wrong = (r: number): ScanPoint => ({ ...lennardJones(r), slope: 1.02 * lennardJones(r).slope });
    const found = judgeScan(xs, wrong);
    expect(found.inconsistency).toBeGreaterThan(0.01);
    expect(found.inconsistency).toBeLessThan(0.1);
  });

  it('finds the hole into which a polynomial falls, and no energy at all', () => {
    // repels to 1 Å and attracts below
    const hole = (r: number): ScanPoint => {
      const well = -8e4 * Math.exp(-((r / 0.6) ** 2));
      const { energy, slope } = lennardJones(Math.max(r, 1));
      return { energy: energy + (r < 3 ? well : well), slope: (r < 1 ? 0 : slope) - (2 * r * well) / 0.36 };
    };
    const { attracted } = judgeScan(xs, hole);
    expect(attracted).toHaveLength(1);
    expect(attracted[0][0]).toBeCloseTo(0.3, 6);
    expect(attracted[0][1]).toBeGreaterThan(0.9);
    expect(attracted[0][1]).toBeLessThan(1.5);
    const broken = judgeScan(xs, (r) => (r < 0.5 ? { energy: NaN, slope: NaN } : lennardJones(r)));
    expect(Math.max(...broken.broken)).toBeCloseTo(0.48, 6);
    expect(broken.jumps).toEqual([]);
  });

  it('knows a pair that only attracts, and one that only repels', () => {
    const attractive = judgeScan(xs, (r) => ({ energy: -1 / r, slope: 1 / r ** 2 }));
    expect(attractive.attracted).toHaveLength(1);
    expect(attractive.attracted[0][0]).toBeCloseTo(0.3, 6);
    const repulsive = judgeScan(xs, (r) => ({ energy: 1 / r, slope: -1 / r ** 2 }));
    expect(repulsive.attracted).toEqual([]);
  });
});
