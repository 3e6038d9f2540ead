/** Short messages at the bottom of the window: what was done, what went wrong, with one thing to do about it. */
import { defineStore } from 'pinia';
import { ref } from 'vue';
import { errorWords } from '../host/connection.ts';

export interface Notice {
  readonly id: number;
  readonly kind: 'done' | 'error' | 'info';
  readonly message: string;
  readonly remedy: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

const SHOWN_MS = { done: 5000, info: 8000, error: 20_000 };

export const useNotices = defineStore('notices', () => {
  const list = ref<Notice[]>([]);
  let last = 0;

  function add(kind: Notice['kind'], message: string, remedy = '', action?: Notice['action']): void {
    const id = ++last;
    // what was done before is old news
    const kept = kind === 'done' ? list.value.filter((notice) => notice.kind !== 'done') : list.value;
    list.value = [...kept.slice(-2), { id, kind, message, remedy, action }];
    setTimeout(() => dismiss(id), SHOWN_MS[kind]);
  }
  function dismiss(id: number): void {
    list.value = list.value.filter((notice) => notice.id !== id);
  }
  /** Shows an error in words, and another way where there is one; cancelling is no error. */
  function fail(error: unknown, otherWay?: Notice['action']): void {
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
    fail,
    attempt,
    done: (message: string, action?: Notice['action']) => add('done', message, '', action),
    info: (message: string, remedy = '', action?: Notice['action']) => add('info', message, remedy, action),
    failed: (message: string, remedy = '', action?: Notice['action']) =>
      add('error', message, remedy, action),
  };
});
