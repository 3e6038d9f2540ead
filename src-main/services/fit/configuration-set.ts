/** Configurations of a project's datasets for a fit. */
import type { ConfigurationSet } from '../../../src-compute/fitting/data/configuration-set.ts';
import type { DatasetRepository, Selection } from '../../store/datasets.ts';

/** Configurations of a dataset; nothing but counts and weights is read before it is needed. */
export function setInDataset(
  datasets: DatasetRepository,
  id: number,
  selection: Selection,
): ConfigurationSet {
  const positions = datasets.select(id, selection);
  const atoms = datasets.column(id, 'atoms');
  const weights = datasets.column(id, 'weight');
  return {
    count: positions.length,
    atoms: Int32Array.from(positions, (position) => atoms[position]),
    importance: Float64Array.from(positions, (position) => weights[position]),
    range: (from, to) =>
      Array.from(positions.subarray(from, to), (position) => datasets.configuration(id, position)),
  };
}
