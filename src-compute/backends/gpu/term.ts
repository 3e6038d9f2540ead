/** What a term of a potential on the GPU is (terms.ts opens them). */
import type { AceModel } from '../../potentials/ace/index.ts';
import type { CrowdingModel } from '../../potentials/crowding/model.ts';
import type { EmbeddedAtomModel } from '../../potentials/embedded-atom/index.ts';
import type { MomentTensorModel } from '../../potentials/moment-tensor/model.ts';
import type { PairModel } from '../../potentials/pair/index.ts';
import type { SnapModel } from '../../potentials/snap/index.ts';
import type { StillingerWeberModel } from '../../potentials/stillinger-weber/index.ts';
import type { BufferSet } from './buffers.ts';

/** Buffers that all terms read. */
export interface SharedBuffers {
  readonly atomCount: number;
  readonly pairCapacity: number;
  readonly rowStart: GPUBuffer;
  readonly incomingStart: GPUBuffer;
  readonly incoming: GPUBuffer;
  readonly vectors: GPUBuffer;
  readonly squares: GPUBuffer;
  readonly result: GPUBuffer;
  readonly pairAtom: GPUBuffer;
  /** Uniforms that hold the numbers of atoms and of pairs. */
  readonly atoms: GPUBuffer;
  readonly pairs: GPUBuffer;
}

/** Forms that the GPU computes; a sum of them is computed term by term. */
export type GpuModel =
  | MomentTensorModel
  | PairModel
  | StillingerWeberModel
  | CrowdingModel
  | SnapModel
  | AceModel
  | EmbeddedAtomModel;

export interface GpuTerm {
  readonly model: GpuModel;
  /** Where a term wants the species of every sorted atom, after allocate. */
  readonly centres?: GPUBuffer;
  /** e_z by the term's species, eV, or undefined where there is none; added in f64. */
  readonly atomicEnergies?: Float64Array;
  /** Allocates for a list; `types` is zi·S + zj of every pair. Nothing in it waits. */
  allocate(buffers: BufferSet, shared: SharedBuffers, types: GPUBuffer): void;
  /** What has to wait for the device, after allocate. */
  prepare(): Promise<void>;
  record(pass: GPUComputePassEncoder): void;
  /** Frees what does not belong to the buffer set. */
  destroy(): void;
}
