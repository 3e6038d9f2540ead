/**
 * Kernel widths by rule. The entropy of a set means something only together with its bandwidth, which is therefore
 * shown beside it and must be the same in everything that is compared.
 */
import { volume } from '../../structure/cell.ts';
import { atomCount, type Configuration } from '../../structure/configuration.ts';
import { Random } from '../../sampling/random.ts';
import type { Descriptor, DescriptorMatrix } from '../descriptors/descriptor.ts';

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

/** Atoms that are displaced to see what a descriptor makes of it. */
const DISPLACED_ATOMS = 2000;

/** A displacement of every coordinate that makes no difference to physics, Å: QUESTS' 0.015 1/Å stands for it in silicon. */
export const DISPLACEMENT = 0.02;

/**
 * What random displacements of 0.02 Å (standard deviation of every coordinate) do to the descriptors of some structures.
 * @param configurations of which evenly spaced ones are taken, some 2000 atoms of them
 * @returns root mean square change of every column
 */
export function displacementNoise(
  descriptor: Descriptor,
  configurations: readonly Configuration[],
): Float64Array {
  const noise = new Float64Array(descriptor.dimension);
  const atoms = configurations.reduce((sum, configuration) => sum + atomCount(configuration), 0);
  const step = Math.max(1, Math.ceil(atoms / DISPLACED_ATOMS));
  const random = new Random(0);
  let rows = 0;
  for (let k = 0; k < configurations.length; k += step) {
    const configuration = configurations[k];
    const displaced = configuration.positions.map((x) => x + DISPLACEMENT * random.normal());
    const before = descriptor.compute(configuration).values;
    const after = descriptor.compute({ ...configuration, positions: displaced }).values;
    for (let e = 0; e < before.length; e++) noise[e % noise.length] += (after[e] - before[e]) ** 2;
    rows += atomCount(configuration);
  }
  return noise.map((sum) => Math.sqrt(sum / Math.max(1, rows)));
}

/** Kernel sums that cover an environment are those of this fraction of the set itself. */
const COVERED = 0.95;
/** Numbers that the search holds, and products that it forms, at most. */
const MOST_DISTANCES = 4e6;
const MOST_PRODUCTS = 1e9;

/**
 * Coverage rule: the smallest bandwidth, not below `least` and not above `most`, at which 95 % of a set's environments
 * are covered by the others, Σ_{j≠i} K(x_i, x_j) ≥ 1, that is δH ≤ 0. What is new against the set is then what is less
 * like it than nearly all of it is like itself. Evenly spaced environments are tried against all others.
 */
export function coverageBandwidth(matrix: DescriptorMatrix, least: number, most: number): number {
  const { values, rows, dimension } = matrix;
  const tried = Math.max(20, Math.min(500, MOST_DISTANCES / rows, MOST_PRODUCTS / rows / dimension));
  const step = Math.max(1, Math.floor(rows / tried));
  const squares = new Float64Array(rows);
  const needed: number[] = [];
  for (let i = 0; i < rows; i += step) {
    for (let j = 0; j < rows; j++) {
      let square = 0;
      for (let k = 0; k < dimension; k++) {
        square += (values[i * dimension + k] - values[j * dimension + k]) ** 2;
      }
      squares[j] = square;
    }
    squares[i] = Infinity;
    needed.push(widthThatCovers(squares, least, most));
  }
  needed.sort((a, b) => a - b);
  return needed[Math.min(needed.length - 1, Math.floor(COVERED * needed.length))];
}

/** The smallest h in the interval with Σ exp(−d²/2h²) ≥ 1, to 1 %; its upper end where there is none. */
function widthThatCovers(squares: Float64Array, least: number, most: number): number {
  const covers = (h: number) => {
    const factor = -0.5 / (h * h);
    let sum = 0;
    for (let j = 0; j < squares.length && sum < 1; j++) sum += Math.exp(factor * squares[j]);
    return sum >= 1;
  };
  if (covers(least)) return least;
  if (!covers(most)) return most;
  let [low, high] = [least, most];
  while (high / low > 1.01) {
    const middle = Math.sqrt(low * high);
    if (covers(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** Rows that the median is taken over. */
const MEDIAN_SAMPLE = 1000;

/**
 * Median rule: h = √(median ‖x_i − x_j‖²/2) over pairs i < j of at most 1000 evenly spaced rows (Garreau, Jitkrittum &
 * Kanagawa, arXiv:1707.07269). Where more than half of the pairs are equal, the median of the different ones; where all
 * rows are equal (or there is only one), 1: H is 0 then, whatever the bandwidth.
 * @param least distances below it are none: rows that differ by round-off are equal
 */
export function medianBandwidth(matrix: DescriptorMatrix, least = 0): number {
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
  const same = least * least;
  const used = median > same ? median : medianOf(squares.filter((square) => square > same));
  return used > 0 ? Math.sqrt(used / 2) : 1;
}

function medianOf(values: number[]): number {
  const sorted = Float64Array.from(values).sort();
  return sorted.length === 0 ? 0 : sorted[sorted.length >> 1];
}
