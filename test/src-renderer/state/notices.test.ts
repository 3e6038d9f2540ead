import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

vi.mock('../../../src-renderer/host/connection.ts', () => ({ errorWords: () => ({}) }));
const { useNotices } = await import('../../../src-renderer/state/notices.ts');

const words = () => useNotices().list.map(({ message }) => message);
const undo = { label: 'Undo', lasts: true, run: () => undefined };

describe('notices', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    setActivePinia(createPinia());
  });
  afterEach(() => vi.useRealTimers());

  it('go by themselves', () => {
    useNotices().done('Written.');
    expect(words()).toEqual(['Written.']);
    vi.advanceTimersByTime(3_600_000);
    expect(words()).toEqual([]);
  });

  it('keep the way back, however long one takes and whatever else ends meanwhile', () => {
    const notices = useNotices();
    notices.done('3 configurations excluded.', undo);
    notices.done('Fit: done.');
    vi.advanceTimersByTime(3_600_000);
    expect(words()).toEqual(['3 configurations excluded.']);
  });

  it('offer one way back: that of the last step', () => {
    const notices = useNotices();
    notices.done('3 configurations excluded.', undo);
    notices.done('1 configuration tagged.', undo);
    expect(words()).toEqual(['1 configuration tagged.']);
  });

  it('take the way back along when its page is left, and leave what else is said', () => {
    const notices = useNotices();
    notices.done('3 configurations excluded.', undo);
    notices.failed('The disk is full.');
    notices.leavePage();
    expect(words()).toEqual(['The disk is full.']);
  });
});
