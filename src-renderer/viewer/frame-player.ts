/** Steps and plays through a trajectory: one frame after the other, never two at once, never faster than asked. */
import { FrameCache } from './frame-cache.ts';
import type { ViewerFrame, ViewerTrajectory } from './types.ts';

/** How many frames are fetched ahead while playing. */
const AHEAD = 3;

export interface FramePlayerActions {
  show(index: number, frame: ViewerFrame): void;
  failed(index: number, error: unknown): void;
  /** Resolves after a number of milliseconds; given in so that tests need no clock. */
  wait(milliseconds: number): Promise<void>;
  now(): number;
  /** The scalar whose numbers frames are to bring. */
  colorKey?(): string | null;
  /** The vectors that frames are to bring. */
  vectorKey?(): string;
}

export class FramePlayer {
  framesPerSecond = 25;
  private readonly cache: FrameCache;
  private readonly count: number;
  private readonly actions: FramePlayerActions;
  private index = 0;
  /** Grows with every wish, so that answers to older ones are dropped. */
  private wish = 0;
  private run = 0;

  constructor(trajectory: ViewerTrajectory, actions: FramePlayerActions, cacheBytes?: number) {
    this.count = trajectory.count;
    this.actions = actions;
    this.cache = new FrameCache(
      (index) => trajectory.frame(index, actions.colorKey?.() ?? null, actions.vectorKey?.()),
      cacheBytes,
    );
  }

  get current(): number {
    return this.index;
  }

  get playing(): boolean {
    return this.run > 0;
  }

  /** Shows a frame; of several wishes in a row only the last is drawn. */
  async seek(index: number): Promise<void> {
    if (this.count === 0) return;
    const target = Math.min(this.count - 1, Math.max(0, Math.round(index)));
    const wish = ++this.wish;
    try {
      const frame = await this.cache.get(target);
      if (wish !== this.wish) return;
      this.index = target;
      this.actions.show(target, frame);
    } catch (error) {
      if (wish === this.wish) this.actions.failed(target, error);
      this.pause();
    }
  }

  /** Fetches the current frame again: atoms are coloured by another scalar. */
  async reload(): Promise<void> {
    this.cache.clear();
    if (!this.playing) await this.seek(this.index);
  }

  /** Plays from the current frame, over and over, until paused. */
  async play(): Promise<void> {
    if (this.count < 2 || this.playing) return;
    const run = (this.run = ++this.wish);
    while (this.run === run) {
      const due = this.actions.now() + 1000 / this.framesPerSecond;
      const next = (this.index + 1) % this.count;
      this.cache.prefetch(next, AHEAD, this.count);
      await this.seekWhilePlaying(next, run);
      await this.actions.wait(Math.max(0, due - this.actions.now()));
    }
  }

  private async seekWhilePlaying(index: number, run: number): Promise<void> {
    try {
      const frame = await this.cache.get(index);
      if (this.run !== run) return;
      this.index = index;
      this.actions.show(index, frame);
    } catch (error) {
      this.pause();
      this.actions.failed(index, error);
    }
  }

  pause(): void {
    this.run = 0;
  }

  dispose(): void {
    this.pause();
    this.wish++;
  }
}
