/**
 * WebAssembly kernel for G += AᵀA of tall matrices, and row scaling.
 *
 * A lies in panels of four columns, each panel row-major (32 bytes a row), so that a 4 × 4 tile of G needs two
 * streams of memory only. G holds the tiles p ≤ q in order, 16 f64 each, row-major. Rows are taken in bands that
 * stay in the first-level cache.
 */
import { f64x2, i32, ModuleBuilder, v128, type Expression } from '../../backends/wasm/encoder/index.ts';
import { ROW_BYTES } from './design-rows.ts';

/** Rows per band: two panels of a band are 16 KiB. */
const BAND_ROWS = 256;

/**
 * Encodes the module. Exports `gram(panels, panelCount, panelBytes, rows, tiles)` and
 * `scale(panels, panelCount, panelBytes, firstRow, endRow, factor)`; addresses in bytes.
 */
export function encodeGramKernel(): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  module.importMemory();
  const tile = defineTile(module);
  module.function(
    { export: 'gram', parameters: ['i32', 'i32', 'i32', 'i32', 'i32'] },
    (code, panels, count, panelBytes, rows, tiles) => {
      const [band, p, q, target, left, right] = Array.from({ length: 6 }, () => code.local('i32'));
      code.for(band, 0, rows, BAND_ROWS, () => {
        const end = code.let(i32.add(band, BAND_ROWS));
        code.if(i32.gt(end, rows), () => code.set(end, rows));
        code.set(target, tiles);
        code.set(left, i32.add(panels, i32.mul(band, ROW_BYTES)));
        code.for(p, 0, count, 1, () => {
          code.set(right, left);
          code.for(q, p, count, 1, () => {
            code.call(tile, left, right, i32.sub(end, band), target);
            code.set(right, i32.add(right, panelBytes));
            code.set(target, i32.add(target, 128));
          });
          code.set(left, i32.add(left, panelBytes));
        });
      });
    },
  );
  module.function(
    { export: 'scale', parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'f64'] },
    (code, panels, count, panelBytes, first, end, factor) => {
      const [p, row, address] = Array.from({ length: 3 }, () => code.local('i32'));
      const both = code.let(f64x2.splat(factor));
      code.for(p, 0, count, 1, () => {
        code.set(address, i32.add(i32.add(panels, i32.mul(p, panelBytes)), i32.mul(first, ROW_BYTES)));
        code.for(row, first, end, 1, () => {
          for (const half of [0, 16]) {
            code.store(v128, address, f64x2.mul(v128.load(address, half), both), half);
          }
          code.set(address, i32.add(address, ROW_BYTES));
        });
      });
    },
  );
  return module.encode();
}

/** One 4 × 4 tile: eight accumulators, four splats and two vectors a row. */
function defineTile(module: ModuleBuilder) {
  return module.function({ parameters: ['i32', 'i32', 'i32', 'i32'] }, (code, left, right, rows, target) => {
    const sums = Array.from({ length: 8 }, (_, k) => code.let(v128.load(target, 16 * k)));
    const [low, high, one] = [code.local('v128'), code.local('v128'), code.local('v128')];
    const row = code.local('i32');
    code.for(row, 0, rows, 1, () => {
      code.set(low, v128.load(right));
      code.set(high, v128.load(right, 16));
      for (let i = 0; i < 4; i++) {
        code.set(one, v128.load64Splat(left, 8 * i));
        const add = (k: number, value: Expression<'v128'>): void =>
          code.set(sums[k], f64x2.add(sums[k], f64x2.mul(one, value)));
        add(2 * i, low);
        add(2 * i + 1, high);
      }
      code.set(left, i32.add(left, ROW_BYTES));
      code.set(right, i32.add(right, ROW_BYTES));
    });
    sums.forEach((sum, k) => code.store(v128, target, sum, 16 * k));
  });
}
