/**
 * How a fit makes atoms repel: radii of the hand-over from the survey of the data, the search for holes after the linear
 * solve, and what is said about both.
 */
import { energiesByComposition, rareElements } from '../../../src-compute/fitting/data/reference-energies.ts';
import type { SearchedModel } from '../../../src-compute/forms/fit-form.ts';
import type { DataFacts } from '../../../src-compute/fitting/repulsion/conditions.ts';
import {
  forbidHoles,
  type HoleKind,
  type HoleReport,
} from '../../../src-compute/fitting/repulsion/forbid-holes.ts';
import {
  crowdingRanges,
  crowdingTerm,
  missingPairs,
  repulsionRadii,
  type RepulsionRadii,
} from '../../../src-compute/fitting/repulsion/radii.ts';
import { crowdingWeight, type CrowdingModel } from '../../../src-compute/potentials/crowding/model.ts';
import type { RepulsiveTerm } from '../../../src-compute/fitting/repulsion/predictions.ts';
import { screenedRepulsion } from '../../../src-compute/potentials/pair/zbl.ts';
import { atomCount, symbolOf, type Configuration } from '../../../src-compute/structure/configuration.ts';
import { atomicNumber, isElement } from '../../../src-compute/structure/elements.ts';
import { supercell } from '../../../src-compute/structure/lattices.ts';
import { volume } from '../../../src-compute/structure/cell.ts';
import { neighbourPairs } from '../../../src-compute/structure/neighbour-list.ts';
import type { ConfigurationSet } from '../../../src-compute/fitting/data/configuration-set.ts';
import type { FitRequest } from './fit-request.ts';
import type { TrainingSurvey } from '../../../src-compute/fitting/data/survey.ts';

/** Configurations of the data that are looked at. */
const SAMPLE = 150;
/** Configurations that are compressed and in which atoms approach each other. */
const EXAMPLES = 6;
/** Their atoms at most, and at least: smaller ones are repeated. */
const [MOST_ATOMS, LEAST_ATOMS] = [32, 8];

/** What makes the atoms of a fitted potential repel, beside the hand-over of its learnt part. */
export function repulsiveTerms(
  radii: RepulsionRadii | undefined,
  crowding: CrowdingModel | undefined,
): RepulsiveTerm[] {
  if (!radii) return [];
  return crowding?.amplitudes.some((amplitude) => amplitude > 0) ? [radii.zbl, crowding] : [radii.zbl];
}

/** Radii of the hand-over; undefined where there is no repulsion (--zbl off, names that are no elements). */
export function radiiOf(request: FitRequest, survey: TrainingSurvey): RepulsionRadii | undefined {
  if (!request.zbl || !survey.species.every(isElement)) return undefined;
  return repulsionRadii(survey.species, survey.shortest, request.cutoff);
}

/** What is to be known about pairs that the data never have. */
export function pairWarnings(survey: TrainingSurvey, radii: RepulsionRadii | undefined): string[] {
  const missing = missingPairs(survey.species, survey.shortest);
  if (missing.length === 0) return [];
  const names = missing.join(', ');
  const what = missing.length > 1 ? 'These pairs' : 'This pair';
  return [
    radii
      ? `The data never have ${names} within the cutoff. ${what} only repel${missing.length > 1 ? '' : 's'} in this potential, as bare nuclei do: add structures with ${missing.length > 1 ? 'them' : 'it'} before using it where they meet.`
      : `The data never have ${names} within the cutoff: ${what.toLowerCase()} do${missing.length > 1 ? '' : 'es'} not interact in this potential.`,
  ];
}

/**
 * Searches a fit for holes and forbids them.
 * @returns undefined where nothing was asked for
 */
export async function repel(
  model: SearchedModel,
  train: ConfigurationSet,
  survey: TrainingSurvey,
  radii: RepulsionRadii | undefined,
  request: FitRequest,
): Promise<{ x: Float64Array; crowding: CrowdingModel; report: HoleReport } | undefined> {
  if (!radii && model.isolated.every(Number.isNaN)) return undefined;
  const facts = dataFacts(train, survey, radii, request.cutoff, model);
  const { x, amplitudes, report } = await forbidHoles(
    { ...model, fixedEnergies: model.baseline, negligible: negligibleLoss(train, survey, request) },
    facts,
    request.seed,
  );
  return { x, crowding: { ...facts.crowding, amplitudes }, report };
}

/** Errors that mean nothing: eV/atom and eV/Å. */
const [NO_ENERGY, NO_FORCE] = [1e-4, 1e-3];

/** Loss of such errors in all labels. */
function negligibleLoss(
  { atoms, count }: ConfigurationSet,
  { withEnergy, withForces }: TrainingSurvey,
  { weights }: FitRequest,
): number {
  const { energy, force, energyScaling, forceScaling } = weights;
  let [energies, forces] = [0, 0];
  for (const n of atoms) {
    energies += n ** (2 - energyScaling);
    forces += 3 * n ** (1 - forceScaling);
  }
  const all = energy * withEnergy * energies * NO_ENERGY ** 2 + force * withForces * forces * NO_FORCE ** 2;
  return all / Math.max(1, count);
}

/** Energies, densities and examples of the data; undefined where they have no energies. */
function dataFacts(
  train: ConfigurationSet,
  survey: TrainingSurvey,
  radii: RepulsionRadii | undefined,
  cutoff: number,
  { isolated, degree }: SearchedModel,
): DataFacts {
  const { species, shortest } = survey;
  const step = Math.max(1, train.count / SAMPLE);
  const sample: Sampled[] = [];
  for (let k = 0; k < train.count; k += step) {
    const [configuration] = train.range(Math.floor(k), Math.floor(k) + 1);
    sample.push(measured(configuration, species, cutoff));
  }
  const known = sample.filter(({ energy, atoms }) => Number.isFinite(energy) && atoms > 1);
  const energies = energiesPerElement(known, species.length);
  const deviations = known.map(({ energy, atoms, counts }) => {
    let sum = energy;
    for (let z = 0; z < species.length; z++) sum -= counts[z] * energies[z];
    return sum / atoms;
  });
  const square = deviations.reduce((sum, d) => sum + d * d, 0);
  const zbl = radii?.zbl ?? { form: 'zbl', species, cutoff, innerRadius: cutoff / 2 };
  const ranges = crowdingRanges(radii ?? { zbl, handover: { inner: shortest, outer: shortest } }, cutoff);
  return {
    species,
    cutoff,
    shortest,
    zbl,
    crowding: crowdingTerm(species, ranges, densestAtoms(train, species, ranges, cutoff), degree),
    energies,
    depth: Math.max(0, ...deviations.map((d) => -d)),
    spread: Math.sqrt(square / Math.max(1, deviations.length)),
    densest: Math.max(0, ...sample.map(({ bare, atoms }) => bare / atoms)),
    examples: radii ? examplesOf(sample, deviations) : [],
    repels: radii !== undefined && known.length > 0,
    isolated,
    rare: rareElements(
      known.map(({ counts }) => counts),
      species.length,
    ).map((isRare, z) => isRare && !survey.isolatedAtoms.has(species[z])),
  };
}

/** Largest ρ of the crowding over all atoms of the data, by species. */
function densestAtoms(
  train: ConfigurationSet,
  species: readonly string[],
  ranges: Float64Array,
  cutoff: number,
): Float64Array {
  const densest = new Float64Array(species.length);
  const reach = Math.min(cutoff, Math.max(...ranges));
  for (let from = 0; from < train.count; from += 64) {
    for (const configuration of train.range(from, Math.min(train.count, from + 64))) {
      const toSpecies = configuration.symbols.map((symbol) => species.indexOf(symbol));
      const { start, neighbours, vectors } = neighbourPairs(configuration, reach);
      configuration.kinds.forEach((kind, i) => {
        const zi = toSpecies[kind];
        let density = 0;
        for (let p = start[i]; p < start[i + 1]; p++) {
          const zj = toSpecies[configuration.kinds[neighbours[p]]];
          const r = Math.hypot(vectors[3 * p], vectors[3 * p + 1], vectors[3 * p + 2]);
          density += crowdingWeight(r, ranges[zi * species.length + zj]);
        }
        densest[zi] = Math.max(densest[zi], density);
      });
    }
  }
  return densest;
}

interface Sampled {
  readonly configuration: Configuration;
  readonly energy: number;
  readonly atoms: number;
  readonly counts: Float64Array;
  /** Bare repulsion of all pairs, eV. */
  readonly bare: number;
  /** Å³ per atom; Infinity without a cell. */
  readonly volume: number;
}

function measured(configuration: Configuration, species: readonly string[], cutoff: number): Sampled {
  const atoms = atomCount(configuration);
  const counts = new Float64Array(species.length);
  const numbers = configuration.symbols.map((symbol) => atomicNumber(symbol) ?? 1);
  const out = new Float64Array(3);
  let bare = 0;
  const { start, neighbours, vectors } = neighbourPairs(configuration, cutoff);
  configuration.kinds.forEach((kind, i) => {
    counts[species.indexOf(symbolOf(configuration, i))]++;
    for (let p = start[i]; p < start[i + 1]; p++) {
      const [a, b] = [numbers[kind], numbers[configuration.kinds[neighbours[p]]]];
      const r = Math.hypot(vectors[3 * p], vectors[3 * p + 1], vectors[3 * p + 2]);
      screenedRepulsion(a * b, 0.4685 / (a ** 0.23 + b ** 0.23), r, out);
      bare += out[0] / 2;
    }
  });
  return {
    configuration,
    energy: configuration.energy ?? NaN,
    atoms,
    counts,
    bare,
    volume: configuration.periodic.every(Boolean) ? volume(configuration.cell) / atoms : Infinity,
  };
}

/** Least squares of the energies on the composition. */
function energiesPerElement(sample: readonly Sampled[], n: number): Float64Array {
  const gram = new Float64Array(n * n);
  const right = new Float64Array(n);
  for (const { counts, energy, atoms } of sample) {
    for (let a = 0; a < n; a++) {
      right[a] += (counts[a] * energy) / atoms ** 2;
      for (let b = 0; b < n; b++) gram[a * n + b] += (counts[a] * counts[b]) / atoms ** 2;
    }
  }
  return energiesByComposition(gram, right, n);
}

/** The lowest, the densest and some others in between, of a size that is quickly computed. */
function examplesOf(sample: readonly Sampled[], deviations: readonly number[]): Configuration[] {
  const fitting = sample.filter(({ atoms }) => atoms > 1 && atoms <= MOST_ATOMS);
  const usable = fitting.length > 0 ? fitting : sample.filter(({ atoms }) => atoms > 1 && atoms <= 256);
  if (usable.length === 0) return [];
  const chosen = new Set<Sampled>();
  const least = (value: (s: Sampled) => number) =>
    usable.reduce((best, s) => (value(s) < value(best) ? s : best), usable[0]);
  chosen.add(least((s) => deviations[sample.indexOf(s)] ?? 0));
  chosen.add(least(({ volume: v }) => v));
  const step = usable.length / EXAMPLES;
  for (let k = 0; chosen.size < Math.min(EXAMPLES, usable.length) && k < EXAMPLES; k++) {
    chosen.add(usable[Math.floor(k * step)]);
  }
  return [...chosen].map(({ configuration, atoms }) =>
    atoms < LEAST_ATOMS && configuration.periodic.every(Boolean)
      ? supercell(configuration, [2, 2, atoms < LEAST_ATOMS / 2 ? 2 : 1])
      : configuration,
  );
}

/** Repulsion of a fit for reports: radii per pair, what was searched and done. Plain data. */
export type RepulsionRecord = {
  pairs: { pair: string; shortest_a: number | null; inner_a: number; outer_a: number; in_data: boolean }[];
  /** Least and largest of the data. */
  volume_a3_per_atom: [number, number] | null;
  checked: number;
  holes_found: number;
  one_sided_rows: number;
  holes_left: number;
  /** In words, all of them. */
  holes_left_in: string[];
  deepest_hole: { structure: string; energy_ev_per_atom: number; floor_ev_per_atom: number } | null;
  training_loss_increase: number;
};

export function repulsionRecord(
  survey: TrainingSurvey,
  radii: RepulsionRadii,
  report: HoleReport | undefined,
): RepulsionRecord {
  const { species, shortest } = survey;
  const pairs: RepulsionRecord['pairs'] = [];
  species.forEach((a, i) => {
    for (let j = i; j < species.length; j++) {
      const k = i * species.length + j;
      const known = Number.isFinite(shortest[k]);
      pairs.push({
        pair: `${a}–${species[j]}`,
        shortest_a: known ? shortest[k] : null,
        inner_a: radii.zbl.radii?.inner[k] ?? radii.zbl.innerRadius,
        outer_a: radii.zbl.radii?.outer[k] ?? radii.zbl.cutoff,
        in_data: known,
      });
    }
  });
  const deepest = report?.deepest;
  return {
    pairs,
    volume_a3_per_atom: survey.volumes ? [...survey.volumes] : null,
    checked: report?.checked ?? 0,
    holes_found: report?.found ?? 0,
    one_sided_rows: report?.rows ?? 0,
    holes_left: report?.left ?? 0,
    holes_left_in: (report?.leftIn ?? []).map(wordsOfKind),
    deepest_hole: deepest
      ? {
          structure: deepest.structure,
          energy_ev_per_atom: deepest.energy,
          floor_ev_per_atom: deepest.floor,
        }
      : null,
    training_loss_increase: report?.lossIncrease ?? 0,
  };
}

/** 'bcc Si, 1.60–2.73 Å (12)'. */
function wordsOfKind({ kind, count, from, to, unit }: HoleKind): string {
  const [low, high] = [from.toFixed(2), to.toFixed(2)];
  const where = Number.isNaN(from) ? '' : `, ${low === high ? low : `${low}–${high}`} ${unit}`;
  return `${kind}${where} (${count})`;
}

/** Kinds of holes that a warning names; the report has all. */
const NAMED_KINDS = 8;

/** What was done, in a sentence or two. */
export function repulsionSentence({ pairs, ...found }: RepulsionRecord): string {
  const radii = pairs.map(({ pair, outer_a: outer }) => `${pair} below ${outer.toFixed(2)} Å`);
  const listed =
    radii.length > 6 ? `${radii.slice(0, 6).join(', ')} and ${radii.length - 6} more` : radii.join(', ');
  const handover = `A repulsion of bare nuclei takes over from the learnt part: ${listed}.`;
  if (found.checked === 0) return handover;
  const searched = `Of ${found.checked} compressed crystals, dense packings, clusters and approaches`;
  if (found.holes_found === 0) return `${handover} ${searched} none falls into a hole.`;
  const { deepest_hole: hole } = found;
  const deepest = hole
    ? ` (the deepest: ${hole.structure}, ${hole.energy_ev_per_atom.toFixed(1)} where ${hole.floor_ev_per_atom.toFixed(1)} eV/atom is the least)`
    : '';
  const end = found.holes_left === 0 ? 'none is left' : `${found.holes_left} are left`;
  return `${handover} ${searched} the fit missed ${found.holes_found} conditions${deepest}; ${found.one_sided_rows} one-sided rows forbid that, ${end}.`;
}

/** What is to be warned of. @param notSearched why there was no search, where the form has a reason of its own */
export function repulsionWarnings(
  { holes_left: left, holes_left_in: leftIn, checked }: RepulsionRecord,
  report?: HoleReport,
  notSearched?: string,
): string[] {
  if (checked === 0) {
    const why = notSearched ?? 'The data have no structures with energies and more than one atom';
    return [
      `${why}: this potential was not searched for holes where its data end. Keep simulations near the data.`,
    ];
  }
  if (left === 0) return [];
  const worst = report?.deepestLeft;
  const more = leftIn.length > NAMED_KINDS ? `; and ${leftIn.length - NAMED_KINDS} kinds more` : '';
  const where = worst ? ` The deepest is ${worst.structure}.` : '';
  return [
    `This potential still has ${left} holes where its data end, in ${leftIn.slice(0, NAMED_KINDS).join('; ')}${more}.${where} Keep simulations near the data, or add such structures to them.`,
  ];
}
