import { describe, expect, it } from 'vitest';
import { handedOver, handoverFault } from '../../../src-compute/potentials/handover.ts';
import { modelFromJson, modelToJson } from '../../../src-compute/potentials/registry.ts';
import { evaluateReference } from '../../../src-compute/backends/reference/evaluate.ts';
import { potentials } from '../../conformance/potentials.ts';

const out = new Float64Array(2);
const seen = (r: number) => {
  handedOver(1.8, 2.2, r, out);
  return [out[0], out[1]];
};

describe('hand-over', () => {
  it('leaves distances of the data alone and ends just below them', () => {
    expect(seen(2.2)).toEqual([2.2, 1]);
    expect(seen(3)).toEqual([3, 1]);
    expect(seen(1.8)).toEqual([2, 0]);
    expect(seen(0.1)).toEqual([2, 0]);
  });

  it('is twice continuously differentiable', () => {
    const h = 1e-5;
    for (let r = 1.7; r < 2.3; r += 0.00731) {
      expect((seen(r + h)[0] - seen(r - h)[0]) / (2 * h)).toBeCloseTo(seen(r)[1], 7);
    }
    // s″ from both sides of both ends
    for (const r of [1.8, 2.2]) {
      const left = (seen(r)[1] - seen(r - h)[1]) / h;
      const right = (seen(r + h)[1] - seen(r)[1]) / h;
      expect(Math.abs(left - right)).toBeLessThan(1e-3);
    }
  });

  it('refuses radii beyond the cutoff and of other numbers', () => {
    const radii = (...list: number[]) => Float64Array.from(list);
    expect(handoverFault({ inner: radii(1), outer: radii(2) }, 1, 5)).toBeUndefined();
    expect(handoverFault({ inner: radii(1), outer: radii(6) }, 1, 5)).toMatch(/up to the cutoff/);
    expect(handoverFault({ inner: radii(1, 1), outer: radii(2, 2) }, 1, 5)).toMatch(/expected/);
  });

  it('makes the second derivative of the energy continuous along an approach, and its parts survive JSON', () => {
    for (const { name, model } of potentials.filter((p) => p.name.includes('handed over'))) {
      const again = modelFromJson(modelToJson(model));
      const symbols = [model.species[0], model.species[0]];
      const dimer = (r: number) => ({
        symbols,
        kinds: Uint16Array.of(0, 1),
        positions: Float64Array.of(0, 0, 0, r, 0, 0),
        cell: new Float64Array(9),
        periodic: [false, false, false] as const,
      });
      const energy = (r: number) => evaluateReference(again, dimer(r)).energy;
      expect(energy(2.3), name).toBe(evaluateReference(model, dimer(2.3)).energy);
      const h = 1e-3;
      let before = NaN;
      for (let r = 1.95; r < 2.6; r += h) {
        const curvature = (energy(r + h) - 2 * energy(r) + energy(r - h)) / (h * h);
        // a jump of the curvature would be of its own size from one step to the next
        if (!Number.isNaN(before)) expect(Math.abs(curvature - before), `${name} at ${r}`).toBeLessThan(4);
        before = curvature;
      }
    }
  });
});
