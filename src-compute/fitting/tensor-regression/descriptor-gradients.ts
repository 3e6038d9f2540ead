/**
 * Descriptors of an atom and their gradients in time linear in its neighbours, by the addition theorem:
 *
 *   A_{u,lm} = Σ_j u_j Y_lm(r̂_j),   V_{(u,u′),l} = ½ [ Σ_m A_{u,lm} A_{u′,lm} − g_l(1) Σ_j u_j u′_j ]
 *
 * and with S_{u,l} = Σ_m A_{u,lm} Y_lm(r̂_j), T_{u,l} = Σ_m A_{u,lm} ∇Y_lm
 *
 *   ∂V/∂r_j = ½ [ (S_{u,l} − g_l(1) u_j) ∇u′_j + (S_{u′,l} − g_l(1) u′_j) ∇u_j + u′_j T_{u,l} + u_j T_{u′,l} ].
 *
 * Tested against the double loop of potentials/tensor-regression/descriptors.ts. All arrays are kept between calls.
 */
import {
  descriptorLayout,
  type DescriptorLayout,
  type DescriptorSettings,
} from '../../potentials/tensor-regression/layout.ts';
import {
  evaluateRadial,
  radialRecurrence,
  type RadialRecurrence,
} from '../../potentials/tensor-regression/radial.ts';
import { handedOver, type Handover } from '../../potentials/handover.ts';
import { Harmonics } from './harmonics.ts';

export class DescriptorGradients {
  readonly layout: DescriptorLayout;
  /** v of the last atom, m numbers, not standardised. */
  readonly values: Float64Array;
  /** ∂v/∂r_j of the last atom, neighbours × 3 × m, 1/Å. */
  gradients = new Float64Array(0);
  private readonly recurrence: RadialRecurrence;
  private readonly harmonics: Harmonics;
  private readonly elements: number;
  private readonly handover: Handover | undefined;
  /** s(r) and s′(r) of one neighbour. */
  private readonly seen = Float64Array.of(0, 1);
  /** A_{u,lm} */
  private readonly moments: Float64Array;
  /** Σ_j u_j u′_j per pair of channels. */
  private readonly self: Float64Array;
  /** S_{u,l} and T_{u,l} of one neighbour. */
  private readonly sums: Float64Array;
  private readonly tangents: Float64Array;
  /** g_l(1) */
  private readonly atOne: Float64Array;
  // per neighbour
  private radial = new Float64Array(0);
  private radialSlope = new Float64Array(0);
  private units = new Float64Array(0);
  private y = new Float64Array(0);
  private yGradient = new Float64Array(0);
  // scratch of one neighbour
  private readonly value: Float64Array;
  private readonly slope: Float64Array;

  constructor(settings: DescriptorSettings) {
    this.layout = descriptorLayout(settings);
    const { size, radialFunctions, angularSize, angularChannels, angularPairs } = this.layout;
    this.recurrence = radialRecurrence(radialFunctions, settings.minimumDistance, settings.cutoff);
    this.harmonics = new Harmonics(angularSize);
    this.elements = settings.species.length;
    this.handover = settings.handover;
    this.values = new Float64Array(size);
    this.moments = new Float64Array(angularChannels * this.harmonics.count);
    this.self = new Float64Array(angularPairs);
    this.sums = new Float64Array(angularChannels * (angularSize + 1));
    this.tangents = new Float64Array(3 * angularChannels * (angularSize + 1));
    this.atOne = Float64Array.from({ length: angularSize + 1 }, (_, l) => Math.sqrt((2 * l + 1) / 2));
    this.value = new Float64Array(radialFunctions);
    this.slope = new Float64Array(radialFunctions);
  }

  /**
   * Fills `values` and, when asked for, `gradients`.
   * @param vectors r_j − r_i, Å; 3 per pair
   * @param neighbours atom of each pair
   * @param from first pair of the atom, `to` the one after its last
   * @param species of atom j is `species[first + j]`
   * @param centre species of the atom itself
   */
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
    this.reserve(to - from, withGradients);
    this.values.fill(0);
    this.values[0] = 1;
    this.moments.fill(0);
    this.self.fill(0);
    for (let p = from; p < to; p++) {
      this.addNeighbour(vectors, p, p - from, centre, species[first + neighbours[p]]);
    }
    this.finishValues();
    if (!withGradients) return;
    for (let p = from; p < to; p++) this.differentiate(p - from, species[first + neighbours[p]]);
  }

  private reserve(count: number, withGradients: boolean): void {
    const { radialFunctions, size } = this.layout;
    if (this.units.length < 4 * count) {
      const room = Math.ceil(1.5 * count) + 8;
      this.radial = new Float64Array(room * radialFunctions);
      this.radialSlope = new Float64Array(room * radialFunctions);
      this.units = new Float64Array(4 * room);
      this.y = new Float64Array(room * this.harmonics.count);
      this.yGradient = new Float64Array(3 * room * this.harmonics.count);
    }
    if (withGradients && this.gradients.length < 3 * size * count) {
      this.gradients = new Float64Array(3 * size * (Math.ceil(1.5 * count) + 8));
    }
  }

  /** Radial functions, harmonics and moments of neighbour k. */
  private addNeighbour(vectors: Float64Array, p: number, k: number, centre: number, z: number): void {
    const { layout, values, value, slope, elements, moments, seen, handover } = this;
    const { channels, radialSize, radialFunctions, angularRadial, angularSize, weights } = layout;
    const [x, y, w] = [vectors[3 * p], vectors[3 * p + 1], vectors[3 * p + 2]];
    const r = Math.sqrt(x * x + y * y + w * w);
    seen[0] = r;
    if (handover) {
      const pair = centre * elements + z;
      handedOver(handover.inner[pair], handover.outer[pair], r, seen);
    }
    evaluateRadial(this.recurrence, seen[0], value, slope);
    if (seen[1] !== 1) for (let p1 = 0; p1 < slope.length; p1++) slope[p1] *= seen[1];
    this.radial.set(value, k * radialFunctions);
    this.radialSlope.set(slope, k * radialFunctions);
    this.units[4 * k] = x / r;
    this.units[4 * k + 1] = y / r;
    this.units[4 * k + 2] = w / r;
    const count = this.harmonics.count;
    if (angularSize > 0) {
      this.harmonics.evaluate(x / r, y / r, w / r, 1 / r, this.y, this.yGradient, k * count);
    }
    for (let c = 0; c < channels; c++) {
      const weight = weights[c * elements + z];
      if (weight === 0) continue;
      for (let p1 = 0; p1 < radialSize; p1++) values[1 + c * radialSize + p1] += weight * value[p1];
      if (angularSize === 0) continue;
      for (let a = 0; a < angularRadial; a++) {
        const factor = weight * value[a];
        const start = (c * angularRadial + a) * count;
        for (let lm = 0; lm < count; lm++) moments[start + lm] += factor * this.y[k * count + lm];
      }
    }
    this.addSelf(z);
  }

  /** u_j u′_j of the neighbour whose radial functions are in `value`. */
  private addSelf(z: number): void {
    const { angularChannels, angularRadial, weights } = this.layout;
    let pair = 0;
    for (let u = 0; u < angularChannels; u++) {
      const first =
        weights[Math.floor(u / angularRadial) * this.elements + z] * this.value[u % angularRadial];
      for (let v = u; v < angularChannels; v++, pair++) {
        if (first === 0) continue;
        const weight = weights[Math.floor(v / angularRadial) * this.elements + z];
        this.self[pair] += first * weight * this.value[v % angularRadial];
      }
    }
  }

  private finishValues(): void {
    const { angularChannels, angularSize, angularStart } = this.layout;
    const count = this.harmonics.count;
    let pair = 0;
    for (let u = 0; u < angularChannels; u++) {
      for (let v = u; v < angularChannels; v++, pair++) {
        for (let l = 1; l <= angularSize; l++) {
          let sum = 0;
          for (let lm = l * l - 1; lm < (l + 1) * (l + 1) - 1; lm++) {
            sum += this.moments[u * count + lm] * this.moments[v * count + lm];
          }
          this.values[angularStart + pair * angularSize + l - 1] =
            (sum - this.atOne[l] * this.self[pair]) / 2;
        }
      }
    }
  }

  /** ∂v/∂r of neighbour k. */
  private differentiate(k: number, z: number): void {
    const { layout, elements, gradients } = this;
    const { size, channels, radialSize, radialFunctions, weights } = layout;
    const at = 3 * size * k;
    gradients.fill(0, at, at + 3 * size);
    for (let axis = 0; axis < 3; axis++) {
      const unit = this.units[4 * k + axis];
      for (let c = 0; c < channels; c++) {
        const weight = weights[c * elements + z] * unit;
        if (weight === 0) continue;
        const row = at + axis * size + 1 + c * radialSize;
        for (let p = 0; p < radialSize; p++) {
          gradients[row + p] = weight * this.radialSlope[k * radialFunctions + p];
        }
      }
    }
    if (layout.angularSize > 0) {
      this.contract(k);
      this.differentiateAngular(k, z, at);
    }
  }

  /** S_{u,l} and T_{u,l} of neighbour k. */
  private contract(k: number): void {
    const { moments, sums, tangents, y, yGradient } = this;
    const { angularChannels, angularSize } = this.layout;
    const count = this.harmonics.count;
    const own = k * count;
    for (let u = 0; u < angularChannels; u++) {
      for (let l = 1; l <= angularSize; l++) {
        let [s, tx, ty, tz] = [0, 0, 0, 0];
        for (let lm = l * l - 1; lm < (l + 1) * (l + 1) - 1; lm++) {
          const a = moments[u * count + lm];
          const from = 3 * (own + lm);
          s += a * y[own + lm];
          tx += a * yGradient[from];
          ty += a * yGradient[from + 1];
          tz += a * yGradient[from + 2];
        }
        const index = u * (angularSize + 1) + l;
        sums[index] = s;
        tangents[3 * index] = tx;
        tangents[3 * index + 1] = ty;
        tangents[3 * index + 2] = tz;
      }
    }
  }

  private differentiateAngular(k: number, z: number, at: number): void {
    const { sums, tangents, gradients, atOne, elements } = this;
    const { size, angularChannels, angularSize, angularRadial, angularStart, radialFunctions, weights } =
      this.layout;
    const radial = k * radialFunctions;
    const [x, y, w] = [this.units[4 * k], this.units[4 * k + 1], this.units[4 * k + 2]];
    let d = at + angularStart;
    for (let u = 0; u < angularChannels; u++) {
      const weightU = weights[Math.floor(u / angularRadial) * elements + z];
      const valueU = weightU * this.radial[radial + (u % angularRadial)];
      const slopeU = weightU * this.radialSlope[radial + (u % angularRadial)];
      for (let v = u; v < angularChannels; v++, d += angularSize) {
        const weightV = weights[Math.floor(v / angularRadial) * elements + z];
        if (weightU === 0 && weightV === 0) continue;
        const valueV = weightV * this.radial[radial + (v % angularRadial)];
        const slopeV = weightV * this.radialSlope[radial + (v % angularRadial)];
        for (let l = 1; l <= angularSize; l++) {
          const [su, sv] = [u * (angularSize + 1) + l, v * (angularSize + 1) + l];
          const along =
            ((sums[su] - atOne[l] * valueU) * slopeV + (sums[sv] - atOne[l] * valueV) * slopeU) / 2;
          const [left, right] = [valueV / 2, valueU / 2];
          const out = d + l - 1;
          gradients[out] = along * x + left * tangents[3 * su] + right * tangents[3 * sv];
          gradients[out + size] = along * y + left * tangents[3 * su + 1] + right * tangents[3 * sv + 1];
          gradients[out + 2 * size] = along * w + left * tangents[3 * su + 2] + right * tangents[3 * sv + 2];
        }
      }
    }
  }
}
