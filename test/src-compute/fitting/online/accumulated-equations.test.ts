import { describe, expect, it } from 'vitest';
import {
  AccumulatedEquations,
  normalEquationsOf,
} from '../../../../src-compute/fitting/online/accumulated-equations.ts';
import { SeededRandom } from '../../../../src-compute/fitting/random.ts';

const n = 7;

interface Frame {
  readonly rows: Float64Array;
  readonly labels: Float64Array;
}

function stream(frames: number, rows: number, seed: number): Frame[] {
  const random = new SeededRandom(seed);
  const numbers = (count: number) => Float64Array.from({ length: count }, () => random.normal());
  return Array.from({ length: frames }, () => ({ rows: numbers(rows * n), labels: numbers(rows) }));
}

function learn(
  equations: AccumulatedEquations,
  frames: readonly Frame[],
  ratio: number,
): AccumulatedEquations {
  for (const { rows, labels } of frames) {
    equations.forget(ratio);
    equations.add(0, rows, 0, labels.length, labels, 0, 1);
  }
  return equations;
}

/** Σ_r w_r a_r a_rᵀ with the label as last column, straight from the definition. */
function weighted(frames: readonly Frame[], weight: (frame: number) => number): Float64Array {
  const sums = new Float64Array((n + 1) ** 2);
  frames.forEach(({ rows, labels }, f) => {
    labels.forEach((label, r) => {
      const row = [...rows.subarray(r * n, (r + 1) * n), label];
      row.forEach((x, i) => row.forEach((y, j) => (sums[i * (n + 1) + j] += weight(f) * x * y)));
    });
  });
  return sums;
}

function expectEqual(found: Float64Array, expected: Float64Array, tolerance: number): void {
  const largest = expected.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
  expect(found.length).toBe(expected.length);
  expected.forEach((x, k) => expect(Math.abs(found[k] - x)).toBeLessThanOrEqual(tolerance * largest));
}

describe('normal equations of a stream', () => {
  it('forgetting is weighted least squares', () => {
    const frames = stream(30, 5, 1);
    const equations = learn(new AccumulatedEquations(n, 1), frames, 0.9);
    expectEqual(
      equations.matrix([0]),
      weighted(frames, (f) => 0.9 ** (29 - f)),
      1e-14,
    );
    let rows = 0;
    for (let f = 0; f < 30; f++) rows += 5 * 0.9 ** f;
    expect(equations.rows[0]).toBeCloseTo(rows, 10);
  });

  it('weights multiply squares, and rows may be taken from the middle', () => {
    const [frame] = stream(1, 6, 2);
    const equations = new AccumulatedEquations(n, 2);
    equations.add(1, frame.rows, 2, 3, frame.labels, 2, 2.5);
    const part = { rows: frame.rows.subarray(2 * n, 5 * n), labels: frame.labels.subarray(2, 5) };
    expectEqual(
      equations.matrix([1]),
      weighted([part], () => 2.5),
      1e-14,
    );
    expect(equations.matrix([0]).every((x) => x === 0)).toBe(true);
  });

  it('merging equals learning both', () => {
    const [a, b] = [stream(12, 4, 3), stream(9, 4, 4)];
    const together = learn(new AccumulatedEquations(n, 1), [...a, ...b], 1);
    const merged = learn(new AccumulatedEquations(n, 1), a, 1);
    merged.merge(learn(new AccumulatedEquations(n, 1), b, 1));
    expectEqual(merged.matrix([0]), together.matrix([0]), 1e-14);
    expect(merged.rows[0]).toBe(together.rows[0]);
  });

  it('continues from stored sums bit for bit', () => {
    const frames = stream(20, 5, 5);
    const whole = learn(new AccumulatedEquations(n, 1), frames, 0.97);
    const first = learn(new AccumulatedEquations(n, 1), frames.slice(0, 8), 0.97);
    const second = new AccumulatedEquations(n, 1);
    second.restore(first.sums().slice(), first.rows.slice());
    learn(second, frames.slice(8), 0.97);
    expect([...second.sums()]).toEqual([...whole.sums()]);
    expect(second.rows[0]).toBe(whole.rows[0]);
  });

  it('overwrites a block by a matrix and gives lower triangles', () => {
    const equations = learn(new AccumulatedEquations(n, 2), stream(3, 5, 6), 1);
    const matrix = equations.matrix([0]);
    equations.setMatrix(1, matrix);
    expect([...equations.matrix([1])]).toEqual([...matrix]);
    expect([...equations.matrix([0, 1])]).toEqual([...matrix.map((x) => 2 * x)]);
    const lower = new Float64Array(n * n + 3);
    equations.lowerTriangle(1, lower, 3);
    const { gram } = normalEquationsOf(matrix, n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) expect(lower[3 + i * n + j]).toBe(j <= i ? gram[i * n + j] : 0);
    }
  });

  it('refuses sums of another size and systems beyond the memory', () => {
    const equations = new AccumulatedEquations(n, 1);
    expect(() => equations.restore(new Float64Array(4), new Float64Array(1))).toThrow(/another size/);
    expect(() => new AccumulatedEquations(100_000, 1)).toThrow(/do not fit into memory/);
  });
});
