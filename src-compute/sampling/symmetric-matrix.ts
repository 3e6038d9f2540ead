/** Eigen-decomposition of symmetric 3 × 3 matrices by cyclic Jacobi rotations, without allocation. */

/**
 * @param matrix 9, row-major, symmetric; not changed
 * @param values 3 eigenvalues, out
 * @param vectors 9, row k is the unit eigenvector of values[k], out
 */
export function symmetricEigen(matrix: ArrayLike<number>, values: Float64Array, vectors: Float64Array): void {
  let [a, b, c, d, e, f] = [matrix[0], matrix[4], matrix[8], matrix[1], matrix[2], matrix[5]];
  vectors.fill(0);
  vectors[0] = vectors[4] = vectors[8] = 1;
  for (let sweep = 0; sweep < 60 && d * d + e * e + f * f > 1e-36 * (a * a + b * b + c * c); sweep++) {
    // rotate in the planes 01, 02, 12 in turn
    const plane = sweep % 3;
    const off = plane === 0 ? d : plane === 1 ? e : f;
    if (off === 0) continue;
    const p = plane === 2 ? b : a;
    const q = plane === 0 ? b : c;
    const theta = (q - p) / (2 * off);
    const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
    const cos = 1 / Math.sqrt(t * t + 1);
    const sin = t * cos;
    if (plane === 0) {
      a -= t * off;
      b += t * off;
      d = 0;
      [e, f] = [cos * e - sin * f, sin * e + cos * f];
      rotate(vectors, 0, 3, cos, sin);
    } else if (plane === 1) {
      a -= t * off;
      c += t * off;
      e = 0;
      [d, f] = [cos * d - sin * f, sin * d + cos * f];
      rotate(vectors, 0, 6, cos, sin);
    } else {
      b -= t * off;
      c += t * off;
      f = 0;
      [d, e] = [cos * d - sin * e, sin * d + cos * e];
      rotate(vectors, 3, 6, cos, sin);
    }
  }
  values[0] = a;
  values[1] = b;
  values[2] = c;
}

function rotate(vectors: Float64Array, p: number, q: number, cos: number, sin: number): void {
  for (let k = 0; k < 3; k++) {
    const x = vectors[p + k];
    const y = vectors[q + k];
    vectors[p + k] = cos * x - sin * y;
    vectors[q + k] = sin * x + cos * y;
  }
}

/**
 * Writes Σ_k g(λ_k) u_k u_kᵀ.
 * @param vectors rows u_k
 */
export function fromEigen(g: ArrayLike<number>, vectors: Float64Array, out: Float64Array): void {
  for (let a = 0; a < 3; a++) {
    for (let b = 0; b < 3; b++) {
      out[3 * a + b] =
        g[0] * vectors[a] * vectors[b] +
        g[1] * vectors[3 + a] * vectors[3 + b] +
        g[2] * vectors[6 + a] * vectors[6 + b];
    }
  }
}
