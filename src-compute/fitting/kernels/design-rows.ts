/** Design matrix kernel: adds the columns of an atom to the rows of its structure. */
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
import { SIX, mulAdd, type Address, type Vector } from './design-loops.ts';

/** Rows of a structure: energy, virial xx yy zz yz xz xy, then forces. */
export const VIRIAL_COMPONENTS = [
  [0, 0],
  [1, 1],
  [2, 2],
  [1, 2],
  [0, 2],
  [0, 1],
] as const;

/** Bytes of one row in a panel of four columns. */
export const ROW_BYTES = 32;

/**
 * Adds one column of a block to the panels: the gradient g (twelve lanes) of a basis function goes to the neighbours'
 * force rows with minus, to the centre's with plus, and as −r_a g_b to the virial rows.
 */
export function defineEmitColumn(module: ModuleBuilder, layout: DesignLayout): Callable {
  const { block } = layout;
  return module.function(
    { parameters: ['i32', 'i32', 'i32', 'i32', 'i32'] },
    (code, base, values, column, centreRow, firstRow) => {
      const g = SIX.map((h) => code.let(v128.load(values, 16 * h)));
      const add = (address: Address, value: Expression<'f64'>, offset: number): void =>
        code.store(f64, address, f64.add(f64.load(address, offset), value), offset);
      for (let lane = 0; lane < 4; lane++) {
        const row = code.let(i32.add(i32.load(base, block.rows + 4 * lane), column));
        for (let a = 0; a < 3; a++) {
          add(row, f64.neg(f64x2.extract(g[2 * a + (lane >> 1)], lane & 1)), a * ROW_BYTES);
        }
      }
      const sumLanes = (low: Vector, high: Vector): Expression<'f64'> => {
        const both = code.let(f64x2.add(low, high));
        return f64.add(f64x2.extract(both, 0), f64x2.extract(both, 1));
      };
      const centre = code.let(i32.add(centreRow, column));
      for (let a = 0; a < 3; a++) add(centre, sumLanes(g[2 * a], g[2 * a + 1]), a * ROW_BYTES);
      const virial = code.let(i32.add(firstRow, column));
      VIRIAL_COMPONENTS.forEach(([a, b], component) => {
        const r = (half: number) => v128.load(base, block.vector + a * LANE_BYTES + 16 * half);
        const sum = sumLanes(f64x2.mul(r(0), g[2 * b]), f64x2.mul(r(1), g[2 * b + 1]));
        add(virial, f64.neg(sum), (1 + component) * ROW_BYTES);
      });
    },
  );
}

/** Adds B_α, and with `withRadial` ∂E_i/∂c, of one atom to the energy row. */
export function defineEmitEnergies(module: ModuleBuilder, layout: DesignLayout): Callable {
  const { species, graph, radialBasisSize: size, monomials } = layout;
  const functions = graph.radialFunctionCount;
  const scalars = graph.scalarMoments.length;
  return module.function({ parameters: ['i32', 'i32', 'i32'] }, (code, zi, firstRow, withRadial) => {
    const alpha = code.local('i32');
    code.for(alpha, 0, scalars, 1, () => {
      const tangent = i32.sub(i32.load(i32.shl(alpha, 2), layout.scalarTangents), layout.tangents);
      const value = code.let(f64.load(i32.div(tangent, TANGENT_BYTES / 8), layout.moments));
      const address = code.let(
        i32.add(firstRow, i32.load(i32.shl(alpha, 2), layout.columnOffsets + 4 * species)),
      );
      code.store(f64, address, f64.add(f64.load(address), value));
    });
    code.if(withRadial, () => {
      const b = code.local('i32');
      const sums = Array.from({ length: size }, () => code.local('f64'));
      const columns = code.let(i32.mul(zi, 4 * species * functions * size));
      for (let z = 0; z < species; z++) {
        for (let mu = 0; mu < functions; mu++) {
          for (const sum of sums) code.set(sum, 0);
          code.for(b, layout.basicStart[mu], layout.basicStart[mu + 1], 1, () => {
            const adjoint = code.let(f64.load(i32.shl(b, 3), layout.adjoints));
            const row = code.let(i32.load(i32.shl(b, 2), layout.basicSums));
            sums.forEach((sum, k) => {
              const s = f64.load(row, layout.sums + 8 * (z * monomials.powers.length * size + k));
              code.set(sum, f64.add(sum, f64.mul(adjoint, s)));
            });
          });
          sums.forEach((sum, k) => {
            const column = layout.columnOffsets + 4 * (species + scalars + (z * functions + mu) * size + k);
            const address = code.let(i32.add(firstRow, i32.load(columns, column)));
            code.store(f64, address, f64.add(f64.load(address), sum));
          });
        }
      }
    });
  });
}

/** Adds ∂²E_i/∂d ∂c of one block to the panels. */
export function defineEmitRadial(
  module: ModuleBuilder,
  layout: DesignLayout,
  emitColumn: Callable,
): Callable {
  const { species, graph, radialBasisSize: size, monomials, block } = layout;
  const functions = graph.radialFunctionCount;
  const scalars = graph.scalarMoments.length;
  const columnScratch = layout.scratch + (LANE_BYTES + TANGENT_BYTES) * functions;
  const explicit = defineExplicitDerivatives(module, layout);
  return module.function(
    { parameters: ['i32', 'i32', 'i32', 'i32'] },
    (code, base, zi, centreRow, firstRow) => {
      code.call(explicit, base);
      const zero = i32.const(0);
      const [b, k] = [code.local('i32'), code.local('i32')];
      const sums = SIX.map(() => code.local('v128'));
      const [phi, slope] = [code.local('v128'), code.local('v128')];
      const weight = code.local('v128');
      for (let z = 0; z < species; z++) {
        for (let mu = 0; mu < functions; mu++) {
          code.for(k, 0, size, 1, () => {
            for (const sum of sums) code.set(sum, f64x2.splat(0));
            code.for(b, layout.basicStart[mu], layout.basicStart[mu + 1], 1, () => {
              const row = i32.add(i32.load(i32.shl(b, 2), layout.basicSums), i32.shl(k, 3));
              code.set(weight, v128.load64Splat(row, layout.sums + 8 * z * monomials.powers.length * size));
              const source = code.let(i32.mul(b, TANGENT_BYTES));
              sums.forEach((sum, h) => {
                code.set(sum, mulAdd(sum, weight, v128.load(source, layout.tangentAdjoints + 16 * h)));
              });
            });
            code.if(i32.eq(i32.load(base, block.species), z), () => {
              const scratch = layout.scratch + mu * (LANE_BYTES + TANGENT_BYTES);
              for (const half of [0, 1]) {
                const source = code.let(i32.add(base, i32.shl(k, 5)));
                code.set(phi, v128.load(source, block.phi + 16 * half));
                code.set(
                  slope,
                  f64x2.mul(
                    v128.load(source, block.phiSlope + 16 * half),
                    v128.load(zero, scratch + 16 * half),
                  ),
                );
                for (let a = 0; a < 3; a++) {
                  const sum = sums[2 * a + half];
                  const u = v128.load(base, block.unit + a * LANE_BYTES + 16 * half);
                  const h = v128.load(zero, scratch + LANE_BYTES + a * LANE_BYTES + 16 * half);
                  code.set(sum, mulAdd(mulAdd(sum, slope, u), phi, h));
                }
              }
            });
            sums.forEach((sum, h) => code.store(v128, zero, sum, columnScratch + 16 * h));
            const index = i32.add(i32.mul(zi, species * functions * size), k);
            const column = i32.load(
              i32.shl(index, 2),
              layout.columnOffsets + 4 * (species + scalars + (z * functions + mu) * size),
            );
            code.call(emitColumn, base, columnScratch, column, centreRow, firstRow);
          });
        }
      }
    },
  );
}

/** P_μ = Σ_{b∈μ} a_b m_b and H_μ = Σ a_b ∂m_b/∂r of a block, for the explicit part of ∂S/∂d. */
function defineExplicitDerivatives(module: ModuleBuilder, layout: DesignLayout): Callable {
  return module.function({ parameters: ['i32'] }, (code) => {
    const zero = i32.const(0);
    const sums = Array.from({ length: 8 }, () => code.local('v128'));
    const adjoint = code.local('v128');
    for (let mu = 0; mu < layout.graph.radialFunctionCount; mu++) {
      for (const sum of sums) code.set(sum, f64x2.splat(0));
      for (let b = layout.basicStart[mu]; b < layout.basicStart[mu + 1]; b++) {
        const q = layout.basicMonomial[b];
        code.set(adjoint, v128.load64Splat(zero, layout.adjoints + 8 * b));
        sums.forEach((sum, h) => {
          const offset =
            h < 2
              ? layout.monomialValues + q * LANE_BYTES + 16 * h
              : layout.monomialGradients + q * TANGENT_BYTES + 16 * (h - 2);
          code.set(sum, mulAdd(sum, adjoint, v128.load(zero, offset)));
        });
      }
      const scratch = layout.scratch + mu * (LANE_BYTES + TANGENT_BYTES);
      sums.forEach((sum, h) => code.store(v128, zero, sum, scratch + 16 * h));
    }
  });
}
