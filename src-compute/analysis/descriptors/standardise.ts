/**
 * Standardisation of descriptors whose numbers are of different kinds: (x − mean)/deviation per column. Mean and
 * deviation are those of the reference set, so that new environments are measured in its units. A column that does not
 * vary there is shifted but not scaled, and round-off is no variation.
 */
import type { DescriptorMatrix } from './descriptor.ts';

export interface Standardisation {
  readonly mean: Float64Array;
  /** Standard deviations; 1 where a column does not vary. */
  readonly scale: Float64Array;
}

/** A column that varies by less, relative to its mean or to 1, does not vary: sums over neighbours round off so. */
const ROUND_OFF = 1e-9;

/**
 * Mean and deviation of every column.
 * @param least what no column's unit falls below: the change that a displacement makes which does not matter
 */
export function standardisationOf(matrix: DescriptorMatrix, least?: Float64Array): Standardisation {
  const { values, rows, dimension } = matrix;
  const mean = new Float64Array(dimension);
  const scale = new Float64Array(dimension);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < dimension; k++) mean[k] += values[i * dimension + k] / rows;
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < dimension; k++) scale[k] += (values[i * dimension + k] - mean[k]) ** 2 / rows;
  }
  for (let k = 0; k < dimension; k++) {
    scale[k] = Math.sqrt(scale[k]);
    scale[k] = Math.max(scale[k], least?.[k] ?? 0);
    if (!(scale[k] > ROUND_OFF * Math.max(1, Math.abs(mean[k])))) scale[k] = 1;
  }
  return { mean, scale };
}

/** The standardised matrix. */
export function standardise(matrix: DescriptorMatrix, { mean, scale }: Standardisation): DescriptorMatrix {
  const { dimension } = matrix;
  const values = matrix.values.slice();
  for (let k = 0; k < values.length; k++)
    values[k] = (values[k] - mean[k % dimension]) / scale[k % dimension];
  return { ...matrix, values };
}
