/**
 * Functions of an ACE potential around an atom and their gradients, for fits: each is a sum of products of sums A, so that
 *
 *   ∂B_f/∂r⃗_j = Σ_v W_fv ∂φ_v/∂r⃗_j,   W_fv = ∂B_f/∂A_v,   A_v = Σ_j φ_v(r⃗_j)
 *
 * with v counting real and imaginary parts. W is made once for an atom, in the places that a function can have, and multiplied
 * with the derivatives of every neighbour. Tested against the plain evaluation of potentials/ace. Arrays are kept between calls.
 */
import type { AtomDescriptors, Need } from '../../fitting/tensor-regression/atom-descriptors.ts';
import type { AceBond, AceCore, AceModel } from '../../potentials/ace/model.ts';
import { interpolated, radialTable, type RadialTable } from '../../potentials/ace/radial.ts';
import type { PairList } from '../../structure/reference-pairs.ts';
import { basisExtent, type BasisFunction } from './basis.ts';
import { harmonicCount, harmonicIndex, HarmonicGradients } from './harmonic-gradients.ts';

/** What functions depend on. */
export interface AceDescriptorSettings {
  readonly family: 'ace';
  readonly species: readonly string[];
  readonly cutoff: number;
  readonly tableSpacing: number;
  readonly core: AceCore;
  /** Of ordered pairs. */
  readonly bonds: readonly AceBond[];
  readonly functions: readonly BasisFunction[];
}

/** Terms of a function: factors, and where their derivatives go. */
interface Compiled {
  /** First combination of every function, and behind the last. */
  readonly start: Int32Array;
  readonly rank: Int32Array;
  readonly coefficients: Float64Array;
  /** Per combination and factor: place of Re A, sign of Re and of Im. */
  readonly factorStart: Int32Array;
  readonly place: Int32Array;
  readonly signRe: Int8Array;
  readonly signIm: Int8Array;
  /** Per factor: entry of W for the real part; the imaginary part follows (−1 where m = 0). */
  readonly entry: Int32Array;
  /** W by function: places of its entries. */
  readonly entryStart: Int32Array;
  readonly entryPlace: Int32Array;
}

const MOST_FACTORS = 8;

export class AceDescriptors implements AtomDescriptors {
  readonly values: Float64Array;
  gradients = new Float64Array(0);
  private readonly settings: AceDescriptorSettings;
  private readonly tables: RadialTable[];
  private readonly lmax: number;
  private readonly radialCount: number;
  private readonly base: number;
  /** Places of A: base functions of every channel, then (n, l, m), real and imaginary parts. */
  private readonly channelSize: number;
  private readonly sums: Float64Array;
  private readonly compiled: Compiled;
  private readonly weights: Float64Array;
  /** ∂φ/∂r⃗ of a channel's places, three numbers each. */
  private readonly slopes: Float64Array;
  private readonly radial: Float64Array;
  private readonly contracted: Float64Array;
  private readonly harmonics: HarmonicGradients;
  /** Σ_f weights W_fv. */
  private readonly along: Float64Array;
  private result = new Float64Array(0);
  private structure:
    | { readonly list: PairList; readonly species: Int32Array; readonly first: number; readonly need: Need }
    | undefined;
  private atom = 0;

  /** m: 1 and the functions. */
  static count({ functions }: AceDescriptorSettings): number {
    return 1 + functions.length;
  }

  constructor(settings: AceDescriptorSettings) {
    this.settings = settings;
    const { species, functions } = settings;
    const extent = basisExtent(functions);
    this.lmax = extent.lmax;
    this.radialCount = extent.radial;
    this.base = extent.base;
    const model: AceModel = {
      ...{ form: 'ace', species, cutoff: settings.cutoff, tableSpacing: settings.tableSpacing },
      ...{ core: settings.core, isolated: new Float64Array(species.length) },
      ...{ embeddings: [], bonds: settings.bonds, functions: [] },
    };
    this.tables = species.flatMap((_, a) => species.map((_name, b) => radialTable(model, a, b)));
    this.channelSize = this.base + 2 * this.radialCount * harmonicCount(this.lmax);
    this.sums = new Float64Array(species.length * this.channelSize);
    this.along = new Float64Array(this.sums.length);
    this.compiled = this.compile();
    this.weights = new Float64Array(this.compiled.entryPlace.length);
    this.slopes = new Float64Array(3 * this.channelSize);
    this.radial = new Float64Array(2 * (this.base + 1));
    this.contracted = new Float64Array(2 * this.radialCount * (this.lmax + 1));
    this.harmonics = new HarmonicGradients(this.lmax);
    this.values = new Float64Array(AceDescriptors.count(settings));
  }

  /** Place of Re A. */
  private placeOf(channel: number, n: number, l: number, m: number): number {
    const place = (n - 1) * harmonicCount(this.lmax) + harmonicIndex(l, m);
    return channel * this.channelSize + this.base + 2 * place;
  }

  private compile(): Compiled {
    const [start, rank, coefficients, factorStart]: number[][] = [[0], [], [], [0]];
    const [place, signRe, signIm, entry]: number[][] = [[], [], [], []];
    const [entryStart, entryPlace]: number[][] = [[0], []];
    for (const { neighbours, radial, angular, coupling } of this.settings.functions) {
      const entries = new Map<number, number>();
      const entryOf = (at: number, pair: boolean) => {
        let found = entries.get(at);
        if (found === undefined) {
          found = entryPlace.push(at) - 1;
          entries.set(at, found);
          if (pair) entryPlace.push(at + 1);
        }
        return found;
      };
      const size = neighbours.length;
      rank.push(size);
      coupling.coefficients.forEach((c, k) => {
        coefficients.push(c);
        for (let t = 0; t < size; t++) {
          const m = coupling.orders[k * size + t];
          const positive = Math.abs(m);
          const at =
            size === 1
              ? neighbours[t] * this.channelSize + radial[t] - 1
              : this.placeOf(neighbours[t], radial[t], angular[t], positive);
          const sign = m < 0 && positive % 2 === 1 ? -1 : 1;
          place.push(at);
          signRe.push(sign);
          signIm.push(m === 0 ? 0 : m < 0 ? -sign : 1);
          entry.push(entryOf(at, m !== 0));
        }
        factorStart.push(place.length);
      });
      start.push(coefficients.length);
      entryStart.push(entryPlace.length);
    }
    return {
      ...{
        start: Int32Array.from(start),
        rank: Int32Array.from(rank),
        coefficients: Float64Array.from(coefficients),
      },
      ...{
        factorStart: Int32Array.from(factorStart),
        place: Int32Array.from(place),
        entry: Int32Array.from(entry),
      },
      ...{ signRe: Int8Array.from(signRe), signIm: Int8Array.from(signIm) },
      ...{ entryStart: Int32Array.from(entryStart), entryPlace: Int32Array.from(entryPlace) },
    };
  }

  /** @see AtomDescriptors.open */
  open(list: PairList, species: Int32Array, first: number, need: Need): void {
    this.structure = { list, species, first, need };
  }

  /** @see AtomDescriptors.compute */
  compute(i: number): void {
    const { list, need } = this.opened();
    this.atom = i;
    this.sums.fill(0);
    for (let p = list.start[i]; p < list.start[i + 1]; p++) {
      const channel = this.channelOf(p);
      if (this.place(p, channel, false)) this.addTo(channel * this.channelSize);
    }
    this.values[0] = 1;
    this.products();
    if (need !== 'gradients') return;
    const m = this.values.length;
    const from = list.start[i];
    const room = 3 * m * (list.start[i + 1] - from);
    if (this.gradients.length < room) this.gradients = new Float64Array(Math.ceil(1.3 * room));
    for (let p = from; p < list.start[i + 1]; p++) {
      const out = 3 * (p - from) * m;
      const channel = this.channelOf(p);
      if (this.place(p, channel, true)) this.differentiate(channel, out);
      else this.gradients.fill(0, out, out + 3 * m);
    }
  }

  /** @see AtomDescriptors.slopesAlong */
  slopesAlong(weights: Float64Array): Float64Array {
    const { list } = this.opened();
    const { along, slopes, channelSize } = this;
    const { entryStart, entryPlace, rank } = this.compiled;
    along.fill(0);
    for (let f = 0; f < rank.length; f++) {
      const weight = weights[1 + f];
      for (let e = entryStart[f]; e < entryStart[f + 1]; e++)
        along[entryPlace[e]] += weight * this.weights[e];
    }
    const [from, to] = [list.start[this.atom], list.start[this.atom + 1]];
    if (this.result.length < 3 * (to - from)) this.result = new Float64Array(6 * (to - from));
    for (let p = from; p < to; p++) {
      const out = 3 * (p - from);
      const channel = this.channelOf(p);
      let [sx, sy, sz] = [0, 0, 0];
      if (this.place(p, channel, true))
        for (let v = 0, k = channel * channelSize; v < 3 * channelSize; v += 3, k++) {
          sx += along[k] * slopes[v];
          sy += along[k] * slopes[v + 1];
          sz += along[k] * slopes[v + 2];
        }
      this.result[out] = sx;
      this.result[out + 1] = sy;
      this.result[out + 2] = sz;
    }
    return this.result;
  }

  private opened() {
    if (!this.structure) throw new Error('no structure has been opened');
    return this.structure;
  }

  /** Species of a pair's neighbour. */
  private channelOf(p: number): number {
    const { list, species, first } = this.opened();
    return species[first + list.neighbours[p]];
  }

  /** Radial functions and harmonics of a neighbour. @returns whether it lies within the cutoff of its pair */
  private place(p: number, channel: number, withGradients: boolean): boolean {
    const { list, species, first } = this.opened();
    const { vectors } = list;
    const pair = species[first + this.atom] * this.settings.species.length + channel;
    const [x, y, z] = [vectors[3 * p], vectors[3 * p + 1], vectors[3 * p + 2]];
    const r = Math.sqrt(x * x + y * y + z * z);
    if (!(r < this.settings.bonds[pair].cutoff)) return false;
    interpolated(this.tables[pair], r, this.radial);
    this.contract(this.settings.bonds[pair]);
    this.harmonics.compute(x / r, y / r, z / r, r);
    if (withGradients) this.chain(x / r, y / r, z / r);
    return true;
  }

  /** R_nl = Σ_k c_nlk g_k, and its derivative. */
  private contract({ coefficients, lmax, baseCount }: AceBond): void {
    const { contracted, radial } = this;
    let to = 0;
    for (let n = 0; n < this.radialCount; n++)
      for (let l = 0; l <= this.lmax; l++) {
        const from = (n * (lmax + 1) + l) * baseCount;
        let [value, slope] = [0, 0];
        for (let k = 0; k < baseCount; k++) {
          const c = coefficients[from + k];
          value += c * radial[2 * k];
          slope += c * radial[2 * k + 1];
        }
        contracted[to++] = value;
        contracted[to++] = slope;
      }
  }

  private addTo(channel: number): void {
    const { sums, radial, contracted, base, radialCount, lmax } = this;
    const { values } = this.harmonics;
    for (let k = 0; k < base; k++) sums[channel + k] += radial[2 * k];
    let [to, nl] = [channel + base, 0];
    for (let n = 0; n < radialCount; n++)
      for (let l = 0, k = 0; l <= lmax; l++, nl += 2) {
        const value = contracted[nl];
        for (let m = 0; m <= l; m++, k += 8) {
          sums[to++] += value * values[k];
          sums[to++] += value * values[k + 1];
        }
      }
  }

  /** ∂φ/∂r⃗ of all places of the neighbour's channel. */
  private chain(x: number, y: number, z: number): void {
    const { slopes, radial, contracted, base, radialCount, lmax } = this;
    const { values } = this.harmonics;
    for (let k = 0; k < base; k++) {
      const slope = radial[2 * k + 1];
      slopes[3 * k] = slope * x;
      slopes[3 * k + 1] = slope * y;
      slopes[3 * k + 2] = slope * z;
    }
    let [to, nl] = [3 * base, 0];
    for (let n = 0; n < radialCount; n++)
      for (let l = 0, k = 0; l <= lmax; l++, nl += 2) {
        const [value, slope] = [contracted[nl], contracted[nl + 1]];
        for (let m = 0; m <= l; m++, k += 8)
          for (let part = 0; part < 2; part++) {
            const along = slope * values[k + part];
            const d = k + 2 + 3 * part;
            slopes[to++] = along * x + value * values[d];
            slopes[to++] = along * y + value * values[d + 1];
            slopes[to++] = along * z + value * values[d + 2];
          }
      }
  }

  /** Values of all functions, and W. */
  private products(): void {
    const { sums, values, weights, compiled } = this;
    const { start, rank, coefficients, factorStart, place, signRe, signIm, entry } = compiled;
    weights.fill(0);
    for (let f = 0; f < rank.length; f++) {
      let value = 0;
      const size = rank[f];
      for (let c = start[f]; c < start[f + 1]; c++) {
        const at = factorStart[c];
        // products before each factor
        let [re, im] = [1, 0];
        for (let t = 0; t < size; t++) {
          BEFORE_RE[t] = re;
          BEFORE_IM[t] = im;
          const k = at + t;
          const [a, b] = [signRe[k] * sums[place[k]], signIm[k] === 0 ? 0 : signIm[k] * sums[place[k] + 1]];
          [re, im] = [re * a - im * b, re * b + im * a];
        }
        const coefficient = coefficients[c];
        value += coefficient * re;
        let [behindRe, behindIm] = [coefficient, 0];
        for (let t = size - 1; t >= 0; t--) {
          const k = at + t;
          const restRe = BEFORE_RE[t] * behindRe - BEFORE_IM[t] * behindIm;
          const to = entry[k];
          weights[to] += signRe[k] * restRe;
          const imaginary = signIm[k];
          if (imaginary !== 0) {
            const restIm = BEFORE_RE[t] * behindIm + BEFORE_IM[t] * behindRe;
            weights[to + 1] -= imaginary * restIm;
          }
          const [a, b] = [signRe[k] * sums[place[k]], imaginary === 0 ? 0 : imaginary * sums[place[k] + 1]];
          [behindRe, behindIm] = [behindRe * a - behindIm * b, behindRe * b + behindIm * a];
        }
      }
      values[1 + f] = value;
    }
  }

  /** Writes the gradients of a neighbour. */
  private differentiate(channel: number, out: number): void {
    const { weights, slopes, gradients, values, channelSize } = this;
    const { entryStart, entryPlace, rank } = this.compiled;
    const m = values.length;
    const [low, high] = [channel * channelSize, (channel + 1) * channelSize];
    const several = this.settings.species.length > 1;
    gradients[out] = gradients[out + m] = gradients[out + 2 * m] = 0;
    for (let f = 0; f < rank.length; f++) {
      let [sx, sy, sz] = [0, 0, 0];
      for (let e = entryStart[f]; e < entryStart[f + 1]; e++) {
        const place = entryPlace[e];
        if (several && (place < low || place >= high)) continue;
        const k = 3 * (place - low);
        const w = weights[e];
        sx += w * slopes[k];
        sy += w * slopes[k + 1];
        sz += w * slopes[k + 2];
      }
      gradients[out + 1 + f] = sx;
      gradients[out + m + 1 + f] = sy;
      gradients[out + 2 * m + 1 + f] = sz;
    }
  }
}

const BEFORE_RE = new Float64Array(MOST_FACTORS);
const BEFORE_IM = new Float64Array(MOST_FACTORS);
