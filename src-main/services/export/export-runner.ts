/** The job that exports a potential to a folder: writing is quick, building and comparing in LAMMPS takes minutes. */
import { z } from 'zod';
import { parsePotentialDocument } from '../../../src-compute/potentials/document.ts';
import type { JsonValue } from '../../store/json.ts';
import { PotentialRepository } from '../../store/potentials.ts';
import type { JobContext, JobRunner } from '../jobs/runner.ts';
import { EXPORT_FORMATS, exportPotential, type ExportFormat } from './export.ts';

export const exportJob = z.object({
  potentialId: z.int(),
  format: z.enum(EXPORT_FORMATS as [ExportFormat, ...ExportFormat[]]),
  /** Folder of the host that asked. */
  out: z.string().min(1),
  comments: z.array(z.string()),
});

/** What is known of an export when it is done. */
export const exportReport = z.object({
  name: z.string(),
  built: z.boolean(),
  tested: z
    .object({ lammps: z.string(), energyDifference: z.number(), forceDifference: z.number() })
    .nullable(),
  notes: z.array(z.string()),
});

export const exportRunner: JobRunner = {
  kind: 'export',
  async run(context: JobContext): Promise<JsonValue> {
    const job = exportJob.parse(context.settings);
    const potentials = new PotentialRepository(context.project);
    const { name } = potentials.get(job.potentialId);
    const { model } = parsePotentialDocument(potentials.document(job.potentialId));
    context.progress({
      fraction: 0,
      message: job.format === 'kim' ? 'writing, building and comparing where the tools are here' : 'writing',
    });
    await context.pause();
    const { built, tested, notes, ...result } = await exportPotential(job.format, {
      model,
      name,
      out: job.out,
      comments: job.comments,
      signal: context.signal,
    });
    context.throwIfCancelled();
    for (const note of notes) context.log(note);
    return { name: result.name, built, tested: tested ?? null, notes: [...notes] };
  },
};
