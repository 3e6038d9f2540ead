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

/** A part to compare with; what a potential was fitted to may lie in several datasets. */
export const referencePart = datasetPart.extend({ and: z.array(datasetPart).max(50).optional() });
export type ReferencePart = z.infer<typeof referencePart>;

/** All parts of a reference, each by itself. */
export function partsOf({ and = [], ...first }: ReferencePart): DatasetPart[] {
  return [first, ...and];
}

/** The selection that a part means. */
export function selectionOf({ parts, tags }: DatasetPart): Selection {
  return { ...(parts ? { parts } : {}), ...(tags ? { tags } : {}) };
}

/** Digest of the content of a part; null for none. */
export function partHash(project: Project, part: ReferencePart | undefined): string | null {
  if (part === undefined) return null;
  const store = new DatasetRepository(project);
  return partsOf(part)
    .map((one) => store.selectionHash(one.datasetId, selectionOf(one)))
    .join(' ');
}
