/**
 * The space group of a structure, its operations and its primitive cell, found by the library moyo (K. Shinohara, the
 * spglib project).
 */
import { analyze_cell, type MoyoDataset } from '@spglib/moyo-wasm';
import { SimulationError } from '../../../src-compute/errors.ts';
import { inverse } from '../../../src-compute/structure/cell.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import type { SymmetryOperation } from '../../../src-compute/structure/symmetry.ts';
import { loadMoyo } from '../../platform/moyo.ts';

export interface CrystalSymmetry {
  /** Of the International Tables, 1–230. */
  readonly number: number;
  /** Hermann–Mauguin symbol. */
  readonly symbol: string;
  /** Pearson symbol, such as cF8: its first two letters are the Bravais lattice. */
  readonly pearson: string;
  /** Operations of the structure as it is given, in its own fractional coordinates. */
  readonly operations: readonly SymmetryOperation[];
  /** Of equivalent atoms the first. */
  readonly orbits: readonly number[];
  /** The standardised conventional and primitive cell, without labels. */
  readonly conventional: Configuration;
  readonly primitive: Configuration;
}

/** How far atoms may lie from their places, Å. */
export const SYMMETRY_PRECISION = 1e-3;

/**
 * Finds the symmetry of a crystal.
 * @param precision Å
 * @throws SimulationError when the structure is not periodic in all directions, or has none that can be found
 */
export function crystalSymmetry(structure: Configuration, precision = SYMMETRY_PRECISION): CrystalSymmetry {
  if (!structure.periodic.every(Boolean)) {
    throw new SimulationError(
      'The symmetry of a crystal needs a cell that is periodic in all three directions.',
    );
  }
  loadMoyo();
  const dataset = analyse(structure, precision);
  return {
    number: dataset.number,
    symbol: dataset.hm_symbol,
    pearson: dataset.pearson_symbol,
    operations: dataset.operations.map(({ rotation: r, translation }) => ({
      // the library gives its 3 × 3 matrices column by column
      rotation: [r[0], r[3], r[6], r[1], r[4], r[7], r[2], r[5], r[8]],
      translation,
    })),
    orbits: dataset.orbits,
    conventional: configurationOf(structure, dataset.std_cell),
    primitive: configurationOf(structure, dataset.prim_std_cell),
  };
}

function analyse(structure: Configuration, precision: number): MoyoDataset {
  try {
    return analyze_cell(
      JSON.stringify({
        lattice: { basis: Array.from(structure.cell) },
        positions: fractional(structure),
        numbers: Array.from(structure.kinds, (kind) => kind + 1),
      }),
      precision,
      'Standard',
    );
  } catch (cause) {
    throw new SimulationError('The symmetry of the structure could not be found.', {
      remedy: 'Check that no two atoms lie at the same place.',
      cause,
    });
  }
}

/** Fractional coordinates, one triple per atom. */
function fractional({ positions, cell, kinds }: Configuration): number[][] {
  const inv = inverse(cell);
  return Array.from({ length: kinds.length }, (_, i) =>
    [0, 1, 2].map(
      (a) =>
        positions[3 * i] * inv[a] + positions[3 * i + 1] * inv[3 + a] + positions[3 * i + 2] * inv[6 + a],
    ),
  );
}

function configurationOf(
  structure: Configuration,
  { lattice, positions, numbers }: MoyoDataset['std_cell'],
): Configuration {
  const { basis: h } = lattice;
  return {
    symbols: structure.symbols,
    kinds: Uint16Array.from(numbers, (number) => number - 1),
    positions: Float64Array.from(
      positions.flatMap((x) => [0, 1, 2].map((b) => x[0] * h[b] + x[1] * h[3 + b] + x[2] * h[6 + b])),
    ),
    cell: Float64Array.from(h),
    periodic: [true, true, true],
  };
}
