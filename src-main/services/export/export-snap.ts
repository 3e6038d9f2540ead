/** `--format snap`: LAMMPS' own two files of a SNAP potential, and an input for LAMMPS builds with the ML-SNAP package. */
import type { ExportRequest, ExportResult } from './export-request.ts';
import { exportOwnStyle } from './own-style.ts';
import { partsWithRepulsion } from './parts.ts';
import { writeSnapFiles } from './snap-files.ts';
import { SNAP_STYLE } from './texts.ts';

/**
 * Writes NAME.snapcoeff, NAME.snapparam, in.check, check.data and README.md. The files hold SNAP, its inner switch included.
 * @throws PotentialError for potentials that are neither SNAP nor its sum with a ZBL repulsion
 */
export async function exportSnap(request: ExportRequest): Promise<ExportResult> {
  const parts = partsWithRepulsion(request.model, 'snap', 'LAMMPS’ SNAP files hold SNAP potentials');
  return await exportOwnStyle(request, parts, SNAP_STYLE, (base) =>
    writeSnapFiles(base, parts.model, request.comments),
  );
}
