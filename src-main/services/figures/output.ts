/** Figures as SVG files (ECharts without a browser) and as tables. */
import { csvRow } from '../../../src-compute/quoting/csv.ts';
import { inPieces } from '../../../src-compute/quoting/json-pieces.ts';
import { xmlCharacters } from '../../../src-compute/quoting/xml.ts';
import { writeFileAtomically } from '../potentials/potential-file.ts';
import type { Figure, FigureReference, FigureSeries } from './figure.ts';

/**
 * The numbers of a figure as CSV: one block of columns when all series share x, else one row per point with the name
 * of its series.
 */
export function csvOf(figure: Figure): string {
  return [...csvPieces(figure)].join('');
}

/** The same in pieces of about `length` characters: a figure may have millions of points. */
export function csvPieces(figure: Figure, length?: number): Generator<string> {
  return inPieces(csvRows(figure), length);
}

/** The rows, each with its end. */
function* csvRows(figure: Figure): Generator<string> {
  const x = figure.x.name ?? 'x';
  const [first] = figure.series;
  const shared = figure.series.every(
    (series) => series.x.length === first.x.length && series.x.every((value, k) => value === first.x[k]),
  );
  if (shared) {
    yield `${csvRow([x, ...figure.series.map(({ name }) => name)])}\n`;
    for (const [k, value] of first.x.entries())
      yield `${csvRow([value, ...figure.series.map(({ y }) => y[k])])}\n`;
    return;
  }
  yield `${csvRow(['series', x, figure.y.name ?? 'y', 'error'])}\n`;
  for (const { name, x: xs, y, error } of figure.series)
    for (const [k, value] of xs.entries()) yield `${csvRow([name, value, y[k], error?.[k]])}\n`;
}

/** The SVG of a figure. */
export async function svgOf(given: Figure, width = 760, height = 480): Promise<string> {
  const figure: Figure = { ...given, series: given.series.map(drawable) };
  // loaded when the first figure is drawn: most commands draw none
  const echarts = await import('echarts');
  const legend = figure.series.filter(({ of }) => of === undefined).map(({ name }) => name);
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: '#ffffff',
      title: {
        text: xmlCharacters(figure.title),
        subtext: xmlCharacters(figure.caption ?? ''),
        left: 'center',
        textStyle: { fontSize: 16 },
      },
      legend: legend.length > 1 ? { bottom: 4, type: 'scroll', data: legend } : undefined,
      grid: {
        left: 84,
        right: 28,
        top: figure.caption ? 76 : 56,
        bottom: legend.length > 1 ? 84 : 60,
      },
      xAxis: axis(figure.x, 32),
      yAxis: axis(figure.y, 62),
      series: [
        ...figure.series.flatMap((series) =>
          seriesOptions(series, COLOURS[legend.indexOf(series.of ?? series.name) % COLOURS.length]),
        ),
        ...(figure.references ? [referenceLines(figure.references)] : []),
      ],
    });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

const drawable = ({ name, of, ...series }: FigureSeries): FigureSeries => ({
  ...series,
  name: xmlCharacters(name),
  of: of === undefined ? undefined : xmlCharacters(of),
});

const axis = ({ label, logarithmic }: Figure['x'], gap: number) => ({
  type: logarithmic ? ('log' as const) : ('value' as const),
  name: xmlCharacters(label),
  nameLocation: 'middle' as const,
  nameGap: gap,
  scale: true,
});

/** Thin lines across the figure with their labels at the end. */
function referenceLines(references: readonly FigureReference[]) {
  return {
    type: 'line' as const,
    data: [],
    markLine: {
      symbol: 'none',
      silent: true,
      lineStyle: { color: '#888888', type: 'solid' as const, width: 0.8 },
      label: { color: '#444444', position: 'end' as const },
      data: references.map(({ axis: along, value, label }) => ({
        ...(along === 'x' ? { xAxis: value } : { yAxis: value }),
        label: { formatter: xmlCharacters(label) },
      })),
    },
  };
}

/** Okabe & Ito's palette: told apart by all kinds of colour vision. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000', '#8c6d31'];

function seriesOptions(series: FigureSeries, colour: string | undefined) {
  const color = colour ?? COLOURS[0];
  const data = series.x.map((x, k) => [x, series.y[k]]);
  const main =
    series.kind === 'points'
      ? {
          name: series.name,
          type: 'scatter' as const,
          data,
          symbolSize: 7,
          itemStyle: series.outside
            ? { color: 'transparent', borderColor: color, borderWidth: 1.4 }
            : { color },
        }
      : {
          name: series.name,
          type: 'line' as const,
          data,
          showSymbol: false,
          itemStyle: { color },
          lineStyle: { width: 1.8, color, type: series.outside ? ('dashed' as const) : ('solid' as const) },
          ...(series.kind === 'step' ? { step: 'middle' as const } : {}),
        };
  if (!series.error) return [main];
  const bars = series.x.map((x, k) => [
    x,
    series.y[k] - (series.error?.[k] ?? 0),
    series.y[k] + (series.error?.[k] ?? 0),
  ]);
  // error bars as short vertical lines, one series of separate segments
  const segments = bars.flatMap(([x, low, high]) => [[x, low], [x, high], [x, '-']]); // prettier-ignore
  return [
    main,
    {
      name: series.name,
      type: 'line' as const,
      data: segments,
      showSymbol: false,
      connectNulls: false,
      lineStyle: { width: 1, color: '#888888' },
      silent: true,
    },
  ];
}

/** Writes the SVG of a figure. */
export async function writeFigure(path: string, figure: Figure): Promise<void> {
  await writeFileAtomically(path, await svgOf(figure));
}
