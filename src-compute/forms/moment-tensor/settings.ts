/** What may be asked of a fit of a moment tensor potential. */
import { z } from 'zod';
import { DEFAULT_FIT_SETTINGS } from '../../fitting/fit-settings.ts';
import { MAXIMUM_LEVEL } from '../../potentials/moment-tensor/basis.ts';
import {
  autoSchema,
  commonFitSettings,
  cutoffSetting,
  minimumDistanceSetting,
  setting,
} from '../common-settings.ts';

/** Words for levels, each until the next. */
const LEVELS = {
  2: 'very small',
  8: 'quick look',
  12: 'light',
  16: 'balanced',
  20: 'accurate',
  24: 'heavy',
};
const NOT_LINEAR = { linear: ['false'] };

export const momentTensorFitSettings = z.object({
  form: z.literal('moment-tensor'),
  level: setting(z.int().min(2).max(MAXIMUM_LEVEL).multipleOf(2).default(DEFAULT_FIT_SETTINGS.level), {
    title: 'Level',
    step: 2,
    slider: 'level',
    words: LEVELS,
    option: { flags: '--level <n>', help: `level of the basis, even, 2–${MAXIMUM_LEVEL}` },
  }),
  cutoff: cutoffSetting,
  linear: setting(z.boolean().default(false), {
    title: 'Kind',
    words: { false: 'Full fit', true: 'Linear (fast)' },
    option: { flags: '--linear', help: 'linear coefficients only: radial functions stay as they are' },
  }),
  minimumDistance: minimumDistanceSetting,
  radialBasisSize: setting(z.int().min(2).max(32).default(DEFAULT_FIT_SETTINGS.radialBasisSize), {
    title: 'Radial functions',
    advanced: true,
    option: { flags: '--radial-size <n>', help: 'Chebyshev polynomials per radial function' },
  }),
  maximumBodyOrder: setting(z.int().min(2).max(7).optional(), {
    title: 'Most bodies',
    auto: '5',
    advanced: true,
    option: { flags: '--body-order <n>', help: 'at most this many bodies (default 5)' },
  }),
  maximumRank: setting(z.int().min(0).max(12).optional(), {
    title: 'Tensor rank',
    auto: 'any',
    advanced: true,
    option: { flags: '--rank <n>', help: 'at most this tensor rank' },
  }),
  maximumIterations: setting(z.int().min(1).max(10_000).default(DEFAULT_FIT_SETTINGS.maximumIterations), {
    title: 'Most iterations',
    advanced: true,
    when: NOT_LINEAR,
    option: { flags: '--max-iterations <n>', help: 'iterations of the last stage' },
  }),
  starts: setting(z.int().min(1).max(100).default(DEFAULT_FIT_SETTINGS.starts), {
    title: 'Starting points',
    advanced: true,
    when: NOT_LINEAR,
    option: { flags: '--starts <n>', help: 'starting points that are tried' },
  }),
  auto: autoSchema.optional(),
  ...commonFitSettings,
});
export type MomentTensorFitRequest = z.infer<typeof momentTensorFitSettings>;
