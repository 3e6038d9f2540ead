/** Predicted errors of structures as columns of a file, and their coverage where the structures have labels. */
import { PotentialError } from '../../../src-compute/errors.ts';
import { sampledAtoms } from '../../../src-compute/fitting/row-sample.ts';
import {
  CoverageSum,
  ErrorPredictor,
  type Coverage,
} from '../../../src-compute/fitting/uncertainty/predicted.ts';
import { packChunk } from '../../../src-compute/fitting/training-set.ts';
import type { PotentialDocument } from '../../../src-compute/potentials/document.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';

export class ErrorColumns {
  private readonly predictor: ErrorPredictor;
  private readonly species: readonly string[];
  private readonly sum = new CoverageSum();
  private readonly everyAtom: boolean;

  /**
   * @param everyAtom whether the errors of all forces are wanted, or of as many as a coverage needs
   * @throws PotentialError when the potential does not know its errors
   */
  constructor({ model, uncertainty }: Pick<PotentialDocument, 'model' | 'uncertainty'>, everyAtom: boolean) {
    if (uncertainty === undefined) {
      throw new PotentialError('This potential does not keep what would predict its errors.', {
        remedy: 'Fit it again (without --no-uncertainty), or leave --uncertainty out.',
      });
    }
    this.predictor = new ErrorPredictor(model, uncertainty);
    this.species = model.species;
    this.everyAtom = everyAtom;
  }

  /** The structure with `energy_sigma` (eV) and `forces_sigma` (eV/Å) beside what it has, as far as these are known. */
  add(
    configuration: Configuration,
    predicted: { energy: number; forces: Float64Array; virial: Float64Array },
  ): Configuration {
    const chunk = packChunk([configuration], this.species, () => 0);
    const count = configuration.kinds.length;
    const sigma = this.predictor.ofChunk(chunk, 0, this.everyAtom ? undefined : sampledAtoms(count, 6));
    this.sum.add(chunk, 0, sigma, predicted.energy, predicted.forces, predicted.virial);
    const forces = { name: 'forces_sigma', columns: 3, kind: 'R' as const, values: sigma.forces };
    return {
      ...configuration,
      info: {
        ...configuration.info,
        ...(Number.isNaN(sigma.energy) ? {} : { energy_sigma: sigma.energy }),
      },
      atomColumns: [
        ...(configuration.atomColumns ?? []).filter(({ name }) => name !== forces.name),
        ...(sigma.forces.every(Number.isNaN) ? [] : [forces]),
      ],
    };
  }

  get coverage(): Coverage {
    return this.sum.result();
  }
}
