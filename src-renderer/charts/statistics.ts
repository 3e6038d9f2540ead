/** Summary numbers of residuals d_k = predicted_k − reference_k. Pairs with a value that is no number are left out. */

/** A column of numbers; typed arrays or plain ones. */
export type Numbers = ArrayLike<number>;

export interface ErrorSummary {
  readonly count: number;
  /** Mean of |d|. */
  readonly mae: number;
  /** √(mean of d²). */
  readonly rmse: number;
  /** Mean of d. */
  readonly bias: number;
  /** Largest |d|. */
  readonly largest: number;
  /** 1 − Σd² / Σ(reference − mean)²; NaN when the reference does not vary. */
  readonly r2: number;
}

/** Errors of predicted against reference values; zero pairs give NaN throughout. */
export function errorSummary(reference: Numbers, predicted: Numbers): ErrorSummary {
  const length = Math.min(reference.length, predicted.length);
  let [count, absolute, squares, sum, largest, mean] = [0, 0, 0, 0, 0, 0];
  for (let k = 0; k < length; k++) {
    const d = predicted[k] - reference[k];
    if (!Number.isFinite(d)) continue;
    count++;
    absolute += Math.abs(d);
    squares += d * d;
    sum += d;
    mean += reference[k];
    if (Math.abs(d) > largest) largest = Math.abs(d);
  }
  if (count === 0) return { count, mae: NaN, rmse: NaN, bias: NaN, largest: NaN, r2: NaN };
  mean /= count;
  // a second pass: energies of −1e5 eV would lose all digits in Σx² − (Σx)²
  let spread = 0;
  for (let k = 0; k < length; k++) {
    if (Number.isFinite(predicted[k] - reference[k])) spread += (reference[k] - mean) ** 2;
  }
  return {
    count,
    mae: absolute / count,
    rmse: Math.sqrt(squares / count),
    bias: sum / count,
    largest,
    r2: spread > 0 ? 1 - squares / spread : NaN,
  };
}

/** Smallest and largest finite value, or undefined when there is none. */
export function extent(values: Numbers): [number, number] | undefined {
  let [low, high] = [Infinity, -Infinity];
  for (let k = 0; k < values.length; k++) {
    const value = values[k];
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : undefined;
}

/** An interval widened by a part of its width on both sides; a single value gets a width. */
export function padded([low, high]: readonly [number, number], part = 0.04): [number, number] {
  const width = high - low || Math.abs(low) * 0.1 || 1;
  return [low - part * width, high + part * width];
}

/** Indices of the points that no other one beats in both numbers (both small is good), by rising first number. */
export function paretoFront(cost: Numbers, error: Numbers): number[] {
  const order = Array.from({ length: cost.length }, (_, k) => k)
    .filter((k) => Number.isFinite(cost[k]) && Number.isFinite(error[k]))
    .sort((p, q) => cost[p] - cost[q] || error[p] - error[q]);
  const front: number[] = [];
  let best = Infinity;
  for (const k of order) {
    if (error[k] >= best) continue;
    best = error[k];
    front.push(k);
  }
  return front;
}
