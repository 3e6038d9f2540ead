/** What a relaxation is asked for, and what comes of it. */
import type { Configuration } from '../structure/configuration.ts';
import type { SymmetryOperation } from '../structure/symmetry.ts';

/** Ways to the minimum. */
export const RELAXATION_METHODS = ['lbfgs', 'fire'] as const;
export type RelaxationMethod = (typeof RELAXATION_METHODS)[number];

export interface RelaxationSettings {
  /** Default: lbfgs, preconditioned. */
  readonly method?: RelaxationMethod;
  /**
   * Which components of the cell's deformation D may change, 9, row-major (a symmetric choice keeps D symmetric, so that
   * the crystal does not turn), or `isotropic`: the cell keeps its shape. The cell stays when absent.
   */
  readonly cell?: readonly boolean[] | 'isotropic';
  /** GPa; positive presses. */
  readonly pressure?: number;
  /** Components of positions that stay, 3N of 0 and 1; all may move when absent. */
  readonly fixed?: Uint8Array;
  /** Operations of the crystal that are kept: forces and stresses are averaged over them. */
  readonly symmetry?: readonly SymmetryOperation[];
  /** Largest force on an atom at the end, eV/Å; also of (W − PV)/N, eV. Default 1e-4. */
  readonly tolerance?: number;
  /** Steps at most. Default 2000. */
  readonly steps?: number;
  readonly signal?: AbortSignal;
  /** Called after each step. */
  readonly onStep?: (step: RelaxationStep) => void;
}

/** Where a relaxation is. */
export interface RelaxationStep {
  readonly step: number;
  /** E + PV, eV */
  readonly energy: number;
  /** Largest force on an atom, eV/Å. */
  readonly largestForce: number;
  /** Largest component of (W − PV)/N, eV; 0 with a fixed cell. */
  readonly largestStress: number;
  readonly positions: Float64Array;
  readonly cell: Float64Array;
}

/** Why a relaxation ended. */
export type RelaxationEnd = 'converged' | 'steps' | 'stalled';

export interface RelaxationResult {
  readonly configuration: Configuration;
  /** eV, without PV */
  readonly energy: number;
  /** W, eV */
  readonly virial: Float64Array;
  readonly steps: number;
  /** How often energy and forces were computed. */
  readonly evaluations: number;
  readonly converged: boolean;
  /** `stalled`: neither energy nor forces fall any more, as where the forces are no derivatives of the energy. */
  readonly end: RelaxationEnd;
  /** Largest force on an atom that may move, eV/Å. */
  readonly largestForce: number;
}

/** All nine components. */
export const FULL_CELL: readonly boolean[] = new Array<boolean>(9).fill(true);
