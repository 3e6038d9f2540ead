import { describe, expect, it } from 'vitest';
import {
  componentsOf,
  fieldOf,
  labelBits,
  OUTPUTS,
  propertyOf,
  rankOf,
  summaryNumber,
  TABLE,
  valuesOf,
  withoutLabels,
  type PropertyFields,
} from '../../../src-compute/structure/properties.ts';

const row = (key: string) => propertyOf(key)!;

describe('the table of properties', () => {
  it('has one bit, one key and one written name for each row', () => {
    for (const values of [
      TABLE.map(({ key }) => key),
      TABLE.map(({ bit }) => bit),
      TABLE.map(({ files }) => files.xyz[0]),
      OUTPUTS.flatMap(({ errors }) => [errors.mae, errors.rmse]),
    ])
      expect(new Set<unknown>(values).size).toBe(values.length);
    for (const { bit } of TABLE) expect(Number.isInteger(Math.log2(bit))).toBe(true);
  });

  it('keeps the bits that projects have: they are never changed', () => {
    expect(Object.fromEntries(TABLE.map(({ key, bit }) => [key, bit]))).toMatchObject({
      energy: 1,
      forces: 2,
      virial: 4,
      atomEnergies: 8,
      velocities: 16,
    });
  });

  it('tells the components from the length, and nothing else', () => {
    expect([4, 12, 5, 8].map((length) => componentsOf(row('magneticMoments'), length, 4))).toEqual([
      1,
      3,
      undefined,
      undefined,
    ]);
    expect(componentsOf(row('dipole'), 3, 4)).toBe(3);
    expect(componentsOf(row('dipole'), 12, 4)).toBeUndefined();
    expect([1, 3, 9].map(rankOf)).toEqual([0, 1, 2]);
  });

  it('gives and takes plain numbers and arrays alike', () => {
    expect(valuesOf({ energy: -3 }, 'energy')).toEqual(Float64Array.of(-3));
    expect(fieldOf(row('energy'), Float64Array.of(-3))).toEqual({ energy: -3 });
    expect(fieldOf(row('dipole'), Float64Array.of(0, 0, 1))).toEqual({ dipole: Float64Array.of(0, 0, 1) });
    expect(fieldOf(row('dipole'), undefined)).toEqual({});
  });

  it('counts what is zero as there, and nothing that is not', () => {
    expect(labelBits({ energy: 0 })).toBe(1);
    expect(labelBits({ magneticMoments: new Float64Array(2) })).toBe(row('magneticMoments').bit);
    expect(labelBits({})).toBe(0);
  });

  it('takes what was computed off a structure that was changed', () => {
    const fields: PropertyFields = {
      energy: 1,
      dipole: new Float64Array(3),
      charges: new Float64Array(1),
      masses: Float64Array.of(28),
    };
    const bare = withoutLabels(fields);
    expect(labelBits(bare)).toBe(row('masses').bit);
    expect(fields.energy).toBe(1);
  });

  it('sums a property up in one number', () => {
    const sum = (fields: PropertyFields, key: string) => summaryNumber(fields, row(key), 2);
    expect(sum({ dipole: Float64Array.of(0, 3, -4) }, 'dipole')).toBe(5);
    expect(sum({ magneticMoments: Float64Array.of(1, -2.5) }, 'magneticMoments')).toBe(2.5);
    expect(sum({ magneticMoments: Float64Array.of(0, 0, 1, 0, 3, 4) }, 'magneticMoments')).toBe(5);
    expect(sum({ polarisability: Float64Array.of(1, 9, 9, 9, 2, 9, 9, 9, 6) }, 'polarisability')).toBe(3);
    expect(sum({}, 'dipole')).toBeUndefined();
  });
});
