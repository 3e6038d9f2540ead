/** What a fit of a tensor-regression potential is asked to do, and what it gives. */
import type { DenseHead, TensorTrainHead } from '../../potentials/tensor-regression/model.ts';
import type { SweepPoint } from '../fit-settings.ts';
import type { NormalEquations } from '../least-squares.ts';
import type { FitWeights } from '../training-set.ts';
import type { FoldSums } from '../uncertainty/held-out.ts';
import type { FamilySettings } from './families.ts';
import type { LinearPosterior } from './ridge.ts';
import type { TensorPoint } from './tensor-pass.ts';

export interface TensorFitSettings {
  readonly descriptors: FamilySettings;
  readonly mode: 'shared' | 'per-atom';
  /** One per species, or per atom. */
  readonly heads: number;
  /** 1–3 dense; any for a tensor train. */
  readonly rank: number;
  /** χ of a tensor train, or 'auto' to let it grow; dense when absent. */
  readonly bondDimension?: number | 'auto';
  readonly weights: FitWeights;
  /** λ; found when absent. Relative to the columns' norms; 0 is raised to what the arithmetic can solve. */
  readonly ridge?: number;
  readonly ridgeChoice: 'evidence' | 'cross-validation';
  /** π of the descriptors of a linear head, the constant's entry aside; 1 where absent. */
  readonly penalties?: Float64Array;
  /** Keep sums and rows of parts of the data, for errors by cross-validation. */
  readonly keepSums?: boolean;
  /** Of a tensor train: end with the normal equations of its first core, for what is asked of it beside the data. */
  readonly keepCore?: boolean;
  /** Sweeps of a tensor train at most. */
  readonly sweeps: number;
  readonly seed: number;
  /** Whether configurations of the validation group are held back (they serve the choice of χ only). */
  readonly hasValidation: boolean;
}

export interface TensorFitResult {
  /** species × m each; entry 0 of every row is 0 and 1. */
  readonly shift: Float64Array;
  readonly scale: Float64Array;
  /** Of energies less the baseline. */
  readonly head: DenseHead | TensorTrainHead;
  readonly ridge: number;
  /** |t − A x|², without the penalty. */
  readonly loss: number;
  readonly objective: number;
  /** Labels that were used. */
  readonly rows: number;
  readonly configurations: number;
  /** Columns of the (last) linear solve. */
  readonly columns: number;
  /** Σ σ²/(σ² + λ): how many coefficients the data determine against the ridge. */
  readonly degreesOfFreedom: number;
  /** Largest to smallest singular value of the scaled design matrix, as far as the ridge lets it be seen. */
  readonly conditionNumber: number;
  /** Of the coefficients of a dense head; of the last core of a tensor train. */
  readonly posterior: LinearPosterior;
  /** The columns that the posterior is of. */
  readonly point: TensorPoint;
  /** Of the four parts of the data (group modulo 4), or of one of them where there are many columns. */
  readonly sums?: FoldSums;
  /** The first core of a tensor train, in which it is linear: at the end of the fit, in its gauge. */
  readonly core?: {
    readonly point: TensorPoint;
    readonly equations: NormalEquations;
    readonly x: Float64Array;
  };
  /** Normal equations of these columns. */
  readonly equations: NormalEquations;
  readonly passes: number;
  readonly sweeps: number;
  readonly curve: readonly SweepPoint[];
  readonly stoppedBecause: string;
}
