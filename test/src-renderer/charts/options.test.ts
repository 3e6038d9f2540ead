/** The options that the charts give to ECharts, drawn by ECharts itself to SVG without a browser. */
import { describe, expect, it } from 'vitest';
import { svgFigure } from '../../../src-renderer/charts/paper-figure.ts';
import { chooseBins } from '../../../src-renderer/charts/histogram.ts';
import { histogramOption } from '../../../src-renderer/charts/histogram-option.ts';
import { linesOption } from '../../../src-renderer/charts/lines.ts';
import { mapOption, mapWindow } from '../../../src-renderer/charts/map-option.ts';
import { panelsOption } from '../../../src-renderer/charts/panels.ts';
import { DENSITY_FROM, PairAnalysis } from '../../../src-renderer/charts/pair-analysis.ts';
import { densityCells, parityOption } from '../../../src-renderer/charts/parity.ts';
import { parityWindow } from '../../../src-renderer/charts/parity-window.ts';
import { chartTokens } from '../../../src-renderer/charts/tokens.ts';

const size = { width: 640, height: 480 };
const names = { x: 'reference (eV)', y: 'predicted (eV)', unit: 'eV' };

function pairs(n: number) {
  const reference = Float64Array.from({ length: n }, (_, k) => Math.sin(k) * 3);
  const predicted = reference.map((v, k) => v + 0.1 * Math.cos(7 * k));
  return new PairAnalysis({ reference, predicted, groupCount: 0 });
}

describe('map', () => {
  const n = 500;
  const x = Float32Array.from({ length: n }, (_, k) => Math.cos(k) * (1 + (k % 7)));
  const y = Float32Array.from({ length: n }, (_, k) => Math.sin(k) * (1 + (k % 7)));
  const values = Float64Array.from({ length: n }, (_, k) => (k % 10 === 0 ? NaN : k));
  const whole = mapWindow(x, y);
  const option = (dense: boolean, scalar?: { name: string; values: Float64Array }) =>
    mapOption(
      { x, y, groupNames: [], scalar, selected: [3] },
      { x: 'UMAP 1', y: 'UMAP 2' },
      dense,
      whole,
      whole,
      chartTokens('light'),
      size,
    );
  const drawn = (made: ReturnType<typeof option>) => made.series as { id: string; data: ArrayLike<number> }[];

  it('draws every point that has a number, or cells, and carries a scale for either', () => {
    const points = drawn(option(false, { name: 'Novelty', values }));
    const pairs = points.filter(({ id }) => id.startsWith('points-'));
    expect(pairs.reduce((sum, { data }) => sum + data.length / 2, 0)).toBe(0.9 * n);
    expect(drawn(option(true)).map(({ id }) => id)).toEqual(['density', 'scale', 'selected']);
    expect(drawn(option(true, { name: 'Novelty', values }))[0].data.length).toBeGreaterThan(10);
    const scale = option(true, { name: 'Novelty', values }).visualMap as { text: string[] };
    expect(scale.text[0]).toMatch(/^Novelty/);
  });

  it('becomes an SVG in both ways', () => {
    for (const dense of [false, true]) {
      expect(svgFigure(() => option(dense, { name: 'Novelty', values }), size, [])).toContain('UMAP 2');
    }
  });
});

describe('parity plot', () => {
  it('has the same range on both axes, so that the diagonal is one', () => {
    const window = parityWindow([0, 1], [-4, 3], true);
    expect(window.x).toEqual(window.y);
    expect(window.x[0]).toBeLessThanOrEqual(-4);
    expect(parityWindow([0, 1], [-4, 3], false).x[0]).toBeGreaterThan(-1);
  });

  it('draws points below a hundred thousand, density above, and points again when few are in view', () => {
    const seriesIds = (n: number, part: 'all' | 'corner') => {
      const data = pairs(n);
      const { whole } = data.overview(false);
      const visible = part === 'all' ? whole : { x: [2.9, 3] as const, y: [2.9, 3] as const };
      const picture = data.picture(false, visible, ...densityCells(size));
      const none = new Float64Array(0);
      const option = parityOption(picture, none, [], names, true, whole, chartTokens('light'));
      return (option.series as { id: string }[]).map(({ id }) => id);
    };
    expect(seriesIds(1000, 'all')).toContain('points-0');
    expect(seriesIds(DENSITY_FROM + 1, 'all')).toContain('density');
    expect(seriesIds(DENSITY_FROM + 1, 'corner')).toContain('points-0');
  });

  it('becomes an SVG with its axis names, on white even when the page is dark', () => {
    const data = pairs(50);
    const { whole } = data.overview(false);
    const picture = data.picture(false, whole, 40, 40);
    const chosen = Float64Array.of(1, 1.1, 2, 2.1);
    const svg = svgFigure(
      (tokens) => parityOption(picture, chosen, [], names, true, whole, tokens),
      size,
      [],
    );
    expect(svg).toContain('<svg');
    expect(svg).toContain('predicted (eV)');
    expect(svg).toMatch(/fill="(#fff(fff)?|rgb\(255,255,255\))"/);
  });
});

describe('curves', () => {
  it('leave out what a logarithmic axis cannot show', () => {
    const option = linesOption(
      [{ name: 'loss', x: [1, 2, 3], y: [10, 0, 0.1] }],
      { x: { name: 'step' }, y: { name: 'loss', logarithmic: true } },
      chartTokens('light'),
    );
    const [series] = option.series as { data: Float64Array }[];
    expect(Array.from(series.data)).toEqual([1, 10, 2, NaN, 3, 0.1]);
  });

  it('draw a band about a curve as one closed shape', () => {
    const x = [0, 1, 2];
    const svg = (error: number[] | undefined) =>
      svgFigure(
        (tokens) =>
          linesOption(
            [{ name: 'g', x, y: [1, 2, 1], error }],
            { x: { name: 'r' }, y: { name: 'g' } },
            tokens,
          ),
        size,
        [],
      );
    const paths = (text: string) => text.match(/<path/g)?.length ?? 0;
    expect(paths(svg([0.1, 0.2, 0.1]))).toBeGreaterThan(paths(svg(undefined)));
  });
});

describe('other charts', () => {
  it('are drawn by ECharts without complaint', () => {
    const values = Float64Array.from({ length: 500 }, (_, k) => Math.sin(k));
    const bins = chooseBins([values]);
    const histogramSvg = svgFigure(
      (tokens) =>
        histogramOption(
          [{ name: 'E', values }],
          bins,
          { xName: 'E (eV)', logarithmic: true, range: [0, 0.5] },
          tokens,
        ),
      size,
      [],
    );
    expect(histogramSvg).toContain('E (eV)');
    const x = [0, 1, 2];
    const panelsSvg = svgFigure(
      (tokens, at) =>
        panelsOption(
          [
            { name: 'T (K)', curves: [{ name: 'T', x, y: [300, 310, 290] }], target: 300 },
            {
              name: 'P (GPa)',
              curves: [
                { name: 'of the atoms', x, y: [0, 1, -1] },
                { name: 'of the box', x, y: [0, 0, 0] },
              ],
            },
          ],
          'Time (ps)',
          tokens,
          at,
        ),
      size,
      [],
    );
    expect(panelsSvg).toContain('T (K)');
    expect(panelsSvg).toContain('P (GPa)');
    // several lines in one panel are told apart without pointing at them; a single one is its panel
    expect(panelsSvg).toContain('of the atoms');
    expect(panelsSvg).toContain('of the box');
    expect(panelsSvg).not.toContain('>T<');
  });
});
