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
  degreeFall: setting(z.number().min(0).max(20).default(3), {
    title: 'Degrees less per factor',
    description: 'How much less the degree of products of three, four, … sums may be, for each factor.',
    advanced: true,
    group: 'Basis',
    option: { flags: '--degree-fall <d>', help: 'degrees that every factor above two takes off' },
  }),
  angularWeight: setting(z.number().min(0.5).max(10).default(2), {
    title: 'Weight of l',
    description: 'What one angular momentum counts in the degree, a radial function counting 1.',
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
  ridgeChoice: ridgeChoiceSetting,
  ...commonFitSettings,
});
export type AceFitRequest = z.infer<typeof aceFitSettings>;

/** D of every rank, from 1 on. */
export function degreesOf({ degree, rank, degreeFall }: AceFitRequest): number[] {
  return Array.from({ length: rank }, (_, k) => degree - degreeFall * Math.max(0, k - 1)).filter(
    (d) => d >= 0,
  );
}
