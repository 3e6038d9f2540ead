import { describe, expect, it } from 'vitest';
import { FrameCache } from '../../../src-renderer/viewer/frame-cache.ts';
import { FramePlayer } from '../../../src-renderer/viewer/frame-player.ts';
import type { ViewerFrame } from '../../../src-renderer/viewer/types.ts';

/** A frame of 100 atoms: 1200 + 72 bytes. */
const frame = (index: number): ViewerFrame => ({
  positions: new Float32Array(300).fill(index),
  cell: new Float64Array(9),
});
const FRAME_BYTES = 1272;

describe('frame cache', () => {
  it('fetches a frame once while it is held, and once for requests at the same time', async () => {
    let fetched = 0;
    const cache = new FrameCache(async (index) => (fetched++, frame(index)));
    const [a, b] = await Promise.all([cache.get(3), cache.get(3)]);
    expect(a).toBe(b);
    await cache.get(3);
    expect(fetched).toBe(1);
  });

  it('never holds more than its bytes, and drops what was used longest ago', async () => {
    const cache = new FrameCache(async (index) => frame(index), 3 * FRAME_BYTES);
    for (const index of [0, 1, 2]) await cache.get(index);
    await cache.get(0);
    await cache.get(3);
    expect([0, 1, 2, 3].map((index) => cache.has(index))).toEqual([true, false, true, true]);
    for (let index = 0; index < 50; index++) await cache.get(index);
    expect(cache.size).toBeLessThanOrEqual(3 * FRAME_BYTES);
  });

  it('keeps a frame that is larger than all its bytes until the next one', async () => {
    const cache = new FrameCache(async (index) => frame(index), 10);
    await cache.get(0);
    expect(cache.has(0)).toBe(true);
    await cache.get(1);
    expect(cache.has(0)).toBe(false);
    expect(cache.size).toBe(FRAME_BYTES);
  });

  it('forgets what was under way when it is cleared', async () => {
    let fetched = 0;
    const cache = new FrameCache(async (index) => (fetched++, frame(index)));
    const late = cache.get(1);
    cache.clear();
    await late;
    expect(cache.has(1)).toBe(false);
    await cache.get(1);
    expect([fetched, cache.size]).toEqual([2, FRAME_BYTES]);
  });

  it('asks again after a failure', async () => {
    let attempts = 0;
    const cache = new FrameCache(async (index) => {
      if (attempts++ === 0) throw new Error('lost connection');
      return frame(index);
    });
    await expect(cache.get(0)).rejects.toThrow('lost connection');
    expect((await cache.get(0)).positions[0]).toBe(0);
  });
});

/** A player on a clock that only moves when it is waited for. */
function playerOf(count: number, fetchFrame: (index: number) => Promise<ViewerFrame>, stopAfter = 20) {
  let clock = 0;
  const shown: { index: number; at: number }[] = [];
  const failed: number[] = [];
  const player: FramePlayer = new FramePlayer(
    { count, frame: fetchFrame },
    {
      show: (index) => {
        shown.push({ index, at: clock });
        if (shown.length >= stopAfter) player.pause();
      },
      failed: (index) => void failed.push(index),
      wait: async (milliseconds) => void (clock += milliseconds),
      now: () => clock,
    },
  );
  return { player, shown, failed, advance: (milliseconds: number) => (clock += milliseconds) };
}

describe('frame player', () => {
  it('plays in order, around the end, at the asked rate', async () => {
    const { player, shown } = playerOf(4, async (index) => frame(index), 9);
    player.framesPerSecond = 20;
    await player.play();
    expect(shown.slice(0, 6).map(({ index }) => index)).toEqual([1, 2, 3, 0, 1, 2]);
    for (let k = 1; k < shown.length; k++) expect(shown[k].at - shown[k - 1].at).toBeCloseTo(50, 9);
  });

  it('shows only the last of several wishes', async () => {
    const { player, shown } = playerOf(100, async (index) => frame(index));
    await Promise.all([player.seek(10), player.seek(20), player.seek(30)]);
    expect(shown.map(({ index }) => index)).toEqual([30]);
    expect(player.current).toBe(30);
  });

  it('keeps wishes within the trajectory', async () => {
    const { player, shown } = playerOf(5, async (index) => frame(index));
    await player.seek(99);
    await player.seek(-3);
    expect(shown.map(({ index }) => index)).toEqual([4, 0]);
  });

  it('stops and says which frame could not be read', async () => {
    const { player, failed } = playerOf(5, async (index) => {
      if (index === 3) throw new Error('unreadable');
      return frame(index);
    });
    await player.play();
    expect(failed).toEqual([3]);
    expect(player.playing).toBe(false);
  });

  it('brings the frame again for another colour', async () => {
    const asked: (string | null)[] = [];
    let key: string | null = null;
    const player = new FramePlayer(
      { count: 5, frame: async (index, colorKey) => (asked.push(colorKey), frame(index)) },
      {
        show: () => undefined,
        failed: () => undefined,
        wait: async () => undefined,
        now: () => 0,
        colorKey: () => key,
      },
    );
    await player.seek(2);
    key = 'q6';
    await player.reload();
    expect(asked).toEqual([null, 'q6']);
    expect(player.current).toBe(2);
  });

  it('shows nothing more after it was disposed', async () => {
    const { player, shown } = playerOf(5, async (index) => frame(index));
    const late = player.seek(2);
    player.dispose();
    await late;
    expect(shown).toEqual([]);
  });
});
