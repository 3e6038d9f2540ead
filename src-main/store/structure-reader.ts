/** Small parts of single configurations, for searches that look at very many of them. */
import type { Statement } from 'better-sqlite3';
import { float64 } from './binary.ts';
import type { Project } from './project.ts';

const NO_BYTES = new Uint8Array(0);

export class StructureReader {
  private readonly readFingerprints: Statement<[number, number], { id: number; fingerprints: Buffer }>;
  private readonly readCell: Statement<[number], [Buffer]>;

  constructor(project: Project) {
    this.readFingerprints = project.prepare<[number, number], { id: number; fingerprints: Buffer }>(
      'SELECT id, fingerprints FROM configurations WHERE dataset_id = ? AND position = ?',
    );
    this.readCell = project
      .prepare<[number], [Buffer]>('SELECT cell FROM configuration_data WHERE configuration_id = ?')
      .raw();
  }

  /** Number of a configuration and its fingerprints with their slopes (content-hash.ts). */
  fingerprints(
    datasetId: number,
    position: number,
  ): { readonly id: number; readonly numbers: Float64Array } | undefined {
    const row = this.readFingerprints.get(datasetId, position);
    return row && { id: row.id, numbers: float64(row.fingerprints) };
  }

  /** Cell of a configuration by its number, rows a, b, c, Å; empty where there is none. */
  cell(id: number): Float64Array {
    return float64(this.readCell.get(id)?.[0] ?? NO_BYTES);
  }
}
