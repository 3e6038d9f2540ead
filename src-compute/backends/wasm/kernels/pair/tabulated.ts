/**
 * Tabulated pair potentials: the cubic pieces of the reference's spline, looked up lane by lane. A grid of equal
 * cells over the distances gives the piece at the start of a cell; from there it is a few steps to the right one.
 */
import { f64, i32 } from '../../encoder/index.ts';
import type { Callable, Expression, ModuleBuilder } from '../../encoder/index.ts';
import type { PairFunction, TabulatedPair } from '../../../../potentials/pair/index.ts';

/** Numbers of one piece: start, anchor x, and φ = c₀ + t(c₁ + t(c₂ + t c₃)) with t = r − x. */
const PIECE = 6;

/** Table of one pair of species, f64: [cell width⁻¹, number of cells, grid …, pieces …]. */
export function tableNumbers(pair: TabulatedPair, phi: PairFunction): number[] {
  const x = pair.distances;
  const n = x.length;
  const out = new Float64Array(3);
  // a first piece of straight line below the table
  phi.evaluate(x[0], out);
  const pieces: number[][] = [[0, x[0], out[0], out[1], 0, 0]];
  for (let k = 0; k + 1 < n; k++) {
    const h = x[k + 1] - x[k];
    phi.evaluate(x[k], out);
    const [value, slope, curvature] = out;
    phi.evaluate(x[k] + h / 2, out);
    pieces.push([x[k], x[k], value, slope, curvature / 2, (out[2] - curvature) / (h / 2) / 6]);
  }
  const cells = 4 * n;
  const width = x[n - 1] / cells;
  const grid: number[] = [];
  let piece = 0;
  for (let cell = 0; cell <= cells; cell++) {
    while (piece + 1 < pieces.length && pieces[piece + 1][0] <= cell * width) piece++;
    grid.push(piece);
  }
  // a piece that starts beyond everything ends the search
  pieces.push([Infinity, 0, 0, 0, 0, 0]);
  return [1 / width, cells, ...grid, ...pieces.flat()];
}

/** The functions (r, table address) → φ and φ′. */
export function generateLookup(module: ModuleBuilder): {
  piece: Callable & { readonly result: 'i32' };
  energy: (piece: Expression<'i32'>, r: Expression<'f64'>) => Expression<'f64'>;
  slope: (piece: Expression<'i32'>, r: Expression<'f64'>) => Expression<'f64'>;
} {
  const piece = module.function({ parameters: ['f64', 'i32'], result: 'i32' }, (code, r, table) => {
    const cells = code.let(i32.truncF64(f64.load(table, 8)));
    const cell = code.let(i32.truncF64(f64.mul(r, f64.load(table))));
    code.if(i32.gt(cell, cells), () => code.set(cell, cells));
    const grid = code.let(i32.add(table, 16));
    const index = i32.truncF64(f64.load(i32.add(grid, i32.shl(cell, 3))));
    const pieces = i32.add(grid, i32.shl(i32.add(cells, 1), 3));
    const found = code.let(i32.add(pieces, i32.mul(index, 8 * PIECE)));
    code.loop((again) => {
      code.if(f64.ge(r, f64.load(found, 8 * PIECE)), () => {
        code.set(found, i32.add(found, 8 * PIECE));
        code.branch(again);
      });
    });
    code.return(found);
  });
  const t = (at: Expression<'i32'>, r: Expression<'f64'>) => f64.sub(r, f64.load(at, 8));
  const c = (at: Expression<'i32'>, n: number) => f64.load(at, 16 + 8 * n);
  return {
    piece,
    energy: (at, r) =>
      f64.add(
        c(at, 0),
        f64.mul(
          t(at, r),
          f64.add(c(at, 1), f64.mul(t(at, r), f64.add(c(at, 2), f64.mul(t(at, r), c(at, 3))))),
        ),
      ),
    slope: (at, r) =>
      f64.add(
        c(at, 1),
        f64.mul(t(at, r), f64.add(f64.mul(2, c(at, 2)), f64.mul(t(at, r), f64.mul(3, c(at, 3))))),
      ),
  };
}
