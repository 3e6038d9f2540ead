/**
 * Which descriptors there are and in which order. docs/physics.md §2.
 *
 *   v = (1, V^rad_{c,p}, V^ang_{(u,u′),l}),   m = 1 + C P + ½U(U + 1) Q,   U = C·angularRadial
 *
 * | index | name | meaning |
 * |---|---|---|
 * | c < C | element channel | weight w_c(Z): one-hot (a channel per species) or atomic-number (one, w = Z/Z_max) |
 * | p = 1 … P | radial function | O_p of radial.ts |
 * | u = c·angularRadial + a − 1 < U | angular channel | u_j = w_c(Z_j) O_a(r_ij) |
 * | l = 1 … Q | angular function | g_l(cos θ) = √((2l+1)/2) P_l(cos θ), orthonormal on [−1, 1] |
 *
 *   V^rad_{c,p}(i) = Σ_j w_c(Z_j) O_p(r_ij)
 *   V^ang_{(u,u′),l}(i) = Σ_{j<k} g_l(cos θ_ijk) ½[u_j u′_k + u′_j u_k],  u ≤ u′
 */
import { PotentialError } from '../../errors.ts';
import type { Handover } from '../handover.ts';
import { atomicNumber } from '../../structure/elements.ts';

export type ElementWeighting = 'one-hot' | 'atomic-number';

/** What a user chooses about descriptors. */
export interface DescriptorSettings {
  readonly species: readonly string[];
  /** r_c, Å */
  readonly cutoff: number;
  /** r_min, Å: start of the interval on which the radial functions are orthonormal. */
  readonly minimumDistance: number;
  /** P ≥ 1. */
  readonly radialSize: number;
  /** Q ≥ 0. */
  readonly angularSize: number;
  /** Radial functions that angular channels use, 1 … P or more; 1 is docs/physics.md §2. */
  readonly angularRadial: number;
  readonly elementWeighting: ElementWeighting;
  /** Where pairs are handed over to a repulsion: radial functions are evaluated at s(r) (handover.ts). */
  readonly handover?: Handover;
}

/** Positions of the descriptors in v. */
export interface DescriptorLayout {
  /** m, the leading 1 included. */
  readonly size: number;
  /** C */
  readonly channels: number;
  /** P */
  readonly radialSize: number;
  /** Q */
  readonly angularSize: number;
  readonly angularRadial: number;
  /** U */
  readonly angularChannels: number;
  /** ½U(U + 1) */
  readonly angularPairs: number;
  /** Index of the first angular descriptor, 1 + C P. */
  readonly angularStart: number;
  /** Radial functions that are needed in all: max(P, angularRadial). */
  readonly radialFunctions: number;
  /** w_c(Z), C × species, row-major. */
  readonly weights: Float64Array;
}

/**
 * Layout of the descriptors of these settings.
 * @throws PotentialError when an atomic number is needed of something that is no element
 */
export function descriptorLayout(settings: DescriptorSettings): DescriptorLayout {
  const { species, radialSize, angularSize, angularRadial } = settings;
  const weights = channelWeights(settings);
  const channels = weights.length / species.length;
  const angularChannels = angularSize === 0 ? 0 : channels * angularRadial;
  const angularPairs = (angularChannels * (angularChannels + 1)) / 2;
  const angularStart = 1 + channels * radialSize;
  return {
    size: angularStart + angularPairs * angularSize,
    channels,
    radialSize,
    angularSize,
    angularRadial,
    angularChannels,
    angularPairs,
    angularStart,
    radialFunctions: angularSize === 0 ? radialSize : Math.max(radialSize, angularRadial),
    weights,
  };
}

/** Index in v of V^rad_{c,p}, p from 1. */
export function radialIndex(layout: DescriptorLayout, c: number, p: number): number {
  return 1 + c * layout.radialSize + p - 1;
}

/** Number of the pair u ≤ u′ in lexicographic order. */
export function channelPair(layout: DescriptorLayout, u: number, v: number): number {
  return u * layout.angularChannels - (u * (u - 1)) / 2 + v - u;
}

/** Index in v of V^ang_{(u,u′),l}, u ≤ u′, l from 1. */
export function angularIndex(layout: DescriptorLayout, u: number, v: number, l: number): number {
  return layout.angularStart + channelPair(layout, u, v) * layout.angularSize + l - 1;
}

function channelWeights({ species, elementWeighting }: DescriptorSettings): Float64Array {
  const n = species.length;
  if (elementWeighting === 'one-hot') {
    return Float64Array.from({ length: n * n }, (_, k) => (k % (n + 1) === 0 ? 1 : 0));
  }
  const numbers = species.map((symbol) => {
    const z = atomicNumber(symbol);
    if (z === undefined) {
      throw new PotentialError(`Weighting by atomic number needs elements, and ${symbol} is none.`, {
        remedy: 'Name the types with --species, or use --elements one-hot.',
      });
    }
    return z;
  });
  const largest = Math.max(...numbers);
  return Float64Array.from(numbers, (z) => z / largest);
}
