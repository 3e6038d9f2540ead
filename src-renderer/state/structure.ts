/** A fetched configuration as the viewer takes it. */
import type { ArrayFrame } from '../../src-compute/array-frame.ts';
import {
  componentsOf,
  TABLE,
  type PropertyKey,
  type PropertyRow,
} from '../../src-compute/structure/properties.ts';
import { fixed } from '../format.ts';
import type { ViewerScalar, ViewerStructure, ViewerVectors } from '../viewer/types.ts';

export interface ShownStructure {
  readonly structure: ViewerStructure;
  readonly scalars: readonly ViewerScalar[];
  /** What can be drawn as arrows. */
  readonly vectors: readonly ViewerVectors[];
  readonly energy: number;
  readonly forces: Float64Array | undefined;
  /** Properties of the whole structure that tables show no more than one number of. */
  readonly facts: readonly (readonly [title: string, text: string])[];
  readonly atoms: number;
}

/** Keys that the viewer had before the table: saved views name them. */
const KEYS: Partial<Record<PropertyKey, string>> = {
  forces: 'force',
  velocities: 'velocity',
  atomEnergies: 'energy',
};
function wordsOf({ key, title, unit }: PropertyRow): Pick<ViewerVectors, 'key' | 'label' | 'unit'> {
  return { key: KEYS[key] ?? key, label: title, unit };
}

function alongZ(values: Float64Array): Float64Array {
  return Float64Array.from({ length: 3 * values.length }, (_, k) => (k % 3 === 2 ? values[(k - 2) / 3] : 0));
}

/** Norm of each row of a 3N array. */
export function norms(vectors: Float64Array): Float64Array {
  const result = new Float64Array(vectors.length / 3);
  for (let atom = 0; atom < result.length; atom++) {
    result[atom] = Math.hypot(vectors[3 * atom], vectors[3 * atom + 1], vectors[3 * atom + 2]);
  }
  return result;
}

/** @param extra more numbers per atom to colour by, first in the list */
export function shownStructure(frame: ArrayFrame, extra: readonly ViewerScalar[] = []): ShownStructure {
  const [a, b, c] = frame.numbers('periodic').map((value) => value !== 0);
  const kinds = frame.u16('kinds');
  const structure: ViewerStructure = {
    symbols: frame.texts('symbols'),
    kinds,
    positions: frame.f64('positions'),
    cell: frame.f64('cell'),
    periodic: [a, b, c],
  };
  const forces = frame.has('forces') ? frame.f64('forces') : undefined;
  const scalars: ViewerScalar[] = [...extra];
  const vectors: ViewerVectors[] = [];
  const facts: [string, string][] = [];
  for (const row of TABLE) {
    if (!frame.has(row.key)) continue;
    const values = frame.f64(row.key);
    const components = componentsOf(row, values.length, kinds.length);
    if (row.per === 'frame') {
      if (row.essential) continue;
      facts.push([row.title, `${Array.from(values, (value) => fixed(value, 3)).join(', ')} ${row.unit}`]);
      if (components === 3) vectors.push({ ...wordsOf(row), values, single: true });
    } else if (components === 3) {
      vectors.push({ ...wordsOf(row), values });
      scalars.push({
        ...wordsOf(row),
        label: row.one ?? row.title,
        values: norms(values),
        colormap: 'ember',
      });
    } else if (components === 1) {
      scalars.push({ ...wordsOf(row), label: row.one ?? row.title, values, colormap: 'tide' });
      // one number where three may be is that along an axis, by custom the third
      if (row.components.length > 1)
        vectors.push({ ...wordsOf(row), label: `${row.title}, along z`, values: alongZ(values) });
    }
  }
  return { structure, scalars, vectors, energy: frame.number('energy'), forces, facts, atoms: kinds.length };
}
