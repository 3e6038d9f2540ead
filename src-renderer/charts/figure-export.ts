/** Figures as files: drawn anew with the light colours, without animation and all at once, at the size on the page. */
import { init, type EChartsCoreOption } from './echarts.ts';
import type { ChartSize, OptionBuilder } from './option.ts';
import { chartTokens } from './tokens.ts';

/** Where the axes stand, to be taken over from the page. */
export type ZoomState = readonly {
  readonly id: string;
  readonly startValue: number;
  readonly endValue: number;
}[];

function paperOption(build: OptionBuilder, size: ChartSize, zoom: ZoomState): EChartsCoreOption {
  const tokens = chartTokens('light');
  const option = build(tokens, size);
  const zooms: unknown = option.dataZoom;
  const placed = Array.isArray(zooms)
    ? zooms.map((entry: Record<string, unknown>) => {
        const state = zoom.find(({ id }) => id === entry.id);
        return state ? { ...entry, startValue: state.startValue, endValue: state.endValue } : entry;
      })
    : zooms;
  const series: unknown = option.series;
  const whole = Array.isArray(series)
    ? series.map((entry: Record<string, unknown>) => ({ ...entry, progressive: 0 }))
    : series;
  return { ...option, backgroundColor: tokens.surface, animation: false, dataZoom: placed, series: whole };
}

/** The figure as SVG text. */
export function svgFigure(build: OptionBuilder, size: ChartSize, zoom: ZoomState): string {
  const chart = init(null, undefined, { renderer: 'svg', ssr: true, ...size });
  try {
    chart.setOption(paperOption(build, size, zoom));
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

/** The figure as a PNG with `scale` times the pixels it has on the page. */
export async function pngFigure(
  build: OptionBuilder,
  size: ChartSize,
  zoom: ZoomState,
  scale: number,
): Promise<Blob> {
  const holder = document.createElement('div');
  const chart = init(holder, undefined, { renderer: 'canvas', devicePixelRatio: scale, ...size });
  try {
    chart.setOption(paperOption(build, size, zoom));
    // drawn at once rather than at the next refresh
    chart.getZr().flush();
    const canvas = chart.renderToCanvas({ pixelRatio: scale, backgroundColor: '#ffffff' });
    return await new Promise<Blob>((resolve, reject) => {
      canvas.toBlob(
        (blob) => (blob ? resolve(blob) : reject(new Error('The picture is too large.'))),
        'image/png',
      );
    });
  } finally {
    chart.dispose();
  }
}

/** Hands a file to the browser's downloads. */
export function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A name for a file from any text. */
export function fileName(text: string, extension: string): string {
  return `${
    text
      .trim()
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .replace(/^-|-$/g, '')
      .toLowerCase() || 'figure'
  }.${extension}`;
}
