/** Where a potential came from and how well it does, as its document keeps it. */
import { z } from 'zod';

/**
 * Errors of a potential on a set of configurations; the keys of the command line. Other properties that a form predicts
 * add keys of their own, which the table of properties names.
 */
export const metricsSchema = z
  .object({
    configurations: z.number(),
    atoms: z.number(),
    energy_mae_mev_per_atom: z.number().nullable(),
    energy_rmse_mev_per_atom: z.number().nullable(),
    force_mae_ev_per_a: z.number().nullable(),
    force_rmse_ev_per_a: z.number().nullable(),
    virial_mae_mev_per_atom: z.number().nullable(),
    virial_rmse_mev_per_atom: z.number().nullable(),
  })
  .catchall(z.number().nullable());
export type Metrics = z.infer<typeof metricsSchema>;

const jsonRecord = z.record(z.string(), z.json());

/** Where a potential comes from. */
export const provenanceSchema = z.object({
  /** Program and version. */
  program: z.string(),
  /** ISO 8601. */
  created: z.string(),
  /** Files or datasets with their content hashes. */
  data: z.array(z.object({ name: z.string(), sha256: z.string().optional(), role: z.string() })).default([]),
  /** What the fit was asked to do. */
  settings: jsonRecord.default({}),
  /** What it found: iterations, seconds, condition number, notes. */
  report: jsonRecord.default({}),
});
export type Provenance = z.infer<typeof provenanceSchema>;
