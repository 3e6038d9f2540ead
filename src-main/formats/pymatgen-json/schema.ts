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

/** A record of mlearn: a structure and what VASP computed for it. */
export const recordSchema = z.object({
  structure: structureSchema,
  outputs: z
    .object({
      energy: z.number().optional(),
      forces: z.array(vector).optional(),
      virial_stress: z.array(z.number()).length(6).nullish(),
      stress: z.array(z.number()).length(6).nullish(),
    })
    .optional(),
  group: z.string().nullish(),
  tag: z.string().nullish(),
  description: z.string().nullish(),
});

export type StructureRecord = z.infer<typeof recordSchema>;
