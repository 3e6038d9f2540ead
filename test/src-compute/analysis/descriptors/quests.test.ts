/** The QUESTS descriptor: the authors' numbers, symmetries, derivatives, and structures with few atoms. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { stack } from '../../../../src-compute/analysis/descriptors/descriptor.ts';
import { questsDescriptor } from '../../../../src-compute/analysis/descriptors/quests.ts';
import { referenceEngine } from '../../../../src-compute/analysis/entropy/kernel-engine.ts';
import { descriptorEntropy } from '../../../../src-compute/analysis/entropy/measures.ts';
import { wasmEngine } from '../../../../src-compute/analysis/entropy/wasm-engine.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
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

  it('has derivatives that agree with finite differences, strain included', () => {
    const structure = diamond(1, 0.25, 7);
    const some = questsDescriptor({ neighbours: 40, cutoff: 4.7 });
    const random = randomNumbers(3);
    const weights = Float64Array.from({ length: 8 * some.dimension }, () => random() - 0.5);
    const value = (c: Configuration) => some.compute(c).values.reduce((sum, x, k) => sum + x * weights[k], 0);
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
  });

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
