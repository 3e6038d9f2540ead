/**
 * Recipes: named experiments of several steps that end in a table and a figure. A new recipe is one file and one line
 * in index.ts; its settings are a zod object, from which the command line and the window make their forms.
 */
import type { z } from 'zod';
import { CancelledError, ForcewrightError } from '../../../src-compute/errors.ts';
import type { PotentialModel } from '../../../src-compute/potentials/registry.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import type { LammpsSession } from '../export/lammps-session.ts';
import type { Figure } from '../figures/figure.ts';
import type { EngineChoice } from '../simulations/engines.ts';
import { firstFindingOf } from '../../../src-compute/validation-words.ts';

export interface RecipeTable {
  readonly title: string;
  /** Names with units. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** Plain JSON. */
export type RecipeValue =
  null | boolean | number | string | readonly RecipeValue[] | { readonly [key: string]: RecipeValue };

export interface RecipeResult {
  /** Main results by name with unit, such as bulk_modulus_gpa. */
  readonly values: Readonly<Record<string, RecipeValue>>;
  readonly tables: readonly RecipeTable[];
  readonly figures: readonly Figure[];
  /** Sentences for the user: what was assumed, what fell short. */
  readonly notes: readonly string[];
  /** Structures worth keeping. */
  readonly structures?: readonly Configuration[];
}

export interface RecipeContext {
  readonly model: PotentialModel;
  /** the structure to work on, where the user gives one */
  readonly structure?: Configuration;
  /** structures to compare with, where the user gives some */
  readonly reference?: readonly Configuration[];
  readonly engine: EngineChoice;
  /** where the recipe computes when it is not here */
  readonly lammps?: LammpsSession;
  readonly signal?: AbortSignal;
  /** Takes sentences that belong to the notes of the result, each once. */
  onNote?(sentence: string): void;
  onProgress(fraction: number, message: string): void;
}

export interface Recipe {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly settings: z.ZodObject;
  /** @throws ForcewrightError naming the first setting that cannot be used */
  run(settings: unknown, context: RecipeContext): Promise<RecipeResult>;
}

/** Ties the type of the settings to the function that uses them. */
export function defineRecipe<Settings extends z.ZodObject>(recipe: {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly settings: Settings;
  run(settings: z.output<Settings>, context: RecipeContext): Promise<RecipeResult>;
}): Recipe {
  return {
    ...recipe,
    async run(settings, context) {
      const parsed = recipe.settings.safeParse(settings);
      if (!parsed.success) {
        const { place, text } = firstFindingOf(parsed.error);
        throw new ForcewrightError(`The setting ${place || '(top)'} cannot be used: ${text}.`);
      }
      const said = new Set<string>();
      const result = await recipe.run(parsed.data, {
        ...context,
        onNote: (sentence) => {
          said.add(sentence);
          context.onNote?.(sentence);
        },
      });
      return { ...result, notes: [...result.notes, ...said] };
    },
  };
}

/** @throws CancelledError when the user cancelled */
export function throwIfCancelled(context: RecipeContext): void {
  if (context.signal?.aborted) throw new CancelledError();
}

/** Lets timers, signals and messages through. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
