/**
 * Bounds that every potential from a file keeps, far beyond what is physical and far below what would exhaust memory or
 * wrap around in a typed array. The schemas of the forms are made of these, so that what is refused names its field.
 */
import { z } from 'zod';

/** Å; the longest cutoffs in use are of bare dispersion, about 30 Å. */
export const LONGEST_CUTOFF = 100;
/** There are 118 elements. */
export const MOST_SPECIES = 200;
/** Numbers in one list. */
export const MOST_NUMBERS = 20_000_000;
/** Powers of r in one part of a moment, and radial functions or polynomials. */
export const MOST_RADIAL = 1000;
/** Moments of a moment tensor potential; level 30 has some 10⁵. */
export const MOST_MOMENTS = 10_000_000;

/** Names of species, each once. */
export const speciesField = z
  .array(z.string().min(1).max(40))
  .min(1)
  .max(MOST_SPECIES)
  .refine((list) => new Set(list).size === list.length, 'every species should be named once');

/** A distance at which something ends, Å. */
export const cutoffField = z.number().positive().max(LONGEST_CUTOFF);

/** A list of finite numbers. */
export const realsField = z
  .array(z.number())
  .max(MOST_NUMBERS)
  .transform((list) => Float64Array.from(list));

/** A list of indices. */
export const indicesField = z
  .array(z.int32())
  .max(MOST_NUMBERS)
  .transform((list) => Int32Array.from(list));

/** A number of radial functions or polynomials. */
export const radialCountField = z.int().positive().max(MOST_RADIAL);
