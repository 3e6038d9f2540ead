/**
 * For few angular functions the passes over neighbours use z^{l−m} instead of Q̂_l^m(z), which
 * costs them no recurrence. Once per atom the sums are combined to those of Q̂_l^m = Σ_i q_i z^{l−m−2i}, and adjoints the
 * other way round. The one function that this needs besides, 1 (l = m = 0), is summed as the radial function Õ_a.
 */
import { f64, i32 } from '../../encoder/index.ts';
import type { Expression, FunctionBody, LaneType, Local } from '../../encoder/index.ts';
import { place, times, type Index, type Place } from './indexing.ts';
import { harmonicIndex, type TensorShape } from './shape.ts';

/** The coefficients q_i of z^{l−m−2i} in Q̂_l^m = d^m P_l/dz^m / (2m − 1)!!, i = 0, 1, … */
export function legendreCoefficients(l: number, m: number): number[] {
  const coefficients: number[] = [];
  const choose = (n: number, k: number) => {
    let result = 1;
    for (let i = 1; i <= k; i++) result = (result * (n - k + i)) / i;
    return result;
  };
  for (let i = 0; l - m - 2 * i >= 0; i++) {
    let q = ((i % 2 === 0 ? 1 : -1) * choose(l, i) * choose(2 * l - 2 * i, l)) / 2 ** l;
    for (let k = 0; k < m; k++) q *= (l - 2 * i - k) / (2 * k + 1);
    coefficients.push(q);
  }
  return coefficients;
}

/** Angular block of channel u, and the radial number that is its sum of 1. */
function blocks(
  code: FunctionBody,
  shape: TensorShape,
  scratch: Local<'i32'>,
  numbers: number,
  u: Index,
): { readonly angular: Place; readonly one: Place } {
  const { angularRadial: size, radialBlock, harmonics, harmonicsStart } = shape;
  const angular = place(code, scratch, numbers + 8 * harmonicsStart, [u, 8 * harmonics]);
  const [c, a]: Index[] =
    typeof u === 'number'
      ? [Math.floor(u / size), u % size]
      : [code.let(i32.divUnsigned(u, size)), code.let(i32.remUnsigned(u, size))];
  return { angular, one: place(code, scratch, numbers, [c, 8 * radialBlock], [a, 8]) };
}

/** Sums of z^{l−m} to those of Q̂_l^m, in place. @param numbers where they lie in the scratch memory */
export function toLegendre(
  code: FunctionBody,
  shape: TensorShape,
  scratch: Local<'i32'>,
  numbers: number,
): void {
  eachChannel(code, shape, (u) => {
    const { angular, one } = blocks(code, shape, scratch, numbers, u);
    const size = shape.layout.angularSize;
    for (let m = 0; m <= size; m++) {
      // from the highest down: each needs those below it as they were
      for (let l = size; l >= Math.max(1, m); l--) {
        const terms = legendreCoefficients(l, m);
        if (terms.length === 1 && terms[0] === 1) continue;
        eachPart(shape, angular, m, (lanes, at) => {
          let sum: Expression<LaneType> | undefined;
          terms.forEach((q, i) => {
            if (l - 2 * i < Math.max(1, m)) return;
            const term = lanes.mul(at.load(l - 2 * i), lanes.constant(q));
            sum = sum ? lanes.add(sum, term) : term;
          });
          if (sum) at.store(code, l, sum);
        });
        if (m === 0 && l % 2 === 0) {
          const offset = angular.offset + 8 * harmonicIndex(l, 0);
          const rest = f64.mul(f64.load(one.base, one.offset), terms[terms.length - 1]);
          code.store(f64, angular.base, f64.add(f64.load(angular.base, offset), rest), offset);
        }
      }
    }
  });
}

/** Adjoints of the sums of Q̂_l^m to those of z^{l−m}, in place. */
export function toPowers(
  code: FunctionBody,
  shape: TensorShape,
  scratch: Local<'i32'>,
  numbers: number,
): void {
  eachChannel(code, shape, (u) => {
    const { angular, one } = blocks(code, shape, scratch, numbers, u);
    const size = shape.layout.angularSize;
    let rest: Expression<'f64'> = f64.load(one.base, one.offset);
    for (let l = 2; l <= size; l += 2) {
      const q = legendreCoefficients(l, 0)[l / 2];
      const adjoint = f64.load(angular.base, angular.offset + 8 * harmonicIndex(l, 0));
      rest = f64.add(rest, f64.mul(adjoint, q));
    }
    if (size >= 2) code.store(f64, one.base, rest, one.offset);
    for (let m = 0; m <= size; m++) {
      // from the lowest up: each needs those above it as they were
      for (let l = Math.max(1, m); l <= size; l++) {
        if (l === m && l + 2 > size) continue;
        eachPart(shape, angular, m, (lanes, at) => {
          let sum: Expression<LaneType> | undefined;
          for (let above = l; above <= size; above += 2) {
            const q = legendreCoefficients(above, m)[(above - l) / 2];
            const term = lanes.mul(at.load(above), lanes.constant(q));
            sum = sum ? lanes.add(sum, term) : term;
          }
          if (sum) at.store(code, l, sum);
        });
      }
    }
  });
}

function eachChannel(code: FunctionBody, shape: TensorShape, body: (u: Index) => void): void {
  const channels = shape.layout.angularChannels;
  times(code, 0, channels, channels <= 2, body);
}

interface PartAccess {
  load(l: number): Expression<LaneType>;
  store(code: FunctionBody, l: number, value: Expression<LaneType>): void;
}

/** Cosine and sine of one m, as one vector or (without vectors) one after the other. */
function eachPart(
  { atomLanes: lanes }: TensorShape,
  { base, offset }: Place,
  m: number,
  body: (lanes: TensorShape['atomLanes'], at: PartAccess) => void,
): void {
  const parts = lanes.width > 1 || m === 0 ? 1 : 2;
  for (let part = 0; part < parts; part++) {
    const address = (l: number) => offset + 8 * (harmonicIndex(l, m) + part);
    body(lanes, {
      load: (l) => lanes.load(base, address(l)),
      store: (code, l, value) => code.store(lanes.storeKind, base, value, address(l)),
    });
  }
}
