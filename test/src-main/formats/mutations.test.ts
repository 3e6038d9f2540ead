/**
 * Bad input, at random: whatever bytes a file holds, reading it gives configurations or a FormatError, soon, and
 * every configuration that comes out is whole.
 */
import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { FORMATS, FormatError, readFrames } from '../../../src-main/formats/index.ts';
import { GOOD } from './samples.ts';
import { temporaryFile } from './support.ts';

/** Asserts that a configuration has all it must have, and only finite numbers. */
function expectWhole(configuration: Configuration): void {
  const atoms = configuration.kinds.length;
  expect(atoms).toBeGreaterThan(0);
  expect(configuration.positions.length).toBe(3 * atoms);
  expect(configuration.cell.length).toBe(9);
  for (const kind of configuration.kinds) expect(configuration.symbols[kind]).toBeTypeOf('string');
  for (const [values, columns] of [
    [configuration.forces, 3],
    [configuration.velocities, 3],
    [configuration.masses, 1],
    [configuration.atomEnergies, 1],
  ] as const) {
    if (values !== undefined) expect(values.length).toBe(columns * atoms);
  }
  for (const column of configuration.atomColumns ?? [])
    expect(column.values.length).toBe(column.columns * atoms);
  for (const values of [
    configuration.positions,
    configuration.cell,
    configuration.forces ?? [],
    configuration.virial ?? [],
    [configuration.energy ?? 0],
  ]) {
    expect(values.every(Number.isFinite)).toBe(true);
  }
}

/** Reads a file both ways; true when it was read without complaint. */
async function readsOrComplains(path: string, format?: string): Promise<boolean> {
  let good = true;
  for (const skipBad of [false, true]) {
    try {
      for await (const frame of readFrames(path, { skipBad, ...(format === undefined ? {} : { format }) })) {
        if (frame.configuration !== undefined) expectWhole(frame.configuration);
        else {
          expect(skipBad).toBe(true);
          expect(frame.problems.some((problem) => problem.severity === 'error')).toBe(true);
        }
        for (const problem of frame.problems) {
          expect(problem.message).toMatch(/\S.*[.…]$/s);
          expect(problem.line).toBeGreaterThan(0);
        }
      }
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      good = false;
    }
  }
  return good;
}

/** A format by name, or none: then it is detected. */
const formatName = fc.option(fc.constantFrom(...FORMATS.map((format) => format.name)), { nil: undefined });

/** One change of a file. */
type Mutation = (bytes: Uint8Array) => Uint8Array;

const WORDS = [
  'nan',
  'NaN',
  'inf',
  '****',
  '-1',
  '0',
  '99999999',
  '1e400',
  'x',
  '',
  '\n',
  '"',
  '{',
  '<',
  '\0',
  '1 2 3',
  '\r',
  'ITEM: ATOMS',
  'END_CFG',
  ';',
  '</v>',
];

const mutation = fc.oneof(
  fc.tuple(fc.nat(), fc.nat(255)).map(
    ([at, byte]): Mutation =>
      (bytes) =>
        bytes.with(at % bytes.length, byte),
  ),
  fc.nat().map(
    (at): Mutation =>
      (bytes) =>
        bytes.subarray(0, at % bytes.length),
  ),
  fc.tuple(fc.nat(), fc.nat(200)).map(
    ([at, length]): Mutation =>
      (bytes) =>
        joined(bytes.subarray(0, at % bytes.length), bytes.subarray((at % bytes.length) + length)),
  ),
  fc.tuple(fc.nat(), fc.constantFrom(...WORDS)).map(
    ([at, word]): Mutation =>
      (bytes) =>
        replaceWord(bytes, at, word),
  ),
  fc.tuple(fc.nat(), fc.nat()).map(([at, from]): Mutation => (bytes) => {
    const lines = text(bytes).split('\n');
    lines.splice(at % lines.length, 0, lines[from % lines.length]);
    return encode(lines.join('\n'));
  }),
  fc.nat().map(
    (at): Mutation =>
      (bytes) =>
        encode(
          text(bytes)
            .split('\n')
            .toSpliced(at % text(bytes).split('\n').length, 1)
            .join('\n'),
        ),
  ),
);

const encode = (string: string) => new Uint8Array(Buffer.from(string, 'latin1'));
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}

/** Puts another word in the place of one. */
function replaceWord(bytes: Uint8Array, at: number, word: string): Uint8Array {
  const words = text(bytes).split(/(\s+)/);
  words[(at % Math.ceil(words.length / 2)) * 2] = word;
  return encode(words.join(''));
}

describe('random mutations of good files', () => {
  test.each(Object.keys(GOOD))('%s: configurations or a FormatError', async (name) => {
    const good = encode(GOOD[name]);
    expect(await readsOrComplains(temporaryFile(good, name), name)).toBe(true);
    let complaints = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), async (mutations) => {
        const broken = mutations.reduce<Uint8Array>(
          (bytes, mutate) => (bytes.length === 0 ? bytes : mutate(bytes)),
          good,
        );
        if (!(await readsOrComplains(temporaryFile(broken, name), name))) complaints++;
      }),
      { numRuns: 100, seed: 20 },
    );
    // the mutations do break things: a reader that takes everything would not notice
    expect(complaints).toBeGreaterThan(10);
  });
});

describe('random bytes', () => {
  test('whatever the format is said to be', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), formatName, async (bytes, format) => {
        await readsOrComplains(temporaryFile(bytes), format);
      }),
      { numRuns: 200, seed: 21 },
    );
  });

  test('text made of the words of the formats', async () => {
    const words = [...new Set(Object.values(GOOD).flatMap((content) => content.split(/\s+/).slice(0, 150)))];
    const line = fc.array(fc.constantFrom(...words), { maxLength: 8 }).map((parts) => parts.join(' '));
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 30 }), formatName, async (lines, format) => {
        await readsOrComplains(temporaryFile(lines.join('\n')), format);
      }),
      { numRuns: 200, seed: 22 },
    );
  });

  test('damaged gzip', async () => {
    const packed = gzipSync(GOOD.extxyz.repeat(50));
    await fc.assert(
      fc.asyncProperty(fc.nat(packed.length - 3), fc.nat(255), async (at, byte) => {
        await readsOrComplains(temporaryFile(new Uint8Array(packed).with(at + 2, byte), 'a.xyz.gz'));
        await readsOrComplains(temporaryFile(packed.subarray(0, at + 2), 'a.xyz.gz'));
      }),
      { numRuns: 60, seed: 23 },
    );
  });
});
