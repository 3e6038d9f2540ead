/**
 * One step for all cores of a tensor train at once. Alternating least squares creeps where cores depend on each other;
 * linearised in all of them, E(x + δ) ≈ E(x) + J δ with the columns of every core side by side, a Levenberg–Marquardt
 * step
 *
 *   (G + λτ K + μ diag G) δ = Jᵀ(t − E) − ½ λτ ∇‖A‖²,   G = JᵀJ
 *
 * goes there directly. K is the curvature of ‖A‖² within each core: ‖A‖² = ⟨G_k, (E_L ⊗ 1 ⊗ E_R) G_k⟩ with the Gram
 * matrices E_L, E_R of what is left and right of core k.
 */
import { cholesky, choleskySolve } from '../linear-algebra.ts';
import type { NormalEquations } from '../least-squares.ts';
import { product, transposed } from './small-matrices.ts';
import type { Train } from './train.ts';

/** Where the columns of each core start within those of a head; the constant comes last. */
export function columnStarts(train: Train): { starts: number[]; perHead: number } {
  const starts: number[] = [];
  let at = 0;
  for (let k = 0; k < train.rank; k++) {
    starts.push(at);
    at += train.bonds[k] * train.m * train.bonds[k + 1];
  }
  return { starts, perHead: at + 1 };
}

/** The coefficients that give the train's energies in these columns: those of the first core, and the constants. */
export function presentCoefficients(train: Train): Float64Array {
  const { perHead } = columnStarts(train);
  const x = new Float64Array(train.heads * perHead);
  train.cores.forEach((cores, h) => {
    x.set(cores[0], h * perHead);
    x[(h + 1) * perHead - 1] = train.constants[h];
  });
  return x;
}

/** ‖A‖² over all heads, in any gauge. */
export function squareOf(train: Train): number {
  let square = 0;
  train.cores.forEach((_, h) => {
    const [left] = leftGrams(train, h).slice(-1);
    square += left[0];
  });
  return square;
}

/** (G¹…Gᵏ)ᵀ(G¹…Gᵏ) for k = 0 … n, χ_k × χ_k. */
function leftGrams(train: Train, head: number): Float64Array[] {
  const { m, bonds } = train;
  const grams: Float64Array[] = [Float64Array.of(1)];
  for (let k = 0; k < train.rank; k++) {
    const core = train.cores[head][k];
    const carried = product(grams[k], core, bonds[k], bonds[k], m * bonds[k + 1]);
    const rows = bonds[k] * m;
    grams.push(product(transposed(core, rows, bonds[k + 1]), carried, bonds[k + 1], rows, bonds[k + 1]));
  }
  return grams;
}

/** Gᵏ…Gⁿ(Gᵏ…Gⁿ)ᵀ for k = 0 … n, χ_k × χ_k. */
function rightGrams(train: Train, head: number): Float64Array[] {
  const { m, bonds, rank } = train;
  const grams: Float64Array[] = Array.from({ length: rank + 1 }, () => Float64Array.of(1));
  for (let k = rank - 1; k >= 0; k--) {
    const core = train.cores[head][k];
    const columns = m * bonds[k + 1];
    const carried = product(core, grams[k + 1], bonds[k] * m, bonds[k + 1], bonds[k + 1]);
    grams[k] = product(carried, transposed(core, bonds[k], columns), bonds[k], columns, bonds[k]);
  }
  return grams;
}

/**
 * δ for every column.
 * @param penalty λτ
 * @param damping μ
 * @returns undefined when the matrix is not positive definite: more damping is needed
 */
export function trainStep(
  train: Train,
  equations: NormalEquations,
  penalty: number,
  damping: number,
): Float64Array | undefined {
  const { n, gram, right } = equations;
  const x = presentCoefficients(train);
  const matrix = gram.slice();
  const force = right.slice();
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += gram[i * n + j] * x[j];
    force[i] -= sum;
  }
  addPenalty(train, penalty, matrix, force);
  let mean = 0;
  for (let i = 0; i < n; i++) mean += gram[i * n + i] / n;
  for (let i = 0; i < n; i++) matrix[i * n + i] += damping * gram[i * n + i] + 1e-14 * mean;
  const factor = cholesky(matrix, n);
  return factor && choleskySolve(factor, n, force);
}

/** λτ K into the matrix, −½ λτ ∇‖A‖² into the right-hand side. */
function addPenalty(train: Train, penalty: number, matrix: Float64Array, force: Float64Array): void {
  const { m, bonds } = train;
  const { starts, perHead } = columnStarts(train);
  const n = train.heads * perHead;
  train.cores.forEach((cores, h) => {
    const left = leftGrams(train, h);
    const behind = rightGrams(train, h);
    for (let k = 0; k < train.rank; k++) {
      const [rows, columns] = [bonds[k], bonds[k + 1]];
      const at = h * perHead + starts[k];
      const gradient = product(
        product(left[k], cores[k], rows, rows, m * columns),
        behind[k + 1],
        rows * m,
        columns,
        columns,
      );
      gradient.forEach((value, t) => (force[at + t] -= penalty * value));
      for (let l = 0; l < rows; l++) {
        for (let l2 = 0; l2 < rows; l2++) {
          for (let a = 0; a < m; a++) {
            for (let r = 0; r < columns; r++) {
              const row = at + (l * m + a) * columns + r;
              const start = row * n + at + (l2 * m + a) * columns;
              const factor = penalty * left[k][l * rows + l2];
              for (let r2 = 0; r2 < columns; r2++)
                matrix[start + r2] += factor * behind[k + 1][r * columns + r2];
            }
          }
        }
      }
    }
  });
}

/** The train with δ added to all cores and constants. */
export function stepped(train: Train, delta: Float64Array): Train {
  const { starts, perHead } = columnStarts(train);
  const copy = train.copy();
  copy.cores.forEach((cores, h) => {
    cores.forEach((core, k) => {
      const at = h * perHead + starts[k];
      for (let t = 0; t < core.length; t++) core[t] += delta[at + t];
    });
    copy.constants[h] += delta[(h + 1) * perHead - 1];
  });
  return copy;
}
