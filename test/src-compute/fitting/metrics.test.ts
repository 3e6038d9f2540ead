import { describe, expect, it } from 'vitest';
import { MetricsSum } from '../../../src-compute/fitting/metrics.ts';
import { fieldOf, OUTPUTS } from '../../../src-compute/structure/properties.ts';

describe('errors of predictions', () => {
  it.each(OUTPUTS.flatMap((row) => row.components.map((count) => ({ row, count, key: row.key }))))(
    'of $key with $count are those of its row',
    ({ row, count }) => {
      const atoms = 4;
      const length = count * (row.per === 'atom' ? atoms : 1);
      const of = (start: number, step: number) =>
        fieldOf(
          row,
          Float64Array.from({ length }, (_, k) => start + step * k),
        );
      const sum = new MetricsSum();
      sum.add(atoms, of(1, 0), of(0, 1));
      const found = sum.result();
      const { factor, perAtom, mae, rmse } = row.errors;
      const errors = Array.from({ length }, (_, k) => ((1 - k) * factor) / (perAtom ? atoms : 1));
      expect(found[mae]).toBeCloseTo(errors.reduce((s, e) => s + Math.abs(e), 0) / length, 12);
      expect(found[rmse]).toBeCloseTo(Math.sqrt(errors.reduce((s, e) => s + e * e, 0) / length), 12);
    },
  );

  it('are counted only where both sides have the numbers, of the same shape', () => {
    const sum = new MetricsSum();
    sum.add(1, { energy: 1, dipole: new Float64Array(3) }, { forces: new Float64Array(3), energy: NaN });
    sum.add(1, { magneticMoments: new Float64Array(1) }, { magneticMoments: new Float64Array(3) });
    expect(sum.result()).toEqual({
      configurations: 2,
      atoms: 2,
      energy_mae_mev_per_atom: null,
      energy_rmse_mev_per_atom: null,
      force_mae_ev_per_a: null,
      force_rmse_ev_per_a: null,
      virial_mae_mev_per_atom: null,
      virial_rmse_mev_per_atom: null,
    });
  });
});
