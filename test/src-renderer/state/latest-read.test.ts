/** Readings of lists: an old answer never replaces a newer one, and a question without answer holds up nobody. */
import { describe, expect, it } from 'vitest';
import { latestRead } from '../../../src-renderer/state/latest-read.ts';

function slowHost() {
  const waiting: { resolve(answer: string): void; reject(error: Error): void }[] = [];
  let shown = '';
  const refresh = latestRead(
    () => new Promise<string>((resolve, reject) => waiting.push({ resolve, reject })),
    (answer) => (shown = answer),
  );
  return { refresh, waiting, shown: () => shown };
}

describe('a reading', () => {
  it('that is answered after a later one is dropped', async () => {
    const { refresh, waiting, shown } = slowHost();
    const both = [refresh(), refresh()];
    waiting[1].resolve('new');
    await both[1];
    waiting[0].resolve('old');
    await both[0];
    expect(shown()).toBe('new');
    const third = refresh();
    waiting[2].resolve('newer');
    await third;
    expect(shown()).toBe('newer');
  });

  it('without an answer holds up nobody, and one that fails is an error of those who asked', async () => {
    const { refresh, waiting, shown } = slowHost();
    void refresh();
    const second = refresh();
    waiting[1].resolve('seen');
    await second;
    expect(shown()).toBe('seen');
    const third = refresh().catch((error: Error) => error.message);
    waiting[2].reject(new Error('gone'));
    expect(await third).toBe('gone');
    expect(shown()).toBe('seen');
  });
});
