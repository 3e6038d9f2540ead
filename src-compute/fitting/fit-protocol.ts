/** Messages between a fit and its workers. Workers keep the chunks they are told to keep. */
import type { DesignPoint, DesignSettings, Predictions } from './design-pass.ts';
import type { GroupSums } from './normal-equations.ts';
import type { TrainingChunk } from './training-set.ts';

export type FitRequest =
  | { readonly kind: 'settings'; readonly settings: DesignSettings }
  | { readonly kind: 'begin'; readonly point: DesignPoint; readonly slots: Int32Array }
  /** With a chunk: uses it, and keeps it under its number when told so. Without: uses the one kept. */
  | { readonly kind: 'add'; readonly index: number; readonly chunk?: TrainingChunk; readonly keep: boolean }
  | {
      readonly kind: 'predict';
      readonly index: number;
      readonly chunk?: TrainingChunk;
      readonly keep: boolean;
      readonly x: Float64Array;
    }
  | { readonly kind: 'end' };

export type FitReply =
  | { readonly kind: 'added'; readonly index: number }
  | { readonly kind: 'sums'; readonly slots: ReadonlyMap<number, GroupSums> }
  | { readonly kind: 'predicted'; readonly index: number; readonly predictions: Predictions }
  | { readonly kind: 'failed'; readonly message: string; readonly remedy: string };

/** One end of a connection to a worker. */
export interface FitChannel {
  post(message: FitRequest): void;
  /** Replaces the listeners. */
  listen(onReply: (reply: FitReply) => void, onError: (error: unknown) => void): void;
  terminate(): void;
}
