/** Plain evaluation of an ACE potential; equations in model.ts, radial.ts, harmonics.ts and embedding.ts. */
import { atomCount, type Configuration } from '../../structure/configuration.ts';
import { referencePairs } from '../../structure/reference-pairs.ts';
import { speciesOfKinds, symmetrise } from '../moment-tensor/reference.ts';
import { emptyEvaluation, type Evaluation } from '../potential.ts';
import { embeddedEnergy } from './embedding.ts';
import { harmonicPlace, harmonicsOf, type Harmonics } from './harmonics.ts';
import {
  bondOf,
  densityCount,
  validateAceModel,
  type AceBond,
  type AceFunction,
  type AceModel,
} from './model.ts';
import { interpolated, polynomialSwitch, radialTable } from './radial.ts';

interface Neighbour {
  readonly pair: number;
  readonly species: number;
  readonly bond: AceBond;
  readonly r: number;
  readonly unit: readonly number[];
  /** [value, derivative] of g_1 … g_K and the core. */
  readonly radial: Float64Array;
  readonly harmonics: Harmonics;
}

/** Names a sum A: of rank 1 by species and n, else by species, n, l and m. */
const baseKey = (species: number, n: number) => `${species} ${n}`;
const sumKey = (species: number, n: number, l: number, m: number) => `${species} ${n} ${l} ${m}`;

interface Complex {
  readonly re: number;
  readonly im: number;
}

const product = (a: Complex, b: Complex): Complex => ({
  re: a.re * b.re - a.im * b.im,
  im: a.re * b.im + a.im * b.re,
});

const ONE: Complex = { re: 1, im: 0 };
const ZERO: Complex = { re: 0, im: 0 };

/** R_nl and its derivative, from g. */
function radialOf({ coefficients, lmax, baseCount }: AceBond, g: Float64Array, n: number, l: number) {
  const row = ((n - 1) * (lmax + 1) + l) * baseCount;
  let [value, slope] = [0, 0];
  for (let k = 0; k < baseCount; k++) {
    value += coefficients[row + k] * g[2 * k];
    slope += coefficients[row + k] * g[2 * k + 1];
  }
  return { value, slope };
}

/** Names of the sums that a function multiplies, for one combination of m. */
function factorsOf(f: AceFunction, combination: number): string[] {
  const rank = f.neighbours.length;
  if (rank === 1) return [baseKey(f.neighbours[0], f.radial[0])];
  return Array.from({ length: rank }, (_, t) =>
    sumKey(f.neighbours[t], f.radial[t], f.angular[t], f.orders[combination * rank + t]),
  );
}

/** All sums A over the neighbours of an atom. */
function sumsOf(neighbours: readonly Neighbour[]): Map<string, Complex> {
  const sums = new Map<string, Complex>();
  const add = (key: string, re: number, im: number) => {
    const present = sums.get(key) ?? ZERO;
    sums.set(key, { re: present.re + re, im: present.im + im });
  };
  for (const { species, bond, radial, harmonics } of neighbours) {
    for (let k = 0; k < bond.baseCount; k++) add(baseKey(species, k + 1), radial[2 * k], 0);
    for (let n = 1; n <= bond.radialCount; n++)
      for (let l = 0; l <= bond.lmax; l++) {
        const { value } = radialOf(bond, radial, n, l);
        for (let m = -l; m <= l; m++) {
          const place = harmonicPlace(l, m);
          add(sumKey(species, n, l, m), value * harmonics.re[place], value * harmonics.im[place]);
        }
      }
  }
  return sums;
}

/** ρ of an atom, and with slopes ∂E/∂ρ the derivatives by the sums: E changes by Re(w dA). */
function densitiesOf(list: readonly AceFunction[], sums: Map<string, Complex>, count: number): Float64Array {
  const densities = new Float64Array(count);
  for (const f of list) {
    const combinations = f.couplings.length / count;
    for (let c = 0; c < combinations; c++) {
      const value = factorsOf(f, c).reduce((z, key) => product(z, sums.get(key) ?? ZERO), ONE);
      for (let p = 0; p < count; p++) densities[p] += f.couplings[c * count + p] * f.weights[p] * value.re;
    }
  }
  return densities;
}

function derivativesOf(
  list: readonly AceFunction[],
  sums: Map<string, Complex>,
  slopes: Float64Array,
): Map<string, Complex> {
  const derivatives = new Map<string, Complex>();
  for (const f of list) {
    const combinations = f.couplings.length / slopes.length;
    for (let c = 0; c < combinations; c++) {
      let theta = 0;
      slopes.forEach((slope, p) => {
        theta += slope * f.couplings[c * slopes.length + p] * f.weights[p];
      });
      const factors = factorsOf(f, c);
      factors.forEach((key, t) => {
        const rest = factors
          .filter((_, s) => s !== t)
          .reduce((z, other) => product(z, sums.get(other) ?? ZERO), ONE);
        const present = derivatives.get(key) ?? ZERO;
        derivatives.set(key, { re: present.re + theta * rest.re, im: present.im + theta * rest.im });
      });
    }
  }
  return derivatives;
}

/** Share of the expansion and of the core in an atom's energy, and derivatives of the energy by ρ_core and by r of a neighbour. */
interface CoreShare {
  readonly expansion: number;
  readonly core: number;
  readonly byCore: number;
  readonly closest?: { readonly neighbour: Neighbour; readonly slope: number };
}

function coreShare(
  model: AceModel,
  species: number,
  { energy, core, neighbours }: { energy: number; core: number; neighbours: readonly Neighbour[] },
): CoreShare {
  if (model.core === 'zbl') {
    const room = ({ r, bond }: Neighbour) => r - (bond.innerCutoff - bond.innerWidth);
    const [closest] = [...neighbours].sort((a, b) => room(a) - room(b));
    if (closest === undefined || room(closest) >= model.cutoff) return { expansion: 1, core: 0, byCore: 0 };
    const { innerCutoff, innerWidth } = closest.bond;
    const { value, slope } = polynomialSwitch(innerCutoff - closest.r, innerWidth, innerWidth);
    return {
      ...{ expansion: value, core: 1 - value, byCore: 1 - value },
      closest: { neighbour: closest, slope: -slope * (energy - core) },
    };
  }
  const { coreCutoff, coreWidth } = model.embeddings[species];
  const { value, slope } = polynomialSwitch(core, coreCutoff, coreWidth);
  return { expansion: value, core: 1, byCore: 1 + energy * slope };
}

function forEachAtom(
  model: AceModel,
  configuration: Configuration,
  visit: (i: number, species: number, neighbours: readonly Neighbour[]) => void,
): { readonly neighbours: Int32Array; readonly vectors: Float64Array } {
  validateAceModel(model);
  const toSpecies = speciesOfKinds(model.species, configuration);
  const pairs = referencePairs(configuration, model.cutoff);
  for (let i = 0; i < atomCount(configuration); i++) {
    const species = toSpecies[configuration.kinds[i]];
    const neighbours: Neighbour[] = [];
    for (let pair = pairs.start[i]; pair < pairs.start[i + 1]; pair++) {
      const other = toSpecies[configuration.kinds[pairs.neighbours[pair]]];
      const [x, y, z] = pairs.vectors.subarray(3 * pair, 3 * pair + 3);
      const r = Math.hypot(x, y, z);
      const bond = bondOf(model, species, other);
      if (r >= bond.cutoff) continue;
      neighbours.push({
        ...{ pair, species: other, bond, r, unit: [x / r, y / r, z / r] },
        radial: interpolated(radialTable(model, species, other), r),
        harmonics: harmonicsOf(bond.lmax, [x, y, z]),
      });
    }
    visit(i, species, neighbours);
  }
  return pairs;
}

/** ∂E_i/∂r⃗_j of a neighbour through the sums. */
function gradientOf(
  { species, bond, unit, radial, harmonics }: Neighbour,
  derivatives: Map<string, Complex>,
): number[] {
  const gradient = [0, 0, 0];
  for (let k = 0; k < bond.baseCount; k++) {
    const w = derivatives.get(baseKey(species, k + 1));
    if (w) unit.forEach((u, axis) => (gradient[axis] += w.re * radial[2 * k + 1] * u));
  }
  for (let n = 1; n <= bond.radialCount; n++)
    for (let l = 0; l <= bond.lmax; l++) {
      const { value, slope } = radialOf(bond, radial, n, l);
      for (let m = -l; m <= l; m++) {
        const w = derivatives.get(sumKey(species, n, l, m));
        if (!w) continue;
        const place = harmonicPlace(l, m);
        const along = slope * (w.re * harmonics.re[place] - w.im * harmonics.im[place]);
        for (let axis = 0; axis < 3; axis++) {
          const across = w.re * harmonics.dre[axis][place] - w.im * harmonics.dim[axis][place];
          gradient[axis] += along * unit[axis] + value * across;
        }
      }
    }
  return gradient;
}

/**
 * Energy, per-atom energies, forces and virial.
 * @throws PotentialError for species that the potential does not have; StructureError for unusable structures
 */
export function evaluateAce(model: AceModel, configuration: Configuration): Evaluation {
  const result = emptyEvaluation(atomCount(configuration));
  const pairs = referencePairs(configuration, model.cutoff);
  forEachAtom(model, configuration, (i, species, neighbours) => {
    const list = model.functions[species];
    const sums = sumsOf(neighbours);
    const densities = densitiesOf(list, sums, densityCount(model, species));
    const { energy, slopes } = embeddedEnergy(model.embeddings[species], densities);
    const core = neighbours.reduce((sum, { radial }) => sum + radial[radial.length - 2], 0);
    const share = coreShare(model, species, { energy, core, neighbours });
    result.atomEnergies[i] = model.isolated[species] + share.expansion * energy + share.core * core;
    result.energy += result.atomEnergies[i];
    const derivatives = derivativesOf(
      list,
      sums,
      slopes.map((slope) => slope * share.expansion),
    );
    for (const neighbour of neighbours) {
      const { pair, unit, radial } = neighbour;
      const gradient = gradientOf(neighbour, derivatives);
      let along = share.byCore * radial[radial.length - 1];
      if (share.closest?.neighbour === neighbour) along += share.closest.slope;
      const j = pairs.neighbours[pair];
      for (let axis = 0; axis < 3; axis++) {
        const slope = gradient[axis] + along * unit[axis];
        result.forces[3 * i + axis] += slope;
        result.forces[3 * j + axis] -= slope;
        for (let a = 0; a < 3; a++) result.virial[3 * a + axis] -= pairs.vectors[3 * pair + a] * slope;
      }
    }
  });
  symmetrise(result.virial);
  return result;
}

/**
 * Derivatives of an atom's energy by the weight of each of its functions (linear potentials: the descriptors), one list per
 * atom; densities of a function follow each other.
 * @throws PotentialError for species that the potential does not have; StructureError for unusable structures
 */
export function aceFunctionValues(model: AceModel, configuration: Configuration): Float64Array[] {
  const out: Float64Array[] = [];
  forEachAtom(model, configuration, (_i, species, neighbours) => {
    const count = densityCount(model, species);
    const sums = sumsOf(neighbours);
    const values = model.functions[species].flatMap((f) => {
      const alone = { ...f, weights: new Float64Array(count).fill(1) };
      return Array.from(densitiesOf([alone], sums, count));
    });
    out.push(Float64Array.from(values));
  });
  return out;
}
