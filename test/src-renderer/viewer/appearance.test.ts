import { describe, expect, it } from 'vitest';
import { ELEMENT_SYMBOLS } from '../../../src-compute/structure/elements.ts';
import {
  COLORMAP_NAMES,
  COLORMAP_SIZE,
  colormapBytes,
  colormapHex,
  perceivedLightness,
} from '../../../src-renderer/viewer/colormaps.ts';
import {
  ballRadius,
  covalentRadius,
  elementColor,
  elementHex,
} from '../../../src-renderer/viewer/element-style.ts';
import { viewerCommand } from '../../../src-renderer/viewer/keyboard.ts';
import { axesOverlay, measurementOverlay, OVERLAY_COLORS } from '../../../src-renderer/viewer/overlay.ts';
import { orientationFacing, presetOrientation, projectPoint } from '../../../src-renderer/viewer/camera.ts';
import { tilesOf } from '../../../src-renderer/viewer/picture-tiles.ts';
import { percentileRange, scaleMiddle } from '../../../src-renderer/viewer/scalar-range.ts';

describe('colour scales', () => {
  it.each(['dusk', 'ember'] as const)('%s changes its lightness evenly in one direction', (name) => {
    const bytes = colormapBytes(name);
    const lightness = Array.from({ length: COLORMAP_SIZE }, (_, k) =>
      perceivedLightness(bytes[4 * k], bytes[4 * k + 1], bytes[4 * k + 2]),
    );
    const total = lightness[COLORMAP_SIZE - 1] - lightness[0];
    expect(Math.abs(total)).toBeGreaterThan(0.35);
    for (let k = 0; k < COLORMAP_SIZE; k++) {
      const even = lightness[0] + (total * k) / (COLORMAP_SIZE - 1);
      // 8-bit colours cannot be exact
      expect(Math.abs(lightness[k] - even)).toBeLessThan(0.012);
    }
  });

  it('tide is brightest in the middle and equally dark at both ends', () => {
    const bytes = colormapBytes('tide');
    const at = (k: number) => perceivedLightness(bytes[4 * k], bytes[4 * k + 1], bytes[4 * k + 2]);
    expect(at(0)).toBeCloseTo(at(255), 1);
    expect(at(128)).toBeGreaterThan(at(0) + 0.4);
    for (let k = 1; k < 127; k++) expect(at(k)).toBeGreaterThan(at(k - 1) - 0.006);
  });

  it('are opaque and distinct', () => {
    for (const name of COLORMAP_NAMES) {
      expect(colormapBytes(name)[3]).toBe(255);
      expect(new Set(colormapHex(name, 8)).size).toBe(8);
    }
  });
});

describe('elements', () => {
  it('all have a colour and a radius, and so do kinds that are no element', () => {
    for (const [place, symbol] of [...ELEMENT_SYMBOLS, 'type1'].entries()) {
      expect(elementColor(symbol, place).every((byte) => byte >= 0 && byte <= 255)).toBe(true);
      expect(covalentRadius(symbol)).toBeGreaterThan(0.2);
    }
    expect(elementHex('type1', 0)).not.toBe(elementHex('type2', 1));
  });

  it('keep the hues that people know', () => {
    const [red, green, blue] = elementColor('O');
    expect(red > green && red > blue).toBe(true);
    const nitrogen = elementColor('N');
    expect(nitrogen[2] > nitrogen[0] && nitrogen[2] > nitrogen[1]).toBe(true);
    const sulfur = elementColor('S');
    expect(sulfur[0] > sulfur[2] && sulfur[1] > sulfur[2]).toBe(true);
    const hydrogen = elementColor('H');
    expect(Math.min(...hydrogen)).toBeGreaterThan(200);
  });

  it('are drawn larger when they are larger', () => {
    expect(ballRadius('Cs')).toBeGreaterThan(ballRadius('Si'));
    expect(ballRadius('Si')).toBeGreaterThan(ballRadius('H'));
    expect(covalentRadius('C')).toBe(0.76);
    expect(covalentRadius('Cm')).toBe(1.69);
  });
});

describe('scalar range', () => {
  it('is not stretched by an outlier, and has a width for a constant', () => {
    const values = Float64Array.from({ length: 1000 }, (_, k) => (k === 7 ? 1e6 : k / 1000));
    expect(percentileRange(values)[1]).toBeLessThan(1);
    const [low, high] = percentileRange([3, 3, NaN]);
    expect(low < 3 && high > 3).toBe(true);
    expect(percentileRange([NaN])).toEqual([0, 1]);
    expect(scaleMiddle(-1.4142, 1.4135, false)).toBe(0);
    expect(scaleMiddle(1, 2, false)).toBe(1.5);
    expect(scaleMiddle(1e-3, 10, true)).toBeCloseTo(0.1, 12);
  });
});

describe('keys', () => {
  const press = (
    key: string,
    part: Partial<Record<'shiftKey' | 'altKey' | 'ctrlKey' | 'metaKey', boolean>> = {},
  ) => viewerCommand({ key, shiftKey: false, altKey: false, ctrlKey: false, metaKey: false, ...part });

  it('turn, move, look along vectors and leave the rest to the page', () => {
    expect(press('ArrowLeft')).toEqual({ kind: 'rotate', dx: -5, dy: 0 });
    expect(press('ArrowUp', { shiftKey: true })).toEqual({ kind: 'rotate', dx: 0, dy: -45 });
    expect(press('ArrowUp', { altKey: true })).toMatchObject({ kind: 'pan' });
    expect(press('B')).toEqual({ kind: 'preset', preset: 'b' });
    expect(press('a', { ctrlKey: true })).toEqual({ kind: 'all' });
    expect(press('c', { ctrlKey: true })).toBeUndefined();
    expect(press('Tab')).toBeUndefined();
  });
});

describe('overlays', () => {
  const camera = {
    target: [0, 0, 0] as [number, number, number],
    orientation: orientationFacing([0, 0, 1], [0, 1, 0]),
    distance: 30,
    projection: 'perspective' as const,
  };
  const size = { width: 300, height: 200 };

  it('join the picked points where they are drawn', () => {
    const points = [
      [0, 0, 0],
      [2, 0, 0],
      [2, 2, 0],
    ];
    const { lines, labels, measurement } = measurementOverlay(points, camera, size, '#000000');
    expect(measurement?.value).toBeCloseTo(90, 9);
    expect(lines).toHaveLength(2);
    const { x, y } = projectPoint(camera, points[1], 300, 200);
    expect([lines[0].x2, lines[0].y2]).toEqual([x, y]);
    expect(labels.map(({ text }) => text)).toContain('90.0°');
  });

  it('show the lattice vectors as they lie, and x y z without a cell', () => {
    const cell = [5, 0, 0, 0, 5, 0, 0, 0, 5];
    const along = { ...camera, orientation: presetOrientation('c', cell) };
    const { lines, labels } = axesOverlay(cell, along, size, OVERLAY_COLORS.light);
    expect(labels.map(({ text }) => text)).toEqual(['a', 'b', 'c']);
    const lengths = lines.map(({ x1, y1, x2, y2 }) => Math.hypot(x2 - x1, y2 - y1)).sort((p, q) => p - q);
    expect(lengths[0]).toBeCloseTo(0, 9);
    expect(lengths[2]).toBeCloseTo(28, 9);
    const names = axesOverlay(new Float64Array(9), camera, size, OVERLAY_COLORS.dark).labels;
    expect(names.map(({ text }) => text)).toEqual(['x', 'y', 'z']);
  });
});

describe('tiles of a picture', () => {
  it('cover it once', () => {
    const tiles = tilesOf(5000, 3000, 2048);
    expect(tiles).toHaveLength(6);
    expect(tiles.reduce((area, { width, height }) => area + width * height, 0)).toBe(15_000_000);
    for (const tile of tiles) {
      expect(tile.x + tile.width).toBeLessThanOrEqual(5000);
      expect(tile.width).toBeLessThanOrEqual(2048);
    }
  });
});
