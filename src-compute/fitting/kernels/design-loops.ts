/** Common to the parts of the design matrix kernel: types, and the walk over the product graph's table. */
import { f64x2, i32, type Expression, type FunctionBody } from '../../backends/wasm/encoder/index.ts';
import { basicCount } from '../../potentials/moment-tensor/model.ts';
import { TANGENT_BYTES, type DesignLayout } from './design-layout.ts';

export type Address = Expression<'i32'>;

export type Vector = Expression<'v128'>;

export const SIX = [0, 1, 2, 3, 4, 5];

export const mulAdd = (sum: Vector, a: Vector, b: Vector): Vector => f64x2.add(sum, f64x2.mul(a, b));

/** Loop over product moments with their range of terms; `body` writes the code for one target. */
export function forTargets(
  code: FunctionBody,
  layout: DesignLayout,
  reverse: boolean,
  body: (target: Address, moment: Address, tangent: Address) => void,
): void {
  const basics = basicCount(layout.graph);
  const last = layout.graph.momentCount - 1;
  if (last < basics) return;
  const index = code.local('i32');
  const target = code.local('i32');
  const moment = code.local('i32');
  const tangent = code.local('i32');
  code.for(index, 0, last - basics + 1, 1, () => {
    const t = reverse ? i32.sub(last - basics, index) : index;
    code.set(target, i32.add(i32.mul(t, 12), layout.targets));
    code.set(moment, i32.add(i32.shl(i32.add(t, basics), 3), layout.moments));
    code.set(tangent, i32.add(i32.mul(i32.add(t, basics), TANGENT_BYTES), layout.tangents));
    body(target, moment, tangent);
  });
}

/** Loop over the terms of a target. */
export function forTerms(code: FunctionBody, target: Address, body: (term: Address) => void): void {
  const term = code.let(i32.load(target));
  const end = code.let(i32.load(target, 4));
  code.loop((again) => {
    body(term);
    code.branchIf(again, i32.lt(term.tee(i32.add(term, 24)), end));
  });
}
