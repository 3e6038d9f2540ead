/**
 * Events on their way to a page that may be slower than the jobs: what is newer replaces what it makes pointless, so
 * that the queue never grows with time.
 */
import type { JobEvent } from '../services/jobs/runner.ts';

/** What happens while a window is open. */
export type WorkspaceEvent =
  | { readonly type: 'project' }
  /** Something in the project changed: lists are to be read again. */
  | { readonly type: 'changed' }
  | JobEvent;

/** Lines of logs that wait at most; older ones are read again from the project. */
const MOST_LOG_LINES = 500;

export class EventQueue {
  private readonly events = new Map<string, WorkspaceEvent>();
  private readonly logs: string[] = [];
  private count = 0;

  get size(): number {
    return this.events.size;
  }

  /** Adds an event; progress of a job replaces its last one, lists are read again once. */
  push(event: WorkspaceEvent): void {
    const key = this.keyOf(event);
    // the newest goes to the end: an end must not come before the progress it ends
    this.events.delete(key);
    this.events.set(key, event);
    if (event.type !== 'log') return;
    this.logs.push(key);
    if (this.logs.length <= MOST_LOG_LINES) return;
    this.events.delete(this.logs.shift() ?? '');
    if (!this.events.has('changed')) this.events.set('changed', { type: 'changed' });
  }

  /** Everything that waits, in order; the queue is empty afterwards. */
  take(): WorkspaceEvent[] {
    const events = [...this.events.values()];
    this.events.clear();
    this.logs.length = 0;
    return events;
  }

  private keyOf(event: WorkspaceEvent): string {
    if (event.type === 'project' || event.type === 'changed') return event.type;
    if (event.type === 'log') return `log ${++this.count}`;
    return `${event.type} ${event.jobId}`;
  }
}
