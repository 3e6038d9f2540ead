/** φ and φ′ of the pair potentials with formulas; equations: potentials/pair/. */
import {
  pairTable,
  screenedRepulsion,
  zblRadii,
  type LennardJonesModel,
  type MorseModel,
  type PairEntry,
  type Truncation,
  type ZblModel,
} from '../../potentials/pair/index.ts';
import { atomicNumber } from '../../structure/elements.ts';
import { COULOMB_EV_A } from '../../units.ts';
import type { Code } from '../code.ts';
import type { PairForm, PairInput, PairValue } from './form.ts';

/**
 * Ends a form at the cutoff as potentials/pair/pair-function.ts says.
 * @param raw numbers of each pair behind its cutoff
 */
function truncated(
  truncation: Truncation,
  entries: readonly PairEntry[],
  raw: readonly (readonly number[])[],
  form: Pick<PairForm, 'evaluate'>,
  valueAtCutoff: (index: number) => number,
): PairForm {
  const cutoffs = entries.map((entry) => entry.cutoff);
  const numbers = raw.map((list, k) => [cutoffs[k], ...list]);
  const count = numbers[0].length;
  if (truncation === 'truncated') return { cutoffs, parameters: numbers, evaluate: form.evaluate };
  if (truncation === 'shifted') {
    return {
      cutoffs,
      parameters: numbers.map((list, k) => [...list, valueAtCutoff(k)]),
      evaluate(code, input) {
        const { energy, slope } = form.evaluate(code, input);
        return { energy: code.sub(energy, input.parameter(count)), slope };
      },
    };
  }
  const starts = entries.map((entry) => entry.switchStart ?? 0.9 * entry.cutoff);
  return {
    cutoffs,
    parameters: numbers.map((list, k) => [...list, starts[k], 1 / (cutoffs[k] - starts[k])]),
    evaluate: (code, input) => switched(code, input, form.evaluate(code, input), count),
  };
}

/** φ S and its slope, S = 1 − x³(10 − 15x + 6x²); parameters `at`: where the switch starts, 1/width. */
function switched<R, I>(
  code: Code<R, I>,
  { r, parameter }: PairInput<R>,
  value: PairValue<R>,
  at: number,
): PairValue<R> {
  const c = (x: number) => code.constant(x);
  const energy = code.let(value.energy);
  const inverseWidth = code.let(parameter(at + 1));
  // x = 0 before the switch starts: S = 1, S′ = 0
  const x = code.let(code.max(code.mul(code.sub(r, parameter(at)), inverseWidth), c(0)));
  const square = code.let(code.mul(x, x));
  const tail = code.sub(c(10), code.mul(x, code.sub(c(15), code.mul(c(6), x))));
  const s = code.let(code.sub(c(1), code.mul(code.mul(square, x), tail)));
  const rest = code.let(code.sub(c(1), x));
  const sSlope = code.mul(code.mul(code.mul(c(-30), square), code.mul(rest, rest)), inverseWidth);
  return {
    energy: code.mul(energy, s),
    slope: code.add(code.mul(value.slope, s), code.mul(energy, sSlope)),
  };
}

/** 4ε[(σ/r)¹² − (σ/r)⁶] */
export function lennardJonesForm(model: LennardJonesModel): PairForm {
  const table = pairTable(model.species, model.pairs);
  return truncated(
    model.truncation,
    table,
    table.map(({ epsilon, sigma }) => [sigma, 4 * epsilon, -24 * epsilon]),
    {
      evaluate(code, { inverse, parameter }) {
        const s = code.let(code.mul(parameter(1), inverse));
        const s2 = code.let(code.mul(s, s));
        const s6 = code.let(code.mul(code.mul(s2, s2), s2));
        const s12 = code.let(code.mul(s6, s6));
        return {
          energy: code.mul(parameter(2), code.sub(s12, s6)),
          slope: code.mul(code.mul(parameter(3), code.sub(code.add(s12, s12), s6)), inverse),
        };
      },
    },
    (k) => {
      const { epsilon, sigma, cutoff } = table[k];
      const s6 = (sigma / cutoff) ** 6;
      return 4 * epsilon * (s6 * s6 - s6);
    },
  );
}

/** D[e^{−2a(r − r₀)} − 2e^{−a(r − r₀)}] */
export function morseForm(model: MorseModel): PairForm {
  const table = pairTable(model.species, model.pairs);
  return truncated(
    model.truncation,
    table,
    table.map(({ steepness, equilibriumDistance, depth }) => [
      steepness,
      equilibriumDistance,
      depth,
      2 * depth * steepness,
    ]),
    {
      evaluate(code, { r, parameter }) {
        const e = code.exp(code.mul(parameter(1), code.sub(parameter(2), r)));
        const square = code.let(code.mul(e, e));
        return {
          energy: code.mul(parameter(3), code.sub(square, code.add(e, e))),
          slope: code.mul(parameter(4), code.sub(e, square)),
        };
      },
    },
    (k) => {
      const { steepness, equilibriumDistance, depth, cutoff } = table[k];
      const e = Math.exp(-steepness * (cutoff - equilibriumDistance));
      return depth * (e * e - 2 * e);
    },
  );
}

/** c_k and d_k of Σ c_k e^{−d_k r/a}. */
const SCREENING = [
  [0.02817, 0.20162],
  [0.28022, 0.4029],
  [0.50986, 0.94229],
  [0.18175, 3.1998],
] as const;

/** Screened repulsion with a polynomial that ends it smoothly. */
export function zblForm(model: ZblModel): PairForm {
  const numbers = model.species.map((symbol) => atomicNumber(symbol) ?? NaN);
  const radii = numbers.flatMap((_, i) => numbers.map((__, j) => zblRadii(model, i, j)));
  const atCutoff = new Float64Array(3);
  const parameters = numbers.flatMap((zi, i) =>
    numbers.map((zj, j) => {
      const { inner, outer } = radii[i * numbers.length + j];
      const width = outer - inner;
      const length = 0.4685 / (zi ** 0.23 + zj ** 0.23);
      screenedRepulsion(zi * zj, length, outer, atCutoff);
      const [energy, slope, curvature] = atCutoff;
      const a = (-3 * slope + width * curvature) / width ** 2;
      const b = (2 * slope - width * curvature) / width ** 3;
      const c = -energy + (width * slope) / 2 - (width ** 2 * curvature) / 12;
      return [outer, 1 / length, zi * zj * COULOMB_EV_A, inner, a, b, c];
    }),
  );
  return { cutoffs: radii.map(({ outer }) => outer), parameters, evaluate: screened };
}

function screened<R, I>(code: Code<R, I>, { r, inverse, parameter }: PairInput<R>): PairValue<R> {
  const scaled = code.let(code.mul(r, parameter(1)));
  let f = code.constant(0);
  let fSlope = code.constant(0);
  for (const [c, d] of SCREENING) {
    const term = code.exp(code.mul(scaled, code.constant(-d)));
    f = code.add(f, code.mul(code.constant(c), term));
    fSlope = code.add(fSlope, code.mul(code.constant(-c * d), term));
  }
  const strength = code.let(code.mul(parameter(2), inverse));
  const repulsion = code.let(code.mul(strength, f));
  const slope = code.sub(code.mul(strength, code.mul(fSlope, parameter(1))), code.mul(repulsion, inverse));
  const t = code.let(code.max(code.sub(r, parameter(3)), code.constant(0)));
  const square = code.let(code.mul(t, t));
  const a = code.let(parameter(4));
  const bt = code.let(code.mul(parameter(5), t));
  const bend = code.add(code.mul(a, code.constant(1 / 3)), code.mul(bt, code.constant(0.25)));
  return {
    energy: code.add(code.add(repulsion, code.mul(code.mul(square, t), bend)), parameter(6)),
    slope: code.add(slope, code.mul(square, code.add(a, bt))),
  };
}
