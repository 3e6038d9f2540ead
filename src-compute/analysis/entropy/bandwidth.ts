/**
 * Kernel widths by rule. The entropy of a set means something only together with its bandwidth, which is therefore
 * shown beside it and must be the same in everything that is compared.
 */
import { volume } from '../../structure/cell.ts';
import { atomCount, type Configuration } from '../../structure/configuration.ts';
import type { DescriptorMatrix } from '../descriptors/descriptor.ts';

/** Published default for the QUESTS descriptor with k = 32 and r_c = 5 Å, 1/Å. */
export const QUESTS_BANDWIDTH = 0.015;

/**
 * Bandwidth for the QUESTS descriptor from the volume per atom, fitted by its authors so that thermal noise counts alike
 * at all densities: h(V) = 0.0119417 + 0.0897141 exp(−½ (V/10.896)²), V in Å³, h in 1/Å (QUESTS, `get_bandwidth`).
 */
export function volumeBandwidth(volumePerAtom: number): number {
  return 0.0119417 + 0.0897141 * Math.exp(-0.5 * (volumePerAtom / 10.896) ** 2);
}

/**
 * Volume per atom over periodic structures, Å³; undefined when no structure is periodic along all axes: the others have
 * no volume.
 */
export function meanAtomicVolume(configurations: Iterable<Configuration>): number | undefined {
  let atoms = 0;
  let total = 0;
  for (const configuration of configurations) {
    if (!configuration.periodic.every(Boolean)) continue;
    atoms += atomCount(configuration);
    total += volume(configuration.cell);
  }
  return atoms > 0 ? total / atoms : undefined;
}

/** Rows that the median is taken over. */
const MEDIAN_SAMPLE = 1000;

/**
 * Median rule: h = √(median ‖x_i − x_j‖²/2) over pairs i < j of at most 1000 evenly spaced rows (Garreau, Jitkrittum &
 * Kanagawa, arXiv:1707.07269). Where more than half of the pairs are equal, the median of the different ones; where all
 * rows are equal (or there is only one), 1: H is 0 then, whatever the bandwidth.
 */
export function medianBandwidth(matrix: DescriptorMatrix): number {
  const { values, rows, dimension } = matrix;
  const step = Math.max(1, Math.ceil(rows / MEDIAN_SAMPLE));
  const squares: number[] = [];
  for (let i = 0; i < rows; i += step) {
    for (let j = i + step; j < rows; j += step) {
      let square = 0;
      for (let k = 0; k < dimension; k++)
        square += (values[i * dimension + k] - values[j * dimension + k]) ** 2;
      squares.push(square);
    }
  }
  const median = medianOf(squares);
  const used = median > 0 ? median : medianOf(squares.filter((square) => square > 0));
  return used > 0 ? Math.sqrt(used / 2) : 1;
}

function medianOf(values: number[]): number {
  const sorted = Float64Array.from(values).sort();
  return sorted.length === 0 ? 0 : sorted[sorted.length >> 1];
}
