/**
 * Everything of one potential and one set of atoms that lies on the device: lists, positions, terms, result. Engines
 * and the resident integrator record its kernels. It is made anew when the device is lost.
 */
import { StructureError } from '../../errors.ts';
import type { PotentialModelBase } from '../../potentials/potential.ts';
import { bind, BufferSet, compile, foldGroups, record } from './buffers.ts';
import type { BoundKernel } from './buffers.ts';
import type { GpuContext } from './device.ts';
import type { PairLists } from './pair-lists.ts';
import { pairVectorShader, RESULT_STRIDE, WORKGROUP } from './shaders.ts';
import { openTerm, termsOf } from './terms.ts';
import type { GpuTerm, MemoryLimits } from './terms.ts';

/** Room that is left for lists that grow. */
const SPARE = 1.15;

export class DeviceForces {
  readonly context: GpuContext;
  /** Fixed-point positions of the sorted atoms; 3 words each. */
  positions: GPUBuffer | undefined;
  /** RESULT_STRIDE floats per sorted atom. */
  result: GPUBuffer | undefined;
  /** One word: 1 + the last pair of atoms that lie on top of each other, or 0. */
  overlaps: GPUBuffer | undefined;

  private readonly model: PotentialModelBase;
  private readonly terms: readonly GpuTerm[];
  private readonly vectorPipeline: GPUComputePipeline;
  private buffers: BufferSet | undefined;
  private rowStart: GPUBuffer | undefined;
  private incomingStart: GPUBuffer | undefined;
  private incoming: GPUBuffer | undefined;
  private entries: GPUBuffer | undefined;
  private pairAtom: GPUBuffer | undefined;
  private pairEntry: GPUBuffer | undefined;
  private pairCounts: GPUBuffer | undefined;
  private types: GPUBuffer[] = [];
  private vectorKernel: BoundKernel | undefined;
  private atomCapacity = 0;
  private pairCapacity = 0;
  private entryCapacity = 0;

  private constructor(
    context: GpuContext,
    model: PotentialModelBase,
    terms: readonly GpuTerm[],
    vectorPipeline: GPUComputePipeline,
  ) {
    this.context = context;
    this.model = model;
    this.terms = terms;
    this.vectorPipeline = vectorPipeline;
  }

  /**
   * Compiles the kernels of a potential.
   * @param quantum Å per unit of fixed-point coordinates
   * @throws BackendError for potentials that the GPU does not compute
   */
  static async open(
    context: GpuContext,
    model: PotentialModelBase,
    quantum: number,
    limits?: MemoryLimits,
  ): Promise<DeviceForces> {
    const terms: GpuTerm[] = [];
    for (const term of termsOf(model)) {
      terms.push(await openTerm(context, term, terms.length === 0, limits));
    }
    const vectors = await compile(context.device, 'pair vectors', pairVectorShader(quantum));
    return new DeviceForces(context, model, terms, vectors);
  }

  /** Bytes of the buffers whose size depends on the structure, roughly: the lists and what is stored per pair. */
  get bytes(): number {
    return (
      4 * (this.pairCapacity * (7 + 5 * this.terms.length) + 4 * this.entryCapacity + 30 * this.atomCapacity)
    );
  }

  /**
   * Takes over lists that were built anew.
   * @param species index among the model's species, by user's atom
   * @throws BackendError when they do not fit
   */
  async takeLists(lists: PairLists, species: Int32Array): Promise<void> {
    const fits =
      this.atomCapacity === lists.atomCount &&
      lists.pairCount <= this.pairCapacity &&
      lists.entryAtom.length <= this.entryCapacity;
    if (!fits) await this.allocate(lists);
    this.write(this.rowStart, lists.rowStart);
    this.write(this.incomingStart, lists.incomingStart);
    this.write(this.incoming, lists.incoming);
    this.write(this.pairAtom, lists.pairAtom);
    this.write(this.pairEntry, lists.pairEntry);
    this.write(this.pairCounts, Uint32Array.of(lists.pairCount, this.pairCapacity, 0, 0));
    this.writeSpecies(lists, species);
  }

  /** Writes the types of all pairs, zi·S + zj in the species of each term. */
  writeSpecies(lists: PairLists, species: Int32Array): void {
    this.terms.forEach(({ model, centres }, k) => {
      const ofTerm = this.model.species.map((name) => model.species.indexOf(name));
      const count = model.species.length;
      const types = new Float32Array(lists.pairCount);
      for (let p = 0; p < types.length; p++) {
        const zi = ofTerm[species[lists.userIndex[lists.pairAtom[p]]]];
        const zj = ofTerm[species[lists.userIndex[lists.entryAtom[lists.pairEntry[p]]]]];
        types[p] = zi * count + zj;
      }
      this.write(this.types[k], types);
      if (!centres) return;
      const sorted = Uint32Array.from(
        { length: lists.atomCount },
        (_, l) => ofTerm[species[lists.userIndex[l]]],
      );
      this.write(centres, sorted);
    });
  }

  /** Energies of single atoms of a species that are added on the CPU, eV. */
  atomicEnergies(): Float64Array {
    return Float64Array.from(this.model.species, (name) =>
      this.terms.reduce((sum, { model, atomicEnergies }) => {
        return sum + (atomicEnergies?.[model.species.indexOf(name)] ?? 0);
      }, 0),
    );
  }

  writeEntries(entries: Int32Array<ArrayBuffer>): void {
    this.write(this.entries, entries);
  }

  writePositions(positions: Int32Array<ArrayBuffer>): void {
    this.write(this.positions, positions);
  }

  /** Forgets overlaps that were found. */
  clearOverlaps(): void {
    this.write(this.overlaps, new Uint32Array(1));
  }

  /** Records the evaluation at the present positions. */
  record(pass: GPUComputePassEncoder): void {
    if (!this.vectorKernel) throw new StructureError('The GPU has no neighbour list yet.');
    record(pass, this.vectorKernel);
    for (const term of this.terms) term.record(pass);
  }

  destroy(): void {
    for (const term of this.terms) term.destroy();
    this.buffers?.destroy();
    this.buffers = undefined;
    this.atomCapacity = 0;
  }

  private write(
    buffer: GPUBuffer | undefined,
    data: Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer>,
  ): void {
    if (buffer && data.length > 0) this.context.device.queue.writeBuffer(buffer, 0, data);
  }

  private async allocate(lists: PairLists): Promise<void> {
    const { device } = this.context;
    this.destroy();
    const n = lists.atomCount;
    const pairs = Math.ceil(SPARE * lists.pairCount) + WORKGROUP;
    const entryCount = Math.ceil(SPARE * lists.entryAtom.length);
    const buffers = new BufferSet(device);
    this.buffers = buffers;
    try {
      this.allocateBuffers(buffers, n, pairs, entryCount);
    } finally {
      await buffers.settle();
    }
    this.atomCapacity = n;
    this.pairCapacity = pairs;
    this.entryCapacity = entryCount;
  }

  private allocateBuffers(buffers: BufferSet, n: number, pairs: number, entryCount: number): void {
    const { device } = this.context;
    this.positions = buffers.storage(3 * n, 'positions');
    this.result = buffers.storage(RESULT_STRIDE * n, 'forces');
    this.overlaps = buffers.storage(1, 'flags');
    this.rowStart = buffers.storage(n + 1, 'neighbour lists');
    this.incomingStart = buffers.storage(n + 1, 'neighbour lists');
    this.incoming = buffers.storage(pairs, 'neighbour lists');
    this.entries = buffers.storage(4 * entryCount, 'periodic images');
    this.pairAtom = buffers.storage(pairs, 'neighbour lists');
    this.pairEntry = buffers.storage(pairs, 'neighbour lists');
    const vectors = buffers.storage(3 * pairs, 'pair vectors');
    this.pairCounts = buffers.uniform(new Uint32Array(4));
    this.types = this.terms.map(() => buffers.storage(pairs, 'types of pairs'));
    const shared = {
      atomCount: n,
      pairCapacity: pairs,
      rowStart: this.rowStart,
      incomingStart: this.incomingStart,
      incoming: this.incoming,
      vectors,
      result: this.result,
      atoms: buffers.uniform(Uint32Array.of(n, 0, 0, 0)),
    };
    this.terms.forEach((term, k) => {
      term.allocate(buffers, shared, this.types[k]);
    });
    const bound = [
      this.pairCounts,
      this.positions,
      this.entries,
      this.pairAtom,
      this.pairEntry,
      vectors,
      this.overlaps,
    ];
    const groups = foldGroups(device, Math.ceil(pairs / WORKGROUP));
    this.vectorKernel = bind(device, this.vectorPipeline, bound, groups);
  }
}
