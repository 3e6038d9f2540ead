/**
 * How the calling thread and its workers share work. Messages announce engines; the work itself is handed out through a
 * block of shared words, without messages, so that a step costs microseconds:
 *
 * the calling thread writes engine, phase and number of chunks, opens the phase and wakes the workers; everyone takes
 * chunks from the counter `next` until there are no more; the calling thread closes the phase and waits until nobody is
 * busy. A worker first says that it is busy and only then looks whether the phase is open: so either the calling thread
 * waits for it, or it finds the phase closed. A worker that dies in the middle of a chunk stays busy for ever: the
 * calling thread asks the host whether it still lives, and does without it.
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
  /** Counts workers that leave a phase; the calling thread sleeps on it. */
  left: 6,
  /** 1 when a worker met an error. */
  failed: 7,
  /** Threads that may take part, the calling one included. */
  limit: 8,
  /** Workers that have started. */
  started: 9,
  /** From here on one word per thread: 1 while it looks at the present phase. */
  busy: 16,
} as const;

/** Threads a team may have, the calling one included. */
export const MOST_THREADS = 1024;

export const TEAM_WORDS = TEAM.busy + MOST_THREADS;

/** What the calling thread posts to a worker. */
export type WorkerMessage =
  | { readonly type: 'join'; readonly control: SharedArrayBuffer; readonly thread: number }
  | { readonly type: 'engine'; readonly id: number; readonly module: WasmModule; readonly memory: WasmMemory }
  | { readonly type: 'forget'; readonly id: number };

/** A worker, as the host provides it. */
export interface WorkerHandle {
  post(message: WorkerMessage): void;
  terminate(): void;
  /**
   * Whether a thread that had begun to work still runs, told at once, not by an event: the calling thread asks while it
   * waits for chunks and lets no events in. A host that cannot tell leaves it out.
   */
  readonly alive?: () => boolean;
}

/** Starts a worker that runs `serveTeam` of engine-worker.ts. */
export type SpawnWorker = () => WorkerHandle;
