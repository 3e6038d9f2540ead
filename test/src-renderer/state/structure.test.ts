/** What the viewer offers to colour by and to draw as arrows follows from the table of properties. */
import { describe, expect, it } from 'vitest';
import { ArrayFrame } from '../../../src-compute/array-frame.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { fieldOf, TABLE } from '../../../src-compute/structure/properties.ts';
import { configurationBlock } from '../../../src-main/api/data/configuration.ts';
import { shownStructure } from '../../../src-renderer/state/structure.ts';
import { arrowScale, middleOf, packArrows } from '../../../src-renderer/viewer/arrows.ts';

const bare: Configuration = {
  symbols: ['Fe'],
  kinds: Uint16Array.of(0, 0),
  positions: Float64Array.of(0, 0, 0, 2, 0, 0),
  cell: new Float64Array(9),
  periodic: [false, false, false],
};
const shown = (fields: Partial<Configuration>) =>
  shownStructure(new ArrayFrame(configurationBlock({ ...bare, ...fields }).buffer));

describe('a configuration in the viewer', () => {
  it.each(
    TABLE.filter((row) => row.per === 'atom').flatMap((row) =>
      row.components.map((count) => ({ row, count, key: row.key })),
    ),
  )('has the colours and arrows of $key with $count', ({ row, count }) => {
    const values = Float64Array.from({ length: 2 * count }, (_, k) => k - 1);
    const { scalars, vectors } = shown(fieldOf(row, values));
    expect(scalars).toHaveLength(1);
    expect(scalars[0].unit).toBe(row.unit);
    expect([...scalars[0].values]).toEqual(
      count === 1 ? [...values] : [0, 3].map((k) => Math.hypot(...values.subarray(k, k + 3))),
    );
    expect(vectors).toHaveLength(Math.max(...row.components) === 3 ? 1 : 0);
    if (count === 3) expect(vectors[0].values).toEqual(values);
    // collinear moments stand along z
    else if (vectors.length > 0) expect([...vectors[0].values]).toEqual([0, 0, -1, 0, 0, 0]);
  });

  it('has one arrow for the dipole, from the middle and longer than the structure', () => {
    const { vectors, facts } = shown({ dipole: Float64Array.of(0, 0, 0.5) });
    expect(vectors).toMatchObject([{ key: 'dipole', unit: 'e·Å', single: true }]);
    expect(facts).toEqual([['Dipole', '0.000, 0.000, 0.500 e·Å']]);
    const { start, reach } = middleOf(Float32Array.from(bare.positions));
    expect([...start]).toEqual([1, 0, 0]);
    const packed = packArrows(
      start,
      vectors[0].values,
      arrowScale(vectors[0].values, reach),
      new Float32Array(3),
    );
    expect([...packed.subarray(0, 5)]).toEqual([1, 0, 0, 0, 0]);
    expect(packed[5]).toBeGreaterThan(1);
    expect(packed).toHaveLength(8);
  });

  it('has the keys that saved views know', () => {
    const { scalars, vectors } = shown({ forces: new Float64Array(6), atomEnergies: new Float64Array(2) });
    expect(scalars.map(({ key }) => key)).toEqual(['force', 'energy']);
    expect(vectors.map(({ key, label }) => [key, label])).toEqual([['force', 'Forces']]);
  });
});
