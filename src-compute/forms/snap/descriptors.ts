/**
 * Bispectrum components of an atom and their gradients, for fits. B is cubic in the expansion u of the atom, and by the
 * symmetry of Clebsch–Gordan coefficients
 *
 *   dB_{j₁j₂j} = Re [ Z^j_{j₁j₂} dU^j* + (2j+1)/(2j₁+1) Z^{j₁}_{j j₂} dU^{j₁}* + (2j+1)/(2j₂+1) Z^{j₂}_{j j₁} dU^{j₂}* ]
 *
 * (Thompson et al., J. Comput. Phys. 285 (2015) 316, eq. 7) for a neighbour with the harmonics U: the Z of an atom are made
 * once and multiplied with dU of every neighbour, in WebAssembly (rows-kernel.ts). Tested against the plain evaluation of
 * potentials/snap and against finite differences of single components. Nothing is allocated between calls.
 */
import type { AtomDescriptors, Need } from '../../fitting/tensor-regression/atom-descriptors.ts';
import { matrixStarts, tripleOrder } from '../../potentials/snap/bispectrum.ts';
import type { PairList } from '../../structure/reference-pairs.ts';
import type { SnapDescriptorSettings } from './component-settings.ts';
import { blankPlace, NeighbourPlaces } from './neighbour-places.ts';
import { planRows, type RowsPlan } from './plan.ts';
import { PANEL, RowsMemory } from './rows-memory.ts';
import { COMPLEX_PAIR, countedElements, halfStarts, TURN_NUMBERS } from './tables.ts';

/** Atoms whose products are made together. */
const TOGETHER = 2;
/** Neighbours of a panel. */
const LANES = 4;

/** What one of the atoms together has in memory. */
interface AtomPlaces {
  atom: number;
  /** Neighbours. */
  count: number;
  /** First panel of every channel, the one behind the last, and lane of every neighbour, counted through all panels. */
  readonly panels: Int32Array;
  lanes: Int32Array;
}

export class SnapDescriptors implements AtomDescriptors {
  readonly values: Float64Array;
  gradients: Float64Array = new Float64Array(0);
  private readonly settings: SnapDescriptorSettings;
  private readonly places: NeighbourPlaces;
  private readonly plan: RowsPlan;
  private readonly memory: RowsMemory;
  /** First elements of whole matrices, and of their kept rows. */
  private readonly starts: Int32Array;
  private readonly halves: Int32Array;
  private readonly together: readonly AtomPlaces[];
  private readonly filled: Int32Array;
  private list: PairList | undefined;
  private species: Int32Array = new Int32Array(0);
  private first = 0;
  private need: Need = 'values';
  /** The one of the atoms together that was asked for. */
  private current = 0;
  private slopes = new Float64Array(0);

  /** m */
  static count({ twojmax, elementsApart, species }: SnapDescriptorSettings): number {
    return 1 + tripleOrder(twojmax).length * (elementsApart ? species.length ** 3 : 1);
  }

  constructor(settings: SnapDescriptorSettings) {
    const { twojmax, elementsApart, species, normalised } = settings;
    this.settings = settings;
    this.plan = planRows(twojmax, elementsApart ? species.length : 1, normalised);
    this.memory = new RowsMemory(twojmax, this.plan);
    this.places = new NeighbourPlaces(settings);
    this.starts = matrixStarts(twojmax);
    this.halves = halfStarts(twojmax);
    const { channels } = this.plan;
    this.together = Array.from({ length: TOGETHER }, () => ({
      atom: -1,
      count: 0,
      panels: new Int32Array(channels + 1),
      lanes: new Int32Array(0),
    }));
    this.filled = new Int32Array(channels);
    this.values = new Float64Array(SnapDescriptors.count(settings));
  }

  /** @see AtomDescriptors.open */
  open(list: PairList, species: Int32Array, first: number, need: Need): void {
    this.list = list;
    this.species = species;
    this.first = first;
    this.need = need;
    for (const places of this.together) places.atom = -1;
  }

  /** @see AtomDescriptors.compute */
  compute(i: number): void {
    const { together, values, memory } = this;
    this.current = together.findIndex(({ atom }) => atom === i);
    if (this.current < 0) {
      this.computeTogether(i);
      this.current = 0;
    }
    const { reals, components } = memory;
    values[0] = 1;
    for (let k = 1; k < values.length; k++)
      values[k] = reals[components / 8 + TOGETHER * (k - 1) + this.current];
    this.subtractIsolated(this.species[this.first + i]);
    if (this.need !== 'values') this.spread();
    if (this.need === 'gradients') this.differentiate();
  }

  /** Everything up to the products of an atom and of those behind it. */
  private computeTogether(i: number): void {
    const { list, together, plan, memory } = this;
    if (!list) throw new Error('no structure has been opened');
    const atoms = list.start.length - 1;
    together.forEach((places, k) => (places.atom = i + k < atoms ? i + k : -1));
    let panels = 0;
    for (const places of together) if (places.atom >= 0) panels = this.deal(list, places, panels);
    memory.reserve(panels, this.values.length);
    together.forEach((places, k) => {
      if (places.atom < 0) return;
      this.place(list, places);
      this.harmonics(places.panels[0], places.panels[plan.channels]);
      this.expand(places, k);
    });
    this.multiply();
  }

  /** Deals neighbours out to the lanes of panels, the panels of a channel one after the other. @returns the next panel */
  private deal(list: PairList, places: AtomPlaces, firstPanel: number): number {
    const { filled, plan, species, first } = this;
    const { panels } = places;
    const [from, to] = [list.start[places.atom], list.start[places.atom + 1]];
    places.count = to - from;
    if (places.lanes.length < places.count) places.lanes = new Int32Array(2 * places.count);
    filled.fill(0);
    for (let p = from; p < to; p++) filled[plan.channels > 1 ? species[first + list.neighbours[p]] : 0]++;
    panels[0] = firstPanel;
    for (let c = 0; c < plan.channels; c++) {
      panels[c + 1] = panels[c] + Math.ceil(filled[c] / LANES);
      filled[c] = 0;
    }
    for (let p = from; p < to; p++) {
      const c = plan.channels > 1 ? species[first + list.neighbours[p]] : 0;
      places.lanes[p - from] = LANES * panels[c] + filled[c]++;
    }
    return panels[plan.channels];
  }

  private place(list: PairList, { atom, count, panels, lanes }: AtomPlaces): void {
    const { species, first, memory, plan } = this;
    const { reals } = memory;
    const turn = memory.turn / 8;
    const [begin, end] = [panels[0], panels[plan.channels]];
    for (let panel = begin; panel < end; panel++)
      for (let lane = 0; lane < LANES; lane++) blankPlace(reals, turn + panel * TURN_NUMBERS * LANES + lane);
    const from = list.start[atom];
    for (let k = 0; k < count; k++) {
      const lane = lanes[k];
      const to = turn + (lane >> 2) * TURN_NUMBERS * LANES + (lane & 3);
      const z = species[first + list.neighbours[from + k]];
      this.places.write(reals, to, species[first + atom], z, list.vectors, 3 * (from + k));
    }
  }

  private harmonics(first: number, end: number): void {
    const { kernel, turn, values, gradients, panelBytes, recursion } = this.memory;
    const { elements, mirrors, ranges } = recursion;
    const flag = this.need === 'values' ? 0 : 1;
    const last = this.settings.twojmax;
    for (let panel = first; panel < end; panel++)
      for (let half = 0; half < PANEL; half += PANEL / 2) {
        const own = turn + panel * TURN_NUMBERS * PANEL + half;
        const value = values + panel * panelBytes + half;
        const gradient = gradients + 3 * panel * panelBytes + half;
        kernel.harmonics(value, gradient, panelBytes, own, elements, mirrors, ranges, last, flag);
        kernel.weigh(value, gradient, panelBytes, own, flag);
      }
  }

  /** u: the atom's own share, 1 on the diagonals, and its neighbours; with the rows below the middle. */
  private expand({ atom, panels }: AtomPlaces, lane: number): void {
    const { memory, plan } = this;
    const { kernel, values, panelBytes, sums, numbers } = memory;
    const { elementsApart, selfInAll } = this.settings;
    const centre = this.species[this.first + atom];
    memory.reals.fill(0, sums / 8, sums / 8 + plan.channels * numbers);
    for (let c = 0; c < plan.channels; c++) {
      const count = panels[c + 1] - panels[c];
      const to = sums + 8 * c * numbers;
      if (count > 0) kernel.accumulate(values + panels[c] * panelBytes, panelBytes, count, panelBytes, to);
      this.unfold(c, lane, !elementsApart || selfInAll || c === centre ? 1 : 0);
    }
  }

  private unfold(channel: number, lane: number, own: number): void {
    const { memory, halves } = this;
    const { reals, sums, numbers } = memory;
    for (let j = 0; j <= this.settings.twojmax; j++) {
      const from = sums / 8 + channel * numbers + 2 * halves[j];
      const start = this.matrix(channel, j) / 8 + lane;
      for (let m = 0; 2 * m <= j; m++)
        for (let n = 0; n <= j; n++) {
          const e = m * (j + 1) + n;
          const re = reals[from + 2 * e] + (m === n ? own : 0);
          const im = reals[from + 2 * e + 1];
          reals[start + 4 * e] = re;
          reals[start + 4 * e + TOGETHER] = im;
          if (2 * m === j) continue;
          const sign = (m + n) % 2 === 0 ? 1 : -1;
          const mirror = start + 4 * ((j + 1) ** 2 - 1 - e);
          reals[mirror] = sign * re;
          reals[mirror + TOGETHER] = -sign * im;
        }
    }
  }

  private matrix(channel: number, twoJ: number): number {
    const { starts, memory, settings } = this;
    return memory.expansion + COMPLEX_PAIR * (channel * starts[settings.twojmax + 1] + starts[twoJ]);
  }

  /** The Z that are needed, and the components. */
  private multiply(): void {
    const { memory } = this;
    const { kernel, reals, z, components } = memory;
    reals.fill(0, z[0] / 8, z[1] / 8);
    for (const places of memory.products) {
      const { left, right, overlaps } = places.product;
      const a = this.matrix(left.channel, left.twoJ);
      const b = this.matrix(right.channel, right.twoJ);
      for (const { count, from, to } of this.need === 'values' ? places.forValues : places.all)
        kernel[`couple${count}`](a, b, places.start, from, to);
      for (const { place, component, channel, twoJ, factor } of overlaps) {
        const u = this.matrix(channel, twoJ);
        const end = twoJ % 2 === 0 ? factor : 2 * factor;
        const out = components + 16 * component;
        kernel.overlap(places.z[place], u, countedElements(twoJ), 2 * factor, end, out);
      }
    }
  }

  /** The blocks of derivatives of the components of one atom by u. */
  private spread(): void {
    const { kernel, blocks, block: all, products, reals } = this.memory;
    reals.fill(0, all[0] / 8, all[1] / 8);
    for (const { product, z } of products)
      for (const { place, block, row, factor } of product.slots) {
        const { start, numbers } = blocks[block];
        const to = start + (row >> 2) * numbers * PANEL + 8 * (row & 3);
        const end = product.js[place] % 2 === 0 ? factor : 2 * factor;
        kernel.spread(z[place] + 8 * this.current, to, numbers / 2, 2 * factor, end);
      }
  }

  /** Takes the components of an isolated atom off, where that is asked for. */
  private subtractIsolated(centre: number): void {
    const { subtractIsolated, selfInAll, elementsApart, normalised } = this.settings;
    if (!subtractIsolated) return;
    this.plan.components.forEach(({ channels, twoJ }, component) => {
      const own = selfInAll || !elementsApart || channels.every((channel) => channel === centre);
      if (own) this.values[1 + component] -= normalised ? 1 : twoJ + 1;
    });
  }

  private differentiate(): void {
    const { memory, plan } = this;
    const { count, panels, lanes } = this.together[this.current];
    const { kernel, gradients, panelBytes, out, reals } = memory;
    const m = this.values.length;
    const row = 3 * m;
    const begin = panels[0];
    reals.fill(0, out / 8, out / 8 + LANES * (panels[plan.channels] - begin) * row);
    for (const { block, start, targets, fours, numbers, offset } of memory.blocks) {
      const first = panels[block.channel];
      const own = panels[block.channel + 1] - first;
      const from = gradients + 3 * first * panelBytes + offset;
      const to = out + 8 * LANES * (first - begin) * row;
      kernel.derive(start, fours, numbers, targets, own, 3 * panelBytes, from, panelBytes, to, 8 * m);
    }
    if (plan.channels === 1) {
      this.gradients = reals.subarray(out / 8, out / 8 + count * row);
      return;
    }
    if (this.gradients.length < count * row) this.gradients = new Float64Array(2 * count * row);
    for (let k = 0; k < count; k++) {
      const from = out / 8 + (lanes[k] - LANES * begin) * row;
      this.gradients.set(reals.subarray(from, from + row), k * row);
    }
  }

  /** @see AtomDescriptors.slopesAlong */
  slopesAlong(weights: Float64Array): Float64Array {
    const { memory, plan } = this;
    const { count, panels, lanes } = this.together[this.current];
    const { kernel, gradients, panelBytes, numbers, slopes, out, reals } = memory;
    reals.fill(0, slopes / 8, slopes / 8 + plan.channels * numbers);
    for (const { block, start, fours, numbers: own, offset } of memory.blocks) {
      const { components, channel } = block;
      for (let k = 0; k < LANES * fours; k++)
        reals[memory.weights / 8 + k] = k < components.length ? weights[1 + components[k]] : 0;
      const to = slopes + 8 * channel * numbers + (8 * offset) / PANEL;
      kernel.combine(start, fours, own, memory.weights, to);
    }
    const begin = panels[0];
    reals.fill(0, out / 8, out / 8 + 12 * (panels[plan.channels] - begin));
    for (let c = 0; c < plan.channels; c++) {
      const from = gradients + 3 * panels[c] * panelBytes;
      const to = out + 96 * (panels[c] - begin);
      const own = panels[c + 1] - panels[c];
      kernel.contract(from, own, 3 * panelBytes, panelBytes, numbers, slopes + 8 * c * numbers, to);
    }
    if (this.slopes.length < 3 * count) this.slopes = new Float64Array(6 * count);
    for (let k = 0; k < count; k++)
      for (let axis = 0; axis < 3; axis++) {
        const lane = lanes[k] - LANES * begin;
        this.slopes[3 * k + axis] = reals[out / 8 + LANES * (3 * (lane >> 2) + axis) + (lane & 3)];
      }
    return this.slopes;
  }
}
