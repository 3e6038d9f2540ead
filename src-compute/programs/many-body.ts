/**
 * A many-body form as pieces of a program: what every neighbour adds to sums over the neighbours of an atom, the energy of
 * the atom as a function of these sums with its derivatives, and the gradient by each neighbour from them:
 *
 *   E_i = E(S_i),  S_i = Σ_j s(r⃗_ij),  ∂E_i/∂r⃗_ij = Σ (∂E/∂S) ∂s/∂r⃗
 *
 * Moment tensors, SNAP and their kin are of this kind. One skeleton per target gathers neighbours, runs the pieces over
 * groups of atoms and adds up energies, forces and virials.
 */
import type { Code, Reals, TableData, TableShape } from './code.ts';

/** A neighbour: r_j − r_i, its square, numbers of the pair of species, and what is kept from the first to the second visit. */
export interface NeighbourPart<R, I> {
  readonly difference: readonly [R, R, R];
  readonly squared: R;
  readonly pair: Reals<R, I>;
  readonly fields: Reals<R, I>;
}

export interface ManyBodyProgram {
  /** Å */
  readonly cutoff: number;
  /** Sums of one channel. */
  readonly sums: number;
  /** Channels: 1, or one for neighbours of each species, those of the backend first. */
  readonly channels: number;
  /** Numbers that the atom's part works with, the derivatives by the sums not among them. */
  readonly work: number;
  /** Numbers kept per neighbour. */
  readonly fields: number;
  /** Numbers of each ordered pair of species, of each central species. */
  readonly pairNumbers: number;
  readonly atomNumbers: number;
  readonly tables: readonly TableShape[];
  /** Which number of a pair is its own cutoff: skeletons may pass over neighbours that lie beyond. */
  readonly reach?: number;
  /** Whether most atoms have nothing but zeros for derivatives: such atoms need no second visit of their neighbours. */
  readonly quiet?: boolean;
  /** Whether numbers and tables of an atom are the same for every species, so that any atoms may be computed together. */
  readonly alike?: boolean;
  /** Where among the atom's numbers its part finds the sums and leaves the derivatives; default: apart from them. */
  readonly inWork?: { readonly sums: number; readonly adjoints: number };
  /** Whether the atom's part has no loops, so that nothing is gained by several vectors of atoms in one round. */
  readonly straight?: boolean;
  pairNumbersOf(centre: number, neighbour: number): ArrayLike<number>;
  atomNumbersOf(centre: number): ArrayLike<number>;
  /** Contents of the tables for a central species. */
  tablesOf(centre: number): readonly TableData[];
  /** Energy of an atom that no sum enters, eV. */
  constantEnergy(centre: number): number;
  /** Adds a neighbour to the sums of its channel. Beyond the pair's own cutoff it adds exactly zero. */
  neighbour<R, I>(code: Code<R, I>, at: NeighbourPart<R, I>, sums: Reals<R, I>): void;
  /** Energy of an atom; writes its derivatives by the sums to `adjoints`, in the order of the sums. */
  atom<R, I>(
    code: Code<R, I>,
    at: {
      readonly sums: Reals<R, I>;
      readonly adjoints: Reals<R, I>;
      readonly work: Reals<R, I>;
      readonly numbers: Reals<R, I>;
    },
  ): R;
  /** ∂E_i/∂(r_j − r_i) of a neighbour, from the derivatives by the sums of its channel. */
  gradient<R, I>(code: Code<R, I>, at: NeighbourPart<R, I>, adjoints: Reals<R, I>): readonly [R, R, R];
}
