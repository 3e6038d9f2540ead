/** The calling thread's side of its workers: see protocol.ts. */
import { BackendError } from '../errors.ts';
import type { WasmMemory, WasmModule } from '../backends/wasm/runtime.ts';
import { MOST_THREADS, TEAM, TEAM_WORDS } from './protocol.ts';
import type { SpawnWorker, WorkerHandle, WorkerMessage } from './protocol.ts';

/** Rounds of looking before the calling thread goes to sleep. */
const SPINS = 2000;
/** How long it sleeps before it looks again, and whether those it waits for still live, ms. */
const NAP = 10;

export class WorkerTeam {
  private readonly control = new Int32Array(new SharedArrayBuffer(4 * TEAM_WORDS));
  /** By thread; a place stays empty when its worker has died. */
  private readonly workers: (WorkerHandle | undefined)[] = [];
  private readonly engines = new Map<number, WorkerMessage>();
  private readonly spawn: SpawnWorker;
  private nextEngine = 1;

  constructor(spawn: SpawnWorker) {
    this.spawn = spawn;
  }

  /** Makes sure that there are so many threads, the calling one included. They start in their own time. */
  require(threads: number): void {
    while (this.workers.length + 1 < Math.min(threads, MOST_THREADS)) {
      const worker = this.spawn();
      this.workers.push(worker);
      for (const message of this.engines.values()) worker.post(message);
      worker.post({ type: 'join', control: this.control.buffer, thread: this.workers.length });
    }
  }

  /** Announces an engine; gives the number to call it by. */
  addEngine(module: WasmModule, memory: WasmMemory): number {
    const id = this.nextEngine++;
    const message: WorkerMessage = { type: 'engine', id, module, memory };
    this.engines.set(id, message);
    for (const worker of this.workers) worker?.post(message);
    return id;
  }

  removeEngine(id: number): void {
    if (!this.engines.delete(id)) return;
    for (const worker of this.workers) worker?.post({ type: 'forget', id });
  }

  /** Workers that have started so far. */
  get started(): number {
    return Atomics.load(this.control, TEAM.started);
  }

  /**
   * Computes chunks 0 … chunks − 1 on this thread and on every worker that is free. Workers that have not started yet
   * or have not heard of the engine are not waited for.
   * @param limit threads that may take part, this one included
   * @returns false when a worker failed (it has said why on the console) or died: some chunks are missing then
   */
  attempt(
    engine: number,
    phase: number,
    chunks: number,
    limit: number,
    runChunk: (chunk: number) => void,
  ): boolean {
    const { control } = this;
    Atomics.store(control, TEAM.engine, engine);
    Atomics.store(control, TEAM.phase, phase);
    Atomics.store(control, TEAM.chunks, chunks);
    Atomics.store(control, TEAM.limit, limit);
    Atomics.store(control, TEAM.next, 0);
    Atomics.store(control, TEAM.failed, 0);
    Atomics.store(control, TEAM.open, 1);
    Atomics.add(control, TEAM.generation, 1);
    Atomics.notify(control, TEAM.generation);
    try {
      for (;;) {
        const chunk = Atomics.add(control, TEAM.next, 1);
        if (chunk >= chunks) break;
        runChunk(chunk);
      }
    } finally {
      // also when this thread failed: nobody may write to the memory any more
      Atomics.store(control, TEAM.next, chunks);
      Atomics.store(control, TEAM.open, 0);
      this.waitForWorkers();
    }
    return Atomics.load(control, TEAM.failed) === 0;
  }

  /**
   * As `attempt`, for work that cannot be done again.
   * @throws BackendError when a worker failed
   */
  run(engine: number, phase: number, chunks: number, limit: number, runChunk: (chunk: number) => void): void {
    if (this.attempt(engine, phase, chunks, limit, runChunk)) return;
    throw new BackendError('A worker thread failed in the middle of a calculation.', {
      remedy: 'Compute with --threads 1, and report the message above.',
    });
  }

  /** Until no worker that lives looks at the phase any more. */
  private waitForWorkers(): void {
    const { control } = this;
    for (let spin = 0; ; spin++) {
      const left = Atomics.load(control, TEAM.left);
      if (!this.anyoneBusy()) return;
      if (spin <= SPINS) continue;
      if (Atomics.wait(control, TEAM.left, left, NAP) === 'timed-out') this.buryTheDead();
    }
  }

  private anyoneBusy(): boolean {
    for (let thread = 1; thread <= this.workers.length; thread++) {
      if (Atomics.load(this.control, TEAM.busy + thread) !== 0) return true;
    }
    return false;
  }

  /** Does without workers that died in the middle of a chunk: what they had taken is missing. */
  private buryTheDead(): void {
    this.workers.forEach((worker, k) => {
      if (worker === undefined || Atomics.load(this.control, TEAM.busy + k + 1) === 0) return;
      if (worker.alive?.() ?? true) return;
      this.workers[k] = undefined;
      Atomics.store(this.control, TEAM.failed, 1);
      Atomics.store(this.control, TEAM.busy + k + 1, 0);
    });
  }

  /** Ends all workers. */
  dispose(): void {
    for (const worker of this.workers) worker?.terminate();
    this.workers.length = 0;
    this.engines.clear();
  }
}

let defaultSpawn: SpawnWorker | undefined;
let defaultTeam: WorkerTeam | undefined;

/** Says how this host starts workers; without it everything runs on the calling thread. */
export function provideWorkers(spawn: SpawnWorker): void {
  defaultSpawn = spawn;
}

/** The team of this thread, shared by all its engines; undefined where the host provides no workers. */
export function sharedTeam(): WorkerTeam | undefined {
  if (!defaultTeam && defaultSpawn) defaultTeam = new WorkerTeam(defaultSpawn);
  return defaultTeam;
}

/** Ends the workers of this thread; the next engine with several threads starts new ones. */
export function dismissWorkers(): void {
  defaultTeam?.dispose();
  defaultTeam = undefined;
}
