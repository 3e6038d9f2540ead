/**
 * Atomic cluster expansion (Drautz, Phys. Rev. B 99 (2019) 014104; Lysogorskiy et al., npj Comput. Mater. 7 (2021) 97):
 *
 *   E_i = E₀ + f(ρ_core) Σ_p w_p F_p(ρ_p) + ρ_core
 *   ρ_p = Σ_f Σ_m c̃_fmp Π_t A_{μ_t n_t l_t m_t},   A_{μnlm} = Σ_{j of μ} R_nl(r_ij) Y_lm(r̂_ij),
 *   R_nl(r) = Σ_k c_nlk g_k(r); functions of rank 1 use g_n itself, as A = Σ_j g_n(r_ij)
 *
 * with spherical harmonics of Condon and Shortley's phase, normalised so that Y_00 = 1, and the real part of each product.
 * The fields are those of `.yace` files (pair_style pace of LAMMPS) and mean what they mean there; what the sources leave
 * open (tables, switches of the core) is taken from that program's documentation and behaviour.
 */
import { z } from 'zod';
import { PotentialError } from '../../errors.ts';
import { cutoffField, indicesField, MOST_RADIAL, realsField, speciesField } from '../bounds.ts';
import type { PotentialModelBase } from '../potential.ts';

/** Families of radial functions g_k; radial.ts says what each is. */
export const ACE_RADIAL_FAMILIES = ['ChebExpCos', 'ChebPow', 'ChebLinear', 'SBessel'] as const;
export type AceRadialFamily = (typeof ACE_RADIAL_FAMILIES)[number];

/**
 * How atoms that come too close are treated: 'density' switches the expansion off where ρ_core is large; 'distance' ends
 * radial functions and begins the core at an inner radius; 'zbl' goes over to screened nuclear repulsion by the closest
 * neighbour.
 */
export const ACE_CORES = ['density', 'distance', 'zbl'] as const;
export type AceCore = (typeof ACE_CORES)[number];

export const ACE_EMBEDDINGS = ['FinnisSinclair', 'FinnisSinclairShiftedScaled'] as const;

/** What atoms of one species see of those of another. */
export interface AceBond {
  readonly radial: AceRadialFamily;
  /** λ of the family's transformation of distances. */
  readonly parameter: number;
  /** Å */
  readonly cutoff: number;
  /** Å over which the cutoff switches (ChebExpCos), or ZBL ends. */
  readonly cutoffWidth: number;
  readonly innerCutoff: number;
  readonly innerWidth: number;
  /** ρ_core = prefactor exp(−exponent r²)/r, or the share of ZBL. */
  readonly corePrefactor: number;
  readonly coreExponent: number;
  /** Numbers of R_n, of g_k, and the largest l. */
  readonly radialCount: number;
  readonly baseCount: number;
  readonly lmax: number;
  /** c_nlk; radialCount × (lmax + 1) × baseCount. */
  readonly coefficients: Float64Array;
}

/** F of the densities of an atom. */
export interface AceEmbedding {
  readonly kind: (typeof ACE_EMBEDDINGS)[number];
  /** w and the exponent of each density. */
  readonly weights: Float64Array;
  readonly exponents: Float64Array;
  /** The expansion ends where ρ_core rises from cutoff − width to cutoff (core 'density'). */
  readonly coreCutoff: number;
  readonly coreWidth: number;
}

/** A product of A's, summed over combinations of their m. */
export interface AceFunction {
  /** Species of the neighbours, n (from 1) and l of every factor. */
  readonly neighbours: Int32Array;
  readonly radial: Int32Array;
  readonly angular: Int32Array;
  /** m of every factor, combination after combination. */
  readonly orders: Int32Array;
  /** Of every combination, then density; c̃ is coupling × weight of the density. */
  readonly couplings: Float64Array;
  /** One per density: the parameters of a fit; 1 where a file gives c̃ alone. */
  readonly weights: Float64Array;
}

export interface AceModel extends PotentialModelBase {
  readonly form: 'ace';
  /** Radial functions are cubic pieces of this length, Å, as in the file's own evaluator. */
  readonly tableSpacing: number;
  readonly core: AceCore;
  /** E₀ of every species, eV. */
  readonly isolated: Float64Array;
  readonly embeddings: readonly AceEmbedding[];
  /** Of ordered pairs: centre · species + neighbour. */
  readonly bonds: readonly AceBond[];
  /** Of every central species. */
  readonly functions: readonly (readonly AceFunction[])[];
}

/** Largest rank of a product, and largest l. */
export const LARGEST_ACE_RANK = 8;
export const LARGEST_ACE_L = 12;
const MOST_FUNCTIONS = 200_000;

const count = z.int().positive().max(MOST_RADIAL);
const length = z.number().nonnegative();

export const aceBondSchema = z.strictObject({
  radial: z.enum(ACE_RADIAL_FAMILIES),
  parameter: z.number(),
  cutoff: cutoffField,
  cutoffWidth: length,
  innerCutoff: length,
  innerWidth: length,
  corePrefactor: z.number(),
  coreExponent: z.number(),
  radialCount: count,
  baseCount: count,
  lmax: z.int().nonnegative().max(LARGEST_ACE_L),
  coefficients: realsField,
});

export const aceSchema = z.strictObject({
  form: z.literal('ace'),
  species: speciesField,
  cutoff: cutoffField,
  tableSpacing: z.number().min(1e-5).max(0.1),
  core: z.enum(ACE_CORES),
  isolated: realsField,
  embeddings: z.array(
    z.strictObject({
      kind: z.enum(ACE_EMBEDDINGS),
      weights: realsField,
      exponents: realsField,
      coreCutoff: z.number(),
      coreWidth: length,
    }),
  ),
  bonds: z.array(aceBondSchema),
  functions: z.array(
    z
      .array(
        z.strictObject({
          neighbours: indicesField,
          radial: indicesField,
          angular: indicesField,
          orders: indicesField,
          couplings: realsField,
          weights: realsField,
        }),
      )
      .max(MOST_FUNCTIONS),
  ),
}) satisfies z.ZodType<AceModel, unknown>;

/** The bond of an atom of species a with a neighbour of species b. */
export const bondOf = (model: AceModel, a: number, b: number): AceBond =>
  model.bonds[a * model.species.length + b];

/** Number of densities of atoms of a species. */
export const densityCount = (model: AceModel, species: number): number =>
  model.embeddings[species].weights.length;

/** @throws PotentialError when lists do not fit each other */
export function validateAceModel(model: AceModel): void {
  const size = model.species.length;
  const { embeddings, bonds, functions, isolated } = model;
  if (isolated.length !== size || embeddings.length !== size || functions.length !== size)
    throw new PotentialError(
      'An ACE potential has one energy of isolated atoms, one embedding and one list of functions for each species.',
    );
  if (bonds.length !== size * size)
    throw new PotentialError(
      `An ACE potential of ${size} species has ${size * size} pairs of species, and here are ${bonds.length}.`,
    );
  const pairName = (k: number) => `${model.species[Math.floor(k / size)]}–${model.species[k % size]}`;
  bonds.forEach((bond, k) => {
    checkBond(bond, model, pairName(k));
  });
  const longest = Math.max(...bonds.map(({ cutoff }) => cutoff));
  if (Math.abs(longest - model.cutoff) > 1e-9 * longest)
    throw new PotentialError(
      `The cutoff of the potential is ${model.cutoff} Å, and that of its pairs ${longest} Å.`,
    );
  embeddings.forEach((embedding, s) => {
    checkEmbedding(embedding, model.species[s]);
  });
  functions.forEach((list, s) => {
    list.forEach((f, k) => {
      const wrong = whatIsWrong(f, model, s);
      if (wrong !== undefined)
        throw new PotentialError(`Function ${k + 1} of ${model.species[s]} ${wrong}.`, {
          remedy: 'The file may be cut short or edited.',
        });
    });
  });
}

function checkBond(bond: AceBond, model: AceModel, name: string): void {
  const fail = (what: string): never => {
    throw new PotentialError(`The pair ${name} of the ACE potential ${what}.`);
  };
  const expected = bond.radialCount * (bond.lmax + 1) * bond.baseCount;
  if (bond.coefficients.length !== expected)
    fail(`has ${bond.coefficients.length} radial coefficients where ${expected} were announced`);
  if (bond.cutoffWidth > bond.cutoff) fail('switches off over more than its cutoff');
  if (bond.cutoff < 10 * model.tableSpacing) fail('has fewer than ten steps of its table within the cutoff');
  if (bond.innerCutoff >= bond.cutoff) fail('has an inner cutoff beyond the outer one');
  if (bond.radial === 'ChebExpCos' && bond.parameter === 0)
    fail('has λ = 0, at which no distance is told from another');
  if (bond.radial === 'ChebPow' && !(bond.parameter > 0)) fail('has an exponent λ that is not positive');
  const ends = model.core === 'zbl' || (model.core === 'distance' && bond.innerCutoff > 0);
  if (ends && !(bond.innerWidth > 0)) fail('has an inner cutoff without a width');
  if (model.core === 'zbl' && !(bond.cutoffWidth > 0)) fail('ends its nuclear repulsion without a width');
}

function checkEmbedding({ weights, exponents, coreCutoff, coreWidth }: AceEmbedding, name: string): void {
  if (weights.length === 0 || weights.length !== exponents.length)
    throw new PotentialError(`The embedding of ${name} has a weight and an exponent for every density.`);
  if (exponents.some((m) => !(m > 0)))
    throw new PotentialError(`The embedding of ${name} has an exponent that is not positive.`);
  if (!(coreWidth <= coreCutoff))
    throw new PotentialError(`The embedding of ${name} ends over more than the density at which it is off.`);
}

/** What is wrong with a function, to follow "Function 3 of Si"; undefined where nothing is. */
export function whatIsWrong(f: AceFunction, model: AceModel, centre: number): string | undefined {
  const rank = f.neighbours.length;
  if (rank < 1 || rank > LARGEST_ACE_RANK)
    return `has ${rank} factors: 1 to ${LARGEST_ACE_RANK} were expected`;
  if (f.radial.length !== rank || f.angular.length !== rank) return 'has lists of different lengths';
  const densities = densityCount(model, centre);
  if (f.weights.length !== densities)
    return `has ${f.weights.length} densities where the species has ${densities}`;
  const combinations = f.orders.length / rank;
  if (!Number.isInteger(combinations) || combinations < 1) return 'has m for a part of a combination';
  if (f.couplings.length !== combinations * densities)
    return `has ${f.couplings.length} couplings for ${combinations} combinations and ${densities} densities`;
  for (let t = 0; t < rank; t++) {
    if (!(f.neighbours[t] >= 0 && f.neighbours[t] < model.species.length))
      return 'names a species that there is not';
    const bond = bondOf(model, centre, f.neighbours[t]);
    const most = rank === 1 ? bond.baseCount : bond.radialCount;
    if (f.radial[t] < 1 || f.radial[t] > most) return `has n = ${f.radial[t]}: 1 to ${most} were expected`;
    const l = f.angular[t];
    if (l < 0 || l > (rank === 1 ? 0 : bond.lmax))
      return `has l = ${l} beyond what its radial functions have`;
  }
  if (f.angular.reduce((sum, l) => sum + l, 0) % 2 === 1)
    return 'changes its sign in a mirror: the sum of its l is odd';
  for (let c = 0; c < combinations; c++) {
    let sum = 0;
    for (let t = 0; t < rank; t++) {
      const m = f.orders[c * rank + t];
      if (Math.abs(m) > f.angular[t]) return `has m = ${m} beyond its l`;
      sum += m;
    }
    if (sum !== 0) return 'has a combination whose m do not add up to zero: it would turn with the structure';
  }
  return undefined;
}

/** Number of coefficients of functions, all densities together. Radial functions come with the form. */
export function aceParameterCount(model: AceModel): number {
  return model.functions.flat().reduce((sum, { weights }) => sum + weights.length, 0);
}
