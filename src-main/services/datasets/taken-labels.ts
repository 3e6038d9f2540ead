/** Which keys and columns of a file its labels were taken from, counted over its frames. */
import { z } from 'zod';
import { TABLE } from '../../../src-compute/structure/properties.ts';
import type { LabelSources, TakenName } from '../../formats/index.ts';

/** The labels of a fit come first. */
const LABELS: readonly TakenName[] = [
  'energy',
  'forces',
  'virial',
  'stress',
  ...TABLE.map((row) => row.key).filter((key) => !['energy', 'forces', 'virial'].includes(key)),
];

export const takenLabel = z.object({
  label: z.enum(LABELS),
  key: z.string(),
  frames: z.number(),
});
export type TakenLabel = z.infer<typeof takenLabel>;

export class TakenLabels {
  private readonly counts = new Map<LabelSources['taken'], number>();

  /** Readers hand out one object for all frames that have the same keys. */
  add(sources: LabelSources | undefined): void {
    if (sources !== undefined) this.counts.set(sources.taken, (this.counts.get(sources.taken) ?? 0) + 1);
  }

  /** In the order of the labels, the key of most frames first; empty where the format fixes the names. */
  list(): TakenLabel[] {
    return LABELS.flatMap((label) => {
      const byKey = new Map<string, number>();
      for (const [taken, frames] of this.counts) {
        const key = taken[label];
        if (key !== undefined) byKey.set(key, (byKey.get(key) ?? 0) + frames);
      }
      return [...byKey]
        .map(([key, frames]) => ({ label, key, frames }))
        .toSorted((a, b) => b.frames - a.frames);
    });
  }
}
