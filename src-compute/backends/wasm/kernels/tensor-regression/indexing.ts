/** Loops that become straight-line code when they are short: an `Index` is a number in the one case and a local in the other. */
import { i32 } from '../../encoder/index.ts';
import type { Expression, FunctionBody, Local } from '../../encoder/index.ts';

export type Index = number | Local<'i32'>;

/** An address and a constant offset from it. */
export interface Place {
  readonly base: Local<'i32'>;
  readonly offset: number;
}

/** body(start) … body(count − 1). */
export function times(
  code: FunctionBody,
  start: Index,
  count: number,
  straight: boolean,
  body: (k: Index) => void,
): void {
  if (straight && typeof start === 'number') {
    for (let k = start; k < count; k++) body(k);
  } else {
    code.for(code.local('i32'), start, count, 1, body);
  }
}

/** base + offset + Σ index · bytes, constants apart. */
export function place(
  code: FunctionBody,
  base: Local<'i32'>,
  offset: number,
  ...terms: [Index, number][]
): Place {
  let fixed = offset;
  let moving: Expression<'i32'> | undefined;
  for (const [index, bytes] of terms) {
    if (typeof index === 'number') fixed += index * bytes;
    else moving = i32.add(moving ?? base, i32.mul(index, bytes));
  }
  return { base: moving ? code.let(moving) : base, offset: fixed };
}
