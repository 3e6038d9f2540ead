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

/** Above what is chosen without trying: a search (fitting/auto) goes there. */
const UPPER_RUNGS: readonly DescriptorSizes[] = [
  { radialSize: 10, angularSize: 8, angularRadial: 3 },
  { radialSize: 9, angularSize: 7, angularRadial: 3 },
];
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
  const { labels, given } = question;
  const budget = Math.min(MOST_COEFFICIENTS, labels / LABELS_PER_COEFFICIENT);
  const named = LADDER.map((sizes) => ({ ...sizes, ...definedOf(given) }));
  const fits = named.find((sizes) => coefficients(question, sizes) <= budget);
  return fits ?? named[named.length - 1];
}

/** Dense coefficients of all heads. */
function coefficients(
  { species, elementWeighting, rank, heads }: SizeQuestion,
  sizes: DescriptorSizes,
): number {
  const m = descriptorLayout({ species, elementWeighting, cutoff: 1, minimumDistance: 0, ...sizes }).size;
  return heads * denseCount(m, rank);
}

/** Sizes next to those that are suggested: rungs above that the labels can bear, and one below. */
export function neighbouringSizes(question: SizeQuestion): {
  above: DescriptorSizes[];
  below?: DescriptorSizes;
} {
  const suggested = suggestSizes(question);
  const rungs = [...UPPER_RUNGS, ...LADDER].map((sizes) => ({ ...sizes, ...definedOf(question.given) }));
  const at = rungs.findIndex((sizes) => sameSizes(sizes, suggested));
  const budget = Math.min(MOST_COEFFICIENTS, question.labels / LABELS_PER_COEFFICIENT);
  const above = rungs
    .slice(Math.max(0, at - 2), at)
    .reverse()
    .filter((sizes) => coefficients(question, sizes) <= budget && !sameSizes(sizes, suggested));
  const below = rungs.slice(at + 1).find((sizes) => !sameSizes(sizes, suggested));
  return { above, below };
}

function sameSizes(a: DescriptorSizes, b: DescriptorSizes): boolean {
  return (
    a.radialSize === b.radialSize && a.angularSize === b.angularSize && a.angularRadial === b.angularRadial
  );
}

function definedOf(given: Partial<DescriptorSizes>): Partial<DescriptorSizes> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
