/**
 * Radial distribution function g_ab(r) by pairs of species, and the running coordination number.
 *
 *   g_ab(r) = V/(N_a N_b) · ⟨number of ordered pairs a–b with distance in the bin⟩ / (4π/3 (r₂³ − r₁³))
 *
 * Periodic images are all counted, an atom's own too: the matter that is compared with is the endless crystal or liquid
 * of density N_b/V, so that a cell and its supercells give the same curve and the cutoff may exceed half the cell.
 */
import { StructureError } from '../errors.ts';
import { volume } from '../structure/cell.ts';
import { atomCount, type Configuration } from '../structure/configuration.ts';
import { forEachPair } from './pair-iteration.ts';

export interface RadialDistributionSettings {
  /** Å */
  readonly cutoff: number;
  readonly bins: number;
}

export interface PairDistribution {
  /** Species a and b. */
  readonly pair: readonly [string, string];
  /** g at the bin centres. */
  readonly g: Float64Array;
  /** Mean number of b within the outer edge of each bin around an a. */
  readonly coordination: Float64Array;
}

export interface RadialDistributionResult {
  /** Bin centres, Å. */
  readonly distances: Float64Array;
  /** One entry per unordered pair of species, then the total over all atoms when there are several species. */
  readonly pairs: readonly PairDistribution[];
  readonly frames: number;
}

/** Accumulates frames one by one. */
export class RadialDistribution {
  readonly #settings: RadialDistributionSettings;
  #symbols: readonly string[] = [];
  #frames = 0;
  /** per ordered pair of species: Σ over frames of counts, and of V/(N_a N_b)·counts */
  #counts: Float64Array = new Float64Array(0);
  #weighted: Float64Array = new Float64Array(0);
  #atoms: Float64Array = new Float64Array(0);

  /** @throws StructureError unless cutoff and number of bins are positive */
  constructor(settings: RadialDistributionSettings) {
    if (!(settings.cutoff > 0) || !Number.isInteger(settings.bins) || settings.bins < 1) {
      throw new StructureError('A radial distribution needs a positive cutoff and a whole number of bins.');
    }
    this.#settings = settings;
  }

  /**
   * @throws StructureError for a cell that is not periodic in all directions, or other species than before
   */
  add(configuration: Configuration): void {
    if (!configuration.periodic.every(Boolean)) {
      throw new StructureError(
        'A radial distribution needs a cell that is periodic in all three directions.',
        {
          remedy: 'g(r) compares with the mean density, which a free cluster does not have.',
        },
      );
    }
    const { cutoff, bins } = this.#settings;
    const species = configuration.symbols.length;
    if (this.#frames === 0) {
      this.#symbols = configuration.symbols;
      this.#counts = new Float64Array(species * species * bins);
      this.#weighted = new Float64Array((species * species + 1) * bins);
      this.#atoms = new Float64Array(species);
    } else if (this.#symbols.join() !== configuration.symbols.join()) {
      throw new StructureError('The frames of one radial distribution should have the same species.');
    }
    const { kinds } = configuration;
    const n = atomCount(configuration);
    const numbers = new Float64Array(species);
    for (const kind of kinds) numbers[kind]++;
    const frame = new Float64Array(species * species * bins);
    const scale = bins / cutoff;
    forEachPair(configuration, cutoff, (i, j, r) => {
      const bin = Math.min(bins - 1, Math.floor(r * scale));
      frame[(kinds[i] * species + kinds[j]) * bins + bin]++;
      frame[(kinds[j] * species + kinds[i]) * bins + bin]++;
    });
    const v = volume(configuration.cell);
    for (let a = 0; a < species; a++) {
      this.#atoms[a] += numbers[a];
      for (let b = 0; b < species; b++) {
        const partners = numbers[a] * numbers[b];
        for (let k = 0; k < bins; k++) {
          const at = (a * species + b) * bins + k;
          this.#counts[at] += frame[at];
          if (partners > 0) this.#weighted[at] += (frame[at] * v) / partners;
          this.#weighted[species * species * bins + k] += (frame[at] * v) / (n * n);
        }
      }
    }
    this.#frames++;
  }

  /** @throws StructureError when no frame was added */
  get result(): RadialDistributionResult {
    if (this.#frames === 0) throw new StructureError('There is no frame to take the radial distribution of.');
    const { cutoff, bins } = this.#settings;
    const species = this.#symbols.length;
    const width = cutoff / bins;
    const shell = (k: number) => ((4 * Math.PI) / 3) * width ** 3 * ((k + 1) ** 3 - k ** 3);
    const distribution = (at: number) =>
      Float64Array.from({ length: bins }, (_, k) => this.#weighted[at * bins + k] / this.#frames / shell(k));
    const pairs: PairDistribution[] = [];
    for (let a = 0; a < species; a++) {
      for (let b = a; b < species; b++) {
        pairs.push({
          pair: [this.#symbols[a], this.#symbols[b]],
          g: distribution(a * species + b),
          coordination: this.#running([a * species + b], this.#atoms[a]),
        });
      }
    }
    if (species > 1) {
      const all = Array.from({ length: species * species }, (_, k) => k);
      const total = this.#atoms.reduce((x, y) => x + y, 0);
      pairs.push({
        pair: ['all', 'all'],
        g: distribution(species * species),
        coordination: this.#running(all, total),
      });
    }
    return {
      distances: Float64Array.from({ length: bins }, (_, k) => (k + 0.5) * width),
      pairs,
      frames: this.#frames,
    };
  }

  #running(rows: readonly number[], centres: number): Float64Array {
    const { bins } = this.#settings;
    const out = new Float64Array(bins);
    let sum = 0;
    for (let k = 0; k < bins; k++) {
      for (const row of rows) sum += this.#counts[row * bins + k];
      out[k] = centres > 0 ? sum / centres : 0;
    }
    return out;
  }
}
