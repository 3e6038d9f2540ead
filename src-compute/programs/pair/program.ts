/**
 * Pair potentials as programs: E_i = ½ Σ_j φ(r_ij). The only sum is Σ φ, the only field φ′/r, so that a skeleton that meets
 * every pair from both of its atoms may take an atom's force from its own neighbours alone (wasm/pair-kernel.ts).
 */
import type { PairModel } from '../../potentials/pair/index.ts';
import type { Code, Reals } from '../code.ts';
import type { ManyBodyProgram, NeighbourPart } from '../many-body.ts';
import type { PairForm } from './form.ts';
import { lennardJonesForm, morseForm, zblForm } from './forms.ts';
import { tabulatedForm } from './tabulated.ts';

function formOf(model: PairModel): PairForm {
  switch (model.form) {
    case 'lennard-jones':
      return lennardJonesForm(model);
    case 'morse':
      return morseForm(model);
    case 'zbl':
      return zblForm(model);
    case 'tabulated-pair':
      return tabulatedForm(model);
  }
}

export class PairProgram implements ManyBodyProgram {
  readonly cutoff: number;
  readonly sums = 1;
  readonly channels = 1;
  readonly work = 0;
  readonly fields = 1;
  readonly pairNumbers: number;
  readonly atomNumbers = 0;
  readonly tables = [];
  readonly reach = 0;
  private readonly form: PairForm;
  private readonly species: readonly number[];
  private readonly size: number;

  /** @param species index in the model of each of the backend's species */
  constructor(model: PairModel, species: readonly number[]) {
    this.form = formOf(model);
    this.species = species;
    this.size = model.species.length;
    this.cutoff = model.cutoff;
    this.pairNumbers = this.form.parameters[0].length;
  }

  pairNumbersOf(centre: number, neighbour: number): ArrayLike<number> {
    return this.form.parameters[this.species[centre] * this.size + this.species[neighbour]];
  }

  atomNumbersOf(): [] {
    return [];
  }

  tablesOf(): [] {
    return [];
  }

  constantEnergy(): number {
    return 0;
  }

  neighbour<R, I>(code: Code<R, I>, at: NeighbourPart<R, I>, sums: Reals<R, I>): void {
    const r = code.let(code.sqrt(at.squared));
    const inverse = code.let(code.div(code.constant(1), r));
    const parameter = (n: number) => at.pair.load(n);
    const gather = (index: R, stride: number, count: number) => code.gather(at.pair, index, stride, count);
    const value = this.form.evaluate(code, { r, inverse, parameter, gather });
    const limit = code.let(parameter(0));
    const within = (x: R) => code.let(code.selectLess(r, limit, x, code.constant(0)));
    sums.store(0, code.add(sums.load(0), within(value.energy)));
    at.fields.store(0, within(code.mul(value.slope, inverse)));
  }

  atom<R, I>(code: Code<R, I>, at: { readonly sums: Reals<R, I>; readonly adjoints: Reals<R, I> }): R {
    const half = code.constant(0.5);
    at.adjoints.store(0, half);
    return code.let(code.mul(at.sums.load(0), half));
  }

  gradient<R, I>(code: Code<R, I>, at: NeighbourPart<R, I>, adjoints: Reals<R, I>): readonly [R, R, R] {
    const factor = code.let(code.mul(adjoints.load(0), at.fields.load(0)));
    const [x, y, z] = at.difference.map((d) => code.let(code.mul(d, factor)));
    return [x, y, z];
  }
}
