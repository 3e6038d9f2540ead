/** Plain evaluation of a SNAP potential; equations in model.ts, bispectrum.ts and hyperspherical.ts. */
import { atomCount, type Configuration } from '../../structure/configuration.ts';
import { referencePairs } from '../../structure/reference-pairs.ts';
import { speciesOfKinds, symmetrise } from '../moment-tensor/reference.ts';
import { emptyEvaluation, type Evaluation } from '../potential.ts';
import { matrixStarts, triples, type Triple } from './bispectrum.ts';
import { harmonicsOf, type SphereHarmonics, type SphereSettings } from './hyperspherical.ts';
import { coefficientCount, componentCount, pairCutoff, validateSnapModel, type SnapModel } from './model.ts';

/** Expansion coefficients of one atom, one list per channel (one, or one per element). */
interface Expansion {
  readonly re: Float64Array[];
  readonly im: Float64Array[];
}

interface Neighbour {
  readonly pair: number;
  readonly channel: number;
  readonly harmonics: SphereHarmonics;
}

/** How a neighbour of species b is placed on the sphere of an atom of species a. */
function sphereOf(model: SnapModel, a: number, b: number): SphereSettings {
  const { rfac0, rmin0, switching, inner } = model;
  return {
    ...{ rfac0, rmin0, switching, cutoff: pairCutoff(model, a, b) },
    ...(inner
      ? {
          inner: {
            centre: (inner.centres[a] + inner.centres[b]) / 2,
            width: (inner.widths[a] + inner.widths[b]) / 2,
          },
        }
      : {}),
  };
}

/** u of an atom of a species: its own share, 1 on the diagonals, and those of its neighbours. */
function expansionOf(model: SnapModel, species: number, neighbours: readonly Neighbour[]): Expansion {
  const start = matrixStarts(model.twojmax);
  const size = start[model.twojmax + 1];
  const channels = model.elementsApart ? model.species.length : 1;
  const fresh = () => Array.from({ length: channels }, () => new Float64Array(size));
  const u: Expansion = { re: fresh(), im: fresh() };
  for (let channel = 0; channel < channels; channel++) {
    if (model.elementsApart && !model.selfInAll && channel !== species) continue;
    for (let j = 0; j <= model.twojmax; j++)
      for (let m = 0; m <= j; m++) u.re[channel][start[j] + m * (j + 2)] += 1;
  }
  for (const { channel, harmonics } of neighbours)
    for (let k = 0; k < size; k++) {
      u.re[channel][k] += harmonics.re[k];
      u.im[channel][k] += harmonics.im[k];
    }
  return u;
}

/** Visits the components in the order of the coefficients: channels of u^{j₁}, u^{j₂} and u^j, then (j₁, j₂, j). */
function forEachComponent(
  model: SnapModel,
  visit: (component: number, triple: Triple, channels: readonly [number, number, number]) => void,
): void {
  const list = triples(model.twojmax);
  const channels = model.elementsApart ? model.species.length : 1;
  let component = 0;
  for (let e1 = 0; e1 < channels; e1++)
    for (let e2 = 0; e2 < channels; e2++)
      for (let e3 = 0; e3 < channels; e3++)
        for (const triple of list) visit(component++, triple, [e1, e2, e3]);
}

/** The bispectrum components of an atom. */
function componentsOf(model: SnapModel, species: number, u: Expansion): Float64Array {
  const values = new Float64Array(componentCount(model));
  forEachComponent(model, (component, triple, [e1, e2, e3]) => {
    let sum = 0;
    for (let t = 0; t < triple.factor.length; t++) {
      const [f, s, c] = [triple.first[t], triple.second[t], triple.conjugate[t]];
      const re = u.re[e1][f] * u.re[e2][s] - u.im[e1][f] * u.im[e2][s];
      const im = u.re[e1][f] * u.im[e2][s] + u.im[e1][f] * u.re[e2][s];
      sum += triple.factor[t] * (u.re[e3][c] * re + u.im[e3][c] * im);
    }
    const isolated = triple.twoJ + 1;
    const own =
      model.selfInAll || !model.elementsApart || (e1 === species && e2 === species && e3 === species);
    if (model.subtractIsolated && own) sum -= isolated;
    values[component] = model.normalised ? sum / (triple.twoJ + 1) : sum;
  });
  return values;
}

/** Energy of an atom and its derivatives by the components. */
function energyOf(
  model: SnapModel,
  species: number,
  b: Float64Array,
): { energy: number; slopes: Float64Array } {
  const n = b.length;
  const per = coefficientCount(model);
  const beta = model.coefficients.subarray(species * per, (species + 1) * per);
  const slopes = beta.slice(1, n + 1);
  let energy = beta[0];
  for (let k = 0; k < n; k++) energy += beta[k + 1] * b[k];
  if (!model.quadratic) return { energy, slopes };
  let at = n + 1;
  for (let k = 0; k < n; k++)
    for (let l = k; l < n; l++) {
      const alpha = beta[at++];
      if (l === k) {
        energy += (alpha * b[k] * b[k]) / 2;
        slopes[k] += alpha * b[k];
      } else {
        energy += alpha * b[k] * b[l];
        slopes[k] += alpha * b[l];
        slopes[l] += alpha * b[k];
      }
    }
  return { energy, slopes };
}

/** ∂E_i/∂ Re u and ∂E_i/∂ Im u. */
function gradientOf(model: SnapModel, u: Expansion, slopes: Float64Array): Expansion {
  const zeros = () => u.re.map((list) => new Float64Array(list.length));
  const g: Expansion = { re: zeros(), im: zeros() };
  forEachComponent(model, (component, triple, [e1, e2, e3]) => {
    const slope = slopes[component] / (model.normalised ? triple.twoJ + 1 : 1);
    if (slope === 0) return;
    for (let t = 0; t < triple.factor.length; t++) {
      const [f, s, c] = [triple.first[t], triple.second[t], triple.conjugate[t]];
      const w = slope * triple.factor[t];
      const [fr, fi] = [u.re[e1][f], u.im[e1][f]];
      const [sr, si] = [u.re[e2][s], u.im[e2][s]];
      const [cr, ci] = [u.re[e3][c], u.im[e3][c]];
      // Re(c* f s) by each of its factors
      g.re[e3][c] += w * (fr * sr - fi * si);
      g.im[e3][c] += w * (fr * si + fi * sr);
      g.re[e1][f] += w * (cr * sr + ci * si);
      g.im[e1][f] += w * (ci * sr - cr * si);
      g.re[e2][s] += w * (cr * fr + ci * fi);
      g.im[e2][s] += w * (ci * fr - cr * fi);
    }
  });
  return g;
}

/**
 * The bispectrum components of every atom, one list per atom.
 * @throws PotentialError for species that the potential does not have; StructureError for unusable structures
 */
export function snapComponents(model: SnapModel, configuration: Configuration): Float64Array[] {
  const out: Float64Array[] = [];
  forEachAtom(model, configuration, (_i, species, neighbours) => {
    out.push(componentsOf(model, species, expansionOf(model, species, neighbours)));
  });
  return out;
}

function forEachAtom(
  model: SnapModel,
  configuration: Configuration,
  visit: (i: number, species: number, neighbours: readonly Neighbour[]) => void,
) {
  validateSnapModel(model);
  const toSpecies = speciesOfKinds(model.species, configuration);
  const pairs = referencePairs(configuration, model.cutoff);
  for (let i = 0; i < atomCount(configuration); i++) {
    const species = toSpecies[configuration.kinds[i]];
    const neighbours: Neighbour[] = [];
    for (let pair = pairs.start[i]; pair < pairs.start[i + 1]; pair++) {
      const other = toSpecies[configuration.kinds[pairs.neighbours[pair]]];
      const [x, y, z] = pairs.vectors.subarray(3 * pair, 3 * pair + 3);
      const sphere = sphereOf(model, species, other);
      if (Math.hypot(x, y, z) >= sphere.cutoff) continue;
      const harmonics = harmonicsOf(model.twojmax, sphere, model.weights[other], [x, y, z]);
      neighbours.push({ pair, channel: model.elementsApart ? other : 0, harmonics });
    }
    visit(i, species, neighbours);
  }
  return pairs;
}

/**
 * Energy, per-atom energies, forces and virial.
 * @throws PotentialError for species that the potential does not have; StructureError for unusable structures
 */
export function evaluateSnap(model: SnapModel, configuration: Configuration): Evaluation {
  const result = emptyEvaluation(atomCount(configuration));
  const pairs = referencePairs(configuration, model.cutoff);
  forEachAtom(model, configuration, (i, species, neighbours) => {
    const u = expansionOf(model, species, neighbours);
    const { energy, slopes } = energyOf(model, species, componentsOf(model, species, u));
    result.atomEnergies[i] = energy;
    result.energy += energy;
    const g = gradientOf(model, u, slopes);
    for (const { pair, channel, harmonics } of neighbours) {
      const j = pairs.neighbours[pair];
      for (let axis = 0; axis < 3; axis++) {
        const [dre, dim] = [harmonics.dre[axis], harmonics.dim[axis]];
        let slope = 0;
        for (let k = 0; k < dre.length; k++) slope += g.re[channel][k] * dre[k] + g.im[channel][k] * dim[k];
        result.forces[3 * i + axis] += slope;
        result.forces[3 * j + axis] -= slope;
        for (let a = 0; a < 3; a++) result.virial[3 * a + axis] -= pairs.vectors[3 * pair + a] * slope;
      }
    }
  });
  symmetrise(result.virial);
  return result;
}
