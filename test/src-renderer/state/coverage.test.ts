/** What the coverage page computes itself: scores of configurations, points of a map, local measures for colours. */
import { describe, expect, it } from 'vitest';
import { ArrayFrame, encodeArrayFrame } from '../../../src-compute/array-frame.ts';
import { lattice, supercell } from '../../../src-compute/structure/lattices.ts';
import {
  localScalars,
  LOCAL_MEASURES,
  measureAtoms,
} from '../../../src-renderer/local-structure/measures.ts';
import { EnvironmentMap, wholeConfigurations } from '../../../src-renderer/state/environment-map.ts';
import { FrameNovelty } from '../../../src-renderer/state/frame-novelty.ts';

describe('novelty by configuration', () => {
  const novelty = new FrameNovelty(
    Uint32Array.of(3, 7, 9),
    Int32Array.of(0, 2, 3, 7),
    Float64Array.of(-1, 3, 2, -2, -2, -2, 8),
  );

  it('scores by mean, largest and part of new atoms', () => {
    expect([3, 7, 9].map((row) => novelty.score(row, 'mean'))).toEqual([1, 2, 0.5]);
    expect([3, 7, 9].map((row) => novelty.score(row, 'max'))).toEqual([3, 2, 8]);
    expect([3, 7, 9].map((row) => novelty.score(row, 'fractionNew'))).toEqual([0.5, 1, 0.25]);
    expect(novelty.newAtoms).toBe(3);
    expect(novelty.score(4, 'mean')).toBeNaN();
  });

  it('ranks in both directions, and finds the atoms', () => {
    expect(Array.from(novelty.ranked('mean'))).toEqual([7, 3, 9]);
    expect(Array.from(novelty.ranked('max', false))).toEqual([7, 3, 9]);
    expect(Array.from(novelty.atoms(9))).toEqual([-2, -2, -2, 8]);
    expect(novelty.atom(9, 3)).toBe(8);
    expect(novelty.atoms(4)).toHaveLength(0);
  });

  it('keeps the order of the dataset where there is nothing to compare with', () => {
    const alone = new FrameNovelty(
      Uint32Array.of(0, 1),
      Int32Array.of(0, 1, 2),
      Float64Array.of(Infinity, Infinity),
    );
    expect(Array.from(alone.ranked('mean'))).toEqual([0, 1]);
  });
});

describe('a map', () => {
  const facts = {
    method: 'pca', level: 'environments', descriptor: 'quests', points: 5, embedded: 5, available: 5,
    explained: [0.61, 0.2] as [number, number],
  }; // prettier-ignore
  const block = encodeArrayFrame({
    coordinates: Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    frame: Int32Array.of(0, 0, 1, 0, 0),
    atom: Int32Array.of(0, 1, 0, 0, 1),
    set: Uint8Array.of(0, 0, 0, 1, 1),
    positions: Uint32Array.of(4, 6),
    referencePositions: Uint32Array.of(4),
  });
  const map = new EnvironmentMap(facts, new ArrayFrame(block.buffer));

  it('knows the configuration of every point in its own dataset', () => {
    expect(Array.from(map.position)).toEqual([4, 4, 6, 4, 4]);
    expect(Array.from(map.y)).toEqual([1, 3, 5, 7, 9]);
    expect(map.axes[0]).toBe('First principal axis (61 % of the variance)');
  });

  it('finds the points of configurations, or of some of their atoms', () => {
    expect(Array.from(map.pointsOf(wholeConfigurations([4])))).toEqual([0, 1]);
    expect(Array.from(map.pointsOf(wholeConfigurations([4]), 1))).toEqual([3, 4]);
    expect(Array.from(map.pointsOf(new Map([[4, [1]]])))).toEqual([1]);
  });
});

describe('colours of a run', () => {
  it('tell a diamond crystal by each measure', () => {
    const diamond = supercell(lattice('diamond', ['Si'], 5.43), [2, 2, 2]);
    const values = Object.fromEntries(
      LOCAL_MEASURES.map((measure) => [measure, measureAtoms(measure, diamond, 2.8)[5]]),
    );
    const [classes] = localScalars(64);
    expect(classes.classes?.[values['common-neighbours']].name).toBe('diamond');
    expect(values.coordination).toBe(4);
    // four bonds of a tetrahedron
    expect(values.q4).toBeCloseTo(0.50918, 4);
    expect(values.q6).toBeCloseTo(0.62854, 4);
    // each neighbour is turned the other way: its odd harmonics are opposite, its even ones the same
    expect(values['averaged-q4']).toBeCloseTo(values.q4, 6);
    expect(values['averaged-q6']).toBeCloseTo(values.q6, 6);
  });
});
