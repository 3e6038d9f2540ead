/**
 * Energies that depend on positions through descriptors only. Each term gives its energy for all environments of a
 * structure and adds ∂V/∂x; the field (field.ts) carries that on to forces. docs/physics.md §5.
 */
import { StructureError } from '../../../errors.ts';
import type { DescriptorMatrix } from '../../descriptors/descriptor.ts';
import { checkBandwidth } from '../kernel-engine.ts';

export interface FieldTerm {
  /** Energy, eV; ∂V/∂x is added to `gradient` (rows × dimension). */
  evaluate(points: DescriptorMatrix, gradient: Float64Array): number;
}

/**
 * V = −K N H, with H the kernel entropy of the structure's own environments: K > 0 drives towards diverse environments,
 * K < 0 towards order. The factor N makes V extensive.
 *
 *   ∂H/∂x_i = 1/(N h²) Σ_j K_ij (1/s_i + 1/s_j)(x_i − x_j),   s_i = Σ_j K_ij
 *
 * @param strength K, eV per atom and nat
 * @param bandwidth h; where all environments are further apart than a few h, H is ln N and the force vanishes
 */
export function entropyTerm(strength: number, bandwidth: number): FieldTerm {
  checkBandwidth(bandwidth);
  return {
    evaluate({ values, rows, dimension }, gradient) {
      const kernels = new Float64Array(rows * rows);
      const sums = new Float64Array(rows);
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j <= i; j++) {
          let square = 0;
          for (let k = 0; k < dimension; k++)
            square += (values[i * dimension + k] - values[j * dimension + k]) ** 2;
          const kernel = Math.exp(-square / (2 * bandwidth * bandwidth));
          kernels[i * rows + j] = kernels[j * rows + i] = kernel;
          sums[i] += kernel;
          if (j < i) sums[j] += kernel;
        }
      }
      let entropy = 0;
      for (let i = 0; i < rows; i++) entropy -= Math.log(sums[i] / rows) / rows;
      const factor = -strength / (bandwidth * bandwidth);
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < rows; j++) {
          const weight = factor * kernels[i * rows + j] * (1 / sums[i] + 1 / sums[j]);
          if (weight === 0) continue;
          for (let k = 0; k < dimension; k++) {
            gradient[i * dimension + k] += weight * (values[i * dimension + k] - values[j * dimension + k]);
          }
        }
      }
      return -strength * rows * entropy;
    },
  };
}

/**
 * V = −K Σ_i δH(x_i|X): K > 0 drives away from what the reference set X holds, K < 0 towards it.
 *
 *   ∂δH/∂x_i = Σ_r p_r (x_i − x_r)/h²,   p_r ∝ K(x_i, x_r), Σ p = 1
 *
 * @param strength K, eV per atom and nat
 * @throws StructureError for an empty reference set, against which δH is infinite
 */
export function noveltyTerm(strength: number, bandwidth: number, references: DescriptorMatrix): FieldTerm {
  checkBandwidth(bandwidth);
  if (references.rows === 0) {
    throw new StructureError('Novelty needs at least one reference environment.', {
      remedy: 'Give a reference set, or use the entropy alone.',
    });
  }
  const exponents = new Float64Array(references.rows);
  return {
    evaluate({ values, rows, dimension }, gradient) {
      let energy = 0;
      for (let i = 0; i < rows; i++) {
        const largest = fillExponents(values, i, references, bandwidth, exponents);
        let sum = 0;
        for (let r = 0; r < references.rows; r++) sum += Math.exp(exponents[r] - largest);
        energy -= strength * -(largest + Math.log(sum));
        for (let r = 0; r < references.rows; r++) {
          const p = Math.exp(exponents[r] - largest) / sum;
          if (p < 1e-17) continue;
          const weight = (-strength * p) / (bandwidth * bandwidth);
          for (let k = 0; k < dimension; k++) {
            gradient[i * dimension + k] +=
              weight * (values[i * dimension + k] - references.values[r * dimension + k]);
          }
        }
      }
      return energy;
    },
  };
}

/** −d²/2h² of environment i to every reference; gives the largest. */
function fillExponents(
  values: Float64Array,
  i: number,
  references: DescriptorMatrix,
  bandwidth: number,
  exponents: Float64Array,
): number {
  const { dimension } = references;
  let largest = -Infinity;
  for (let r = 0; r < references.rows; r++) {
    let square = 0;
    for (let k = 0; k < dimension; k++) {
      square += (values[i * dimension + k] - references.values[r * dimension + k]) ** 2;
    }
    exponents[r] = -square / (2 * bandwidth * bandwidth);
    if (exponents[r] > largest) largest = exponents[r];
  }
  return largest;
}

/** Moments of a distribution of descriptors: count, mean, and central second and third moments per component. */
export interface DescriptorMoments {
  readonly count: number;
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  readonly third: Float64Array;
}

/** Power sums Σx, Σx², Σx³ per component: moments of unions follow from their sums. */
export interface PowerSums {
  count: number;
  readonly first: Float64Array;
  readonly second: Float64Array;
  readonly third: Float64Array;
}

export function powerSums(dimension: number): PowerSums {
  return {
    count: 0,
    first: new Float64Array(dimension),
    second: new Float64Array(dimension),
    third: new Float64Array(dimension),
  };
}

/** Adds the rows of a matrix, or takes them away again. */
export function addToPowerSums(
  sums: PowerSums,
  { values, rows, dimension }: DescriptorMatrix,
  sign: 1 | -1 = 1,
): void {
  sums.count += sign * rows;
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < dimension; k++) {
      const x = values[i * dimension + k];
      sums.first[k] += sign * x;
      sums.second[k] += sign * x * x;
      sums.third[k] += sign * x * x * x;
    }
  }
}

/** Moments of what the power sums hold. */
export function momentsOf({ count, first, second, third }: PowerSums): DescriptorMoments {
  const mean = first.map((x) => x / count);
  return {
    count,
    mean,
    variance: second.map((x, k) => x / count - mean[k] ** 2),
    third: third.map((x, k) => x / count - (3 * mean[k] * second[k]) / count + 2 * mean[k] ** 3),
  };
}

export interface RepresentativeSettings {
  /** Weight w of V = w N Q, eV per atom. */
  readonly weight: number;
  /** α of mean, variance and third moment. */
  readonly alpha: readonly [number, number, number];
  /** Share of Q that is judged over the whole set; the rest inside the structure alone. 0 … 1. */
  readonly acrossSet: number;
}

export const REPRESENTATIVE_DEFAULTS: RepresentativeSettings = {
  weight: 0.3,
  alpha: [1, 0.5, 0.1],
  acrossSet: 0.5,
};

/** Rounds off the norm at zero: √(u² + η²) − η. */
const NORM_SOFTNESS = 1e-3;

/**
 * Generalized representative structures (Goff et al., J. Phys.: Condens. Matter 37 (2025) 075901): V = w N Q,
 *
 *   Q = Σ_m α_m ‖M_m[d^S] − M_m[d^T]‖
 *
 * with M_1 the mean, M_2 the variance and M_3 the third central moment per component, in units in which components are
 * of order 1 (standardise descriptors before). Q is taken of this structure alone and of the union of this structure
 * with the others of the set; the norm is rounded off at zero.
 *
 * @param target moments to be matched
 * @param others power sums of the other structures of the set
 */
export function representativeTerm(
  settings: RepresentativeSettings,
  target: DescriptorMoments,
  others: PowerSums,
): FieldTerm {
  return {
    evaluate(points, gradient) {
      const own = powerSums(points.dimension);
      addToPowerSums(own, points);
      let energy = 0;
      const inside = settings.weight * points.rows * (1 - settings.acrossSet);
      if (inside > 0) energy += distanceToTarget(settings, target, own, inside, points, gradient);
      const across = settings.weight * points.rows * settings.acrossSet;
      if (across > 0) {
        const union = powerSums(points.dimension);
        for (const sums of [own, others]) {
          union.count += sums.count;
          for (const name of ['first', 'second', 'third'] as const) {
            sums[name].forEach((x, k) => (union[name][k] += x));
          }
        }
        energy += distanceToTarget(settings, target, union, across, points, gradient);
      }
      return energy;
    },
  };
}

/** factor · Q of a distribution that holds the points; adds its derivative by them. */
function distanceToTarget(
  { alpha }: RepresentativeSettings,
  target: DescriptorMoments,
  sums: PowerSums,
  factor: number,
  { values, rows, dimension }: DescriptorMatrix,
  gradient: Float64Array,
): number {
  const moments = momentsOf(sums);
  let energy = 0;
  const orders = [moments.mean, moments.variance, moments.third];
  const targets = [target.mean, target.variance, target.third];
  orders.forEach((order, m) => {
    if (alpha[m] === 0) return;
    let square = 0;
    for (let k = 0; k < dimension; k++) square += (order[k] - targets[m][k]) ** 2;
    const norm = Math.sqrt(square + NORM_SOFTNESS ** 2);
    energy += factor * alpha[m] * (norm - NORM_SOFTNESS);
    for (let k = 0; k < dimension; k++) {
      const slope = (factor * alpha[m] * (order[k] - targets[m][k])) / (norm * sums.count);
      if (slope === 0) continue;
      for (let i = 0; i < rows; i++) {
        const x = values[i * dimension + k] - moments.mean[k];
        // ∂M₁ = 1/n, ∂M₂ = 2(x − M₁)/n, ∂M₃ = 3[(x − M₁)² − M₂]/n
        gradient[i * dimension + k] += slope * [1, 2 * x, 3 * (x * x - moments.variance[k])][m];
      }
    }
  });
  return energy;
}
