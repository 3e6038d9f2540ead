/** Forms that are written as programs (src-compute/programs) on the GPU. */
import type { PotentialModelBase } from '../../potentials/potential.ts';
import type { ManyBodyProgram } from '../../programs/many-body.ts';
import { programShader, programWords, scratchNumbers } from '../../programs/wgsl/print.ts';
import { bind, compile, foldGroups, record } from './buffers.ts';
import type { BoundKernel, BufferSet } from './buffers.ts';
import type { GpuContext } from './device.ts';
import { gatherShader, WORKGROUP } from './shaders.ts';
import type { GpuTerm, SharedBuffers } from './term.ts';

export class ProgramTerm implements GpuTerm {
  readonly model: PotentialModelBase;
  readonly atomicEnergies: Float64Array;
  centres: GPUBuffer | undefined;
  private readonly device: GPUDevice;
  private readonly program: ManyBodyProgram;
  private readonly main: GPUComputePipeline;
  private readonly gather: GPUComputePipeline;
  private readonly scratchBytes: number;
  private kernels: BoundKernel[] = [];

  private constructor(
    device: GPUDevice,
    model: PotentialModelBase,
    program: ManyBodyProgram,
    [main, gather]: readonly [GPUComputePipeline, GPUComputePipeline],
    scratchBytes: number,
  ) {
    this.device = device;
    this.model = model;
    this.program = program;
    this.atomicEnergies = Float64Array.from(model.species, (_, s) => program.constantEnergy(s));
    this.main = main;
    this.gather = gather;
    this.scratchBytes = scratchBytes;
  }

  /** @param scratchBytes room for the numbers of the atoms that are computed at the same time */
  static async open(
    context: GpuContext,
    model: PotentialModelBase,
    program: ManyBodyProgram,
    first: boolean,
    scratchBytes: number,
  ): Promise<ProgramTerm> {
    const { device } = context;
    const main = await compile(device, model.form, programShader(program, model.species.length));
    const gather = await compile(device, 'gather', gatherShader(first));
    return new ProgramTerm(device, model, program, [main, gather], scratchBytes);
  }

  allocate(buffers: BufferSet, shared: SharedBuffers, types: GPUBuffer): void {
    const { device, program } = this;
    const { atomCount: n, pairCapacity: pairs, rowStart, vectors } = shared;
    const gradients = buffers.storage(3 * pairs, 'pair gradients');
    const sums = buffers.storage(8 * n, 'energies');
    const words = buffers.filled(programWords(program, this.model.species.length), 'tables');
    this.centres = buffers.storage(n, 'species');
    const perAtom = scratchNumbers(program);
    const batchSize = Math.max(1, Math.min(n, Math.floor(this.scratchBytes / 4 / perAtom)));
    const scratch = buffers.storage(program.fields * pairs + perAtom * batchSize, 'sums of atoms');
    this.kernels = [];
    for (let first = 0; first < n; first += batchSize) {
      const end = Math.min(n, first + batchSize);
      const batch = buffers.uniform(Uint32Array.of(first, end, pairs, batchSize));
      const bound = [batch, words, rowStart, vectors, types, this.centres, gradients, sums, scratch];
      const groups = foldGroups(device, Math.ceil((end - first) / WORKGROUP));
      this.kernels.push(bind(device, this.main, bound, groups));
    }
    const { atoms, incomingStart, incoming, result } = shared;
    const gathered = [atoms, rowStart, incomingStart, incoming, gradients, sums, result];
    this.kernels.push(bind(device, this.gather, gathered, foldGroups(device, Math.ceil(n / WORKGROUP))));
  }

  record(pass: GPUComputePassEncoder): void {
    for (const kernel of this.kernels) record(pass, kernel);
  }

  destroy(): void {
    this.kernels = [];
    this.centres = undefined;
  }
}
