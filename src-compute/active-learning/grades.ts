/**
 * Extrapolation grades of a fitted potential: the rows ∂E_i/∂θ of the atoms of its training set, or their sums over
 * configurations, give an active set (max-vol.ts), and other structures are measured against it.
 */
import { FitError } from '../errors.ts';
import { parameterRowsOf } from '../fitting/uncertainty/row-sources.ts';
import { packChunk } from '../fitting/training-set.ts';
import type { PotentialModel } from '../potentials/registry.ts';
import { atomCount, type Configuration } from '../structure/configuration.ts';
import { gradeOf, maxVol, type ActiveSet, type MaxVolOptions } from './max-vol.ts';

/** Whose rows are compared: neighbourhoods of atoms, or whole configurations. */
export const GRADE_MODES = ['neighbourhood', 'configuration'] as const;
export type GradeMode = (typeof GRADE_MODES)[number];

/** Numbers of all rows at once: 2 GB. */
const MOST_NUMBERS = 250_000_000;

/** Where a member of the active set comes from. */
export interface Member {
  readonly configuration: number;
  /** −1 where the rows are those of configurations. */
  readonly atom: number;
}

export class ExtrapolationGrades {
  readonly mode: GradeMode;
  readonly active: ActiveSet;
  /** Without the places that no row holds. */
  readonly members: readonly Member[];
  /** Largest grade within the training set: at most 1 + the tolerance. */
  readonly trainingGrade: number;
  private readonly model: PotentialModel;
  private readonly source: ReturnType<typeof parameterRowsOf>;

  /**
   * @param training what the potential was fitted to
   * @throws PotentialError for potentials without rows; FitError when there is nothing, or more than memory holds
   */
  constructor(
    model: PotentialModel,
    training: readonly Configuration[],
    mode: GradeMode = 'neighbourhood',
    options: MaxVolOptions = {},
  ) {
    this.model = model;
    this.mode = mode;
    this.source = parameterRowsOf(model);
    const { columns } = this.source;
    const places: Member[] = training.flatMap((configuration, k) =>
      mode === 'configuration'
        ? [{ configuration: k, atom: -1 }]
        : Array.from({ length: atomCount(configuration) }, (_, atom) => ({ configuration: k, atom })),
    );
    if (places.length === 0)
      throw new FitError('There are no training structures.', {
        remedy: 'Give those of the fit with --train.',
      });
    if (places.length * columns > MOST_NUMBERS)
      throw new FitError(
        `${places.length} rows of ${columns} parameters do not fit into memory: ${MOST_NUMBERS} numbers are possible.`,
        { remedy: 'Choose grades of configurations (--mode configuration), or fewer structures.' },
      );
    const rows = new Float64Array(places.length * columns);
    let at = 0;
    for (const configuration of training) {
      options.signal?.throwIfAborted();
      const own = this.rowsOf(configuration);
      rows.set(own, at);
      at += own.length;
    }
    if (!rows.every(Number.isFinite))
      throw new FitError('The derivatives of this potential are not finite on the training structures.', {
        remedy: 'Check them for atoms that lie on top of each other: forcewright datasets check.',
      });
    this.active = maxVol(rows, columns, options);
    this.members = Array.from(this.active.members)
      .filter((row) => row >= 0)
      .map((row) => places[row]);
    let largest = 0;
    for (let row = 0; row < places.length; row++)
      largest = Math.max(largest, gradeOf(this.active, rows, row * columns));
    this.trainingGrade = largest;
  }

  /** γ of every atom, or one of the whole configuration. */
  of(configuration: Configuration): Float64Array {
    const rows = this.rowsOf(configuration);
    const { columns } = this.source;
    return Float64Array.from({ length: rows.length / columns }, (_, i) =>
      gradeOf(this.active, rows, i * columns),
    );
  }

  private rowsOf(configuration: Configuration): Float64Array {
    const chunk = packChunk([configuration], this.model.species, () => 0);
    const rows = this.source.atomRowsOf(chunk, 0);
    if (this.mode === 'neighbourhood') return rows;
    const { columns } = this.source;
    const sum = new Float64Array(columns);
    for (let k = 0; k < rows.length; k++) sum[k % columns] += rows[k];
    return sum;
  }
}
