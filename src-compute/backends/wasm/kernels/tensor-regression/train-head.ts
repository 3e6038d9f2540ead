/**
 * Tensor trains as code: all Gᵏ(v) by one matrix times v; rows L_k = G¹ … Gᵏ and columns R_k = Gᵏ⁺¹ … Gⁿ; E = L_{n−1}·Gⁿ, and
 * the gradient by the transposed matrix times all L_{k−1}[l] R_k[r].
 */
import { coreStarts } from '../../../../potentials/tensor-regression/index.ts';
import { f64, i32 } from '../../encoder/index.ts';
import type { FunctionBody, Lanes, ModuleBuilder } from '../../encoder/index.ts';
import { dot, matrixTimesVector, PARAMETERS, whole, type Address, type Head } from './head-code.ts';

/** A core but the last as a matrix χ_left × χ_right, rows padded to whole vectors; the last as a row of χ_left. */
interface Section {
  readonly rows: number;
  readonly columns: number;
  readonly stride: number;
  /** First number among those of all sections. */
  readonly start: number;
}

export class TrainHead implements Head {
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
