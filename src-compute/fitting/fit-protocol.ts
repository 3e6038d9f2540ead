/** Messages between a fit and its workers. Workers keep the chunks they are told to keep. */
import type { DesignPoint, DesignSettings } from './design-pass.ts';
import type { GroupSums } from './normal-equations.ts';
import type { PairStore, Predictions, TrainingChunk } from './training-set.ts';

/** What a worker does with chunks for one functional form: sums of design rows, and predictions. */
export interface DataPass<Settings, Point> {
  readonly settings: Settings;
  begin(point: Point, slots: ArrayLike<number>): void;
  /** @returns unweighted rows of the configurations in `sampled`, as row-sample.ts has them */
  add(chunk: TrainingChunk, pairs?: PairStore, sampled?: readonly number[]): Float64Array | undefined;
  end(): Map<number, GroupSums>;
  predict(chunk: TrainingChunk, x: Float64Array, pairs?: PairStore): Predictions;
  energyRows(chunk: TrainingChunk): Float64Array;
}

/** Settings and Point are those of the functional form; by default of moment tensor potentials. */
export type FitRequest<Settings = DesignSettings, Point = DesignPoint> =
  | { readonly kind: 'settings'; readonly settings: Settings }
  | { readonly kind: 'begin'; readonly point: Point; readonly slots: Int32Array }
  /** With a chunk: uses it, and keeps it under its number when told so. Without: uses the one kept. */
  | {
      readonly kind: 'add';
      readonly index: number;
      readonly chunk?: TrainingChunk;
      readonly keep: boolean;
      /** Configurations whose rows come back. */
      readonly sampled?: readonly number[];
    }
  | {
      readonly kind: 'predict';
      readonly index: number;
      readonly chunk?: TrainingChunk;
      readonly keep: boolean;
      readonly x: Float64Array;
    }
  /** Energy rows of configurations that are no part of the data, at the point of the last begin. */
  | { readonly kind: 'rows'; readonly index: number; readonly chunk: TrainingChunk }
  | { readonly kind: 'end' };

export type FitReply =
  | { readonly kind: 'added'; readonly index: number; readonly rows?: Float64Array }
  | { readonly kind: 'sums'; readonly slots: ReadonlyMap<number, GroupSums> }
  | { readonly kind: 'rows'; readonly index: number; readonly rows: Float64Array }
  | { readonly kind: 'predicted'; readonly index: number; readonly predictions: Predictions }
  | { readonly kind: 'failed'; readonly message: string; readonly remedy: string };

/** One end of a connection to a worker. */
export interface FitChannel<Settings = DesignSettings, Point = DesignPoint> {
  post(message: FitRequest<Settings, Point>): void;
  /** Replaces the listeners. */
  listen(onReply: (reply: FitReply) => void, onError: (error: unknown) => void): void;
  terminate(): void;
}
