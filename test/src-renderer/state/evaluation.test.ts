/** Predictions beside the reference, from the block that the host sends. */
import { describe, expect, it } from 'vitest';
import { ArrayFrame, encodeArrayFrame } from '../../../src-compute/array-frame.ts';
import { MetricsSum } from '../../../src-compute/fitting/metrics.ts';
import { Evaluation } from '../../../src-renderer/state/evaluation.ts';

/** Two configurations: three atoms of two elements, and one atom without reference forces. */
function evaluation(): Evaluation {
  const block = encodeArrayFrame(
    {
      firstAtom: Uint32Array.of(0, 3, 4),
      elements: Uint16Array.of(0, 1, 1, 0),
      energyReference: Float64Array.of(-5, NaN),
      energyPredicted: Float64Array.of(-5.25, -4),
      forceReference: Float32Array.of(0, 0, 0, 3, 0, 0, 0, 0.5, 0, NaN, NaN, NaN),
      forcePredicted: Float32Array.of(3, 4, 0, 3, 0, 0, 0, 1, 0, 1, 1, 1),
      virialReference: new Float64Array(12).fill(NaN, 6),
      virialPredicted: new Float64Array(12).fill(2),
    },
    { symbols: ['Si', 'O'] },
  );
  return new Evaluation(new ArrayFrame(block.buffer));
}
const rows = Uint32Array.of(0, 1);

describe('errors of an evaluation', () => {
  it('are means over what has a reference', () => {
    const [all] = evaluation().errorsBy(rows, () => 'all');
    expect(all).toMatchObject({ configurations: 2, energyMae: 0.25, energyRmse: 0.25, virialMae: 2 });
    expect(all.forceMae).toBeCloseTo((3 + 4 + 0.5) / 9, 12);
    expect(all.forceRmse).toBeCloseTo(Math.sqrt((9 + 16 + 0.25) / 9), 12);
  });

  it('of virials are those that a fit reports: all nine components count', () => {
    const random = (k: number) => Math.sin(12.9898 * (k + 1)) * 3;
    // xx yy zz yz xz xy
    const [reference, predicted] = [0, 100].map((from) =>
      Float64Array.from({ length: 6 }, (_, k) => random(from + k)),
    );
    const block = encodeArrayFrame(
      {
        firstAtom: Uint32Array.of(0, 1),
        elements: Uint16Array.of(0),
        energyReference: Float64Array.of(0),
        energyPredicted: Float64Array.of(0),
        forceReference: new Float32Array(3),
        forcePredicted: new Float32Array(3),
        virialReference: reference,
        virialPredicted: predicted,
      },
      { symbols: ['Si'] },
    );
    const whole = (v: Float64Array) => [v[0], v[5], v[4], v[5], v[1], v[3], v[4], v[3], v[2]];
    const sum = new MetricsSum();
    sum.add(1, { virial: whole(predicted) }, { virial: whole(reference) });
    const [all] = new Evaluation(new ArrayFrame(block.buffer)).errorsBy(Uint32Array.of(0), () => 'all');
    expect(1000 * all.virialMae).toBeCloseTo(sum.result().virial_mae_mev_per_atom ?? NaN, 9);
  });

  it('of an atom are norms, and the largest stands for its configuration', () => {
    expect([...evaluation().forceErrors(0)]).toEqual([5, 0, 0.5]);
    expect(evaluation().largestForceError(0)).toBe(5);
    expect(evaluation().largestForceError(1)).toBe(0);
  });

  it('are told by element and by size of the reference force', () => {
    expect(evaluation().forceErrorsByElement(rows)).toMatchObject([
      { name: 'Si', n: 1, mae: 7 / 3 },
      { name: 'O', n: 2, mae: 0.5 / 6 },
    ]);
    const bySize = evaluation()
      .forceErrorsBySize(rows)
      .filter(({ n }) => n > 0);
    expect(bySize.map(({ name, n }) => [name, n])).toEqual([
      ['< 0.1', 1],
      ['0.5 – 1', 1],
      ['2 – 5', 1],
    ]);
  });
});
