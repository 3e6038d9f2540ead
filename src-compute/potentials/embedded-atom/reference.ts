/** Plain evaluation of an embedded-atom potential; equations in model.ts. */
import { atomCount, type Configuration } from '../../structure/configuration.ts';
import { referencePairs } from '../../structure/reference-pairs.ts';
import { speciesOfKinds, symmetrise } from '../moment-tensor/reference.ts';
import { emptyEvaluation, type Evaluation } from '../potential.ts';
import { pairIndex, validateEmbeddedAtomModel, type EmbeddedAtomModel } from './model.ts';
import { at, tableFunction, type TableFunction } from './table-function.ts';

interface Tables {
  readonly embedding: TableFunction[];
  readonly densities: TableFunction[];
  readonly pairs: TableFunction[];
}

const tables = new WeakMap<EmbeddedAtomModel, Tables>();

function tablesOf(model: EmbeddedAtomModel): Tables {
  let found = tables.get(model);
  if (found === undefined) {
    validateEmbeddedAtomModel(model);
    const cut = (all: Float64Array, count: number, step: number) =>
      Array.from({ length: all.length / count }, (_, k) =>
        tableFunction(all.subarray(k * count, (k + 1) * count), step),
      );
    found = {
      embedding: cut(model.embedding, model.densityCount, model.densityStep),
      densities: cut(model.densities, model.distanceCount, model.distanceStep),
      pairs: cut(model.pairs, model.distanceCount, model.distanceStep),
    };
    tables.set(model, found);
  }
  return found;
}

/** F(ρ) and F′(ρ); a straight line above the last density. */
function embed(table: TableFunction, rho: number): { value: number; slope: number } {
  const found = at(table, Math.max(rho, 0));
  const beyond = rho - (table.values.length - 1) * table.step;
  return beyond > 0 ? { value: found.value + beyond * found.slope, slope: found.slope } : found;
}

/**
 * Energy, per-atom energies (F of the atom and half of each of its pairs), forces and virial.
 * @throws PotentialError for species that the potential does not have; StructureError for unusable structures
 */
export function evaluateEmbeddedAtom(model: EmbeddedAtomModel, configuration: Configuration): Evaluation {
  const n = atomCount(configuration);
  const size = model.species.length;
  const { embedding, densities, pairs } = tablesOf(model);
  const toSpecies = speciesOfKinds(model.species, configuration);
  const list = referencePairs(configuration, model.cutoff);
  const result = emptyEvaluation(n);
  const kind = (atom: number) => toSpecies[configuration.kinds[atom]];
  const given = (giver: number, taker: number) =>
    densities[model.finnisSinclair ? giver * size + taker : giver];
  const distance = (p: number) => Math.hypot(...list.vectors.subarray(3 * p, 3 * p + 3));

  // first phase: what every atom receives, and what it costs
  const slopes = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let rho = 0;
    for (let p = list.start[i]; p < list.start[i + 1]; p++)
      rho += at(given(kind(list.neighbours[p]), kind(i)), distance(p)).value;
    const { value, slope } = embed(embedding[kind(i)], rho);
    result.atomEnergies[i] = value;
    slopes[i] = slope;
  }
  // second phase: pairs, each met from both sides
  for (let i = 0; i < n; i++) {
    for (let p = list.start[i]; p < list.start[i + 1]; p++) {
      const j = list.neighbours[p];
      const r = distance(p);
      const table = at(pairs[pairIndex(kind(i), kind(j))], r);
      const phi = table.value / r;
      result.atomEnergies[i] += phi / 2;
      const slope = (table.slope - phi) / r / 2 + slopes[i] * at(given(kind(j), kind(i)), r).slope;
      for (let axis = 0; axis < 3; axis++) {
        const g = (slope * list.vectors[3 * p + axis]) / r;
        result.forces[3 * i + axis] += g;
        result.forces[3 * j + axis] -= g;
        for (let a = 0; a < 3; a++) result.virial[3 * a + axis] -= list.vectors[3 * p + a] * g;
      }
    }
  }
  for (const energy of result.atomEnergies) result.energy += energy;
  symmetrise(result.virial);
  return result;
}
