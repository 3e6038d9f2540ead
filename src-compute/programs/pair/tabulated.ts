/**
 * Tabulated pair potentials: the cubic pieces of the reference's spline. A grid of equal cells over the distances gives the
 * piece at the start of a cell and where the next one starts; from there it is a step or a few to the right one.
 */
import {
  pairTable,
  tabulatedFunctions,
  type PairFunction,
  type TabulatedPairModel,
} from '../../potentials/pair/index.ts';
import type { PairForm } from './form.ts';

/** Numbers of a piece: where it starts, and φ = c₀ + t(c₁ + t(c₂ + t c₃)) with t = r − start. */
const PIECE = 5;

/** Numbers before the grid: the cutoff, cells per Å, where the pieces begin (counted in pieces); then pairs of numbers. */
const HEAD = 4;
const CELL = 2;

/** Steps that may be needed within a cell, cells for each knot to begin with, and cells at most. */
const FEW_STEPS = 3;
const CELLS = 4;
const MOST_CELLS = 2 ** 20;

export function tabulatedForm(model: TabulatedPairModel): PairForm {
  const functions = tabulatedFunctions(model);
  const entries = pairTable(
    model.species,
    model.pairs.map((pair) => ({ ...pair, cutoff: pair.distances[pair.distances.length - 1] })),
  );
  const pieces = entries.map(({ distances }, k) => piecesOf(distances, functions[k]));
  const longest = Math.max(...pieces.map((list) => list.length));
  let cells = CELLS * longest;
  const stepsOf = () => Math.max(...pieces.map((list, k) => mostSteps(list, entries[k].cutoff, cells)));
  while (stepsOf() > FEW_STEPS && cells < MOST_CELLS) cells *= 2;
  const steps = stepsOf();
  const first = Math.ceil((HEAD + CELL * cells) / PIECE);
  const parameters = pieces.map((list, k) => {
    const { cutoff } = entries[k];
    const numbers = new Float64Array(PIECE * (first + longest + 1)).fill(FAR);
    numbers.set([cutoff, cells / cutoff, first]);
    gridOf(list, cutoff, cells).forEach((piece, cell) => {
      numbers.set([piece, list[piece + 1]?.[0] ?? FAR], HEAD + CELL * cell);
    });
    list.forEach((piece, n) => numbers.set(piece, PIECE * (first + n)));
    return numbers;
  });
  return {
    cutoffs: entries.map(({ cutoff }) => cutoff),
    parameters,
    evaluate(code, { r, parameter, gather }) {
      const c = (x: number) => code.constant(x);
      const cell = code.let(code.min(code.floor(code.mul(r, parameter(1))), c(cells - 1)));
      const [lowest, next] = gather(code.let(code.add(cell, c(HEAD / CELL))), CELL, CELL);
      let row = code.let(code.add(lowest, parameter(2)));
      for (let k = 0; k < steps; k++) {
        const start = k === 0 ? next : gather(code.let(code.add(row, c(1))), PIECE, 1)[0];
        row = code.let(code.selectLess(r, start, row, code.add(row, c(1))));
      }
      const [start, c0, c1, c2, c3] = gather(row, PIECE, PIECE);
      const t = code.let(code.sub(r, start));
      const twice = code.add(code.mul(c(2), c2), code.mul(t, code.mul(c(3), c3)));
      return {
        energy: code.add(c0, code.mul(t, code.add(c1, code.mul(t, code.add(c2, code.mul(t, c3)))))),
        slope: code.add(c1, code.mul(t, twice)),
      };
    },
  };
}

/** Where nothing is any more, Å. */
const FAR = 1e30;

/** Piece at the start of every cell, and of the one behind the last. */
function gridOf(pieces: readonly (readonly number[])[], cutoff: number, cells: number): number[] {
  let piece = 0;
  return Array.from({ length: cells }, (_, cell) => {
    while (piece + 1 < pieces.length && pieces[piece + 1][0] <= (cell * cutoff) / cells) piece++;
    return piece;
  });
}

/** Most pieces that begin within a cell. */
function mostSteps(pieces: readonly (readonly number[])[], cutoff: number, cells: number): number {
  const grid = gridOf(pieces, cutoff, cells);
  return grid.reduce((most, piece, cell) => Math.max(most, (grid[cell + 1] ?? pieces.length - 1) - piece), 1);
}

/** A straight line below the table, then its intervals. */
function piecesOf(x: ArrayLike<number>, phi: PairFunction): number[][] {
  const out = new Float64Array(3);
  phi.evaluate(x[0], out);
  const pieces = [[x[0], out[0], out[1], 0, 0]];
  for (let k = 0; k + 1 < x.length; k++) {
    const h = x[k + 1] - x[k];
    phi.evaluate(x[k], out);
    const [value, slope, curvature] = out;
    phi.evaluate(x[k] + h / 2, out);
    pieces.push([x[k], value, slope, curvature / 2, (out[2] - curvature) / (h / 2) / 6]);
  }
  return pieces;
}
