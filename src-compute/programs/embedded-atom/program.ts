/**
 * Embedded atoms as a many-body program (potentials/embedded-atom): with E_i = F(ρ_i) + ½ Σ_j φ(r_ij) every atom hands
 * F′(ρ_i) ρ′(r_ij) to its neighbours itself, so that no density has to be exchanged between atoms before forces are known.
 * The cubic pieces of density and pair energy of an interval lie side by side.
 */
import { tableFunction } from '../../potentials/embedded-atom/table-function.ts';
import { pairIndex, type EmbeddedAtomModel } from '../../potentials/embedded-atom/model.ts';
import type { Code, Reals } from '../code.ts';
import type { ManyBodyProgram, NeighbourPart } from '../many-body.ts';

/** Numbers in all tables of a program, at most. */
const MOST_NUMBERS = 20_000_000;

/** Per interval: four coefficients of ρ, four of rφ; of F. */
const PAIR_PIECE = 8;
const ATOM_PIECE = 4;
const FIELD = { density: 0, pair: 1, inverse: 2 } as const;

/** Why there is no program for a model; undefined when there is one. */
export function whyNoEmbeddedAtomProgram(model: EmbeddedAtomModel): string | undefined {
  const pairs = PAIR_PIECE * model.distanceCount * model.species.length ** 2;
  if (pairs + ATOM_PIECE * model.densityCount * model.species.length > MOST_NUMBERS)
    return 'its tables are too long';
  return undefined;
}

/** c₀ … c₃ of every interval, t from 0 to 1: c₀ + t (c₁ + t (c₂ + t c₃)). */
function pieces(values: Float64Array, step: number): number[][] {
  const { slopes } = tableFunction(values, step);
  return Array.from({ length: values.length - 1 }, (_, k) => {
    const rise = values[k + 1] - values[k];
    return [
      values[k],
      slopes[k],
      3 * rise - 2 * slopes[k] - slopes[k + 1],
      slopes[k] + slopes[k + 1] - 2 * rise,
    ];
  });
}

export class EmbeddedAtomProgram implements ManyBodyProgram {
  readonly cutoff: number;
  /** ρ and ½ Σ φ. */
  readonly sums = 2;
  readonly channels = 1;
  readonly work = 0;
  readonly fields = 3;
  readonly pairNumbers: number;
  readonly atomNumbers: number;
  readonly tables = [];
  private readonly model: EmbeddedAtomModel;
  private readonly species: readonly number[];

  /** @param species index in the model of each of the backend's species */
  constructor(model: EmbeddedAtomModel, species: readonly number[]) {
    this.model = model;
    this.species = species;
    this.cutoff = model.cutoff;
    this.pairNumbers = PAIR_PIECE * (model.distanceCount - 1);
    this.atomNumbers = ATOM_PIECE * (model.densityCount - 1);
  }

  pairNumbersOf(centre: number, neighbour: number): Float64Array {
    const { densities, pairs, distanceCount: n, distanceStep, finnisSinclair, species } = this.model;
    const [taker, giver] = [this.species[centre], this.species[neighbour]];
    const table = finnisSinclair ? giver * species.length + taker : giver;
    const density = pieces(densities.subarray(table * n, (table + 1) * n), distanceStep);
    const pair = pairIndex(taker, giver);
    const energy = pieces(pairs.subarray(pair * n, (pair + 1) * n), distanceStep);
    return Float64Array.from(density.flatMap((c, k) => [...c, ...energy[k]]));
  }

  atomNumbersOf(centre: number): Float64Array {
    const { embedding, densityCount: n, densityStep } = this.model;
    const own = this.species[centre];
    return Float64Array.from(pieces(embedding.subarray(own * n, (own + 1) * n), densityStep).flat());
  }

  tablesOf(): [] {
    return [];
  }

  constantEnergy(): number {
    return 0;
  }

  neighbour<R, I>(code: Code<R, I>, at: NeighbourPart<R, I>, sums: Reals<R, I>): void {
    const { cutoff, distanceStep, distanceCount } = this.model;
    const r = code.let(code.sqrt(at.squared));
    const inverse = code.let(code.div(code.constant(1), r));
    const { numbers, t } = interval(code, at.pair, r, distanceStep, distanceCount, PAIR_PIECE);
    const density = cubic(code, numbers.slice(0, 4), t, distanceStep);
    const product = cubic(code, numbers.slice(4), t, distanceStep);
    const limit = code.constant(cutoff);
    const within = (x: R) => code.let(code.selectLess(r, limit, x, code.constant(0)));
    const energy = code.let(code.mul(product.value, inverse));
    const slope = code.mul(code.sub(product.slope, energy), code.mul(inverse, code.constant(0.5)));
    at.fields.store(FIELD.density, within(density.slope));
    at.fields.store(FIELD.pair, within(slope));
    at.fields.store(FIELD.inverse, inverse);
    sums.store(0, code.add(sums.load(0), within(density.value)));
    sums.store(1, code.add(sums.load(1), within(code.mul(energy, code.constant(0.5)))));
  }

  atom<R, I>(
    code: Code<R, I>,
    at: { readonly sums: Reals<R, I>; readonly adjoints: Reals<R, I>; readonly numbers: Reals<R, I> },
  ): R {
    const { densityStep, densityCount } = this.model;
    const rho = code.let(code.max(at.sums.load(0), code.constant(0)));
    const { numbers, t } = interval(code, at.numbers, rho, densityStep, densityCount, ATOM_PIECE);
    const { value, slope } = cubic(code, numbers, t, densityStep);
    // a straight line above the last density
    const last = code.constant((densityCount - 1) * densityStep);
    const beyond = code.max(code.sub(rho, last), code.constant(0));
    at.adjoints.store(0, slope);
    at.adjoints.store(1, code.constant(1));
    return code.let(code.add(code.add(value, code.mul(beyond, slope)), at.sums.load(1)));
  }

  gradient<R, I>(code: Code<R, I>, at: NeighbourPart<R, I>, adjoints: Reals<R, I>): readonly [R, R, R] {
    const { fields, difference } = at;
    const along = code.add(code.mul(adjoints.load(0), fields.load(FIELD.density)), fields.load(FIELD.pair));
    const factor = code.let(code.mul(along, fields.load(FIELD.inverse)));
    const [x, y, z] = difference.map((d) => code.let(code.mul(d, factor)));
    return [x, y, z];
  }
}

/** The interval in which x lies: its numbers, and how far through it x is (1 beyond the last point). */
function interval<R, I>(
  code: Code<R, I>,
  numbers: Reals<R, I>,
  x: R,
  step: number,
  points: number,
  stride: number,
): { numbers: R[]; t: R } {
  const scaled = code.let(code.mul(x, code.constant(1 / step)));
  const index = code.let(code.min(code.floor(scaled), code.constant(points - 2)));
  const t = code.let(code.min(code.sub(scaled, index), code.constant(1)));
  return { numbers: code.gather(numbers, index, stride, stride), t };
}

/** Value and derivative (by x, not t) of a piece. */
function cubic<R, I>(code: Code<R, I>, [c0, c1, c2, c3]: readonly R[], t: R, step: number) {
  const { constant, add, mul } = {
    constant: (x: number) => code.constant(x),
    add: (a: R, b: R) => code.add(a, b),
    mul: (a: R, b: R) => code.mul(a, b),
  };
  const value = code.let(add(c0, mul(t, add(c1, mul(t, add(c2, mul(t, c3)))))));
  const steep = add(c1, mul(t, add(mul(constant(2), c2), mul(t, mul(constant(3), c3)))));
  return { value, slope: code.let(mul(steep, constant(1 / step))) };
}
