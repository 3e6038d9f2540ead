/**
 * What a potential gives the WASM backend: code that computes a range of atoms, and the coefficients that code reads.
 */
import type { PotentialModelBase } from '../../../potentials/potential.ts';
import type { Callable, Lanes, ModuleBuilder } from '../encoder/index.ts';

export interface Kernel {
  /** Neighbours beyond this distance are left out, Å. */
  readonly cutoff: number;
  /** Whether the code adds to the forces of neighbours, so that slices need force arrays of their own. */
  readonly scattersForces: boolean;
  /** Bytes that its coefficients take. */
  readonly coefficientBytes: number;
  /** Work space of one thread for atoms with at most so many listed neighbours, bytes. */
  scratchBytes(longestRow: number): number;
  /**
   * Adds the code. The function computes local atoms first … last − 1 of a slice: (slice, scratch, first, last), all
   * i32; slice and scratch are addresses.
   * @param coefficients address of the coefficients
   */
  generate(module: ModuleBuilder, coefficients: number): Callable & { readonly result: undefined };
  /** Writes the coefficients. */
  writeCoefficients(memory: ArrayBufferLike, address: number): void;
  /**
   * Writes those of another model of the same structure, or those of the same model after they have changed.
   * @throws BackendError for a model of another structure
   */
  updateCoefficients?(memory: ArrayBufferLike, address: number, model: PotentialModelBase): void;
  /**
   * For potentials that know the atoms that they were made for.
   * @param species of every atom, as the backend numbers them
   * @throws PotentialError for other atoms
   */
  checkAtoms?(species: Int32Array): void;
}

/** Bytes of the force on one entry: x, y, z and a fourth number for alignment. */
export function forceStride(lanes: Lanes): number {
  return 4 * lanes.bytes;
}

/** View for coefficients in the precision of the lanes. */
export function coefficientView(
  lanes: Lanes,
  memory: ArrayBufferLike,
  address: number,
  length: number,
): Float64Array | Float32Array {
  return lanes.bytes === 8
    ? new Float64Array(memory, address, length)
    : new Float32Array(memory, address, length);
}
