/** A dataset, or a part of it, as requests and jobs name it. */
import { z } from 'zod';
import { DatasetRepository, type Selection } from '../../store/datasets.ts';
import type { Project } from '../../store/project.ts';

export const datasetPart = z.object({
  datasetId: z.number().int(),
  /** Parts of the split; null means configurations without a part. */
  parts: z.array(z.string().nullable()).optional(),
  tags: z.array(z.string()).optional(),
});
export type DatasetPart = z.infer<typeof datasetPart>;

/** The selection that a part means. */
export function selectionOf({ parts, tags }: DatasetPart): Selection {
  return { ...(parts ? { parts } : {}), ...(tags ? { tags } : {}) };
}

/** Digest of the content of a part; null for none. */
export function partHash(project: Project, part: DatasetPart | undefined): string | null {
  if (part === undefined) return null;
  return new DatasetRepository(project).selectionHash(part.datasetId, selectionOf(part));
}
