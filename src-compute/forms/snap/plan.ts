/**
 * Which products of expansions the bispectrum components need, and which derivatives they belong to: by the symmetry of
 * Clebsch–Gordan coefficients a component is three times the same sum, read from each of its factors (descriptors.ts).
 */
import { tripleOrder } from '../../potentials/snap/bispectrum.ts';
import { coupledTo } from './tables.ts';

/** A matrix of the expansion of a channel (an element, or all of them). */
interface Factor {
  readonly channel: number;
  readonly twoJ: number;
}

/** Derivatives of components by one matrix of one channel; its components are rows, in fours. */
export interface Block extends Factor {
  readonly components: number[];
}

/** A row of a block to which a Z is added. */
export interface Slot {
  /** Which of the Z of its product. */
  readonly place: number;
  /** Which of the blocks. */
  readonly block: number;
  readonly row: number;
  factor: number;
}

/** A component as the overlap of a Z with a matrix. */
export interface Overlap extends Factor {
  readonly place: number;
  readonly component: number;
  readonly factor: number;
}

/** All Z^j of two factors. */
export interface Product {
  readonly left: Factor;
  readonly right: Factor;
  /** The j, the largest first. */
  readonly js: readonly number[];
  readonly slots: Slot[];
  readonly overlaps: Overlap[];
}

/** What is taken off a component where its channels are the atom's own. */
export interface ComponentKind {
  readonly twoJ: number;
  readonly channels: readonly [number, number, number];
}

export interface RowsPlan {
  readonly channels: number;
  readonly components: readonly ComponentKind[];
  readonly products: readonly Product[];
  readonly blocks: readonly Block[];
}

/** @param normalised whether components are divided by 2j + 1 */
export function planRows(twojmax: number, channels: number, normalised: boolean): RowsPlan {
  const components: ComponentKind[] = [];
  const products = new Map<string, Product>();
  const blocks: Block[] = [];
  const productOf = (a: Factor, b: Factor): Product => {
    // both operands may be exchanged: the two coefficients change sign together
    const swap = a.twoJ < b.twoJ || (a.twoJ === b.twoJ && a.channel > b.channel);
    const [left, right] = swap ? [b, a] : [a, b];
    const key = [left.channel, left.twoJ, right.channel, right.twoJ].join(' ');
    const js = coupledTo(left.twoJ, right.twoJ, twojmax);
    const product = products.get(key) ?? { left, right, js, slots: [], overlaps: [] };
    products.set(key, product);
    return product;
  };
  const addSlot = (component: number, target: Factor, a: Factor, b: Factor, factor: number) => {
    const { channel, twoJ } = target;
    let block = blocks.findIndex((known) => known.channel === channel && known.twoJ === twoJ);
    if (block < 0) block = blocks.push({ channel, twoJ, components: [] }) - 1;
    const { components: rows } = blocks[block];
    if (rows.at(-1) !== component) rows.push(component);
    const row = rows.length - 1;
    const product = productOf(a, b);
    const place = product.js.indexOf(target.twoJ);
    const same = product.slots.find(
      (slot) => slot.block === block && slot.row === row && slot.place === place,
    );
    if (same) same.factor += factor;
    else product.slots.push({ place, block, row, factor });
  };
  const triples = tripleOrder(twojmax);
  for (let e1 = 0; e1 < channels; e1++)
    for (let e2 = 0; e2 < channels; e2++)
      for (let e3 = 0; e3 < channels; e3++)
        for (const [j1, j2, j] of triples) {
          const component = components.push({ twoJ: j, channels: [e1, e2, e3] }) - 1;
          const [first, second] = [
            { channel: e1, twoJ: j1 },
            { channel: e2, twoJ: j2 },
          ];
          const third = { channel: e3, twoJ: j };
          const scale = normalised ? 1 / (j + 1) : 1;
          const product = productOf(first, second);
          product.overlaps.push({ ...third, place: product.js.indexOf(j), component, factor: scale });
          addSlot(component, third, first, second, scale);
          addSlot(component, first, third, second, (scale * (j + 1)) / (j1 + 1));
          addSlot(component, second, third, first, (scale * (j + 1)) / (j2 + 1));
        }
  return { channels, components, products: [...products.values()], blocks };
}
