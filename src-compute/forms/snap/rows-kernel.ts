/**
 * WebAssembly for the derivatives of bispectrum components that fits need: of every component by every neighbour. Written
 * around what costs: the products of expansions (all j of two factors at once, since they share the products of elements),
 * the harmonics of the 3-sphere with gradients (four neighbours side by side), and one matrix product per angular momentum,
 * (components × elements) by (elements × neighbours), in tiles of 4 × 4.
 *
 * Layouts, all f64: a panel is the numbers of four neighbours, real part and imaginary part of an element one after the
 * other, 32 bytes each; components of a block lie in fours in the same way; whole matrices and Z are complex numbers of two
 * atoms, two real parts and two imaginary ones. Tables: tables.ts. Equations: potentials/snap and descriptors.ts.
 */
import {
  f64,
  f64x2,
  i32,
  ModuleBuilder,
  v128,
  type Expression,
  type FunctionBody,
  type Local,
} from '../../backends/wasm/encoder/index.ts';
import { COMPLEX_PAIR, COUPLING_RECORD, ELEMENT_RECORD, MIRROR_RECORD, TURN } from './tables.ts';

type V = Expression<'v128'>;
type Address = Local<'i32'>;

/** Bytes of the numbers of four neighbours, or of four components. */
const PANEL = 32;
const { add, sub, mul, splat } = f64x2;

const splatAt = (address: Expression<'i32'>, offset = 0) => v128.load64Splat(address, offset);

/** Complex numbers whose parts are vectors. */
interface Pair {
  readonly re: V;
  readonly im: V;
}

const times = (a: Pair, b: Pair): Pair => ({
  re: sub(mul(a.re, b.re), mul(a.im, b.im)),
  im: add(mul(a.re, b.im), mul(a.im, b.re)),
});
const plus = (a: Pair, b: Pair): Pair => ({ re: add(a.re, b.re), im: add(a.im, b.im) });
const scaled = (factor: V, a: Pair): Pair => ({ re: mul(factor, a.re), im: mul(factor, a.im) });
const pairAt = (address: Expression<'i32'>, offset = 0): Pair => ({
  re: v128.load(address, offset),
  im: v128.load(address, offset + PANEL),
});

function kept(code: FunctionBody, { re, im }: Pair): Pair {
  return { re: code.let(re), im: code.let(im) };
}

function storePair(code: FunctionBody, address: Expression<'i32'>, { re, im }: Pair): void {
  code.store(v128, address, re);
  code.store(v128, address, im, PANEL);
}

/** @param mostJ largest number of j that two factors are coupled to */
export function encodeRowsKernel(mostJ: number): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  module.importMemory();
  defineHarmonics(module);
  defineSums(module);
  defineProducts(module, mostJ);
  defineSpread(module);
  defineDerivatives(module);
  defineContraction(module);
  return module.encode();
}

/**
 * `harmonics(values, gradients, gradientBytes, turn, elements, mirrors, ranges, last, withGradients)`: the matrices of two
 * of the four neighbours of a panel. `ranges` holds for every 2j up to `last` where its elements and mirror images end.
 */
function defineHarmonics(module: ModuleBuilder): void {
  module.function(
    {
      export: 'harmonics',
      parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    },
    (code, values, gradients, gradientBytes, turn, elements, mirrors, ranges, last, withGradients) => {
      const axes = [
        gradients,
        code.let(i32.add(gradients, gradientBytes)),
        code.let(i32.add(gradients, i32.mul(gradientBytes, 2))),
      ];
      const number = (k: number) => code.let(v128.load(turn, k * PANEL));
      const complex = (k: number): Pair => ({ re: number(k), im: number(k + 1) });
      const [a, b] = [complex(TURN.a), complex(TURN.b)];
      const slopes = axes.map((_, d) => ({
        a: complex(TURN.slopes + 4 * d),
        b: complex(TURN.slopes + 4 * d + 2),
      }));
      code.store(v128, values, splat(1));
      code.store(v128, values, splat(0), PANEL);
      code.if(withGradients, () => {
        for (const axis of axes) storePair(code, axis, { re: splat(0), im: splat(0) });
      });
      const [element, mirror, end] = [code.let(elements), code.let(mirrors), code.local('i32')];
      const j = code.local('i32');
      code.for(j, 0, last, 1, () => {
        const range = code.let(i32.add(ranges, i32.mul(j, 8)));
        code.set(end, i32.load(range));
        code.loop((again) => {
          recur(code, element, { values, axes, withGradients, a, b, slopes });
          code.set(element, i32.add(element, ELEMENT_RECORD.bytes));
          code.branchIf(again, i32.lt(element, end));
        });
        code.set(end, i32.load(range, 4));
        code.if(i32.lt(mirror, end), () => {
          code.loop((again) => {
            for (const [k, base] of [values, ...axes].entries()) {
              const copy = () => mirrored(code, mirror, base);
              if (k === 0) copy();
              else code.if(withGradients, copy);
            }
            code.set(mirror, i32.add(mirror, MIRROR_RECORD.bytes));
            code.branchIf(again, i32.lt(mirror, end));
          });
        });
      });
    },
  );
}

/** u = f₁ a* u(below) + f₂ b* u(below, to the left), with derivatives. */
function recur(
  code: FunctionBody,
  record: Address,
  at: {
    values: Address;
    axes: readonly Address[];
    withGradients: Address;
    a: Pair;
    b: Pair;
    slopes: readonly { a: Pair; b: Pair }[];
  },
): void {
  const { to, from, first, second } = ELEMENT_RECORD;
  const source = code.let(i32.load(record, from));
  const target = code.let(i32.load(record, to));
  const left = code.let(i32.sub(source, 2 * PANEL));
  const [f, s] = [code.let(splatAt(record, first)), code.let(splatAt(record, second))];
  const near = kept(code, scaled(f, pairAt(i32.add(at.values, source))));
  const far = kept(code, scaled(s, pairAt(i32.add(at.values, left))));
  storePair(code, code.let(i32.add(at.values, target)), plus(times(at.a, near), times(at.b, far)));
  code.if(at.withGradients, () => {
    at.axes.forEach((axis, d) => {
      const nearSlope = kept(code, scaled(f, pairAt(code.let(i32.add(axis, source)))));
      const farSlope = kept(code, scaled(s, pairAt(code.let(i32.add(axis, left)))));
      const own = kept(code, plus(times(at.a, nearSlope), times(at.b, farSlope)));
      const turned = kept(code, plus(times(at.slopes[d].a, near), times(at.slopes[d].b, far)));
      storePair(code, code.let(i32.add(axis, target)), plus(own, turned));
    });
  });
}

function mirrored(code: FunctionBody, record: Address, base: Address): void {
  const sign = code.let(splatAt(record, MIRROR_RECORD.sign));
  const { re, im } = pairAt(code.let(i32.add(base, i32.load(record, MIRROR_RECORD.from))));
  const target = code.let(i32.add(base, i32.load(record, MIRROR_RECORD.to)));
  storePair(code, target, { re: mul(sign, re), im: f64x2.neg(mul(sign, im)) });
}

/**
 * `weigh(values, gradients, gradientBytes, turn, withGradients)`: d(f u) = f du + f′ r̂ u, then f u, of two neighbours.
 * `accumulate(values, panelBytes, panels, numbers, sums)`: adds the numbers of all neighbours of some panels.
 */
function defineSums(module: ModuleBuilder): void {
  module.function(
    { export: 'weigh', parameters: ['i32', 'i32', 'i32', 'i32', 'i32'] },
    (code, values, gradients, bytes, turn, withGradients) => {
      const share = code.let(v128.load(turn, TURN.share * PANEL));
      const slopes = [0, 1, 2].map((d) => code.let(v128.load(turn, (TURN.shareSlopes + d) * PANEL)));
      const end = code.let(i32.add(values, bytes));
      const gradient = code.let(gradients);
      const [at, value] = [code.local('i32'), code.local('v128')];
      code.for(at, values, end, PANEL, () => {
        code.set(value, v128.load(at));
        code.if(withGradients, () => {
          const place = code.let(gradient);
          slopes.forEach((slope, d) => {
            if (d > 0) code.set(place, i32.add(place, bytes));
            code.store(v128, place, add(mul(share, v128.load(place)), mul(slope, value)));
          });
          code.set(gradient, i32.add(gradient, PANEL));
        });
        code.store(v128, at, mul(share, value));
      });
    },
  );
  module.function(
    { export: 'accumulate', parameters: ['i32', 'i32', 'i32', 'i32', 'i32'] },
    (code, values, panelBytes, panels, bytes, sums) => {
      const [offset, panel, at] = [code.local('i32'), code.local('i32'), code.local('i32')];
      const [sum, target] = [code.local('v128'), code.let(sums)];
      code.for(offset, 0, bytes, PANEL, () => {
        code.set(sum, splat(0));
        code.set(at, i32.add(values, offset));
        code.for(panel, 0, panels, 1, () => {
          code.set(sum, add(sum, add(v128.load(at), v128.load(at, 16))));
          code.set(at, i32.add(at, panelBytes));
        });
        const total = f64.add(f64x2.extract(sum, 0), f64x2.extract(sum, 1));
        code.store(f64, target, f64.add(f64.load(target), total));
        code.set(target, i32.add(target, 8));
      });
    },
  );
}

/**
 * `couple1(left, right, z, from, to)`, `couple2` …: Z^j of two factors for one, two … values of j at once, of two atoms side
 * by side. Every record from `from` to `to` is one row of each factor and one n₁ + n₂: Σ over n₁ of products of elements,
 * times coefficients, is added to one element of every Z.
 */
function defineProducts(module: ModuleBuilder, mostJ: number): void {
  for (let count = 1; count <= mostJ; count++)
    module.function(
      { export: `couple${count}`, parameters: ['i32', 'i32', 'i32', 'i32', 'i32'] },
      (code, left, right, z, from, to) => {
        const sums = Array.from({ length: count }, () => [code.local('v128'), code.local('v128')] as const);
        const [record, term] = [code.local('i32'), code.local('i32')];
        code.for(record, from, to, COUPLING_RECORD.bytes(count), () => {
          for (const [re, im] of sums) {
            code.set(re, splat(0));
            code.set(im, splat(0));
          }
          const p = code.let(i32.add(left, i32.load(record, COUPLING_RECORD.left)));
          const q = code.let(i32.add(right, i32.load(record, COUPLING_RECORD.right)));
          const factors = code.let(i32.load(record, COUPLING_RECORD.columnFactors));
          const stride = code.let(i32.load(record, COUPLING_RECORD.columnStride));
          const terms = code.let(i32.load(record, COUPLING_RECORD.terms));
          code.for(term, 0, terms, 1, () => {
            const a = kept(code, { re: v128.load(p), im: v128.load(p, 16) });
            const b = kept(code, { re: v128.load(q), im: v128.load(q, 16) });
            const product = kept(code, times(a, b));
            sums.forEach(([re, im], k) => {
              const factor = code.let(splatAt(factors, 8 * k));
              code.set(re, add(re, mul(factor, product.re)));
              code.set(im, add(im, mul(factor, product.im)));
            });
            code.set(p, i32.add(p, COMPLEX_PAIR));
            code.set(q, i32.sub(q, COMPLEX_PAIR));
            code.set(factors, i32.add(factors, stride));
          });
          const rowFactors = code.let(i32.load(record, COUPLING_RECORD.rowFactors));
          sums.forEach(([re, im], k) => {
            const factor = code.let(splatAt(rowFactors, 8 * k));
            const at = code.let(i32.add(z, i32.load(record, COUPLING_RECORD.places + 4 * k)));
            code.store(v128, at, add(v128.load(at), mul(factor, re)));
            code.store(v128, at, add(v128.load(at, 16), mul(factor, im)), 16);
          });
        });
      },
    );
}

/**
 * `spread(z, block, elements, factor, lastFactor)`: a Z of one atom as a row of a block of components, times factors.
 * `overlap(z, u, elements, factor, lastFactor, out)`: Σ factor Re(z u*) of two atoms.
 */
function defineSpread(module: ModuleBuilder): void {
  module.function(
    { export: 'spread', parameters: ['i32', 'i32', 'i32', 'f64', 'f64'] },
    (code, z, block, elements, factor, lastFactor) => {
      const k = code.local('i32');
      code.for(k, 0, elements, 1, () => {
        code.if(i32.eq(k, i32.sub(elements, 1)), () => code.set(factor, lastFactor));
        for (const part of [0, 1]) {
          const term = f64.mul(factor, f64.load(z, 16 * part));
          code.store(f64, block, f64.add(f64.load(block, part * PANEL), term), part * PANEL);
        }
        code.set(z, i32.add(z, COMPLEX_PAIR));
        code.set(block, i32.add(block, 2 * PANEL));
      });
    },
  );
  module.function(
    { export: 'overlap', parameters: ['i32', 'i32', 'i32', 'f64', 'f64', 'i32'] },
    (code, z, u, elements, factor, lastFactor, out) => {
      const both = code.let(splat(factor));
      const [k, sum] = [code.local('i32'), code.let(splat(0))];
      code.for(k, 0, elements, 1, () => {
        code.if(i32.eq(k, i32.sub(elements, 1)), () => code.set(both, splat(lastFactor)));
        const real = mul(v128.load(z), v128.load(u));
        const imaginary = mul(v128.load(z, 16), v128.load(u, 16));
        code.set(sum, add(sum, mul(both, add(real, imaginary))));
        code.set(z, i32.add(z, COMPLEX_PAIR));
        code.set(u, i32.add(u, COMPLEX_PAIR));
      });
      code.store(v128, out, sum);
    },
  );
}

/**
 * `derive(block, fours, numbers, targets, panels, panelBytes, gradient, axisBytes, out, outBytes)`: adds for four
 * components at a time, of every panel, Σ block · gradient along the three axes. `targets` has the bytes of every component
 * in the row of a neighbour and axis, which lie `outBytes` apart: neighbour after neighbour, x, y, z.
 */
function defineDerivatives(module: ModuleBuilder): void {
  const tile = module.function(
    { parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'] },
    (code, block, gradient, numbers, targets, out, outBytes) => {
      const sums = Array.from({ length: 8 }, () => code.let(splat(0)));
      const [low, high, one, k] = [
        code.local('v128'),
        code.local('v128'),
        code.local('v128'),
        code.local('i32'),
      ];
      code.for(k, 0, numbers, 1, () => {
        code.set(low, v128.load(gradient));
        code.set(high, v128.load(gradient, 16));
        for (let row = 0; row < 4; row++) {
          code.set(one, splatAt(block, 8 * row));
          code.set(sums[2 * row], add(sums[2 * row], mul(one, low)));
          code.set(sums[2 * row + 1], add(sums[2 * row + 1], mul(one, high)));
        }
        code.set(block, i32.add(block, PANEL));
        code.set(gradient, i32.add(gradient, PANEL));
      });
      for (let row = 0; row < 4; row++) {
        const place = code.let(i32.add(out, i32.load(targets, 4 * row)));
        for (let neighbour = 0; neighbour < 4; neighbour++) {
          const value = f64x2.extract(sums[2 * row + (neighbour >> 1)], neighbour & 1);
          code.store(f64, place, f64.add(f64.load(place), value));
          if (neighbour < 3) code.set(place, i32.add(place, i32.mul(outBytes, 3)));
        }
      }
    },
  );
  module.function(
    {
      export: 'derive',
      parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    },
    (code, block, fours, numbers, targets, panels, panelBytes, gradient, axisBytes, out, outBytes) => {
      const [panel, axis, four] = Array.from({ length: 3 }, () => code.local('i32'));
      const fourBytes = code.let(i32.mul(numbers, PANEL));
      code.for(panel, 0, panels, 1, () => {
        code.for(axis, 0, 3, 1, () => {
          const from = code.let(i32.add(gradient, i32.mul(axis, axisBytes)));
          const to = code.let(i32.add(out, i32.mul(axis, outBytes)));
          const [rows, target] = [code.let(block), code.let(targets)];
          code.for(four, 0, fours, 1, () => {
            code.call(tile, rows, from, numbers, target, to, outBytes);
            code.set(rows, i32.add(rows, fourBytes));
            code.set(target, i32.add(target, 16));
          });
        });
        code.set(gradient, i32.add(gradient, panelBytes));
        code.set(out, i32.add(out, i32.mul(outBytes, 12)));
      });
    },
  );
}

/**
 * `combine(block, fours, numbers, weights, out)`: Σ over components of weight · block, one number for every number of the
 * matrix; `weights` in fours.
 * `contract(gradient, panels, panelBytes, axisBytes, numbers, weights, out)`: Σ weights · gradient, four neighbours and
 * three axes of every panel: x of four, y, z.
 */
function defineContraction(module: ModuleBuilder): void {
  module.function(
    { export: 'combine', parameters: ['i32', 'i32', 'i32', 'i32', 'i32'] },
    (code, block, fours, numbers, weights, out) => {
      const [four, k, to] = Array.from({ length: 3 }, () => code.local('i32'));
      const sum = code.local('v128');
      code.for(four, 0, fours, 1, () => {
        const [low, high] = [code.let(v128.load(weights)), code.let(v128.load(weights, 16))];
        code.set(to, out);
        code.for(k, 0, numbers, 1, () => {
          code.set(sum, add(mul(low, v128.load(block)), mul(high, v128.load(block, 16))));
          const total = f64.add(f64x2.extract(sum, 0), f64x2.extract(sum, 1));
          code.store(f64, to, f64.add(f64.load(to), total));
          code.set(to, i32.add(to, 8));
          code.set(block, i32.add(block, PANEL));
        });
        code.set(weights, i32.add(weights, PANEL));
      });
    },
  );
  module.function(
    { export: 'contract', parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] },
    (code, gradient, panels, panelBytes, axisBytes, numbers, weights, out) => {
      const [panel, axis, k, from, weight] = Array.from({ length: 5 }, () => code.local('i32'));
      const [low, high, one] = Array.from({ length: 3 }, () => code.local('v128'));
      code.for(panel, 0, panels, 1, () => {
        code.for(axis, 0, 3, 1, () => {
          code.set(from, i32.add(gradient, i32.mul(axis, axisBytes)));
          code.set(weight, weights);
          code.set(low, v128.load(out));
          code.set(high, v128.load(out, 16));
          code.for(k, 0, numbers, 1, () => {
            code.set(one, splatAt(weight));
            code.set(low, add(low, mul(one, v128.load(from))));
            code.set(high, add(high, mul(one, v128.load(from, 16))));
            code.set(from, i32.add(from, PANEL));
            code.set(weight, i32.add(weight, 8));
          });
          code.store(v128, out, low);
          code.store(v128, out, high, 16);
          code.set(out, i32.add(out, PANEL));
        });
        code.set(gradient, i32.add(gradient, panelBytes));
      });
    },
  );
}
