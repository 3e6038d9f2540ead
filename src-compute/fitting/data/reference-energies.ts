/** Energies per element of a fit: those of isolated atoms where the data have them, else fitted. */
import { symbolOf } from '../../structure/configuration.ts';
import { cholesky, choleskySolve, symmetricEigenvalues } from '../linear-algebra.ts';
import type { ConfigurationSet } from './configuration-set.ts';
import type { TrainingSurvey } from './survey.ts';

/** Energies per element. */
export interface ReferenceEnergies {
  /** Fixed to those of isolated atoms in the data, NaN where the data have none, eV. */
  readonly fixed: Float64Array;
  readonly sentence: string;
  /** What is wrong with them. */
  readonly warnings: readonly string[];
}

/** Per-element energies: fixed to those of isolated atoms of the elements that the data have some of, else fitted. */
export function referenceEnergies(survey: TrainingSurvey): ReferenceEnergies {
  const { species, isolatedAtoms, contradictions } = survey;
  const fixed = Float64Array.from(species, (name) => isolatedAtoms.get(name) ?? NaN);
  const known = species.filter((name) => isolatedAtoms.has(name));
  const lacking = species.filter((name) => !isolatedAtoms.has(name));
  const list = known.map((name) => `${name} ${isolatedAtoms.get(name)!.toFixed(4)} eV`).join(', ');
  const warnings = [...contradictions].map(
    ([name, [low, high]]) =>
      `The data have isolated ${name} atoms of different energies, from ${low.toFixed(4)} to ${high.toFixed(4)} eV: the lowest is taken, as an atom's ground state is. Leave out the frames that are wrong.`,
  );
  if (known.length === 0) {
    const sentence =
      'Reference energies per element are fitted by least squares: the data have no isolated atoms.';
    return { fixed, sentence, warnings };
  }
  const rest =
    lacking.length > 0
      ? ` That of ${lacking.join(', ')} is fitted: the data have no isolated atom of ${lacking.length > 1 ? 'these elements' : 'this element'}.`
      : '';
  if (lacking.length > 0) {
    warnings.push(
      `The data have isolated atoms of ${known.join(', ')} and none of ${lacking.join(', ')}: energies of atomisation hold for the former only.`,
    );
  }
  return {
    fixed,
    sentence: `Reference energies are those of the isolated atoms in the data: ${list}.${rest}`,
    warnings,
  };
}

/** Energies that are taken off the data; 0 where they are fitted. */
export function takenOff({ fixed }: ReferenceEnergies): Float64Array {
  return fixed.map((energy) => (Number.isNaN(energy) ? 0 : energy));
}

/**
 * Energies per element that are taken off before the fit and put into the constants of the heads: those of isolated atoms
 * where the data have them, else least squares of the energies on the composition.
 */
export function baselineEnergies(
  train: ConfigurationSet,
  survey: TrainingSurvey,
  { fixed }: ReferenceEnergies,
): Float64Array {
  if (!fixed.some(Number.isNaN)) return fixed;
  const n = survey.species.length;
  const gram = new Float64Array(n * n);
  const right = new Float64Array(n);
  for (let from = 0; from < train.count; from += 64) {
    for (const c of train.range(from, Math.min(train.count, from + 64))) {
      if (c.energy === undefined || Number.isNaN(c.energy)) continue;
      const share = new Float64Array(n);
      c.kinds.forEach((_, i) => (share[survey.species.indexOf(symbolOf(c, i))] += 1 / c.kinds.length));
      let energy = c.energy / c.kinds.length;
      // elements whose energy is known take no part
      fixed.forEach((known, z) => {
        if (Number.isNaN(known)) return;
        energy -= share[z] * known;
        share[z] = 0;
      });
      for (let a = 0; a < n; a++) {
        right[a] += share[a] * energy;
        for (let b = 0; b < n; b++) gram[a * n + b] += share[a] * share[b];
      }
    }
  }
  const solved = energiesByComposition(gram, right, n);
  return fixed.map((known, z) => (Number.isNaN(known) ? solved[z] : known));
}

/**
 * Energies per element e from the normal equations of the energies per atom on the composition, G e = b. What the
 * compositions do not tell apart is shared out evenly: an element is taken to be like the others, and not to have next to
 * nothing because there is little of it.
 */
export function energiesByComposition(gram: Float64Array, right: Float64Array, n: number): Float64Array {
  let trace = 0;
  for (let a = 0; a < n; a++) trace += gram[a * n + a];
  const matrix = gram.map((value, k) => value + (k % (n + 1) === 0 ? 1e-9 * trace || 1 : 0));
  const factor = cholesky(matrix, n);
  if (!factor) return new Float64Array(n);
  const isToldApart = symmetricEigenvalues(gram, n)[0] > TOLD_APART * trace;
  // mean energy per atom, by least squares of one number
  let [weight, sum] = [0, 0];
  for (let a = 0; a < n; a++) {
    sum += right[a];
    for (let b = 0; b < n; b++) weight += gram[a * n + b];
  }
  const mean = isToldApart || weight === 0 ? 0 : sum / weight;
  const rest = right.map((value, a) => {
    let known = 0;
    for (let b = 0; b < n; b++) known += gram[a * n + b];
    return mean === 0 ? value : value - mean * known;
  });
  return choleskySolve(factor, n, rest).map((energy) => energy + mean);
}

/** Smallest eigenvalue, in parts of the trace, of compositions that tell the elements apart. */
const TOLD_APART = 1e-8;

/** An element with fewer of the atoms than this is rare: what its atom is worth is hardly told from its bonds. */
const RARE = 0.05;

/** Which elements are rare. @param counts atoms of each element, configuration by configuration */
export function rareElements(counts: Iterable<ArrayLike<number>>, n: number): boolean[] {
  const sums = new Float64Array(n);
  for (const list of counts) for (let z = 0; z < n; z++) sums[z] += list[z];
  const all = sums.reduce((sum, count) => sum + count, 0);
  return Array.from(sums, (sum) => sum > 0 && sum < RARE * all);
}

/**
 * Energies that rare elements without isolated atoms are expected to have, NaN for all others, eV. Where nearly all of an
 * element's atoms have the same surroundings, a constant for the atom and one for its bonds are the same to the data, and
 * which of them a fit takes would be an accident of its starting point.
 */
export function expectedEnergies(
  train: ConfigurationSet,
  survey: TrainingSurvey,
  references: ReferenceEnergies,
): Float64Array {
  const { species } = survey;
  const counts: Float64Array[] = [];
  for (let from = 0; from < train.count; from += 64)
    for (const c of train.range(from, Math.min(train.count, from + 64))) {
      if (c.energy === undefined || Number.isNaN(c.energy)) continue;
      const own = new Float64Array(species.length);
      c.kinds.forEach((_, i) => own[species.indexOf(symbolOf(c, i))]++);
      counts.push(own);
    }
  const rare = rareElements(counts, species.length);
  if (!rare.includes(true)) return new Float64Array(species.length).fill(NaN);
  const energies = baselineEnergies(train, survey, references);
  return energies.map((energy, z) => (rare[z] && Number.isNaN(references.fixed[z]) ? energy : NaN));
}
