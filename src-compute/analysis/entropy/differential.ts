/**
 * Differential entropies of descriptor distributions, nats. Unlike the kernel entropy they can be negative and depend on
 * the unit of the descriptor.
 *
 *   Gaussian                S = ½ ln det Cov + (d/2) ln 2πe
 *   Kozachenko–Leonenko     S = (1/n) Σ_j ln(n · min_l |q_j − q_l|) + ln 2 + γ_E, per component q
 *                           (as used by Karabin & Perez, J. Chem. Phys. 153 (2020) 094110)
 */
import { StructureError } from '../../errors.ts';
import type { DescriptorMatrix } from '../descriptors/descriptor.ts';
import { covariance, symmetricEigen } from './principal-axes.ts';

const EULER_GAMMA = 0.5772156649015329;

export interface GaussianEntropy {
  /** S, nats; −∞ when the distribution fills fewer than d dimensions (constant or dependent columns). */
  readonly entropy: number;
  /** Number of dimensions that are filled. */
  readonly rank: number;
  /** S of the distribution inside the subspace that it fills, nats. */
  readonly subspaceEntropy: number;
}

/**
 * Entropy of the normal distribution with the covariance of the rows (divided by n).
 * @throws StructureError for no rows
 */
export function gaussianEntropy(matrix: DescriptorMatrix): GaussianEntropy {
  requireRows(matrix);
  const { dimension } = matrix;
  const { values } = symmetricEigen(covariance(matrix).covariance, dimension);
  const largest = values.reduce((a, b) => Math.max(a, b), 0);
  let rank = 0;
  let sum = 0;
  for (const value of values) {
    if (!(value > 1e-13 * largest)) continue;
    rank++;
    sum += 0.5 * Math.log(value) + 0.5 * Math.log(2 * Math.PI * Math.E);
  }
  return { entropy: rank === dimension ? sum : -Infinity, rank, subspaceEntropy: sum };
}

/**
 * Nearest-neighbour entropy of every component. Equal values, and a single one, count as `resolution` apart; with 0, the
 * default, one pair of equal values makes its component −∞.
 * @throws StructureError for no rows
 */
export function nearestNeighbourEntropy(matrix: DescriptorMatrix, resolution = 0): Float64Array {
  requireRows(matrix);
  const { values, rows, dimension } = matrix;
  const result = new Float64Array(dimension);
  const column = new Float64Array(rows);
  for (let k = 0; k < dimension; k++) {
    for (let i = 0; i < rows; i++) column[i] = values[i * dimension + k];
    column.sort();
    let sum = 0;
    for (let i = 0; i < rows; i++) {
      const before = i > 0 ? column[i] - column[i - 1] : Infinity;
      const after = i + 1 < rows ? column[i + 1] - column[i] : Infinity;
      const gap = Math.min(before, after);
      sum += Math.log(rows * Math.max(gap === Infinity ? 0 : gap, resolution));
    }
    result[k] = sum / rows + Math.log(2) + EULER_GAMMA;
  }
  return result;
}

function requireRows(matrix: DescriptorMatrix): void {
  if (matrix.rows === 0) throw new StructureError('The entropy of no environments is not defined.');
}
