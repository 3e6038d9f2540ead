/** What a term of a potential on the GPU is (terms.ts opens them). */
import type { PotentialModelBase } from '../../potentials/potential.ts';
import type { BufferSet } from './buffers.ts';

/** Buffers that all terms read. */
export interface SharedBuffers {
  readonly atomCount: number;
  readonly pairCapacity: number;
  readonly rowStart: GPUBuffer;
  readonly incomingStart: GPUBuffer;
  readonly incoming: GPUBuffer;
  readonly vectors: GPUBuffer;
  readonly result: GPUBuffer;
  /** Uniform that holds the number of atoms. */
  readonly atoms: GPUBuffer;
}

export interface GpuTerm {
  readonly model: PotentialModelBase;
  /** Where a term wants the species of every sorted atom, after allocate. */
  readonly centres?: GPUBuffer;
  /** e_z by the term's species, eV, or undefined where there is none; added in f64. */
  readonly atomicEnergies?: Float64Array;
  /** Allocates for a list; `types` is zi·S + zj of every pair. Nothing in it waits. */
  allocate(buffers: BufferSet, shared: SharedBuffers, types: GPUBuffer): void;
  record(pass: GPUComputePassEncoder): void;
  /** Frees what does not belong to the buffer set. */
  destroy(): void;
}
