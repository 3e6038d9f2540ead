/** Places in the lineage graph: generations from left to right, few crossings, every object reachable by keys. */
import { describe, expect, it } from 'vitest';
import { layOut, neighbour } from '../../src-compute/lineage-layout.ts';

type Edge = readonly [string, string];

describe('the layout of a lineage', () => {
  it('puts everything to the right of what it was made of', () => {
    const edges: Edge[] = [
      ['a', 'p'],
      ['b', 'p'],
      ['p', 'r'],
      ['a', 'r'],
      ['r', 'c'],
    ];
    const { places, columns } = layOut(['a', 'b', 'p', 'r', 'c', 'alone'], edges);
    for (const [from, to] of edges)
      expect(places.get(from)?.column).toBeLessThan(places.get(to)?.column ?? -1);
    expect(columns).toBe(4);
    expect(places.get('alone')?.column).toBe(0);
  });

  it('gives 200 objects places of their own, and unties what can be untied', () => {
    const keys: string[] = [];
    const edges: Edge[] = [];
    // 50 datasets, and potentials, runs, exports of each in the opposite order
    for (const kind of ['d', 'p', 'r', 'x'])
      for (let k = 0; k < 50; k++) keys.push(`${kind}${kind === 'p' || kind === 'x' ? 49 - k : k}`);
    for (let k = 0; k < 50; k++) edges.push([`d${k}`, `p${k}`], [`p${k}`, `r${k}`], [`r${k}`, `x${k}`]);
    const { places, rows, columns } = layOut(keys, edges);
    expect([rows, columns]).toEqual([50, 4]);
    expect(new Set([...places.values()].map(({ column, row }) => `${column} ${row}`)).size).toBe(200);
    for (const [from, to] of edges) expect(places.get(from)?.row).toBe(places.get(to)?.row);
  });

  it('ends with circles', () => {
    const { places } = layOut(
      ['a', 'b'],
      [
        ['a', 'b'],
        ['b', 'a'],
      ],
    );
    expect(places.size).toBe(2);
  });

  it('every object that has a line is reached by arrow keys from the first of its column', () => {
    const keys = ['a', 'b', 'p', 'q', 'r'];
    const edges: Edge[] = [
      ['a', 'p'],
      ['b', 'q'],
      ['p', 'r'],
    ];
    const layout = layOut(keys, edges);
    const reached = new Set(['a']);
    for (let size = 0; size !== reached.size;) {
      size = reached.size;
      for (const key of [...reached])
        for (const arrow of ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight']) {
          const next = neighbour(layout, edges, key, arrow);
          if (next !== undefined) reached.add(next);
        }
    }
    expect([...reached].sort()).toEqual(keys);
    expect(neighbour(layout, edges, 'a', 'Enter')).toBeUndefined();
  });
});
