/**
 * Radial functions g_k of an ACE potential and its core repulsion, exactly and as the cubic pieces by which it is defined.
 *
 * With T_n Chebyshev polynomials (Bochkarev et al., Phys. Rev. Mater. 6 (2022) 013804, appendix) and r_c the cutoff:
 *   ChebExpCos   x = 1 − 2 (e^{−λr/r_c} − e^{−λ}) / (1 − e^{−λ}); g_1 = 1, g_k = (1 − T_{k−1}(x))/2, times
 *                (1 + cos πr/r_c)/2, times (1 + cos π(r − r_c + d)/d)/2 in the last d = cutoffWidth
 *   ChebPow      x = 1 − 2 (1 − r/r_c)^λ; g_k = (1 − T_k(x))/2
 *   ChebLinear   x = 1 − r/r_c; g_k = (1 − T_k(x))/2
 *   SBessel      combinations of spherical Bessel functions that are orthogonal and vanish smoothly at r_c
 *                (Kocer, Mason, Erturk, J. Chem. Phys. 150 (2019) 154102)
 * `d/dr` is carried along.
 */
import { PotentialError } from '../../errors.ts';
import { atomicNumber } from '../../structure/elements.ts';
import { COULOMB_EV_A } from '../../units.ts';
import { zblFunction } from '../pair/zbl.ts';
import type { AceBond, AceModel } from './model.ts';

/** A function and its derivative at a distance. */
interface Value {
  readonly value: number;
  readonly slope: number;
}

const ZERO: Value = { value: 0, slope: 0 };

const times = (a: Value, b: Value): Value => ({
  value: a.value * b.value,
  slope: a.slope * b.value + a.value * b.slope,
});

/** (1 + cos(πt))/2 with t = (r − from)/width. */
function cosineSwitch(r: number, from: number, width: number): Value {
  const angle = (Math.PI * (r - from)) / width;
  return { value: (1 + Math.cos(angle)) / 2, slope: (-Math.PI / width / 2) * Math.sin(angle) };
}

/** A polynomial of fifth degree from 1 at `end − width` to 0 at `end`. */
export function polynomialSwitch(x: number, end: number, width: number): Value {
  if (x <= end - width) return { value: 1, slope: 0 };
  if (x >= end) return ZERO;
  const t = 1 - 2 * (1 + (x - end) / width);
  return {
    value: 0.5 + 3.75 * (t / 4 - t ** 3 / 6 + t ** 5 / 20),
    slope: (-7.5 / width) * (0.25 - t ** 2 / 2 + t ** 4 / 4),
  };
}

/** T_0 … T_n at x(r). */
function chebyshev(x: Value, n: number): Value[] {
  const list: Value[] = [{ value: 1, slope: 0 }, x];
  for (let k = 2; k <= n; k++) {
    const [near, far] = [list[k - 1], list[k - 2]];
    list.push({
      value: 2 * x.value * near.value - far.value,
      slope: 2 * (x.slope * near.value + x.value * near.slope) - far.slope,
    });
  }
  return list;
}

const fromOne = ({ value, slope }: Value): Value => ({ value: (1 - value) / 2, slope: -slope / 2 });

function chebyshevExponential(
  { parameter: lambda, cutoff, cutoffWidth, baseCount }: AceBond,
  r: number,
): Value[] {
  const least = Math.exp(-lambda);
  const y = Math.exp((-lambda * r) / cutoff);
  const x = {
    value: 1 - (2 * (y - least)) / (1 - least),
    slope: ((2 * lambda) / cutoff) * (y / (1 - least)),
  };
  const list = chebyshev(x, baseCount).slice(0, baseCount);
  let envelope = cosineSwitch(r, 0, cutoff);
  if (r > cutoff - cutoffWidth)
    envelope = times(envelope, cosineSwitch(r, cutoff - cutoffWidth, cutoffWidth));
  return list.map((t, k) => times(k === 0 ? t : fromOne(t), envelope));
}

function chebyshevOf(x: Value, n: number): Value[] {
  return chebyshev(x, n)
    .slice(1, n + 1)
    .map(fromOne);
}

function sinc(x: number): Value {
  if (x === 0) return { value: 1, slope: 0 };
  return { value: Math.sin(x) / x, slope: (Math.cos(x) * x - Math.sin(x)) / (x * x) };
}

function simplifiedBessel({ cutoff, baseCount }: AceBond, r: number): Value[] {
  const list: Value[] = [];
  let before = 1;
  for (let n = 0; n < baseCount; n++) {
    const [a, b] = [n + 1, n + 2].map((k) => (k * Math.PI) / cutoff);
    const [first, second] = [sinc(a * r), sinc(b * r)];
    const scale =
      ((-1) ** n * Math.SQRT2 * Math.PI * (n + 1) * (n + 2)) / (cutoff ** 1.5 * Math.hypot(n + 1, n + 2));
    const raw = {
      value: scale * (first.value + second.value),
      slope: scale * (a * first.slope + b * second.slope),
    };
    if (n === 0) {
      list.push(raw);
      continue;
    }
    const e = (n * n * (n + 2) ** 2) / (4 * (n + 1) ** 4 + 1);
    const d = 1 - e / before;
    const mixed = Math.sqrt(e / before);
    const last = list[n - 1];
    list.push({
      value: (raw.value + mixed * last.value) / Math.sqrt(d),
      slope: (raw.slope + mixed * last.slope) / Math.sqrt(d),
    });
    before = d;
  }
  return list;
}

/** g_1 … g_K at a distance within the cutoff, whatever ends them inside. */
export function bareRadialFunctions(bond: AceBond, r: number): Value[] {
  const { cutoff, parameter, baseCount } = bond;
  switch (bond.radial) {
    case 'ChebExpCos':
      return chebyshevExponential(bond, r);
    case 'ChebPow': {
      const left = 1 - r / cutoff;
      const slope = ((2 * parameter) / cutoff) * left ** (parameter - 1);
      return chebyshevOf({ value: 1 - 2 * left ** parameter, slope }, baseCount);
    }
    case 'ChebLinear':
      return chebyshevOf({ value: 1 - r / cutoff, slope: -1 / cutoff }, baseCount);
    case 'SBessel':
      return simplifiedBessel(bond, r);
  }
}

/** g_1 … g_K at a distance, exactly. */
export function radialFunctions(model: AceModel, bond: AceBond, r: number): Value[] {
  const ended = () => Array.from({ length: bond.baseCount }, () => ZERO);
  if (r >= bond.cutoff) return ended();
  const inner = model.core === 'distance';
  if (inner && r <= bond.innerCutoff - bond.innerWidth) return ended();
  const list = bareRadialFunctions(bond, r);
  if (!inner) return list;
  const { value, slope } = polynomialSwitch(r, bond.innerCutoff, bond.innerWidth);
  return list.map((g) => times(g, { value: 1 - value, slope: -slope }));
}

/** Share of a neighbour in ρ_core, eV, exactly. @param pair species of centre and neighbour */
function coreRepulsion(model: AceModel, bond: AceBond, r: number, pair: readonly [string, string]): Value {
  if (r >= bond.cutoff) return ZERO;
  if (model.core === 'zbl') return nuclearRepulsion(bond, r, pair);
  const exponent = Math.abs(bond.coreExponent) * r * r;
  if (exponent >= 50) return ZERO;
  const strength = Math.abs(bond.corePrefactor) * Math.exp(-exponent);
  const bare = { value: strength / r, slope: (-strength * (2 * exponent + 1)) / (r * r) };
  const core = times(bare, cosineSwitch(r, 0, bond.cutoff));
  return model.core === 'distance'
    ? times(core, polynomialSwitch(r, bond.innerCutoff, bond.innerWidth))
    : core;
}

/** Half of the repulsion of two nuclei, ended twice: by ZBL's own switch and by the polynomial. */
function nuclearRepulsion(bond: AceBond, r: number, pair: readonly [string, string]): Value {
  const [zi, zj] = pair.map(atomicNumber);
  if (zi === undefined || zj === undefined)
    throw new PotentialError(`There is no nuclear charge of ${zi === undefined ? pair[0] : pair[1]}.`, {
      remedy: 'Core repulsion by nuclear charges needs names of elements.',
    });
  const inner = bond.cutoff - bond.cutoffWidth;
  const out = new Float64Array(3);
  zblFunction(zi, zj, inner, bond.cutoff).evaluate(r, out);
  // the evaluator of .yace files rounds e²/(4πε₀) one digit earlier
  const share = (bond.corePrefactor * (YACE_COULOMB / COULOMB_EV_A)) / 2;
  return times(
    { value: share * out[0], slope: share * out[1] },
    polynomialSwitch(r, bond.cutoff, bond.cutoffWidth),
  );
}

/** e²/(4πε₀), eV Å, as the evaluator of `.yace` files has it. */
const YACE_COULOMB = 14.399645351950543;

/** Values and derivatives times the step, at multiples of the step; g_1 … g_K, then the core. */
export interface RadialTable {
  readonly step: number;
  readonly functions: number;
  /** Point, function, then value and derivative. */
  readonly numbers: Float64Array;
}

const tables = new WeakMap<AceModel, Map<number, RadialTable>>();

/**
 * The table of a pair of species. Its first point, at 0, is not used: below one step the second piece goes on.
 * @throws PotentialError where nuclear repulsion is asked for between things that are no elements
 */
export function radialTable(model: AceModel, centre: number, neighbour: number): RadialTable {
  const own = tables.get(model) ?? new Map<number, RadialTable>();
  tables.set(model, own);
  const place = centre * model.species.length + neighbour;
  const known = own.get(place);
  if (known) return known;
  const bond = model.bonds[place];
  const pair = [model.species[centre], model.species[neighbour]] as const;
  const points = Math.trunc(bond.cutoff / model.tableSpacing);
  const step = bond.cutoff / points;
  const functions = bond.baseCount + 1;
  const numbers = new Float64Array(2 * functions * (points + 1));
  for (let n = 1; n <= points; n++) {
    const r = n === points ? bond.cutoff : n * step;
    const values = [...radialFunctions(model, bond, r), coreRepulsion(model, bond, r, pair)];
    values.forEach(({ value, slope }, k) => {
      numbers.set([value, slope * step], 2 * (n * functions + k));
    });
  }
  const table = { step, functions, numbers };
  own.set(place, table);
  return table;
}

/**
 * All functions of a table at a distance: [value, derivative] of each.
 * @param out where to write them, for loops that allocate nothing
 */
export function interpolated(
  { step, functions, numbers }: RadialTable,
  r: number,
  out: Float64Array = new Float64Array(2 * functions),
): Float64Array {
  const points = numbers.length / (2 * functions) - 1;
  const n = Math.max(1, Math.floor(r / step));
  if (n >= points) return out.fill(0);
  const t = r / step - n;
  for (let k = 0; k < functions; k++) {
    const left = 2 * (n * functions + k);
    const right = left + 2 * functions;
    const [f0, d0, f1, d1] = [numbers[left], numbers[left + 1], numbers[right], numbers[right + 1]];
    const c2 = 3 * (f1 - f0) - d1 - 2 * d0;
    const c3 = 2 * (f0 - f1) + d1 + d0;
    out[2 * k] = f0 + t * (d0 + t * (c2 + t * c3));
    out[2 * k + 1] = (d0 + t * (2 * c2 + t * 3 * c3)) / step;
  }
  return out;
}
