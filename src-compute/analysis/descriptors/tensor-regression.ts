/**
 * Descriptors of tensor-regression potentials as a descriptor of atom environments (docs/physics.md §2): radial sums V_p and
 * angular sums V_{(a,a′),l} without the constant 1. The weight of a neighbour is its atomic number over the largest
 * one, and the central atom's s(Z) = √Z/4 is one more number at the end of the row (as for moment tensors), so that
 * any element is defined and no list of elements is needed. The numbers are of different size: standardise them.
 */
import { PotentialError, StructureError } from '../../errors.ts';
import { DescriptorGradients } from '../../fitting/tensor-regression/descriptor-gradients.ts';
import { atomCount, type Configuration } from '../../structure/configuration.ts';
import { atomicNumber, ELEMENT_SYMBOLS } from '../../structure/elements.ts';
import type { Descriptor, DescriptorMatrix, DescriptorPullback } from './descriptor.ts';
import { elementWeight, UNKNOWN_ELEMENT } from './element-weight.ts';
import { environmentPairs } from './environment-pairs.ts';

export interface TensorRegressionSizes {
  /** P, radial functions. */
  readonly radial: number;
  /** Q, highest order of the Legendre polynomials. */
  readonly angular: number;
  /** Radial functions that the angular sums use. */
  readonly angularRadial: number;
}

/** Those of docs/physics.md §2. */
export const TENSOR_DEFAULTS: TensorRegressionSizes = { radial: 6, angular: 4, angularRadial: 1 };

/** Where the interval begins on which the radial functions are orthonormal, Å; they go on smoothly below. */
const MINIMUM_DISTANCE = 1;
const LARGEST = 32;

/** All elements by atomic number − 1. */
const SPECIES = ELEMENT_SYMBOLS.slice(1);

/**
 * The descriptor with these sizes.
 * @param cutoff Å
 * @throws PotentialError for impossible sizes, StructureError for an impossible cutoff
 */
export function tensorRegressionDescriptor(sizes: TensorRegressionSizes, cutoff: number): Descriptor {
  if (!(cutoff > MINIMUM_DISTANCE) || !Number.isFinite(cutoff)) {
    throw new StructureError(`The cutoff of this descriptor must be a length above ${MINIMUM_DISTANCE} Å.`);
  }
  const { radial, angular, angularRadial } = sizes;
  const fits = (value: number, low: number) => Number.isInteger(value) && value >= low && value <= LARGEST;
  if (!fits(radial, 1) || !fits(angular, 0) || !fits(angularRadial, 1)) {
    throw new PotentialError(
      `The sizes of a tensor-regression descriptor are whole numbers up to ${LARGEST}, and ${radial}, ${angular}, ${angularRadial} were given.`,
      { remedy: 'Give radial functions, angular order and angular radial functions, as in tensor:6,4,1.' },
    );
  }
  const settings = {
    species: SPECIES,
    cutoff,
    minimumDistance: MINIMUM_DISTANCE,
    radialSize: radial,
    angularSize: angular,
    angularRadial,
    elementWeighting: 'atomic-number',
  } as const;
  const gradients = new DescriptorGradients(settings);
  const name = `tensor:${radial},${angular},${angularRadial}`;
  return {
    name,
    // the constant 1 goes, the central atom's weight comes
    dimension: gradients.layout.size,
    cutoff,
    needsStandardisation: true,
    centreColumn: gradients.layout.size - 1,
    seesElements: true,
    key: `tensor/1 radial=${radial} angular=${angular} angularRadial=${angularRadial} cutoff=${cutoff}`,
    compute: (configuration) => matrixOf(configuration, cutoff, gradients),
    pullback: (configuration, weights) => pullbackOf(configuration, cutoff, gradients, weights),
  };
}

/** Species of every atom as numbers of SPECIES. */
function speciesOf({ symbols, kinds }: Configuration): Int32Array {
  const ofKind = symbols.map((symbol) => (atomicNumber(symbol) ?? UNKNOWN_ELEMENT) - 1);
  return Int32Array.from(kinds, (kind) => ofKind[kind]);
}

function matrixOf(
  configuration: Configuration,
  cutoff: number,
  gradients: DescriptorGradients,
): DescriptorMatrix {
  const { vectors, neighbours, start } = environmentPairs(configuration, cutoff);
  const n = atomCount(configuration);
  const dimension = gradients.layout.size;
  const values = new Float64Array(n * dimension);
  const species = speciesOf(configuration);
  const own = configuration.symbols.map(elementWeight);
  for (let i = 0; i < n; i++) {
    gradients.compute(vectors, neighbours, start[i], start[i + 1], species, 0, species[i], false);
    values.set(gradients.values.subarray(1), i * dimension);
    values[(i + 1) * dimension - 1] = own[configuration.kinds[i]];
  }
  return { values, rows: n, dimension };
}

function pullbackOf(
  configuration: Configuration,
  cutoff: number,
  gradients: DescriptorGradients,
  weights: Float64Array,
): DescriptorPullback {
  const { vectors, neighbours, start } = environmentPairs(configuration, cutoff);
  const n = atomCount(configuration);
  const size = gradients.layout.size;
  const species = speciesOf(configuration);
  const gradient = new Float64Array(3 * n);
  const strainGradient = new Float64Array(9);
  for (let i = 0; i < n; i++) {
    gradients.compute(vectors, neighbours, start[i], start[i + 1], species, 0, species[i], true);
    for (let p = start[i]; p < start[i + 1]; p++) {
      for (let axis = 0; axis < 3; axis++) {
        const row = ((p - start[i]) * 3 + axis) * size;
        // descriptor d of the row is number d + 1 of the potential's; the last one does not depend on positions
        let g = 0;
        for (let d = 1; d < size; d++) g += weights[i * size + d - 1] * gradients.gradients[row + d];
        gradient[3 * neighbours[p] + axis] += g;
        gradient[3 * i + axis] -= g;
        for (let b = 0; b < 3; b++) strainGradient[3 * b + axis] += vectors[3 * p + b] * g;
      }
    }
  }
  return { gradient, strainGradient };
}
