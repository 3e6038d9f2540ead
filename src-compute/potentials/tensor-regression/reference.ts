/**
 * Reference evaluation of a tensor-regression potential: slow and clear, the yardstick of every other backend.
 * Equations: see model.ts and layout.ts. Forces by the chain rule through the descriptors' gradients.
 */
import { atomCount, type Configuration } from '../../structure/configuration.ts';
import { referencePairs } from '../../structure/reference-pairs.ts';
import { speciesOfKinds, symmetrise } from '../moment-tensor/reference.ts';
import { emptyEvaluation, type Evaluation } from '../potential.ts';
import { referenceDescriptors } from './descriptors.ts';
import { descriptorLayout } from './layout.ts';
import { evaluateHead, headsOfAtoms, type TensorRegressionModel } from './model.ts';
import { radialRecurrence } from './radial.ts';

/**
 * Energy, per-atom energies, forces and virial of a configuration.
 * @throws PotentialError for species that the potential does not have, and in per-atom mode for other atoms than those
 *   of the fit; StructureError for unusable structures
 */
export function evaluateTensorRegression(
  model: TensorRegressionModel,
  configuration: Configuration,
): Evaluation {
  const n = atomCount(configuration);
  const toSpecies = speciesOfKinds(model.species, configuration);
  const species = Int32Array.from(configuration.kinds, (kind) => toSpecies[kind]);
  const heads = headsOfAtoms(model, species);
  const pairs = referencePairs(configuration, model.cutoff);
  const layout = descriptorLayout(model);
  const recurrence = radialRecurrence(layout.radialFunctions, model.minimumDistance, model.cutoff);
  const m = layout.size;
  const result = emptyEvaluation(n);
  const standardised = new Float64Array(m);
  const byDescriptor = new Float64Array(m);
  for (let i = 0; i < n; i++) {
    const neighbours = pairs.neighbours.subarray(pairs.start[i], pairs.start[i + 1]);
    const vectors = pairs.vectors.subarray(3 * pairs.start[i], 3 * pairs.start[i + 1]);
    const { values, gradients } = referenceDescriptors(layout, recurrence, {
      vectors,
      species: neighbours.map((j) => species[j]),
      ...(model.handover && { handover: model.handover, centre: species[i] }),
    });
    const offset = species[i] * m;
    for (let d = 0; d < m; d++) {
      standardised[d] = (values[d] - model.shift[offset + d]) * model.scale[offset + d];
    }
    const energy = evaluateHead(model.head, heads[i], standardised, byDescriptor);
    result.atomEnergies[i] = energy;
    result.energy += energy;
    neighbours.forEach((j, k) => {
      for (let axis = 0; axis < 3; axis++) {
        let gradient = 0; // ∂E_i/∂r_ij
        for (let d = 0; d < m; d++) {
          gradient += byDescriptor[d] * model.scale[offset + d] * gradients[(k * m + d) * 3 + axis];
        }
        result.forces[3 * i + axis] += gradient;
        result.forces[3 * j + axis] -= gradient;
        // W_ab = −∂E/∂ε_ab = −Σ r_a ∂E/∂r_b
        for (let a = 0; a < 3; a++) result.virial[3 * a + axis] -= vectors[3 * k + a] * gradient;
      }
    });
  }
  symmetrise(result.virial);
  return result;
}
