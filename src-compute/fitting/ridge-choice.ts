/** Ridge strength by cross-validation from the normal equations of folds: no further pass over the data is needed. */
import { lossOf, solveRidge, type NormalEquations } from './least-squares.ts';

const CANDIDATES = [1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4];

/**
 * The λ with the smallest loss on left-out folds; searched from the middle outwards along the falling side, since
 * the loss has one minimum in practice and every solve is cubic in the number of columns.
 */
export function chooseRidge(
  folds: readonly NormalEquations[],
  all: NormalEquations,
  firstPenalised: number,
): number {
  if (folds.length < 2) return 1e-9;
  const known = new Map<number, number>();
  const loss = (index: number): number => {
    const found = known.get(index);
    if (found !== undefined) return found;
    let sum = 0;
    for (const fold of folds) {
      const rest: NormalEquations = {
        n: all.n,
        gram: all.gram.map((value, k) => value - fold.gram[k]),
        right: all.right.map((value, k) => value - fold.right[k]),
        target: all.target - fold.target,
      };
      sum += lossOf(fold, solveRidge(rest, CANDIDATES[index], firstPenalised).x);
    }
    known.set(index, sum);
    return sum;
  };
  let best = 3;
  for (const direction of [1, -1]) {
    while (CANDIDATES[best + direction] !== undefined && loss(best + direction) < loss(best))
      best += direction;
  }
  return CANDIDATES[best];
}
