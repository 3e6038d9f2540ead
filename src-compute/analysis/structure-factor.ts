/**
 * Static structure factor S(q) = ⟨|Σ_j exp(−i q·r_j)|²⟩/N over the wave vectors that the periodic cell allows, averaged
 * in shells of |q|. Exact for the box (no transform of g(r), so no truncation ripples). Each frame uses its own cell.
 */
import { StructureError } from '../errors.ts';
import { inverse } from '../structure/cell.ts';
import { atomCount, type Configuration } from '../structure/configuration.ts';

export interface StructureFactorResult {
  /** Mean |q| of the vectors in each shell, 1/Å (with the 2π). */
  readonly q: Float64Array;
  readonly s: Float64Array;
  /** Wave vectors per shell, over all frames. */
  readonly vectors: Float64Array;
}

/** Accumulates frames one by one. */
export class StructureFactor {
  readonly #maximum: number;
  readonly #width: number;
  readonly #sum: Float64Array;
  readonly #q: Float64Array;
  readonly #count: Float64Array;

  /**
   * @param maximum largest |q|, 1/Å
   * @param bins shells between 0 and it
   */
  constructor(maximum: number, bins: number) {
    if (!(maximum > 0) || !(bins >= 1))
      throw new StructureError('A structure factor needs a positive largest |q| and bins.');
    this.#maximum = maximum;
    this.#width = maximum / bins;
    this.#sum = new Float64Array(bins);
    this.#q = new Float64Array(bins);
    this.#count = new Float64Array(bins);
  }

  /** @throws StructureError for a cell that is not periodic in all directions */
  add(configuration: Configuration): void {
    if (!configuration.periodic.every(Boolean)) {
      throw new StructureError('A structure factor needs a cell that is periodic in all three directions.');
    }
    const { positions, cell } = configuration;
    const n = atomCount(configuration);
    const inv = inverse(cell);
    // reciprocal vectors 2π × columns of the inverse; |h| ≤ |a| q/2π bounds the indices
    const most = [0, 1, 2].map((k) =>
      Math.floor((this.#maximum * Math.hypot(cell[3 * k], cell[3 * k + 1], cell[3 * k + 2])) / (2 * Math.PI)),
    );
    const phases = most.map((limit, k) => phaseTable(positions, inv, k, limit));
    const re = new Float64Array(n);
    const im = new Float64Array(n);
    for (let h = 0; h <= most[0]; h++) {
      for (let k = h === 0 ? 0 : -most[1]; k <= most[1]; k++) {
        multiply(phases[0], h, phases[1], k, n, re, im);
        for (let l = h === 0 && k === 0 ? 1 : -most[2]; l <= most[2]; l++) {
          let square = 0;
          for (let a = 0; a < 3; a++) {
            const component = 2 * Math.PI * (h * inv[3 * a] + k * inv[3 * a + 1] + l * inv[3 * a + 2]);
            square += component * component;
          }
          const q = Math.sqrt(square);
          const bin = Math.floor(q / this.#width);
          if (bin >= this.#sum.length) continue;
          const offset = Math.abs(l) * 2 * n;
          const sign = l < 0 ? -1 : 1;
          const table = phases[2];
          let [x, y] = [0, 0];
          for (let i = 0; i < n; i++) {
            const c = table[offset + i];
            const s = sign * table[offset + n + i];
            x += re[i] * c - im[i] * s;
            y += re[i] * s + im[i] * c;
          }
          this.#sum[bin] += (x * x + y * y) / n;
          this.#q[bin] += q;
          this.#count[bin]++;
        }
      }
    }
  }

  /** Shells that hold at least one vector. */
  get result(): StructureFactorResult {
    const filled = Array.from(this.#count.keys()).filter((bin) => this.#count[bin] > 0);
    return {
      q: Float64Array.from(filled, (bin) => this.#q[bin] / this.#count[bin]),
      s: Float64Array.from(filled, (bin) => this.#sum[bin] / this.#count[bin]),
      vectors: Float64Array.from(filled, (bin) => this.#count[bin]),
    };
  }
}

/** cos and sin of 2π m s_j for m = 0 … limit: rows of n cosines then n sines. */
function phaseTable(positions: Float64Array, inv: Float64Array, axis: number, limit: number): Float64Array {
  const n = positions.length / 3;
  const table = new Float64Array(2 * n * (limit + 1));
  for (let i = 0; i < n; i++) {
    const s =
      positions[3 * i] * inv[axis] +
      positions[3 * i + 1] * inv[3 + axis] +
      positions[3 * i + 2] * inv[6 + axis];
    for (let m = 0; m <= limit; m++) {
      const angle = 2 * Math.PI * m * s;
      table[2 * n * m + i] = Math.cos(angle);
      table[2 * n * m + n + i] = Math.sin(angle);
    }
  }
  return table;
}

/** re + i·im = exp(2πi (h s₁ + k s₂)) per atom. */
function multiply(
  first: Float64Array,
  h: number,
  second: Float64Array,
  k: number,
  n: number,
  re: Float64Array,
  im: Float64Array,
): void {
  const a = 2 * n * h;
  const b = 2 * n * Math.abs(k);
  const sign = k < 0 ? -1 : 1;
  for (let i = 0; i < n; i++) {
    const c2 = second[b + i];
    const s2 = sign * second[b + n + i];
    re[i] = first[a + i] * c2 - first[a + n + i] * s2;
    im[i] = first[a + i] * s2 + first[a + n + i] * c2;
  }
}
