/** The functions of one neighbour as code: radial functions by recurrence, angular functions by Legendre polynomials. */
import type { FunctionBody, LaneType, Lanes, Local, Vector } from '../../encoder/index.ts';
import type { TensorShape } from './shape.ts';

export type VectorLocal = Local<LaneType>;

/** Constants as locals, made where this is called (before a loop), each value once. */
export function constants(
  code: FunctionBody,
  lanes: Lanes,
  values: Iterable<number>,
): (value: number) => VectorLocal {
  const made = new Map<number, VectorLocal>();
  for (const value of values) if (!made.has(value)) made.set(value, code.let(lanes.constant(value)));
  return (value) => {
    const local = made.get(value);
    if (!local) throw new RangeError(`the constant ${value} was not prepared`);
    return local;
  };
}

/** What radialFunctions needs. */
export function radialConstants({ radial, cutoff }: TensorShape): number[] {
  return [...radial.alpha, ...radial.beta, cutoff, cutoff - Math.fround(cutoff), 1, 3];
}

/**
 * Õ_p and dÕ_p/dy at the distance r, p = 1 … radialFunctions.
 * @param weight of the neighbour's species, where there is one
 */
export function radialFunctions(
  code: FunctionBody,
  shape: TensorShape,
  constant: (value: number) => VectorLocal,
  r: VectorLocal,
  weight?: Vector,
): { readonly values: VectorLocal[]; readonly slopes: VectorLocal[] } {
  const { lanes, radial, cutoff } = shape;
  // in f32 what the rounded cutoff lacks is added: it would shift all distances alike
  const gap = lanes.sub(constant(cutoff), r);
  const y = code.let(lanes.bytes === 8 ? gap : lanes.add(gap, constant(cutoff - Math.fround(cutoff))));
  const square = code.let(weight ? lanes.mul(lanes.mul(y, y), weight) : lanes.mul(y, y));
  const values = [code.let(lanes.mul(square, y))];
  const slopes = [code.let(lanes.mul(square, constant(3)))];
  for (let n = 1; n < radial.count; n++) {
    const factor = code.let(lanes.sub(y, constant(radial.alpha[n])));
    let value = lanes.mul(factor, values[n - 1]);
    let slope = lanes.add(lanes.mul(factor, slopes[n - 1]), values[n - 1]);
    if (n > 1) {
      const beta = constant(radial.beta[n]);
      value = lanes.sub(value, lanes.mul(beta, values[n - 2]));
      slope = lanes.sub(slope, lanes.mul(beta, slopes[n - 2]));
    }
    values.push(code.let(value));
    slopes.push(code.let(slope));
  }
  return { values, slopes };
}

/** Factors of Q̂_l^m = Q̂_{l−2}^m + f Q̂_{l−1}^{m−1} (m > 0), P_l = (f z P_{l−1} − g P_{l−2}). */
const step = (l: number, m: number) => (2 * l - 1) / (2 * m - 1);
const legendre = (l: number) => [(2 * l - 1) / l, (l - 1) / l];

/** What legendreTable and the passes need. */
export function angularConstants(size: number): number[] {
  const values = [0, 1];
  for (let l = 1; l <= size; l++) {
    values.push(l, 2 * l + 1, ...legendre(l));
    for (let m = 1; m <= l; m++) values.push(step(l, m));
  }
  return values;
}

/** What is multiplied with (c_m, s_m): Q̂_l^m(z), or z^{l−m}, for l ≤ size by [l][m], undefined where it is 1 (l = m). */
export function polarFunctions(
  code: FunctionBody,
  shape: TensorShape,
  constant: (value: number) => VectorLocal,
  z: VectorLocal,
): (VectorLocal | undefined)[][] {
  const { lanes, layout, powerBasis } = shape;
  const size = layout.angularSize;
  if (!powerBasis) return legendreTable(code, lanes, constant, z, size);
  const powers: (VectorLocal | undefined)[] = [undefined, z];
  for (let k = 2; k <= size; k++) powers.push(code.let(lanes.mul(powers[k - 1] ?? z, z)));
  return Array.from({ length: size + 1 }, (_, l) => Array.from({ length: l + 1 }, (__, m) => powers[l - m]));
}

/** Q̂_l^m(z) for l ≤ size by [l][m], undefined where it is 1 (l = m). From dP_{l+1} − dP_{l−1} = (2l + 1) P_l dz. */
function legendreTable(
  code: FunctionBody,
  lanes: Lanes,
  constant: (value: number) => VectorLocal,
  z: VectorLocal,
  size: number,
): (VectorLocal | undefined)[][] {
  const table: (VectorLocal | undefined)[][] = [[undefined]];
  for (let l = 1; l <= size; l++) {
    const row: (VectorLocal | undefined)[] = [l === 1 ? z : undefined];
    if (l > 1) {
      const [f, g] = legendre(l);
      const before = table[l - 2][0];
      const product = lanes.mul(lanes.mul(z, constant(f)), table[l - 1][0] ?? constant(1));
      const back = before ? lanes.mul(before, constant(g)) : constant(g);
      row[0] = code.let(lanes.sub(product, back));
    }
    for (let m = 1; m < l; m++) {
      const lower = table[l - 1][m - 1];
      const term = lower ? lanes.mul(lower, constant(step(l, m))) : constant(step(l, m));
      const before = l - 2 >= m ? (table[l - 2][m] ?? constant(1)) : undefined;
      row.push(code.let(before ? lanes.add(before, term) : term));
    }
    row.push(undefined);
    table.push(row);
  }
  return table;
}

/** (c_m, s_m) for m = 1 … size. c_1 = x and s_1 = y themselves. */
export function planePowers(
  code: FunctionBody,
  lanes: Lanes,
  x: VectorLocal,
  y: VectorLocal,
  size: number,
): { readonly c: VectorLocal; readonly s: VectorLocal }[] {
  const powers = size > 0 ? [{ c: x, s: y }] : [];
  for (let m = 2; m <= size; m++) {
    const { c, s } = powers[m - 2];
    powers.push({
      c: code.let(lanes.sub(lanes.mul(x, c), lanes.mul(y, s))),
      s: code.let(lanes.add(lanes.mul(x, s), lanes.mul(y, c))),
    });
  }
  return powers;
}
