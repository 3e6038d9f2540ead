/** What a fit is given, what it tells meanwhile, and what comes out. */
import type { ConfigurationSet } from '../../../src-compute/fitting/data/configuration-set.ts';
import type { FitCheckpoint, FitPoint, FitProgress } from '../../../src-compute/fitting/fit-settings.ts';
import type { Coverage } from '../../../src-compute/fitting/uncertainty/predicted.ts';
import type { Metrics, PotentialDocument, Provenance } from '../../../src-compute/potentials/document.ts';
import type { MomentTensorModel } from '../../../src-compute/potentials/moment-tensor/model.ts';
import type { SearchReport } from './auto/report.ts';
import type { FitRequest } from './fit-request.ts';
import type { RepulsionRecord } from './repulsion.ts';

export interface FitInput {
  readonly name: string;
  readonly train: ConfigurationSet;
  /** Used to decide when to stop, instead of a random share of the training data. */
  readonly validation?: ConfigurationSet;
  readonly test?: ConfigurationSet;
  readonly request: FitRequest;
  /** Files or datasets, for the provenance. */
  readonly data: Provenance['data'];
  /** A potential to start from: its radial functions. */
  readonly initial?: MomentTensorModel;
}

export interface FitOptions {
  readonly signal?: AbortSignal;
  readonly resume?: FitCheckpoint;
  onProgress?(progress: FitProgress): void;
  onCheckpoint?(checkpoint: FitCheckpoint): void;
  /** Sentences for the log. */
  onNote?(sentence: string, level: 'info' | 'warning'): void;
}

export interface FitOutcome {
  readonly document: PotentialDocument;
  readonly parameters: number;
  readonly seconds: number;
  readonly iterations: number;
  readonly train: Metrics;
  readonly test?: Metrics;
  readonly curve: readonly FitPoint[];
  readonly warnings: readonly string[];
  /** Predicted errors against those of the test data. */
  readonly coverage?: Coverage;
  /** How atoms repel; absent without ZBL. */
  readonly repulsion?: RepulsionRecord;
  /** The search of settings before the fit, where there was one. */
  readonly search?: SearchReport;
}
