/**
 * Force engine of the GPU backend. Positions go to the device as fixed-point numbers, forces, energies and virials of
 * the atoms come back as 32-bit floats and are summed in 64 bits here. When the device is lost, it is opened again and
 * the evaluation repeated: all that it needs is on the CPU.
 */
import { BackendError, StructureError } from '../../errors.ts';
import { emptyEvaluation } from '../../potentials/potential.ts';
import type { Evaluation, ForceEngine, PotentialModelBase } from '../../potentials/potential.ts';
import type { AtomsOfEngine } from '../atoms.ts';
import { speciesOfAtoms } from '../species.ts';
import { ReadBack } from './buffers.ts';
import { DeviceForces } from './device-forces.ts';
import { openGpu } from './device.ts';
import type { GpuContext, GpuProvider } from './device.ts';
import { PairLists } from './pair-lists.ts';
import { RESULT_STRIDE } from './shaders.ts';
import type { MemoryLimits } from './terms.ts';

/** How often a lost device is opened again within one evaluation. */
const ATTEMPTS = 3;

export class GpuForceEngine implements ForceEngine {
  readonly backend = 'webgpu';
  readonly threads = 1;
  readonly result: Evaluation;
  /** How often the device was lost and opened again. */
  deviceRecoveries = 0;

  private readonly model: PotentialModelBase;
  /** Where the device comes from. */
  readonly provider: GpuProvider;
  private readonly limits: MemoryLimits | undefined;
  private readonly lists: PairLists;
  private atoms: AtomsOfEngine;
  private species: Int32Array;
  private forces: DeviceForces;
  private readBack: ReadBack;
  /** Whether the lists on the device are the present ones. */
  private uploaded = false;
  private readonly cell = new Float64Array(9);
  private disposed = false;

  private constructor(
    model: PotentialModelBase,
    atoms: AtomsOfEngine,
    provider: GpuProvider,
    lists: PairLists,
    forces: DeviceForces,
    limits?: MemoryLimits,
  ) {
    this.model = model;
    this.limits = limits;
    this.atoms = atoms;
    this.provider = provider;
    this.lists = lists;
    this.forces = forces;
    this.species = speciesOfAtoms(model.species, atoms);
    this.result = emptyEvaluation(atoms.kinds.length);
    this.readBack = new ReadBack(forces.context.device);
  }

  /**
   * Binds a potential to atoms on the GPU.
   * @param skin Å
   * @param limits on memory; what the device has where absent
   * @throws NoGpuError without an adapter; BackendError for potentials that the GPU does not compute; PotentialError
   *   for species that the potential does not have
   */
  static async open(
    provider: GpuProvider,
    model: PotentialModelBase,
    atoms: AtomsOfEngine,
    skin: number,
    limits?: MemoryLimits,
  ): Promise<GpuForceEngine> {
    speciesOfAtoms(model.species, atoms);
    const context = await openGpu(provider);
    const lists = new PairLists(model.cutoff, skin, atoms.periodic);
    const forces = await DeviceForces.open(context, model, 1 / lists.fixedPoint.scale, limits);
    return new GpuForceEngine(model, atoms, provider, lists, forces, limits);
  }

  get context(): GpuContext {
    return this.forces.context;
  }

  get neighbourListBuilds(): number {
    return this.lists.builds;
  }

  /** Bytes of device memory for the present atoms. */
  get memoryBytes(): number {
    return this.forces.bytes;
  }

  forgetNeighbours(): void {
    this.lists.invalidate();
  }

  setKinds(kinds: Uint16Array): void {
    if (kinds.length !== this.species.length) {
      throw new StructureError(`${this.species.length} kinds were expected, and ${kinds.length} were given.`);
    }
    const atoms = { ...this.atoms, kinds: kinds.slice() };
    this.species = speciesOfAtoms(this.model.species, atoms);
    this.atoms = atoms;
    if (this.uploaded) this.forces.writeSpecies(this.lists, this.species);
  }

  async compute(positions: Float64Array, cell: Float64Array): Promise<void> {
    const n = this.species.length;
    if (positions.length !== 3 * n) {
      throw new StructureError(`${n} atoms need ${3 * n} coordinates, and ${positions.length} were given.`);
    }
    if (this.disposed) throw new BackendError('This force engine has been closed.');
    if (n === 0) return;
    for (let attempt = 1; ; attempt++) {
      try {
        await this.evaluate(positions, cell);
        return;
      } catch (error) {
        if (error instanceof StructureError) throw error;
        if (attempt >= ATTEMPTS || !(await this.context.isLost())) throw error;
        await this.recover();
      }
    }
  }

  dispose(): void {
    this.disposed = true;
    this.forces.destroy();
    this.readBack.destroy();
  }

  /** Opens a new device in place of a lost one. */
  private async recover(): Promise<void> {
    const context = await openGpu(this.provider);
    this.forces = await DeviceForces.open(context, this.model, 1 / this.lists.fixedPoint.scale, this.limits);
    this.readBack = new ReadBack(context.device);
    this.uploaded = false;
    this.deviceRecoveries++;
  }

  private async evaluate(positions: Float64Array, cell: Float64Array): Promise<void> {
    await this.upload(positions, cell);
    const { forces } = this;
    const { device } = this.context;
    const { result, overlaps } = forces;
    if (!result || !overlaps) throw new BackendError('The GPU has no buffers.');
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    forces.record(pass);
    pass.end();
    const words = RESULT_STRIDE * this.lists.atomCount;
    const read = this.readBack.record(encoder, [
      { buffer: overlaps, words: 1 },
      { buffer: result, words },
    ]);
    device.queue.submit([encoder.finish()]);
    const bytes = await read();
    const overlap = new Uint32Array(bytes, 0, 1)[0];
    if (overlap > 0) {
      forces.clearOverlaps();
      throw overlapError(this.lists, overlap - 1, positions);
    }
    collectResult(
      new Float32Array(bytes, 4, words),
      this.lists,
      this.species,
      forces.atomicEnergies(),
      this.result,
    );
  }

  private async upload(positions: Float64Array, cell: Float64Array): Promise<void> {
    const { lists, forces } = this;
    const rebuilt = lists.update(positions, cell);
    if (rebuilt) this.uploaded = false;
    if (!this.uploaded) {
      await forces.takeLists(lists, this.species);
      forces.clearOverlaps();
    }
    if (!this.uploaded || cell.some((value, k) => value !== this.cell[k])) {
      lists.refreshEntries(cell);
      forces.writeEntries(lists.entries);
      this.cell.set(cell);
    }
    this.uploaded = true;
    forces.writePositions(lists.fixedPositions(positions, cell));
  }
}

/** The error that names two atoms on top of each other. */
export function overlapError(lists: PairLists, pair: number, positions: Float64Array): StructureError {
  const atom = lists.userIndex[lists.pairAtom[pair]];
  const other = lists.userIndex[lists.entryAtom[lists.pairEntry[pair]]];
  const whom = other === atom ? 'its own periodic image' : `atom ${other + 1}`;
  const where = Array.from(positions.subarray(3 * atom, 3 * atom + 3), (x) => x.toFixed(3)).join(', ');
  return new StructureError(
    `Atom ${atom + 1} at (${where}) Å and ${whom} are less than 0.001 Å apart: they overlap.`,
    {
      remedy:
        'Remove one of them, or check the cell and its units (Å); in a simulation use a smaller time step.',
    },
  );
}

/**
 * Sums what came back from the device in 64 bits.
 * @param atomicEnergies e_z by species, eV
 * @throws StructureError when a number is not finite
 */
export function collectResult(
  values: Float32Array,
  lists: PairLists,
  species: Int32Array,
  atomicEnergies: Float64Array,
  result: Evaluation,
): void {
  const { forces, atomEnergies, virial } = result;
  const sums = new Float64Array(6);
  let energy = 0;
  for (let l = 0; l < lists.atomCount; l++) {
    const atom = lists.userIndex[l];
    const at = RESULT_STRIDE * l;
    for (let axis = 0; axis < 3; axis++) forces[3 * atom + axis] = values[at + axis];
    atomEnergies[atom] = values[at + 3] + atomicEnergies[species[atom]];
    for (let k = 0; k < 6; k++) sums[k] += values[at + 4 + k];
  }
  for (let atom = 0; atom < atomEnergies.length; atom++) energy += atomEnergies[atom];
  result.energy = energy;
  // W_ab = −Σ r_a ∂E/∂r_b
  const [xx, yy, zz, yz, xz, xy] = sums;
  virial.set([-xx, -xy, -xz, -xy, -yy, -yz, -xz, -yz, -zz]);
  if (!Number.isFinite(energy) || !virial.every(Number.isFinite) || !forces.every(Number.isFinite)) {
    throw new StructureError(
      'The energy or a force is not finite: the potential overflows for this structure.',
      {
        remedy: 'Check for atoms that are much too close, and the coefficients of the potential.',
      },
    );
  }
}
