/**
 * Kernel entropy of descriptor vectors, written as the formulas read: the yardstick of the fast kernels.
 * Schwalbe-Koda et al., Nat. Commun. 16 (2025) 4014; docs/physics.md §5.
 *
 *   K(x, y)  = exp(−‖x − y‖²/2h²)
 *   H        = −(1/N) Σ_i ln[(1/N) Σ_j K(x_i, x_j)]      0 ≤ H ≤ ln N, nats
 *   D        = ln Σ_i 1/Σ_j K(x_i, x_j)
 *   δH(y|X)  = −ln Σ_i K(y, x_i)
 *
 * | symbol | here | unit |
 * |---|---|---|
 * | x_i | rows of a DescriptorMatrix | the descriptor's |
 * | h | bandwidth | the descriptor's |
 */
import type { DescriptorMatrix } from '../descriptors/descriptor.ts';

/**
 * ln Σ_j K(y_i, x_j) for every row of `queries`, by log-sum-exp: the largest term is taken out first, so that far
 * outliers do not underflow. −∞ for an empty reference set.
 */
export function referenceLogKernelSums(
  queries: DescriptorMatrix,
  references: DescriptorMatrix,
  bandwidth: number,
): Float64Array {
  const { dimension } = queries;
  const exponents = new Float64Array(references.rows);
  const result = new Float64Array(queries.rows);
  for (let i = 0; i < queries.rows; i++) {
    let largest = -Infinity;
    for (let j = 0; j < references.rows; j++) {
      let square = 0;
      for (let k = 0; k < dimension; k++) {
        const difference = queries.values[i * dimension + k] - references.values[j * dimension + k];
        square += difference * difference;
      }
      exponents[j] = -square / (2 * bandwidth * bandwidth);
      largest = Math.max(largest, exponents[j]);
    }
    let sum = 0;
    for (let j = 0; j < references.rows; j++) sum += Math.exp(exponents[j] - largest);
    result[i] = references.rows === 0 ? -Infinity : largest + Math.log(sum);
  }
  return result;
}
