/**
 * Stillinger–Weber as a program: potentials/stillinger-weber/model.ts. With G_j = exp(γσ/(r − aσ)) and unit vectors u_j the
 * sums over pairs of neighbours are products of sums over neighbours, so that the cost grows with their number alone:
 *
 *   Σ_jk (u_j·u_k − c)² G_j G_k = C:C − 2c B·B + c² A²,  A = Σ G_j,  B = Σ G_j u_j,  C = Σ G_j u_j ⊗ u_j
 *
 * for each pair of species of the neighbours; the terms j = k, (1 − c)² G_j², are taken away from the pair's own energy.
 */
import {
  tripletTable,
  type StillingerWeberModel,
  type StillingerWeberTriplet,
} from '../../potentials/stillinger-weber/index.ts';
import type { Code, Reals } from '../code.ts';
import { logarithm, power } from '../functions.ts';
import type { ManyBodyProgram, NeighbourPart } from '../many-body.ts';

/** aσ, σ, γσ, Aε, AεB, p, q, and (1 − c)² λε of the triplet with the same neighbour twice. */
const PAIR = {
  limit: 0,
  sigma: 1,
  leg: 2,
  strength: 3,
  repulsion: 4,
  p: 5,
  q: 6,
  self: 7,
  count: 8,
} as const;

/** A, B, C as xx, yy, zz, yz, xz, xy, and energies of pairs. */
const SUM = { a: 0, b: 1, c: 4, pairs: 10, count: 11 } as const;
const DIAGONAL = [0, 1, 2];
/** Places of the components of C beyond the diagonal. */
const OTHER = [
  [1, 2],
  [0, 2],
  [0, 1],
] as const;

/** u, 1/r, G, G′, slope of the pair's energy. */
const FIELD = { u: 0, inverse: 3, leg: 4, legSlope: 5, slope: 6, count: 7 } as const;

const LARGEST_POWER = 24;

/** Why there is no program for a model: sets that distinguish j from k. */
export function whyNoStillingerWeberProgram(model: StillingerWeberModel): string | undefined {
  const table = tripletTable(model);
  const size = model.species.length;
  const differs = table.some((set, index) => {
    const [i, j, k] = [Math.floor(index / size ** 2), Math.floor(index / size) % size, index % size];
    const mirrored = table[(i * size + k) * size + j];
    const [strength, other] = [set.lambda * set.epsilon, mirrored.lambda * mirrored.epsilon];
    return strength !== other || set.cosTheta0 !== mirrored.cosTheta0;
  });
  return differs ? 'its three-body terms depend on the order of the two neighbours' : undefined;
}

export class StillingerWeberProgram implements ManyBodyProgram {
  readonly cutoff: number;
  readonly sums = SUM.count;
  readonly channels: number;
  readonly work = 0;
  readonly fields = FIELD.count;
  readonly pairNumbers = PAIR.count;
  /** Of each pair of neighbour species λε, −2c λε, c² λε. */
  readonly atomNumbers: number;
  readonly tables = [];
  readonly reach = PAIR.limit;
  private readonly table: readonly StillingerWeberTriplet[];
  private readonly species: readonly number[];
  private readonly size: number;

  /** @param species index in the model of each of the backend's species */
  constructor(model: StillingerWeberModel, species: readonly number[]) {
    this.table = tripletTable(model);
    this.size = model.species.length;
    this.species = species;
    this.cutoff = model.cutoff;
    this.channels = species.length;
    this.atomNumbers = 3 * species.length ** 2;
  }

  /** The set of a triplet of the backend's species. */
  private set(i: number, j: number, k: number): StillingerWeberTriplet {
    const { species, size } = this;
    return this.table[(species[i] * size + species[j]) * size + species[k]];
  }

  pairNumbersOf(i: number, j: number): number[] {
    const { epsilon, sigma, a, gamma, A, B, p, q, lambda, cosTheta0 } = this.set(i, j, j);
    const self = (1 - cosTheta0) ** 2 * lambda * epsilon;
    return [a * sigma, sigma, gamma * sigma, A * epsilon, A * epsilon * B, p, q, self];
  }

  atomNumbersOf(i: number): number[] {
    const each = this.species.map((_, k) => k);
    return each.flatMap((j) =>
      each.flatMap((k) => {
        const { lambda, epsilon, cosTheta0: c } = this.set(i, j, k);
        return [lambda * epsilon, -2 * c * lambda * epsilon, c * c * lambda * epsilon];
      }),
    );
  }

  tablesOf(): [] {
    return [];
  }

  constantEnergy(): number {
    return 0;
  }

  neighbour<R, I>(code: Code<R, I>, at: NeighbourPart<R, I>, sums: Reals<R, I>): void {
    const { fields } = at;
    const r = code.let(code.sqrt(at.squared));
    const inverse = code.let(code.div(code.constant(1), r));
    const number = (k: number) => code.let(at.pair.load(k));
    const limit = number(PAIR.limit);
    // beyond aσ some harmless number, which `within` drops
    const gap = code.selectLess(r, limit, code.sub(r, limit), code.constant(-1));
    const perGap = code.let(code.div(code.constant(1), gap));
    const within = (x: R) => code.let(code.selectLess(r, limit, x, code.constant(0)));
    const strength = number(PAIR.leg);
    const decay = code.exp(code.mul(strength, perGap));
    const leg = within(decay);
    const legSlope = within(code.neg(code.mul(code.mul(decay, strength), code.mul(perGap, perGap))));
    const { energy, slope } = this.twoBody(code, number, { inverse, perGap });
    // half a pair is this atom's, and the terms of the neighbour with itself are in the products of sums
    const self = code.let(code.mul(number(PAIR.self), leg));
    const half = code.constant(0.5);
    const own = code.sub(code.mul(half, within(energy)), code.mul(code.mul(half, self), leg));
    fields.store(FIELD.slope, code.sub(code.mul(half, within(slope)), code.mul(self, legSlope)));
    const u = at.difference.map((d) => code.let(code.mul(d, inverse)));
    u.forEach((component, axis) => fields.store(FIELD.u + axis, component));
    fields.store(FIELD.inverse, inverse);
    fields.store(FIELD.leg, leg);
    fields.store(FIELD.legSlope, legSlope);
    const addTo = (k: number, x: R) => sums.store(k, code.add(sums.load(k), x));
    const weighted = u.map((component) => code.let(code.mul(leg, component)));
    addTo(SUM.a, leg);
    weighted.forEach((x, axis) => addTo(SUM.b + axis, x));
    DIAGONAL.forEach((axis) => addTo(SUM.c + axis, code.mul(weighted[axis], u[axis])));
    OTHER.forEach(([a, b], k) => addTo(SUM.c + 3 + k, code.mul(weighted[a], u[b])));
    addTo(SUM.pairs, own);
  }

  /** φ₂ and its slope, for distances below aσ. */
  private twoBody<R, I>(
    code: Code<R, I>,
    number: (k: number) => R,
    { inverse, perGap }: { inverse: R; perGap: R },
  ): { energy: R; slope: R } {
    const sigma = number(PAIR.sigma);
    const s = code.let(code.mul(sigma, inverse));
    const decay = code.exp(code.mul(sigma, perGap));
    const [p, q] = [number(PAIR.p), number(PAIR.q)];
    const [sp, sq] = [this.powers(code, s, p, 'p'), this.powers(code, s, q, 'q')];
    const repulsion = code.let(code.mul(number(PAIR.repulsion), sp));
    const attraction = code.let(code.mul(number(PAIR.strength), sq));
    const bracket = code.let(code.sub(repulsion, attraction));
    const steep = code.mul(code.sub(code.mul(q, attraction), code.mul(p, repulsion)), inverse);
    const ends = code.mul(code.mul(bracket, sigma), code.mul(perGap, perGap));
    return {
      energy: code.let(code.mul(bracket, decay)),
      slope: code.let(code.mul(decay, code.sub(steep, ends))),
    };
  }

  /** sⁿ: by products where all powers are small whole numbers, else as e^{n ln s}. */
  private powers<R, I>(code: Code<R, I>, s: R, n: R, which: 'p' | 'q'): R {
    const all = this.table.map((set) => set[which]);
    const largest = Math.max(...all);
    if (!all.every((x) => Number.isInteger(x) && x >= 0) || largest > LARGEST_POWER)
      return code.exp(code.mul(n, logarithm(code, s)));
    const smallest = Math.min(...all);
    let result = power(code, s, smallest);
    for (let k = smallest; k < largest; k++)
      result = code.let(code.selectLess(code.constant(k), n, code.mul(result, s), result));
    return result;
  }

  atom<R, I>(
    code: Code<R, I>,
    at: { readonly sums: Reals<R, I>; readonly adjoints: Reals<R, I>; readonly numbers: Reals<R, I> },
  ): R {
    const n = this.channels;
    const value = Array.from({ length: SUM.count * n }, (_, k) => code.let(at.sums.load(k)));
    const half = code.constant(0.5);
    let energy = code.constant(0);
    for (let a = 0; a < n; a++) {
      const own = a * SUM.count;
      const adjoint: (R | undefined)[] = [];
      for (let b = 0; b < n; b++) {
        const other = b * SUM.count;
        const [twist, bend, even] = [0, 1, 2].map((k) => code.let(at.numbers.load(3 * (a * n + b) + k)));
        const add = (k: number, factor: R) => {
          const x = code.mul(factor, value[other + k]);
          const before = adjoint[k];
          adjoint[k] = code.let(before === undefined ? x : code.add(before, x));
        };
        add(SUM.a, even);
        for (let k = 0; k < 3; k++) add(SUM.b + k, bend);
        for (let k = 0; k < 3; k++) add(SUM.c + k, twist);
        // xy stands for yx, too
        for (let k = 3; k < 6; k++) add(SUM.c + k, code.add(twist, twist));
      }
      adjoint.forEach((x, k) => {
        if (x === undefined) return;
        at.adjoints.store(own + k, x);
        energy = code.let(code.add(energy, code.mul(x, value[own + k])));
      });
      at.adjoints.store(own + SUM.pairs, code.constant(1));
    }
    energy = code.mul(energy, half);
    for (let a = 0; a < n; a++) energy = code.add(energy, value[a * SUM.count + SUM.pairs]);
    return code.let(energy);
  }

  gradient<R, I>(code: Code<R, I>, at: NeighbourPart<R, I>, adjoints: Reals<R, I>): readonly [R, R, R] {
    const { fields } = at;
    const u = DIAGONAL.map((axis) => code.let(fields.load(FIELD.u + axis)));
    const b = DIAGONAL.map((axis) => code.let(adjoints.load(SUM.b + axis)));
    const dot = (v: readonly R[]) =>
      v.map((x, axis) => code.mul(x, u[axis])).reduce((sum, x) => code.add(sum, x));
    // t = C′u, of which beyond the diagonal both halves are in the derivative
    const half = OTHER.map((_, k) => code.let(code.mul(adjoints.load(SUM.c + 3 + k), code.constant(0.5))));
    const t = DIAGONAL.map((axis) => {
      const [i, j] = OTHER[axis].map((k) => half[3 - axis - k]);
      const [v, w] = OTHER[axis].map((k) => u[k]);
      return code.let(
        code.add(code.mul(adjoints.load(SUM.c + axis), u[axis]), code.add(code.mul(i, v), code.mul(j, w))),
      );
    });
    const bu = code.let(dot(b));
    const tu = code.let(dot(t));
    const tangential = code.let(code.mul(fields.load(FIELD.leg), fields.load(FIELD.inverse)));
    const radial = code.mul(fields.load(FIELD.legSlope), code.add(code.add(adjoints.load(SUM.a), bu), tu));
    const inward = code.mul(tangential, code.add(bu, code.add(tu, tu)));
    const along = code.let(code.sub(code.add(radial, fields.load(FIELD.slope)), inward));
    const [x, y, z] = DIAGONAL.map((axis) =>
      code.let(
        code.add(
          code.mul(along, u[axis]),
          code.mul(tangential, code.add(b[axis], code.add(t[axis], t[axis]))),
        ),
      ),
    );
    return [x, y, z];
  }
}
