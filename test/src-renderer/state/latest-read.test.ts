/** Readings of lists: whoever asks while one is under way gets what is newest, and an old answer never stays. */
import { describe, expect, it } from 'vitest';
import { latestRead } from '../../../src-renderer/state/latest-read.ts';

/** A host whose answers wait until they are let go. */
function slowHost() {
  let truth = 'old';
  let shown = '';
  const waiting: (() => void)[] = [];
  let failures = 0;
  const refresh = latestRead(async () => {
    const answer = truth;
    await new Promise<void>((resolve, reject) => {
      const fails = failures-- > 0;
      waiting.push(() => (fails ? reject(new Error('gone')) : resolve()));
    });
    shown = answer;
  });
  return {
    refresh,
    change: (to: string) => (truth = to),
    fail: (times: number) => (failures = times),
    answer: async () => {
      waiting.shift()!();
      await new Promise((later) => setTimeout(later));
    },
    open: () => waiting.length,
    shown: () => shown,
  };
}

describe('a reading', () => {
  it('is made once more when something changed meanwhile, and all wait for that', async () => {
    const host = slowHost();
    let done = 0;
    const count = () => done++;
    void host.refresh().then(count);
    host.change('new');
    void host.refresh().then(count);
    void host.refresh().then(count);
    expect(host.open()).toBe(1);
    await host.answer();
    expect([host.shown(), done]).toEqual(['old', 0]);
    await host.answer();
    expect([host.shown(), done, host.open()]).toEqual(['new', 3, 0]);
  });

  it('that fails is an error of those who asked, unless somebody asked meanwhile; the next begins anew', async () => {
    const host = slowHost();
    host.fail(2);
    const first = host.refresh().catch((error: Error) => error.message);
    await host.answer();
    expect(await first).toBe('gone');
    const second = host.refresh();
    void host.refresh();
    await host.answer();
    await host.answer();
    await second;
    expect(host.shown()).toBe('old');
  });
});
