/** What a pymatgen structure and a record of the mlearn datasets look like. */
import { z } from 'zod';

const vector = z.tuple([z.number(), z.number(), z.number()]);

const speciesOf = z.object({ element: z.string(), occu: z.number().optional() });

const site = z.object({
  species: z.array(speciesOf).min(1),
  abc: vector.optional(),
  xyz: vector.optional(),
  label: z.string().optional(),
  properties: z.record(z.string(), z.unknown()).nullish(),
});

/** pymatgen's Structure.as_dict() and Molecule.as_dict() (without a lattice). */
export const structureSchema = z.object({
  lattice: z
    .object({
      matrix: z.tuple([vector, vector, vector]),
      pbc: z.tuple([z.boolean(), z.boolean(), z.boolean()]).optional(),
    })
    .optional(),
  sites: z.array(site).min(1),
});

/** Six numbers, nine, or three rows of three. */
export const stressSchema = z.union([
  z.array(z.number()).length(6),
  z.array(z.number()).length(9),
  z.tuple([vector, vector, vector]),
]);

/** One row of three for each site. */
export const forceRows = z.array(vector);

/** Labels by the names that mlearn and maml, the Materials Project, MatPES and MPtrj give them. */
const labels = {
  energy: z.number().nullish(),
  uncorrected_total_energy: z.number().nullish(),
  forces: forceRows.nullish(),
  force: forceRows.nullish(),
  virial_stress: stressSchema.nullish(),
  stress: stressSchema.nullish(),
};

/**
 * A structure and what was computed for it: a record of mlearn or maml (labels in "outputs"), a ComputedStructureEntry
 * of pymatgen or a record of MatPES (labels beside the structure).
 */
export const recordSchema = z.looseObject({
  structure: structureSchema,
  outputs: z.looseObject(labels).nullish(),
  ...labels,
  correction: z.number().nullish(),
  group: z.string().nullish(),
  tag: z.string().nullish(),
  description: z.string().nullish(),
});

export type StructureRecord = z.infer<typeof recordSchema>;
export type Stress = z.infer<typeof stressSchema>;
