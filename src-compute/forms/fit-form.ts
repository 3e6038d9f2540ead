/**
 * What a functional form brings along so that it can be fitted: words, settings, a forecast, and a plan that turns a survey
 * of the data into a fitted term. Everything around it – dealing out the data, threads, the search for holes, errors and
 * their prediction, provenance – is the same for every form (src-main/services/fit/run-fit.ts).
 */
import type { z } from 'zod';
import type { ConfigurationSet } from '../fitting/data/configuration-set.ts';
import type { ReferenceEnergies } from '../fitting/data/reference-energies.ts';
import type { TrainingSurvey } from '../fitting/data/survey.ts';
import type { FitPool } from '../fitting/fit-pool.ts';
import type { FitCheckpoint, FitCheckpointStage, FitPoint, FitProgress } from '../fitting/fit-settings.ts';
import type { NormalEquations } from '../fitting/least-squares.ts';
import type { LinearModel } from '../fitting/repulsion/forbid-holes.ts';
import type { RepulsionRadii } from '../fitting/repulsion/radii.ts';
import type { Predictions } from '../fitting/training-set.ts';
import type { FoldSums } from '../fitting/uncertainty/held-out.ts';
import type { Provenance } from '../potentials/provenance.ts';
import type { MomentTensorModel } from '../potentials/moment-tensor/model.ts';
import type { PotentialModelBase } from '../potentials/potential.ts';
import type { CommonFitRequest } from './common-settings.ts';

/** What a plan is made from. */
export interface FitData<Request> {
  readonly request: Request;
  readonly train: ConfigurationSet;
  /** Training, validation and test data, one after the other. */
  readonly all: ConfigurationSet;
  readonly survey: TrainingSurvey;
  /** r_min of radial functions: as asked for, or just below the shortest distance of the data, Å. */
  readonly minimumDistance: number;
  readonly references: ReferenceEnergies;
  /** Where pairs are handed over to a repulsion; undefined without one. */
  readonly radii: RepulsionRadii | undefined;
  /** A potential to start from. */
  readonly initial: MomentTensorModel | undefined;
}

export interface FitRun {
  /** Opens the workers of the fit; they end with it. */
  open<Settings, Point>(pass: FitPassName): FitPool<Settings, Point>;
  readonly hasValidation: boolean;
  readonly resume: FitCheckpoint | undefined;
  onProgress?(progress: FitProgress): void;
  onCheckpoint?(checkpoint: FitCheckpointStage): void;
}

/** What workers do with the data: design rows of moment tensors, or of polynomials in descriptors; objectives of ACE. */
export type FitPassName = 'moment-tensor' | 'descriptors' | 'ace-parameters';

/** What is known before the fit runs. */
export interface FitPlan<Model extends PotentialModelBase> {
  /** Sentences for the log. */
  readonly notes: readonly string[];
  /** Energies per species that are taken off the labels, eV. */
  readonly baseline: Float64Array;
  /** @throws FitError, CancelledError */
  run(run: FitRun): Promise<FittedForm<Model>>;
}

/** The linear problem of a fit as the search for holes sees it. */
export interface SearchedModel {
  readonly equations: NormalEquations;
  readonly x: Float64Array;
  readonly rows: LinearModel['rows'];
  /** Energies per species that were taken off the data, eV. */
  readonly baseline: Float64Array;
  /** Energies of isolated atoms that are to be kept and are not by the form itself; NaN elsewhere. */
  readonly isolated: Float64Array;
  /** Highest power of sums over neighbours in the form. */
  readonly degree: number;
}

/** What a fit has found. */
export interface FittedForm<Model extends PotentialModelBase> {
  /** Undefined where no search for holes is possible. */
  readonly searched: SearchedModel | undefined;
  readonly sums: FoldSums | undefined;
  readonly iterations: number;
  readonly curve: readonly FitPoint[];
  /** What is to be warned of. */
  readonly warnings: readonly string[];
  /** Why it was not searched for holes, where that is the form's own reason. */
  readonly notSearched?: string;
  /** Settings as they were taken, for the provenance. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** What the fit found out, for the provenance, in its order; `rest` goes to the end. */
  readonly report: Provenance['report'];
  /**
   * The term with the linear coefficients of the search for holes, or its own.
   * @param x of `searched`
   */
  finish(x: Float64Array | undefined): FittedTerm<Model>;
}

export interface FittedTerm<Model extends PotentialModelBase> {
  readonly term: Model;
  /** Predicts all the data, less the baseline. */
  predict(onChunk: (index: number, predictions: Predictions) => void): Promise<void>;
}

/** A dataset as far as a forecast needs it. */
export interface FitDataSize {
  readonly configurations: number;
  readonly atoms: number;
  readonly species: readonly string[];
  readonly withForces: number;
  readonly withVirial: number;
}

/** Columns and work of a fit, counted before it is started. */
export interface FitForecast {
  /** Linear coefficients, energies per element included. */
  readonly linear: number;
  /** Coefficients of radial functions. */
  readonly radial: number;
  /** Columns of the normal equations that are held at once. */
  readonly solved: number;
  /** Sizes of a descriptor vector, as data and choices give them. */
  readonly descriptors: EstimatedDescriptors | null;
  /** s of one quiet core, without the start: what threads share, and what one of them does alone. */
  readonly work: { readonly shared: number; readonly alone: number };
  /** Fits that take their time in the same way. */
  readonly kind: string;
}

/** Sizes of a descriptor vector. */
export interface EstimatedDescriptors {
  /** m */
  readonly size: number;
  readonly radialSize?: number;
  readonly angularSize?: number;
  readonly angularRadial?: number;
}

/** Labels of a dataset: energies, force components, virial components. */
export function labelCount(size: FitDataSize): number {
  const { configurations, atoms, withForces, withVirial } = size;
  return configurations + (3 * atoms * withForces + 6 * configurations * withVirial) / configurations;
}

/** What is said of a form that can be fitted, whatever is asked of it. */
export interface FitFormWords {
  /** What `fit --model` calls it. */
  readonly tag: string;
  /** What the window's switch calls it. */
  readonly title: string;
  /** Lines of --help. */
  readonly help: readonly string[];
  readonly settings: z.ZodObject;
  /** What is safer where the labels are few, for a sentence. */
  readonly smaller: string;
}

/** A form that can be fitted. */
export interface FitForm<
  Request extends CommonFitRequest,
  Model extends PotentialModelBase,
> extends FitFormWords {
  /** What a potential is called when nobody names it: 'MTP 16' after the name of its data. */
  name(request: Request): string;
  /** What was fitted, in words: 'moment tensor potential, level 16'. */
  words(request: Request): string;
  /** Whether a share of the data is held back to decide when to stop. */
  stopsEarly(request: Request): boolean;
  forecast(request: Request, size: FitDataSize): FitForecast;
  /** @throws FitError, PotentialError */
  plan(data: FitData<Request>): FitPlan<Model>;
}
