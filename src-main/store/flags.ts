/** Flags of configurations: findings that deserve a look, each with a message. */
import { ColumnEditor, ColumnReader } from './columns.ts';
import { FLAG } from './configuration-row.ts';
import type { Project } from './project.ts';

/** A flag of one configuration. */
export interface Flagged {
  readonly position: number;
  readonly flag: number;
  readonly score: number | null;
  readonly message: string;
}

/** Replaces what an earlier search found; warnings of the import stay. */
export function replaceFlags(project: Project, datasetId: number, found: readonly Flagged[]): void {
  project.transaction(() => {
    project
      .prepare(
        `DELETE FROM configuration_flags WHERE flag <> ${FLAG.warning} AND configuration_id IN
           (SELECT id FROM configurations WHERE dataset_id = ?)`,
      )
      .run(datasetId);
    const flags = new ColumnEditor(project, datasetId, 'flags');
    new ColumnReader(project).numbers(datasetId, 'flags').forEach((bits, position) => {
      if ((bits & ~FLAG.warning) !== 0) flags.set(position, bits & FLAG.warning);
    });
    flags.save();
    addFlags(project, datasetId, found);
  });
}

/** Adds flags to those that are there; one message for each flag of a configuration. */
export function addFlags(project: Project, datasetId: number, found: readonly Flagged[]): void {
  project.transaction(() => {
    const id = project.prepare<[number, number], { id: number }>(
      'SELECT id FROM configurations WHERE dataset_id = ? AND position = ?',
    );
    const insert = project.prepare(
      'INSERT OR REPLACE INTO configuration_flags (configuration_id, flag, score, message) VALUES (?, ?, ?, ?)',
    );
    const flags = new ColumnEditor(project, datasetId, 'flags');
    for (const { position, flag, score, message } of found) {
      const row = id.get(datasetId, position);
      if (row === undefined) continue;
      insert.run(row.id, flag, score, message);
      flags.set(position, Number(flags.get(position)) | flag);
    }
    flags.save();
  });
}
