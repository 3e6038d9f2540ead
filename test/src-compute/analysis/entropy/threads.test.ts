/** Kernel sums on several threads, with real workers. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wasmEngine } from '../../../../src-compute/analysis/entropy/wasm-engine.ts';
import { dismissWorkers, sharedTeam } from '../../../../src-compute/workers/team.ts';
import { useNodeWorkers } from '../../../../src-main/services/node-workers.ts';
import { clusters } from './structures.ts';

beforeAll(() => useNodeWorkers());
afterAll(() => dismissWorkers());

describe('several threads', () => {
  it.each(['f64', 'f32'] as const)('give what one gives in %s, and take part', async (precision) => {
    const points = clusters(3000, 20, 3, 0.02);
    const queries = clusters(500, 20, 4, 0.05);
    const one = wasmEngine({ precision });
    const three = wasmEngine({ precision, threads: 3 });
    expect(three.threads).toBe(3);
    const expected = [await one.selfLogSums(points, 0.015), await one.crossLogSums(queries, points, 0.015)];
    // workers start in their own time: run until they have
    for (let attempt = 0; attempt < 200; attempt++) {
      const found = [
        await three.selfLogSums(points, 0.015),
        await three.crossLogSums(queries, points, 0.015),
      ];
      found.forEach((values, k) =>
        values.forEach((value, i) => {
          const scale = Math.max(1, Math.abs(expected[k][i]));
          expect(Math.abs(value - expected[k][i]) / scale).toBeLessThan(precision === 'f64' ? 1e-12 : 1e-5);
        }),
      );
      if (attempt > 2 && sharedTeam()!.started >= 2) return;
    }
    throw new Error('the workers never started');
  });

  it('can be cancelled and report progress that grows', async () => {
    const points = clusters(6000, 40, 3, 0.05);
    const fractions: number[] = [];
    await wasmEngine({ threads: 2 }).selfLogSums(points, 0.1, { onProgress: (f) => fractions.push(f) });
    expect(fractions.at(-1)).toBe(1);
    expect(fractions.every((f, k) => k === 0 || f >= fractions[k - 1])).toBe(true);
    const controller = new AbortController();
    const stopped = wasmEngine({ threads: 2 }).selfLogSums(points, 0.1, {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(stopped).rejects.toThrow(/Cancelled/);
  });
});
