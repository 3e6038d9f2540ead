import { describe, expect, it } from 'vitest';
import { ArrayFrame, encodeArrayFrame } from '../../../src-compute/array-frame.ts';
import { EV_PER_A3_IN_GPA } from '../../../src-compute/units.ts';
import { binned, DatasetTable, histogram } from '../../../src-renderer/state/dataset-table.ts';

/** Four rows; the third has no energy, the fourth is flagged and excluded. */
function sample(): DatasetTable {
  const n = 4;
  const block = encodeArrayFrame(
    {
      atoms: Uint32Array.of(2, 4, 8, 1),
      energy: Float64Array.of(-2, -8, NaN, -9),
      energyPerAtom: Float64Array.of(-1, -2, NaN, -9),
      maxForce: Float64Array.of(0.1, 3, 0.5, 90),
      volume: Float64Array.of(40, 84, 168, NaN),
      pressure: Float64Array.of(0.01, 0, 0, NaN),
      minimumDistance: Float64Array.of(2.3, 2.2, 2.4, NaN),
      weight: new Float64Array(n).fill(1),
      'property:dipole': Float64Array.of(NaN, 1.5, 0.5, NaN),
      sourceFrame: Uint32Array.of(0, 1, 2, 3),
      labels: new Uint32Array(n).fill(7),
      flags: Uint8Array.of(0, 0, 0, 16),
      excluded: Uint8Array.of(0, 0, 0, 1),
      formula: Uint16Array.of(1, 2, 3, 1),
      configType: Uint16Array.of(1, 2, 1, 0),
      split: Uint16Array.of(1, 1, 2, 0),
      tagPosition: Uint32Array.of(1, 2),
      tagCode: Uint16Array.of(1, 1),
    },
    {
      formulas: ['', 'Si2', 'Si4', 'Si10'],
      configTypes: ['', 'bulk', 'liquid'],
      splits: ['', 'train', 'test'],
      tags: ['', 'hot'],
    },
  );
  return new DatasetTable(new ArrayFrame(block.buffer));
}
const rows = (list: Uint32Array) => [...list];

describe('dataset table', () => {
  it('derives volume per atom and pressure in GPa', () => {
    const table = sample();
    expect([...table.numbers.volumePerAtom]).toEqual([20, 21, 21, NaN]);
    expect(table.numbers.pressure[0]).toBeCloseTo(0.01 * EV_PER_A3_IN_GPA, 12);
  });

  it('has a column for a property that some row has, sorts by it, and has none for others', () => {
    const table = sample();
    expect(table.properties.map(({ row, values }) => [row.key, values[1]])).toEqual([['dipole', 1.5]]);
    expect(rows(table.sorted(table.filter({}), 'property:dipole', false))).toEqual([2, 1, 0, 3]);
  });

  it('filters by each kind of condition and by all together', () => {
    const table = sample();
    expect(rows(table.filter({}))).toEqual([0, 1, 2, 3]);
    expect(rows(table.filter({ parts: ['train'] }))).toEqual([0, 1]);
    expect(rows(table.filter({ parts: [''] }))).toEqual([3]);
    expect(rows(table.filter({ tags: ['hot'] }))).toEqual([1, 2]);
    expect(rows(table.filter({ flagged: true }))).toEqual([3]);
    expect(rows(table.filter({ excluded: 'hidden' }))).toEqual([0, 1, 2]);
    expect(rows(table.filter({ text: 'LIQ' }))).toEqual([1]);
    expect(rows(table.filter({ text: 'hot' }))).toEqual([1, 2]);
    expect(rows(table.filter({ parts: ['train'], ranges: { maxForce: [1, Infinity] } }))).toEqual([1]);
  });

  it('hides rows without the number when a range is asked for', () => {
    const table = sample();
    expect(rows(table.filter({ ranges: { energyPerAtom: [-Infinity, Infinity] } }))).toEqual([0, 1, 3]);
    expect(rows(table.filter({ ranges: { energyPerAtom: [-2, -1] } }, 'energyPerAtom'))).toEqual([
      0, 1, 2, 3,
    ]);
  });

  it('sorts numbers with missing ones last either way, and words as people do', () => {
    const table = sample();
    const all = table.filter({});
    expect(rows(table.sorted(all, 'energyPerAtom', false))).toEqual([3, 1, 0, 2]);
    expect(rows(table.sorted(all, 'energyPerAtom', true))).toEqual([0, 1, 3, 2]);
    expect(rows(table.sorted(all, 'formula', false))).toEqual([0, 3, 1, 2]);
    expect(rows(all)).toEqual([0, 1, 2, 3]);
  });

  it('counts every finite value once in a histogram, outliers beside it', () => {
    const values = Float64Array.from({ length: 2000 }, (_, k) => k / 2000);
    values[5] = 1e6;
    values[6] = NaN;
    const every = Uint32Array.from(values, (_, k) => k);
    const result = histogram(values, every);
    if (result === undefined) throw new Error('a histogram was expected');
    const inside = result.counts.reduce((sum, n) => sum + n, 0);
    expect(inside + result.below + result.above).toBe(1999);
    expect(result.above).toBe(1);
    expect(result.high).toBeLessThan(2);
    expect([...binned(values, every, result)]).toEqual([...result.counts]);
    expect(histogram(values, Uint32Array.of(6))).toBeUndefined();
  });
});
