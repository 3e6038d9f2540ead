/** What the pages keep about the structure's stage: handles, the cursor between frame and charts, typed lists. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { readPane, splitAfterKey, within, writePane } from '../../../src-renderer/state/panes.ts';
import { nearestFrame } from '../../../src-renderer/state/nearest-frame.ts';
import { replicaProblemOf, temperaturesOf } from '../../../src-renderer/state/replicas.ts';

describe('handles between parts of a page', () => {
  beforeEach(() => {
    const kept = new Map<string, string>();
    vi.stubGlobal('localStorage', {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    });
  });

  it('are moved by keys between their bounds', () => {
    expect(splitAfterKey('ArrowRight', 0.5, [0.2, 0.8])).toBeCloseTo(0.54, 9);
    expect(splitAfterKey('ArrowLeft', 0.21, [0.2, 0.8])).toBe(0.2);
    expect([splitAfterKey('Home', 0.5, [0.2, 0.8]), splitAfterKey('End', 0.5, [0.2, 0.8])]).toEqual([
      0.2, 0.8,
    ]);
    expect(splitAfterKey('a', 0.5, [0.2, 0.8])).toBeUndefined();
    expect(within(2, [0.2, 0.8])).toBe(0.8);
  });

  it('stay where they were left, each for itself, whatever else was stored', () => {
    expect(readPane('run')).toBeUndefined();
    localStorage.setItem('forcewright-panes', '{"run": 7, "x": "y"}');
    expect(readPane('run')).toBeUndefined();
    writePane('run', 0.3);
    writePane('understand', 0.6);
    expect([readPane('run'), readPane('understand'), readPane('toString')]).toEqual([0.3, 0.6, undefined]);
    localStorage.setItem('forcewright-panes', '{');
    expect(readPane('run')).toBeUndefined();
  });
});

describe('the cursor of a run', () => {
  it('finds the frame that is nearest to a place of the charts', () => {
    const places = [0, 1, 2, 4, 8];
    const found = [-5, 0.4, 0.6, 2.9, 3.1, 5.9, 6.1, 99].map((place) => nearestFrame(places, place));
    expect(found).toEqual([0, 0, 1, 2, 3, 3, 4, 4]);
    expect(nearestFrame([3], 9)).toBe(0);
    expect(nearestFrame([], 9)).toBe(0);
  });
});

describe('temperatures of replicas', () => {
  it.each([
    ['', ''],
    ['350, 410;480  520', ''],
    ['350, -3', 'no temperature'],
    ['350, 0', 'no temperature'],
    ['350, hot', 'no temperature'],
    ['350, 1e9', 'no temperature'],
    ['350, Infinity', 'no temperature'],
    ['350, 350.0', 'twice'],
    [Array.from({ length: 40 }, (_, k) => 300 + k).join(' '), 'At most'],
  ])('%j', (text, words) => {
    const problem = replicaProblemOf(text);
    if (words === '') expect(problem).toBe('');
    else expect(problem).toContain(words);
  });
  it('are taken in any notation', () => expect(temperaturesOf('3e2; 410')).toEqual([300, 410]));
});
