/**
 * φ and φ′ of the pair potentials as code. Equations: potentials/pair/. Every form lists the numbers that one pair of
 * species has and computes φ and φ′ of a record from them.
 */
import type { FunctionBody, LaneType, Lanes, Local, Vector } from '../../encoder/index.ts';
import { pairTable, zblRadii } from '../../../../potentials/pair/index.ts';
import type {
  LennardJonesModel,
  MorseModel,
  PairEntry,
  Truncation,
  ZblModel,
} from '../../../../potentials/pair/index.ts';
import { atomicNumber } from '../../../../structure/elements.ts';
import { COULOMB_EV_A } from '../../../../units.ts';
import { exponential } from '../exponential.ts';

type VectorLocal = Local<LaneType>;

/** φ and φ′ of a record. */
export interface PairValue {
  readonly energy: Vector;
  readonly slope: Vector;
}

/** What the code of a form works with. */
export interface PairInput {
  readonly code: FunctionBody;
  readonly lanes: Lanes;
  readonly r: VectorLocal;
  /** 1/r */
  readonly inverse: VectorLocal;
  /** n-th number of the pair of species, in all lanes. */
  readonly parameter: (n: number) => Vector;
}

export interface PairForm {
  /** Cutoff of each pair of species by zi·S + zj, Å; φ is not evaluated beyond. */
  readonly cutoffs: readonly number[];
  /** Numbers of each pair of species, equally many for all. */
  readonly parameters: readonly (readonly number[])[];
  evaluate(input: PairInput): PairValue;
}

/** Ends a form at the cutoff as potentials/pair/pair-function.ts says. */
function truncated(
  truncation: Truncation,
  entries: readonly PairEntry[],
  raw: readonly (readonly number[])[],
  evaluate: (input: PairInput) => PairValue,
  valueAtCutoff: (index: number) => number,
): PairForm {
  const cutoffs = entries.map((entry) => entry.cutoff);
  const count = raw[0].length;
  if (truncation === 'truncated') return { cutoffs, parameters: raw, evaluate };
  if (truncation === 'shifted') {
    return {
      cutoffs,
      parameters: raw.map((numbers, k) => [...numbers, valueAtCutoff(k)]),
      evaluate(input) {
        const { energy, slope } = evaluate(input);
        return { energy: input.lanes.sub(energy, input.parameter(count)), slope };
      },
    };
  }
  const starts = entries.map((entry) => entry.switchStart ?? 0.9 * entry.cutoff);
  return {
    cutoffs,
    parameters: raw.map((numbers, k) => [...numbers, starts[k], 1 / (cutoffs[k] - starts[k])]),
    evaluate(input) {
      const { code, lanes, r, parameter } = input;
      const value = evaluate(input);
      const energy = code.let(value.energy);
      const inverseWidth = code.let(parameter(count + 1));
      // x = 0 before the switch starts: S = 1, S′ = 0
      const inside = lanes.mul(lanes.sub(r, parameter(count)), inverseWidth);
      const x = code.let(lanes.max(inside, lanes.constant(0)));
      const c = (n: number) => lanes.constant(n);
      const square = code.let(lanes.mul(x, x));
      const tail = lanes.sub(c(10), lanes.mul(x, lanes.sub(c(15), lanes.mul(c(6), x))));
      const s = code.let(lanes.sub(c(1), lanes.mul(lanes.mul(square, x), tail)));
      const rest = code.let(lanes.sub(c(1), x));
      const sSlope = lanes.mul(lanes.mul(lanes.mul(c(-30), square), lanes.mul(rest, rest)), inverseWidth);
      return {
        energy: lanes.mul(energy, s),
        slope: lanes.add(lanes.mul(value.slope, s), lanes.mul(energy, sSlope)),
      };
    },
  };
}

/** 4ε[(σ/r)¹² − (σ/r)⁶] */
export function lennardJonesForm(model: LennardJonesModel): PairForm {
  const table = pairTable(model.species, model.pairs);
  const untruncated = ({ epsilon, sigma, cutoff }: (typeof table)[number]) => {
    const s6 = (sigma / cutoff) ** 6;
    return 4 * epsilon * (s6 * s6 - s6);
  };
  return truncated(
    model.truncation,
    table,
    table.map(({ epsilon, sigma }) => [sigma, 4 * epsilon, -24 * epsilon]),
    ({ code, lanes, inverse, parameter }) => {
      const s = code.let(lanes.mul(parameter(0), inverse));
      const s2 = code.let(lanes.mul(s, s));
      const s6 = code.let(lanes.mul(lanes.mul(s2, s2), s2));
      const s12 = code.let(lanes.mul(s6, s6));
      return {
        energy: lanes.mul(parameter(1), lanes.sub(s12, s6)),
        slope: lanes.mul(lanes.mul(parameter(2), lanes.sub(lanes.add(s12, s12), s6)), inverse),
      };
    },
    (k) => untruncated(table[k]),
  );
}

/** D[e^{−2a(r − r₀)} − 2e^{−a(r − r₀)}] */
export function morseForm(model: MorseModel): PairForm {
  const table = pairTable(model.species, model.pairs);
  return truncated(
    model.truncation,
    table,
    table.map((pair) => [
      pair.steepness,
      pair.equilibriumDistance,
      pair.depth,
      2 * pair.depth * pair.steepness,
    ]),
    ({ code, lanes, r, parameter }) => {
      const e = exponential(code, lanes, lanes.mul(parameter(0), lanes.sub(parameter(1), r)));
      const square = code.let(lanes.mul(e, e));
      return {
        energy: lanes.mul(parameter(2), lanes.sub(square, lanes.add(e, e))),
        slope: lanes.mul(parameter(3), lanes.sub(e, square)),
      };
    },
    (k) => {
      const { steepness, equilibriumDistance, depth, cutoff } = table[k];
      const e = Math.exp(-steepness * (cutoff - equilibriumDistance));
      return depth * (e * e - 2 * e);
    },
  );
}

const SCREENING_C = [0.02817, 0.28022, 0.50986, 0.18175];
const SCREENING_D = [0.20162, 0.4029, 0.94229, 3.1998];

/** E, E′ and E″ of the screened repulsion at the cutoff. */
function screenedAtCutoff(strength: number, length: number, r: number): [number, number, number] {
  let [f, f1, f2] = [0, 0, 0];
  SCREENING_C.forEach((c, n) => {
    const rate = SCREENING_D[n] / length;
    const term = c * Math.exp(-rate * r);
    f += term;
    f1 -= rate * term;
    f2 += rate * rate * term;
  });
  return [
    (strength * f) / r,
    strength * (f1 / r - f / r ** 2),
    strength * (f2 / r - (2 * f1) / r ** 2 + (2 * f) / r ** 3),
  ];
}

/** Screened repulsion with a polynomial that ends it smoothly. */
export function zblForm(model: ZblModel): PairForm {
  const numbers = model.species.map((symbol) => atomicNumber(symbol) ?? NaN);
  const radii = numbers.flatMap((_, i) => numbers.map((__, j) => zblRadii(model, i, j)));
  const parameters = numbers.flatMap((zi, i) =>
    numbers.map((zj, j) => {
      const { inner, outer } = radii[i * numbers.length + j];
      const width = outer - inner;
      const length = 0.4685 / (zi ** 0.23 + zj ** 0.23);
      const strength = zi * zj * COULOMB_EV_A;
      const [energy, slope, curvature] = screenedAtCutoff(strength, length, outer);
      const a = (-3 * slope + width * curvature) / width ** 2;
      const b = (2 * slope - width * curvature) / width ** 3;
      const c = -energy + (width * slope) / 2 - (width ** 2 * curvature) / 12;
      return [1 / length, strength, inner, a, b, c];
    }),
  );
  return {
    cutoffs: radii.map(({ outer }) => outer),
    parameters,
    evaluate({ code, lanes, r, inverse, parameter }) {
      const scaled = code.let(lanes.mul(r, parameter(0)));
      let f: Vector = lanes.constant(0);
      let fSlope: Vector = lanes.constant(0);
      SCREENING_C.forEach((c, n) => {
        const term = exponential(code, lanes, lanes.mul(scaled, lanes.constant(-SCREENING_D[n])));
        f = lanes.add(f, lanes.mul(lanes.constant(c), term));
        fSlope = lanes.add(fSlope, lanes.mul(lanes.constant(-c * SCREENING_D[n]), term));
      });
      const strength = code.let(lanes.mul(parameter(1), inverse));
      const repulsion = code.let(lanes.mul(strength, f));
      const slope = lanes.sub(
        lanes.mul(strength, lanes.mul(fSlope, parameter(0))),
        lanes.mul(repulsion, inverse),
      );
      const t = code.let(lanes.max(lanes.sub(r, parameter(2)), lanes.constant(0)));
      const square = code.let(lanes.mul(t, t));
      const a = code.let(parameter(3));
      const bt = code.let(lanes.mul(parameter(4), t));
      const bend = lanes.add(lanes.mul(a, lanes.constant(1 / 3)), lanes.mul(bt, lanes.constant(0.25)));
      return {
        energy: lanes.add(lanes.add(repulsion, lanes.mul(lanes.mul(square, t), bend)), parameter(5)),
        slope: lanes.add(slope, lanes.mul(square, lanes.add(a, bt))),
      };
    },
  };
}
