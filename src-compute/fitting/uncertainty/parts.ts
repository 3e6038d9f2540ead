/** Which parts of the data are held out, so that the errors of a fit can be known. */
import type { NormalEquations } from '../least-squares.ts';
import { FOLDS } from '../fit-settings.ts';
import { MOST_COLUMNS } from './held-out.ts';

/** Columns beyond which the sums of two parts of the data do not fit beside each other. */
export const LARGEST_HELD_OUT = 10_000;

/**
 * What is summed together of the four parts of the data: each by itself. With many columns, whose sums and solutions are
 * large, one of them is held out alone, and the others are one part together.
 */
export function heldOutPart(part: number, columns: number): number {
  return columns > MOST_COLUMNS ? Math.min(part, 1) : part;
}

/** The parts that are held out. */
export function heldOutParts(columns: number): readonly number[] {
  return columns > MOST_COLUMNS ? [0] : Array.from({ length: FOLDS }, (_, part) => part);
}

/** The equations of those parts. */
export function heldOut(parts: ReadonlyMap<number, NormalEquations>): Map<number, NormalEquations> {
  return new Map([...parts].filter(([part, { n }]) => heldOutParts(n).includes(part)));
}

/** Columns whose posterior is kept of a wide fit: the given ones if these are few enough, else none. */
export function keptColumns(columns: number, chosen: () => readonly number[]): Int32Array | undefined {
  if (columns <= MOST_COLUMNS) return undefined;
  const list = chosen();
  return Int32Array.from(list.length <= MOST_COLUMNS ? list : []);
}
