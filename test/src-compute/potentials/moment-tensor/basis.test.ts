import { describe, expect, it } from 'vitest';
import { generateMomentGraph } from '../../../../src-compute/potentials/moment-tensor/basis.ts';
import {
  canonicalKey,
  levelOf,
  type Contraction,
} from '../../../../src-compute/potentials/moment-tensor/contraction.ts';
import { evaluateProducts } from '../../../../src-compute/potentials/moment-tensor/reference.ts';
import { enumerateScalars } from '../../../../src-compute/potentials/moment-tensor/scalars.ts';

/** docs/physics.md §1. The radial functions of level 26 are bounded by 6, as there. */
const SCALARS = [1, 2, 5, 9, 16, 29, 52, 92, 163, 288, 500, 864, 1464];
const RADIAL = [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 6];

describe('enumeration of scalar contractions', () => {
  it.each(SCALARS.map((count, k) => [2 * (k + 1), count, RADIAL[k]]))(
    'level %i has %i scalars',
    (level, count, radial) => {
      const scalars = enumerateScalars({ level });
      expect(scalars.length).toBe(count);
      expect(new Set(scalars.map((s) => s.key)).size).toBe(count);
      expect(Math.max(...scalars.map((s) => levelOf(s.contraction)))).toBe(level);
      const functions = 1 + Math.max(...scalars.flatMap((s) => s.contraction.vertices.map((v) => v.mu)));
      expect(functions).toBe(radial);
    },
  );

  it('bounds the body order and the rank', () => {
    for (const scalar of enumerateScalars({ level: 16, maximumBodyOrder: 3 })) {
      expect(scalar.contraction.vertices.length).toBeLessThanOrEqual(2);
    }
    const pairs = enumerateScalars({ level: 16, maximumBodyOrder: 2 });
    expect(pairs.map((s) => s.contraction.vertices[0].mu)).toEqual([0, 1, 2, 3]);
    expect(enumerateScalars({ level: 12, maximumRank: 1 }).length).toBeLessThan(29);
  });

  it('gives isomorphic contractions one key and different ones different keys', () => {
    const bare = { mu: 0, x: 0, y: 0, z: 0 };
    const chain = (edges: number[]): Contraction => ({ vertices: [bare, bare, bare], edges });
    const first = chain([0, 1, 2, 1, 0, 0, 2, 0, 0]);
    const relabelled = chain([0, 0, 1, 0, 0, 2, 1, 2, 0]);
    expect(canonicalKey(relabelled)).toBe(canonicalKey(first));
    expect(canonicalKey(chain([0, 1, 1, 1, 0, 1, 1, 1, 0]))).not.toBe(canonicalKey(first));
  });
});

describe('moment graph', () => {
  it('computes every scalar as the full sum over Cartesian indices', () => {
    const level = 14;
    const graph = generateMomentGraph({ level });
    const scalars = enumerateScalars({ level });
    let seed = 1;
    const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647 - 0.5;
    const moments = new Float64Array(graph.momentCount);
    const valueOf = new Map<string, number>();
    for (let b = 0; b < graph.basics.length / 4; b++) {
      moments[b] = random();
      valueOf.set(graph.basics.subarray(4 * b, 4 * b + 4).join(), moments[b]);
    }
    evaluateProducts(graph, moments);
    scalars.forEach(({ contraction }, alpha) => {
      const expected = contractDirectly(contraction, valueOf);
      expect(moments[graph.scalarMoments[alpha]]).toBeCloseTo(expected, 10);
    });
  });

  it('is a proper evaluation order and names each moment once', () => {
    const graph = generateMomentGraph({ level: 18 });
    const basics = graph.basics.length / 4;
    let highest = basics - 1;
    for (let p = 0; p < graph.products.length; p += 4) {
      const [i, j, m, k] = graph.products.subarray(p, p + 4);
      expect(m).toBeGreaterThan(0);
      expect(Math.max(i, j)).toBeLessThan(k);
      expect(k === highest || k === highest + 1).toBe(true);
      highest = k;
    }
    expect(highest).toBe(graph.momentCount - 1);
    expect(new Set(graph.scalarMoments).size).toBe(163);
  });

  it('needs fewer products than the tables that MLIP ships (level 16: 969, level 20: 6349)', () => {
    expect(generateMomentGraph({ level: 16 }).products.length / 4).toBeLessThanOrEqual(969);
    expect(generateMomentGraph({ level: 20 }).products.length / 4).toBeLessThanOrEqual(6349);
  });

  it('refuses levels that do not exist', () => {
    for (const level of [0, 7, 28, 8.5])
      expect(() => generateMomentGraph({ level })).toThrow(/even number from 2 to 26/);
  });
});

/** Sum over x, y, z of every contracted index pair, straight from the definition. */
function contractDirectly(contraction: Contraction, valueOf: ReadonlyMap<string, number>): number {
  const n = contraction.vertices.length;
  const pairs: [number, number][] = [];
  for (let u = 1; u < n; u++) {
    for (let w = 0; w < u; w++) for (let m = 0; m < contraction.edges[u * n + w]; m++) pairs.push([u, w]);
  }
  let sum = 0;
  for (let code = 0; code < 3 ** pairs.length; code++) {
    const powers = contraction.vertices.map(() => [0, 0, 0]);
    let rest = code;
    for (const [u, w] of pairs) {
      powers[u][rest % 3]++;
      powers[w][rest % 3]++;
      rest = Math.floor(rest / 3);
    }
    sum += contraction.vertices.reduce(
      (product, v, k) => product * valueOf.get([v.mu, ...powers[k]].join())!,
      1,
    );
  }
  return sum;
}
