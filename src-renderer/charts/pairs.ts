/** Where questions about pairs are answered: small sets at once in the window, large ones in a worker. */
import { onScopeDispose, watch } from 'vue';
import {
  askPairs,
  PairAnalysis,
  type PairAnswer,
  type PairArguments,
  type PairColumns,
  type PairQuestion,
} from './pair-analysis.ts';
import type { PairReply, PairRequest } from './pair-worker.ts';

/** Below this many pairs a pass takes a millisecond or two. */
const IN_PLACE = 40_000;

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/** The one worker of all plots, started when a large set comes. */
class PairWorker {
  private worker: Worker | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private count = 0;

  load(columns: PairColumns): number {
    const set = ++this.count;
    // copies are handed over: a view would take the whole buffer behind it along
    const [reference, predicted] = [new Float64Array(columns.reference), new Float64Array(columns.predicted)];
    const groups = columns.groups && new Int32Array(columns.groups);
    const buffers = [reference.buffer, predicted.buffer, ...(groups ? [groups.buffer] : [])];
    const { groupCount } = columns;
    this.send({ kind: 'load', set, columns: { reference, predicted, groups, groupCount } }, buffers);
    return set;
  }

  drop(set: number): void {
    this.send({ kind: 'drop', set });
  }

  ask(set: number, question: PairQuestion, given: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = ++this.count;
      this.waiting.set(id, { resolve, reject });
      this.send({ kind: 'ask', set, id, question, given });
    });
  }

  private send(request: PairRequest, transfer: ArrayBuffer[] = []): void {
    this.start().postMessage(request, transfer);
  }

  private start(): Worker {
    if (this.worker) return this.worker;
    const worker = new Worker(new URL('./pair-worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = (event: MessageEvent<PairReply>) => {
      const { id, answer, error } = event.data;
      const waiting = this.waiting.get(id);
      this.waiting.delete(id);
      if (error === undefined) waiting?.resolve(answer);
      else waiting?.reject(new Error(error));
    };
    worker.onerror = (event) => {
      const error = new Error(event.message || 'The counting of points stopped.');
      for (const { reject } of this.waiting.values()) reject(error);
      this.waiting.clear();
    };
    return (this.worker = worker);
  }
}

let shared: PairWorker | undefined;

/** Answers questions about one set of pairs. */
export interface Pairs {
  /** The answer, or undefined when the set was replaced meanwhile. */
  ask<Q extends PairQuestion>(question: Q, ...given: PairArguments<Q>): Promise<PairAnswer<Q> | undefined>;
}

/**
 * Pairs for as long as a component lives.
 * @param columns the pairs; when they change, answers about the earlier ones come to nothing
 * @param changed called when there are new pairs to ask about, and at the start
 */
export function usePairs(columns: () => PairColumns, changed: () => void): Pairs {
  let local: PairAnalysis | undefined;
  let set: number | undefined;
  let generation = 0;

  function release(): void {
    if (set !== undefined) shared?.drop(set);
    set = local = undefined;
    generation++;
  }

  const pairs: Pairs = {
    async ask<Q extends PairQuestion>(question: Q, ...given: PairArguments<Q>) {
      const mine = generation;
      const answer = local
        ? askPairs(local, question, given)
        : set === undefined
          ? undefined
          : await shared?.ask(set, question, given);
      // the worker answers what it was asked: PairAnalysis on both sides
      return mine === generation ? (answer as PairAnswer<Q> | undefined) : undefined;
    },
  };

  watch(
    columns,
    (now) => {
      release();
      if (now.reference.length <= IN_PLACE) local = new PairAnalysis(now);
      else set = (shared ??= new PairWorker()).load(now);
      // the caller has not got its `Pairs` yet when this is called for the first time
      queueMicrotask(changed);
    },
    { immediate: true },
  );
  onScopeDispose(release);
  return pairs;
}

/**
 * Does one piece of work at a time; of the calls that come meanwhile only the newest is done, so that a drag that asks
 * faster than answers come stays close behind the pointer.
 */
export function newestOnly<Given extends unknown[]>(
  work: (...given: Given) => Promise<void>,
): (...given: Given) => void {
  let running = false;
  let next: Given | undefined;
  const loop = async () => {
    while (next) {
      const now = next;
      next = undefined;
      await work(...now);
    }
  };
  return function start(...given: Given): void {
    next = given;
    if (running) return;
    running = true;
    void loop().finally(() => (running = false));
  };
}
