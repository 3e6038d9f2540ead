/**
 * D-optimal active sets by MaxVol (Goreinov et al., in: Matrix Methods (2010) 247; for potentials Podryabinkin and Shapeev,
 * Comput. Mater. Sci. 140 (2017) 171; Gubaev et al., J. Chem. Phys. 148 (2018) 241727).
 *
 * Of rows b = ∂E/∂θ, n are chosen whose matrix A has a volume |det A| that no single exchange enlarges by more than a tolerance.
 * Every row is then b = c A with coefficients c; exchanging row j for it would multiply the volume by |c_j|, and
 *
 *   γ(b) = max_j |c_j|
 *
 * is the extrapolation grade: at most 1 + tolerance for what the set was chosen from, and large where a prediction has to be
 * extrapolated. Directions that no row has are held by rows ε e_k, which everything else outweighs: the set is then complete
 * whatever the data. Rows are chosen by elimination with pivots and improved by exchanges, the largest first, so that their
 * order plays no part.
 */

/** ε, in units of the largest number of a column. */
export const FILLER = 1e-6;
/** A column that is smaller than this part of the largest takes no part. */
const NEGLIGIBLE = 1e-12;
export const TOLERANCE = 1e-3;

export interface ActiveSet {
  /** n */
  readonly columns: number;
  /** Number of the row that each place holds; −1: a filler. */
  readonly members: Int32Array;
  /** A⁻¹, row-major: c = b A⁻¹. */
  readonly inverse: Float64Array;
  /** ln |det A| */
  readonly logVolume: number;
  /** Exchanges after the first choice, and ln |det A| before each and at the end. */
  readonly exchanges: number;
  readonly history: readonly number[];
}

export interface MaxVolOptions {
  readonly tolerance?: number;
  /** Exchanges at most; each multiplies the volume by more than 1 + tolerance. */
  readonly most?: number;
  readonly signal?: AbortSignal;
}

/**
 * Chooses an active set.
 * @param rows row-major, m × n
 * @throws RangeError when the numbers are not finite
 */
export function maxVol(rows: Float64Array, columns: number, options: MaxVolOptions = {}): ActiveSet {
  const { tolerance = TOLERANCE, most = 100_000 } = options;
  if (!rows.every(Number.isFinite)) throw new RangeError('rows of an active set must be finite');
  const m = rows.length / columns;
  const scales = columnScales(rows, columns);
  // rows, then one filler a column, in columns of a largest number of 1
  const work = new Float64Array((m + columns) * columns);
  for (let i = 0; i < m; i++)
    for (let k = 0; k < columns; k++) work[i * columns + k] = rows[i * columns + k] / scales[k];
  for (let k = 0; k < columns; k++) work[(m + k) * columns + k] = FILLER;
  const { pivots, logVolume } = eliminate(work, m + columns, columns);
  const coefficients = coefficientsOf(work, pivots, m + columns, columns);
  const history = [logVolume];
  let volume = logVolume;
  for (let exchange = 0; exchange < most; exchange++) {
    options.signal?.throwIfAborted();
    const { place, value } = largestOf(coefficients);
    if (value <= 1 + tolerance) break;
    const [row, j] = [Math.floor(place / columns), place % columns];
    exchangeRow(coefficients, columns, row, j);
    pivots[j] = row;
    volume += Math.log(value);
    history.push(volume);
  }
  const chosen = new Float64Array(columns * columns);
  pivots.forEach((row, j) => {
    for (let k = 0; k < columns; k++)
      chosen[j * columns + k] = row < m ? rows[row * columns + k] : row - m === k ? FILLER * scales[k] : 0;
  });
  return {
    columns,
    members: Int32Array.from(pivots, (row) => (row < m ? row : -1)),
    inverse: inverseOf(chosen, columns),
    logVolume: volume + scales.reduce((sum, scale) => sum + Math.log(scale), 0),
    exchanges: history.length - 1,
    history,
  };
}

/** γ of a row that begins at `at`. */
export function gradeOf({ inverse, columns }: ActiveSet, rows: Float64Array, at = 0): number {
  let largest = 0;
  for (let j = 0; j < columns; j++) {
    let c = 0;
    for (let k = 0; k < columns; k++) c += rows[at + k] * inverse[k * columns + j];
    largest = Math.max(largest, Math.abs(c));
  }
  return largest;
}

function columnScales(rows: Float64Array, columns: number): Float64Array {
  const scales = new Float64Array(columns);
  for (let at = 0; at < rows.length; at += columns)
    for (let k = 0; k < columns; k++) scales[k] = Math.max(scales[k], Math.abs(rows[at + k]));
  const largest = scales.reduce((a, b) => Math.max(a, b), 0) || 1;
  return scales.map((scale) => (scale > NEGLIGIBLE * largest ? scale : largest));
}

/**
 * Gaussian elimination with the largest number of each column as its pivot, in place: below, factors L are left where zeros
 * would be; a pivot's own row keeps U. Some columns at a time, so that the rest of the matrix is read once for all of them.
 */
function eliminate(a: Float64Array, rows: number, columns: number): { pivots: number[]; logVolume: number } {
  const pivots: number[] = [];
  const used = new Uint8Array(rows);
  let logVolume = 0;
  for (let first = 0; first < columns; first += PANEL) {
    const end = Math.min(columns, first + PANEL);
    for (let k = first; k < end; k++) {
      const pivot = pivotOf(a, used, rows, columns, k);
      used[pivot] = 1;
      pivots.push(pivot);
      const from = pivot * columns;
      logVolume += Math.log(Math.abs(a[from + k]));
      for (let i = 0, at = 0; i < rows; i++, at += columns) {
        if (used[i] !== 0) continue;
        const factor = a[at + k] / a[from + k];
        a[at + k] = factor;
        if (factor !== 0) for (let c = k + 1; c < end; c++) a[at + c] -= factor * a[from + c];
      }
    }
    const own = pivots.slice(first, end);
    // the pivots' rows first, each from those before it; then all rows that are left
    own.forEach((row, t) => takeOff(a, row * columns, own.slice(0, t), first, end, columns));
    for (let i = 0; i < rows; i++) if (used[i] === 0) takeOff(a, i * columns, own, first, end, columns);
  }
  return { pivots, logVolume };
}

/** Columns that are eliminated together. */
const PANEL = 16;

function pivotOf(a: Float64Array, used: Uint8Array, rows: number, columns: number, k: number): number {
  let [pivot, largest] = [-1, -1];
  for (let i = 0; i < rows; i++) {
    const value = Math.abs(a[i * columns + k]);
    if (used[i] === 0 && value > largest) [pivot, largest] = [i, value];
  }
  return pivot;
}

/** Takes the rows of pivots, times their factors in the columns from `first` on, off the columns from `end` on. */
function takeOff(
  a: Float64Array,
  at: number,
  pivots: readonly number[],
  first: number,
  end: number,
  columns: number,
): void {
  let t = 0;
  for (; t + 4 <= pivots.length; t += 4) {
    const f = at + first + t;
    const starts = [pivots[t], pivots[t + 1], pivots[t + 2], pivots[t + 3]] as const;
    takeFour(a, at, [a[f], a[f + 1], a[f + 2], a[f + 3]], a, starts, end, columns, columns);
  }
  for (; t < pivots.length; t++) {
    const factor = a[at + first + t];
    const from = pivots[t] * columns;
    if (factor !== 0) for (let c = end; c < columns; c++) a[at + c] -= factor * a[from + c];
  }
}

/** Takes four rows of b, times factors, off the columns first … last − 1 of a row of a: each number is read and written once. */
function takeFour(
  a: Float64Array,
  at: number,
  factors: readonly [number, number, number, number],
  b: Float64Array,
  rows: readonly [number, number, number, number],
  first: number,
  last: number,
  columns: number,
): void {
  const [f, g, h, k] = factors;
  let [p, q, r, s] = [
    rows[0] * columns + first,
    rows[1] * columns + first,
    rows[2] * columns + first,
    rows[3] * columns + first,
  ];
  for (let c = at + first; c < at + last; c++) a[c] -= f * b[p++] + g * b[q++] + h * b[r++] + k * b[s++];
}

/** C with B = C A, A the rows of the pivots: L L_A⁻¹, from the factors that elimination left. In place. */
function coefficientsOf(
  a: Float64Array,
  pivots: readonly number[],
  rows: number,
  columns: number,
): Float64Array {
  // L_A is lower triangular with ones: row j is the pivot of column j
  const lower = new Float64Array(columns * columns);
  pivots.forEach((row, j) => lower.set(a.subarray(row * columns, row * columns + j), j * columns));
  const place = new Int32Array(rows).fill(-1);
  pivots.forEach((row, j) => (place[row] = j));
  for (let i = 0; i < rows; i++) {
    const at = i * columns;
    if (place[i] >= 0) {
      a.fill(0, at, at + columns);
      a[at + place[i]] = 1;
      continue;
    }
    let j = columns - 1;
    for (; j >= 4; j -= 4) {
      // the triangle of four rows first, so that their factors are known
      for (let t = j; t > j - 3; t--)
        for (let k = j - 3; k < t; k++) a[at + k] -= a[at + t] * lower[t * columns + k];
      const f = at + j;
      const starts = [j, j - 1, j - 2, j - 3] as const;
      takeFour(a, at, [a[f], a[f - 1], a[f - 2], a[f - 3]], lower, starts, 0, j - 3, columns);
    }
    for (; j > 0; j--) for (let k = 0; k < j; k++) a[at + k] -= a[at + j] * lower[j * columns + k];
  }
  return a;
}

function largestOf(a: Float64Array): { place: number; value: number } {
  let [place, value] = [0, -1];
  for (let k = 0; k < a.length; k++) {
    const size = a[k] < 0 ? -a[k] : a[k];
    if (size > value) {
      value = size;
      place = k;
    }
  }
  return { place, value };
}

/** C after row i took the place j: C − C_·j (C_i· − e_j) / C_ij. */
function exchangeRow(c: Float64Array, columns: number, row: number, j: number): void {
  const pivot = c[row * columns + j];
  const step = c.slice(row * columns, (row + 1) * columns);
  step[j] -= 1;
  for (let k = 0; k < columns; k++) step[k] /= pivot;
  for (let at = 0; at < c.length; at += columns) {
    const factor = c[at + j];
    if (factor === 0) continue;
    for (let k = 0; k < columns; k++) c[at + k] -= factor * step[k];
  }
}

/** By Gauss and Jordan with pivots. */
function inverseOf(matrix: Float64Array, n: number): Float64Array {
  const a = matrix.slice();
  const out = new Float64Array(n * n);
  for (let k = 0; k < n; k++) out[k * n + k] = 1;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(a[i * n + k]) > Math.abs(a[pivot * n + k])) pivot = i;
    if (pivot !== k)
      for (const m of [a, out])
        for (let c = 0; c < n; c++) {
          const held = m[k * n + c];
          m[k * n + c] = m[pivot * n + c];
          m[pivot * n + c] = held;
        }
    const scale = 1 / a[k * n + k];
    for (let c = 0; c < n; c++) {
      a[k * n + c] *= scale;
      out[k * n + c] *= scale;
    }
    for (let i = 0; i < n; i++) {
      const factor = i === k ? 0 : a[i * n + k];
      if (factor === 0) continue;
      for (let c = 0; c < n; c++) {
        a[i * n + c] -= factor * a[k * n + c];
        out[i * n + c] -= factor * out[k * n + c];
      }
    }
  }
  return out;
}
