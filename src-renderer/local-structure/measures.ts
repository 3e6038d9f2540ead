/** What the atoms of a simulation can be coloured by beyond its own numbers: how their neighbours are arranged. */
import { commonNeighbourAnalysis, LOCAL_STRUCTURES } from '../../src-compute/analysis/common-neighbours.ts';
import { coordinationNumbers } from '../../src-compute/analysis/local-structure.ts';
import { steinhardt } from '../../src-compute/analysis/steinhardt.ts';
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import type { ViewerScalar } from '../viewer/types.ts';

export type LocalMeasure = (typeof LOCAL_MEASURES)[number];
export const LOCAL_MEASURES = [
  'common-neighbours',
  'coordination',
  'q4',
  'q6',
  'averaged-q4',
  'averaged-q6',
] as const;

/** Colours of the classes of atoms, in the order of LOCAL_STRUCTURES; apart from each other in hue and brightness. */
const CLASS_COLORS = ['#9aa3ad', '#3f8f4f', '#c8453b', '#2f62b5', '#e2b93b', '#4cb3d9', '#a65fb0'];

const TEXTS: Record<LocalMeasure, Omit<ViewerScalar, 'key' | 'values' | 'unit'>> = {
  'common-neighbours': {
    label: 'Local structure',
    classes: LOCAL_STRUCTURES.map((name, k) => ({ name, color: CLASS_COLORS[k] })),
  },
  coordination: { label: 'Neighbours', range: [0, 14] },
  // the largest values of crystals: 0.764 (q4 of simple cubic), 0.663 (q6 of an icosahedron)
  q4: { label: 'q₄', range: [0, 0.8] },
  q6: { label: 'q₆', range: [0, 0.7] },
  'averaged-q4': { label: 'Averaged q₄', range: [0, 0.8] },
  'averaged-q6': { label: 'Averaged q₆', range: [0, 0.7] },
};

/** Whether a measure counts the neighbours within a distance; the common-neighbour classes find their own. */
export function needsDistance(key: string | null): boolean {
  return key !== null && isLocalMeasure(key) && key !== 'common-neighbours';
}

export function isLocalMeasure(key: string): key is LocalMeasure {
  return LOCAL_MEASURES.some((name) => name === key);
}

/** Entries of the colour menu; their numbers come with the frames. */
export function localScalars(atoms: number): ViewerScalar[] {
  const unknown = new Float32Array(atoms).fill(NaN);
  return LOCAL_MEASURES.map((key) => ({ key, unit: '', values: unknown, ...TEXTS[key] }));
}

/**
 * A measure of every atom.
 * @param within neighbours up to this distance, Å
 */
export function measureAtoms(measure: LocalMeasure, atoms: Configuration, within: number): Float32Array {
  if (measure === 'common-neighbours') return Float32Array.from(commonNeighbourAnalysis(atoms).structures);
  if (measure === 'coordination') return Float32Array.from(coordinationNumbers(atoms, within));
  const { q, averaged } = steinhardt(atoms, measure.endsWith('4') ? 4 : 6, { cutoff: within });
  return Float32Array.from(measure.startsWith('averaged') ? averaged : q);
}
