/**
 * Heads as code: energy and gradient for standardised descriptors v (heads.ts of the potential), in double precision.
 *
 *  rank 1        E = a·v.
 *  rank 2        E = ½ v·g, g = S v, S the symmetric matrix of the second derivatives.
 *  rank 3        for every b, in blocks of four c ≥ b with w_c = v_b v_c: over a ≤ b the row A_abc gives h_c = Σ_a A_abc v_a and
 *                g_a += Σ_c A_abc w_c; then g_c += v_b h_c, g_b += Σ_c h_c v_c; E = ⅓ v·g.
 *  tensor train  train-head.ts
 */
import { denseCount, type TensorRegressionModel } from '../../../../potentials/tensor-regression/index.ts';
import { f64, i32 } from '../../encoder/index.ts';
import type { LaneType, Lanes, Local, ModuleBuilder } from '../../encoder/index.ts';
import { align } from '../../layout.ts';
import { dot, matrixTimesVector, PARAMETERS, whole, type Head } from './head-code.ts';
import { TrainHead } from './train-head.ts';

/** Coefficients of a model's heads, and how many each has. */
export function headCoefficients({ head }: TensorRegressionModel): Float64Array {
  return head.kind === 'dense' ? head.coefficients : head.cores;
}

/** Code of a model's heads for m descriptors. */
export function headOf({ head }: TensorRegressionModel, m: number, lanes: Lanes): Head {
  if (head.kind === 'tensor-train') return new TrainHead(m, head.bonds, lanes);
  if (head.rank === 1) return new LinearHead(m, lanes);
  return head.rank === 2 ? new QuadraticHead(m, lanes) : new CubicHead(m, lanes);
}

class LinearHead implements Head {
  readonly numbers: number;
  readonly workBytes = 0;
  private readonly m: number;
  private readonly lanes: Lanes;

  constructor(m: number, lanes: Lanes) {
    this.m = m;
    this.lanes = lanes;
    this.numbers = whole(m, lanes);
  }

  write(target: Float64Array, source: Float64Array, start: number): void {
    target.fill(0);
    target.set(source.subarray(start, start + this.m));
  }

  generate(module: ModuleBuilder) {
    const { lanes, numbers } = this;
    return module.function({ parameters: PARAMETERS, result: 'f64' }, (code, coefficients, v, gradient) => {
      const offset = code.local('i32');
      code.for(offset, 0, 8 * numbers, 8 * lanes.width, () => {
        code.store(lanes.storeKind, i32.add(gradient, offset), lanes.load(i32.add(coefficients, offset)));
      });
      code.return(dot(code, lanes, coefficients, v, numbers));
    });
  }
}

class QuadraticHead implements Head {
  readonly numbers: number;
  readonly workBytes = 0;
  private readonly m: number;
  private readonly rows: number;
  private readonly lanes: Lanes;

  constructor(m: number, lanes: Lanes) {
    this.m = m;
    this.lanes = lanes;
    this.rows = whole(m, lanes);
    this.numbers = m * this.rows;
  }

  write(target: Float64Array, source: Float64Array, start: number): void {
    const { m, rows } = this;
    target.fill(0);
    let t = start;
    for (let a = 0; a < m; a++) {
      target[a * rows + a] = 2 * source[t++];
      for (let b = a + 1; b < m; b++) target[a * rows + b] = target[b * rows + a] = source[t++];
    }
  }

  generate(module: ModuleBuilder) {
    const { lanes, m, rows } = this;
    return module.function({ parameters: PARAMETERS, result: 'f64' }, (code, matrix, v, gradient) => {
      matrixTimesVector(code, lanes, rows, m, [matrix, v, gradient]);
      code.return(f64.mul(dot(code, lanes, v, gradient, rows), 0.5));
    });
  }
}

/** Numbers c of a block of the cubic head. */
const BLOCK = 4;

class CubicHead implements Head {
  readonly numbers: number;
  readonly workBytes: number;
  private readonly m: number;
  private readonly lanes: Lanes;

  constructor(m: number, lanes: Lanes) {
    this.m = m;
    this.lanes = lanes;
    let blocks = 0;
    this.eachBlock((b) => (blocks += b + 1));
    this.numbers = BLOCK * blocks;
    this.workBytes = 8 * lanes.width * m;
  }

  /** Blocks in the order of their storage: each holds the rows a = 0 … b of four numbers. */
  private eachBlock(visit: (b: number, c: number) => void): void {
    for (let b = 0; b < this.m; b++) {
      for (let c = b - (b % BLOCK); c < this.m; c += BLOCK) visit(b, c);
    }
  }

  write(target: Float64Array, source: Float64Array, start: number): void {
    const { m } = this;
    target.fill(0);
    // where the coefficients with first index a begin, and the row (a, b) behind
    const firstOf = Array.from({ length: m }, (_, a) => start + denseCount(m, 3) - denseCount(m - a, 3));
    let t = 0;
    this.eachBlock((b, c0) => {
      for (let a = 0; a <= b; a++, t += BLOCK) {
        const row = firstOf[a] + denseCount(m - a, 2) - denseCount(m - b, 2);
        for (let c = Math.max(b, c0); c < Math.min(m, c0 + BLOCK); c++) {
          target[t + c - c0] = source[row + c - b];
        }
      }
    });
  }

  generate(module: ModuleBuilder) {
    const { lanes, m } = this;
    const bytes = 8 * lanes.width;
    const parts = BLOCK / lanes.width;
    const padded = align(m, BLOCK);
    return module.function({ parameters: PARAMETERS, result: 'f64' }, (code, entries, v, gradient, work) => {
      const [b, c, a, at] = [0, 1, 2, 3].map(() => code.local('i32'));
      code.for(at, 0, 8 * padded, bytes, () =>
        code.store(lanes.storeKind, i32.add(gradient, at), lanes.constant(0)),
      );
      code.for(at, 0, bytes * m, bytes, () =>
        code.store(lanes.storeKind, i32.add(work, at), lanes.constant(0)),
      );
      const entry = code.let(entries);
      const vEnd = code.let(i32.add(v, 8 * padded));
      // sum of the lanes of g_b, kept apart until the end
      const own = code.let(work);
      code.for(b, 0, 8 * m, 8, () => {
        const vb = code.let(lanes.loadSplat(i32.add(v, b)));
        const ofB = code.let(lanes.constant(0));
        const aEnd = code.let(i32.add(i32.add(v, b), 8));
        code.for(c, i32.add(v, i32.and(b, -8 * BLOCK)), vEnd, 8 * BLOCK, () => {
          const vc = Array.from({ length: parts }, (_, k) => code.let(lanes.load(c, k * bytes)));
          const w = vc.map((value) => code.let(lanes.mul(value, vb)));
          const h = vc.map(() => code.let(lanes.constant(0)));
          code.set(at, work);
          code.for(a, v, aEnd, 8, () => {
            const va = code.let(lanes.loadSplat(a));
            let sum: Local<LaneType> | undefined;
            h.forEach((value, k) => {
              const coefficient = code.let(lanes.load(entry, k * bytes));
              const product = lanes.mul(coefficient, w[k]);
              if (sum) code.set(sum, lanes.add(sum, product));
              else sum = code.let(product);
              code.set(value, lanes.add(value, lanes.mul(coefficient, va)));
            });
            if (sum) code.store(lanes.storeKind, at, lanes.add(lanes.load(at), sum));
            code.set(at, i32.add(at, bytes));
            code.set(entry, i32.add(entry, 8 * BLOCK));
          });
          const target = code.let(i32.add(gradient, i32.sub(c, v)));
          h.forEach((value, k) => {
            const sum = lanes.add(lanes.load(target, k * bytes), lanes.mul(value, vb));
            code.store(lanes.storeKind, target, sum, k * bytes);
            code.set(ofB, lanes.add(ofB, lanes.mul(value, vc[k])));
          });
        });
        code.store(lanes.storeKind, own, lanes.add(lanes.load(own), ofB));
        code.set(own, i32.add(own, bytes));
      });
      code.set(own, work);
      code.for(at, gradient, i32.add(gradient, 8 * m), 8, () => {
        code.store(f64, at, f64.add(f64.load(at), lanes.sumF64(code.let(lanes.load(own)))));
        code.set(own, i32.add(own, bytes));
      });
      code.return(f64.mul(dot(code, lanes, v, gradient, padded), 1 / 3));
    });
  }
}
