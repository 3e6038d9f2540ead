/**
 * Colours and sizes of all charts, light and dark. Figures for papers are always drawn with the light ones. Each
 * series colour has a contrast of at least 3 : 1 against the surface (WCAG 2.2, graphical objects), which a test checks.
 */
export type ChartTheme = 'light' | 'dark';

export interface ChartTokens {
  readonly theme: ChartTheme;
  readonly surface: string;
  readonly text: string;
  readonly muted: string;
  readonly axis: string;
  readonly grid: string;
  /** Picked and selected things. */
  readonly accent: string;
  readonly danger: string;
  /** Series, in order; neighbours differ in hue and in brightness. */
  readonly series: readonly string[];
  readonly fontFamily: string;
}

const FONT = '"Inter Variable", system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';

const LIGHT: ChartTokens = {
  theme: 'light',
  surface: '#ffffff',
  text: '#1b2129',
  muted: '#5a6573',
  axis: '#8a94a2',
  grid: '#e6e9ee',
  accent: '#c2410c',
  danger: '#b3261e',
  series: ['#2b5ea8', '#c2570c', '#1f8a6d', '#9b3f8f', '#8a7500', '#0f7fa8', '#b03a48', '#5f6b7a'],
  fontFamily: FONT,
};

const DARK: ChartTokens = {
  theme: 'dark',
  surface: '#181c22',
  text: '#e8ecf2',
  muted: '#a5b0bf',
  axis: '#6d7887',
  grid: '#2b313a',
  accent: '#ffb066',
  danger: '#ff8a80',
  series: ['#7fb0ff', '#ffa057', '#5fcfa8', '#d98fd0', '#d9c04a', '#5cc8ee', '#ff8a94', '#a9b5c4'],
  fontFamily: FONT,
};

/** Colours of a theme. */
export function chartTokens(theme: ChartTheme): ChartTokens {
  return theme === 'dark' ? DARK : LIGHT;
}

/** '#rrggbb' with an opacity, as CSS text. */
export function withOpacity(hex: string, opacity: number): string {
  const value = Number.parseInt(hex.slice(1), 16);
  return `rgba(${value >> 16}, ${(value >> 8) & 255}, ${value & 255}, ${opacity})`;
}
