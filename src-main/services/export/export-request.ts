/** What an export is asked for, and what it made. */
import type { PotentialModelBase } from '../../../src-compute/potentials/potential.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';

export interface ExportRequest {
  readonly model: PotentialModelBase;
  /** Name of the potential; made into a name that the format allows. */
  readonly name: string;
  /** Folder to write to; made when it is missing. */
  readonly out: string;
  /** Provenance and error table, one line each. */
  readonly comments: readonly string[];
  /** Structure of the ready input; a crystal with the potential's species where absent. */
  readonly structure?: Configuration;
  /** Whether to build where the tools are there; true where absent. */
  readonly build?: boolean;
  /** Path of the LAMMPS to try the result in. */
  readonly lammps?: string;
  readonly signal?: AbortSignal;
}

export interface ExportResult {
  /** Name as it was used. */
  readonly name: string;
  /** Files, relative to the folder. */
  readonly files: readonly string[];
  readonly built: boolean;
  /** Comparison with this program where the result was run. */
  readonly tested:
    | { readonly lammps: string; readonly energyDifference: number; readonly forceDifference: number }
    | undefined;
  /** What was not done and why, as sentences. */
  readonly notes: readonly string[];
}
