/**
 * Descriptors of one atom and their gradients, straight from the definition in layout.ts: a double loop over the
 * neighbours. The yardstick of the fast paths, which use the addition theorem instead.
 */
import { handedOver, type Handover } from '../handover.ts';
import type { DescriptorLayout } from './layout.ts';
import { angularIndex, radialIndex } from './layout.ts';
import { evaluateRadial, type RadialRecurrence } from './radial.ts';

/** Values and gradients of one atom's descriptors. */
export interface AtomDescriptors {
  /** v, m numbers; v_0 = 1. */
  readonly values: Float64Array;
  /** ∂v_d/∂r_j, neighbours × m × 3, 1/Å. */
  readonly gradients: Float64Array;
}

/** Neighbours of one atom. */
export interface Neighbourhood {
  /** r_j − r_i per neighbour, 3 each, Å. */
  readonly vectors: Float64Array;
  /** Species of each neighbour. */
  readonly species: ArrayLike<number>;
  /** Radii of hand-over and the species of the atom itself. */
  readonly handover?: Handover;
  readonly centre?: number;
}

/** Adds one term and its gradients by r_j (and r_k). */
type Add = (index: number, value: number, j: number, byJ: number[], k?: number, byK?: number[]) => void;

/** Descriptors of one atom by the plain formula. */
export function referenceDescriptors(
  layout: DescriptorLayout,
  recurrence: RadialRecurrence,
  { vectors, species, handover, centre = 0 }: Neighbourhood,
): AtomDescriptors {
  const { size, channels, radialSize, weights } = layout;
  const count = species.length;
  const values = new Float64Array(size);
  const gradients = new Float64Array(count * size * 3);
  values[0] = 1;
  const add: Add = (index, value, j, byJ, k, byK) => {
    values[index] += value;
    for (let axis = 0; axis < 3; axis++) {
      gradients[(j * size + index) * 3 + axis] += byJ[axis];
      if (k !== undefined && byK) gradients[(k * size + index) * 3 + axis] += byK[axis];
    }
  };
  const elements = weights.length / channels;
  const seen = Float64Array.of(0, 1);
  const neighbours = Array.from({ length: count }, (_, j) => {
    const pair = centre * elements + species[j];
    return neighbour(recurrence, vectors, j, (r) => {
      seen[0] = r;
      if (handover) handedOver(handover.inner[pair], handover.outer[pair], r, seen);
      return seen;
    });
  });
  const weight = (c: number, j: number) => weights[c * elements + species[j]];
  neighbours.forEach(({ unit, value, slope }, j) => {
    for (let c = 0; c < channels; c++) {
      for (let p = 1; p <= radialSize; p++) {
        const w = weight(c, j);
        const byJ = unit.map((e) => w * slope[p - 1] * e);
        add(radialIndex(layout, c, p), w * value[p - 1], j, byJ);
      }
    }
  });
  for (let j = 0; j < count; j++) {
    for (let k = j + 1; k < count; k++) addTriplet(layout, neighbours[j], neighbours[k], weight, j, k, add);
  }
  return { values, gradients };
}

/** Distance, direction and radial functions of a neighbour. */
interface Neighbour {
  readonly r: number;
  readonly unit: number[];
  readonly value: Float64Array;
  readonly slope: Float64Array;
}

function neighbour(
  recurrence: RadialRecurrence,
  vectors: Float64Array,
  j: number,
  see: (r: number) => Float64Array,
): Neighbour {
  const vector = Array.from(vectors.subarray(3 * j, 3 * j + 3));
  const r = Math.hypot(...vector);
  const value = new Float64Array(recurrence.count);
  const slope = new Float64Array(recurrence.count);
  const [distance, distanceSlope] = see(r);
  evaluateRadial(recurrence, distance, value, slope);
  for (let p = 0; p < slope.length; p++) slope[p] *= distanceSlope;
  return { r, unit: vector.map((x) => x / r), value, slope };
}

/** g_l(cos θ_ijk) ½[u_j u′_k + u′_j u_k] of all l and u ≤ u′ for one pair of neighbours. */
function addTriplet(
  layout: DescriptorLayout,
  near: Neighbour,
  far: Neighbour,
  weight: (c: number, j: number) => number,
  j: number,
  k: number,
  add: Add,
): void {
  const { angularSize, angularRadial, angularChannels } = layout;
  const cosine = near.unit.reduce((sum, e, axis) => sum + e * far.unit[axis], 0);
  // ∂cos θ/∂r_j = (r̂_k − cos θ r̂_j)/r_j
  const cosineByJ = near.unit.map((e, axis) => (far.unit[axis] - cosine * e) / near.r);
  const cosineByK = far.unit.map((e, axis) => (near.unit[axis] - cosine * e) / far.r);
  const { g, slope: gSlope } = legendre(angularSize, cosine);
  const channel = (u: number, n: Neighbour, atom: number) => {
    const [c, a] = [Math.floor(u / angularRadial), u % angularRadial];
    return { value: weight(c, atom) * n.value[a], slope: weight(c, atom) * n.slope[a] };
  };
  for (let u = 0; u < angularChannels; u++) {
    for (let v = u; v < angularChannels; v++) {
      const [uj, uk, vj, vk] = [
        channel(u, near, j),
        channel(u, far, k),
        channel(v, near, j),
        channel(v, far, k),
      ];
      const product = (uj.value * vk.value + vj.value * uk.value) / 2;
      const productByJ = (uj.slope * vk.value + vj.slope * uk.value) / 2;
      const productByK = (uj.value * vk.slope + vj.value * uk.slope) / 2;
      for (let l = 1; l <= angularSize; l++) {
        const byJ = near.unit.map((e, axis) => g[l] * productByJ * e + gSlope[l] * product * cosineByJ[axis]);
        const byK = far.unit.map((e, axis) => g[l] * productByK * e + gSlope[l] * product * cosineByK[axis]);
        add(angularIndex(layout, u, v, l), g[l] * product, j, byJ, k, byK);
      }
    }
  }
}

/** g_l(x) = √((2l+1)/2) P_l(x) and g_l′(x) for l ≤ size. */
export function legendre(size: number, x: number): { g: Float64Array; slope: Float64Array } {
  const g = new Float64Array(size + 1);
  const slope = new Float64Array(size + 1);
  let [p, before, dp, dBefore] = [1, 0, 0, 0];
  for (let l = 0; l <= size; l++) {
    const norm = Math.sqrt((2 * l + 1) / 2);
    g[l] = norm * p;
    slope[l] = norm * dp;
    // (l + 1) P_{l+1} = (2l + 1) x P_l − l P_{l−1}
    const next = ((2 * l + 1) * x * p - l * before) / (l + 1);
    const dNext = ((2 * l + 1) * (p + x * dp) - l * dBefore) / (l + 1);
    [before, p, dBefore, dp] = [p, next, dp, dNext];
  }
  return { g, slope };
}
