/**
 * How the calling thread and its workers share work. Messages announce engines; the work itself is handed out through a
 * block of shared words, without messages, so that a step costs microseconds:
 *
 * the calling thread writes engine, phase and number of chunks, opens the phase and wakes the workers; everyone takes
 * chunks from the counter `next` until there are no more; the calling thread closes the phase and waits until `active` is
 * zero. A worker first adds itself to `active` and only then looks whether the phase is open: so either the calling
 * thread waits for it, or it finds the phase closed.
 */
import type { WasmMemory, WasmModule } from '../backends/wasm/runtime.ts';

/** Indices of the shared words. */
export const TEAM = {
  /** Counts phases; workers sleep on it. */
  generation: 0,
  /** 1 while chunks may be taken. */
  open: 1,
  engine: 2,
  phase: 3,
  /** Next chunk to take, and how many there are. */
  next: 4,
  chunks: 5,
  /** Workers that are looking at the present phase. */
  active: 6,
  /** 1 when a worker met an error. */
  failed: 7,
  /** Threads that may take part, the calling one included. */
  limit: 8,
  /** Workers that have started. */
  started: 9,
} as const;

export const TEAM_WORDS = 16;

/** What the calling thread posts to a worker. */
export type WorkerMessage =
  | { readonly type: 'join'; readonly control: SharedArrayBuffer; readonly thread: number }
  | { readonly type: 'engine'; readonly id: number; readonly module: WasmModule; readonly memory: WasmMemory }
  | { readonly type: 'forget'; readonly id: number };

/** A worker, as the host provides it. */
export interface WorkerHandle {
  post(message: WorkerMessage): void;
  terminate(): void;
}

/** Starts a worker that runs `serveTeam` of engine-worker.ts. */
export type SpawnWorker = () => WorkerHandle;
