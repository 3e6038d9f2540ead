/**
 * Embedded-atom potentials (Daw and Baskes, Phys. Rev. B 29 (1984) 6443; Finnis and Sinclair, Phil. Mag. A 50 (1984) 45):
 *
 *   E = Σ_i F_{z_i}(ρ_i) + Σ_{i<j} φ_{z_i z_j}(r_ij),   ρ_i = Σ_j ρ_{z_j → z_i}(r_ij)
 *
 * All functions are tables of LAMMPS' `eam/alloy` and `eam/fs` files. In `eam/alloy` the density that an atom gives
 * depends on the giver alone, in `eam/fs` on both. Above the last density F goes on in a straight line.
 *
 * | symbol | field | shape | unit |
 * |---|---|---|---|
 * | F | embedding | species × densityCount | eV |
 * | ρ | densities | species × distanceCount, or giver × taker × distanceCount | – |
 * | rφ | pairs | (z ≥ z′ by rows) × distanceCount | eV Å |
 */
import { z } from 'zod';
import { PotentialError } from '../../errors.ts';
import { cutoffField, realsField, speciesField } from '../bounds.ts';
import type { PotentialModelBase } from '../potential.ts';

/** Points of a table. */
export const MOST_POINTS = 1_000_000;

export interface EmbeddedAtomModel extends PotentialModelBase {
  readonly form: 'embedded-atom';
  /** Whether densities depend on giver and taker (`eam/fs`). */
  readonly finnisSinclair: boolean;
  readonly densityStep: number;
  readonly densityCount: number;
  /** Å */
  readonly distanceStep: number;
  readonly distanceCount: number;
  readonly embedding: Float64Array;
  readonly densities: Float64Array;
  readonly pairs: Float64Array;
  /** What the files say of each species; it enters no energy. */
  readonly notes: readonly {
    readonly atomicNumber: number;
    /** amu */
    readonly mass: number;
    /** Å */
    readonly latticeConstant: number;
    readonly lattice: string;
  }[];
}

const points = z.int().min(5).max(MOST_POINTS);

export const embeddedAtomSchema = z.strictObject({
  form: z.literal('embedded-atom'),
  species: speciesField,
  cutoff: cutoffField,
  finnisSinclair: z.boolean(),
  densityStep: z.number().positive(),
  densityCount: points,
  distanceStep: z.number().positive(),
  distanceCount: points,
  embedding: realsField,
  densities: realsField,
  pairs: realsField,
  notes: z.array(
    z.strictObject({
      atomicNumber: z.int().nonnegative().max(200),
      mass: z.number().positive(),
      latticeConstant: z.number().nonnegative(),
      lattice: z.string().regex(/^\S{1,40}$/),
    }),
  ),
}) satisfies z.ZodType<EmbeddedAtomModel, unknown>;

/** Number of tables of densities. */
export const densityTables = ({ species, finnisSinclair }: EmbeddedAtomModel): number =>
  species.length * (finnisSinclair ? species.length : 1);

/** Which table of rφ belongs to two species. */
export function pairIndex(a: number, b: number): number {
  const [low, high] = a < b ? [a, b] : [b, a];
  return (high * (high + 1)) / 2 + low;
}

/** @throws PotentialError when tables do not fit each other */
export function validateEmbeddedAtomModel(model: EmbeddedAtomModel): void {
  const size = model.species.length;
  const { embedding, densities, pairs, densityCount, distanceCount } = model;
  const fits =
    embedding.length === size * densityCount &&
    densities.length === densityTables(model) * distanceCount &&
    pairs.length === ((size * (size + 1)) / 2) * distanceCount &&
    model.notes.length === size;
  if (!fits)
    throw new PotentialError(
      'The tables of the embedded-atom potential have other lengths than its species and grids ask for.',
    );
}
