/** Short messages at the bottom of the window: what was done, what went wrong, with one thing to do about it. */
import { defineStore } from 'pinia';
import { ref } from 'vue';
import { errorWords } from '../host/connection.ts';

export interface Notice {
  readonly id: number;
  readonly kind: 'done' | 'error' | 'info';
  readonly message: string;
  readonly remedy: string;
  readonly action?: NoticeAction;
}

export interface NoticeAction {
  readonly label: string;
  readonly run: () => void;
  /** Stays until it is used, closed, replaced by another one or its page is left: a way back must not run out of time. */
  readonly lasts?: boolean;
}

const SHOWN_MS = { done: 5000, info: 8000, error: 20_000 };

export const useNotices = defineStore('notices', () => {
  const list = ref<Notice[]>([]);
  let last = 0;

  function add(kind: Notice['kind'], message: string, remedy = '', action?: NoticeAction): void {
    const id = ++last;
    // what was done before is old news, but not the way back from it while nothing took its place
    const kept = list.value.filter(
      (notice) => kind !== 'done' || notice.kind !== 'done' || (notice.action?.lasts && !action?.lasts),
    );
    list.value = [...kept.slice(-2), { id, kind, message, remedy, action }];
    if (!action?.lasts) setTimeout(() => dismiss(id), SHOWN_MS[kind]);
  }
  function dismiss(id: number): void {
    list.value = list.value.filter((notice) => notice.id !== id);
  }
  /** The page is left: what is undone from here belongs to it. */
  function leavePage(): void {
    list.value = list.value.filter((notice) => !notice.action?.lasts);
  }
  /** Shows an error in words, and another way where there is one; cancelling is no error. */
  function fail(error: unknown, otherWay?: NoticeAction): void {
    const { message, remedy, cancelled } = errorWords(error);
    if (!cancelled) add('error', message, remedy, otherWay);
  }
  /** Runs a task and shows its error. @returns its result, or undefined when it failed */
  async function attempt<T>(task: () => Promise<T>): Promise<T | undefined> {
    try {
      return await task();
    } catch (error) {
      fail(error);
      return undefined;
    }
  }
  return {
    list,
    dismiss,
    leavePage,
    fail,
    attempt,
    done: (message: string, action?: NoticeAction) => add('done', message, '', action),
    info: (message: string, remedy = '', action?: NoticeAction) => add('info', message, remedy, action),
    failed: (message: string, remedy = '', action?: NoticeAction) => add('error', message, remedy, action),
  };
});
