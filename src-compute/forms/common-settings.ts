/**
 * Settings of a fit, each described once: zod checks them, and `meta` says what they are called, in which unit, and how the
 * command line names them. The command's options, the job's request and the window's form follow from it.
 */
import { z } from 'zod';
import { DEFAULT_FIT_SETTINGS } from '../fitting/fit-settings.ts';

/** What a setting's `meta` may say beside zod's own title and description. */
export interface SettingMeta {
  /** What the window calls it. */
  readonly title: string;
  readonly description?: string;
  readonly unit?: string;
  /** What is taken where there is no default, in words. */
  readonly auto?: string;
  /** Heading that it stands under in the window; the first settings have none. */
  readonly group?: string;
  /** Stands behind “More settings”. */
  readonly advanced?: boolean;
  /** A number that is drawn on a scale, with words for some of its values (`words`); the quantity that explains it. */
  readonly slider?: 'level' | 'tensorRank';
  /** Largest value while another setting is unset. */
  readonly without?: { readonly setting: string; readonly maximum: number };
  /** Step of the arrows of a number. */
  readonly step?: number;
  /** Words for choices, by value. */
  readonly words?: Readonly<Record<string, string>>;
  /** Other settings and their values with which alone it has an effect; '' is unset. */
  readonly when?: Readonly<Record<string, readonly string[]>>;
  /** How the command line names it; settings without one cannot be set there. */
  readonly option?: {
    /** As commander writes it: `--level <n>`. */
    readonly flags: string;
    /** For --help; without a form's name before it. */
    readonly help: string;
    /** Whether --help leaves the default to the words. */
    readonly hideDefault?: boolean;
    /** Option without which it has no effect. */
    readonly needs?: string;
  };
}

/** Attaches what is known of a setting; its type keeps the words together. */
export function setting<S extends z.ZodType>(schema: S, meta: SettingMeta): S {
  return schema.meta({ ...meta });
}

const weight = z.number().nonnegative();
const { weights } = DEFAULT_FIT_SETTINGS;

/** Å */
export const cutoffSetting = setting(z.number().min(1).max(20).default(DEFAULT_FIT_SETTINGS.cutoff), {
  title: 'Cutoff',
  unit: 'Å',
  step: 0.5,
  option: { flags: '--cutoff <r>', help: 'cutoff radius, Å' },
});

/** r_min of radial functions. */
export const minimumDistanceSetting = setting(z.number().min(0.1).max(20).optional(), {
  title: 'r_min',
  unit: 'Å',
  auto: 'from data',
  advanced: true,
  option: {
    flags: '--min-dist <r>',
    help: 'smallest distance of the radial basis, Å; default 0.95 × the shortest in the data',
  },
});

export const ridgeChoiceSetting = setting(z.enum(['evidence', 'cross-validation']).default('evidence'), {
  title: 'Ridge found by',
  words: { evidence: 'Evidence', 'cross-validation': 'Cross-validation' },
  advanced: true,
  when: { ridge: [''] },
  option: {
    flags: '--ridge-choice <rule>',
    help: 'evidence or cross-validation (default evidence)',
    hideDefault: true,
  },
});

/** Settings that every fit has. */
export const commonFitSettings = {
  weights: z
    .object({
      energy: weight.default(weights.energy),
      force: weight.default(weights.force),
      virial: weight.default(weights.virial),
      energyScaling: z.number().min(0).max(2).default(weights.energyScaling),
      forceScaling: z.number().min(0).max(2).default(weights.forceScaling),
    })
    .prefault({})
    .meta({ title: 'Weights', advanced: true }),
  /** Relative ridge strength; by cross-validation or evidence when absent. */
  ridge: setting(z.number().nonnegative().max(1).optional(), {
    title: 'Ridge',
    auto: 'automatic',
    advanced: true,
    option: {
      flags: '--ridge <lambda>',
      help: 'relative ridge strength; default by cross-validation (mtp) or evidence (tensor, snap)',
    },
  }),
  /** Keep what predicts the errors of the potential with it. */
  uncertainty: setting(z.boolean().default(true), {
    title: 'Predict the errors of what it computes (a larger file, a longer fit)',
    advanced: true,
  }),
  zbl: setting(z.boolean().default(true), {
    title: 'ZBL repulsion at short distances (for high-energy runs)',
    advanced: true,
  }),
  seed: setting(z.int().min(0).default(DEFAULT_FIT_SETTINGS.seed), {
    title: 'Seed',
    advanced: true,
    option: { flags: '--seed <n>', help: 'seed of starting points and of the validation split' },
  }),
  threads: setting(z.int().min(1).max(256).optional(), {
    title: 'Threads',
    auto: 'all cores',
    advanced: true,
    option: { flags: '--threads <n>', help: 'threads; default all cores' },
  }),
  /** Share of the training data that decides when to stop; back in the data for the last solve. */
  validation: setting(z.number().min(0).max(0.5).default(0.1), {
    title: 'Validation share',
    advanced: true,
    option: {
      flags: '--validation <share>',
      help: 'share of the training data that decides when to stop',
    },
  }),
};

/** A search of settings before the fit. */
export const autoSchema = z.object({
  /** Budget of the search, s of two quiet cores, counted and not measured: where it ends does not depend on the machine. */
  seconds: z.number().nonnegative().default(90),
  /** Trials at most; counted instead of time, the same data and seed give the same choice. */
  trials: z.int().min(1).optional(),
  /** µs per atom and step of one core, counted; 2.5 times the default settings when absent. */
  maximumCost: z.number().positive().optional(),
  /** What stays as the request says. */
  fixed: z.array(z.enum(['cutoff', 'sizes', 'weights'])).default([]),
});
export type AutoRequest = z.infer<typeof autoSchema>;

/** What every fit request has, whatever its form. */
export type CommonFitRequest = z.infer<z.ZodObject<typeof commonFitSettings>>;
