/**
 * A moment tensor potential's product graph arranged for workgroups: moments renumbered by layer, and the terms of every
 * moment (forward) and of every adjoint (backward) listed, so that each is summed by one thread and nothing is
 * scattered.
 *
 * A moment's layer is one more than the highest layer among the factors of its products; the basic moments, sorted by
 * their radial function, are layer 0. Forward, layer after layer: M_k = Σ m M_i M_j. Backward, from the last layer to the
 * first: a_i = ξ_i + Σ m a_k M_j over the products in which i occurs.
 */
import { BackendError } from '../../errors.ts';
import { handoverNumbers } from '../../potentials/handover.ts';
import { basicCount, maximumRank, productCount } from '../../potentials/moment-tensor/model.ts';
import type { MomentTensorModel } from '../../potentials/moment-tensor/model.ts';

export interface MomentTensorTables {
  readonly momentCount: number;
  readonly basicCount: number;
  readonly rank: number;
  /** First basic moment of each radial function; radialFunctionCount + 1. */
  readonly radialStart: readonly number[];
  /** First moment of each layer; layers + 1. */
  readonly layerStart: readonly number[];
  /** All tables in one array of words; the offsets say where. */
  readonly words: Uint32Array<ArrayBuffer>;
  /** a | b << 8 | c << 16 per basic moment. */
  readonly basicsAt: number;
  /** First forward term of each moment that is no basic one; count + 1. */
  readonly forwardAt: number;
  /** First backward term of each moment; count + 1. */
  readonly backwardAt: number;
  /** Terms: i | j << 16 and the bits of m. Backward: i is the moment whose adjoint is read, j the other factor. */
  readonly termsAt: number;
  /** Bits of ξ per moment, zero where it is no scalar. */
  readonly coefficientsAt: number;
  /** Bits of the radial coefficients by zi, zj, μ, k, times the scaling. */
  readonly radialAt: number;
  /** Bits of the four numbers of the hand-over of each pair, zi·S + zj; where there is none, not used. */
  readonly handoverAt: number;
}

/** How many moments one word can tell apart. */
const MAXIMUM_MOMENTS = 65535;

/** @throws BackendError when the graph is too large */
export function momentTensorTables(model: MomentTensorModel): MomentTensorTables {
  const { momentCount } = model;
  if (momentCount > MAXIMUM_MOMENTS) {
    throw new BackendError(
      `The potential has ${momentCount} moments, and the GPU backend takes ${MAXIMUM_MOMENTS} at most.`,
      { remedy: 'Use --backend wasm-f32, or a potential of a lower level.' },
    );
  }
  const { order, layerStart, radialStart } = sortMoments(model);
  const place = new Int32Array(momentCount);
  order.forEach((moment, index) => (place[moment] = index));
  const basics = basicCount(model);
  const forward = Array.from({ length: momentCount }, (): number[] => []);
  const backward = Array.from({ length: momentCount }, (): number[] => []);
  const bits = new Uint32Array(1);
  const asFloat = new Float32Array(bits.buffer);
  const bitsOf = (value: number) => {
    asFloat[0] = value;
    return bits[0];
  };
  for (let p = 0; p < productCount(model); p++) {
    const [i, j, m, k] = model.products.subarray(4 * p, 4 * p + 4);
    const [pi, pj, pk] = [place[i], place[j], place[k]];
    const factor = bitsOf(m);
    forward[pk].push(word(pi, pj), factor);
    backward[pi].push(word(pk, pj), factor);
    backward[pj].push(word(pk, pi), factor);
  }
  const words: number[] = [];
  for (const moment of order.subarray(0, basics)) {
    const [, a, b, c] = model.basics.subarray(4 * moment, 4 * moment + 4);
    words.push(a | (b << 8) | (c << 16));
  }
  const terms: number[] = [];
  const listTerms = (lists: readonly number[][]) => {
    const at = words.length;
    for (const list of lists) {
      words.push(terms.length / 2);
      for (const entry of list) terms.push(entry);
    }
    words.push(terms.length / 2);
    return at;
  };
  const forwardAt = listTerms(forward.slice(basics));
  const backwardAt = listTerms(backward);
  const coefficientsAt = words.length;
  const xi = new Float64Array(momentCount);
  model.scalarMoments.forEach((moment, alpha) => (xi[place[moment]] += model.momentCoefficients[alpha]));
  for (const value of xi) words.push(bitsOf(value));
  const radialAt = words.length;
  for (const value of model.radialCoefficients) words.push(bitsOf(value * model.scaling));
  const handoverAt = words.length;
  const count = model.species.length;
  for (let pair = 0; model.handover && pair < count * count; pair++) {
    const numbers = handoverNumbers(model.handover, count, Math.floor(pair / count), pair % count);
    for (const value of numbers) words.push(bitsOf(value));
  }
  const termsAt = words.length;
  for (const entry of terms) words.push(entry);
  return {
    momentCount,
    basicCount: basics,
    rank: maximumRank(model),
    radialStart,
    layerStart,
    words: Uint32Array.from(words),
    basicsAt: 0,
    forwardAt,
    backwardAt,
    termsAt,
    coefficientsAt,
    radialAt,
    handoverAt,
  };
}

function word(low: number, high: number): number {
  return (low | (high << 16)) >>> 0;
}

/** Moments by layer, those of layer 0 by radial function. */
function sortMoments(model: MomentTensorModel) {
  const { momentCount, products } = model;
  const basics = basicCount(model);
  const layer = new Int32Array(momentCount);
  // products stand in an order of evaluation, so that factors are final when they are read
  for (let p = 0; p < products.length; p += 4) {
    const [i, j, , k] = products.subarray(p, p + 4);
    layer[k] = Math.max(layer[k], 1 + Math.max(layer[i], layer[j]));
  }
  const key = (moment: number) => (moment < basics ? model.basics[4 * moment] : layer[moment]);
  const byKey = (a: number, b: number) => key(a) - key(b) || a - b;
  const all = Array.from({ length: momentCount }, (_, moment) => moment);
  // a moment that no product makes stays zero; it stands with the first layer
  for (const moment of all.slice(basics)) layer[moment] = Math.max(1, layer[moment]);
  const order = Int32Array.from([...all.slice(0, basics).sort(byKey), ...all.slice(basics).sort(byKey)]);
  const layers = 1 + layer.reduce((largest, value) => Math.max(largest, value), 0);
  const layerStart = Array.from({ length: layers + 1 }, (_, at) =>
    layer.reduce((count, value) => count + (value < at ? 1 : 0), 0),
  );
  const radialStart = Array.from({ length: model.radialFunctionCount + 1 }, (_, mu) =>
    all.slice(0, basics).reduce((count, moment) => count + (model.basics[4 * moment] < mu ? 1 : 0), 0),
  );
  return { order, layerStart, radialStart };
}
