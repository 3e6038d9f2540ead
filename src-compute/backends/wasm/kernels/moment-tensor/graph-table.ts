/**
 * The product graph of large potentials as loops over tables: straight-line code of more than several thousand products
 * outgrows the caches and takes seconds to compile. Two vectors of atoms share every table entry.
 *
 * Tables, one behind the other: per target two words (offset of M_k, number of terms); per term offsets of M_i and M_j
 * (two words) and the factor (in lane precision, padded to 8 bytes); per scalar the offset of its moment (a word).
 */
import { i32 } from '../../encoder/index.ts';
import type {
  Callable,
  Expression,
  FunctionBody,
  LaneType,
  Lanes,
  Local,
  ModuleBuilder,
  Vector,
} from '../../encoder/index.ts';
import type { MomentGraph } from '../../../../potentials/moment-tensor/model.ts';
import { basicCount } from '../../../../potentials/moment-tensor/model.ts';
import { align } from '../../layout.ts';
import { zeroFill } from '../loops.ts';
import { productTargets, transposedSum } from './graph.ts';
import type { Target } from './graph.ts';

/** Vectors of atoms that go through the tables together. */
export const TABLE_VECTORS = 2;

const TARGET_BYTES = 8;
const TERM_BYTES = 16;

export class GraphTables {
  readonly targets: readonly Target[];
  readonly termCount: number;
  private readonly graph: MomentGraph;
  /** Bytes of one moment of all atoms of a group. */
  private readonly momentBytes: number;

  constructor(graph: MomentGraph, lanes: Lanes) {
    this.graph = graph;
    this.targets = productTargets(graph);
    this.termCount = this.targets.reduce((sum, target) => sum + target.terms.length, 0);
    this.momentBytes = TABLE_VECTORS * lanes.width * lanes.bytes;
  }

  get termsOffset(): number {
    return this.targets.length * TARGET_BYTES;
  }

  get scalarsOffset(): number {
    return this.termsOffset + this.termCount * TERM_BYTES;
  }

  get bytes(): number {
    return align(this.scalarsOffset + 4 * this.graph.scalarMoments.length, 16);
  }

  write(memory: ArrayBufferLike, address: number, lanes: Lanes): void {
    const view = new DataView(memory, address, this.bytes);
    let term = this.termsOffset;
    this.targets.forEach(({ moment, terms }, k) => {
      view.setInt32(k * TARGET_BYTES, moment * this.momentBytes, true);
      view.setInt32(k * TARGET_BYTES + 4, terms.length, true);
      for (const { i, j, factor } of terms) {
        view.setInt32(term, i * this.momentBytes, true);
        view.setInt32(term + 4, j * this.momentBytes, true);
        if (lanes.bytes === 8) view.setFloat64(term + 8, factor, true);
        else view.setFloat32(term + 8, factor, true);
        term += TERM_BYTES;
      }
    });
    this.graph.scalarMoments.forEach((moment, alpha) => {
      view.setInt32(this.scalarsOffset + 4 * alpha, moment * this.momentBytes, true);
    });
  }
}

type VectorLocal = Local<LaneType>;

/**
 * The function (accumulators, coefficients ξ, adjoints, energies, tables, moments). Adjoints and moments are places for
 * all moments of a group; the basic ones' adjoints come first.
 */
export function generateTableGraph(
  module: ModuleBuilder,
  lanes: Lanes,
  graph: MomentGraph,
  tables: GraphTables,
): Callable & { readonly result: undefined } {
  const fieldBytes = lanes.width * lanes.bytes;
  const basics = basicCount(graph);
  const vectors = Array.from({ length: TABLE_VECTORS }, (_, v) => v * fieldBytes);
  return module.function(
    { parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'] },
    (code, accumulators, xi, adjoints, energies, table, moments) => {
      const groupBytes = lanes.width * basics * fieldBytes;
      const basic = code.local('i32');
      const target = code.local('i32');
      // basic moments
      code.for(basic, 0, basics, 1, () => {
        const offset = code.let(i32.mul(basic, fieldBytes));
        vectors.forEach((shift, v) => {
          const from = code.let(i32.add(i32.add(accumulators, offset), v * groupBytes));
          const sum = transposedSum(code, lanes, from, basics * fieldBytes, 0);
          code.store(lanes.storeKind, i32.add(moments, i32.mul(offset, TABLE_VECTORS)), sum, shift);
        });
      });
      const terms = code.let(i32.add(table, tables.termsOffset));
      const term = code.let(terms);
      const end = code.local('i32');
      code.for(target, table, terms, TARGET_BYTES, () => {
        const sums = vectors.map(() => code.let(lanes.constant(0)));
        code.set(end, i32.add(term, i32.mul(i32.load(target, 4), TERM_BYTES)));
        eachTerm(code, term, end, TERM_BYTES, () => {
          const [mi, mj] = [0, 4].map((offset) => code.let(i32.add(moments, i32.load(term, offset))));
          const factor = code.let(lanes.loadSplat(term, 8));
          vectors.forEach((shift, v) => {
            const product = lanes.mul(lanes.mul(lanes.load(mi, shift), lanes.load(mj, shift)), factor);
            code.set(sums[v], lanes.add(sums[v], product));
          });
        });
        const place = code.let(i32.add(moments, i32.load(target)));
        vectors.forEach((shift, v) => code.store(lanes.storeKind, place, sums[v], shift));
      });
      scalars(
        code,
        lanes,
        graph,
        { xi, adjoints, energies, moments, table: i32.add(table, tables.scalarsOffset) },
        vectors,
      );
      // backwards: targets and terms from the end
      code.set(target, i32.sub(terms, TARGET_BYTES));
      code.set(term, i32.sub(i32.add(terms, tables.termCount * TERM_BYTES), TERM_BYTES));
      if (tables.targets.length === 0) return;
      code.loop((again) => {
        const own = code.let(i32.add(adjoints, i32.load(target)));
        const a = vectors.map((shift) => code.let(lanes.load(own, shift)));
        code.set(end, i32.sub(term, i32.mul(i32.load(target, 4), TERM_BYTES)));
        eachTerm(code, term, end, -TERM_BYTES, () => {
          const [i, j] = [0, 4].map((offset) => code.let(i32.load(term, offset)));
          const factor = code.let(lanes.loadSplat(term, 8));
          vectors.forEach((shift, v) => {
            const strength = code.let(lanes.mul(a[v], factor));
            const addTo = (to: Local<'i32'>, other: Local<'i32'>) => {
              const place = code.let(i32.add(adjoints, to));
              const share = lanes.mul(strength, lanes.load(i32.add(moments, other), shift));
              code.store(lanes.storeKind, place, lanes.add(lanes.load(place, shift), share), shift);
            };
            addTo(i, j);
            addTo(j, i);
          });
        });
        code.set(target, i32.sub(target, TARGET_BYTES));
        code.branchIf(again, i32.geUnsigned(target, table));
      });
    },
  );
}

/** Runs through the terms of one target, at least one, until `term` reaches `end`. */
function eachTerm(
  code: FunctionBody,
  term: Local<'i32'>,
  end: Local<'i32'>,
  step: number,
  body: () => void,
): void {
  code.loop((again) => {
    body();
    code.branchIf(again, i32.ne(term.tee(i32.add(term, step)), end));
  });
}

/** Energies Σ ξ B and the adjoints to start from. */
function scalars(
  code: FunctionBody,
  lanes: Lanes,
  graph: MomentGraph,
  at: {
    readonly xi: Local<'i32'>;
    readonly adjoints: Local<'i32'>;
    readonly energies: Local<'i32'>;
    readonly moments: Local<'i32'>;
    readonly table: Expression<'i32'>;
  },
  vectors: readonly number[],
): void {
  const momentBytes = TABLE_VECTORS * lanes.width * lanes.bytes;
  zeroFill(code, lanes, at.adjoints, graph.momentCount * momentBytes);
  const sums: VectorLocal[] = vectors.map(() => code.let(lanes.constant(0)));
  const alpha = code.local('i32');
  const table = code.let(at.table);
  code.for(alpha, 0, graph.scalarMoments.length, 1, () => {
    const moment = code.let(i32.load(i32.add(table, i32.shl(alpha, 2))));
    const coefficient = code.let(lanes.loadSplat(i32.add(at.xi, i32.mul(alpha, lanes.bytes))));
    const adjoint = code.let(i32.add(at.adjoints, moment));
    const value = code.let(i32.add(at.moments, moment));
    vectors.forEach((shift, v) => {
      const sum: Vector = lanes.add(sums[v], lanes.mul(coefficient, lanes.load(value, shift)));
      code.set(sums[v], sum);
      code.store(lanes.storeKind, adjoint, lanes.add(lanes.load(adjoint, shift), coefficient), shift);
    });
  });
  vectors.forEach((shift, v) => code.store(lanes.storeKind, at.energies, sums[v], shift));
}
