/** Design matrix kernel: monomials, sums over neighbours, moments, and the reverse pass. */
import {
  f64,
  f64x2,
  i32,
  v128,
  type Callable,
  type ModuleBuilder,
} from '../../backends/wasm/encoder/index.ts';
import { LANE_BYTES, TANGENT_BYTES, type DesignLayout } from './design-layout.ts';
import { mulAdd, forTargets, forTerms, type Vector } from './design-loops.ts';

/** Monomials of a block's unit vectors and their gradients by the position, ∂m/∂r_a = (m_lower·power − ν m u_a)/r. */
export function defineMonomials(module: ModuleBuilder, layout: DesignLayout): Callable {
  const { monomials, block } = layout;
  return module.function({ parameters: ['i32'] }, (code, base) => {
    for (const half of [0, 16]) {
      const u = [0, 1, 2].map((a) => code.let(v128.load(base, block.unit + a * LANE_BYTES + half)));
      const inverse = code.let(v128.load(base, block.inverse + half));
      const zero = i32.const(0);
      monomials.powers.forEach((powers, q) => {
        const parent = monomials.parent[q];
        const value = code.let(
          parent < 0
            ? f64x2.splat(1)
            : f64x2.mul(
                v128.load(zero, layout.monomialValues + parent * LANE_BYTES + half),
                u[monomials.axis[q]],
              ),
        );
        code.store(v128, zero, value, layout.monomialValues + q * LANE_BYTES + half);
        const rank = powers[0] + powers[1] + powers[2];
        const radial = code.let(f64x2.mul(f64x2.mul(value, inverse), f64x2.splat(-rank)));
        for (let a = 0; a < 3; a++) {
          let gradient: Vector = f64x2.mul(radial, u[a]);
          const lower = monomials.lower[q][a];
          if (lower >= 0) {
            const lowered = v128.load(zero, layout.monomialValues + lower * LANE_BYTES + half);
            gradient = mulAdd(gradient, f64x2.mul(lowered, inverse), f64x2.splat(powers[a]));
          }
          code.store(
            v128,
            zero,
            gradient,
            layout.monomialGradients + q * TANGENT_BYTES + a * LANE_BYTES + half,
          );
        }
      });
    }
  });
}

/** Adds φ_k m_q of one block to the lane sums of its species. */
export function defineLaneSums(module: ModuleBuilder, layout: DesignLayout): Callable {
  const { block, monomials, radialBasisSize } = layout;
  const count = monomials.powers.length;
  return module.function({ parameters: ['i32'] }, (code, base) => {
    const target = code.let(
      i32.add(i32.mul(i32.load(base, block.species), 16 * count * radialBasisSize), layout.laneSums),
    );
    const source = code.let(i32.const(layout.monomialValues));
    const phi = Array.from({ length: radialBasisSize }, (_, k) =>
      [0, 16].map((half) => code.let(v128.load(base, block.phi + k * LANE_BYTES + half))),
    );
    const q = code.local('i32');
    code.for(q, 0, count, 1, () => {
      const low = code.let(v128.load(source));
      const high = code.let(v128.load(source, 16));
      phi.forEach(([phiLow, phiHigh], k) => {
        const sum = mulAdd(mulAdd(v128.load(target, 16 * k), low, phiLow), high, phiHigh);
        code.store(v128, target, sum, 16 * k);
      });
      code.set(source, i32.add(source, LANE_BYTES));
      code.set(target, i32.add(target, 16 * radialBasisSize));
    });
  });
}

/** S_{z,q,k} from the lane sums, which are cleared for the next atom. */
export function defineReduceSums(module: ModuleBuilder, layout: DesignLayout): Callable {
  const total = layout.species * layout.monomials.powers.length * layout.radialBasisSize;
  return module.function({ parameters: [] }, (code) => {
    const k = code.local('i32');
    code.for(k, 0, total, 1, () => {
      const lanes = code.let(v128.load(i32.shl(k, 4), layout.laneSums));
      code.store(f64, i32.shl(k, 3), f64.add(f64x2.extract(lanes, 0), f64x2.extract(lanes, 1)), layout.sums);
    });
    code.memoryFill(layout.laneSums, 0, 16 * total);
  });
}

/** M_b = Σ_z Σ_k c_{zi,z,μ,k} S_{z,q(b),k}. */
export function defineBasicMoments(module: ModuleBuilder, layout: DesignLayout): Callable {
  const { species, radialBasisSize: size, graph, monomials } = layout;
  const functions = graph.radialFunctionCount;
  return module.function({ parameters: ['i32'] }, (code, zi) => {
    const b = code.local('i32');
    for (let mu = 0; mu < functions; mu++) {
      code.for(b, layout.basicStart[mu], layout.basicStart[mu + 1], 1, () => {
        const value = code.let(f64.const(0));
        const offset = code.let(i32.load(i32.shl(b, 2), layout.basicSums));
        for (let z = 0; z < species; z++) {
          const c = code.let(i32.mul(zi, 8 * species * functions * size));
          for (let k = 0; k < size; k++) {
            const coefficient = f64.load(c, layout.coefficients + 8 * ((z * functions + mu) * size + k));
            const sum = f64.load(offset, layout.sums + 8 * (z * monomials.powers.length * size + k));
            code.set(value, f64.add(value, f64.mul(coefficient, sum)));
          }
        }
        code.store(f64, i32.shl(b, 3), value, layout.moments);
      });
    }
  });
}

/** M_k = Σ m M_i M_j. */
export function defineValues(module: ModuleBuilder, layout: DesignLayout): Callable {
  return module.function({ parameters: [] }, (code) => {
    const sum = code.local('f64');
    forTargets(code, layout, false, (target, moment) => {
      code.set(sum, 0);
      forTerms(code, target, (term) => {
        const product = f64.mul(f64.load(i32.load(term, 8)), f64.load(i32.load(term, 12)));
        code.set(sum, f64.add(sum, f64.mul(f64.load(term, 16), product)));
      });
      code.store(f64, moment, sum);
    });
  });
}

/** a = ∂(Σ ξ_α B_α)/∂M by the reverse pass. */
export function defineAdjoints(module: ModuleBuilder, layout: DesignLayout): Callable {
  const shift = layout.adjoints - layout.moments;
  const { graph } = layout;
  return module.function({ parameters: [] }, (code) => {
    code.memoryFill(layout.adjoints, 0, 8 * graph.momentCount);
    const alpha = code.local('i32');
    code.for(alpha, 0, graph.scalarMoments.length, 1, () => {
      // tangent addresses are 12 times as far apart as values
      const tangent = i32.sub(i32.load(i32.shl(alpha, 2), layout.scalarTangents), layout.tangents);
      const address = code.let(i32.div(tangent, TANGENT_BYTES / 8));
      const value = f64.load(i32.shl(alpha, 3), layout.momentCoefficients);
      code.store(f64, address, f64.add(f64.load(address, layout.adjoints), value), layout.adjoints);
    });
    const above = code.local('f64');
    forTargets(code, layout, true, (target, moment) => {
      code.set(above, f64.load(moment, shift));
      forTerms(code, target, (term) => {
        const i = code.let(i32.load(term, 8));
        const j = code.let(i32.load(term, 12));
        const weight = code.let(f64.mul(above, f64.load(term, 16)));
        code.store(f64, i, f64.add(f64.load(i, shift), f64.mul(weight, f64.load(j))), shift);
        code.store(f64, j, f64.add(f64.load(j, shift), f64.mul(weight, f64.load(i))), shift);
      });
    });
  });
}
