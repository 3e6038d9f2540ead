import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { bytesOf, exactJson, parseExactJson } from '../../../src-main/store/binary.ts';
import { configurationHashes, FINGERPRINTS, fingerprints } from '../../../src-main/store/content-hash.ts';
import { crystal } from '../../support/project.ts';

/** The digests as they are defined: SHA-256 fed piece by piece, cut to 16 bytes. */
function plainHashes(configuration: Configuration): { structure: string; content: string } {
  const { symbols, kinds, positions, cell, periodic, energy } = configuration;
  const sorted = [...symbols].sort();
  const numbers = (values: Float64Array) => bytesOf(values.map((value) => (value === 0 ? 0 : value)));
  const hash = createHash('sha256').update(`${sorted.join(' ')}\n`);
  hash.update(bytesOf(kinds.map((kind) => sorted.indexOf(symbols[kind]))));
  hash.update(numbers(positions)).update(numbers(cell)).update(periodic.map(Number).join(''));
  const structure = hash.copy().digest('hex').slice(0, 32);
  if (energy !== undefined) hash.update('energy').update(numbers(Float64Array.of(energy)));
  for (const name of ['forces', 'virial', 'atomEnergies'] as const) {
    const values = configuration[name];
    if (values !== undefined) hash.update(name).update(numbers(values));
  }
  return { structure, content: hash.digest('hex').slice(0, 32) };
}

const small = crystal(2, 1);
const withZero = { ...small, positions: small.positions.with(3, -0), forces: small.forces!.with(0, -0) };
const mixed = { ...small, symbols: ['Si', 'Ge', 'Ölement'], kinds: Uint16Array.of(0, 1, 2, 1, 0, 2, 1, 0) };
const cases: [string, Configuration][] = [
  ['few atoms', small],
  ['negative zeros', withZero],
  ['several species in any order', mixed],
  ['energies of atoms', { ...small, atomEnergies: new Float64Array(8).fill(-5) }],
  ['no labels', { ...small, energy: undefined, forces: undefined, virial: undefined }],
  // the numbers on both sides of the size up to which they are copied
  ...[6, 7, 8].map((n): [string, Configuration] => [`${n ** 3} atoms`, crystal(n, n)]),
  ['many atoms with negative zeros', { ...crystal(9, 3), virial: new Float64Array(9).fill(-0) }],
];

describe('digests of configurations', () => {
  it.each(cases)('are those that projects have had from the beginning: %s', (_what, configuration) => {
    const { structure, content } = configurationHashes(configuration);
    const expected = plainHashes(configuration);
    expect(structure.toString('hex')).toBe(expected.structure);
    expect(content.toString('hex')).toBe(expected.content);
  });
});

describe('exact JSON', () => {
  it.each([[1.5], [-0], [{ a: [NaN, 1], b: 'text', c: { d: -Infinity } }], [['$number', true]], [[[0.1]]]])(
    'keeps every number: %j',
    (value) => expect(parseExactJson(exactJson(value))).toEqual(value),
  );
});

/** The fingerprints as they are defined, of a cubic cell. */
function plainFingerprints({ positions, kinds, cell, periodic }: Configuration): number[] {
  const values = new Array<number>(FINGERPRINTS).fill(cell[0] + cell[4] + cell[8]);
  let state = 12345;
  for (let atom = 0; atom < kinds.length; atom++) {
    let sum = 0;
    for (let axis = 0; axis < 3; axis++) {
      const along = positions[3 * atom + axis] / (periodic[axis] ? cell[4 * axis] : 10);
      sum += Math.cos(2 * Math.PI * (periodic[axis] ? along - Math.floor(along) : along) + axis + 0.3);
    }
    for (let q = 0; q < FINGERPRINTS; q++) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      values[q] += ((state >>> 8) / 0x800000 - 1) * 14 * sum;
    }
  }
  return values;
}

describe('fingerprints', () => {
  it.each([
    ['periodic', [true, true, true], 1],
    ['of a slab far away', [true, true, false], 3e4],
    ['of one beyond all angles', [true, true, false], 1e9],
  ] as const)('are those that projects have had from the beginning: %s', (_what, periodic, far) => {
    const original = crystal(3, 5);
    const moved = {
      ...original,
      positions: original.positions.map((x, k) => (periodic[k % 3] ? x : far * x)),
      periodic: [...periodic] as Configuration['periodic'],
    };
    plainFingerprints(moved).forEach((value, q) =>
      expect(fingerprints(moved)[q]).toBeCloseTo(value, far === 1 ? 10 : 3),
    );
  });
});
