/** Writes a potential for other programs. A format is one function in a file of its own and one line here. */
import { exportKim } from './export-kim.ts';
import { exportMlip } from './export-mlip.ts';
import type { ExportRequest, ExportResult } from './export-request.ts';
import { exportPace } from './export-pace.ts';
import { exportSnap } from './export-snap.ts';

const EXPORTERS = { kim: exportKim, mlip: exportMlip, snap: exportSnap, pace: exportPace };

export type ExportFormat = keyof typeof EXPORTERS;

/** Names of the formats. */
export const EXPORT_FORMATS = Object.keys(EXPORTERS) as readonly ExportFormat[];

/**
 * Exports a potential.
 * @throws PotentialError for potentials that the format cannot hold; ExportError; CancelledError
 */
export async function exportPotential(format: ExportFormat, request: ExportRequest): Promise<ExportResult> {
  return await EXPORTERS[format](request);
}
