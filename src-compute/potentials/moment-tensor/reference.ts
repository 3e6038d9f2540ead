/**
 * Reference evaluation of a moment tensor potential: slow and clear, the yardstick of every other backend.
 * Equations: see model.ts. Forces by the adjoint (reverse) pass through the product graph.
 */
import { PotentialError } from '../../errors.ts';
import { atomCount, type Configuration } from '../../structure/configuration.ts';
import { referencePairs } from '../../structure/reference-pairs.ts';
import { handedOver } from '../handover.ts';
import { emptyEvaluation, type Evaluation } from '../potential.ts';
import { basicCount, productCount, radialOffset, type MomentGraph, type MomentTensorModel } from './model.ts';

/**
 * For each kind of a configuration, its index among the potential's species.
 * @throws PotentialError naming the species that the potential does not have
 */
export function speciesOfKinds(species: readonly string[], configuration: Configuration): Int32Array {
  const used = new Set(configuration.kinds);
  return Int32Array.from(configuration.symbols, (symbol, kind) => {
    const index = species.indexOf(symbol);
    if (index < 0 && used.has(kind)) {
      throw new PotentialError(
        `The structure contains ${symbol}, and the potential was made for ${species.join(', ')}.`,
        {
          remedy: 'Use a potential that knows this element, or name the types with --species.',
        },
      );
    }
    return index;
  });
}

/** T_k(x)(r_c − r)² and its derivative by r for k < size, both times `scaling`. */
export function radialBasis(
  r: number,
  minimumDistance: number,
  cutoff: number,
  scaling: number,
  value: Float64Array,
  derivative: Float64Array,
): void {
  const size = value.length;
  const slope = 2 / (cutoff - minimumDistance);
  const x = (2 * r - minimumDistance - cutoff) / (cutoff - minimumDistance);
  const smooth = scaling * (cutoff - r) ** 2;
  const smoothSlope = -2 * scaling * (cutoff - r);
  // no pairs in brackets: this runs for every neighbour of every pass, and arrays would cost three times the arithmetic
  let t = 1;
  let tPrevious = 0;
  let d = 0;
  let dPrevious = 0;
  for (let k = 0; k < size; k++) {
    value[k] = t * smooth;
    derivative[k] = d * slope * smooth + t * smoothSlope;
    // T_{k+1} = 2xT_k − T_{k−1}, except T_1 = x T_0
    const factor = k === 0 ? 1 : 2;
    const tNext = factor * x * t - tPrevious;
    const dNext = factor * (t + x * d) - dPrevious;
    tPrevious = t;
    t = tNext;
    dPrevious = d;
    d = dNext;
  }
}

/** Fills in every product moment from the basic ones. */
export function evaluateProducts(graph: MomentGraph, moments: Float64Array): void {
  moments.fill(0, basicCount(graph));
  for (let p = 0; p < graph.products.length; p += 4) {
    const [i, j, m, k] = graph.products.subarray(p, p + 4);
    moments[k] += m * moments[i] * moments[j];
  }
}

/** Adjoints ∂(Σ_α ξ_α B_α)/∂M of every moment, by the reverse pass. */
export function adjointMoments(
  graph: MomentGraph,
  coefficients: Float64Array,
  moments: Float64Array,
): Float64Array {
  const adjoint = new Float64Array(graph.momentCount);
  graph.scalarMoments.forEach((moment, alpha) => (adjoint[moment] += coefficients[alpha]));
  for (let p = productCount(graph) - 1; p >= 0; p--) {
    const [i, j, m, k] = graph.products.subarray(4 * p, 4 * p + 4);
    adjoint[i] += m * adjoint[k] * moments[j];
    adjoint[j] += m * adjoint[k] * moments[i];
  }
  return adjoint;
}

/**
 * Energy, per-atom energies, forces and virial of a configuration.
 * @throws PotentialError for species that the potential does not have; StructureError for unusable structures
 */
export function evaluateMomentTensor(model: MomentTensorModel, configuration: Configuration): Evaluation {
  const n = atomCount(configuration);
  const toSpecies = speciesOfKinds(model.species, configuration);
  const pairs = referencePairs(configuration, model.cutoff);
  const result = emptyEvaluation(n);
  const moments = new Float64Array(model.momentCount);
  const basics = basicCount(model);
  const pairTerms = pairEvaluator(model);
  for (let i = 0; i < n; i++) {
    const zi = toSpecies[configuration.kinds[i]];
    moments.fill(0);
    for (let p = pairs.start[i]; p < pairs.start[i + 1]; p++) {
      const zj = toSpecies[configuration.kinds[pairs.neighbours[p]]];
      const terms = pairTerms(pairs.vectors.subarray(3 * p, 3 * p + 3), zi, zj);
      for (let b = 0; b < basics; b++) moments[b] += terms.value[b];
    }
    evaluateProducts(model, moments);
    const adjoint = adjointMoments(model, model.momentCoefficients, moments);
    let energy = model.speciesCoefficients[zi];
    model.scalarMoments.forEach(
      (moment, alpha) => (energy += model.momentCoefficients[alpha] * moments[moment]),
    );
    result.atomEnergies[i] = energy;
    result.energy += energy;
    for (let p = pairs.start[i]; p < pairs.start[i + 1]; p++) {
      const j = pairs.neighbours[p];
      const vector = pairs.vectors.subarray(3 * p, 3 * p + 3);
      const terms = pairTerms(vector, zi, toSpecies[configuration.kinds[j]]);
      for (let axis = 0; axis < 3; axis++) {
        let gradient = 0; // ∂E_i/∂r_ij
        for (let b = 0; b < basics; b++) gradient += adjoint[b] * terms.gradient[3 * b + axis];
        result.forces[3 * i + axis] += gradient;
        result.forces[3 * j + axis] -= gradient;
        // W_ab = −∂E/∂ε_ab = −Σ r_a ∂E/∂r_b
        for (let a = 0; a < 3; a++) result.virial[3 * a + axis] -= vector[a] * gradient;
      }
    }
  }
  symmetrise(result.virial);
  return result;
}

/** Contribution of one neighbour to every basic moment, f_μ(r) x^a y^b z^c / r^{a+b+c}, and its gradient. */
function pairEvaluator(model: MomentTensorModel) {
  const basics = basicCount(model);
  const value = new Float64Array(basics);
  const gradient = new Float64Array(3 * basics);
  const phi = new Float64Array(model.radialBasisSize);
  const phiSlope = new Float64Array(model.radialBasisSize);
  const f = new Float64Array(model.radialFunctionCount);
  const fSlope = new Float64Array(model.radialFunctionCount);
  const seen = Float64Array.of(0, 1);
  return (vector: Float64Array, zi: number, zj: number) => {
    const r = Math.hypot(vector[0], vector[1], vector[2]);
    seen[0] = r;
    if (model.handover) {
      const pair = zi * model.species.length + zj;
      handedOver(model.handover.inner[pair], model.handover.outer[pair], r, seen);
    }
    radialBasis(seen[0], model.minimumDistance, model.cutoff, model.scaling, phi, phiSlope);
    for (let mu = 0; mu < f.length; mu++) {
      const offset = radialOffset(model, zi, zj, mu);
      f[mu] = 0;
      fSlope[mu] = 0;
      for (let k = 0; k < phi.length; k++) {
        f[mu] += model.radialCoefficients[offset + k] * phi[k];
        fSlope[mu] += model.radialCoefficients[offset + k] * phiSlope[k];
      }
      fSlope[mu] *= seen[1];
    }
    for (let b = 0; b < basics; b++) {
      const [mu, ...powers] = model.basics.subarray(4 * b, 4 * b + 4);
      const rank = powers[0] + powers[1] + powers[2];
      const monomial = vector[0] ** powers[0] * vector[1] ** powers[1] * vector[2] ** powers[2];
      const radial = f[mu] / r ** rank;
      const radialSlope = fSlope[mu] / r ** rank - (rank * f[mu]) / r ** (rank + 1);
      value[b] = radial * monomial;
      for (let axis = 0; axis < 3; axis++) {
        let slope = 0; // ∂(x^a y^b z^c)/∂axis
        if (powers[axis] > 0) {
          slope = powers[axis];
          for (let k = 0; k < 3; k++) slope *= vector[k] ** (powers[k] - (k === axis ? 1 : 0));
        }
        gradient[3 * b + axis] = (radialSlope * vector[axis] * monomial) / r + radial * slope;
      }
    }
    return { value, gradient };
  };
}

/** Averages the off-diagonal pairs: the virial of an isotropic interaction is symmetric up to round-off. */
export function symmetrise(virial: Float64Array): void {
  for (const [a, b] of [
    [1, 3],
    [2, 6],
    [5, 7],
  ]) {
    virial[a] = virial[b] = (virial[a] + virial[b]) / 2;
  }
}
