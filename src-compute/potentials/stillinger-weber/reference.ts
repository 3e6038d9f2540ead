/** Reference evaluation of a Stillinger–Weber potential; equations in model.ts. */
import { atomCount, type Configuration } from '../../structure/configuration.ts';
import { referencePairs } from '../../structure/reference-pairs.ts';
import { speciesOfKinds, symmetrise } from '../moment-tensor/reference.ts';
import { emptyEvaluation, type Evaluation } from '../potential.ts';
import { tripletTable, type StillingerWeberModel, type StillingerWeberTriplet } from './model.ts';

/** φ₂ and φ₂′ at r; both zero beyond aσ. */
export function stillingerWeberPair(
  set: StillingerWeberTriplet,
  r: number,
): { value: number; slope: number } {
  const gap = r - set.a * set.sigma;
  if (gap >= 0) return { value: 0, slope: 0 };
  const s = set.sigma / r;
  const [sp, sq] = [s ** set.p, s ** set.q];
  const decay = Math.exp(set.sigma / gap);
  const bracket = set.B * sp - sq;
  const bracketSlope = (-set.p * set.B * sp + set.q * sq) / r;
  const strength = set.A * set.epsilon * decay;
  return {
    value: strength * bracket,
    slope: strength * (bracketSlope - (bracket * set.sigma) / (gap * gap)),
  };
}

/** exp(γσ/(r − aσ)) of one leg and its derivative; both zero beyond aσ. */
function leg(set: StillingerWeberTriplet, r: number): { value: number; slope: number } {
  const gap = r - set.a * set.sigma;
  if (gap >= 0) return { value: 0, slope: 0 };
  const value = Math.exp((set.gamma * set.sigma) / gap);
  return { value, slope: (-value * set.gamma * set.sigma) / (gap * gap) };
}

/**
 * Energy, per-atom energies (half of each pair; a triplet belongs to its centre), forces and virial.
 * @throws PotentialError for species that the potential does not have; StructureError for unusable structures
 */
export function evaluateStillingerWeber(
  model: StillingerWeberModel,
  configuration: Configuration,
): Evaluation {
  const n = atomCount(configuration);
  const size = model.species.length;
  const sets = tripletTable(model);
  const toSpecies = speciesOfKinds(model.species, configuration);
  const pairs = referencePairs(configuration, model.cutoff);
  const result = emptyEvaluation(n);
  const kind = (atom: number) => toSpecies[configuration.kinds[atom]];
  /** Adds the gradient g = ∂E/∂r_ij of a vector from i to its neighbour. */
  const push = (i: number, pair: number, g: readonly number[]) => {
    const j = pairs.neighbours[pair];
    for (let axis = 0; axis < 3; axis++) {
      result.forces[3 * i + axis] += g[axis];
      result.forces[3 * j + axis] -= g[axis];
      for (let a = 0; a < 3; a++) result.virial[3 * a + axis] -= pairs.vectors[3 * pair + a] * g[axis];
    }
  };
  for (let i = 0; i < n; i++) {
    const zi = kind(i);
    for (let p = pairs.start[i]; p < pairs.start[i + 1]; p++) {
      const zj = kind(pairs.neighbours[p]);
      const u = pairs.vectors.subarray(3 * p, 3 * p + 3);
      const ru = Math.hypot(u[0], u[1], u[2]);
      const setU = sets[(zi * size + zj) * size + zj];
      const two = stillingerWeberPair(setU, ru);
      result.atomEnergies[i] += two.value / 2;
      push(
        i,
        p,
        Array.from(u, (x) => (two.slope * x) / ru / 2),
      ); // the pair is met from both sides
      const legU = leg(setU, ru);
      if (legU.value === 0) continue;
      for (let q = p + 1; q < pairs.start[i + 1]; q++) {
        const zk = kind(pairs.neighbours[q]);
        const v = pairs.vectors.subarray(3 * q, 3 * q + 3);
        const rv = Math.hypot(v[0], v[1], v[2]);
        const legV = leg(sets[(zi * size + zk) * size + zk], rv);
        if (legV.value === 0) continue;
        const { lambda, epsilon, cosTheta0 } = sets[(zi * size + zj) * size + zk];
        const cosine = (u[0] * v[0] + u[1] * v[1] + u[2] * v[2]) / (ru * rv);
        const bend = cosine - cosTheta0;
        const strength = lambda * epsilon;
        result.atomEnergies[i] += strength * bend * bend * legU.value * legV.value;
        // ∂cos θ/∂u = v/(|u||v|) − cos θ u/|u|²
        const angular = 2 * strength * bend * legU.value * legV.value;
        const radialU = (strength * bend * bend * legU.slope * legV.value) / ru;
        const radialV = (strength * bend * bend * legU.value * legV.slope) / rv;
        push(
          i,
          p,
          Array.from(u, (x, a) => radialU * x + angular * (v[a] / (ru * rv) - (cosine * x) / (ru * ru))),
        );
        push(
          i,
          q,
          Array.from(v, (x, a) => radialV * x + angular * (u[a] / (ru * rv) - (cosine * x) / (rv * rv))),
        );
      }
    }
  }
  for (const energy of result.atomEnergies) result.energy += energy;
  symmetrise(result.virial);
  return result;
}
