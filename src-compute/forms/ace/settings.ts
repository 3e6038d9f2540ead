/** What may be asked of a fit of a linear ACE potential. */
import { z } from 'zod';
import { ACE_RADIAL_FAMILIES, LARGEST_ACE_L } from '../../potentials/ace/model.ts';
import { commonFitSettings, cutoffSetting, ridgeChoiceSetting, setting } from '../common-settings.ts';

/** Products of more sums than this have too many couplings. */
export const LARGEST_FIT_RANK = 6;

export const aceFitSettings = z.object({
  form: z.literal('ace'),
  degree: setting(z.number().min(1).max(40).default(16), {
    title: 'Degree',
    description: 'Total degree of the products of two sums: how fine the description of an atom is.',
    option: {
      flags: '--degree <d>',
      help: 'total degree Σ(n − 1 + w l) of products of up to two sums, 1–40',
    },
  }),
  rank: setting(z.int().min(1).max(LARGEST_FIT_RANK).default(4), {
    title: 'Factors',
    description: 'Largest number of sums in a product: atoms that act together, besides the centre.',
    option: {
      flags: '--ace-rank <n>',
      help: `largest number of factors of a product, 1–${LARGEST_FIT_RANK}`,
    },
  }),
  degreeFall: setting(z.number().min(0).max(20).optional(), {
    title: 'Degrees less per factor',
    description: 'How much less the degree of products of three, four, … sums may be, for each factor.',
    auto: 'none; 3 with fixed radial functions',
    advanced: true,
    group: 'Basis',
    option: { flags: '--degree-fall <d>', help: 'degrees that every factor above two takes off' },
  }),
  angularWeight: setting(z.number().min(0.5).max(10).optional(), {
    title: 'Weight of l',
    description: 'What one angular momentum counts in the degree.',
    auto: '1; 2 with fixed radial functions',
    advanced: true,
    group: 'Basis',
    option: { flags: '--angular-weight <w>', help: 'w, what an angular momentum counts in the degree' },
  }),
  lmax: setting(z.int().min(0).max(LARGEST_ACE_L).default(6), {
    title: 'Largest l',
    advanced: true,
    group: 'Basis',
    option: { flags: '--lmax <l>', help: `largest angular momentum, 0–${LARGEST_ACE_L}` },
  }),
  factorWeight: setting(z.number().min(0).max(10).optional(), {
    title: 'Weight of a factor',
    description: 'What a sum counts in the degree of a product by itself.',
    auto: '2, as in the level of moment tensors; 0 with fixed radial functions',
    advanced: true,
    group: 'Basis',
    option: { flags: '--factor-weight <a>', help: 'a, what a factor counts in the degree by itself' },
  }),
  radialWeight: setting(z.number().min(0.5).max(10).optional(), {
    title: 'Weight of n',
    description: 'What every further radial function counts in the degree.',
    auto: '4, as in the level of moment tensors; 1 with fixed radial functions',
    advanced: true,
    group: 'Basis',
    option: { flags: '--radial-weight <b>', help: 'b, what a radial function counts in the degree' },
  }),
  cutoff: cutoffSetting,
  radial: setting(z.enum(ACE_RADIAL_FAMILIES).default('SBessel'), {
    title: 'Radial functions',
    words: {
      SBessel: 'Simplified Bessel functions',
      ChebExpCos: 'Chebyshev polynomials of an exponential',
      ChebPow: 'Chebyshev polynomials of a power',
      ChebLinear: 'Chebyshev polynomials of the distance',
    },
    advanced: true,
    group: 'Radial functions',
    option: { flags: '--radial-functions <family>', help: ACE_RADIAL_FAMILIES.join(', ') },
  }),
  lambda: setting(z.number().min(0.1).max(50).default(5.25), {
    title: 'λ',
    description: 'How much finer short distances are resolved than long ones.',
    advanced: true,
    group: 'Radial functions',
    when: { radial: ['ChebExpCos', 'ChebPow'] },
    option: { flags: '--lambda <x>', help: 'λ of ChebExpCos and ChebPow' },
  }),
  radialSize: setting(z.int().min(2).max(40).optional(), {
    title: 'Radial basis',
    description: 'Functions of the distance that radial functions are made of, and of a pair by itself.',
    auto: '20 where they come from the data, else what the degree has',
    advanced: true,
    group: 'Radial functions',
    option: {
      flags: '--radial-basis-size <k>',
      help: 'functions of the distance that radial functions are made of',
    },
  }),
  radials: setting(z.enum(['fixed', 'moment-tensors', 'fitted']).default('moment-tensors'), {
    title: 'Radial functions from',
    description:
      'Radial functions of a moment tensor fit of the same data are worth several times as many functions. Fitted ones then differ with l, and take minutes.',
    words: {
      fixed: 'The family itself',
      'moment-tensors': 'A moment tensor fit',
      fitted: 'A fit of all parameters',
    },
    option: {
      flags: '--radials <source>',
      help: 'fixed, moment-tensors or fitted: where radial functions come from',
    },
  }),
  steps: setting(z.int().min(1).max(2000).default(50), {
    title: 'Steps on all parameters',
    description: 'At most, on a part of the data and again on all of it.',
    advanced: true,
    group: 'Radial functions',
    when: { radials: ['fitted'] },
    option: { flags: '--all-steps <n>', help: 'steps of a fit of all parameters at most' },
  }),
  densities: setting(z.int().min(1).max(2).default(1), {
    title: 'Densities',
    description: '1: linear. 2: a second density under a square root, as Finnis and Sinclair have it.',
    option: { flags: '--densities <n>', help: '1 linear, 2 with a second density under a square root' },
  }),
  smoothness: setting(z.number().min(0).max(6).default(0), {
    title: 'Smoothness',
    description: 'p of a prior that holds functions of degree d back by (d / largest)^2p.',
    advanced: true,
    option: { flags: '--smoothness <p>', help: 'p: functions of degree d are held back by d^2p' },
  }),
  ridgeChoice: ridgeChoiceSetting,
  ...commonFitSettings,
});
export type AceFitRequest = z.infer<typeof aceFitSettings>;

/** What the degree of a product counts, where it was not said. */
export function rulesOf(request: AceFitRequest) {
  const { radials, factorWeight, radialWeight, angularWeight, degreeFall, radialSize } = request;
  const fixed = radials === 'fixed';
  return {
    factorWeight: factorWeight ?? (fixed ? 0 : 2),
    radialWeight: radialWeight ?? (fixed ? 1 : 4),
    angularWeight: angularWeight ?? (fixed ? 2 : 1),
    degreeFall: degreeFall ?? (fixed ? 3 : 0),
    pairFunctions: radialSize ?? (fixed ? undefined : RADIAL_SIZE),
  };
}

/** Functions of the distance that fitted radial functions are made of: those of `.yace` begin at no distance at all. */
const RADIAL_SIZE = 20;

/** D of every rank, from 1 on. */
export function degreesOf(request: AceFitRequest): number[] {
  const { degreeFall } = rulesOf(request);
  return Array.from(
    { length: request.rank },
    (_, k) => request.degree - degreeFall * Math.max(0, k - 1),
  ).filter((d) => d >= 0);
}
