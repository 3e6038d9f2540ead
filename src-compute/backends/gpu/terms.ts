/**
 * Terms of a potential on the GPU. Each adds its forces, energies and virials to the result; the first one sets it.
 * Pipelines belong to the device, buffers to a neighbour list's capacity.
 */
import { BackendError } from '../../errors.ts';
import type { MomentTensorModel } from '../../potentials/moment-tensor/model.ts';
import type { PotentialModelBase } from '../../potentials/potential.ts';
import { manyBodyProgramOf, whyNoProgram } from '../../programs/index.ts';
import { isForm } from '../form.ts';
import { bind, compile, foldGroups, record } from './buffers.ts';
import type { BoundKernel, BufferSet } from './buffers.ts';
import type { GpuContext } from './device.ts';
import { momentTensorShader, momentTensorShape } from './moment-tensor-shader.ts';
import type { MomentTensorShape } from './moment-tensor-shader.ts';
import { momentTensorTables } from './moment-tensor-tables.ts';
import type { MomentTensorTables } from './moment-tensor-tables.ts';
import { ProgramTerm } from './program-term.ts';
import { gatherShader, WORKGROUP } from './shaders.ts';
import type { GpuTerm, SharedBuffers } from './term.ts';

export type { GpuTerm, SharedBuffers } from './term.ts';

/** The summands of a model. @throws BackendError for forms that the GPU does not compute */
export function termsOf(model: PotentialModelBase): PotentialModelBase[] {
  if (isForm(model, 'sum')) return model.terms.flatMap(termsOf);
  if (isForm(model, 'moment-tensor') || whyNoProgram(model) === undefined) return [model];
  throw new BackendError(
    `The GPU backend does not compute potentials of the form ${model.form}: ${whyNoProgram(model)}.`,
    { remedy: 'Use --backend wasm or wasm-f32.' },
  );
}

/** Memory that kernels may use, where it is less than the device has. */
export interface MemoryLimits {
  /** Workgroup memory, bytes. */
  readonly workgroupBytes?: number;
  /** Moments of atoms that are computed at the same time, when workgroup memory does not suffice, bytes. */
  readonly scratchBytes?: number;
}

/** Compiles what a term needs on a device. @param first whether it is the first term */
export async function openTerm(
  context: GpuContext,
  model: PotentialModelBase,
  first: boolean,
  limits: MemoryLimits = {},
): Promise<GpuTerm> {
  if (isForm(model, 'moment-tensor')) return await MomentTensorTerm.open(context, model, first, limits);
  const program = manyBodyProgramOf(model, model.species);
  if (!program) throw new BackendError(`This potential has no program: ${whyNoProgram(model)}.`);
  return await ProgramTerm.open(context, model, program, first, limits.scratchBytes ?? SCRATCH_BYTES);
}

/** Room for the moments of a batch of atoms, when workgroup memory does not suffice, bytes. */
const SCRATCH_BYTES = 2 ** 26;

class MomentTensorTerm implements GpuTerm {
  readonly model: MomentTensorModel;
  readonly atomicEnergies: Float64Array;
  private readonly device: GPUDevice;
  private readonly tables: MomentTensorTables;
  private readonly shape: MomentTensorShape;
  private readonly main: GPUComputePipeline;
  private readonly gather: GPUComputePipeline;
  private scratchBytes = SCRATCH_BYTES;
  private kernels: BoundKernel[] = [];

  private constructor(
    device: GPUDevice,
    model: MomentTensorModel,
    tables: MomentTensorTables,
    shape: MomentTensorShape,
    pipelines: readonly [GPUComputePipeline, GPUComputePipeline],
  ) {
    this.device = device;
    this.model = model;
    this.atomicEnergies = model.speciesCoefficients;
    this.tables = tables;
    this.shape = shape;
    [this.main, this.gather] = pipelines;
  }

  static async open(
    context: GpuContext,
    model: MomentTensorModel,
    first: boolean,
    limits: MemoryLimits,
  ): Promise<MomentTensorTerm> {
    const { device } = context;
    const tables = momentTensorTables(model);
    const bytes = limits.workgroupBytes ?? device.limits.maxComputeWorkgroupStorageSize;
    const shape = momentTensorShape(model, tables, bytes);
    const main = await compile(device, 'moment tensor', momentTensorShader(model, tables, shape));
    const gather = await compile(device, 'gather', gatherShader(first));
    const term = new MomentTensorTerm(device, model, tables, shape, [main, gather]);
    term.scratchBytes = limits.scratchBytes ?? SCRATCH_BYTES;
    return term;
  }

  allocate(buffers: BufferSet, shared: SharedBuffers, types: GPUBuffer): void {
    const { device, tables, shape } = this;
    const n = shared.atomCount;
    const gradients = buffers.storage(3 * shared.pairCapacity, 'pair gradients');
    const sums = buffers.storage(8 * n, 'energies');
    const words = buffers.filled(tables.words, 'tables');
    const batchSize = shape.shared
      ? n
      : Math.max(1, Math.min(n, Math.floor(this.scratchBytes / 8 / tables.momentCount)));
    const scratch = shape.shared ? [] : [buffers.storage(2 * tables.momentCount * batchSize, 'moments')];
    this.kernels = [];
    for (let first = 0; first < n; first += batchSize) {
      const end = Math.min(n, first + batchSize);
      const batch = buffers.uniform(Uint32Array.of(first, end, 0, 0));
      const bound = [batch, words, shared.rowStart, shared.vectors, types, gradients, sums, ...scratch];
      this.kernels.push(bind(device, this.main, bound, foldGroups(device, end - first)));
    }
    const { atoms, rowStart, incomingStart, incoming, result } = shared;
    const gathered = [atoms, rowStart, incomingStart, incoming, gradients, sums, result];
    this.kernels.push(bind(device, this.gather, gathered, foldGroups(device, Math.ceil(n / WORKGROUP))));
  }

  record(pass: GPUComputePassEncoder): void {
    for (const kernel of this.kernels) record(pass, kernel);
  }

  destroy(): void {
    this.kernels = [];
  }
}
