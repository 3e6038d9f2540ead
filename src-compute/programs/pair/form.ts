/** What a pair potential says of a pair of atoms. */
import type { Code } from '../code.ts';

/** φ and φ′. */
export interface PairValue<R> {
  readonly energy: R;
  readonly slope: R;
}

/** What a form works with. */
export interface PairInput<R> {
  readonly r: R;
  /** 1/r */
  readonly inverse: R;
  /** n-th number of the pair of species. */
  readonly parameter: (n: number) => R;
  /** `count` numbers of the pair from index · stride on. */
  readonly gather: (index: R, stride: number, count: number) => R[];
}

export interface PairForm {
  /** Cutoff of each pair of species by zi·S + zj, Å; φ is not evaluated beyond. */
  readonly cutoffs: readonly number[];
  /** Numbers of each pair of species, equally many for all, beginning with the cutoff. */
  readonly parameters: readonly ArrayLike<number>[];
  evaluate<R, I>(code: Code<R, I>, input: PairInput<R>): PairValue<R>;
}
