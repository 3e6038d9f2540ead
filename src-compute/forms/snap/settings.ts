/** What may be asked of a fit of a SNAP potential. Names follow LAMMPS' `.snapparam` where it has one. */
import { z } from 'zod';
import { commonFitSettings, cutoffSetting, ridgeChoiceSetting, setting } from '../common-settings.ts';
import { LARGEST_TWOJMAX } from '../../potentials/snap/model.ts';

const byElement = z.record(z.string().min(1), z.number().positive());

export const snapFitSettings = z.object({
  form: z.literal('snap'),
  /** 2J */
  twojmax: setting(z.int().min(0).max(LARGEST_TWOJMAX).default(8), {
    title: '2J',
    description: 'Twice the largest angular momentum: how fine the description of an atom is.',
    option: { flags: '--twojmax <n>', help: `2J, twice the largest angular momentum, 0–${LARGEST_TWOJMAX}` },
  }),
  quadratic: setting(z.boolean().default(false), {
    title: 'Energy',
    words: { false: 'Linear in the components', true: 'Quadratic (more accurate, slower)' },
    option: { flags: '--quadratic', help: 'quadratic in the bispectrum components' },
  }),
  /** Of the pair with the largest radii, Å. */
  cutoff: cutoffSetting,
  rfac0: setting(z.number().positive().max(1).default(0.99363), {
    title: 'rfac0',
    description: 'How far round the 3-sphere the cutoff lies.',
    advanced: true,
    group: 'Sphere',
    option: { flags: '--rfac0 <f>', help: 'how far round the 3-sphere the cutoff lies, above 0, at most 1' },
  }),
  rmin0: setting(z.number().min(0).max(10).default(0), {
    title: 'rmin0',
    unit: 'Å',
    advanced: true,
    group: 'Sphere',
    option: { flags: '--rmin0 <r>', help: 'distance that lies at the pole of the 3-sphere, Å' },
  }),
  switching: setting(z.boolean().default(true), {
    title: 'Cosine switch at the cutoff',
    advanced: true,
    group: 'Sphere',
    option: { flags: '--no-switch', help: 'no cosine switch at the cutoff' },
  }),
  subtractIsolated: setting(z.boolean().default(true), {
    title: 'Components of an isolated atom taken off (bzeroflag)',
    advanced: true,
    group: 'Sphere',
    option: { flags: '--no-bzero', help: 'components of an isolated atom are not taken off (bzeroflag 0)' },
  }),
  elementsApart: setting(z.boolean().default(false), {
    title: 'Elements',
    words: { false: 'Told apart by weight', true: 'Each with an expansion of its own (chemflag)' },
    advanced: true,
    group: 'Elements',
    option: {
      flags: '--chem',
      help: 'neighbours of every element have an expansion of their own (chemflag)',
    },
  }),
  /** w by element; 1 for the heaviest element down to 0.5 for the lightest where absent. */
  elementWeights: setting(byElement.optional(), {
    title: 'Weights of elements',
    auto: '0.5 for the lightest to 1 for the heaviest',
    advanced: true,
    group: 'Elements',
    option: {
      flags: '--element-weights <list>',
      help: 'weights of neighbours by element, such as In=1,P=0.9; default from 0.5 for the lightest to 1 for the heaviest',
    },
  }),
  /** Relative radii by element; 0.5 where absent. */
  radii: setting(byElement.optional(), {
    title: 'Relative radii',
    auto: 'equal',
    advanced: true,
    group: 'Elements',
    option: {
      flags: '--radii <list>',
      help: 'relative radii by element, such as In=0.5,P=0.45: the cutoff of a pair is proportional to their sum; default equal',
    },
  }),
  ridgeChoice: ridgeChoiceSetting,
  ...commonFitSettings,
});
export type SnapFitRequest = z.infer<typeof snapFitSettings>;
