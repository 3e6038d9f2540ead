/** Errors of predictions against labels, as tables and the command line print them. */
import type { Metrics } from '../potentials/provenance.ts';
import { OUTPUTS, type PropertyKey } from '../structure/properties.ts';

/** Numbers by property: a plain one for the energy, arrays for the others; undefined or NaN where there is none. */
export type Quantities = Readonly<Partial<Record<PropertyKey, number | ArrayLike<number>>>>;

/**
 * Adds up errors configuration by configuration: of every property with the role of an output that prediction and
 * reference both have, in the scale of its row. Missing labels (undefined, NaN) are left out.
 */
export class MetricsSum {
  private configurations = 0;
  private atoms = 0;
  private readonly sums = OUTPUTS.map((row) => ({ row, sum: new ErrorSum() }));

  /**
   * @param atoms number of atoms N
   * @param predicted in the units of the table of properties
   * @param reference the same
   */
  add(atoms: number, predicted: Quantities, reference: Quantities): void {
    this.configurations++;
    this.atoms += atoms;
    for (const { row, sum } of this.sums) {
      const [made, wanted] = [predicted[row.key], reference[row.key]];
      if (made === undefined || wanted === undefined) continue;
      const divisor = row.errors.perAtom ? atoms : 1;
      if (typeof made === 'number' || typeof wanted === 'number') {
        if (typeof made === 'number' && typeof wanted === 'number') sum.add((made - wanted) / divisor);
      } else if (made.length === wanted.length) {
        for (let k = 0; k < made.length; k++) sum.add((made[k] - wanted[k]) / divisor);
      }
    }
  }

  /**
   * Mean absolute and root mean square errors by component under the names of the rows: meV/atom for energies and
   * virials, eV/Å for forces; null without labels. Rows that are no labels of a fit come only where both sides have them.
   */
  result(): Metrics {
    const errors: Record<string, number | null> = {};
    for (const { row, sum } of this.sums) {
      if (!row.essential && sum.isEmpty) continue;
      errors[row.errors.mae] = sum.mean(row.errors.factor);
      errors[row.errors.rmse] = sum.rootMeanSquare(row.errors.factor);
    }
    return { ...NO_ERRORS, configurations: this.configurations, atoms: this.atoms, ...errors };
  }
}

/** The errors that every result names, in their order. */
const NO_ERRORS: Metrics = {
  configurations: 0,
  atoms: 0,
  energy_mae_mev_per_atom: null,
  energy_rmse_mev_per_atom: null,
  force_mae_ev_per_a: null,
  force_rmse_ev_per_a: null,
  virial_mae_mev_per_atom: null,
  virial_rmse_mev_per_atom: null,
};

class ErrorSum {
  private count = 0;
  private absolute = 0;
  private square = 0;

  get isEmpty(): boolean {
    return this.count === 0;
  }

  add(error: number): void {
    if (Number.isNaN(error)) return;
    this.count++;
    this.absolute += Math.abs(error);
    this.square += error * error;
  }

  mean(factor: number): number | null {
    return this.count === 0 ? null : (factor * this.absolute) / this.count;
  }

  rootMeanSquare(factor: number): number | null {
    return this.count === 0 ? null : factor * Math.sqrt(this.square / this.count);
  }
}
