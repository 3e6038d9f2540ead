/**
 * Recipes: named experiments of several steps that end in a table and a figure. A new recipe is one file and one line
 * in index.ts; its settings are a zod object, from which the command line and the window make their forms.
 */
import { z } from 'zod';
import { CancelledError, ForcewrightError } from '../../../src-compute/errors.ts';
import { sortedCaveats, type Caveat } from '../../../src-compute/caveats.ts';
import type { PotentialDocument } from '../../../src-compute/potentials/document.ts';
import type { PotentialModel } from '../../../src-compute/potentials/registry.ts';
import type { PotentialUncertainty } from '../../../src-compute/potentials/uncertainty.ts';
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
  /** What keeps the numbers from being the answer. */
  readonly caveats?: readonly Caveat[];
  /** Structures worth keeping. */
  readonly structures?: readonly Configuration[];
}

/** What a setting's zod schema says beyond type, bounds and description. */
export interface SettingMeta {
  readonly unit?: string;
  /** What is taken when it is left out, where no single value can be the default. */
  readonly auto?: string;
  /** Texts that it may be; 'species' are those of the potential. */
  readonly choices?: readonly string[] | 'species';
  /** It has an effect only while other settings have one of these values. */
  readonly when?: Readonly<Record<string, readonly string[]>>;
}

/** Ties the meta data of a setting to their type. */
export const setting = (meta: SettingMeta): SettingMeta & Record<string, unknown> => ({ ...meta });

/** A positive number with a unit. @param value what it is unless given */
export const quantity = (value: number, unit: string, words: string) =>
  z.number().positive().default(value).describe(words).meta(setting({ unit }));

/** Work that was done: evaluations of energy and forces, and the atoms of all of them together. */
export interface WorkMeter {
  evaluations: number;
  atoms: number;
}

export interface RecipeContext {
  readonly model: PotentialModel;
  /** what predicts the errors of the potential, where it knows them */
  readonly uncertainty?: PotentialUncertainty;
  /** error of its energies on the data, eV/atom (root mean square) */
  readonly energyError?: number;
  /** least and largest volume per atom of its data, Å³ */
  readonly volumes?: readonly [number, number];
  /** the structure to work on, where the user gives one */
  readonly structure?: Configuration;
  /** structures to compare with, where the user gives some */
  readonly reference?: readonly Configuration[];
  readonly engine: EngineChoice;
  /** where the recipe computes when it is not here */
  readonly lammps?: LammpsSession;
  /** counts what is computed, where somebody wants to know the cost */
  readonly meter?: WorkMeter;
  readonly signal?: AbortSignal;
  /** Takes caveats that belong to the result, each once. */
  onCaveat?(caveat: Caveat): void;
  onProgress(fraction: number, message: string): void;
}

export interface Recipe {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Their meta data are what a form needs: SettingMeta. */
  readonly settings: z.ZodObject;
  /** @throws ForcewrightError naming the first setting that cannot be used */
  check(settings: unknown): void;
  /** @throws ForcewrightError naming the first setting that cannot be used */
  run(settings: unknown, context: RecipeContext): Promise<RecipeResult>;
}

/** A potential and what it knows of its errors. */
export type Knowledge = Pick<RecipeContext, 'model' | 'uncertainty' | 'energyError' | 'volumes'>;

const rangeSchema = z.object({
  repulsion: z.object({ volume_a3_per_atom: z.tuple([z.number(), z.number()]).nullable() }),
});

/** What a potential's document says to a recipe. */
export function knowledgeOf({
  model,
  uncertainty,
  metrics,
  provenance,
}: Pick<PotentialDocument, 'model' | 'uncertainty' | 'metrics' | 'provenance'>): Knowledge {
  const { energy_rmse_mev_per_atom: error } = metrics.test ?? metrics.train ?? {};
  return {
    model,
    uncertainty,
    energyError: typeof error === 'number' ? error / 1000 : undefined,
    volumes: rangeSchema.safeParse(provenance.report).data?.repulsion.volume_a3_per_atom ?? undefined,
  };
}

/** Ties the type of the settings to the function that uses them. */
export function defineRecipe<Settings extends z.ZodObject>(recipe: {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly settings: Settings;
  run(settings: z.output<Settings>, context: RecipeContext): Promise<RecipeResult>;
}): Recipe {
  const checked = (settings: unknown): z.output<Settings> => {
    const parsed = recipe.settings.safeParse(settings);
    if (parsed.success) return parsed.data;
    const { place, text } = firstFindingOf(parsed.error);
    throw new ForcewrightError(`The setting ${place || '(top)'} cannot be used: ${text}.`, {
      remedy: 'Correct it and start again.',
    });
  };
  return {
    ...recipe,
    check: (settings) => void checked(settings),
    async run(settings, context) {
      const said: Caveat[] = [];
      const result = await recipe.run(checked(settings), {
        ...context,
        onCaveat: (caveat) => {
          said.push(caveat);
          context.onCaveat?.(caveat);
        },
      });
      return { ...result, caveats: sortedCaveats([...(result.caveats ?? []), ...said]) };
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
