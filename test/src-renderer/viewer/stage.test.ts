/** What the viewer adds to balls and sticks: arrows, polyhedra, looks of elements, legends, panels that stay inside. */
import { describe, expect, it } from 'vitest';
import { lattice, supercell } from '../../../src-compute/structure/lattices.ts';
import { arrowScale, displacements, packArrows } from '../../../src-renderer/viewer/arrows.ts';
import { arrowShape } from '../../../src-renderer/viewer/arrow-shape.ts';
import { bondLimits, bondsHelp } from '../../../src-renderer/viewer/bond-rules.ts';
import { findBonds } from '../../../src-renderer/viewer/bond-search.ts';
import { lookColor, lookHex, lookSize, readElementLooks } from '../../../src-renderer/viewer/element-look.ts';
import { elementHex } from '../../../src-renderer/viewer/element-style.ts';
import { placeFloating } from '../../../src-renderer/viewer/floating.ts';
import { entryText, legendOverlay } from '../../../src-renderer/viewer/legend-overlay.ts';
import { viewerCommand } from '../../../src-renderer/viewer/keyboard.ts';
import { coordinationPolyhedra, hullFaces } from '../../../src-renderer/viewer/polyhedra.ts';
import { sameStructure } from '../../../src-renderer/viewer/same-structure.ts';

const none = new Float32Array(3);

/** Bonds of a lattice as the viewer finds them. */
function bondsOf(structure: ReturnType<typeof lattice>) {
  const { positions, kinds, cell, periodic, symbols } = structure;
  return findBonds({ positions, kinds, cell, periodic, limits: bondLimits(symbols, 1.15) });
}

describe('the same structure read again', () => {
  const structure = supercell(lattice('diamond', ['Si'], 5.43), [2, 2, 2]);
  it('is known as the same, and another one as another', () => {
    const again = { ...structure, positions: structure.positions.slice(), symbols: [...structure.symbols] };
    expect(sameStructure(structure, again)).toBe(true);
    again.positions[4] += 1e-6;
    expect(sameStructure(structure, again)).toBe(false);
    expect(sameStructure(structure, { ...structure, periodic: [true, true, false] })).toBe(false);
    expect(sameStructure(structure, { ...structure, symbols: ['Ge'] })).toBe(false);
  });
});

describe('bonds', () => {
  it.each([
    ['fcc', ['Cu'], 3.61, false],
    ['bcc', ['Mo'], 3.15, false],
    ['hcp', ['Ti'], 2.95, false],
    ['diamond', ['Si'], 5.43, true],
    ['rocksalt', ['Ti', 'N'], 4.24, true],
    ['perovskite', ['Ba', 'Ti', 'O'], 4.0, true],
  ] as const)('of %s %s', (name, symbols, a, help) => {
    const structure = lattice(name, [...symbols], a);
    const bonds = bondsOf(structure);
    expect(bonds.first.length).toBeGreaterThan(0);
    expect(bondsHelp(structure.symbols, bonds.first.length, structure.kinds.length)).toBe(help);
  });

  it('of a dimer of a metal are drawn', () => expect(bondsHelp(['Cu'], 1, 2)).toBe(true));
});

describe('arrows', () => {
  it('reach beyond atoms whatever the unit, and leave out what is not known', () => {
    const vectors = Float64Array.from([3, 0, 0, NaN, NaN, NaN, 0, 0, 0, 0, 1, 0]);
    for (const factor of [1e-4, 1, 1e5]) {
      const scaled = vectors.map((x) => factor * x);
      const packed = packArrows(new Float32Array(12), scaled, arrowScale(scaled), none);
      expect(packed.length).toBe(2 * 8);
      expect(packed[3]).toBeCloseTo(1.6, 5);
      expect(packed[12]).toBeCloseTo(1.6 / 3, 5);
    }
    expect(arrowScale([NaN, 0, 0])).toBe(0);
    expect(arrowScale([0, 0, 0])).toBe(0);
  });

  it('are repeated with the images of the cell', () => {
    const packed = packArrows(new Float32Array(3), [1, 0, 0], 1, Float32Array.from([0, 0, 0, 5, 0, 0]));
    expect([packed[0], packed[8]]).toEqual([0, 5]);
  });

  it('of displacements take the short way through a face', () => {
    const cell = Float64Array.from([10, 0, 0, 2, 8, 0, 0, 0, 6]);
    const from = Float64Array.from([0.1, 0.1, 0.1]);
    // one lattice vector a further on, and a little
    const to = Float64Array.from([10.3, 0.1, -5.8]);
    const moved = displacements(from, to, cell, [true, true, true]);
    expect(Array.from(moved)).toEqual([0.2, 0, 0.1].map((x) => expect.closeTo(x, 5)));
    const open = displacements(from, to, cell, [false, false, false]);
    expect(open[0]).toBeCloseTo(10.2, 5);
  });

  it('have a closed head and a shaft', () => {
    const { corners, normals = [], triangles } = arrowShape();
    expect(normals.length).toBe(corners.length);
    expect(Math.max(...triangles)).toBe(corners.length / 3 - 1);
    for (let k = 0; k < normals.length; k += 3)
      expect(Math.hypot(normals[k], normals[k + 1], normals[k + 2])).toBeCloseTo(1, 9);
  });
});

describe('polyhedra', () => {
  const volume = (points: [number, number, number][]) => {
    let six = 0;
    for (const face of hullFaces(points)) {
      for (let k = 1; k + 1 < face.length; k++) {
        const [a, b, c] = [points[face[0]], points[face[k]], points[face[k + 1]]];
        six +=
          a[0] * (b[1] * c[2] - b[2] * c[1]) -
          a[1] * (b[0] * c[2] - b[2] * c[0]) +
          a[2] * (b[0] * c[1] - b[1] * c[0]);
      }
    }
    return six / 6;
  };
  const signs = [1, -1];
  const cube = signs.flatMap((x) =>
    signs.flatMap((y) => signs.map((z): [number, number, number] => [x, y, z])),
  );

  it('have the faces and the volume of the bodies they are', () => {
    expect(hullFaces(cube)).toHaveLength(6);
    expect(volume(cube)).toBeCloseTo(8, 9);
    const octahedron = [0, 1, 2].flatMap((axis) =>
      signs.map((sign) => [0, 1, 2].map((k) => (k === axis ? sign : 0)) as [number, number, number]),
    );
    expect(hullFaces(octahedron)).toHaveLength(8);
    expect(volume(octahedron)).toBeCloseTo(4 / 3, 9);
    const tetrahedron = cube.filter(([x, y, z]) => x * y * z > 0);
    expect(hullFaces(tetrahedron)).toHaveLength(4);
    expect(volume(tetrahedron)).toBeCloseTo(8 / 3, 9);
    expect(hullFaces(cube.filter(([x]) => x > 0))).toEqual([]);
  });

  it.each([
    ['perovskite', ['Ba', 'Ti', 'O'], 4.0, 1, 8],
    ['rocksalt', ['Ti', 'N'], 4.24, 4, 8],
    ['zincblende', ['Zn', 'S'], 5.41, 4, 4],
    ['diamond', ['Si'], 5.43, 0, 0],
  ] as const)('of %s %s stand about the larger atom', (name, symbols, a, least, faces) => {
    const structure = lattice(name, [...symbols], a);
    const { positions, cell } = structure;
    const found = coordinationPolyhedra(
      structure,
      positions,
      Float32Array.from(positions),
      cell,
      bondsOf(structure),
      none,
    );
    expect(found.count).toBeGreaterThanOrEqual(least);
    if (faces > 0) expect(found.corners.length / 9).toBeGreaterThanOrEqual(least * faces);
    expect(found.kinds.length).toBe(found.corners.length / 3);
    expect(found.middles.length).toBe(found.corners.length);
  });
});

describe('elements as the user wants them', () => {
  it('keep what can be used of what was stored', () => {
    const looks = readElementLooks({
      Si: { color: '#ff0000', size: 1.5 },
      O: { color: 'red', size: 9 },
      H: 7,
      Fe: { size: 0.5 },
    });
    expect(looks).toEqual({ Si: { color: '#ff0000', size: 1.5 }, Fe: { size: 0.5 } });
    expect(lookColor(looks, 'Si')).toEqual([255, 0, 0]);
    expect(lookHex(looks, 'O')).toBe(elementHex('O'));
    expect([lookSize(looks, 'Fe'), lookSize(looks, 'O')]).toEqual([0.5, 1]);
    for (const bad of [null, 3, 'x', [], [1]]) expect(readElementLooks(bad)).toEqual({});
  });
});

describe('the legend in a picture', () => {
  const size = { width: 800, height: 600 };
  it('names elements, and classes with their counts and shares', () => {
    const entries = [
      { name: 'fcc', color: '#00ff00', count: 750 },
      { name: 'other', color: '#888888', count: 250 },
    ];
    const plain = legendOverlay(undefined, entries, size, '#000000');
    expect(plain.labels.map(({ text }) => text)).toEqual(['fcc  750', 'other  250']);
    const scale = {
      label: 'Local structure',
      unit: '',
      from: 0,
      to: 1,
      colormap: 'dusk' as const,
      logarithmic: false,
      classes: entries,
    };
    const classes = legendOverlay(scale, entries, size, '#000000');
    expect(classes.labels.map(({ text }) => text)).toEqual([
      'Local structure',
      'fcc  750  75.0 %',
      'other  250  25.0 %',
    ]);
    expect(entryText({ name: 'a', color: '' })).toBe('a');
  });

  it('lies inside the picture, with arrows and a colour scale too', () => {
    const scale = {
      label: 'Force',
      unit: 'eV/Å',
      from: 0,
      to: 2,
      colormap: 'ember' as const,
      logarithmic: false,
    };
    const { labels, marks = [] } = legendOverlay(scale, [], size, '#000000', 'Forces: 1 Å is 2 eV/Å');
    expect(labels.map(({ text }) => text)).toEqual(['Force (eV/Å)', '0', '1', '2', 'Forces: 1 Å is 2 eV/Å']);
    for (const mark of marks) {
      expect(mark.x).toBeGreaterThan(0);
      expect(mark.x + mark.width).toBeLessThan(size.width);
      expect(mark.y + mark.height).toBeLessThan(size.height);
    }
  });
});

describe('a floating panel', () => {
  const window = { width: 1440, height: 900 };
  const button = (left: number, top: number) => ({ left, top, right: left + 28, bottom: top + 28 });

  it('lies below its button, above it where that is better, and inside the window', () => {
    const size = { width: 260, height: 420 };
    expect(placeFloating(button(100, 100), size, window)).toMatchObject({ left: 100, top: 136 });
    const high = placeFloating(button(100, 700), size, window);
    expect(high.top + size.height).toBe(692);
    expect(placeFloating(button(1400, 100), size, window).left).toBe(1440 - 260 - 8);
    const small = placeFloating(button(20, 300), { width: 260, height: 900 }, { width: 700, height: 500 });
    expect(small.top).toBeGreaterThanOrEqual(8);
    expect(small.top + small.maxHeight).toBeLessThanOrEqual(500 - 8);
  });
});

describe('keys', () => {
  it('M fills the window', () => {
    const press = { key: 'm', shiftKey: false, altKey: false, ctrlKey: false, metaKey: false };
    expect(viewerCommand(press)).toEqual({ kind: 'maximise' });
    expect(viewerCommand({ ...press, ctrlKey: true })).toBeUndefined();
  });
});
