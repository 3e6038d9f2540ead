/** Predicted errors of a stored potential, and how often they hold the errors that are made. */
import type { ErrorModel, PotentialUncertainty } from '../../potentials/uncertainty.ts';
import type { PotentialModel } from '../../potentials/registry.ts';
import type { Configuration } from '../../structure/configuration.ts';
import { packChunk, type TrainingChunk } from '../training-set.ts';
import { deviationOf, leastShare, ONE_SIGMA, TWO_SIGMA } from './error-model.ts';
import { sampledAtoms } from '../row-sample.ts';
import { labelsOf, spreadOf, type RowSource } from './held-out.ts';
import { rowSourceOf } from './row-sources.ts';

/** σ of the labels of one configuration; NaN where the potential has no error model. */
export interface PredictedErrors {
  /** eV */
  readonly energy: number;
  /** eV/Å, 3N; NaN for atoms that were not asked for. */
  readonly forces: Float64Array;
  /** eV, in the order xx yy zz yz xz xy. */
  readonly virial: Float64Array;
}

/** Predicts errors by the posterior and the error models of a potential. */
export class ErrorPredictor {
  readonly uncertainty: PotentialUncertainty;
  private readonly species: readonly string[];
  private readonly rows: RowSource;

  /** @throws PotentialError when the uncertainty does not belong to the model */
  constructor(model: PotentialModel, uncertainty: PotentialUncertainty) {
    this.uncertainty = uncertainty;
    this.species = model.species;
    this.rows = rowSourceOf(model, uncertainty);
  }

  /** @param atoms whose forces are wanted; all when absent; n² multiplications for each */
  of(configuration: Configuration, atoms?: readonly number[]): PredictedErrors {
    return this.ofChunk(
      packChunk([configuration], this.species, () => 0),
      0,
      atoms,
    );
  }

  ofChunk(chunk: TrainingChunk, k: number, atoms?: readonly number[]): PredictedErrors {
    const { energy, force, virial, root, columns, subset } = this.uncertainty;
    const count = chunk.atomStart[k + 1] - chunk.atomStart[k];
    const values = this.rows.rowsOf(chunk, k);
    const sigma = (model: ErrorModel | undefined, row: number): number =>
      model === undefined
        ? NaN
        : deviationOf(
            model,
            model.scale > 0 ? spreadOf(root, values.subarray(row * columns, (row + 1) * columns), subset) : 0,
            count,
          );
    const forces = new Float64Array(3 * count).fill(NaN);
    for (const atom of atoms ?? Array.from({ length: count }, (_, i) => i)) {
      for (let axis = 0; axis < 3; axis++) forces[3 * atom + axis] = sigma(force, 7 + 3 * atom + axis);
    }
    return {
      energy: sigma(energy, 0),
      forces,
      virial: Float64Array.from({ length: 6 }, (_, c) => sigma(virial, 1 + c)),
    };
  }
}

/** How often σ and 2σ hold the errors: 0.683 and 0.954 when they are what they say. */
export interface Coverage {
  readonly configurations: number;
  readonly energy_sigma_mev_per_atom: number | null;
  readonly energy_within_1_sigma: number | null;
  readonly energy_within_2_sigma: number | null;
  /** RMS of error/σ. */
  readonly energy_z_rms: number | null;
  readonly force_sigma_ev_per_a: number | null;
  readonly force_within_1_sigma: number | null;
  readonly force_within_2_sigma: number | null;
  readonly force_z_rms: number | null;
  readonly virial_sigma_mev_per_atom: number | null;
  readonly virial_within_1_sigma: number | null;
  readonly virial_within_2_sigma: number | null;
  readonly virial_z_rms: number | null;
  /** Correlation of σ of force components with the size of their errors. */
  readonly force_correlation: number | null;
  /** Sentences on kinds of labels that σ does not hold as often as it should. */
  readonly warnings: readonly string[];
}

interface Entry {
  readonly sigma: number;
  readonly error: number;
  readonly atoms: number;
}

/** Atoms of a configuration whose forces are looked at. */
const ATOMS = 6;

/** Collects errors and their predictions configuration by configuration. */
export class CoverageSum {
  private configurations = 0;
  private readonly entries: Record<'energy' | 'force' | 'virial', Entry[]> = {
    energy: [],
    force: [],
    virial: [],
  };

  /**
   * @param sigma of the atoms of `sampledAtoms`, or of all
   * @param energy predicted, eV; @param forces predicted, 3N; @param virial predicted, nine components
   */
  add(
    chunk: TrainingChunk,
    k: number,
    sigma: PredictedErrors,
    energy: number,
    forces: ArrayLike<number>,
    virial: ArrayLike<number>,
  ): void {
    this.configurations++;
    const atoms = chunk.atomStart[k + 1] - chunk.atomStart[k];
    const labels = labelsOf(chunk, k, sampledAtoms(atoms, ATOMS));
    const push = (kind: 'energy' | 'force' | 'virial', s: number, error: number): void => {
      if (s > 0 && !Number.isNaN(error)) this.entries[kind].push({ sigma: s, error, atoms });
    };
    for (const { label } of labels.energy) push('energy', sigma.energy, label - energy);
    for (const { row, label } of labels.force) push('force', sigma.forces[row - 7], label - forces[row - 7]);
    for (const { row, label } of labels.virial)
      push('virial', sigma.virial[row - 1], label - virial[COMPONENTS[row - 1]]);
  }

  result(): Coverage {
    const { energy, force, virial } = this.entries;
    const share = (entries: readonly Entry[], factor: number) =>
      entries.length === 0
        ? null
        : entries.filter(({ sigma, error }) => Math.abs(error) <= factor * sigma).length / entries.length;
    const mean = (entries: readonly Entry[], of: (entry: Entry) => number) =>
      entries.length === 0 ? null : entries.reduce((sum, entry) => sum + of(entry), 0) / entries.length;
    const zRms = (entries: readonly Entry[]) => {
      const square = mean(entries, ({ sigma, error }) => (error / sigma) ** 2);
      return square === null ? null : Math.sqrt(square);
    };
    return {
      configurations: this.configurations,
      energy_sigma_mev_per_atom: mean(energy, ({ sigma, atoms }) => (1000 * sigma) / atoms),
      energy_within_1_sigma: share(energy, 1),
      energy_within_2_sigma: share(energy, 2),
      energy_z_rms: zRms(energy),
      force_sigma_ev_per_a: mean(force, ({ sigma }) => sigma),
      force_within_1_sigma: share(force, 1),
      force_within_2_sigma: share(force, 2),
      force_z_rms: zRms(force),
      virial_sigma_mev_per_atom: mean(virial, ({ sigma, atoms }) => (1000 * sigma) / atoms),
      virial_within_1_sigma: share(virial, 1),
      virial_within_2_sigma: share(virial, 2),
      virial_z_rms: zRms(virial),
      force_correlation: correlation(
        force.map(({ sigma }) => sigma),
        force.map(({ error }) => Math.abs(error)),
      ),
      warnings: this.warnings(share),
    };
  }

  private warnings(share: (entries: readonly Entry[], factor: number) => number | null): string[] {
    return (['energy', 'force', 'virial'] as const).flatMap((kind) => {
      const entries = this.entries[kind];
      const [one, two] = [share(entries, 1), share(entries, 2)];
      // errors of one configuration go together: each counts once
      const count = kind === 'energy' ? entries.length : this.configurations;
      if (one === null || two === null) return [];
      if (one >= leastShare(ONE_SIGMA, count) && two >= leastShare(TWO_SIGMA, count)) return [];
      const what = { energy: 'energies', force: 'forces', virial: 'virials' }[kind];
      return [
        `The predicted errors of ${what} are too small here: ${percent(one)} of the errors lie within 1σ and ${percent(two)} within 2σ (68 % and 95 % would be right). These structures differ from those of the fit, or are fewer than it needs.`,
      ];
    });
  }
}

const COMPONENTS = [0, 4, 8, 5, 2, 1];
const percent = (share: number) => `${(100 * share).toFixed(0)} %`;

function correlation(a: readonly number[], b: readonly number[]): number | null {
  if (a.length < 2) return null;
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  a.forEach((x, k) => {
    ab += (x - meanA) * (b[k] - meanB);
    aa += (x - meanA) ** 2;
    bb += (b[k] - meanB) ** 2;
  });
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : null;
}
