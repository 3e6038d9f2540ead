import fc from 'fast-check';
import { storedRecord } from '../../support/stored-record.ts';
import { describe, expect, it } from 'vitest';
import type { AtomColumn, Configuration } from '../../../src-compute/structure/configuration.ts';
import { decodeConfiguration, encodeConfiguration } from '../../../src-main/store/configuration-codec.ts';
import { configurationHashes, FINGERPRINTS, fingerprints } from '../../../src-main/store/content-hash.ts';
import { StoreError } from '../../../src-main/store/store-error.ts';
import { crystal, randomNumbers } from '../../support/project.ts';

const anyNumber = fc.oneof(fc.double(), fc.constantFrom(NaN, Infinity, -Infinity, -0, 5e-324));
const numbers = (length: number) =>
  fc.array(anyNumber, { minLength: length, maxLength: length }).map((list) => Float64Array.from(list));
const word = fc.string({ unit: 'binary', maxLength: 12 });

function columnOf(atoms: number): fc.Arbitrary<AtomColumn> {
  return fc.tuple(word, fc.integer({ min: 1, max: 3 })).chain(([name, columns]): fc.Arbitrary<AtomColumn> => {
    const length = atoms * columns;
    const sized = { minLength: length, maxLength: length };
    return fc.oneof(
      numbers(length).map((values): AtomColumn => ({ name, columns, kind: 'R', values })),
      fc
        .array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), sized)
        .map((values): AtomColumn => ({ name, columns, kind: 'I', values: Int32Array.from(values) })),
      fc.array(word, sized).map((values): AtomColumn => ({ name, columns, kind: 'S', values })),
      fc
        .array(fc.integer({ min: 0, max: 1 }), sized)
        .map((values): AtomColumn => ({ name, columns, kind: 'L', values: Uint8Array.from(values) })),
    );
  });
}

const configuration: fc.Arbitrary<Configuration> = fc.integer({ min: 0, max: 7 }).chain((atoms) =>
  fc.record(
    {
      symbols: fc.uniqueArray(word, { minLength: 1, maxLength: 3 }),
      kinds: fc
        .array(fc.constant(0), { minLength: atoms, maxLength: atoms })
        .map((list) => Uint16Array.from(list)),
      positions: numbers(3 * atoms),
      cell: numbers(9),
      periodic: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
      energy: anyNumber,
      forces: numbers(3 * atoms),
      virial: numbers(9),
      atomEnergies: numbers(atoms),
      velocities: numbers(3 * atoms),
      masses: numbers(atoms),
      atomColumns: fc.array(columnOf(atoms), { minLength: 1, maxLength: 3 }),
      info: fc.dictionary(
        word,
        fc.oneof(
          anyNumber,
          word,
          fc.boolean(),
          fc.array(anyNumber, { minLength: 1 }),
          fc.array(word, { minLength: 1 }),
          fc.array(fc.boolean(), { minLength: 1 }),
        ),
        { noNullPrototype: true },
      ),
    },
    { requiredKeys: ['symbols', 'kinds', 'positions', 'cell', 'periodic'] },
  ),
);

describe('a configuration in the project', () => {
  it('comes back as it was, to the last bit', () => {
    fc.assert(
      fc.property(configuration, (original) => {
        expect(decodeConfiguration(storedRecord(encodeConfiguration(original)))).toEqual(original);
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  it('is refused with a sentence when its row is damaged', () => {
    const record = storedRecord(encodeConfiguration(crystal(2, 1)));
    const weighed = encodeConfiguration({ ...crystal(2, 1), masses: new Float64Array(8) });
    const damaged = [
      { ...record, header: '{' },
      { ...record, header: '{"symbols":1}' },
      { ...record, positions: record.positions.subarray(8) },
      { ...storedRecord(weighed), extras: Buffer.alloc(3) },
    ];
    for (const row of damaged) expect(() => decodeConfiguration(row)).toThrow(StoreError);
  });
});

/** The same structure with another order of symbols in its list. */
function relabelled(original: Configuration): Configuration {
  return { ...original, symbols: ['O', ...original.symbols], kinds: original.kinds.map((kind) => kind + 1) };
}

describe('digests', () => {
  const original = crystal(3, 5);

  it('do not depend on how kinds are numbered, on signs of zero or on keys that are no labels', () => {
    const { structure, content } = configurationHashes(original);
    const twoKinds = { ...original, symbols: ['Si', 'O'] };
    const other = configurationHashes({ ...twoKinds, info: { a: 1 } });
    const again = configurationHashes(relabelled(original));
    expect(again.structure.equals(other.structure)).toBe(true);
    const zeros = { ...original, cell: original.cell.map((value) => (value === 0 ? -0 : value)) };
    expect(configurationHashes(zeros).structure.equals(structure)).toBe(true);
    expect(configurationHashes({ ...original, info: { a: 1 } }).content.equals(content)).toBe(true);
  });

  it('change with every number of the structure and of the labels', () => {
    const before = configurationHashes(original);
    const changes: [keyof Configuration, boolean][] = [
      ['positions', true],
      ['cell', true],
      ['forces', false],
      ['virial', false],
    ];
    for (const [field, structural] of changes) {
      const values = Float64Array.from(original[field] as Float64Array);
      values[4] += Math.abs(values[4]) * 2 ** -52 || 5e-324;
      const after = configurationHashes({ ...original, [field]: values });
      expect(after.content.equals(before.content), field).toBe(false);
      expect(after.structure.equals(before.structure), field).toBe(!structural);
    }
    expect(configurationHashes({ ...original, energy: 1 }).content.equals(before.content)).toBe(false);
    expect(
      configurationHashes({ ...original, periodic: [true, true, false] }).structure.equals(before.structure),
    ).toBe(false);
  });
});

describe('fingerprints', () => {
  const original = crystal(4, 6);
  const values = (configuration: Configuration) => fingerprints(configuration).subarray(0, FINGERPRINTS);

  it('do not see lattice vectors', () => {
    const positions = Float64Array.from(original.positions);
    for (let axis = 0; axis < 3; axis++)
      positions[30 + axis] += 3 * original.cell[axis] - original.cell[6 + axis];
    values({ ...original, positions }).forEach((value, q) =>
      expect(value).toBeCloseTo(values(original)[q], 8),
    );
  });

  it('change within their stated bound when all numbers are rounded, and far more between different structures', () => {
    const random = randomNumbers(3);
    const sheared = { ...original, cell: Float64Array.of(10, 0, 0, 4, 9, 0, -3, 2, 8) };
    for (const structure of [original, sheared]) {
      const bounds = fingerprints(structure).subarray(FINGERPRINTS);
      for (const rounding of [1e-6, 1e-4, 1e-3]) {
        const rounded = (array: Float64Array) => array.map((x) => x + rounding * (2 * random() - 1));
        const other = values({
          ...structure,
          positions: rounded(structure.positions),
          cell: rounded(structure.cell),
        });
        other.forEach((value, q) =>
          expect(Math.abs(value - values(structure)[q])).toBeLessThan(rounding * bounds[q]),
        );
      }
    }
    const apart = values(crystal(4, 7)).map(
      (value, q) => Math.abs(value - values(original)[q]) / fingerprints(original)[FINGERPRINTS + q],
    );
    expect(Math.max(...apart)).toBeGreaterThan(3e-3);
  });

  it('are defined for molecules without a cell', () => {
    const molecule: Configuration = {
      ...original,
      cell: new Float64Array(9),
      periodic: [false, false, false],
    };
    expect(fingerprints(molecule).every(Number.isFinite)).toBe(true);
  });
});
