/**
 * Colour scales for numbers. Each is a path in OKLCH (B. Ottosson, "A perceptual color space for image processing",
 * 2020) whose lightness changes linearly, so that equal steps of the number look like equal steps of brightness, also
 * in grey print and to colour-blind eyes. 256 sRGB colours are computed once from a handful of hue and chroma knots.
 */
import type { ColormapName, ViewerClass } from './types.ts';

/** Number of colours in a scale. */
export const COLORMAP_SIZE = 256;

interface Knot {
  readonly at: number;
  readonly lightness: number;
  readonly chroma: number;
  /** degrees */
  readonly hue: number;
}

const SCALES: Record<ColormapName, { title: string; knots: readonly Knot[] }> = {
  dusk: {
    title: 'Dusk (sequential, violet to yellow)',
    knots: [
      { at: 0, lightness: 0.35, chroma: 0.13, hue: 305 },
      { at: 0.25, lightness: 0.495, chroma: 0.12, hue: 262 },
      { at: 0.5, lightness: 0.64, chroma: 0.1, hue: 200 },
      { at: 0.75, lightness: 0.785, chroma: 0.16, hue: 145 },
      { at: 1, lightness: 0.93, chroma: 0.18, hue: 105 },
    ],
  },
  ember: {
    title: 'Ember (sequential, pale to dark red: errors stand out)',
    knots: [
      { at: 0, lightness: 0.93, chroma: 0.02, hue: 230 },
      { at: 0.35, lightness: 0.79, chroma: 0.1, hue: 80 },
      { at: 0.7, lightness: 0.65, chroma: 0.19, hue: 45 },
      { at: 1, lightness: 0.53, chroma: 0.21, hue: 25 },
    ],
  },
  tide: {
    title: 'Tide (diverging, blue to red around the middle)',
    knots: [
      { at: 0, lightness: 0.42, chroma: 0.16, hue: 262 },
      { at: 0.5, lightness: 0.95, chroma: 0.005, hue: 262 },
      { at: 0.5, lightness: 0.95, chroma: 0.005, hue: 25 },
      { at: 1, lightness: 0.42, chroma: 0.16, hue: 25 },
    ],
  },
};

/** Names of all scales, in the order of the menu. */
export const COLORMAP_NAMES: readonly ColormapName[] = ['dusk', 'ember', 'tide'];

/** What the menu says about a scale. */
export function colormapTitle(name: ColormapName): string {
  return SCALES[name].title;
}

const cache = new Map<ColormapName, Uint8Array>();

/** 256 colours of a scale as RGBA bytes, sRGB. */
export function colormapBytes(name: ColormapName): Uint8Array {
  const known = cache.get(name);
  if (known) return known;
  const bytes = new Uint8Array(4 * COLORMAP_SIZE);
  for (let k = 0; k < COLORMAP_SIZE; k++) {
    const rgb = colorAt(SCALES[name].knots, k / (COLORMAP_SIZE - 1));
    for (let channel = 0; channel < 3; channel++) bytes[4 * k + channel] = Math.round(255 * rgb[channel]);
    bytes[4 * k + 3] = 255;
  }
  cache.set(name, bytes);
  return bytes;
}

/** Colours of classes as RGBA bytes, sRGB: equal parts of the scale. */
export function classBytes(classes: readonly ViewerClass[]): Uint8Array {
  const bytes = new Uint8Array(4 * COLORMAP_SIZE);
  for (let k = 0; k < COLORMAP_SIZE; k++) {
    const { color } = classes[Math.floor((k * classes.length) / COLORMAP_SIZE)];
    for (let channel = 0; channel < 3; channel++)
      bytes[4 * k + channel] = Number.parseInt(color.slice(1 + 2 * channel, 3 + 2 * channel), 16);
    bytes[4 * k + 3] = 255;
  }
  return bytes;
}

/** `steps` evenly spaced colours of a scale as '#rrggbb', for CSS gradients and charts. */
export function colormapHex(name: ColormapName, steps = 16): string[] {
  const bytes = colormapBytes(name);
  return Array.from({ length: steps }, (_, k) => {
    const at = 4 * Math.round((k / Math.max(1, steps - 1)) * (COLORMAP_SIZE - 1));
    return '#' + [0, 1, 2].map((channel) => bytes[at + channel].toString(16).padStart(2, '0')).join('');
  });
}

/** sRGB in [0, 1] at position t of a path of knots. */
function colorAt(knots: readonly Knot[], t: number): [number, number, number] {
  let k = 0;
  while (k < knots.length - 2 && t > knots[k + 1].at) k++;
  const [low, high] = [knots[k], knots[k + 1]];
  const f = high.at > low.at ? (t - low.at) / (high.at - low.at) : 1;
  const mix = (a: number, b: number) => a + (b - a) * f;
  return oklchToSrgb(
    mix(low.lightness, high.lightness),
    mix(low.chroma, high.chroma),
    mix(low.hue, high.hue),
  );
}

/** OKLCH to sRGB in [0, 1]; chroma shrinks until the colour lies inside the gamut, which keeps its lightness. */
export function oklchToSrgb(lightness: number, chroma: number, hue: number): [number, number, number] {
  for (let c = chroma; ; c -= 0.002) {
    const rgb = oklabToLinear(
      lightness,
      c * Math.cos((hue * Math.PI) / 180),
      c * Math.sin((hue * Math.PI) / 180),
    );
    if (c <= 0 || rgb.every((value) => value >= -1e-4 && value <= 1.0001)) {
      return rgb.map((value) => gamma(Math.min(1, Math.max(0, value)))) as [number, number, number];
    }
  }
}

function oklabToLinear(lightness: number, a: number, b: number): [number, number, number] {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

function gamma(value: number): number {
  return value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055;
}

/** OKLab lightness of an sRGB colour given as bytes: how bright it looks, 0 black to 1 white. */
export function perceivedLightness(red: number, green: number, blue: number): number {
  const [r, g, b] = [red, green, blue].map((byte) => {
    const value = byte / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s;
}
