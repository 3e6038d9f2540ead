/** `--format pace`: the `.yace` file of an ACE potential, and an input for LAMMPS builds with the ML-PACE package. */
import type { ExportRequest, ExportResult } from './export-request.ts';
import { exportOwnStyle } from './own-style.ts';
import { partsWithRepulsion } from './parts.ts';
import { PACE_STYLE } from './texts.ts';
import { writeYace } from './yace-file.ts';

/**
 * Writes NAME.yace, in.check, check.data and README.md. The file holds the expansion, its inner cutoff included.
 * @throws PotentialError for potentials that are neither ACE nor its sum with a ZBL repulsion
 */
export async function exportPace(request: ExportRequest): Promise<ExportResult> {
  const parts = partsWithRepulsion(request.model, 'ace', 'A .yace file holds an ACE potential');
  return await exportOwnStyle(request, parts, PACE_STYLE, async (base) => [
    await writeYace(base, parts.model),
  ]);
}
