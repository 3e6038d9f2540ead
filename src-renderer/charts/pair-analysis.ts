/**
 * Everything that parity plots and residual histograms ask of a set of pairs (reference, predicted): one pass over all
 * of them each. Runs in the window for small sets and in a worker for large ones (pairs.ts), so that a million pairs
 * never hold up the interface.
 */
import { csvText } from './csv.ts';
import { countInside, cellGroups, densityGrid, type DataWindow, type DensityGrid } from './density.ts';
import { binCentres, chooseBins, histogram, type Bins } from './histogram.ts';
import { nearestPoint, pointsInPolygon, type Polygon } from './lasso.ts';
import { parityWindow } from './parity-window.ts';
import { groupedPoints } from './points.ts';
import { errorSummary, type ErrorSummary, type Numbers } from './statistics.ts';

/** Above this many visible points single ones cannot be told apart, and counts per cell are drawn. */
export const DENSITY_FROM = 100_000;

/** The pairs, and the group of each where there are groups. */
export interface PairColumns {
  readonly reference: Numbers;
  readonly predicted: Numbers;
  /** Index into the names of the groups. */
  readonly groups?: ArrayLike<number>;
  readonly groupCount: number;
}

/** What a plot of all pairs begins with. */
export interface PairOverview {
  readonly summary: ErrorSummary;
  /** Range of the axes. */
  readonly whole: DataWindow;
}

/** What is drawn of the pairs: single points by group, or counts per cell. */
export type PairPicture =
  | { readonly kind: 'points'; readonly total: number; readonly groups: readonly Float64Array[] }
  | {
      readonly kind: 'density';
      readonly grid: DensityGrid;
      /** Group of each cell, where there are several. */
      readonly groups?: Uint8Array;
    };

/** Distribution of predicted − reference, times a factor. */
export interface ResidualDistribution {
  readonly bins: Bins;
  readonly counts: Uint32Array;
  /** Expected counts of a normal distribution of the same mean and width. */
  readonly normal: Float64Array;
  readonly summary: ErrorSummary;
}

export class PairAnalysis {
  private readonly columns: PairColumns;
  private readonly length: number;
  private residualColumn: Float64Array | undefined;

  constructor(columns: PairColumns) {
    this.columns = columns;
    this.length = Math.min(columns.reference.length, columns.predicted.length);
  }

  /** predicted − reference, made once. */
  private get residuals(): Float64Array {
    if (this.residualColumn) return this.residualColumn;
    const { reference, predicted } = this.columns;
    const residuals = new Float64Array(this.length);
    for (let k = 0; k < this.length; k++) residuals[k] = predicted[k] - reference[k];
    return (this.residualColumn = residuals);
  }

  private y(residual: boolean): Numbers {
    return residual ? this.residuals : this.columns.predicted;
  }

  /** Errors and the range of the axes. */
  overview(residual: boolean): PairOverview {
    const { reference, predicted } = this.columns;
    return {
      summary: errorSummary(reference, predicted),
      whole: parityWindow(reference, this.y(residual), !residual),
    };
  }

  /**
   * What is to be drawn of a part of the plane.
   * @param columns number of cells along x, rows along y, should they be counted
   */
  picture(residual: boolean, visible: DataWindow, columns: number, rows: number): PairPicture {
    const { reference, groups, groupCount } = this.columns;
    const y = this.y(residual);
    const large = this.length > DENSITY_FROM;
    if (large && countInside(reference, y, visible) > DENSITY_FROM) {
      const grid = densityGrid(reference, y, visible, columns, rows);
      const grouped = groups && groupCount > 1;
      return {
        kind: 'density',
        grid,
        ...(grouped && { groups: cellGroups(reference, y, groups, groupCount, grid) }),
      };
    }
    // a cloud that was zoomed into draws only what can be seen
    const cloud = { x: reference, y, groups, groupCount };
    return { kind: 'points', total: this.length, groups: groupedPoints(cloud, large ? visible : undefined) };
  }

  /** Pairs inside a polygon in data coordinates. */
  inside(residual: boolean, polygon: Polygon): Uint32Array {
    return pointsInPolygon(this.columns.reference, this.y(residual), polygon);
  }

  /** The pair nearest to a place, or −1. */
  nearest(
    residual: boolean,
    at: readonly [number, number],
    pixelsPerUnit: readonly [number, number],
    reach: number,
  ): number {
    return nearestPoint(this.columns.reference, this.y(residual), at, pixelsPerUnit, reach);
  }

  /** Distribution of the residuals times a factor, in bins of its own. */
  distribution(factor: number): ResidualDistribution {
    const values = factor === 1 ? this.residuals : this.residuals.map((value) => value * factor);
    const bins = chooseBins([values]);
    const summary = errorSummary(this.columns.reference, this.columns.predicted);
    const { bias, rmse, count } = summary;
    const mean = bias * factor;
    const deviation = Math.sqrt(Math.max(rmse * rmse - bias * bias, 0)) * factor;
    const scale = (count * bins.step) / (deviation * Math.sqrt(2 * Math.PI));
    const normal = binCentres(bins).map(
      (x) => scale * Math.exp(-((x - mean) ** 2) / (2 * deviation * deviation)),
    );
    return { bins, counts: histogram(values, bins), normal, summary };
  }

  /** Pairs whose residual times a factor lies in a range. */
  inRange(factor: number, low: number, high: number): Uint32Array {
    const { residuals } = this;
    const found = new Uint32Array(this.length);
    let n = 0;
    for (let k = 0; k < this.length; k++) {
      const value = residuals[k] * factor;
      if (value >= low && value <= high) found[n++] = k;
    }
    return found.slice(0, n);
  }

  /** The pairs as a CSV file. */
  csv(names: readonly [string, string], groupNames: readonly string[], notes: readonly string[]): Blob {
    const { reference, predicted, groups } = this.columns;
    const columns = [
      { name: names[0], values: reference },
      { name: names[1], values: predicted },
      ...(groups ? [{ name: 'group', values: Array.from(groups, (group) => groupNames[group] ?? '') }] : []),
    ];
    return new Blob([csvText({ columns, notes })], { type: 'text/csv' });
  }
}

/** The questions by name, as they travel to the worker. */
export type PairQuestion = keyof PairAnalysis;
export type PairArguments<Q extends PairQuestion> = Parameters<PairAnalysis[Q]>;
export type PairAnswer<Q extends PairQuestion> = ReturnType<PairAnalysis[Q]>;

/** Asks by name; the types of question and answer are those of PairAnalysis, in the window as in the worker. */
export function askPairs(set: PairAnalysis, question: PairQuestion, given: readonly unknown[]): unknown {
  return Reflect.apply(set[question], set, given);
}

/** The buffers in an answer, which are handed over instead of copied. */
export function buffersOf(answer: unknown): ArrayBuffer[] {
  if (ArrayBuffer.isView(answer)) return answer.buffer instanceof ArrayBuffer ? [answer.buffer] : [];
  if (typeof answer !== 'object' || answer === null || answer instanceof Blob) return [];
  return Object.values(answer).flatMap(buffersOf);
}
