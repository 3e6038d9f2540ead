/** Settings of a simulation that learns its potential while it runs. */
import { z } from 'zod';

const positive = z.number().finite().positive();

export const onTheFlySchema = z
  .strictObject({
    /** Steps that the reference computes before the model may take over. */
    learnSteps: z.int().min(1).default(400),
    /** Frames of the reference between two solutions while it computes every step. */
    updateEvery: z.int().min(1).default(10),
    /** Steps of the model between two calls of the reference. */
    checkEvery: z.int().min(1).default(10),
    /** Largest error of the forces (root mean square over all components) with which the model computes, eV/Å. */
    tolerance: positive.default(0.1),
    /** Predicted error of the force on one atom beyond which the reference is called, eV/Å; 3 × tolerance where absent. */
    atomTolerance: positive.optional(),
    /** Comparisons with the reference that measure the error. */
    window: z.int().min(1).max(1000).default(5),
    /** Steps of the model between two looks at its uncertainty. */
    uncertaintyEvery: z.int().min(1).default(1),
    /** Steps between frames of the pair distributions. */
    distributionEvery: z.int().min(1).default(10),
    /** Range of the pair distributions, Å. */
    distributionRange: positive.max(50).default(6),
  })
  .refine((given) => given.learnSteps >= given.updateEvery, {
    message: 'learnSteps must be at least updateEvery: the model takes over after a solution',
    path: ['learnSteps'],
  });

export type OnTheFlySettings = z.output<typeof onTheFlySchema>;
export type OnTheFlyInput = z.input<typeof onTheFlySchema>;
