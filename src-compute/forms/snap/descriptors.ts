/**
 * Bispectrum components of an atom and their gradients, for fits. B is cubic in the expansion u of the atom, and by the
 * symmetry of Clebsch–Gordan coefficients
 *
 *   dB_{j₁j₂j} = Re [ Z^j_{j₁j₂} dU^j* + (2j+1)/(2j₁+1) Z^{j₁}_{j j₂} dU^{j₁}* + (2j+1)/(2j₂+1) Z^{j₂}_{j j₁} dU^{j₂}* ]
 *
 * (Thompson et al., J. Comput. Phys. 285 (2015) 316, eq. 7) for a neighbour with the harmonics U: the Z of an atom
 * (z-products.ts) are made once and multiplied with dU of every neighbour (half-harmonics.ts). Tested against the plain
 * evaluation of potentials/snap and against finite differences. All arrays are kept between calls.
 */
import { matrixStarts, tripleOrder } from '../../potentials/snap/bispectrum.ts';
import type { SnapModel } from '../../potentials/snap/model.ts';
import { HalfHarmonics, halfRows } from './half-harmonics.ts';
import { ZProduct } from './z-products.ts';

/** What components depend on. */
export type SnapDescriptorSettings = Omit<SnapModel, 'coefficients' | 'quadratic' | 'form'> & {
  readonly family: 'snap';
};

/** The settings of a model's components. */
export function componentsOfModel(model: SnapModel): SnapDescriptorSettings {
  const { species, cutoff, twojmax, rcutfac, rfac0, rmin0, switching, subtractIsolated } = model;
  const { elementsApart, normalised, selfInAll, radii, weights, inner } = model;
  return {
    family: 'snap',
    ...{ species, cutoff, twojmax, rcutfac, rfac0, rmin0, switching, subtractIsolated },
    ...{ elementsApart, normalised, selfInAll, radii, weights, ...(inner && { inner }) },
  };
}

/** A Z, and the components whose derivatives by the matrix of its own 2j have it. */
interface Slot {
  readonly product: ZProduct;
  /** Where the operands start among the whole matrices of all channels. */
  readonly left: number;
  readonly right: number;
  readonly component: number;
  readonly factor: number;
  /** Row of its component in the block. */
  readonly row: number;
}

/** Derivatives of components by one matrix of one channel. */
interface Block {
  readonly channel: number;
  readonly twoJ: number;
  /** Numbers of the matrix that count. */
  readonly length: number;
  readonly slots: Slot[];
  readonly components: number[];
  /** components × 2 length: real parts, then imaginary ones. */
  gradient: Float64Array;
}

/** B itself: u^j* of a channel times a Z. */
interface Sum {
  readonly product: ZProduct;
  readonly left: number;
  readonly right: number;
  readonly conjugate: number;
  readonly twoJ: number;
  /** Channels; the atom's own B is taken off where all three are its own. */
  readonly channels: readonly number[];
}

export class SnapDescriptors {
  readonly values: Float64Array;
  gradients = new Float64Array(0);
  private readonly settings: SnapDescriptorSettings;
  private readonly channels: number;
  private readonly starts: Int32Array;
  private readonly size: number;
  private readonly half: HalfHarmonics;
  private readonly products = new Map<string, ZProduct>();
  private readonly blocks = new Map<string, Block>();
  private readonly sums: Sum[] = [];
  /** u of the atom: whole matrices, channel after channel. */
  private readonly re: Float64Array;
  private readonly im: Float64Array;

  /** m */
  static count({ twojmax, elementsApart, species }: SnapDescriptorSettings): number {
    return 1 + tripleOrder(twojmax).length * (elementsApart ? species.length ** 3 : 1);
  }

  constructor(settings: SnapDescriptorSettings) {
    const { twojmax } = settings;
    this.settings = settings;
    this.channels = settings.elementsApart ? settings.species.length : 1;
    this.starts = matrixStarts(twojmax);
    this.size = this.starts[twojmax + 1];
    this.half = new HalfHarmonics(twojmax);
    this.values = new Float64Array(SnapDescriptors.count(settings));
    this.re = new Float64Array(this.channels * this.size);
    this.im = new Float64Array(this.channels * this.size);
    this.plan();
  }

  /** @see AtomDescriptors.compute */
  compute(
    vectors: Float64Array,
    neighbours: Int32Array,
    from: number,
    to: number,
    species: Int32Array,
    first: number,
    centre: number,
    withGradients: boolean,
  ): void {
    const { half, settings } = this;
    const count = to - from;
    half.begin(count, withGradients);
    for (let p = from; p < to; p++) {
      const z = species[first + neighbours[p]];
      const channel = this.channels > 1 ? z : 0;
      half.place(p - from, channel, this.sphere(centre, z), settings.weights[z], vectors, 3 * p);
    }
    this.expand(count, centre);
    this.values[0] = 1;
    if (!withGradients) {
      this.sums.forEach((sum, component) => (this.values[1 + component] = this.valueOf(sum)));
      this.subtractIsolated(centre);
      return;
    }
    this.values.fill(0, 1);
    const room = 3 * this.values.length * count;
    if (this.gradients.length < room) this.gradients = new Float64Array(Math.ceil(1.3 * room));
    else this.gradients.fill(0, 0, room);
    for (const block of this.blocks.values()) {
      this.fill(block);
      this.addValues(block);
      for (let k = 0; k < count; k++) if (half.channelOf(k) === block.channel) this.differentiate(block, k);
    }
    this.subtractIsolated(centre);
  }

  /** B is cubic in u, so that Σ u ∂B/∂u = 3 B: the values follow from the derivatives. */
  private addValues({ channel, twoJ, length, components, gradient }: Block): void {
    const { re, im, values } = this;
    const from = channel * this.size + this.starts[twoJ];
    for (let row = 0; row < components.length; row++) {
      const at = 2 * row * length;
      let sum = 0;
      for (let e = 0; e < length; e++)
        sum += gradient[at + e] * re[from + e] + gradient[at + length + e] * im[from + e];
      values[1 + components[row]] += sum / 3;
    }
  }

  /** Takes the components of an isolated atom off, where that is asked for. */
  private subtractIsolated(centre: number): void {
    const { subtractIsolated, selfInAll, elementsApart, normalised } = this.settings;
    if (!subtractIsolated) return;
    this.sums.forEach(({ channels, twoJ }, component) => {
      const own = selfInAll || !elementsApart || channels.every((channel) => channel === centre);
      if (own) this.values[1 + component] -= normalised ? 1 : twoJ + 1;
    });
  }

  /** Which Z there are, and which derivatives they belong to. */
  private plan(): void {
    const { channels, starts, size } = this;
    const triples = tripleOrder(this.settings.twojmax);
    let component = 0;
    for (let e1 = 0; e1 < channels; e1++)
      for (let e2 = 0; e2 < channels; e2++)
        for (let e3 = 0; e3 < channels; e3++)
          for (const [j1, j2, j] of triples) {
            const at = (channel: number, twoJ: number) => channel * size + starts[twoJ];
            this.sums.push({
              product: this.product(j1, j2, j),
              left: at(e1, j1),
              right: at(e2, j2),
              conjugate: at(e3, j),
              twoJ: j,
              channels: [e1, e2, e3],
            });
            this.addSlot(component, [e3, j], [e1, j1], [e2, j2], 1);
            this.addSlot(component, [e1, j1], [e3, j], [e2, j2], (j + 1) / (j1 + 1));
            this.addSlot(component, [e2, j2], [e3, j], [e1, j1], (j + 1) / (j2 + 1));
            component++;
          }
    for (const block of this.blocks.values())
      block.gradient = new Float64Array(2 * block.length * block.components.length);
  }

  private product(j1: number, j2: number, j: number): ZProduct {
    const key = `${j1} ${j2} ${j}`;
    let product = this.products.get(key);
    if (!product) this.products.set(key, (product = new ZProduct(j1, j2, j)));
    return product;
  }

  /** A derivative by the matrix of `target`; equal ones of a component are added up. */
  private addSlot(
    component: number,
    [channel, twoJ]: readonly [number, number],
    [a, ja]: readonly [number, number],
    [b, jb]: readonly [number, number],
    factor: number,
  ): void {
    const key = `${channel} ${twoJ}`;
    let block = this.blocks.get(key);
    if (!block) {
      const length = halfRows(twoJ) * (twoJ + 1);
      block = { channel, twoJ, length, slots: [], components: [], gradient: new Float64Array(0) };
      this.blocks.set(key, block);
    }
    if (block.components.at(-1) !== component) block.components.push(component);
    const row = block.components.length - 1;
    const [left, right] = [a * this.size + this.starts[ja], b * this.size + this.starts[jb]];
    // both operands may be exchanged: the two coefficients change sign together
    const same = block.slots.findIndex(
      (slot) =>
        slot.component === component &&
        ((slot.left === left && slot.right === right) || (slot.left === right && slot.right === left)),
    );
    if (same >= 0) block.slots[same] = { ...block.slots[same], factor: block.slots[same].factor + factor };
    else block.slots.push({ product: this.product(ja, jb, twoJ), left, right, component, factor, row });
  }

  private sphere(a: number, b: number) {
    const { rfac0, rmin0, rcutfac, radii, switching, inner } = this.settings;
    const cutoff = rcutfac * (radii[a] + radii[b]);
    if (!inner) return { rfac0, rmin0, switching, cutoff };
    const { centres, widths } = inner;
    const mean = { centre: (centres[a] + centres[b]) / 2, width: (widths[a] + widths[b]) / 2 };
    return { rfac0, rmin0, switching, cutoff, inner: mean };
  }

  /** u: the atom's own share, 1 on the diagonals, and its neighbours; then the rows below the middle. */
  private expand(neighbours: number, centre: number): void {
    const { re, im, starts, size, half, channels } = this;
    const { twojmax, elementsApart, selfInAll } = this.settings;
    re.fill(0);
    im.fill(0);
    for (let c = 0; c < channels; c++) {
      if (elementsApart && !selfInAll && c !== centre) continue;
      for (let j = 0; j <= twojmax; j++)
        for (let m = 0; 2 * m <= j; m++) re[c * size + starts[j] + m * (j + 2)] += 1;
    }
    for (let k = 0; k < neighbours; k++) {
      for (let j = 0; j <= twojmax; j++) {
        const to = half.channelOf(k) * size + starts[j];
        const from = k * half.size + half.starts[j];
        const count = halfRows(j) * (j + 1);
        for (let e = 0; e < count; e++) {
          re[to + e] += half.re[from + e];
          im[to + e] += half.im[from + e];
        }
      }
    }
    for (let c = 0; c < channels; c++)
      for (let j = 1; j <= twojmax; j++) mirror(re, im, c * size + starts[j], j);
  }

  private valueOf({ product, left, right, conjugate, twoJ }: Sum): number {
    const { re, im, settings } = this;
    product.compute(re, im, left, right);
    let sum = 0;
    for (let e = 0; e < product.length; e++)
      sum += product.weights[e] * (re[conjugate + e] * product.re[e] + im[conjugate + e] * product.im[e]);
    return settings.normalised ? sum / (twoJ + 1) : sum;
  }

  /** Derivatives of all components of a block by its matrix. */
  private fill({ slots, gradient, length }: Block): void {
    const { re, im, settings, sums } = this;
    gradient.fill(0);
    for (const { product, left, right, component, factor, row } of slots) {
      product.compute(re, im, left, right);
      const scale = settings.normalised ? factor / (sums[component].twoJ + 1) : factor;
      const at = 2 * row * length;
      for (let e = 0; e < length; e++) {
        const weight = scale * product.weights[e];
        gradient[at + e] += weight * product.re[e];
        gradient[at + length + e] += weight * product.im[e];
      }
    }
  }

  /** Adds a block's derivatives by the position of neighbour k. */
  private differentiate({ twoJ, length, components, gradient }: Block, k: number): void {
    const { half, gradients } = this;
    const { dre, dim, size } = half;
    const m = this.values.length;
    const x = 3 * k * size + half.starts[twoJ];
    const [y, z] = [x + size, x + 2 * size];
    const out = 3 * k * m + 1;
    for (let row = 0; row < components.length; row++) {
      const at = 2 * row * length;
      let sx = 0;
      let sy = 0;
      let sz = 0;
      for (let e = 0; e < length; e++) {
        const gr = gradient[at + e];
        const gi = gradient[at + length + e];
        sx += gr * dre[x + e] + gi * dim[x + e];
        sy += gr * dre[y + e] + gi * dim[y + e];
        sz += gr * dre[z + e] + gi * dim[z + e];
      }
      const to = out + components[row];
      gradients[to] += sx;
      gradients[to + m] += sy;
      gradients[to + 2 * m] += sz;
    }
  }
}

/** Rows below the middle of a matrix: u_{j−m, j−n} = (−1)^{m+n} u*_{mn}. */
function mirror(re: Float64Array, im: Float64Array, at: number, j: number): void {
  for (let m = 0; 2 * m < j; m++)
    for (let n = 0; n <= j; n++) {
      const sign = (m + n) % 2 === 0 ? 1 : -1;
      const from = at + m * (j + 1) + n;
      const to = at + (j - m) * (j + 1) + (j - n);
      re[to] = sign * re[from];
      im[to] = -sign * im[from];
    }
}
