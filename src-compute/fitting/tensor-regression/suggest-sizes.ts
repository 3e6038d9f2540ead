/**
 * Numbers of descriptors when the user names none: the largest of a ladder of sizes whose dense coefficients the labels
 * determine several times over and a computer solves in seconds. The ladder goes through the sizes that were best for
 * their number of coefficients on silicon and molybdenum (test/benchmarks/tensor-regression.ts).
 */
import { denseCount } from '../../potentials/tensor-regression/heads.ts';
import { descriptorLayout, type ElementWeighting } from '../../potentials/tensor-regression/layout.ts';

export interface DescriptorSizes {
  /** P */
  readonly radialSize: number;
  /** Q */
  readonly angularSize: number;
  readonly angularRadial: number;
}

export interface SizeQuestion {
  readonly species: readonly string[];
  readonly elementWeighting: ElementWeighting;
  /** Rank of the dense form that the sizes should suit; a tensor train has room for those of rank 2. */
  readonly rank: number;
  /** Heads that the coefficients are multiplied with: species, or atoms in per-atom mode. */
  readonly heads: number;
  /** Energies, force components and virial components of the training data. */
  readonly labels: number;
  /** Sizes that the user has named. */
  readonly given: Partial<DescriptorSizes>;
}

const LADDER: readonly DescriptorSizes[] = [
  { radialSize: 8, angularSize: 6, angularRadial: 3 },
  { radialSize: 8, angularSize: 5, angularRadial: 3 },
  { radialSize: 6, angularSize: 4, angularRadial: 3 },
  { radialSize: 8, angularSize: 5, angularRadial: 2 },
  { radialSize: 6, angularSize: 4, angularRadial: 2 },
  { radialSize: 6, angularSize: 4, angularRadial: 1 },
  { radialSize: 4, angularSize: 3, angularRadial: 1 },
  { radialSize: 3, angularSize: 2, angularRadial: 1 },
  { radialSize: 2, angularSize: 1, angularRadial: 1 },
];

/** Labels per coefficient that are asked for, and coefficients that are solved for at once. */
const LABELS_PER_COEFFICIENT = 6;
const MOST_COEFFICIENTS = 2400;

/** Sizes for these data; what the user has named stays. */
export function suggestSizes(question: SizeQuestion): DescriptorSizes {
  const { species, elementWeighting, rank, heads, labels, given } = question;
  const budget = Math.min(MOST_COEFFICIENTS, labels / LABELS_PER_COEFFICIENT);
  const named = LADDER.map((sizes) => ({ ...sizes, ...definedOf(given) }));
  const fits = named.find((sizes) => {
    const m = descriptorLayout({ species, elementWeighting, cutoff: 1, minimumDistance: 0, ...sizes }).size;
    return heads * denseCount(m, rank) <= budget;
  });
  return fits ?? named[named.length - 1];
}

function definedOf(given: Partial<DescriptorSizes>): Partial<DescriptorSizes> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
