/** What people wrote about the objects of a project. */
import { and, eq } from 'drizzle-orm';
import type { Project } from './project.ts';
import { objectNotes } from './schema.ts';

/** What has a page of its own; a run is the job that made it. */
export const OBJECT_KINDS = ['dataset', 'potential', 'run'] as const;
export type ObjectKind = (typeof OBJECT_KINDS)[number];

/** Longer notes belong into a document, characters. */
export const LONGEST_NOTE = 100_000;

export class NoteRepository {
  private readonly project: Project;

  constructor(project: Project) {
    this.project = project;
  }

  /** The note, '' where there is none. */
  get(kind: ObjectKind, objectId: number): string {
    const row = this.project.guard(() =>
      this.project.database
        .select({ text: objectNotes.text })
        .from(objectNotes)
        .where(and(eq(objectNotes.kind, kind), eq(objectNotes.objectId, objectId)))
        .get(),
    );
    return row?.text ?? '';
  }

  /** Writes the note over the earlier one. @throws StoreError when the project cannot be written */
  set(kind: ObjectKind, objectId: number, text: string): void {
    const changedAt = Date.now();
    this.project.transaction(() =>
      this.project.database
        .insert(objectNotes)
        .values({ kind, objectId, text, changedAt })
        .onConflictDoUpdate({
          target: [objectNotes.kind, objectNotes.objectId],
          set: { text, changedAt },
        })
        .run(),
    );
  }
}
