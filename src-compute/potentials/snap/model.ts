/**
 * Spectral neighbour analysis potentials (Thompson et al., J. Comput. Phys. 285 (2015) 316; quadratic: Wood and Thompson,
 * J. Chem. Phys. 148 (2018) 241721; elements apart: Cusentino et al., J. Phys. Chem. A 124 (2020) 5456):
 *
 *   E_i = β₀ + Σ_k β_k B_k(i) [+ ½ Σ_k α_kk B_k² + Σ_{k<l} α_kl B_k B_l],
 *   u^j(i) = 1 + Σ_j w_{Z_j} f_c(r_ij) U^j(θ₀, θ, φ)
 *
 * B are the bispectrum components of u (bispectrum.ts), U the harmonics of the 3-sphere (hyperspherical.ts). The fields
 * are those of LAMMPS' `.snapparam` and `.snapcoeff` files, and mean what they mean there.
 */
import { z } from 'zod';
import { PotentialError } from '../../errors.ts';
import { cutoffField, realsField, speciesField } from '../bounds.ts';
import type { PotentialModelBase } from '../potential.ts';
import { tripleOrder } from './bispectrum.ts';

/** 2J of the finest published potentials is 14; factorials of (3J + 1) stay exact enough to here. */
export const LARGEST_TWOJMAX = 20;

export interface SnapModel extends PotentialModelBase {
  readonly form: 'snap';
  /** 2J: twice the largest angular momentum. */
  readonly twojmax: number;
  /** Times the sum of two radii is the cutoff of a pair. */
  readonly rcutfac: number;
  readonly rfac0: number;
  /** Å */
  readonly rmin0: number;
  readonly switching: boolean;
  /** B of an isolated atom is taken off (`bzeroflag`). */
  readonly subtractIsolated: boolean;
  /** Neighbours of every element have an expansion of their own (`chemflag`): B by triples of elements. */
  readonly elementsApart: boolean;
  /** B are divided by 2j + 1 (`bnormflag`). */
  readonly normalised: boolean;
  /** The centre counts in the expansions of all elements, not of its own alone (`wselfallflag`). */
  readonly selfInAll: boolean;
  readonly quadratic: boolean;
  /** Å, and weights w; by species. */
  readonly radii: Float64Array;
  readonly weights: Float64Array;
  /** Inner switch by species: centre and half width, Å; a pair takes the means. */
  readonly inner?: { readonly centres: Float64Array; readonly widths: Float64Array };
  /** β₀, β, then α by rows of the upper triangle; species after species. */
  readonly coefficients: Float64Array;
}

export const snapSchema = z.strictObject({
  form: z.literal('snap'),
  species: speciesField,
  cutoff: cutoffField,
  twojmax: z.int().nonnegative().max(LARGEST_TWOJMAX),
  rcutfac: z.number().positive(),
  rfac0: z.number().positive().max(1),
  rmin0: z.number(),
  switching: z.boolean(),
  subtractIsolated: z.boolean(),
  elementsApart: z.boolean(),
  normalised: z.boolean(),
  selfInAll: z.boolean(),
  quadratic: z.boolean(),
  radii: realsField,
  weights: realsField,
  inner: z.strictObject({ centres: realsField, widths: realsField }).optional(),
  coefficients: realsField,
}) satisfies z.ZodType<SnapModel, unknown>;

/** Number of bispectrum components of an atom. */
export function componentCount({ twojmax, elementsApart, species }: SnapModel): number {
  return tripleOrder(twojmax).length * (elementsApart ? species.length ** 3 : 1);
}

/** Number of coefficients of a species: β₀, β and, in a quadratic potential, α. */
export function coefficientCount(model: SnapModel): number {
  const n = componentCount(model);
  return 1 + n + (model.quadratic ? (n * (n + 1)) / 2 : 0);
}

/** Cutoff of a pair of species, Å. */
export const pairCutoff = (model: SnapModel, a: number, b: number): number =>
  model.rcutfac * (model.radii[a] + model.radii[b]);

/** @throws PotentialError when lists do not fit each other */
export function validateSnapModel(model: SnapModel): void {
  const size = model.species.length;
  const { radii, weights, inner } = model;
  const lists = [radii, weights, ...(inner ? [inner.centres, inner.widths] : [])];
  if (lists.some((list) => list.length !== size))
    throw new PotentialError('A SNAP potential has one radius and one weight for each of its species.');
  if (radii.some((radius) => !(radius > 0)) || inner?.widths.some((width) => !(width > 0)))
    throw new PotentialError('Radii and widths of a SNAP potential are positive.');
  const expected = coefficientCount(model) * size;
  if (model.coefficients.length !== expected)
    throw new PotentialError(
      `A SNAP potential of ${size} species with 2J = ${model.twojmax} has ${expected} coefficients, and here are ${model.coefficients.length}.`,
      { remedy: 'The coefficient file may belong to another parameter file.' },
    );
  const longest = pairCutoff(model, longestRadius(radii), longestRadius(radii));
  if (Math.abs(longest - model.cutoff) > 1e-9 * longest)
    throw new PotentialError(
      `The cutoff of the potential is ${model.cutoff} Å, and its radii make it ${longest} Å.`,
    );
  if (model.rmin0 >= model.rcutfac * 2 * Math.min(...radii))
    throw new PotentialError('rmin0 of a SNAP potential lies below the shortest cutoff of its pairs.');
}

const longestRadius = (radii: Float64Array) => radii.indexOf(Math.max(...radii));
