/**
 * Frames of a trajectory that does not fit into memory: the least recently used ones are dropped above a number of
 * bytes, equal requests share one fetch, and playing fetches ahead.
 */
import type { ViewerFrame } from './types.ts';

export class FrameCache {
  private readonly frames = new Map<number, ViewerFrame>();
  private readonly pending = new Map<number, Promise<ViewerFrame>>();
  private bytes = 0;
  private readonly fetchFrame: (index: number) => Promise<ViewerFrame>;
  private readonly maximumBytes: number;

  /**
   * @param fetchFrame gets a frame from wherever it lies
   * @param maximumBytes of kept frames; the newest frame is always kept
   */
  constructor(fetchFrame: (index: number) => Promise<ViewerFrame>, maximumBytes = 256 * 2 ** 20) {
    this.fetchFrame = fetchFrame;
    this.maximumBytes = maximumBytes;
  }

  /** Forgets everything, also what is under way. */
  clear(): void {
    this.frames.clear();
    this.pending.clear();
    this.bytes = 0;
  }

  /** Bytes held now. */
  get size(): number {
    return this.bytes;
  }

  has(index: number): boolean {
    return this.frames.has(index);
  }

  /** A frame, from memory or fetched. A failed fetch is not remembered. */
  get(index: number): Promise<ViewerFrame> {
    const held = this.frames.get(index);
    if (held) {
      // last in the map's order is most recently used
      this.frames.delete(index);
      this.frames.set(index, held);
      return Promise.resolve(held);
    }
    const underway = this.pending.get(index);
    if (underway) return underway;
    const promise = this.fetchFrame(index).then(
      (frame) => {
        if (this.settled(index, promise)) this.keep(index, frame);
        return frame;
      },
      (error: unknown) => {
        this.settled(index, promise);
        throw error;
      },
    );
    this.pending.set(index, promise);
    return promise;
  }

  /** Starts to fetch the next frames in playing order; failures show when the frame itself is asked for. */
  prefetch(index: number, ahead: number, count: number): void {
    for (let k = 1; k <= ahead; k++) {
      if (count > 0) this.get((index + k) % count).catch(() => undefined);
    }
  }

  /** Whether a fetch that ended still counts. */
  private settled(index: number, promise: Promise<ViewerFrame>): boolean {
    return this.pending.get(index) === promise && this.pending.delete(index);
  }

  private keep(index: number, frame: ViewerFrame): void {
    this.frames.set(index, frame);
    this.bytes += frameBytes(frame);
    for (const [oldest, old] of this.frames) {
      if (this.bytes <= this.maximumBytes || oldest === index) break;
      this.frames.delete(oldest);
      this.bytes -= frameBytes(old);
    }
  }
}

function frameBytes(frame: ViewerFrame): number {
  return frame.positions.byteLength + (frame.scalar?.byteLength ?? 0) + frame.cell.byteLength;
}
