/**
 * Filling and copying memory by loops. The bulk instructions memory.fill and memory.copy compare addresses with the size
 * of the memory that the thread knows, and a thread that joins while another one lets the shared memory grow may know an
 * old one: they trap then. Plain loads and stores do not.
 */
import { i32, i64 } from '../encoder/index.ts';
import type { Expression, FunctionBody, Lanes } from '../encoder/index.ts';

/** Zeroes a region; its length is a multiple of a vector's. */
export function zeroFill(code: FunctionBody, lanes: Lanes, start: Expression<'i32'>, bytes: number): void {
  const address = code.local('i32');
  const from = code.let(start);
  const zero = code.let(lanes.constant(0));
  code.for(address, from, i32.add(from, bytes), lanes.width * lanes.bytes, () => {
    code.store(lanes.storeKind, address, zero);
  });
}

/** Copies words; regions do not overlap. */
export function copyWords(
  code: FunctionBody,
  target: Expression<'i32'>,
  source: Expression<'i32'>,
  bytes: Expression<'i32'>,
): void {
  const to = code.let(target);
  const from = code.local('i32');
  const start = code.let(source);
  const end = code.let(i32.add(start, bytes));
  code.for(from, start, i32.add(start, i32.and(bytes, -8)), 8, () => {
    code.store(i64, to, i64.load(from));
    code.set(to, i32.add(to, 8));
  });
  code.if(i32.ne(i32.and(bytes, 4), 0), () => code.store(i32, to, i32.load(i32.sub(end, 4))));
}

/** Zeroes words. */
export function zeroWords(code: FunctionBody, start: Expression<'i32'>, count: number): void {
  for (let k = 0; k < count; k++) code.store(i32, start, 0, 4 * k);
}
