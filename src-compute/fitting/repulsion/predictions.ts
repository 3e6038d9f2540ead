/**
 * What the repulsion of a potential adds to the predictions of its learnt part. It is zero on the data that its radii and
 * thresholds were taken from, and not on validation or test data that come closer.
 */
import { evaluateCrowding, type CrowdingModel } from '../../potentials/crowding/model.ts';
import { evaluateZbl, type ZblModel } from '../../potentials/pair/zbl.ts';
import type { Configuration } from '../../structure/configuration.ts';
import { neighbourPairs } from '../../structure/neighbour-list.ts';
import { groupOf, TRAINING_GROUPS } from '../fit-settings.ts';
import { configurationOf, type Predictions, type TrainingChunk } from '../training-set.ts';

export type RepulsiveTerm = ZblModel | CrowdingModel;

/**
 * Adds the energies (eV), forces (eV/Å) and virials (eV) of the terms to predictions for the configurations of a chunk
 * that are not in training groups.
 * @param terms with the species of the chunk, in their order
 * @throws PotentialError for species that are no elements
 */
export function addRepulsion(
  terms: readonly RepulsiveTerm[],
  chunk: TrainingChunk,
  predictions: Predictions,
): void {
  if (terms.length === 0) return;
  const reach = Math.max(...terms.map(({ cutoff }) => cutoff));
  for (let k = 0; k < chunk.count; k++) {
    if (groupOf(chunk.group[k]) < TRAINING_GROUPS) continue;
    const [first, end] = [chunk.atomStart[k], chunk.atomStart[k + 1]];
    const configuration: Configuration = {
      ...configurationOf(chunk, k),
      symbols: [...terms[0].species],
      kinds: Uint16Array.from(chunk.species.subarray(first, end)),
    };
    const pairs = neighbourPairs(configuration, reach);
    for (const term of terms) {
      const { energy, forces, virial } =
        term.form === 'zbl'
          ? evaluateZbl(term, configuration, pairs)
          : evaluateCrowding(term, configuration, pairs);
      predictions.energies[k] += energy;
      forces.forEach((force, f) => (predictions.forces[3 * first + f] += force));
      virial.forEach((value, c) => (predictions.virials[9 * k + c] += value));
    }
  }
}
