/**
 * Stillinger–Weber, Phys. Rev. B 31 (1985) 5262, with one parameter set per ordered triple of species:
 *
 *   E = Σ_i Σ_{j>i} φ₂(r_ij) + Σ_i Σ_{j<k} φ₃(r_ij, r_ik, θ_jik)
 *   φ₂ = Aε [B(σ/r)^p − (σ/r)^q] exp(σ/(r − aσ)),  r < aσ
 *   φ₃ = λε (cos θ − cos θ₀)² exp(γσ/(r_ij − aσ)) exp(γσ/(r_ik − aσ))
 *
 * φ₂ of i–j takes the set (i, j, j). φ₃ around i takes λ, ε, cos θ₀ from (i, j, k); σ, γ and a of the leg i–j from
 * (i, j, j) and of i–k from (i, k, k), as LAMMPS does.
 *
 * | symbol | field | unit |
 * |---|---|---|
 * | ε, σ | epsilon, sigma | eV, Å |
 * | a, λ, γ, cos θ₀ | a, lambda, gamma, cosTheta0 | – |
 * | A, B, p, q | A, B, p, q | – |
 */
import { z } from 'zod';
import { cutoffField, speciesField } from '../bounds.ts';
import { PotentialError } from '../../errors.ts';
import type { PotentialModelBase } from '../potential.ts';

export interface StillingerWeberTriplet {
  /** Centre and its two neighbours, in this order. */
  readonly species: readonly [string, string, string];
  readonly epsilon: number;
  readonly sigma: number;
  readonly a: number;
  readonly lambda: number;
  readonly gamma: number;
  readonly cosTheta0: number;
  readonly A: number;
  readonly B: number;
  readonly p: number;
  readonly q: number;
}

export interface StillingerWeberModel extends PotentialModelBase {
  readonly form: 'stillinger-weber';
  /** One entry per ordered triple of species: S³. */
  readonly triplets: readonly StillingerWeberTriplet[];
}

const finite = z.number().finite();

export const stillingerWeberSchema = z.strictObject({
  form: z.literal('stillinger-weber'),
  species: speciesField,
  cutoff: cutoffField,
  triplets: z.array(
    z.strictObject({
      species: z.tuple([z.string().min(1), z.string().min(1), z.string().min(1)]),
      epsilon: finite.nonnegative(),
      sigma: finite.positive(),
      a: finite.positive(),
      lambda: finite.nonnegative(),
      gamma: finite.nonnegative(),
      cosTheta0: finite.min(-1).max(1),
      A: finite,
      B: finite,
      p: finite,
      q: finite,
    }),
  ),
}) satisfies z.ZodType<StillingerWeberModel>;

/** Longest aσ among the sets (i, j, j), Å. */
export function stillingerWeberCutoff(triplets: readonly StillingerWeberTriplet[]): number {
  return Math.max(...triplets.filter(({ species: [, j, k] }) => j === k).map(({ a, sigma }) => a * sigma));
}

/**
 * The parameter sets as a table, entry (zi·S + zj)·S + zk.
 * @throws PotentialError when a triple is missing or given twice, or the cutoff is not the longest aσ
 */
export function tripletTable(model: StillingerWeberModel): StillingerWeberTriplet[] {
  const size = model.species.length;
  const table = new Array<StillingerWeberTriplet | undefined>(size ** 3).fill(undefined);
  for (const triplet of model.triplets) {
    const [i, j, k] = triplet.species.map((name) => model.species.indexOf(name));
    const name = triplet.species.join('–');
    if (i < 0 || j < 0 || k < 0)
      throw new PotentialError(`The triple ${name} names a species that the potential does not list.`);
    if (table[(i * size + j) * size + k]) throw new PotentialError(`The triple ${name} is given twice.`);
    table[(i * size + j) * size + k] = triplet;
  }
  const complete = table.map((triplet, index) => {
    if (triplet) return triplet;
    const names = [Math.floor(index / size ** 2), Math.floor(index / size) % size, index % size];
    throw new PotentialError(
      `The potential has no parameters for ${names.map((z) => model.species[z]).join('–')}.`,
      {
        remedy: 'Every ordered triple of its species needs an entry.',
      },
    );
  });
  const cutoff = stillingerWeberCutoff(complete);
  if (Math.abs(cutoff - model.cutoff) > 1e-9 * cutoff) {
    throw new PotentialError(
      `The cutoff of the potential is ${model.cutoff} Å, and its longest aσ is ${cutoff} Å.`,
    );
  }
  return complete;
}

/** The published silicon parameters in metal units (ε = 50 kcal/mol as converted by LAMMPS). */
export function stillingerWeberSilicon(): StillingerWeberModel {
  const silicon: StillingerWeberTriplet = {
    species: ['Si', 'Si', 'Si'],
    epsilon: 2.1683,
    sigma: 2.0951,
    a: 1.8,
    lambda: 21,
    gamma: 1.2,
    cosTheta0: -0.333333333333,
    A: 7.049556277,
    B: 0.6022245584,
    p: 4,
    q: 0,
  };
  return {
    form: 'stillinger-weber',
    species: ['Si'],
    cutoff: silicon.a * silicon.sigma,
    triplets: [silicon],
  };
}

/**
 * Reads the LAMMPS `.sw` text: entries of 14 fields over one or more lines, `#` starts a comment.
 * @param species the elements wanted, in order; entries of others are passed over
 * @throws PotentialError for broken entries and missing triples
 */
export function parseStillingerWeber(text: string, species: readonly string[]): StillingerWeberModel {
  const words = text
    .split(/\r?\n/)
    .map((line) => line.replace(/#.*/, ''))
    .join(' ')
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0 || words.length % 14 !== 0) {
    throw new PotentialError(
      `A Stillinger–Weber file has 14 fields per entry, and this one holds ${words.length} fields.`,
    );
  }
  const triplets: StillingerWeberTriplet[] = [];
  for (let at = 0; at < words.length; at += 14) {
    const names = words.slice(at, at + 3);
    const [epsilon, sigma, a, lambda, gamma, cosTheta0, A, B, p, q] = words
      .slice(at + 3, at + 13)
      .map(Number);
    const numbers = [epsilon, sigma, a, lambda, gamma, cosTheta0, A, B, p, q];
    if (!numbers.every(Number.isFinite)) {
      throw new PotentialError(
        `The entry ${names.join(' ')} of the Stillinger–Weber file holds something that is no number.`,
      );
    }
    if (!names.every((name) => species.includes(name))) continue;
    triplets.push({
      species: [names[0], names[1], names[2]],
      epsilon,
      sigma,
      a,
      lambda,
      gamma,
      cosTheta0,
      A,
      B,
      p,
      q,
    });
  }
  const cutoff = triplets.length > 0 ? stillingerWeberCutoff(triplets) : 0;
  const model: StillingerWeberModel = { form: 'stillinger-weber', species, cutoff, triplets };
  tripletTable(model);
  return model;
}
