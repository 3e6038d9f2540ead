/**
 * WebAssembly kernel for the rows of the design matrix of a moment tensor potential and their derivatives by the
 * radial coefficients. docs/physics.md §1, "Fit".
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
import { i32, ModuleBuilder, type Callable } from '../../backends/wasm/encoder/index.ts';
import type { DesignLayout } from './design-layout.ts';
import {
  defineMonomials,
  defineLaneSums,
  defineReduceSums,
  defineBasicMoments,
  defineValues,
  defineAdjoints,
} from './design-moments.ts';
import { defineEmitColumn, defineEmitEnergies, defineEmitRadial } from './design-rows.ts';
import { defineBasicTangents, defineTangents, defineTangentAdjoints } from './design-tangents.ts';

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
