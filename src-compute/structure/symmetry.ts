/**
 * Operations of a crystal's space group as plain data, and what they do to atoms, vectors and tensors. How they are
 * found (the library moyo) is the business of src-main.
 */
import { StructureError } from '../errors.ts';
import { inverse } from './cell.ts';
import type { Configuration } from './configuration.ts';

/** x′ = rotation·x + translation in fractional coordinates (columns); rotation row-major, of whole numbers. */
export interface SymmetryOperation {
  readonly rotation: readonly number[];
  readonly translation: readonly number[];
}

/** How far an image may lie from an atom, Å. */
const NEAR = 0.05;

/**
 * Cartesian matrix R = hᵀ·W·h⁻ᵀ of an operation, row-major: r′ = R·r + t. Orthogonal when the operation belongs to the
 * lattice.
 * @param cell h, rows are the lattice vectors, Å
 */
export function cartesianRotation(operation: SymmetryOperation, cell: ArrayLike<number>): Float64Array {
  const inv = inverse(cell);
  const { rotation: w } = operation;
  const half = new Float64Array(9);
  const r = new Float64Array(9);
  // half = W·h⁻ᵀ
  for (let i = 0; i < 3; i++)
    for (let j = 0; j < 3; j++) for (let k = 0; k < 3; k++) half[3 * i + j] += w[3 * i + k] * inv[3 * j + k];
  for (let i = 0; i < 3; i++)
    for (let j = 0; j < 3; j++) for (let k = 0; k < 3; k++) r[3 * i + j] += cell[3 * k + i] * half[3 * k + j];
  return r;
}

/**
 * Where an operation takes each atom: image[i] is the atom that lies, up to lattice vectors, at the image of atom i.
 * @throws StructureError when there is no atom of the same kind within 0.05 Å: the operation does not belong to the structure
 */
export function atomImages(configuration: Configuration, operation: SymmetryOperation): Int32Array {
  const { positions, kinds, cell } = configuration;
  const n = kinds.length;
  const inv = inverse(cell);
  const fractional = new Float64Array(3 * n);
  for (let i = 0; i < n; i++)
    for (let a = 0; a < 3; a++)
      for (let b = 0; b < 3; b++) fractional[3 * i + a] += positions[3 * i + b] * inv[3 * b + a];
  const { rotation: w, translation: t } = operation;
  const images = new Int32Array(n);
  const d = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    let best = Infinity;
    const x = [0, 1, 2].map(
      (a) =>
        w[3 * a] * fractional[3 * i] +
        w[3 * a + 1] * fractional[3 * i + 1] +
        w[3 * a + 2] * fractional[3 * i + 2] +
        t[a],
    );
    for (let j = 0; j < n; j++) {
      if (kinds[j] !== kinds[i]) continue;
      for (let a = 0; a < 3; a++) {
        const difference = x[a] - fractional[3 * j + a];
        d[a] = difference - Math.round(difference);
      }
      const distance = Math.hypot(
        d[0] * cell[0] + d[1] * cell[3] + d[2] * cell[6],
        d[0] * cell[1] + d[1] * cell[4] + d[2] * cell[7],
        d[0] * cell[2] + d[1] * cell[5] + d[2] * cell[8],
      );
      if (distance < best) {
        best = distance;
        images[i] = j;
      }
    }
    if (!(best < NEAR)) {
      throw new StructureError(
        `A symmetry operation takes atom ${i + 1} to a place where no atom of its kind lies.`,
        { remedy: 'Find the symmetry again with a smaller tolerance.' },
      );
    }
  }
  return images;
}

/** Averages of vectors and tensors over the operations of a structure. */
export class SymmetryAverage {
  private readonly operations: readonly SymmetryOperation[];
  private readonly images: readonly Int32Array[];
  private readonly sum: Float64Array;

  /** @throws StructureError when an operation does not belong to the structure */
  constructor(configuration: Configuration, operations: readonly SymmetryOperation[]) {
    this.operations = operations;
    this.images = operations.map((operation) => atomImages(configuration, operation));
    this.sum = new Float64Array(configuration.positions.length);
  }

  /** Replaces vectors v of the atoms (3N) by the mean over operations of R·v taken to the images. */
  vectors(v: Float64Array, cell: ArrayLike<number>): void {
    const { sum, images, operations } = this;
    sum.fill(0);
    operations.forEach((operation, o) => {
      const r = cartesianRotation(operation, cell);
      const image = images[o];
      for (let i = 0; i < image.length; i++) {
        const to = 3 * image[i];
        const [x, y, z] = [v[3 * i], v[3 * i + 1], v[3 * i + 2]];
        for (let a = 0; a < 3; a++) sum[to + a] += r[3 * a] * x + r[3 * a + 1] * y + r[3 * a + 2] * z;
      }
    });
    for (let k = 0; k < sum.length; k++) v[k] = sum[k] / operations.length;
  }

  /** Replaces a tensor (9, row-major) by the mean of R·T·Rᵀ. */
  tensor(t: Float64Array, cell: ArrayLike<number>): void {
    const mean = new Float64Array(9);
    for (const operation of this.operations) {
      const r = cartesianRotation(operation, cell);
      for (let a = 0; a < 3; a++)
        for (let b = 0; b < 3; b++)
          for (let c = 0; c < 3; c++)
            for (let d = 0; d < 3; d++) mean[3 * a + b] += r[3 * a + c] * t[3 * c + d] * r[3 * b + d];
    }
    for (let k = 0; k < 9; k++) t[k] = mean[k] / this.operations.length;
  }
}
