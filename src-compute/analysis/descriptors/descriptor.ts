/**
 * What a descriptor of atom environments is: for every atom of a configuration a vector of fixed length that does not
 * change under rotation, translation or permutation of equal atoms. docs/physics.md §5.
 */
import type { Configuration } from '../../structure/configuration.ts';

/** Rows are environments (atoms), columns are the numbers of the descriptor; row-major. */
export interface DescriptorMatrix {
  readonly values: Float64Array;
  readonly rows: number;
  readonly dimension: number;
}

/** Derivatives of a scalar function of the descriptors by positions and strain. */
export interface DescriptorPullback {
  /** Σ ∂L/∂x · ∂x/∂r, 3N: the gradient by positions (not its negative). */
  readonly gradient: Float64Array;
  /** Σ ∂L/∂x · ∂x/∂ε, 9, row-major: the derivative by strain. */
  readonly strainGradient: Float64Array;
}

/** What descriptorByName (index.ts) is called with. */
export interface DescriptorRecipe {
  readonly text: string;
  /** Å */
  readonly cutoff?: number;
  /** Nearest neighbours of the QUESTS descriptor. */
  readonly neighbours?: number;
}

/** A descriptor with its settings. */
export interface Descriptor {
  /** Name with settings as users write it: 'quests', 'mtp:16', … */
  readonly name: string;
  readonly dimension: number;
  /** Å. */
  readonly cutoff: number;
  /** Whether the numbers of the descriptor are of different kinds, so that they must be standardised first. */
  readonly needsStandardisation: boolean;
  /** Column that tells the element of the central atom, where there is one: what differs there is never alike. */
  readonly centreColumn?: number;
  /** Whether atoms of other elements look different; QUESTS without a list of elements is blind to them. */
  readonly seesElements: boolean;
  /** All settings as text: equal text means equal numbers. Part of the key under which results are cached. */
  readonly key: string;
  /** How to make it again elsewhere (workers); absent for descriptors that are not made by name. */
  readonly recipe?: DescriptorRecipe;
  /**
   * Descriptors of all atoms.
   * @throws StructureError for NaN positions, no atoms or a cell without volume
   */
  compute(configuration: Configuration): DescriptorMatrix;
  /**
   * Chain rule: derivative of L by positions and strain, given ∂L/∂x for every atom (N × dimension).
   * Absent where the descriptor has no derivative.
   */
  pullback?(configuration: Configuration, weights: Float64Array): DescriptorPullback;
}

/** Rows of several matrices one after the other. */
export function stack(matrices: readonly DescriptorMatrix[], dimension: number): DescriptorMatrix {
  const rows = matrices.reduce((sum, matrix) => sum + matrix.rows, 0);
  const values = new Float64Array(rows * dimension);
  let offset = 0;
  for (const matrix of matrices) {
    values.set(matrix.values, offset);
    offset += matrix.values.length;
  }
  return { values, rows, dimension };
}

/** Some rows of a matrix, in the given order. */
export function selectRows(matrix: DescriptorMatrix, rows: ArrayLike<number>): DescriptorMatrix {
  const { dimension } = matrix;
  const values = new Float64Array(rows.length * dimension);
  for (let k = 0; k < rows.length; k++) {
    values.set(matrix.values.subarray(rows[k] * dimension, (rows[k] + 1) * dimension), k * dimension);
  }
  return { values, rows: rows.length, dimension };
}
