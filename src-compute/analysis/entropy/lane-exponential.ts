/** e^x in vector lanes, for kernels that decay. */
import {
  f32x4,
  f64x2,
  i32x4,
  i64x2,
  type Expression,
  type FunctionBody,
  type Lanes,
} from '../../backends/wasm/encoder/index.ts';

type V = Expression<'v128'>;

/**
 * e^x of x ≤ 0 by Cody–Waite reduction, x = n ln 2 + r with |r| ≤ ½ ln 2, and a Taylor polynomial in r: degree 13 (f64)
 * and 7 (f32), whose remainders are below half a unit in the last place. 2ⁿ is added to the exponent bits. Arguments
 * below −700 (f64) and −86 (f32) are raised to that, so that no exponent overflows: e^−700 is as good as zero here.
 */
export function exponential(code: FunctionBody, lanes: Lanes, x: V): V {
  const double = lanes.width === 2;
  const op = double ? f64x2 : f32x4;
  const c = (value: number) => lanes.constant(value) as V;
  const clamped = code.let(op.max(x, c(double ? -700 : -86)));
  const n = code.let(op.nearest(op.mul(clamped, c(Math.LOG2E))));
  // ln 2 in two parts, the first short enough that n times it is exact
  const [high, low] = double
    ? [0.6931471803691238, 1.9082149292705877e-10]
    : [0.693359375, -2.12194440054690583e-4];
  const r = code.let(op.sub(op.sub(clamped, op.mul(n, c(high))), op.mul(n, c(low))));
  const degree = double ? 13 : 7;
  const factorials = [1];
  for (let k = 1; k <= degree; k++) factorials.push(factorials[k - 1] * k);
  let polynomial: V = c(1 / factorials[degree]);
  for (let k = degree - 1; k >= 0; k--) polynomial = op.add(op.mul(polynomial, r), c(1 / factorials[k]));
  // adding 1.5 · 2^mantissa leaves n in the low bits
  if (double) return i64x2.add(polynomial, i64x2.shl(op.add(n, c(1.5 * 2 ** 52)), 52));
  return i32x4.add(polynomial, i32x4.shl(op.add(n, c(1.5 * 2 ** 23)), 23));
}
