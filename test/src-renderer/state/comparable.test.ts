/** Potentials are ranked against those of the same elements and the same test set. */
import { describe, expect, it } from 'vitest';
import type { PotentialView } from '../../../src-main/api/types.ts';
import { comparableGroups } from '../../../src-renderer/state/comparable.ts';

const errors = (force: number, configurations = 25) => ({
  configurations,
  atoms: 1000,
  energy_mae_mev_per_atom: 1,
  energy_rmse_mev_per_atom: 1,
  force_mae_ev_per_a: force,
  force_rmse_ev_per_a: force,
  virial_mae_mev_per_atom: null,
  virial_rmse_mev_per_atom: null,
});
const potential = (id: number, given: Partial<PotentialView>): PotentialView => ({
  id,
  name: `potential ${id}`,
  form: '',
  species: ['Si'],
  createdAt: 0,
  train: errors(0.01),
  test: errors(0.1),
  datasetId: 1,
  jobId: null,
  testSet: 'a',
  testChanged: false,
  testChecking: false,
  settings: '{}',
  ...given,
});

describe('rankings', () => {
  it('compare like with like', () => {
    const list = [
      potential(1, {}),
      potential(2, {}),
      // a test set from which an outlier was excluded
      potential(3, { testSet: 'b', test: errors(0.05, 24) }),
      potential(4, { species: ['Mo'] }),
      // errors on training data are no test errors
      potential(5, { test: null }),
      // the order of the elements is no difference
      potential(6, { species: ['Si', 'O'] }),
      potential(7, { species: ['O', 'Si'] }),
      // nobody knows what it costs, or how well it does
      potential(8, {}),
      potential(9, { test: null, train: null }),
    ];
    const groups = comparableGroups(list, (id) => (id === 8 ? undefined : id));
    expect(groups.map(({ points }) => points.map(({ id }) => id))).toEqual([
      ['1', '2'],
      ['3'],
      ['4'],
      ['5'],
      ['6', '7'],
    ]);
    expect(groups[1].title).toBe('Si, 24 test configurations');
    expect(groups[0].points[0]).toEqual({ id: '1', name: 'potential 1', cost: 1, error: 100 });
  });
});
