/** A fetched configuration as the viewer takes it. */
import type { ArrayFrame } from '../../src-compute/array-frame.ts';
import type { ViewerScalar, ViewerStructure, ViewerVectors } from '../viewer/types.ts';

export interface ShownStructure {
  readonly structure: ViewerStructure;
  readonly scalars: readonly ViewerScalar[];
  /** What can be drawn as arrows. */
  readonly vectors: readonly ViewerVectors[];
  readonly energy: number;
  readonly forces: Float64Array | undefined;
  readonly atoms: number;
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
  if (forces) {
    vectors.push({ key: 'force', label: 'Forces', unit: 'eV/Å', values: forces });
    scalars.push({ key: 'force', label: 'Force', unit: 'eV/Å', values: norms(forces), colormap: 'ember' });
  }
  if (frame.has('velocities')) {
    const values = frame.f64('velocities');
    vectors.push({ key: 'velocity', label: 'Velocities', unit: 'Å/fs', values });
  }
  if (frame.has('atomEnergies')) {
    scalars.push({
      key: 'energy',
      label: 'Atomic energy',
      unit: 'eV',
      values: frame.f64('atomEnergies'),
      colormap: 'tide',
    });
  }
  return { structure, scalars, vectors, energy: frame.number('energy'), forces, atoms: kinds.length };
}
