/** ResidentNve as a force engine: single evaluations, and stretches of molecular dynamics without the CPU. */
import { StructureError } from '../../errors.ts';
import type { Evaluation, PotentialModelBase } from '../../potentials/potential.ts';
import type { SteppingEngine } from '../../potentials/stepping-engine.ts';
import type { AtomsOfEngine } from '../atoms.ts';
import { openGpu } from './device.ts';
import type { GpuContext, GpuProvider } from './device.ts';
import { ResidentNve } from './resident-nve.ts';

/** What the run is of. */
export interface ResidentSystem {
  /** 3N, Å */
  readonly positions: Float64Array;
  /** N, amu */
  readonly masses: Float64Array;
  /** 9, Å; stays */
  readonly cell: Float64Array;
}

export class ResidentEngine implements SteppingEngine {
  readonly backend = 'webgpu';
  readonly threads = 1;
  readonly timestep: number;
  readonly context: GpuContext;
  readonly #run: ResidentNve;
  readonly #cell: Float64Array;
  readonly #rest: Float64Array;

  private constructor(context: GpuContext, run: ResidentNve, cell: Float64Array, timestep: number) {
    this.context = context;
    this.timestep = timestep;
    this.#run = run;
    this.#cell = cell.slice();
    this.#rest = new Float64Array(run.positions.length);
  }

  /** @throws NoGpuError without an adapter; BackendError, PotentialError as GpuForceEngine.open does */
  static async open(
    provider: GpuProvider,
    model: PotentialModelBase,
    atoms: AtomsOfEngine,
    system: ResidentSystem,
    options: { readonly timestep: number; readonly skin?: number },
  ): Promise<ResidentEngine> {
    const context = await openGpu(provider);
    const velocities = new Float64Array(system.positions.length);
    const run = new ResidentNve(provider, model, atoms, { ...system, velocities }, options);
    return new ResidentEngine(context, run, system.cell, options.timestep);
  }

  get result(): Evaluation {
    return this.#run.result;
  }

  get neighbourListBuilds(): number {
    return this.#run.neighbourListBuilds;
  }

  async compute(positions: Float64Array, cell: Float64Array): Promise<void> {
    if (cell.some((value, k) => value !== this.#cell[k]))
      throw new StructureError('The cell of a run that stays on the GPU cannot change.');
    this.#run.restart(positions, this.#rest, 0);
    await this.#run.run(0);
  }

  async advance(
    state: { readonly positions: Float64Array; readonly velocities: Float64Array },
    steps: number,
    first: number,
  ): Promise<void> {
    const run = this.#run;
    if (!same(state.positions, run.positions) || !same(state.velocities, run.velocities))
      run.restart(state.positions, state.velocities, first);
    await run.run(steps);
    state.positions.set(run.positions);
    state.velocities.set(run.velocities);
  }

  forgetNeighbours(): void {
    this.#run.restart(this.#run.positions, this.#run.velocities, this.#run.step);
  }

  setKinds(): void {
    throw new StructureError('The kinds of the atoms of a run that stays on the GPU cannot change.');
  }

  dispose(): void {
    this.#run.dispose();
  }
}

function same(a: Float64Array, b: Float64Array): boolean {
  for (let k = 0; k < a.length; k++) if (a[k] !== b[k]) return false;
  return true;
}
