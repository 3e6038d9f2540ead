/**
 * How elements look: a calm palette of our own that keeps the hues people know (oxygen red, nitrogen blue, carbon
 * grey, sulfur yellow …), and covalent radii (B. Cordero et al., Dalton Trans. 2008, 2832, low-spin values) that give
 * both the spheres' sizes and the bond distances.
 */
import { atomicNumber } from '../../src-compute/structure/elements.ts';
import { oklchToSrgb } from './colormaps.ts';

/** Covalent radii in Å by atomic number from hydrogen to curium. */
const COVALENT_RADII = (
  '0.31 0.28 1.28 0.96 0.84 0.76 0.71 0.66 0.57 0.58 1.66 1.41 1.21 1.11 1.07 1.05 1.02 1.06 2.03 1.76 1.70 1.60 1.53 ' +
  '1.39 1.39 1.32 1.26 1.24 1.32 1.22 1.22 1.20 1.19 1.20 1.20 1.16 2.20 1.95 1.90 1.75 1.64 1.54 1.47 1.46 1.42 1.39 ' +
  '1.45 1.44 1.42 1.39 1.39 1.38 1.39 1.40 2.44 2.15 2.07 2.04 2.03 2.01 1.99 1.98 1.98 1.96 1.94 1.92 1.92 1.89 1.90 ' +
  '1.87 1.87 1.75 1.70 1.62 1.51 1.44 1.41 1.36 1.36 1.32 1.45 1.46 1.48 1.40 1.50 1.50 2.60 2.21 2.15 2.06 2.00 1.96 ' +
  '1.90 1.87 1.80 1.69'
)
  .split(' ')
  .map(Number);

/** Radius of an element that the table does not know, or of a kind that is no element. */
const UNKNOWN_RADIUS = 1.3;

/** Covalent radius of a symbol in Å; 1.3 Å for kinds that are no known element. */
export function covalentRadius(symbol: string): number {
  return COVALENT_RADII[(atomicNumber(symbol) ?? 0) - 1] ?? UNKNOWN_RADIUS;
}

/** Radius a ball is drawn with at scale 1, Å: grows more slowly than the covalent radius, so that hydrogen stays visible. */
export function ballRadius(symbol: string): number {
  return 0.22 + 0.34 * covalentRadius(symbol);
}

/** Lightness, chroma, hue (OKLCH) of the elements that people recognise by colour. */
const KNOWN_COLORS: Record<string, readonly [number, number, number]> = {
  H: [0.92, 0.006, 250],
  He: [0.88, 0.05, 195],
  Li: [0.62, 0.16, 310],
  Be: [0.78, 0.12, 130],
  B: [0.76, 0.08, 45],
  C: [0.48, 0.012, 260],
  N: [0.56, 0.16, 262],
  O: [0.6, 0.19, 26],
  F: [0.8, 0.15, 140],
  Ne: [0.8, 0.08, 205],
  Na: [0.6, 0.17, 300],
  Mg: [0.72, 0.15, 145],
  Al: [0.74, 0.035, 330],
  Si: [0.74, 0.085, 80],
  P: [0.71, 0.16, 58],
  S: [0.85, 0.155, 98],
  Cl: [0.73, 0.18, 145],
  Ar: [0.74, 0.09, 210],
  K: [0.56, 0.17, 305],
  Ca: [0.7, 0.14, 140],
  Ti: [0.7, 0.02, 240],
  V: [0.66, 0.05, 265],
  Cr: [0.62, 0.09, 275],
  Mn: [0.62, 0.13, 315],
  Fe: [0.63, 0.14, 48],
  Co: [0.66, 0.13, 355],
  Ni: [0.7, 0.13, 152],
  Cu: [0.66, 0.12, 50],
  Zn: [0.62, 0.06, 280],
  Ga: [0.69, 0.085, 15],
  Ge: [0.66, 0.07, 170],
  As: [0.62, 0.12, 320],
  Se: [0.72, 0.15, 70],
  Br: [0.5, 0.14, 35],
  Nb: [0.76, 0.08, 105],
  Mo: [0.66, 0.085, 200],
  Ag: [0.8, 0.012, 240],
  I: [0.5, 0.16, 315],
  Ta: [0.64, 0.11, 345],
  W: [0.54, 0.09, 255],
  Pt: [0.78, 0.02, 220],
  Au: [0.8, 0.14, 85],
  Hg: [0.75, 0.03, 250],
  Pb: [0.5, 0.03, 270],
  U: [0.66, 0.15, 235],
};

/**
 * Colour of a kind as sRGB bytes. Elements without an entry take a hue by the golden angle from their atomic number,
 * kinds that are no element from their place in the structure, so that neighbours in the table differ.
 * @param place index among the structure's kinds, used for kinds that are no element
 */
export function elementColor(symbol: string, place = 0): [number, number, number] {
  const known = KNOWN_COLORS[symbol];
  const z = atomicNumber(symbol);
  const turn = ((z ?? 7 * place + 3) * 137.508) % 360;
  const [lightness, chroma, hue] = known ?? [0.7 - 0.06 * ((z ?? place) % 3), 0.1, turn];
  return oklchToSrgb(lightness, chroma, hue).map((value) => Math.round(255 * value)) as [
    number,
    number,
    number,
  ];
}

/** The same as CSS text, '#rrggbb'. */
export function elementHex(symbol: string, place = 0): string {
  return (
    '#' +
    elementColor(symbol, place)
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('')
  );
}
