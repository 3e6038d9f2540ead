/** The crowding term as a program: potentials/crowding/model.ts. */
import type { CrowdingModel } from '../../potentials/crowding/model.ts';
import type { Code, Reals } from '../code.ts';
import { polynomialOf } from '../functions.ts';
import type { ManyBodyProgram, NeighbourPart } from '../many-body.ts';

/** Of the excess, as the model's schema allows them. */
const POWERS = { least: 3, most: 16 } as const;

export class CrowdingProgram implements ManyBodyProgram {
  readonly cutoff: number;
  /** ρ */
  readonly sums = 1;
  readonly channels = 1;
  readonly work = 0;
  /** 3 (1 − r²/R²)² · (−2/R²), the slope of ρ over r. */
  readonly fields = 1;
  /** R, 1/R². */
  readonly pairNumbers = 2;
  /** 1/ρ̂, then the amplitudes of all powers that there may be, so that the code is the same for all models. */
  readonly atomNumbers = 2 + POWERS.most - POWERS.least;
  readonly tables = [];
  readonly reach = 0;
  readonly quiet = true;
  private readonly model: CrowdingModel;
  private readonly species: readonly number[];

  /** @param species index in the model of each of the backend's species */
  constructor(model: CrowdingModel, species: readonly number[]) {
    this.model = model;
    this.species = species;
    this.cutoff = model.cutoff;
  }

  pairNumbersOf(centre: number, neighbour: number): number[] {
    const { ranges, species } = this.model;
    const range = ranges[this.species[centre] * species.length + this.species[neighbour]];
    return [range, range ** -2];
  }

  atomNumbersOf(centre: number): number[] {
    const { thresholds, amplitudes, powers } = this.model;
    const z = this.species[centre];
    const numbers = new Array<number>(this.atomNumbers).fill(0);
    numbers[0] = 1 / thresholds[z];
    powers.forEach((p, k) => (numbers[1 + p - POWERS.least] += amplitudes[z * powers.length + k]));
    return numbers;
  }

  tablesOf(): [] {
    return [];
  }

  constantEnergy(): number {
    return 0;
  }

  neighbour<R, I>(code: Code<R, I>, at: NeighbourPart<R, I>, sums: Reals<R, I>): void {
    const inverse = code.let(at.pair.load(1));
    const gap = code.sub(code.constant(1), code.mul(at.squared, inverse));
    const g = code.let(code.max(gap, code.constant(0)));
    const square = code.let(code.mul(g, g));
    sums.store(0, code.add(sums.load(0), code.mul(square, g)));
    at.fields.store(0, code.mul(code.mul(square, inverse), code.constant(-6)));
  }

  atom<R, I>(
    code: Code<R, I>,
    at: { readonly sums: Reals<R, I>; readonly adjoints: Reals<R, I>; readonly numbers: Reals<R, I> },
  ): R {
    const inverse = code.let(at.numbers.load(0));
    const excess = code.sub(code.mul(at.sums.load(0), inverse), code.constant(1));
    const x = code.let(code.max(excess, code.constant(0)));
    const each = Array.from({ length: 1 + POWERS.most - POWERS.least }, (_, k) => k);
    const amplitudes = each.map((k) => code.let(at.numbers.load(1 + k)));
    const slopes = each.map((k) => code.mul(amplitudes[k], code.constant(k + POWERS.least)));
    const square = code.let(code.mul(x, x));
    const energy = code.let(code.mul(code.mul(square, x), polynomialOf(code, amplitudes, x)));
    const slope = code.mul(square, polynomialOf(code, slopes, x));
    at.adjoints.store(0, code.mul(slope, inverse));
    return energy;
  }

  gradient<R, I>(code: Code<R, I>, at: NeighbourPart<R, I>, adjoints: Reals<R, I>): readonly [R, R, R] {
    const factor = code.let(code.mul(adjoints.load(0), at.fields.load(0)));
    const [x, y, z] = at.difference.map((d) => code.let(code.mul(d, factor)));
    return [x, y, z];
  }
}
