/**
 * A function on an even grid from 0 on, between whose points LAMMPS' `pair_style eam` interpolates: a cubic Hermite
 * polynomial with slopes by central differences of fourth order (second order at the second and last but one, first order
 * at the ends). Potentials in this form were made for that spline, so it is part of the potential.
 */
export interface TableFunction {
  readonly step: number;
  readonly values: Float64Array;
  /** Slope times step at every point. */
  readonly slopes: Float64Array;
}

/** @param values at 0, step, 2 step, …; five at least */
export function tableFunction(values: Float64Array, step: number): TableFunction {
  const n = values.length;
  const slopes = new Float64Array(n);
  slopes[0] = values[1] - values[0];
  slopes[n - 1] = values[n - 1] - values[n - 2];
  for (let k = 1; k < n - 1; k++) {
    const near = (values[k + 1] - values[k - 1]) / 2;
    slopes[k] = k === 1 || k === n - 2 ? near : (16 * near - values[k + 2] + values[k - 2]) / 12;
  }
  return { step, values, slopes };
}

/** Value and derivative at x ≥ 0; beyond the last point those of the last point. */
export function at(table: TableFunction, x: number): { value: number; slope: number } {
  const { step, values, slopes } = table;
  const k = Math.min(Math.floor(x / step), values.length - 2);
  const t = Math.min(x / step - k, 1);
  const rise = values[k + 1] - values[k];
  const c2 = 3 * rise - 2 * slopes[k] - slopes[k + 1];
  const c3 = slopes[k] + slopes[k + 1] - 2 * rise;
  return {
    value: values[k] + t * (slopes[k] + t * (c2 + t * c3)),
    slope: (slopes[k] + t * (2 * c2 + t * 3 * c3)) / step,
  };
}
