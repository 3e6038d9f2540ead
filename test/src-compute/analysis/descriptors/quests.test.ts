/** The QUESTS descriptor: the authors' numbers, symmetries, derivatives, and structures with few atoms. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { stack } from '../../../../src-compute/analysis/descriptors/descriptor.ts';
import { QUESTS_DEFAULTS, questsDescriptor } from '../../../../src-compute/analysis/descriptors/quests.ts';
import { referenceEngine } from '../../../../src-compute/analysis/entropy/kernel-engine.ts';
import { descriptorEntropy } from '../../../../src-compute/analysis/entropy/measures.ts';
import { wasmEngine } from '../../../../src-compute/analysis/entropy/wasm-engine.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { lattice, supercell } from '../../../../src-compute/structure/lattices.ts';
import { readConfigurations } from '../../../../src-main/formats/index.ts';
import { hasShared, sharedPath } from '../../../support/shared.ts';
import { atoms, diamond, randomNumbers } from '../entropy/structures.ts';

const descriptor = questsDescriptor();

/** The same atoms turned about an axis by an angle, rotation applied to positions and cell. */
function rotated(configuration: Configuration, angle: number): Configuration {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const turn = (v: Float64Array) => {
    const result = v.slice();
    for (let i = 0; i < v.length; i += 3) {
      // about z, then about x
      const [x, y, z] = [c * v[i] - s * v[i + 1], s * v[i] + c * v[i + 1], v[i + 2]];
      result.set([x, c * y - s * z, s * y + c * z], i);
    }
    return result;
  };
  return { ...configuration, positions: turn(configuration.positions), cell: turn(configuration.cell) };
}

function largest(a: Float64Array, b: Float64Array): number {
  return a.reduce((worst, value, k) => Math.max(worst, Math.abs(value - b[k])), 0);
}

describe('the QUESTS descriptor', () => {
  it.skipIf(!hasShared()).each(['Si_test', 'Mo_test'] as const)(
    'and its entropy agree with the authors on %s to 1e-9',
    async (name) => {
      const references = JSON.parse(readFileSync(sharedPath('references', 'quests.json'), 'utf8'));
      const frames = await readConfigurations(sharedPath('data', `${name}.xyz`));
      const points = stack(
        frames.map((frame) => descriptor.compute(frame)),
        descriptor.dimension,
      );
      expect(points.rows).toBe(references[name].environments);
      for (const engine of [referenceEngine(), wasmEngine()]) {
        const result = await descriptorEntropy(points, 0.015, engine);
        expect(Math.abs(result.entropy - references[name].entropy_nats)).toBeLessThan(1e-9);
        expect(Math.abs(result.diversity - references[name].diversity)).toBeLessThan(1e-9);
      }
      const single = await descriptorEntropy(points, 0.015, wasmEngine({ precision: 'f32' }));
      expect(Math.abs(single.entropy - references[name].entropy_nats)).toBeLessThan(1e-4);
    },
  );

  it('does not change under rotation, translation and permutation', () => {
    const structure = diamond(2, 0.2);
    const original = descriptor.compute(structure).values;
    expect(largest(descriptor.compute(rotated(structure, 0.83)).values, original)).toBeLessThan(1e-12);
    const moved = { ...structure, positions: structure.positions.map((x, k) => x + [30, -7.3, 0.1][k % 3]) };
    expect(largest(descriptor.compute(moved).values, original)).toBeLessThan(1e-11);
    const n = structure.kinds.length;
    const positions = new Float64Array(3 * n);
    for (let i = 0; i < n; i++)
      positions.set(structure.positions.subarray(3 * i, 3 * i + 3), 3 * (n - 1 - i));
    const reversed = descriptor.compute({ ...structure, positions }).values;
    const d = descriptor.dimension;
    for (let i = 0; i < n; i++) {
      const row = reversed.subarray((n - 1 - i) * d, (n - i) * d);
      expect(largest(row, original.subarray(i * d, (i + 1) * d))).toBeLessThan(1e-12);
    }
  });

  it('gives a supercell the entropy of its cell', async () => {
    const cell = diamond(1, 0.3, 4);
    const n = cell.kinds.length;
    const positions: number[] = [];
    for (let x = 0; x < 2; x++)
      for (let i = 0; i < 3 * n; i++) positions.push(cell.positions[i] + (i % 3 ? 0 : x * 5.43));
    const doubled = atoms(positions, [2 * 5.43, 0, 0, 0, 5.43, 0, 0, 0, 5.43]);
    const h = async (c: Configuration) =>
      (await descriptorEntropy(descriptor.compute(c), 0.015, referenceEngine())).entropy;
    expect(await h(doubled)).toBeCloseTo(await h(cell), 12);
    expect(await h(cell)).toBeGreaterThan(0.5);
    expect(await h(diamond(2))).toBeCloseTo(0, 12);
  });

  it.each([32, 20, 3, 13])(
    'does not depend on the order of atoms in perfect crystals (k = %i)',
    (neighbours) => {
      // the k-th neighbour is one of many equally far ones: k = 32 cuts a shell of diamond, 20 one of fcc and of bcc
      const some = questsDescriptor({ neighbours, cutoff: 5.5 });
      for (const [name, a] of [
        ['diamond', 5.43],
        ['fcc', 3.61],
        ['bcc', 3.16],
        ['sc', 2.9],
      ] as const) {
        const crystal = supercell(lattice(name, ['Si'], a), [2, 2, 2]);
        const n = crystal.kinds.length;
        const random = randomNumbers(5);
        const order = Array.from({ length: n }, (_, i) => i).sort(() => random() - 0.5);
        const shuffled = {
          ...crystal,
          positions: Float64Array.from(
            order.flatMap((i) => Array.from(crystal.positions.subarray(3 * i, 3 * i + 3))),
          ),
        };
        const [row] = [some.compute(crystal).values.subarray(0, some.dimension)];
        for (const structure of [crystal, shuffled, rotated(crystal, 0.4), lattice(name, ['Si'], a)]) {
          const { values, rows } = some.compute(structure);
          for (let i = 0; i < rows; i++) {
            expect(largest(values.subarray(i * some.dimension, (i + 1) * some.dimension), row)).toBeLessThan(
              1e-11,
            );
          }
        }
      }
    },
  );

  it('shares the last places between ties as the mean over all ways to take them does', () => {
    // an atom with four equally far neighbours in the corners of a square, of which k = 3 takes any three
    const square = atoms([0, 0, 0, 2, 0, 0, 0, 2, 0, -2, 0, 0, 0, -2, 0], new Float64Array(9), false);
    const [first] = [questsDescriptor({ neighbours: 3, cutoff: 5 }).compute(square).values.subarray(0, 5)];
    const w = (1 - (2 / 5) ** 2) ** 2;
    expect(Array.from(first.subarray(0, 3))).toEqual([w / 2, w / 2, w / 2].map((x) => expect.closeTo(x, 12)));
    // whichever three are taken, one of them sees both others at √8 and two see one at √8, one at 4
    const [near, far] = [w / Math.sqrt(8), w / 4];
    expect(first[3]).toBeCloseTo(near, 12);
    expect(first[4]).toBeCloseTo((near + 2 * far) / 3, 12);
  });

  it('keeps elements apart when it is told to', () => {
    const some = questsDescriptor({ ...QUESTS_DEFAULTS, elements: ['P', 'In'] });
    expect(some.name).toBe('quests:P,In');
    const crystal = supercell(lattice('zincblende', ['In', 'P'], 5.87), [2, 2, 2]);
    const other = crystal.kinds.findIndex((kind) => kind !== crystal.kinds[0]);
    const swapped = { ...crystal, kinds: crystal.kinds.slice() };
    [swapped.kinds[0], swapped.kinds[other]] = [swapped.kinds[other], swapped.kinds[0]];
    const distance = (structure: Configuration, atom: number) =>
      Math.sqrt(
        some
          .compute(structure)
          .values.subarray(atom * some.dimension, (atom + 1) * some.dimension)
          .reduce((sum, x, k) => sum + (x - some.compute(crystal).values[atom * some.dimension + k]) ** 2, 0),
      );
    const different = crystal.kinds.findIndex((kind, i) => i > 0 && i !== other && kind === crystal.kinds[0]);
    expect(distance(swapped, 0)).toBeGreaterThan(1); // another centre
    expect(distance(swapped, different)).toBeGreaterThan(0); // a changed neighbour somewhere
    expect(largest(descriptor.compute(swapped).values, descriptor.compute(crystal).values)).toBe(0);
    // with one element its pairs and lengths are the published ones
    const silicon = diamond(2, 0.2);
    const one = questsDescriptor({ ...QUESTS_DEFAULTS, elements: ['Si'] });
    const plain = descriptor.compute(silicon).values;
    const own = one.compute(silicon).values;
    for (let k = 0; k < 63; k++) expect(own[k]).toBeCloseTo(plain[k], 14);
    expect(() => questsDescriptor({ ...QUESTS_DEFAULTS, elements: ['Si', 'Si'] })).toThrow(/different/);
  });

  it('tells arrangements apart in which every atom has the same neighbours', () => {
    // an octahedron AB₃C₃ with the like atoms in one face, or in a plane through the centre
    const corners = [2, 0, 0, -2, 0, 0, 0, 2, 0, 0, -2, 0, 0, 0, 2, 0, 0, -2];
    const octahedron = (kinds: number[]): Configuration => ({
      ...atoms([0, 0, 0, ...corners], new Float64Array(9), false),
      symbols: ['Co', 'N', 'O'],
      kinds: Uint16Array.from([0, ...kinds]),
    });
    const some = questsDescriptor({ ...QUESTS_DEFAULTS, elements: ['N', 'O', 'Co'] });
    const row = (kinds: number[]) => some.compute(octahedron(kinds)).values.subarray(0, some.dimension);
    const facial = row([1, 2, 1, 2, 1, 2]);
    const meridional = row([1, 1, 1, 2, 2, 2]);
    const distance = Math.hypot(...facial.map((x, k) => x - meridional[k]));
    // in full surroundings the pairs of 32 neighbours add up; of six they are few
    expect(distance).toBeGreaterThan(0.01);
  });

  it.each([
    ['published', undefined],
    ['by elements', ['Si', 'O']],
  ] as const)(
    'has derivatives that agree with finite differences, strain included (%s)',
    (_name, elements) => {
      const plain = diamond(1, 0.25, 7);
      const structure: Configuration = elements
        ? { ...plain, symbols: ['Si', 'O', 'X'], kinds: Uint16Array.from(plain.kinds, (_, i) => i % 3) }
        : plain;
      const some = questsDescriptor({ neighbours: 40, cutoff: 4.7, ...(elements && { elements }) });
      const random = randomNumbers(3);
      const weights = Float64Array.from({ length: 8 * some.dimension }, () => random() - 0.5);
      const value = (c: Configuration) =>
        some.compute(c).values.reduce((sum, x, k) => sum + x * weights[k], 0);
      const { gradient, strainGradient } = some.pullback!(structure, weights);
      // short, so that no two sorted entries change places on the way
      const step = 1e-8;
      for (let k = 0; k < 24; k += 5) {
        const shifted = (sign: number) => {
          const positions = structure.positions.slice();
          positions[k] += sign * step;
          return value({ ...structure, positions });
        };
        expect(gradient[k]).toBeCloseTo((shifted(1) - shifted(-1)) / (2 * step), 5);
      }
      for (let a = 0; a < 3; a++) {
        for (let b = 0; b < 3; b++) {
          const strained = (sign: number) => {
            const strain = (v: Float64Array) => {
              const result = v.slice();
              for (let i = 0; i < v.length; i += 3) result[i + b] += sign * step * v[i + a];
              return result;
            };
            return value({
              ...structure,
              positions: strain(structure.positions),
              cell: strain(structure.cell),
            });
          };
          expect(strainGradient[3 * a + b]).toBeCloseTo((strained(1) - strained(-1)) / (2 * step), 5);
        }
      }
      expect(Math.max(...gradient)).toBeGreaterThan(1e-3);
    },
  );

  it('is the zero vector for one atom, and counts only the neighbours there are', () => {
    const alone = descriptor.compute(atoms([0, 0, 0], new Float64Array(9), false));
    expect(alone.values.every((x) => x === 0)).toBe(true);
    const pair = descriptor.compute(atoms([0, 0, 0, 2, 0, 0], new Float64Array(9), false));
    const w = (1 - (2 / 5) ** 2) ** 2;
    expect(pair.values[0]).toBeCloseTo(w / 2, 14);
    expect(pair.values.subarray(1, 63).every((x) => x === 0)).toBe(true);
    // three atoms in a right angle: the corner sees two neighbours, whose distance enters the second part
    const corner = descriptor.compute(atoms([0, 0, 0, 2, 0, 0, 0, 3, 0], new Float64Array(9), false)).values;
    const w3 = (1 - (3 / 5) ** 2) ** 2;
    expect(corner[32]).toBeCloseTo((2 * Math.sqrt(w * w3)) / Math.hypot(2, 3) / 32, 14);
  });

  it('refuses no atoms, atoms in one place and impossible settings', () => {
    expect(() => descriptor.compute(atoms([], new Float64Array(9), false))).toThrow(/no atoms/);
    const twice = atoms([1, 1, 1, 1, 1, 1], new Float64Array(9), false);
    expect(() => descriptor.compute(twice)).toThrow(/same place/);
    expect(() => questsDescriptor({ neighbours: 0, cutoff: 5 })).toThrow(/neighbours/);
    expect(() => questsDescriptor({ neighbours: 32, cutoff: -1 })).toThrow(/cutoff/);
  });
});
