/** Describing structures on several threads: the same numbers in the same order, one sentence for what cannot be described. */
import { describe, expect, it } from 'vitest';
import { descriptorByName } from '../../../../src-compute/analysis/descriptors/index.ts';
import { frameEnvironments } from '../../../../src-compute/analysis/entropy/frames.ts';
import { CancelledError } from '../../../../src-compute/errors.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import {
  describeBatch,
  type Batch,
  type DescribedBatch,
} from '../../../../src-main/services/entropy/descriptor-batch.ts';
import { DescriptorPool } from '../../../../src-main/services/entropy/descriptor-pool.ts';
import { environmentsOf } from '../../../../src-main/services/entropy/environments.ts';
import { atoms, diamond } from '../../../src-compute/analysis/entropy/structures.ts';

const structures = Array.from({ length: 24 }, (_, k) => diamond(1 + (k % 2), 0.05 * k, k));
const empty = atoms([], new Float64Array(9), false);

/** A descriptor that takes so long for the first structures that other threads are called. */
function slow(name: string) {
  const descriptor = descriptorByName(name);
  let calls = 0;
  const compute = (configuration: Configuration) => {
    const until = performance.now() + (calls++ < 5 ? 120 : 0);
    while (performance.now() < until);
    return descriptor.compute(configuration);
  };
  return { ...descriptor, compute, calls: () => calls };
}

describe.each(['quests', 'mtp:8', 'tensor'])('environments by %s', (name) => {
  it('are the same to the bit on one thread and on several', async () => {
    const descriptor = slow(name);
    const fractions: number[] = [];
    const shared = await environmentsOf(structures, descriptor, structures.length, {
      threads: 2,
      onProgress: (fraction) => fractions.push(fraction),
    });
    expect(descriptor.calls()).toBeLessThan(structures.length); // others have helped
    const alone = frameEnvironments(structures, descriptorByName(name));
    expect(shared.start).toEqual(alone.start);
    expect(shared.matrix.values).toEqual(alone.matrix.values);
    expect(Math.max(...fractions)).toBeLessThanOrEqual(1);
  });
});

describe('environments', () => {
  it('name the first structure that cannot be described, wherever it is found', async () => {
    const broken = structures.with(20, empty).with(22, empty);
    await expect(environmentsOf(broken, slow('quests'), 24, { threads: 2 })).rejects.toThrow(
      /^Structure 20 \(counted from 0\): The structure has no atoms\./,
    );
    await expect(environmentsOf([empty], descriptorByName('quests'), 1)).rejects.toThrow(/^Structure 0 /);
  });

  it('can be cancelled while other threads work, and leave their source closed', async () => {
    const controller = new AbortController();
    let closed = false;
    const source = (function* () {
      try {
        for (let k = 0; ; k++) yield structures[k % structures.length];
      } finally {
        closed = true;
      }
    })();
    const cancelled = environmentsOf(source, slow('quests'), 1e9, {
      threads: 2,
      signal: controller.signal,
      onProgress: () => setTimeout(() => controller.abort(), 600),
    });
    await expect(cancelled).rejects.toThrow(CancelledError);
    expect(closed).toBe(true);
  });

  it('come from a pool in any order, with the numbers of this thread', async () => {
    const descriptor = descriptorByName('quests');
    const batches = structures.map((configuration, first): Batch => ({
      first,
      configurations: [configuration],
    }));
    const answers: DescribedBatch[] = [];
    using pool = new DescriptorPool(descriptor.recipe!, 2);
    let next = 0;
    await pool.run(
      () => batches[next++],
      (batch) => answers.push(batch),
    );
    answers.sort((a, b) => a.first - b.first);
    expect(answers).toEqual(batches.map((batch) => describeBatch(batch, descriptor)));
  });
});
