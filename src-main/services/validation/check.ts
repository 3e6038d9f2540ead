/** What a check of a potential is: one question, asked with existing parts, that ends in numbers with a meaning. */
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import type { Figure } from '../figures/figure.ts';
import type { RecipeContext } from '../recipes/recipe.ts';
import type { ValidationSubject } from './subject.ts';
import type { ThresholdName } from './thresholds.ts';

/** How much time a validation may take, the least first. */
export const PLANS = ['quick', 'standard', 'long'] as const;
export type PlanName = (typeof PLANS)[number];

/** How a value is judged; `outside`: the potential was asked beyond its data. */
export const GRADES = ['good', 'fair', 'bad', 'outside'] as const;
export type Grade = (typeof GRADES)[number];

/** One number of a check. */
export interface Measured {
  /** Unique among all checks, with the unit: c44_gpa. */
  readonly name: string;
  /** As people write it: C44. */
  readonly title: string;
  /** null where it could not be had. */
  readonly value: number | null;
  /** Standard error. */
  readonly error?: number;
  readonly unit: string;
  /** The value in words, where a number says little: yes. */
  readonly shown?: string;
  /** What the number tells about the potential, one sentence. */
  readonly meaning: string;
  /** By what it is judged: against a reference or, for absolute ones, by itself. */
  readonly threshold?: ThresholdName;
  /** Where the check itself knows how good it is. */
  readonly grade?: Grade;
  /** What the verdict says of it, without a full stop; of values with a reference the deviation is said otherwise. */
  readonly verdict?: string;
}

/** What a check found. */
export interface CheckFindings {
  readonly values: readonly Measured[];
  readonly figures: readonly Figure[];
  readonly notes: readonly string[];
  /** Structures behind the numbers and figures. */
  readonly structures?: readonly Configuration[];
}

/** One way to run a check. */
export interface Variant {
  /** Settings of the check. */
  readonly settings: Readonly<Record<string, number>>;
  /** Evaluations of energy and forces times atoms. */
  readonly work: number;
  /** The smallest plan that it is meant for. */
  readonly from: PlanName;
}

export interface Check {
  readonly name: string;
  readonly title: string;
  /** The question that it answers. */
  readonly question: string;
  /** Ways to run it, the most thorough first. */
  variants(subject: ValidationSubject): readonly Variant[];
  /**
   * @throws ForcewrightError with a sentence where it cannot be run
   */
  run(
    subject: ValidationSubject,
    settings: Readonly<Record<string, number>>,
    context: RecipeContext,
  ): Promise<CheckFindings>;
}
