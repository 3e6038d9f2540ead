/** What may be asked of a fit of a tensor-regression potential; docs/physics.md §2. */
import { z } from 'zod';
import {
  autoSchema,
  commonFitSettings,
  cutoffSetting,
  minimumDistanceSetting,
  ridgeChoiceSetting,
  setting,
} from '../common-settings.ts';

const FROM_DATA = 'from the data';

export const tensorRegressionFitSettings = z.object({
  form: z.literal('tensor-regression'),
  rank: setting(z.int().min(1).max(8).default(2), {
    title: 'Rank',
    slider: 'tensorRank',
    words: { 1: 'linear', 2: 'quadratic', 3: 'cubic', 4: 'quartic', 5: 'of higher degree' },
    without: { setting: 'bondDimension', maximum: 3 },
    option: {
      flags: '--rank <n>',
      help: 'rank, 1–3 dense, 2–8 as a tensor train (default 2)',
      hideDefault: true,
    },
  }),
  cutoff: cutoffSetting,
  /** A head per atom index instead of one per element: for one system whose atoms keep their identity. */
  perAtom: setting(z.boolean().default(false), {
    title: 'One for each',
    words: {
      false: 'Element: for any structure of these elements',
      true: 'Atom: for one system whose atoms keep their order',
    },
    option: {
      flags: '--per-atom',
      help: 'a head per atom, for one system whose atoms keep their number and order',
    },
  }),
  /** Bond dimension χ of a tensor train, or 'auto'; dense when absent. */
  bondDimension: setting(z.union([z.int().min(1).max(64), z.literal('auto')]).optional(), {
    title: 'Stored as',
    words: {
      '': 'Whole: every coefficient, up to rank 3',
      auto: 'Train: any rank, fewer coefficients',
      number: 'Train of bond dimension χ',
    },
    option: { flags: '--bond-dimension <n|auto>', help: 'fit a tensor train with this bond dimension' },
  }),
  /** P; from the data when absent. */
  radialSize: setting(z.int().min(1).max(20).optional(), {
    title: 'Radial',
    auto: FROM_DATA,
    group: 'Descriptors',
    advanced: true,
    option: { flags: '--radial <n>', help: 'radial descriptors; default from the data' },
  }),
  /** Q; from the data when absent. */
  angularSize: setting(z.int().min(0).max(12).optional(), {
    title: 'Angular',
    auto: FROM_DATA,
    group: 'Descriptors',
    advanced: true,
    option: {
      flags: '--angular <n>',
      help: 'angular functions (Legendre polynomials); default from the data',
    },
  }),
  /** Radial functions of the angular channels; from the data when absent. */
  angularRadial: setting(z.int().min(1).max(8).optional(), {
    title: 'Per angle',
    auto: FROM_DATA,
    group: 'Descriptors',
    advanced: true,
    option: {
      flags: '--angular-radial <n>',
      help: 'radial functions that angular descriptors use; default from the data',
    },
  }),
  elements: setting(z.enum(['one-hot', 'atomic-number']).default('one-hot'), {
    title: 'Elements',
    words: {
      'one-hot': 'A channel for each element',
      'atomic-number': 'One channel, weighted by atomic number',
    },
    group: 'Descriptors',
    advanced: true,
    option: {
      flags: '--elements <weighting>',
      help: 'one-hot or atomic-number (default one-hot)',
      hideDefault: true,
    },
  }),
  minimumDistance: minimumDistanceSetting,
  ridgeChoice: ridgeChoiceSetting,
  /** Sweeps of a tensor train at most. */
  sweeps: setting(z.int().min(1).max(1000).default(30), {
    title: 'Most sweeps',
    advanced: true,
    when: { bondDimension: ['auto', 'number'] },
    option: {
      flags: '--sweeps <n>',
      help: 'sweeps of a tensor train at most (default 30)',
      hideDefault: true,
      needs: '--bond-dimension',
    },
  }),
  auto: autoSchema.optional(),
  ...commonFitSettings,
});
export type TensorRegressionFitRequest = z.infer<typeof tensorRegressionFitSettings>;
