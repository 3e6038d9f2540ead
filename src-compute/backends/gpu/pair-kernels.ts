/**
 * Pair potentials as gpu.js kernels: one thread per listed pair, from (distance², type of pair) to (φ/2, φ′/r).
 *
 * The equations are those of potentials/pair/*.ts, in 32-bit floats. Parameters lie in rows, one per ordered pair of
 * species. Kernels are source text: minifiers would break functions.
 */
import { PotentialError } from '../../errors.ts';
import { atomicNumber } from '../../structure/elements.ts';
import { COULOMB_EV_A } from '../../units.ts';
import { pairFunctions, pairTable, zblRadii } from '../../potentials/pair/index.ts';
import type {
  LennardJonesModel,
  MorseModel,
  PairEntry,
  PairModel,
  TabulatedPairModel,
  Truncation,
  ZblModel,
} from '../../potentials/pair/index.ts';

/** What gpu.js needs for one pair potential. */
export interface PairKernelSource {
  /** function (squares, types) → [φ/2, φ′/r] */
  readonly source: string;
  readonly parameters: Float32Array;
  readonly loopMaxIterations?: number;
}

/** The kernel of a pair potential. */
export function pairKernelSource(model: PairModel): PairKernelSource {
  switch (model.form) {
    case 'lennard-jones':
      return lennardJones(model);
    case 'morse':
      return morse(model);
    case 'zbl':
      return zbl(model);
    case 'tabulated-pair':
      return tabulated(model);
  }
}

/**
 * Frame of all kernels.
 * @param stride parameters per pair of species; the first is r_c²
 * @param body computes `energy` = φ and `slope` = φ′/r from `r2`; parameter k is p(k)
 */
function kernel(stride: number, body: string): string {
  const withParameters = body.replace(
    /\bp\((\d+)\)/g,
    (_, k: string) => `this.constants.parameters[row + ${k}]`,
  );
  return `function (squares, types) {
    const r2 = squares[this.thread.x];
    const row = types[this.thread.x] * ${stride}.0;
    let energy = 0.0;
    let slope = 0.0;
    if (r2 < this.constants.parameters[row]) {
${withParameters}
    }
    return [0.5 * energy, slope];
  }`;
}

/** Parameters 1 … 3 of a truncated function: what to subtract, where the switch starts (r_c if none), 1/(r_c − r_s). */
function truncationRow(entry: PairEntry, truncation: Truncation, atCutoff: number): number[] {
  const start = truncation === 'switched' ? (entry.switchStart ?? 0.9 * entry.cutoff) : entry.cutoff;
  const width = entry.cutoff - start;
  return [entry.cutoff ** 2, truncation === 'shifted' ? atCutoff : 0, start, width > 0 ? 1 / width : 0];
}

/** Ends φ as pair-function.ts says; expects energy and slope of the bare function, and r. */
const TRUNCATE = `
      energy = energy - p(1);
      if (r > p(2)) {
        const x = (r - p(2)) * p(3);
        const s = 1.0 - x * x * x * (10.0 - x * (15.0 - 6.0 * x));
        const sSlope = -30.0 * x * x * (1.0 - x) * (1.0 - x) * p(3);
        slope = slope * s + energy * sSlope / r;
        energy = energy * s;
      }`;

function lennardJones(model: LennardJonesModel): PairKernelSource {
  const rows = pairTable(model.species, model.pairs).flatMap((entry) => {
    const s6 = (entry.sigma / entry.cutoff) ** 6;
    const atCutoff = 4 * entry.epsilon * (s6 * s6 - s6);
    return [...truncationRow(entry, model.truncation, atCutoff), entry.sigma ** 2, 4 * entry.epsilon];
  });
  const source = kernel(
    6,
    `      const s2 = p(4) / r2;
      const s6 = s2 * s2 * s2;
      energy = p(5) * s6 * (s6 - 1.0);
      slope = -6.0 * p(5) * s6 * (2.0 * s6 - 1.0) / r2;
      const r = Math.sqrt(r2);${TRUNCATE}`,
  );
  return { source, parameters: Float32Array.from(rows) };
}

function morse(model: MorseModel): PairKernelSource {
  const rows = pairTable(model.species, model.pairs).flatMap((entry) => {
    const e = Math.exp(-entry.steepness * (entry.cutoff - entry.equilibriumDistance));
    const atCutoff = entry.depth * (e * e - 2 * e);
    return [
      ...truncationRow(entry, model.truncation, atCutoff),
      entry.depth,
      entry.steepness,
      entry.equilibriumDistance,
    ];
  });
  const source = kernel(
    7,
    `      const r = Math.sqrt(r2);
      const e = Math.exp(-p(5) * (r - p(6)));
      energy = p(4) * e * (e - 2.0);
      slope = 2.0 * p(4) * p(5) * e * (1.0 - e) / r;${TRUNCATE}`,
  );
  return { source, parameters: Float32Array.from(rows) };
}

const SCREENING_C = [0.02817, 0.28022, 0.50986, 0.18175];
const SCREENING_D = [0.20162, 0.4029, 0.94229, 3.1998];

function zbl(model: ZblModel): PairKernelSource {
  const numbers = model.species.map((symbol) => {
    const z = atomicNumber(symbol);
    if (z === undefined) {
      throw new PotentialError(`The ZBL repulsion needs element symbols, and ${symbol} is none.`, {
        remedy: 'Name the types with --species.',
      });
    }
    return z;
  });
  // the switch from φ itself: below r₁ it adds the constant C, beyond a cubic and a quartic term
  const functions = pairFunctions(model);
  const out = new Float64Array(3);
  const rows = numbers.flatMap((zi, i) =>
    numbers.flatMap((zj, j) => {
      const length = 0.4685 / (zi ** 0.23 + zj ** 0.23);
      const { inner, outer } = zblRadii(model, i, j);
      const w = outer - inner;
      const bare = screened(zi * zj * COULOMB_EV_A, length, outer);
      const a = (-3 * bare[1] + w * bare[2]) / (w * w);
      const b = (2 * bare[1] - w * bare[2]) / (w * w * w);
      functions[i * numbers.length + j].evaluate(inner, out);
      const c = out[0] - screened(zi * zj * COULOMB_EV_A, length, inner)[0];
      return [outer ** 2, zi * zj * COULOMB_EV_A, 1 / length, c, a, b, inner];
    }),
  );
  const terms = SCREENING_C.map(
    (c, k) => `
      const t${k} = ${c} * Math.exp(-${SCREENING_D[k]} * p(2) * r);`,
  ).join('');
  const sum = SCREENING_C.map((_, k) => `t${k}`).join(' + ');
  const rates = SCREENING_D.map((d, k) => `${d} * t${k}`).join(' + ');
  const source = kernel(
    7,
    `      const r = Math.sqrt(r2);${terms}
      const f = ${sum};
      energy = p(1) * f / r + p(3);
      slope = -p(1) * (p(2) * (${rates}) + f / r) / r2;
      const t = Math.max(r - p(6), 0.0);
      energy = energy + t * t * t * (p(4) / 3.0 + 0.25 * p(5) * t);
      slope = slope + t * t * (p(4) + p(5) * t) / r;`,
  );
  return { source, parameters: Float32Array.from(rows) };
}

/** E, E′, E″ of the screened repulsion. */
function screened(strength: number, length: number, r: number): [number, number, number] {
  let [f, f1, f2] = [0, 0, 0];
  for (let k = 0; k < 4; k++) {
    const rate = SCREENING_D[k] / length;
    const term = SCREENING_C[k] * Math.exp(-rate * r);
    f += term;
    f1 -= rate * term;
    f2 += rate * rate * term;
  }
  return [
    (strength * f) / r,
    strength * (f1 / r - f / r ** 2),
    strength * (f2 / r - (2 * f1) / r ** 2 + (2 * f) / r ** 3),
  ];
}

/** Splines: per interval its start, its square, and the cubic around the start, from φ, φ′ and φ″ at the knots. */
function tabulated(model: TabulatedPairModel): PairKernelSource {
  const pairs = pairTable(
    model.species,
    model.pairs.map((pair) => ({ ...pair, cutoff: pair.distances[pair.distances.length - 1] })),
  );
  const functions = pairFunctions(model);
  const intervals = Math.max(...pairs.map((pair) => pair.distances.length)) - 1;
  const stride = 1 + 6 * intervals;
  const parameters = new Float32Array(stride * pairs.length);
  const knot = new Float64Array(3);
  const next = new Float64Array(3);
  pairs.forEach((pair, k) => {
    const { distances: x, cutoff } = pair;
    const row = parameters.subarray(k * stride, (k + 1) * stride);
    row[0] = cutoff ** 2;
    for (let interval = 0; interval < intervals; interval++) {
      const at = 1 + 6 * interval;
      if (interval >= x.length - 1) {
        // never reached: begins beyond the cutoff
        row.set([cutoff, 2 * cutoff ** 2, 0, 0, 0, 0], at);
        continue;
      }
      functions[k].evaluate(x[interval], knot);
      const h = x[interval + 1] - x[interval];
      // just inside the interval: beyond the last knot everything is zero
      functions[k].evaluate(x[interval + 1] - 1e-9 * h, next);
      row.set(
        [x[interval], x[interval] ** 2, knot[0], knot[1], knot[2] / 2, (next[2] - knot[2]) / (6 * h)],
        at,
      );
    }
  });
  const halvings = Math.ceil(Math.log2(intervals + 1));
  const source = kernel(
    stride,
    `      let low = 0.0;
      let high = ${intervals}.0;
      for (let n = 0; n < ${halvings}; n++) {
        const middle = Math.floor(0.5 * (low + high));
        if (middle > low) {
          if (this.constants.parameters[row + 2.0 + 6.0 * middle] > r2) { high = middle; } else { low = middle; }
        }
      }
      const at = row + 1.0 + 6.0 * low;
      const r = Math.sqrt(r2);
      const t = r - this.constants.parameters[at];
      // below the table φ goes on linearly
      let bend = this.constants.parameters[at + 4.0];
      let twist = this.constants.parameters[at + 5.0];
      if (t < 0.0) { bend = 0.0; twist = 0.0; }
      const b = this.constants.parameters[at + 3.0];
      energy = this.constants.parameters[at + 2.0] + t * (b + t * (bend + t * twist));
      slope = (b + t * (2.0 * bend + 3.0 * t * twist)) / r;`,
  );
  return { source, parameters, loopMaxIterations: 64 };
}
