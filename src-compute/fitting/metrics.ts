/** Errors of predictions against labels, as tables and the command line print them. */
import type { Metrics } from '../potentials/document.ts';

/** Adds up errors configuration by configuration. Missing labels (undefined, NaN) are left out. */
export class MetricsSum {
  private configurations = 0;
  private atoms = 0;
  private readonly energy = new ErrorSum();
  private readonly force = new ErrorSum();
  private readonly virial = new ErrorSum();

  /**
   * @param atoms number of atoms N
   * @param energies predicted and reference, eV
   * @param forces predicted and reference, eV/Å; 3N each
   * @param virials predicted and reference, eV; 9 each
   */
  add(
    atoms: number,
    energies: readonly [number, number | undefined],
    forces: readonly [ArrayLike<number>, ArrayLike<number> | undefined],
    virials: readonly [ArrayLike<number>, ArrayLike<number> | undefined],
  ): void {
    this.configurations++;
    this.atoms += atoms;
    if (energies[1] !== undefined) this.energy.add((energies[0] - energies[1]) / atoms);
    if (forces[1]) for (let k = 0; k < 3 * atoms; k++) this.force.add(forces[0][k] - forces[1][k]);
    if (virials[1]) for (let k = 0; k < 9; k++) this.virial.add((virials[0][k] - virials[1][k]) / atoms);
  }

  /** meV/atom for energies and virials (by component), eV/Å for force components; null without labels. */
  result(): Metrics {
    return {
      configurations: this.configurations,
      atoms: this.atoms,
      energy_mae_mev_per_atom: this.energy.mean(1000),
      energy_rmse_mev_per_atom: this.energy.rootMeanSquare(1000),
      force_mae_ev_per_a: this.force.mean(1),
      force_rmse_ev_per_a: this.force.rootMeanSquare(1),
      virial_mae_mev_per_atom: this.virial.mean(1000),
      virial_rmse_mev_per_atom: this.virial.rootMeanSquare(1000),
    };
  }
}

class ErrorSum {
  private count = 0;
  private absolute = 0;
  private square = 0;

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
