/** A potential made ready to run in LAMMPS: exported as a KIM model and built, until the session is disposed. */
import type { PotentialModelBase } from '../../../src-compute/potentials/potential.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import {
  findLammps,
  kimInteraction,
  lammpsDynamics,
  LammpsForceEngine,
  lammpsSinglePoints,
  requirePackage,
  type LammpsDynamicsOptions,
  type LammpsDynamicsResult,
  type LammpsDynamicsSettings,
  type LammpsInteraction,
  type LammpsProgram,
  type RunOptions,
  type SinglePoint,
  type SinglePointOptions,
} from '../../engines/lammps/index.ts';
import { temporaryFolder } from '../../engines/lammps/runner.ts';
import { scratchModel } from './model-folder.ts';

export interface LammpsSessionOptions extends Omit<RunOptions, 'onLine'> {
  /** Path of the executable; FORCEWRIGHT_LAMMPS or the PATH where absent. */
  readonly lammps?: string;
}

export class LammpsSession implements AsyncDisposable {
  readonly program: LammpsProgram;
  readonly #interaction: LammpsInteraction;
  readonly #folder: AsyncDisposable;
  readonly #options: LammpsSessionOptions;

  private constructor(
    program: LammpsProgram,
    interaction: LammpsInteraction,
    folder: AsyncDisposable,
    options: LammpsSessionOptions,
  ) {
    this.program = program;
    this.#interaction = interaction;
    this.#folder = folder;
    this.#options = options;
  }

  /**
   * @throws LammpsError when there is no LAMMPS with KIM; ExportError when the model cannot be built; PotentialError for
   *   potentials that cannot be exported; CancelledError
   */
  static async open(model: PotentialModelBase, options: LammpsSessionOptions = {}): Promise<LammpsSession> {
    const program = await findLammps(options.lammps);
    requirePackage(program, 'KIM');
    const folder = temporaryFolder();
    try {
      const built = await scratchModel(folder.path, model, options.signal);
      return new LammpsSession(program, kimInteraction(built, model.species), folder, options);
    } catch (error) {
      await folder[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** LAMMPS as a force engine for a structure. */
  engine(configuration: Configuration): Promise<LammpsForceEngine> {
    return LammpsForceEngine.start(this.program, this.#interaction, configuration, this.#options);
  }

  /** Energies, forces and virials of many structures. */
  singlePoints(
    configurations: readonly Configuration[],
    options: SinglePointOptions = {},
  ): Promise<SinglePoint[]> {
    return lammpsSinglePoints(this.program, this.#interaction, configurations, {
      ...this.#options,
      ...options,
    });
  }

  /** Molecular dynamics by LAMMPS itself. */
  dynamics(
    start: Configuration,
    settings: LammpsDynamicsSettings,
    options: LammpsDynamicsOptions = {},
  ): Promise<LammpsDynamicsResult> {
    return lammpsDynamics(this.program, this.#interaction, start, settings, { ...this.#options, ...options });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder[Symbol.asyncDispose]();
  }
}
