/** Design matrix kernel: derivatives along twelve directions at once, and their reverse pass. */
import {
  f64,
  f64x2,
  i32,
  v128,
  type Callable,
  type Expression,
  type ModuleBuilder,
} from '../../backends/wasm/encoder/index.ts';
import { LANE_BYTES, TANGENT_BYTES, type DesignLayout } from './design-layout.ts';
import { SIX, mulAdd, forTargets, forTerms, type Address, type Vector } from './design-loops.ts';

/** Ṁ_b of the basic moments: ∂(f_μ m_q)/∂r_a = f′_μ u_a m_q + f_μ ∂m_q/∂r_a. */
export function defineBasicTangents(module: ModuleBuilder, layout: DesignLayout): Callable {
  const { block, graph } = layout;
  return module.function({ parameters: ['i32'] }, (code, base) => {
    const zero = i32.const(0);
    for (const half of [0, 16]) {
      const u = [0, 1, 2].map((a) => code.let(v128.load(base, block.unit + a * LANE_BYTES + half)));
      for (let mu = 0; mu < graph.radialFunctionCount; mu++) {
        const f = code.let(v128.load(base, block.f + mu * LANE_BYTES + half));
        const slope = code.let(v128.load(base, block.fSlope + mu * LANE_BYTES + half));
        const slopes = u.map((component) => code.let(f64x2.mul(slope, component)));
        for (let b = layout.basicStart[mu]; b < layout.basicStart[mu + 1]; b++) {
          const q = layout.basicMonomial[b];
          const value = code.let(v128.load(zero, layout.monomialValues + q * LANE_BYTES + half));
          for (let a = 0; a < 3; a++) {
            const gradient = v128.load(
              zero,
              layout.monomialGradients + q * TANGENT_BYTES + a * LANE_BYTES + half,
            );
            const tangent = mulAdd(f64x2.mul(slopes[a], value), f, gradient);
            code.store(v128, zero, tangent, layout.tangents + b * TANGENT_BYTES + a * LANE_BYTES + half);
          }
        }
      }
    }
  });
}

/** Ṁ_k = Σ m (M_i Ṁ_j + M_j Ṁ_i), twelve directions at once. */
export function defineTangents(module: ModuleBuilder, layout: DesignLayout): Callable {
  return module.function({ parameters: [] }, (code) => {
    const sums = SIX.map(() => code.local('v128'));
    const a = code.local('v128');
    const b = code.local('v128');
    const i = code.local('i32');
    const j = code.local('i32');
    forTargets(code, layout, false, (target, _moment, tangent) => {
      for (const sum of sums) code.set(sum, f64x2.splat(0));
      forTerms(code, target, (term) => {
        code.set(i, i32.load(term));
        code.set(j, i32.load(term, 4));
        const weight = code.let(f64.load(term, 16));
        code.set(a, f64x2.splat(f64.mul(weight, f64.load(i32.load(term, 8)))));
        code.set(b, f64x2.splat(f64.mul(weight, f64.load(i32.load(term, 12)))));
        sums.forEach((sum, h) => {
          code.set(sum, mulAdd(mulAdd(sum, a, v128.load(j, 16 * h)), b, v128.load(i, 16 * h)));
        });
      });
      sums.forEach((sum, h) => code.store(v128, tangent, sum, 16 * h));
    });
  });
}

/** ȧ_i += m (ȧ_k M_j + a_k Ṁ_j) and the same for j; ȧ_k = 0 where M_k is only a scalar (a leaf). */
export function defineTangentAdjoints(module: ModuleBuilder, layout: DesignLayout): Callable {
  const adjointShift = layout.adjoints - layout.moments;
  const shift = layout.tangentAdjoints - layout.tangents;
  return module.function({ parameters: [] }, (code) => {
    code.memoryFill(layout.tangentAdjoints, 0, TANGENT_BYTES * layout.graph.momentCount);
    const own = SIX.map(() => code.local('v128'));
    const [i, j] = [code.local('i32'), code.local('i32')];
    const [direct, mi, mj] = [code.local('v128'), code.local('v128'), code.local('v128')];
    const above = code.local('f64');
    const weight = code.local('f64');
    const update = (to: Expression<'i32'>, from: Expression<'i32'>, h: number, factor?: Vector): void => {
      let value: Vector = mulAdd(v128.load(to, shift + 16 * h), direct, v128.load(from, 16 * h));
      if (factor) value = mulAdd(value, factor, own[h]);
      code.store(v128, to, value, shift + 16 * h);
    };
    forTargets(code, layout, true, (target, moment, tangent) => {
      code.set(above, f64.load(moment, adjointShift));
      const common = (term: Address): void => {
        code.set(i, i32.load(term));
        code.set(j, i32.load(term, 4));
        code.set(weight, f64.load(term, 16));
        code.set(direct, f64x2.splat(f64.mul(weight, above)));
      };
      code.if(
        i32.load(target, 8),
        () =>
          forTerms(code, target, (term) => {
            common(term);
            for (const h of SIX) update(i, j, h);
            for (const h of SIX) update(j, i, h);
          }),
        () => {
          for (const h of SIX) code.set(own[h], v128.load(tangent, shift + 16 * h));
          forTerms(code, target, (term) => {
            common(term);
            code.set(mi, f64x2.splat(f64.mul(weight, f64.load(i32.load(term, 8)))));
            code.set(mj, f64x2.splat(f64.mul(weight, f64.load(i32.load(term, 12)))));
            for (const h of SIX) update(i, j, h, mj);
            for (const h of SIX) update(j, i, h, mi);
          });
        },
      );
    });
  });
}
