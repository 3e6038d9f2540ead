/** The legend as shapes, for exported pictures: the page shows ViewerLegend.vue with the same words. */
import { shortNumber } from '../charts/numbers.ts';
import { colormapHex } from './colormaps.ts';
import type { OverlayLabel, OverlayMark, Overlay, PictureSize } from './overlay.ts';
import { scaleMiddle } from './scalar-range.ts';
import type { ActiveScale } from './structure-view.ts';

/** An entry of a legend: a disc and a name. */
export interface LegendEntry {
  readonly name: string;
  readonly color: string;
  readonly count?: number;
}

const [ROW, MARGIN, INSET] = [19, 14, 12];
/** Width of an average letter at 13 px. */
const LETTER = 7.2;

/** Name with the number of atoms and, of classes, their share. */
export function entryText({ name, count }: LegendEntry, total?: number): string {
  if (count === undefined) return name;
  const share = total ? `  ${((100 * count) / total).toFixed(1)} %` : '';
  return `${name}  ${count.toLocaleString('en')}${share}`;
}

/**
 * Lower right corner of a picture: elements or classes with their counts, or a colour scale with its numbers.
 * @param entries used where no scale is shown
 */
export function legendOverlay(
  scale: ActiveScale | undefined,
  entries: readonly LegendEntry[],
  size: PictureSize,
  text: string,
  vectors = '',
): Overlay {
  const title = scale ? scale.label + (scale.unit ? ` (${scale.unit})` : '') : '';
  if (scale && !scale.classes) return scaleOverlay(scale, title, size, text, vectors);
  const total = scale?.classes ? entries.reduce((sum, { count = 0 }) => sum + count, 0) : undefined;
  const rows = entries.map((entry) => entryText(entry, total));
  const all = [...(title ? [title] : []), ...rows, ...(vectors ? [vectors] : [])];
  if (all.length === 0) return { lines: [], labels: [] };
  const width = 2 * INSET + 18 + LETTER * Math.max(...all.map((row) => row.length));
  const height = 2 * INSET + ROW * all.length - 6;
  const [left, top] = [size.width - MARGIN - width, size.height - MARGIN - height];
  const marks: OverlayMark[] = [{ kind: 'plate', x: left, y: top, width, height }];
  const labels: OverlayLabel[] = [];
  all.forEach((row, k) => {
    const y = top + INSET + ROW * k + 6;
    const entry = k - (title ? 1 : 0);
    const named = entry >= 0 && entry < entries.length;
    if (named)
      marks.push({
        kind: 'plate',
        x: left + INSET,
        y: y - 6,
        width: 12,
        height: 12,
        color: entries[entry].color,
        round: true,
      });
    labels.push(label(row, left + INSET + (named ? 20 : 0), y, text, k === 0 && title !== ''));
  });
  return { lines: [], labels, marks };
}

function label(text: string, x: number, y: number, color: string, bold = false): OverlayLabel {
  return { x, y, text, color, bold, plate: false, align: 'left' };
}

function scaleOverlay(
  scale: ActiveScale,
  title: string,
  size: PictureSize,
  text: string,
  vectors: string,
): Overlay {
  const bar = 180;
  const width = Math.max(bar, LETTER * Math.max(title.length, vectors.length)) + 2 * INSET;
  const height = (vectors ? 82 : 64) + INSET;
  const [left, top] = [size.width - MARGIN - width, size.height - MARGIN - height];
  const stops = colormapHex(scale.colormap, 45);
  const marks: OverlayMark[] = [
    { kind: 'plate', x: left, y: top, width, height },
    ...stops.map((color, k) => ({
      kind: 'plate' as const,
      x: left + INSET + (k * bar) / stops.length,
      y: top + INSET + 18,
      width: bar / stops.length + 0.5,
      height: 10,
      color,
    })),
  ];
  const numbers = [scale.from, scaleMiddle(scale.from, scale.to, scale.logarithmic), scale.to];
  const y = top + INSET + 40;
  const labels = [
    label(title, left + INSET, top + INSET + 6, text, true),
    ...numbers.map((value, k): OverlayLabel => ({
      ...label(shortNumber(value), left + INSET + (k * bar) / 2, y, text),
      align: (['left', 'center', 'right'] as const)[k],
    })),
    ...(vectors ? [label(vectors, left + INSET, y + 20, text)] : []),
  ];
  return { lines: [], labels, marks };
}
