import { describe, expect, it } from 'vitest';
import {
  AutoregressiveResidual,
  largestReflection,
  stabilised,
} from '../../../../src-compute/fitting/online/autoregressive.ts';
import { SeededRandom } from '../../../../src-compute/fitting/random.ts';

/** Runs F(t) = Σ α_k F(t − k) + noise. */
function series(alpha: readonly number[], steps: number, size: number, noise: number): Float64Array[] {
  const random = new SeededRandom(8);
  const frames: Float64Array[] = [];
  for (let t = 0; t < steps; t++) {
    frames.push(
      Float64Array.from(
        { length: size },
        (_, c) =>
          alpha.reduce((sum, a, k) => sum + a * (t > k ? frames[t - 1 - k][c] : 0), 0) +
          noise * random.normal(),
      ),
    );
  }
  return frames;
}

describe('the autoregressive residual', () => {
  it('finds the coefficients of a known recursion', () => {
    const alpha = [1.6, -0.9, 0.2];
    const model = new AutoregressiveResidual(3, 12, 1);
    for (const frame of series(alpha, 3000, 12, 0.1)) model.observe(frame);
    alpha.forEach((a, k) => expect(Math.abs(model.coefficients[k] - a)).toBeLessThan(0.02));
  });

  it('predicts what follows the recursion without noise', () => {
    const model = new AutoregressiveResidual(2, 4, 1);
    // a damped oscillation: F(t) = 2 e^{-γ} cos ω F(t−1) − e^{-2γ} F(t−2)
    const frame = (t: number) =>
      Float64Array.from({ length: 4 }, (_, c) => Math.exp(-0.01 * t) * Math.cos(0.3 * t + c));
    for (let t = 0; t < 20; t++) model.observe(frame(t));
    model.forecast().forEach((x, c) => expect(x).toBeCloseTo(frame(20)[c], 8));
    // steps without reference follow their own forecasts
    model.advance();
    model.advance();
    model.forecast().forEach((x, c) => expect(x).toBeCloseTo(frame(22)[c], 8));
  });

  it('never gives a recursion that grows', () => {
    const model = new AutoregressiveResidual(2, 3, 1);
    for (let t = 0; t < 60; t++) model.observe(Float64Array.of(1.1 ** t, -(1.1 ** t), 0.3 * 1.1 ** t));
    let largest = 0;
    for (let t = 0; t < 20_000; t++) model.advance();
    for (const x of model.forecast()) largest = Math.max(largest, Math.abs(x));
    expect(largest).toBeLessThan(1.1 ** 60 / 100);
    expect(largestReflection(stabilised(Float64Array.of(2.5, -1.2)))).toBeLessThan(1);
  });

  it('knows where the poles lie', () => {
    // poles p and q: z² − (p + q) z + p q
    for (const [p, q] of [
      [0.5, -0.7],
      [0.99, 0.2],
      [1.01, 0.2],
      [-1.5, 0.9],
    ]) {
      const inside = Math.max(Math.abs(p), Math.abs(q)) < 1;
      expect(largestReflection([p + q, -p * q]) < 1).toBe(inside);
    }
  });

  it('is silent without an order and before it knows enough', () => {
    const silent = new AutoregressiveResidual(0, 3, 1);
    silent.observe(Float64Array.of(1, 2, 3));
    silent.advance();
    expect([...silent.forecast()]).toEqual([0, 0, 0]);
    const young = new AutoregressiveResidual(2, 3, 1);
    young.observe(Float64Array.of(1, 2, 3));
    expect([...young.forecast()]).toEqual([0, 0, 0]);
  });

  it('continues from its state bit for bit', () => {
    const frames = series([1.2, -0.5], 40, 6, 0.1);
    const whole = new AutoregressiveResidual(2, 6, 0.95);
    for (const frame of frames) whole.observe(frame);
    const first = new AutoregressiveResidual(2, 6, 0.95);
    for (const frame of frames.slice(0, 17)) first.observe(frame);
    const second = new AutoregressiveResidual(2, 6, 0.95);
    expect(second.restore(first.save())).toBe(true);
    for (const frame of frames.slice(17)) second.observe(frame);
    expect([...second.forecast()]).toEqual([...whole.forecast()]);
    expect(second.restore(new Float64Array(3))).toBe(false);
  });
});
