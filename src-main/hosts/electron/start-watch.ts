/** Watches that a start comes to a window. */
import { reportStart, startLimit } from '../start-report.ts';

/** One start: it ends with a window, or with a sentence that says why there is none. */
export class StartWatch {
  private state: 'waiting' | 'shown' | 'failed' = 'waiting';
  private readonly timer: NodeJS.Timeout;
  private readonly giveUp: (reason: string) => void;

  /** @param giveUp called once when there is no window; gets a sentence without its full stop */
  constructor(giveUp: (reason: string) => void, seconds = startLimit()) {
    this.giveUp = giveUp;
    this.timer = setTimeout(() => this.failed(`No window opened within ${seconds} seconds`), 1000 * seconds);
  }

  /** A window is there. @returns false when it comes too late: the browser has been opened already */
  shown(): boolean {
    clearTimeout(this.timer);
    if (this.state === 'waiting') {
      this.state = 'shown';
      reportStart('window');
    }
    return this.state === 'shown';
  }

  /** There will be no window. Does nothing once there was one. */
  failed(reason: string): void {
    clearTimeout(this.timer);
    if (this.state !== 'waiting') return;
    this.state = 'failed';
    this.giveUp(reason);
  }
}
