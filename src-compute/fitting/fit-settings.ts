/** What a fit of a moment tensor potential is asked to do, and what it reports while it runs. */
import type { Handover } from '../potentials/handover.ts';
import type { Determinacy, NormalEquations } from './least-squares.ts';
import type { SearchState } from './auto/choice.ts';
import type { FoldSums } from './uncertainty/held-out.ts';
import type { TrainCheckpoint } from './tensor-regression/train-checkpoint.ts';
import { DEFAULT_WEIGHTS, type FitWeights } from './training-set.ts';

export interface MomentTensorFitSettings {
  readonly species: readonly string[];
  /** Level of the basis, even, 2–26. */
  readonly level: number;
  readonly maximumBodyOrder?: number;
  readonly maximumRank?: number;
  /** Å */
  readonly cutoff: number;
  /** r_min of the radial basis, Å. */
  readonly minimumDistance: number;
  /** Number of Chebyshev polynomials per radial function. */
  readonly radialBasisSize: number;
  readonly weights: FitWeights;
  /** Only the linear coefficients; radial functions stay as they are given or made. */
  readonly linear: boolean;
  /** Relative ridge strength; chosen by cross-validation when absent. */
  readonly ridge?: number;
  readonly seed: number;
  /** Gauss–Newton iterations of the last stage. */
  readonly maximumIterations: number;
  /** Starting points that are tried on a part of the data at a low level. */
  readonly starts: number;
  /** Species whose energy is kept at zero: it is in the baseline (isolated atoms). None when absent. */
  readonly fixedElements?: readonly boolean[];
  /** Energies that elements are expected to have which the data hardly tell apart, eV; NaN for the others. */
  readonly expectedEnergies?: Float64Array;
  /** Where pairs are handed over to a repulsion. */
  readonly handover?: Handover;
  /** Keep the sums of parts of the data, for errors by cross-validation. */
  readonly keepSums?: boolean;
}

export const DEFAULT_FIT_SETTINGS = {
  level: 16,
  cutoff: 5,
  radialBasisSize: 12,
  weights: DEFAULT_WEIGHTS,
  linear: false,
  seed: 1,
  maximumIterations: 60,
  starts: 9,
} as const;

/** Groups that configurations are dealt into: 0 … 7 for training, 8 for validation, 9 for testing. */
export const TRAINING_GROUPS = 8;
export const VALIDATION_GROUP = 8;
export const TEST_GROUP = 9;
export const GROUPS = 10;

/** Parts of the data that errors are judged by: each is held out in turn. */
export const FOLDS = 4;
/**
 * Configurations that are alike may share a part while their groups are dealt one by one, so that a share of the groups
 * is like the whole: such a configuration has the number group + 10 (part + 1). Without, its part is group modulo 4.
 */
const NUMBERS = GROUPS * (FOLDS + 1);

/** @param group 0 … 8 @param part 0 … 3 */
export const withPart = (group: number, part: number): number => group + GROUPS * (part + 1);
/** The group of a configuration's number. */
export const groupOf = (number: number): number => number % GROUPS;
/** The part of a configuration's number. */
export const partOfNumber = (number: number): number =>
  number < GROUPS ? number % FOLDS : Math.floor(number / GROUPS) - 1;
/** Where the sums of every number go. @param slot −1 leaves it out */
export const slotsOf = (slot: (group: number, part: number) => number): Int32Array =>
  Int32Array.from({ length: NUMBERS }, (_, number) => slot(groupOf(number), partOfNumber(number)));

/** One point of the curve of a fit. */
export interface FitPoint {
  /** Passes over the data so far, parts of it counted as parts. */
  readonly passes: number;
  readonly seconds: number;
  readonly stage: 'search' | 'climb' | 'polish';
  /** Starting point of a search, from 1. */
  readonly start?: number;
  readonly level: number;
  /** Objective per training configuration. */
  readonly loss: number;
  readonly validationLoss?: number;
  readonly accepted: boolean;
}

/** One solve of a core of a tensor train; its level is the bond dimension. */
export interface SweepPoint extends Omit<FitPoint, 'stage'> {
  readonly stage: 'sweep';
}

export interface FitProgress {
  /** 0 … 1 */
  readonly fraction: number;
  readonly message: string;
  readonly etaSeconds?: number;
  readonly point?: FitPoint | SweepPoint;
}

/** A starting point in the race: where it is now and how good. */
export interface Runner {
  readonly radialCoefficients: readonly number[];
  /** null before its first iterations */
  readonly loss: number | null;
  /** Number of the starting point, from 1; absent in checkpoints of earlier versions. */
  readonly start?: number | undefined;
}

/** All that is needed to go on after a stop, at most one step back. Plain data, so that JSON keeps it. */
export type FitCheckpoint = FitCheckpointStage & {
  /** Threads that summed: in another number of parts the last bits of a sum differ. */
  readonly threads?: number;
  /** Digest of the data and settings that it belongs to. */
  readonly key?: string;
  /** Settings that were tried before. */
  readonly known?: SearchState;
};

export type FitCheckpointStage =
  /** A search of settings is under way, or done and the fit not begun. */
  | { readonly stage: 'auto' }
  | {
      readonly stage: 'search';
      /** Round of the race and the runner that is next. */
      readonly round: number;
      readonly next: number;
      readonly field: readonly Runner[];
      readonly passes: number;
    }
  | {
      readonly stage: 'climb';
      /** Level that these coefficients are for. */
      readonly level: number;
      readonly radialCoefficients: readonly number[];
      readonly passes: number;
    }
  | PolishCheckpoint
  | TrainCheckpoint;

export interface PolishCheckpoint {
  readonly stage: 'polish';
  readonly level: number;
  readonly radialCoefficients: readonly number[];
  readonly damping: number;
  readonly iteration: number;
  readonly bestValidation: number | null;
  readonly bestRadialCoefficients: readonly number[];
  readonly stale: number;
  readonly passes: number;
  /** Linear coefficients that the derivatives at this point were taken at: with others the next step differs. */
  readonly linearisedAt?: readonly number[];
  /** Steps in a row that gained almost nothing. */
  readonly slow?: number;
}

export interface MomentTensorFitResult {
  readonly radialCoefficients: Float64Array;
  /** e per species, eV. */
  readonly speciesCoefficients: Float64Array;
  /** ξ, eV. */
  readonly momentCoefficients: Float64Array;
  readonly scaling: number;
  readonly ridge: number;
  readonly loss: number;
  readonly iterations: number;
  readonly passes: number;
  readonly determinacy: Determinacy;
  readonly curve: readonly FitPoint[];
  readonly stoppedBecause: string;
  /** Normal equations of linear and radial columns over all data and its four parts (group modulo 4). */
  readonly sums?: FoldSums;
  /** Of the linear coefficients: free energies of elements, then ξ. */
  readonly equations: NormalEquations;
}
