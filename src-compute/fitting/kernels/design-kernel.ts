/**
 * WebAssembly kernel for the rows of the design matrix of a moment tensor potential and their derivatives by the
 * radial coefficients. PHYSICS.md §1, "Fit".
 *
 * For an atom i with moments M(c), scalars B_α and adjoints a_b = ∂(Σ ξ_α B_α)/∂M_b, and a direction d (a component
 * of a neighbour's position):
 *
 *   ∂B_α/∂d                  by the tangent Ṁ of the product graph,
 *   ∂²E_i/∂d ∂c_{μk}         = Σ_{b∈μ} ȧ_b S_bk + a_b ∂S_bk/∂d,   S_bk = Σ_j φ_k(r_ij) m_b(r̂_ij),
 *
 * ȧ being the tangent of the adjoints (forward over reverse). Directions run in lanes: four neighbours × x, y, z.
 * The graph is walked as a table; with twelve lanes per product the table costs little, and one module serves all
 * coefficients. Matrix rows lie in panels of four columns (see gram-kernel.ts).
 */
import {
  f64,
  f64x2,
  i32,
  ModuleBuilder,
  v128,
  type Callable,
  type Expression,
  type FunctionBody,
} from '../../backends/wasm/encoder/index.ts';
import { basicCount } from '../../potentials/moment-tensor/model.ts';
import { LANE_BYTES, TANGENT_BYTES, type DesignLayout } from './design-layout.ts';

type Address = Expression<'i32'>;
type Vector = Expression<'v128'>;
const SIX = [0, 1, 2, 3, 4, 5];
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
 * Encodes the module. Exports `atom(species, blocks, centreRow, firstRow, withRadial)`, which adds one atom's share
 * to the panels: `firstRow` is the address of the energy row in the first panel, `centreRow` that of the atom's x force.
 */
export function encodeDesignKernel(layout: DesignLayout): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  module.importMemory();
  const parts = {
    monomials: defineMonomials(module, layout),
    laneSums: defineLaneSums(module, layout),
    reduceSums: defineReduceSums(module, layout),
    basicMoments: defineBasicMoments(module, layout),
    values: defineValues(module, layout),
    adjoints: defineAdjoints(module, layout),
    basicTangents: defineBasicTangents(module, layout),
    tangents: defineTangents(module, layout),
    tangentAdjoints: defineTangentAdjoints(module, layout),
    emitColumn: defineEmitColumn(module, layout),
    emitEnergies: defineEmitEnergies(module, layout),
  };
  const emitRadial = defineEmitRadial(module, layout, parts.emitColumn);
  defineAtom(module, layout, { ...parts, emitRadial });
  return module.encode();
}

const mulAdd = (sum: Vector, a: Vector, b: Vector): Vector => f64x2.add(sum, f64x2.mul(a, b));

/** Monomials of a block's unit vectors and their gradients by the position, ∂m/∂r_a = (m_lower·power − ν m u_a)/r. */
function defineMonomials(module: ModuleBuilder, layout: DesignLayout): Callable {
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
function defineLaneSums(module: ModuleBuilder, layout: DesignLayout): Callable {
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
function defineReduceSums(module: ModuleBuilder, layout: DesignLayout): Callable {
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
function defineBasicMoments(module: ModuleBuilder, layout: DesignLayout): Callable {
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

/** Loop over product moments with their range of terms; `body` writes the code for one target. */
function forTargets(
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
function forTerms(code: FunctionBody, target: Address, body: (term: Address) => void): void {
  const term = code.let(i32.load(target));
  const end = code.let(i32.load(target, 4));
  code.loop((again) => {
    body(term);
    code.branchIf(again, i32.lt(term.tee(i32.add(term, 24)), end));
  });
}

/** M_k = Σ m M_i M_j. */
function defineValues(module: ModuleBuilder, layout: DesignLayout): Callable {
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
function defineAdjoints(module: ModuleBuilder, layout: DesignLayout): Callable {
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

/** Ṁ_b of the basic moments: ∂(f_μ m_q)/∂r_a = f′_μ u_a m_q + f_μ ∂m_q/∂r_a. */
function defineBasicTangents(module: ModuleBuilder, layout: DesignLayout): Callable {
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
function defineTangents(module: ModuleBuilder, layout: DesignLayout): Callable {
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
function defineTangentAdjoints(module: ModuleBuilder, layout: DesignLayout): Callable {
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

/**
 * Adds one column of a block to the panels: the gradient g (twelve lanes) of a basis function goes to the neighbours'
 * force rows with minus, to the centre's with plus, and as −r_a g_b to the virial rows.
 */
function defineEmitColumn(module: ModuleBuilder, layout: DesignLayout): Callable {
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
function defineEmitEnergies(module: ModuleBuilder, layout: DesignLayout): Callable {
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
function defineEmitRadial(module: ModuleBuilder, layout: DesignLayout, emitColumn: Callable): Callable {
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

interface AtomParts {
  readonly monomials: Callable;
  readonly laneSums: Callable;
  readonly reduceSums: Callable;
  readonly basicMoments: Callable;
  readonly values: Callable;
  readonly adjoints: Callable;
  readonly basicTangents: Callable;
  readonly tangents: Callable;
  readonly tangentAdjoints: Callable;
  readonly emitColumn: Callable;
  readonly emitEnergies: Callable;
  readonly emitRadial: Callable;
}

/** One atom: sums over its neighbours, moments, then block after block of directions. */
function defineAtom(module: ModuleBuilder, layout: DesignLayout, parts: AtomParts): void {
  const scalars = layout.graph.scalarMoments.length;
  module.function(
    { export: 'atom', parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'] },
    (code, zi, blocks, centreRow, firstRow, withRadial, withGradients) => {
      const [block, base, alpha] = [code.local('i32'), code.local('i32'), code.local('i32')];
      const forBlocks = (body: () => void): void => {
        code.set(base, layout.blocks);
        code.for(block, 0, blocks, 1, () => {
          body();
          code.set(base, i32.add(base, layout.block.bytes));
        });
      };
      forBlocks(() => {
        code.call(parts.monomials, base);
        code.call(parts.laneSums, base);
      });
      code.call(parts.reduceSums);
      code.call(parts.basicMoments, zi);
      code.call(parts.values);
      code.if(withRadial, () => code.call(parts.adjoints));
      code.call(parts.emitEnergies, zi, firstRow, withRadial);
      code.if(withGradients, () =>
        forBlocks(() => {
          code.call(parts.monomials, base);
          code.call(parts.basicTangents, base);
          code.call(parts.tangents);
          code.for(alpha, 0, scalars, 1, () => {
            const values = i32.load(i32.shl(alpha, 2), layout.scalarTangents);
            const column = i32.load(i32.shl(alpha, 2), layout.columnOffsets + 4 * layout.species);
            code.call(parts.emitColumn, base, values, column, centreRow, firstRow);
          });
          code.if(withRadial, () => {
            code.call(parts.tangentAdjoints);
            code.call(parts.emitRadial, base, zi, centreRow, firstRow);
          });
        }),
      );
    },
  );
}
