import { describe, expect, it } from 'vitest';
import { BackendError, CancelledError } from '../../../src-compute/errors.ts';
import { neighbourPairs } from '../../../src-compute/structure/neighbour-list.ts';
import { benchmarkEngine } from '../../../src-main/services/engine-benchmark.ts';
import { benchmarkPotentials, silicon } from '../../benchmarks/engine-inputs.ts';

const options = { backend: 'wasm', threads: 1, steps: 20 } as const;

describe('the benchmark of force engines', () => {
  it.each(benchmarkPotentials().filter(({ name }) => !/20$/.test(name)))(
    'times $name and compares it',
    async ({ model }) => {
      const c = silicon(3);
      const result = await benchmarkEngine(model, c, options);
      expect(result.atoms).toBe(216);
      expect(result.backend).toBe('wasm');
      expect(result.maxForceDifference).toBeLessThan(1e-10);
      const pairs = neighbourPairs(c, model.cutoff).neighbours.length;
      expect(Math.abs(result.neighboursPerAtom - pairs / 216)).toBeLessThan(0.5);
      expect(result.microsecondsPerAtomStep).toBeGreaterThan(0);
      expect(result.fastestMicrosecondsPerAtomStep).toBeLessThanOrEqual(result.microsecondsPerAtomStep);
      expect(result.bytesPerAtom).toBeGreaterThan(100);
    },
  );

  it('shows the rounding of single precision', async () => {
    const { model } = benchmarkPotentials()[1];
    const result = await benchmarkEngine(model, silicon(3), { ...options, backend: 'wasm-f32' });
    expect(result.maxForceDifference).toBeGreaterThan(1e-9);
    expect(result.maxForceDifference).toBeLessThan(1e-4);
  });

  it('builds the list now and then, and more often with a thin skin', async () => {
    const { model } = benchmarkPotentials()[1];
    const thin = await benchmarkEngine(model, silicon(2), { ...options, steps: 60, skin: 0.1 });
    const thick = await benchmarkEngine(model, silicon(2), { ...options, steps: 60, skin: 2 });
    expect(thin.neighbourListBuilds).toBeGreaterThan(thick.neighbourListBuilds);
  });

  it('stops when asked to, and says when there is no such backend', async () => {
    const { model } = benchmarkPotentials()[0];
    const aborted = AbortSignal.abort();
    await expect(benchmarkEngine(model, silicon(1), { ...options, signal: aborted })).rejects.toThrow(
      CancelledError,
    );
    await expect(benchmarkEngine(model, silicon(1), { ...options, threads: -1 })).rejects.toThrow(
      BackendError,
    );
  });
});
