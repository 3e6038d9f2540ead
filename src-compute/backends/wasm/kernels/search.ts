/**
 * Neighbour search as generated code, the same as structure/neighbour-search.ts: for a range of local atoms all entries
 * within the range, row by row. Rows are collected in scratch memory of the thread and copied to the list in blocks
 * whose place is taken from a shared counter, so that any number of threads fill one list without gaps.
 */
import { f64, f64x2, i32, v128 } from '../encoder/index.ts';
import type { Callable, Expression, FunctionBody, Local, ModuleBuilder } from '../encoder/index.ts';
import { CONTEXT } from '../layout.ts';
import { copyWords } from './loops.ts';

/** Bytes of scratch in front of the collected rows: runs of candidates, two words each. */
export function runsBytes(reach: readonly number[]): number {
  return 8 * (2 * reach[0] + 1) * (2 * reach[1] + 1);
}

const word = (place: number) => i32.load(place);
const word4 = (base: Expression<'i32'>, index: Expression<'i32'>) =>
  i32.load(i32.add(base, i32.shl(index, 2)));

/** Largest of a and b, smallest of a and b. */
function larger(code: FunctionBody, a: Expression<'i32'>, b: Expression<'i32'> | number): Local<'i32'> {
  const value = code.let(a);
  code.if(i32.lt(value, b), () => code.set(value, b));
  return value;
}

function smaller(code: FunctionBody, a: Expression<'i32'>, b: Expression<'i32'>): Local<'i32'> {
  const value = code.let(a);
  code.if(i32.gt(value, b), () => code.set(value, b));
  return value;
}

/** Collected rows, not yet in the list. */
interface Pending {
  /** Address behind the last collected entry. */
  readonly end: Local<'i32'>;
  /** First local atom whose row is not yet in the list. */
  readonly from: Local<'i32'>;
}

/**
 * Adds the function (scratch, first, last) under the name `search`.
 * @param simd whether vectors may be used
 */
export function generateSearch(module: ModuleBuilder, simd: boolean): Callable {
  return module.function(
    { export: 'search', parameters: ['i32', 'i32', 'i32'] },
    (code, scratch, first, last) => {
      const positions = code.let(word(CONTEXT.positions));
      const locals = code.let(word(CONTEXT.locals));
      const rowCounts = code.let(word(CONTEXT.rowCounts));
      const rangeSquared = code.let(f64.load(CONTEXT.rangeSquared));
      const rows = code.let(i32.add(scratch, word(CONTEXT.runsBytes)));
      const rowsEnd = code.let(i32.add(rows, word(CONTEXT.collectedBytes)));
      const [end, from, local] = [code.let(rows), code.let(first), code.local('i32')];
      const pending: Pending = { end, from };
      const presentBin = code.let(i32.const(-1));
      const [runsEnd, candidates] = [code.local('i32'), code.local('i32')];
      code.for(local, first, last, 1, () => {
        const bin = code.let(word4(word(CONTEXT.localBins), local));
        code.if(i32.ne(bin, presentBin), () => {
          code.set(presentBin, bin);
          findRuns(code, bin, scratch, runsEnd, candidates);
        });
        code.if(i32.gtUnsigned(i32.add(end, i32.shl(candidates, 2)), rowsEnd), () => {
          flush(code, rows, pending, local);
          code.if(i32.gtUnsigned(i32.add(end, i32.shl(candidates, 2)), rowsEnd), () => {
            // one atom alone has more candidates than there is room for: say how many and give up
            code.store(i32, CONTEXT.neededCandidates, candidates);
            code.return();
          });
        });
        const self = code.let(word4(locals, local));
        const rowStart = code.let(end);
        const test = simd ? vectorTest(code, positions, self) : scalarTest(code, positions, self);
        const run = code.local('i32');
        code.for(run, scratch, runsEnd, 8, () => {
          const j = code.local('i32');
          code.for(j, i32.load(run), i32.load(run, 4), 1, () => {
            // written always and kept if near: no branch to mispredict
            code.store(i32, end, j);
            const near = i32.and(f64.lt(test(j), rangeSquared), i32.ne(j, self));
            code.set(end, i32.add(end, i32.shl(near, 2)));
          });
        });
        const count = i32.shrUnsigned(i32.sub(end, rowStart), 2);
        code.store(i32, i32.add(rowCounts, i32.shl(local, 2)), count);
      });
      flush(code, rows, pending, last);
    },
  );
}

/** r² of entry j, a number per component. */
function scalarTest(code: FunctionBody, positions: Local<'i32'>, self: Local<'i32'>) {
  const own = code.let(i32.add(positions, i32.shl(self, 5)));
  const centre = [0, 8, 16].map((offset) => code.let(f64.load(own, offset)));
  return (j: Local<'i32'>): Expression<'f64'> => {
    const other = code.let(i32.add(positions, i32.shl(j, 5)));
    const [x, y, z] = centre.map((c, axis) => code.let(f64.sub(f64.load(other, 8 * axis), c)));
    return f64.add(f64.add(f64.mul(x, x), f64.mul(y, y)), f64.mul(z, z));
  };
}

/** r² of entry j, (x, y) and (z, 0) as vectors. */
function vectorTest(code: FunctionBody, positions: Local<'i32'>, self: Local<'i32'>) {
  const own = code.let(i32.add(positions, i32.shl(self, 5)));
  const xy0 = code.let(v128.load(own));
  const z0 = code.let(v128.load(own, 16));
  return (j: Local<'i32'>): Expression<'f64'> => {
    const other = code.let(i32.add(positions, i32.shl(j, 5)));
    const xy = code.let(f64x2.sub(v128.load(other), xy0));
    const z = code.let(f64x2.sub(v128.load(other, 16), z0));
    const squares = code.let(f64x2.add(f64x2.mul(xy, xy), f64x2.mul(z, z)));
    return f64.add(f64x2.extract(squares, 0), f64x2.extract(squares, 1));
  };
}

/** Contiguous runs of entries around a bin: (first, behind last) pairs at `scratch`. */
function findRuns(
  code: FunctionBody,
  bin: Local<'i32'>,
  scratch: Local<'i32'>,
  runsEnd: Local<'i32'>,
  candidates: Local<'i32'>,
): void {
  const [binsA, binsB, binsC] = [0, 4, 8].map((offset) => code.let(word(CONTEXT.bins + offset)));
  const [reachA, reachB, reachC] = [0, 4, 8].map((offset) => code.let(word(CONTEXT.reach + offset)));
  const binStart = code.let(word(CONTEXT.binStart));
  const c = code.let(i32.remUnsigned(bin, binsC));
  const rest = code.let(i32.divUnsigned(bin, binsC));
  const b = code.let(i32.remUnsigned(rest, binsB));
  const a = code.let(i32.divUnsigned(rest, binsB));
  const firstOf = (x: Local<'i32'>, reach: Local<'i32'>) => larger(code, i32.sub(x, reach), 0);
  const endOf = (x: Local<'i32'>, reach: Local<'i32'>, bins: Local<'i32'>) =>
    smaller(code, i32.add(i32.add(x, reach), 1), bins);
  const [fromC, toC] = [firstOf(c, reachC), endOf(c, reachC, binsC)];
  const [fromB, toB] = [firstOf(b, reachB), endOf(b, reachB, binsB)];
  const [fromA, toA] = [firstOf(a, reachA), endOf(a, reachA, binsA)];
  code.set(runsEnd, scratch);
  code.set(candidates, 0);
  const [ka, kb] = [code.local('i32'), code.local('i32')];
  code.for(ka, fromA, toA, 1, () => {
    code.for(kb, fromB, toB, 1, () => {
      const row = code.let(i32.mul(i32.add(i32.mul(ka, binsB), kb), binsC));
      const start = code.let(word4(binStart, i32.add(row, fromC)));
      const stop = code.let(word4(binStart, i32.add(row, toC)));
      code.if(i32.gt(stop, start), () => {
        code.store(i32, runsEnd, start);
        code.store(i32, runsEnd, stop, 4);
        code.set(runsEnd, i32.add(runsEnd, 8));
        code.set(candidates, i32.add(candidates, i32.sub(stop, start)));
      });
    });
  });
}

/** Copies the collected rows to the list, if there is room, and says where they are. */
function flush(
  code: FunctionBody,
  rows: Local<'i32'>,
  { end, from }: Pending,
  until: Expression<'i32'>,
): void {
  const bytes = code.let(i32.sub(end, rows));
  const place = code.let(i32.atomicAdd(CONTEXT.listNext, bytes));
  const address = code.let(place);
  const k = code.local('i32');
  // beyond the end only the counter goes on, so that it tells how much room is needed
  code.if(i32.leUnsigned(i32.add(place, bytes), word(CONTEXT.listEnd)), () =>
    copyWords(code, place, rows, bytes),
  );
  code.for(k, from, until, 1, () => {
    const offset = code.let(i32.shl(k, 2));
    code.store(i32, i32.add(word(CONTEXT.rowAddresses), offset), address);
    code.set(address, i32.add(address, i32.shl(i32.load(i32.add(word(CONTEXT.rowCounts), offset)), 2)));
  });
  code.set(from, until);
  code.set(end, rows);
}
