/**
 * Passes over the training data on several workers. Chunks are dealt out by number, always in the same way, and
 * partial sums are added in the order of the workers: results repeat to the bit for a number of workers.
 */
import { CancelledError, FitError } from '../errors.ts';
import type { DesignPoint, DesignSettings } from './design-pass.ts';
import type { FitChannel, FitReply } from './fit-protocol.ts';
import { addGroups, type GroupSums } from './normal-equations.ts';
import type { PassSamples } from './row-sample.ts';
import type { Predictions, TrainingChunk, TrainingSource } from './training-set.ts';

/** Data up to this many atoms stay in the workers, neighbours included (1–3 kB an atom); larger sets stream. */
const ATOMS_TO_KEEP = 150_000;
/** Chunks under way to one worker. */
const WINDOW = 3;

/** Settings and Point are those of the functional form; by default of moment tensor potentials. */
export class FitPool<Settings = DesignSettings, Point = DesignPoint> {
  private readonly channels: readonly FitChannel<Settings, Point>[];
  readonly source: TrainingSource;
  private readonly keep: boolean;
  private readonly sent = new Set<number>();
  private readonly signal: AbortSignal | undefined;

  constructor(
    channels: readonly FitChannel<Settings, Point>[],
    source: TrainingSource,
    signal?: AbortSignal,
  ) {
    this.channels = channels;
    this.source = source;
    this.keep = source.atomCount <= ATOMS_TO_KEEP;
    this.signal = signal;
  }

  get workers(): number {
    return this.channels.length;
  }

  /** Changes the functional form (level, radial basis). */
  configure(settings: Settings): void {
    for (const channel of this.channels) channel.post({ kind: 'settings', settings });
  }

  /**
   * One pass over the data.
   * @param slots where each group of configurations is summed; −1 leaves it out
   * @param samples configurations whose rows are kept
   * @returns sums by slot
   * @throws CancelledError when the signal is raised
   */
  async pass(
    point: Point,
    slots: Int32Array,
    onFraction?: (fraction: number) => void,
    samples?: PassSamples,
  ): Promise<Map<number, GroupSums>> {
    let done = 0;
    const partial = await Promise.all(
      this.channels.map((channel, worker) =>
        this.serve(channel, worker, {
          begin: () => channel.post({ kind: 'begin', point, slots }),
          send: async (index) =>
            channel.post({
              kind: 'add',
              index,
              keep: this.keep,
              chunk: await this.chunkToSend(index),
              ...(samples && { sampled: samples.of(index) }),
            }),
          onReply: (reply) => {
            if (reply.kind !== 'added') return;
            if (reply.rows) samples?.take(reply.index, reply.rows);
            onFraction?.(++done / this.source.chunkCount);
          },
          end: true,
        }),
      ),
    );
    const result = new Map<number, GroupSums>();
    for (const slot of new Set([...slots].filter((s) => s >= 0))) {
      const parts = partial.map((sums) => sums?.get(slot)).filter((sums) => sums !== undefined);
      if (parts.length > 0) result.set(slot, addGroups(parts));
    }
    return result;
  }

  /** Predictions of the linear model x at given radial coefficients, chunk by chunk in any order. */
  async predict(
    point: Point,
    x: Float64Array,
    onChunk: (index: number, predictions: Predictions) => void,
  ): Promise<void> {
    await Promise.all(
      this.channels.map((channel, worker) =>
        this.serve(channel, worker, {
          begin: () => channel.post({ kind: 'begin', point, slots: new Int32Array(0) }),
          send: async (index) =>
            channel.post({
              kind: 'predict',
              index,
              keep: this.keep,
              x,
              chunk: await this.chunkToSend(index),
            }),
          onReply: (reply) => {
            if (reply.kind === 'predicted') onChunk(reply.index, reply.predictions);
          },
          end: false,
        }),
      ),
    );
  }

  /**
   * Energy rows of configurations that are no part of the data.
   * @returns one list per chunk, configurations × columns
   */
  async energyRows(point: Point, chunks: readonly TrainingChunk[]): Promise<Float64Array[]> {
    const result = new Array<Float64Array>(chunks.length);
    await Promise.all(
      this.channels.map((channel, worker) =>
        this.serve(
          channel,
          worker,
          {
            begin: () => channel.post({ kind: 'begin', point, slots: new Int32Array(0) }),
            send: (index) => {
              channel.post({ kind: 'rows', index, chunk: chunks[index] });
              return Promise.resolve();
            },
            onReply: (reply) => {
              if (reply.kind === 'rows') result[reply.index] = reply.rows;
            },
            end: false,
          },
          chunks.length,
        ),
      ),
    );
    return result;
  }

  dispose(): void {
    for (const channel of this.channels) channel.terminate();
  }

  private async chunkToSend(index: number) {
    if (this.keep && this.sent.has(index)) return undefined;
    this.sent.add(index);
    return await this.source.chunk(index);
  }

  /** Feeds one worker its share, a few chunks ahead, and collects what it answers. */
  private serve(
    channel: FitChannel<Settings, Point>,
    worker: number,
    work: {
      begin: () => void;
      send: (index: number) => Promise<void>;
      onReply: (reply: FitReply) => void;
      end: boolean;
    },
    count = this.source.chunkCount,
  ): Promise<ReadonlyMap<number, GroupSums> | undefined> {
    return new Promise((resolve, reject) => {
      let next = worker;
      let open = 0;
      let ended = false;
      const fail = (error: unknown): void => {
        reject(
          error instanceof Error ? error : new FitError(`A worker of the fit stopped: ${String(error)}.`),
        );
      };
      const advance = (): void => {
        if (this.signal?.aborted) {
          reject(new CancelledError());
          return;
        }
        for (; open < WINDOW && next < count; next += this.channels.length) {
          open++;
          work.send(next).catch(fail);
        }
        if (open === 0 && !ended) {
          ended = true;
          if (work.end) channel.post({ kind: 'end' });
          else resolve(undefined);
        }
      };
      channel.listen((reply) => {
        if (reply.kind === 'failed') {
          reject(new FitError(reply.message, { remedy: reply.remedy }));
          return;
        }
        work.onReply(reply);
        if (reply.kind === 'sums') {
          resolve(reply.slots);
          return;
        }
        open--;
        advance();
      }, fail);
      work.begin();
      advance();
    });
  }
}
