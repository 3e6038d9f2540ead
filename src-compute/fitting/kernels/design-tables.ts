/** Tables of a moment graph in the memory of the design kernel. */
import { basicCount, type MomentGraph } from '../../potentials/moment-tensor/model.ts';
import { TANGENT_BYTES, type DesignLayout } from './design-layout.ts';

/**
 * What the design kernel looks up: the products of the moment graph with the addresses of their factors, which terms
 * make each moment, and where scalars and basic moments lie. Lane sums start at zero.
 */
export function writeDesignTables(
  buffer: ArrayBufferLike,
  layout: DesignLayout,
  { graph, radialBasisSize }: { readonly graph: MomentGraph; readonly radialBasisSize: number },
): void {
  const integers = new Int32Array(buffer);
  const view = new Float64Array(buffer);
  const basics = basicCount(graph);
  const tangent = (moment: number) => layout.tangents + moment * TANGENT_BYTES;
  const value = (moment: number) => layout.moments + 8 * moment;
  const factor = new Uint8Array(graph.momentCount);
  const starts = new Int32Array(graph.momentCount).fill(-1);
  const ends = new Int32Array(graph.momentCount).fill(-1);
  for (let p = 0; p < graph.products.length / 4; p++) {
    const [i, j, m, k] = graph.products.subarray(4 * p, 4 * p + 4);
    const term = layout.terms + 24 * p;
    integers.set([tangent(i), tangent(j), value(i), value(j)], term / 4);
    view[(term + 16) / 8] = m;
    factor[i] = factor[j] = 1;
    if (starts[k] < 0) starts[k] = term;
    ends[k] = term + 24;
  }
  for (let k = basics; k < graph.momentCount; k++) {
    integers.set([starts[k], ends[k], factor[k] ? 0 : 1], (layout.targets + 12 * (k - basics)) / 4);
  }
  graph.scalarMoments.forEach(
    (moment, alpha) => (integers[layout.scalarTangents / 4 + alpha] = tangent(moment)),
  );
  layout.basicMonomial.forEach((q, b) => (integers[layout.basicSums / 4 + b] = 8 * q * radialBasisSize));
  new Uint8Array(buffer, layout.laneSums, layout.sums - layout.laneSums).fill(0);
}
