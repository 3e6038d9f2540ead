/** Generated structures: composition, density, diversity beyond random, representation of a target, every drive. */
import { describe, expect, it } from 'vitest';
import { descriptorByName } from '../../../../src-compute/analysis/descriptors/index.ts';
import { stack, type DescriptorMatrix } from '../../../../src-compute/analysis/descriptors/descriptor.ts';
import { standardise, standardisationOf } from '../../../../src-compute/analysis/descriptors/standardise.ts';
import {
  driveStructure,
  DRIVE_DEFAULTS,
  DRIVES,
  type DriveSettings,
} from '../../../../src-compute/analysis/entropy/guided/drive.ts';
import {
  generateStructures,
  type Generated,
  type GenerateRequest,
} from '../../../../src-compute/analysis/entropy/guided/generate.ts';
import { DescriptorField } from '../../../../src-compute/analysis/entropy/guided/field.ts';
import { momentDistance } from '../../../../src-compute/analysis/entropy/guided/moment-distance.ts';
import { compositionOf } from '../../../../src-compute/analysis/entropy/guided/random-start.ts';
import {
  addToPowerSums,
  momentsOf,
  powerSums,
  REPRESENTATIVE_DEFAULTS,
  representativeTerm,
} from '../../../../src-compute/analysis/entropy/guided/terms.ts';
import { referenceEngine } from '../../../../src-compute/analysis/entropy/kernel-engine.ts';
import { descriptorEntropy } from '../../../../src-compute/analysis/entropy/measures.ts';
import { Random } from '../../../../src-compute/sampling/random.ts';
import { formula, type Configuration } from '../../../../src-compute/structure/configuration.ts';
import { minimumDistance } from '../../../../src-compute/structure/minimum-distance.ts';
import { volume } from '../../../../src-compute/structure/cell.ts';
import { diamond } from './structures.ts';

const quests = descriptorByName('quests');

const request = (given: Partial<GenerateRequest>): GenerateRequest => ({
  composition: { Si: 8 },
  volume: [18, 24],
  count: 3,
  descriptor: quests,
  drive: { ...DRIVE_DEFAULTS, steps: 25 },
  seed: 4,
  goal: { kind: 'entropy', entropy: 1, novelty: 0.2 },
  ...given,
});

const entropyOf = async (structures: readonly { configuration: ReturnType<typeof diamond> }[], h: number) => {
  const points = stack(
    structures.map(({ configuration }) => quests.compute(configuration)),
    quests.dimension,
  );
  return (await descriptorEntropy(points, h, referenceEngine())).entropy;
};

describe('generated structures', () => {
  it.each(DRIVES)('by %s have the composition and the density that were asked for', async (drive) => {
    const { structures } = await generateStructures(
      request({
        composition: { Ga: 4, As: 4 },
        drive: { ...DRIVE_DEFAULTS, drive, steps: 6, swaps: 4 },
        descriptor: descriptorByName('mtp:6'),
      }),
    );
    expect(structures).toHaveLength(3);
    for (const { configuration } of structures) {
      expect(['Ga4As4', 'As4Ga4']).toContain(formula(configuration));
      const perAtom = volume(configuration.cell) / 8;
      expect(perAtom).toBeGreaterThanOrEqual(18 - 1e-9);
      expect(perAtom).toBeLessThanOrEqual(24 + 1e-9);
      expect(minimumDistance(configuration)).toBeGreaterThan(1.5);
    }
  });

  it('are more diverse for K > 0 and less for K < 0 than without', async () => {
    const make = (entropy: number) =>
      generateStructures(request({ bandwidth: 0.04, goal: { kind: 'entropy', entropy, novelty: 0 } }));
    const [ordered, plain, diverse] = await Promise.all([-1, 0, 1].map(make));
    const [low, middle, high] = await Promise.all(
      [ordered, plain, diverse].map(({ structures }) => entropyOf(structures, 0.04)),
    );
    expect(high).toBeGreaterThan(middle);
    expect(low).toBeLessThan(middle);
  });

  describe('that represent a target', () => {
    const moments = descriptorByName('mtp:8');
    const target = [1, 2, 3, 4].map((k) => moments.compute(diamond(2, 0.55, k, 5.43 + 0.06 * k)));
    const whole = stack(target, moments.dimension);
    const distance = (matrices: readonly DescriptorMatrix[]) => {
      const { mean, variance } = momentDistance(stack(matrices, moments.dimension), whole);
      return mean + variance;
    };
    const described = (made: Generated) =>
      made.structures.map(({ configuration }) => moments.compute(configuration));
    const cell = 5.43 ** 3 / 8;
    const wanted = request({
      composition: { Si: 12 },
      strain: 0.03,
      volume: [cell, 1.15 * cell],
      descriptor: moments,
      drive: { ...DRIVE_DEFAULTS, steps: 50, hops: 6 },
      goal: {
        kind: 'representative',
        settings: REPRESENTATIVE_DEFAULTS,
        target: whole,
      },
    });

    it('are measured in deviations of the target', () => {
      const shifted = {
        ...whole,
        values: whole.values.map((x, k) => x + (k % moments.dimension === 0 ? 1 : 0)),
      };
      const { scale } = standardisationOf(whole);
      const moved = momentDistance(shifted, whole);
      expect(moved.mean).toBeCloseTo(1 / scale[0] / Math.sqrt(moments.dimension), 9);
      expect(moved.variance).toBeCloseTo(0, 9);
    });

    it('match its moments better than its own structures do, each and together', async () => {
      const seen: number[] = [];
      const made = described(
        await generateStructures(wanted, { onStructure: (_structure, done) => seen.push(done) }),
      );
      const random = described(
        await generateStructures({ ...wanted, goal: { kind: 'entropy', entropy: 0, novelty: 0 } }),
      );
      const genuine = target.map((matrix) => distance([matrix])).sort((a, b) => a - b);
      expect(distance(made)).toBeLessThan(genuine[0]);
      expect(distance(made)).toBeLessThan(0.15 * distance(random));
      for (const matrix of made) expect(distance([matrix])).toBeLessThan(genuine[3]);
      expect(seen).toEqual([1, 2, 3, 4, 5, 6]); // the set is gone through twice
    });

    it('are judged together where that is asked for', async () => {
      const settings = { ...REPRESENTATIVE_DEFAULTS, acrossSet: 1 };
      const goal = { ...wanted.goal, kind: 'representative', settings } as GenerateRequest['goal'];
      const together = described(await generateStructures({ ...wanted, goal }));
      const each = together.map((matrix) => distance([matrix]));
      expect(distance(together)).toBeLessThan(0.5 * Math.max(...each));
    });

    it('exchange elements until their environments fit', async () => {
      // zincblende: every atom has neighbours of the other element only
      const kinds = Uint16Array.from({ length: 8 }, (_, i) => (i < 4 ? 0 : 1));
      const zincblende = { ...diamond(1, 0.03, 3), symbols: ['Si', 'C'], kinds };
      const targetMatrix = moments.compute(zincblende);
      const field = (start: Configuration) =>
        new DescriptorField(start, {
          descriptor: moments,
          standardisation: standardisationOf(
            stack([targetMatrix, moments.compute(mixed)], moments.dimension),
          ),
          terms: [representativeTerm({ ...REPRESENTATIVE_DEFAULTS, acrossSet: 0 }, ownMoments, none)],
        });
      const mixed = { ...zincblende, kinds: Uint16Array.of(0, 1, 0, 1, 0, 1, 0, 1) };
      const none = powerSums(moments.dimension);
      const rules = standardisationOf(stack([targetMatrix, moments.compute(mixed)], moments.dimension));
      const sums = powerSums(moments.dimension);
      addToPowerSums(sums, standardise(targetMatrix, rules));
      const ownMoments = momentsOf(sums);
      const drive = (wish: Partial<DriveSettings>) =>
        driveStructure(mixed, field(mixed), { ...DRIVE_DEFAULTS, ...wish }, new Random(2));
      const swapped = await drive({ steps: 1, swaps: 200, temperature: 1000 });
      const { kinds: found } = swapped.configuration;
      expect(Array.from(found.subarray(0, 4))).toEqual(Array(4).fill(found[0]));
      expect(Array.from(found.subarray(4))).toEqual(Array(4).fill(1 - found[0]));
      // kicks exchange too, and go down only
      const [before, after] = [await drive({ steps: 20 }), await drive({ steps: 20, hops: 15 })];
      expect(after.energy).toBeLessThan(0.9 * before.energy);
      expect(after.configuration.kinds.reduce((sum, kind) => sum + kind, 0)).toBe(4);
    });
  });

  it('are the same for the same seed, and can be cancelled', async () => {
    const few = request({ count: 2, drive: { ...DRIVE_DEFAULTS, steps: 5 } });
    const [a, b] = [await generateStructures(few), await generateStructures(few)];
    expect(b.structures[1].configuration.positions).toEqual(a.structures[1].configuration.positions);
    const controller = new AbortController();
    const stopped = generateStructures(few, {
      signal: controller.signal,
      onStructure: () => controller.abort(),
    });
    await expect(stopped).rejects.toThrow(/Cancelled/);
  });

  it('refuse what cannot be made', async () => {
    await expect(generateStructures(request({ composition: {} }))).rejects.toThrow(/at least one atom/);
    await expect(generateStructures(request({ volume: [20, 10] }))).rejects.toThrow(/range of volumes/);
    await expect(generateStructures(request({ count: 0 }))).rejects.toThrow(/At least one structure/);
    const target = { values: new Float64Array(0), rows: 0, dimension: 63 };
    await expect(
      generateStructures(
        request({ goal: { kind: 'representative', settings: REPRESENTATIVE_DEFAULTS, target } }),
      ),
    ).rejects.toThrow(/no environments/);
    expect(compositionOf('Ga16As16')).toEqual({ Ga: 16, As: 16 });
    expect(compositionOf('SiO2')).toEqual({ Si: 1, O: 2 });
    expect(() => compositionOf('32Si')).toThrow(/no formula/);
  });
});
