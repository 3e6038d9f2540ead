/** Reproducible random numbers for the suite. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A random rotation, 9 numbers: columns of a random unit quaternion's matrix. */
export function randomRotation(random: () => number): number[] {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const q = [normal(), normal(), normal(), normal()];
  const length = Math.hypot(...q);
  const [w, x, y, z] = q.map((v) => v / length);
  return [
    1 - 2 * (y * y + z * z),
    2 * (x * y - w * z),
    2 * (x * z + w * y),
    2 * (x * y + w * z),
    1 - 2 * (x * x + z * z),
    2 * (y * z - w * x),
    2 * (x * z - w * y),
    2 * (y * z + w * x),
    1 - 2 * (x * x + y * y),
  ];
}

/** Row vectors times the transpose of a matrix: every row is rotated. */
export function rotateRows(rows: ArrayLike<number>, rotation: readonly number[]): Float64Array {
  const rotated = new Float64Array(rows.length);
  for (let k = 0; k < rows.length; k += 3) {
    for (let a = 0; a < 3; a++) {
      for (let b = 0; b < 3; b++) rotated[k + a] += rotation[3 * a + b] * rows[k + b];
    }
  }
  return rotated;
}
