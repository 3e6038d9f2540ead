/**
 * The potential of entropy-guided sampling, V = V_core + Σ terms(descriptors), as a ForceEngine: MD, hybrid Monte Carlo
 * and relaxation take it like any potential. Forces are exact derivatives through the descriptor.
 */
import { StructureError } from '../../../errors.ts';
import type { BackendName, Evaluation, ForceEngine } from '../../../potentials/potential.ts';
import { emptyEvaluation } from '../../../potentials/potential.ts';
import { atomCount, type Configuration } from '../../../structure/configuration.ts';
import type { Descriptor } from '../../descriptors/descriptor.ts';
import { standardise, type Standardisation } from '../../descriptors/standardise.ts';
import { addCoreRepulsion, CORE_DEFAULTS, type CoreSettings } from './core-repulsion.ts';
import type { FieldTerm } from './terms.ts';

export interface FieldOptions {
  readonly descriptor: Descriptor;
  readonly terms: readonly FieldTerm[];
  /** Where descriptors are standardised before the terms see them. */
  readonly standardisation?: Standardisation;
  readonly core?: CoreSettings;
}

export class DescriptorField implements ForceEngine {
  readonly backend: BackendName = 'reference';
  readonly threads = 1;
  readonly result: Evaluation;
  neighbourListBuilds = 0;
  private configuration: Configuration;
  private readonly options: FieldOptions;

  /**
   * @param configuration kinds and periodicity of the atoms; positions and cell come with every call
   * @throws StructureError when the descriptor has no derivative
   */
  constructor(configuration: Configuration, options: FieldOptions) {
    if (!options.descriptor.pullback) {
      throw new StructureError(
        `The descriptor ${options.descriptor.name} has no derivative, so it gives no forces.`,
        {
          remedy: 'Use quests or mtp.',
        },
      );
    }
    this.configuration = configuration;
    this.options = options;
    this.result = emptyEvaluation(atomCount(configuration));
  }

  compute(positions: Float64Array, cell: Float64Array): void {
    const { descriptor, terms, standardisation, core } = this.options;
    const { result } = this;
    const configuration = { ...this.configuration, positions, cell };
    result.energy = 0;
    result.atomEnergies.fill(0);
    result.forces.fill(0);
    result.virial.fill(0);
    addCoreRepulsion(configuration, core ?? CORE_DEFAULTS, result);
    const raw = descriptor.compute(configuration);
    this.neighbourListBuilds++;
    const points = standardisation ? standardise(raw, standardisation) : raw;
    const gradient = new Float64Array(points.values.length);
    let energy = 0;
    for (const term of terms) energy += term.evaluate(points, gradient);
    result.energy += energy;
    // the terms belong to all atoms together: shared out evenly
    for (let i = 0; i < points.rows; i++) result.atomEnergies[i] += energy / points.rows;
    if (standardisation) {
      const { scale } = standardisation;
      for (let k = 0; k < gradient.length; k++) gradient[k] /= scale[k % points.dimension];
    }
    const pulled = descriptor.pullback!(configuration, gradient);
    for (let k = 0; k < result.forces.length; k++) result.forces[k] -= pulled.gradient[k];
    for (let k = 0; k < 9; k++) result.virial[k] -= pulled.strainGradient[k];
  }

  /** Every call builds its neighbour list afresh. */
  forgetNeighbours(): void {
    // nothing is kept
  }

  setKinds(kinds: Uint16Array): void {
    this.configuration = { ...this.configuration, kinds: kinds.slice() };
  }

  dispose(): void {
    // nothing is held
  }
}
