/**
 * Sizes and places of the tensor-regression kernel, and the constants of its basis.
 *
 * Per neighbour j: y = r_c − r, radial functions Õ_p = y³ q̃_{p−1}(y) with monic q̃, and for the directions the functions
 *   Q̂_l^m(z) c_m(x, y),  Q̂_l^m(z) s_m(x, y),   c_m + i s_m = (x + iy)^m,   Q̂_l^m = d^m P_l/dz^m / (2m − 1)!!
 * Per atom sums of them over neighbours ("numbers"), one block per element channel c and one per angular channel u:
 *   [c: Σ Õ_p (p = 1 … P) | Σ Õ_a Õ_a′ (a ≤ a′)] …, [u: l = 1 … Q: m = 0, –, c_1, s_1, … c_l, s_l] …
 * Addition theorem: P_l(cos θ) = Σ_m k_lm Q̂_l^m Q̂_l^m′ (c_m c_m′ + s_m s_m′), k_lm = (2 − δ_m0)(l − m)!/(l + m)! (2m − 1)!!²,
 * so that with κ_l = ½√((2l + 1)/2) (layout.ts of the potential)
 *   Ṽ^ang_{(u,u′),l} = Σ_m κ_l k_lm B_u,lm B_u′,lm − κ_l Σ_j ũ_j ũ′_j.
 * What makes Õ the orthonormal O is part of the coefficients.
 */
import {
  descriptorLayout,
  radialRecurrence,
  type DescriptorLayout,
  type TensorRegressionModel,
} from '../../../../potentials/tensor-regression/index.ts';
import { F64, F64X2 } from '../../encoder/index.ts';
import type { Lanes } from '../../encoder/index.ts';
import { RecordLayout } from '../neighbour-records.ts';

/** From so many products of radial and angular functions on, code loops over the radial functions. */
const STRAIGHT_LINE_FUNCTIONS = 400;

/** Up to these Q powers of z are accurate enough, by bytes of a lane: their coefficients in P_Q add up to (1 + √2)^Q. */
const LARGEST_POWER_BASIS = { 8: 9, 4: 4 } as const;

export interface TensorShape {
  readonly lanes: Lanes;
  /** Lanes of what is done once per atom: always double precision. */
  readonly atomLanes: Lanes;
  readonly records: RecordLayout;
  readonly layout: DescriptorLayout;
  readonly cutoff: number;
  readonly radial: MonicRecurrence;
  /** Angular channels of one element channel; 0 without angular functions. */
  readonly angularRadial: number;
  /** Whether the code loops over them. */
  readonly loopsOverRadial: boolean;
  /** Whether the passes use powers of z (power-basis.ts). */
  readonly powerBasis: boolean;
  /** Numbers of one angular channel, Q² + 3Q. */
  readonly harmonics: number;
  /** Numbers of the radial block of one element channel, and where its self terms start. */
  readonly radialBlock: number;
  readonly selfStart: number;
  /** Where the angular blocks start. */
  readonly harmonicsStart: number;
  /** Numbers in all; even, as are the starts of all blocks. */
  readonly numbers: number;
  /** Descriptors rounded up to whole vectors. */
  readonly padded: number;
  /** Species as the backend numbers them. */
  readonly speciesCount: number;
  /** Whether pairs are handed over to a repulsion. */
  readonly handsOver: boolean;
}

/** Õ_{n+1} = (y − α_n) Õ_n − β_n Õ_{n−1}, Õ_1 = y³; O_p = norm_{p−1} Õ_p. Index n from 1; α in Å, β in Å². */
export interface MonicRecurrence {
  readonly count: number;
  readonly alpha: Float64Array;
  readonly beta: Float64Array;
  readonly norm: Float64Array;
}

const even = (n: number) => 2 * Math.ceil(n / 2);

/**
 * Shape of a model's code.
 * @param straightLine see STRAIGHT_LINE_FUNCTIONS
 */
export function tensorShape(
  model: TensorRegressionModel,
  lanes: Lanes,
  speciesCount: number,
  straightLine = STRAIGHT_LINE_FUNCTIONS,
): TensorShape {
  const layout = descriptorLayout(model);
  const q = layout.angularSize;
  const angularRadial = q === 0 ? 0 : layout.angularRadial;
  const harmonics = q * q + 3 * q;
  const selfStart = even(layout.radialSize);
  const radialBlock = selfStart + even((angularRadial * (angularRadial + 1)) / 2);
  const harmonicsStart = layout.channels * radialBlock;
  const atomLanes = lanes.width > 1 ? F64X2 : F64;
  return {
    lanes,
    atomLanes,
    records: new RecordLayout(lanes, speciesCount, extraFields(angularRadial, layout.radialFunctions)),
    layout,
    cutoff: model.cutoff,
    radial: monicRecurrence(layout.radialFunctions, model.minimumDistance, model.cutoff),
    angularRadial,
    loopsOverRadial: angularRadial > 1 && angularRadial * harmonics > straightLine,
    powerBasis: q > 0 && q <= LARGEST_POWER_BASIS[lanes.bytes] && angularRadial <= layout.radialSize,
    harmonics,
    radialBlock,
    selfStart,
    harmonicsStart,
    numbers: harmonicsStart + layout.angularChannels * harmonics,
    padded: atomLanes.width * Math.ceil(layout.size / atomLanes.width),
    speciesCount,
    handsOver: model.handover !== undefined,
  };
}

/** Fields of a record after the first pass. */
export const [UX, UY, UZ, INVERSE, DISTANCE] = [0, 1, 2, 3, 4];
export const valueField = (a: number) => 5 + a;
export const slopeField = (shape: TensorShape, p: number) => 5 + shape.angularRadial + p;

function extraFields(angularRadial: number, radialFunctions: number): number {
  return 1 + angularRadial + radialFunctions;
}

/** Number of Q̂_l^m c_m (or s_m) within the block of an angular channel; the one behind m = 0 is not used. */
export function harmonicIndex(l: number, m: number, sine = false): number {
  return l * l + l - 2 + 2 * m + (sine ? 1 : 0);
}

/** κ_l */
export function selfFactor(l: number): number {
  return Math.sqrt((2 * l + 1) / 2) / 2;
}

/** κ_l k_lm by harmonicIndex; 0 at the unused place. */
export function harmonicFactors(size: number): Float64Array {
  const factors = new Float64Array(size * size + 3 * size);
  for (let l = 1; l <= size; l++) {
    for (let m = 0; m <= l; m++) {
      let k = m === 0 ? 1 : 2;
      for (let n = l - m + 1; n <= l + m; n++) k /= n;
      for (let n = 1; n <= m; n++) k *= (2 * n - 1) ** 2;
      factors[harmonicIndex(l, m)] = selfFactor(l) * k;
      if (m > 0) factors[harmonicIndex(l, m, true)] = selfFactor(l) * k;
    }
  }
  return factors;
}

/** Place of the self term Σ_j ũ_j ũ′_j, a ≤ a′ from 0, within its block. */
export function selfIndex(angularRadial: number, a: number, b: number): number {
  return a * angularRadial - (a * (a - 1)) / 2 + b - a;
}

function monicRecurrence(count: number, minimumDistance: number, cutoff: number): MonicRecurrence {
  const { first, slope, offset, previous } = radialRecurrence(count, minimumDistance, cutoff);
  const alpha = new Float64Array(count);
  const beta = new Float64Array(count);
  const norm = new Float64Array(count);
  norm[0] = first / cutoff ** 3;
  for (let n = 1; n < count; n++) {
    // slope r + offset = −slope (y − α)
    norm[n] = -slope[n] * norm[n - 1];
    alpha[n] = cutoff + offset[n] / slope[n];
    beta[n] = n < 2 ? 0 : (previous[n] * norm[n - 2]) / norm[n];
  }
  return { count, alpha, beta, norm };
}

/** What makes the kernel's descriptors those of the model: V_d = n_d Ṽ_d. */
export function descriptorNorms({ layout, radial, angularRadial }: TensorShape): Float64Array {
  const norms = new Float64Array(layout.size).fill(1);
  for (let c = 0; c < layout.channels; c++) {
    for (let p = 0; p < layout.radialSize; p++) norms[1 + c * layout.radialSize + p] = radial.norm[p];
  }
  let d = layout.angularStart;
  for (let u = 0; u < layout.angularChannels; u++) {
    for (let v = u; v < layout.angularChannels; v++) {
      const norm = radial.norm[u % angularRadial] * radial.norm[v % angularRadial];
      for (let l = 1; l <= layout.angularSize; l++) norms[d++] = norm;
    }
  }
  return norms;
}
