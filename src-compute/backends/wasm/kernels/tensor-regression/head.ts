/**
 * Heads as code: energy and gradient for standardised descriptors v (heads.ts of the potential), in double precision.
 *
 *  rank 1        E = a·v.
 *  rank 2        E = ½ v·g, g = S v, S the symmetric matrix of the second derivatives.
 *  rank 3        for every b, in blocks of four c ≥ b with w_c = v_b v_c: over a ≤ b the row A_abc gives h_c = Σ_a A_abc v_a and
 *                g_a += Σ_c A_abc w_c; then g_c += v_b h_c, g_b += Σ_c h_c v_c; E = ⅓ v·g.
 *  tensor train  all Gᵏ(v) by one matrix times v; rows L_k = G¹ … Gᵏ and columns R_k = Gᵏ⁺¹ … Gⁿ; E = L_{n−1}·Gⁿ, and the
 *                gradient by the transposed matrix times all L_{k−1}[l] R_k[r].
 */
import {
  coreStarts,
  denseCount,
  headSize,
  type TensorRegressionModel,
} from '../../../../potentials/tensor-regression/index.ts';
import { f64, i32 } from '../../encoder/index.ts';
import type { Callable, FunctionBody, LaneType, Lanes, Local, ModuleBuilder } from '../../encoder/index.ts';
import { align } from '../../layout.ts';

type VectorLocal = Local<LaneType>;
type Address = Local<'i32'>;

export interface Head {
  /** Numbers of one head as the code wants them. */
  readonly numbers: number;
  readonly workBytes: number;
  /** Writes one head; `source` holds all of them, and this one starts at `start`. */
  write(target: Float64Array, source: Float64Array, start: number): void;
  /** The function (coefficients, v, gradient, work) that gives the energy. */
  generate(module: ModuleBuilder): Callable & { readonly result: 'f64' };
}

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

export { headSize };

const PARAMETERS = ['i32', 'i32', 'i32', 'i32'] as const;

/** Numbers rounded up to whole vectors. */
const whole = (count: number, lanes: Lanes) => lanes.width * Math.ceil(count / lanes.width);

/** Σ a·b over so many numbers, a multiple of the width. */
function dot(code: FunctionBody, lanes: Lanes, a: Address, b: Address, count: number) {
  const sum = code.let(lanes.constant(0));
  const offset = code.local('i32');
  code.for(offset, 0, 8 * count, 8 * lanes.width, () => {
    const product = lanes.mul(lanes.load(i32.add(a, offset)), lanes.load(i32.add(b, offset)));
    code.set(sum, lanes.add(sum, product));
  });
  return lanes.sumF64(sum);
}

/** Vectors of a result that stay in registers. */
const REGISTERS = 10;

/** y = M x, M column by column, `rows` a multiple of the width. */
function matrixTimesVector(
  code: FunctionBody,
  lanes: Lanes,
  rows: number,
  columns: number,
  [matrix, x, y]: readonly Address[],
): void {
  const vectors = rows / lanes.width;
  const perBlock = Math.ceil(vectors / Math.ceil(vectors / REGISTERS));
  const bytes = 8 * lanes.width;
  const end = code.let(i32.add(x, 8 * columns));
  const [at, column] = [code.local('i32'), code.local('i32')];
  for (let first = 0; first < vectors; first += perBlock) {
    const sums = Array.from({ length: Math.min(perBlock, vectors - first) }, () =>
      code.let(lanes.constant(0)),
    );
    code.set(column, matrix);
    code.for(at, x, end, 8, () => {
      const factor = code.let(lanes.loadSplat(at));
      sums.forEach((sum, k) => {
        const entry = lanes.load(column, (first + k) * bytes);
        code.set(sum, lanes.add(sum, lanes.mul(entry, factor)));
      });
      code.set(column, i32.add(column, 8 * rows));
    });
    sums.forEach((sum, k) => code.store(lanes.storeKind, y, sum, (first + k) * bytes));
  }
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
            let sum: VectorLocal | undefined;
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

/** A core but the last as a matrix χ_left × χ_right, rows padded to whole vectors; the last as a row of χ_left. */
interface Section {
  readonly rows: number;
  readonly columns: number;
  readonly stride: number;
  /** First number among those of all sections. */
  readonly start: number;
}

class TrainHead implements Head {
  readonly numbers: number;
  readonly workBytes: number;
  private readonly m: number;
  private readonly bonds: Int32Array;
  private readonly lanes: Lanes;
  private readonly sections: readonly Section[];
  /** Numbers of all sections; of a vector of descriptors. */
  private readonly entries: number;
  private readonly padded: number;

  constructor(m: number, bonds: Int32Array, lanes: Lanes) {
    this.m = m;
    this.bonds = bonds;
    this.lanes = lanes;
    let start = 0;
    const rank = bonds.length - 1;
    this.sections = Array.from({ length: rank }, (_, k) => {
      const [rows, columns] = k === rank - 1 ? [1, bonds[k]] : [bonds[k], bonds[k + 1]];
      const section = { rows, columns, stride: whole(columns, lanes), start };
      start += rows * section.stride;
      return section;
    });
    this.entries = start;
    this.padded = whole(m, lanes);
    this.numbers = start * (m + this.padded);
    const widest = Math.max(...bonds) + lanes.width;
    this.workBytes = 8 * (2 * start + 2 * rank * whole(widest, lanes));
  }

  write(target: Float64Array, source: Float64Array, start: number): void {
    const { m, bonds, entries, padded, sections } = this;
    target.fill(0);
    const transposed = m * entries;
    const starts = coreStarts(m, bonds, start);
    sections.forEach((section, k) => {
      const last = k === sections.length - 1;
      for (let l = 0; l < bonds[k]; l++) {
        for (let r = 0; r < bonds[k + 1]; r++) {
          const entry = section.start + (last ? l : l * section.stride + r);
          for (let a = 0; a < m; a++) {
            const value = source[starts[k] + (l * m + a) * bonds[k + 1] + r];
            target[a * entries + entry] = value;
            target[transposed + entry * padded + a] = value;
          }
        }
      }
    });
  }

  generate(module: ModuleBuilder) {
    const { lanes, m, entries, padded, sections, bonds } = this;
    const rank = sections.length;
    return module.function({ parameters: PARAMETERS, result: 'f64' }, (code, cores, v, gradient, work) => {
      // G and W: all sections' values and the adjoints of them
      const g = work;
      const w = code.let(i32.add(work, 8 * entries));
      const widest = whole(Math.max(...bonds) + lanes.width, lanes);
      const spare = (n: number) => code.let(i32.add(w, 8 * (entries + n * widest)));
      const section = (base: Address, k: number) => code.let(i32.add(base, 8 * sections[k].start));
      matrixTimesVector(code, lanes, entries, m, [cores, v, g]);
      const left: Address[] = [spare(0)];
      if (rank === 1) {
        // L_0 = 1
        for (let k = 0; k < lanes.width; k++) code.store(f64, left[0], k === 0 ? 1 : 0, 8 * k);
      } else {
        left.push(section(g, 0));
      }
      for (let k = 1; k < rank - 1; k++) {
        left.push(spare(k));
        rowTimesMatrix(code, lanes, sections[k], left[k], section(g, k), left[k + 1]);
      }
      const right: Address[] = [];
      right[rank - 1] = section(g, rank - 1);
      for (let k = rank - 2; k >= 1; k--) {
        right[k] = spare(rank + k);
        matrixAndOuter(code, lanes, sections[k], {
          left: left[k],
          matrix: section(g, k),
          right: right[k + 1],
          outer: section(w, k),
          result: right[k],
        });
      }
      if (rank > 1) copy(code, lanes, right[1], section(w, 0), sections[0].stride);
      const lastRow = sections[rank - 1].stride;
      copy(code, lanes, left[rank - 1], section(w, rank - 1), lastRow);
      const transposed = code.let(i32.add(cores, 8 * m * entries));
      matrixTimesVector(code, lanes, padded, entries, [transposed, w, gradient]);
      code.return(dot(code, lanes, left[rank - 1], section(g, rank - 1), lastRow));
    });
  }
}

function copy(code: FunctionBody, lanes: Lanes, from: Address, to: Address, count: number): void {
  const offset = code.local('i32');
  code.for(offset, 0, 8 * count, 8 * lanes.width, () =>
    code.store(lanes.storeKind, i32.add(to, offset), lanes.load(i32.add(from, offset))),
  );
}

/** to[r] = Σ_l row[l] M[l, r] */
function rowTimesMatrix(
  code: FunctionBody,
  lanes: Lanes,
  { rows, stride }: Section,
  row: Address,
  matrix: Address,
  to: Address,
): void {
  const bytes = 8 * lanes.width;
  const sums = Array.from({ length: stride / lanes.width }, () => code.let(lanes.constant(0)));
  const at = code.local('i32');
  const entry = code.let(matrix);
  code.for(at, row, i32.add(row, 8 * rows), 8, () => {
    const factor = code.let(lanes.loadSplat(at));
    sums.forEach((sum, k) => code.set(sum, lanes.add(sum, lanes.mul(lanes.load(entry, k * bytes), factor))));
    code.set(entry, i32.add(entry, 8 * stride));
  });
  sums.forEach((sum, k) => code.store(lanes.storeKind, to, sum, k * bytes));
}

/** result[l] = Σ_r M[l, r] right[r], padded by zeros; outer[l, r] = left[l] right[r] */
function matrixAndOuter(
  code: FunctionBody,
  lanes: Lanes,
  { rows, stride }: Section,
  at: Record<'left' | 'matrix' | 'right' | 'outer' | 'result', Address>,
): void {
  const bytes = 8 * lanes.width;
  const right = Array.from({ length: stride / lanes.width }, (_, k) =>
    code.let(lanes.load(at.right, k * bytes)),
  );
  const offset = code.local('i32');
  const place = code.let(i32.const(0));
  code.for(offset, 0, 8 * rows, 8, () => {
    const factor = code.let(lanes.loadSplat(i32.add(at.left, offset)));
    const entry = code.let(i32.add(at.matrix, place));
    const outer = code.let(i32.add(at.outer, place));
    const sum = code.let(lanes.constant(0));
    right.forEach((value, k) => {
      code.set(sum, lanes.add(sum, lanes.mul(lanes.load(entry, k * bytes), value)));
      code.store(lanes.storeKind, outer, lanes.mul(value, factor), k * bytes);
    });
    code.store(f64, i32.add(at.result, offset), lanes.sumF64(sum));
    code.set(place, i32.add(place, 8 * stride));
  });
  for (let k = rows; k < whole(rows, lanes); k++) code.store(f64, at.result, 0, 8 * k);
}
