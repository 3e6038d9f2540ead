/** Pictures of figures, and files for the browser's downloads. */
import { init } from './echarts.ts';
import type { ChartSize, OptionBuilder } from './option.ts';
import { paperOption, type ZoomState } from './paper-figure.ts';

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
