import { describe, expect, it } from 'vitest';
import { isSoonDone } from '../../../src-renderer/state/coverage-cost.ts';
import { jobEnd } from '../../../src-renderer/state/job-end.ts';

describe('how a job ended', () => {
  it('is no error where it was stopped', () => {
    expect(jobEnd({ state: 'cancelled', error: null }, 'analysis')).toEqual({
      text: 'The analysis was stopped.',
      isError: false,
    });
    expect(jobEnd({ state: 'interrupted', error: null }, 'analysis')?.isError).toBe(false);
  });

  it('is an error with its remedy where it failed', () => {
    const error = { message: 'No labels.', remedy: 'Add some.' };
    expect(jobEnd({ state: 'failed', error }, 'fit')).toEqual({
      text: 'No labels. Add some.',
      isError: true,
    });
  });

  it('is nothing yet while it runs', () => {
    for (const state of ['queued', 'running', 'done'] as const)
      expect(jobEnd({ state, error: null }, 'fit')).toBeUndefined();
  });
});

describe('what is measured unasked', () => {
  it('takes seconds', () => {
    expect(isSoonDone(13_544)).toBe(true);
    expect(isSoonDone(100_000)).toBe(false);
    // a long run against small data, and the reverse
    expect(isSoonDone(200_000, 1000)).toBe(true);
    expect(isSoonDone(200_000, 13_544)).toBe(false);
  });
});
