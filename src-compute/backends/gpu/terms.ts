/**
 * Terms of a potential on the GPU. Each adds its forces, energies and virials to the result; the first one sets it.
 * Pipelines belong to the device, buffers to a neighbour list's capacity.
 */
import { BackendError } from '../../errors.ts';
import type { CrowdingModel } from '../../potentials/crowding/model.ts';
import type { MomentTensorModel } from '../../potentials/moment-tensor/model.ts';
import type { PairModel } from '../../potentials/pair/index.ts';
import type { PotentialModelBase } from '../../potentials/potential.ts';
import type { StillingerWeberModel } from '../../potentials/stillinger-weber/index.ts';
import { manyBodyProgramOf, whyNoProgram } from '../../programs/index.ts';
import { isForm, isPairModel } from '../form.ts';
import { bind, compile, foldGroups, record } from './buffers.ts';
import type { BoundKernel, BufferSet } from './buffers.ts';
import type { GpuContext } from './device.ts';
import { RecordableKernel } from './gpujs.ts';
import { momentTensorShader, momentTensorShape } from './moment-tensor-shader.ts';
import type { MomentTensorShape } from './moment-tensor-shader.ts';
import { momentTensorTables } from './moment-tensor-tables.ts';
import type { MomentTensorTables } from './moment-tensor-tables.ts';
import { crowdingParameters, crowdingShader } from './crowding-shader.ts';
import { pairKernelSource } from './pair-kernels.ts';
import { ProgramTerm } from './program-term.ts';
import { stillingerWeberParameters, stillingerWeberShader } from './stillinger-weber-shader.ts';
import { addPairTermShader, gatherShader, WORKGROUP } from './shaders.ts';
import type { GpuModel, GpuTerm, SharedBuffers } from './term.ts';

export type { GpuModel, GpuTerm, SharedBuffers } from './term.ts';

/** The summands of a model. @throws BackendError for forms that the GPU does not compute */
export function termsOf(model: PotentialModelBase): GpuModel[] {
  if (isForm(model, 'sum')) return model.terms.flatMap(termsOf);
  if (isForm(model, 'moment-tensor') || isPairModel(model)) return [model];
  if (isForm(model, 'stillinger-weber')) return [model];
  if (isForm(model, 'crowding')) return [model];
  const program = isForm(model, 'snap') || isForm(model, 'ace') || isForm(model, 'embedded-atom');
  if (program && whyNoProgram(model) === undefined) return [model];
  throw new BackendError(`The GPU backend does not compute potentials of the form ${model.form}.`, {
    remedy: 'Use --backend wasm or wasm-f32.',
  });
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
  model: GpuModel,
  first: boolean,
  limits: MemoryLimits = {},
): Promise<GpuTerm> {
  switch (model.form) {
    case 'moment-tensor':
      return await MomentTensorTerm.open(context, model, first, limits);
    case 'stillinger-weber':
      return await StillingerWeberTerm.open(context, model, first);
    case 'crowding':
      return await CrowdingTerm.open(context, model, first);
    case 'snap':
    case 'ace':
    case 'embedded-atom': {
      const program = manyBodyProgramOf(model, model.species);
      if (!program) throw new BackendError(`This potential has no program: ${whyNoProgram(model)}.`);
      return await ProgramTerm.open(context, model, program, first, limits.scratchBytes ?? SCRATCH_BYTES);
    }
    default:
      return await PairTerm.open(context, model, first);
  }
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
    const gather = await compile(device, 'gather', gatherShader(first, 'atom sums'));
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

  async prepare(): Promise<void> {
    // everything is there
  }

  record(pass: GPUComputePassEncoder): void {
    for (const kernel of this.kernels) record(pass, kernel);
  }

  destroy(): void {
    this.kernels = [];
  }
}

class StillingerWeberTerm implements GpuTerm {
  readonly model: StillingerWeberModel;
  private readonly device: GPUDevice;
  private readonly main: GPUComputePipeline;
  private readonly gather: GPUComputePipeline;
  private kernels: BoundKernel[] = [];

  private constructor(
    device: GPUDevice,
    model: StillingerWeberModel,
    pipelines: readonly [GPUComputePipeline, GPUComputePipeline],
  ) {
    this.device = device;
    this.model = model;
    [this.main, this.gather] = pipelines;
  }

  static async open(
    context: GpuContext,
    model: StillingerWeberModel,
    first: boolean,
  ): Promise<StillingerWeberTerm> {
    const { device } = context;
    const main = await compile(device, 'Stillinger–Weber', stillingerWeberShader(model));
    const gather = await compile(device, 'gather pairs', gatherShader(first, 'pair energies'));
    return new StillingerWeberTerm(device, model, [main, gather]);
  }

  allocate(buffers: BufferSet, shared: SharedBuffers, types: GPUBuffer): void {
    const { device } = this;
    const { pairCapacity: pairs, rowStart, vectors } = shared;
    const gradients = buffers.storage(3 * pairs, 'pair gradients');
    const energies = buffers.storage(pairs, 'energies');
    const sets = buffers.filled(stillingerWeberParameters(this.model), 'parameters');
    const bound = [shared.pairs, sets, rowStart, shared.pairAtom, vectors, types, gradients, energies];
    const gathered = [
      shared.atoms,
      rowStart,
      shared.incomingStart,
      shared.incoming,
      gradients,
      energies,
      shared.result,
      vectors,
    ];
    this.kernels = [
      bind(device, this.main, bound, foldGroups(device, Math.ceil(pairs / WORKGROUP))),
      bind(device, this.gather, gathered, foldGroups(device, Math.ceil(shared.atomCount / WORKGROUP))),
    ];
  }

  async prepare(): Promise<void> {
    // everything is there
  }

  record(pass: GPUComputePassEncoder): void {
    for (const kernel of this.kernels) record(pass, kernel);
  }

  destroy(): void {
    this.kernels = [];
  }
}

class CrowdingTerm implements GpuTerm {
  readonly model: CrowdingModel;
  private readonly device: GPUDevice;
  private readonly main: GPUComputePipeline;
  private readonly gather: GPUComputePipeline;
  private kernels: BoundKernel[] = [];

  private constructor(
    device: GPUDevice,
    model: CrowdingModel,
    main: GPUComputePipeline,
    gather: GPUComputePipeline,
  ) {
    this.device = device;
    this.model = model;
    this.main = main;
    this.gather = gather;
  }

  static async open(context: GpuContext, model: CrowdingModel, first: boolean): Promise<CrowdingTerm> {
    const { device } = context;
    const main = await compile(device, 'crowding', crowdingShader(model));
    const gather = await compile(device, 'gather', gatherShader(first, 'atom sums'));
    return new CrowdingTerm(device, model, main, gather);
  }

  allocate(buffers: BufferSet, shared: SharedBuffers, types: GPUBuffer): void {
    const { device } = this;
    const { atoms, atomCount: n, rowStart, vectors, incomingStart, incoming, result } = shared;
    const gradients = buffers.storage(3 * shared.pairCapacity, 'pair gradients');
    const sums = buffers.storage(8 * n, 'energies');
    const parameters = buffers.filled(crowdingParameters(this.model), 'parameters');
    const bound = [atoms, parameters, rowStart, vectors, types, gradients, sums];
    const gathered = [atoms, rowStart, incomingStart, incoming, gradients, sums, result];
    const groups = foldGroups(device, Math.ceil(n / WORKGROUP));
    this.kernels = [bind(device, this.main, bound, groups), bind(device, this.gather, gathered, groups)];
  }

  async prepare(): Promise<void> {
    // everything is there
  }

  record(pass: GPUComputePassEncoder): void {
    for (const kernel of this.kernels) record(pass, kernel);
  }

  destroy(): void {
    this.kernels = [];
  }
}

class PairTerm implements GpuTerm {
  readonly model: PairModel;
  private readonly context: GpuContext;
  private readonly add: GPUComputePipeline;
  private shared: SharedBuffers | undefined;
  private types: GPUBuffer | undefined;
  private pairKernel: RecordableKernel | undefined;
  private addKernel: BoundKernel | undefined;

  private constructor(context: GpuContext, model: PairModel, add: GPUComputePipeline) {
    this.context = context;
    this.model = model;
    this.add = add;
  }

  static async open(context: GpuContext, model: PairModel, first: boolean): Promise<PairTerm> {
    return new PairTerm(
      context,
      model,
      await compile(context.device, 'pair forces', addPairTermShader(first)),
    );
  }

  allocate(_buffers: BufferSet, shared: SharedBuffers, types: GPUBuffer): void {
    this.shared = shared;
    this.types = types;
  }

  async prepare(): Promise<void> {
    const { shared, types, context, add } = this;
    if (!shared || !types) return;
    this.pairKernel?.destroy();
    const { source, parameters, loopMaxIterations } = pairKernelSource(this.model);
    const length = shared.pairCapacity;
    this.pairKernel = await RecordableKernel.create(
      context.gpujs,
      context.gpujsContext,
      { source, output: length, constants: { parameters }, loopMaxIterations },
      [
        { buffer: shared.squares, length },
        { buffer: types, length },
      ],
    );
    const { device } = context;
    const buffers = [shared.atoms, shared.rowStart, shared.vectors, this.pairKernel.output, shared.result];
    this.addKernel = bind(device, add, buffers, foldGroups(device, Math.ceil(shared.atomCount / WORKGROUP)));
  }

  record(pass: GPUComputePassEncoder): void {
    this.pairKernel?.record(pass);
    if (this.addKernel) record(pass, this.addKernel);
  }

  destroy(): void {
    this.pairKernel?.destroy();
    this.pairKernel = undefined;
    this.addKernel = undefined;
  }
}
