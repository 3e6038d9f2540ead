/** A map of atoms or configurations of one dataset, or of two together, as the host computed it. */
import type { ArrayFrame } from '../../src-compute/array-frame.ts';
import type { MapFacts } from '../../src-main/api/types.ts';

export type MapMethod = 'pca' | 'umap';
export type MapLevel = 'frames' | 'environments';

export class EnvironmentMap {
  readonly facts: MapFacts;
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** 0: the dataset, 1: the one it is compared with. */
  readonly set: Uint8Array;
  /** Configuration of each point, in its own dataset. */
  readonly position: Uint32Array;
  /** Atom of each point; −1 where a point is a configuration. */
  readonly atom: Int32Array;

  constructor(facts: MapFacts, frame: ArrayFrame) {
    this.facts = facts;
    const coordinates = frame.f32('coordinates');
    const place = frame.i32('frame');
    this.set = frame.u8('set');
    this.atom = frame.i32('atom');
    const positions = [
      frame.u32('positions'),
      frame.has('referencePositions') ? frame.u32('referencePositions') : new Uint32Array(0),
    ];
    const points = place.length;
    this.x = new Float32Array(points);
    this.y = new Float32Array(points);
    this.position = new Uint32Array(points);
    for (let k = 0; k < points; k++) {
      this.x[k] = coordinates[2 * k];
      this.y[k] = coordinates[2 * k + 1];
      this.position[k] = positions[this.set[k]][place[k]];
    }
  }

  get length(): number {
    return this.x.length;
  }

  /** Names of the axes, with the part of the variance that principal axes show. */
  get axes(): readonly [string, string] {
    const { method, explained } = this.facts;
    if (method !== 'pca') return ['UMAP 1', 'UMAP 2'];
    const part = (k: 0 | 1) => (explained ? ` (${Math.round(100 * explained[k])} % of the variance)` : '');
    return [`First principal axis${part(0)}`, `Second principal axis${part(1)}`];
  }

  /** Points of some configurations of one of the sets: of their given atoms, or of all where none are given. */
  pointsOf(configurations: ReadonlyMap<number, readonly number[]>, set = 0): Uint32Array {
    const list: number[] = [];
    const wanted = new Map([...configurations].map(([position, atoms]) => [position, new Set(atoms)]));
    for (let k = 0; k < this.length; k++) {
      if (this.set[k] !== set) continue;
      const atoms = wanted.get(this.position[k]);
      if (atoms && (atoms.size === 0 || this.atom[k] < 0 || atoms.has(this.atom[k]))) list.push(k);
    }
    return Uint32Array.from(list);
  }
}

/** Whole configurations, for `pointsOf`. */
export function wholeConfigurations(positions: Iterable<number>): ReadonlyMap<number, readonly number[]> {
  return new Map(Array.from(positions, (position) => [position, []]));
}
