import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { bytesOf, exactJson, parseExactJson } from '../../../src-main/store/binary.ts';
import { configurationHashes } from '../../../src-main/store/content-hash.ts';
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
