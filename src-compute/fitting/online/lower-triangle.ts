/** Lower triangles as they are stored: row by row. */

export function packLower(matrix: Float64Array, n: number): Float64Array {
  const packed = new Float64Array((n * (n + 1)) / 2);
  for (let i = 0, at = 0; i < n; at += ++i) packed.set(matrix.subarray(i * n, i * n + i + 1), at);
  return packed;
}

/** As a full matrix with zeros above. */
export function unpackLower(packed: Float64Array, n: number): Float64Array {
  const matrix = new Float64Array(n * n);
  for (let i = 0, at = 0; i < n; at += ++i) matrix.set(packed.subarray(at, at + i + 1), i * n);
  return matrix;
}
