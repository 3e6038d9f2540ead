/** Sums over coordinates. */
export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
}

export const norm = (a: Float64Array): number => Math.sqrt(dot(a, a));

export function difference(a: Float64Array, b: Float64Array): Float64Array {
  const out = new Float64Array(a.length);
  for (let k = 0; k < a.length; k++) out[k] = a[k] - b[k];
  return out;
}

export function scale(a: Float64Array, factor: number): void {
  for (let k = 0; k < a.length; k++) a[k] *= factor;
}

export function addScaled(to: Float64Array, what: Float64Array, factor: number): void {
  for (let k = 0; k < to.length; k++) to[k] += factor * what[k];
}

/** Length of the longest triple, as of the force on an atom; of one or two coordinates their length. */
export function largestTriple(a: Float64Array): number {
  let most = 0;
  for (let k = 0; k < a.length; k += 3) {
    let sum = 0;
    for (let m = k; m < Math.min(k + 3, a.length); m++) sum += a[m] * a[m];
    most = Math.max(most, sum);
  }
  return Math.sqrt(most);
}
