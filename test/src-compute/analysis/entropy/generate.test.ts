/** Generated structures: composition, density, diversity beyond random, representation of a target, every drive. */
import { describe, expect, it } from 'vitest';
import { descriptorByName } from '../../../../src-compute/analysis/descriptors/index.ts';
import { stack } from '../../../../src-compute/analysis/descriptors/descriptor.ts';
import { DRIVE_DEFAULTS, DRIVES } from '../../../../src-compute/analysis/entropy/guided/drive.ts';
import {
  generateStructures,
  type GenerateRequest,
} from '../../../../src-compute/analysis/entropy/guided/generate.ts';
import { compositionOf } from '../../../../src-compute/analysis/entropy/guided/random-start.ts';
import {
  addToPowerSums,
  momentsOf,
  powerSums,
  REPRESENTATIVE_DEFAULTS,
} from '../../../../src-compute/analysis/entropy/guided/terms.ts';
import { referenceEngine } from '../../../../src-compute/analysis/entropy/kernel-engine.ts';
import { descriptorEntropy } from '../../../../src-compute/analysis/entropy/measures.ts';
import { formula } from '../../../../src-compute/structure/configuration.ts';
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

  it('come closer to the moments of their target than random ones', async () => {
    const target = stack(
      [1, 2, 3].map((k) => quests.compute(diamond(1, 0.15, k))),
      quests.dimension,
    );
    const distance = (structures: readonly { configuration: ReturnType<typeof diamond> }[]) => {
      const moments = (matrices: (typeof target)[]) => {
        const sums = powerSums(quests.dimension);
        matrices.forEach((matrix) => addToPowerSums(sums, matrix));
        return momentsOf(sums).mean;
      };
      const made = moments(structures.map(({ configuration }) => quests.compute(configuration)));
      return Math.hypot(...moments([target]).map((x, k) => x - made[k]));
    };
    const volumes = {
      composition: { Si: 16 },
      strain: 0.02,
      volume: [20, 20.02] as const,
      drive: { ...DRIVE_DEFAULTS, steps: 60 },
    };
    const random = await generateStructures(
      request({ ...volumes, goal: { kind: 'entropy', entropy: 0, novelty: 0 } }),
    );
    const { structures } = await generateStructures(
      request({ ...volumes, goal: { kind: 'representative', settings: REPRESENTATIVE_DEFAULTS, target } }),
    );
    expect(distance(structures)).toBeLessThan(0.85 * distance(random.structures));
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
