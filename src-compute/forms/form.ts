/**
 * What a functional form brings along, whatever it is for: the model and its schema, the plain evaluation, what exists to
 * write it as, what to say and to cite, and, where it can be fitted, its fit. One such descriptor per form, in
 * forms/NAME/form.ts; index.ts lists them all.
 */
import type { z } from 'zod';
import type { Evaluation, PotentialModelBase } from '../potentials/potential.ts';
import type { Configuration } from '../structure/configuration.ts';
import type { PropertyKey } from '../structure/properties.ts';
import type { FitFormWords } from './fit-form.ts';
import type { WorkKey } from './works.ts';

/** Formats that a potential can be exported as. */
export type ExportName = 'kim' | 'mlip' | 'snap' | 'pace';

/** What a sentence about a potential may say besides the model. */
export interface FormFacts {
  /** Parameters that the fit determined. */
  readonly parameters: number;
  /** Settings of the fit, where there was one. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Notes that a work is cited, and is the LaTeX that cites it. */
  cite(work: WorkKey): string;
}

export interface Form<Model extends PotentialModelBase> {
  /** What it is called for people, within a sentence. */
  readonly title: string;
  readonly schema: z.ZodType<Model, unknown>;
  /** Checks what a schema of single fields cannot. @throws PotentialError */
  validate?(model: Model): void;
  /** Number of fitted parameters; absent where nothing here fits it. */
  parameters?(model: Model): number;
  /** What it predicts. */
  readonly provides: readonly PropertyKey[];
  /** What a structure must have besides known elements, as an end of “it needs …”; undefined where that is all. */
  requires?(model: Model): string | undefined;
  /** Energy, per-atom energies, forces and virial, as plainly as the equations. */
  evaluate(model: Model, configuration: Configuration): Evaluation;
  /** What it can be written as, alone or with a ZBL repulsion beside it; others may hold for single models. */
  readonly exports: readonly ExportName[];
  /** Its fit: words, settings, forecast, plan; absent where nothing here fits it. */
  readonly fit?: FitFormWords;
  /**
   * Sentences for the methods section of a paper, after “… were described by”: LaTeX, the first one without its beginning.
   */
  methods?(model: Model, facts: FormFacts): readonly [string, ...string[]];
}

/** What every form here predicts. */
export const PROVIDES = [
  'energy',
  'forces',
  'virial',
  'atomEnergies',
] as const satisfies readonly PropertyKey[];
