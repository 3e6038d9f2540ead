/**
 * A fit of a tensor-regression potential from data to document: surveys the data, chooses sizes, runs the fit on worker
 * threads, measures errors, adds the repulsive baseline and writes down where everything came from.
 */
import { availableParallelism } from 'node:os';
import { FitError, PotentialError } from '../../../src-compute/errors.ts';
import { cholesky, choleskySolve } from '../../../src-compute/fitting/linear-algebra.ts';
import { FitPool } from '../../../src-compute/fitting/fit-pool.ts';
import type { Predictions } from '../../../src-compute/fitting/training-set.ts';
import { groupOf, VALIDATION_GROUP } from '../../../src-compute/fitting/fit-settings.ts';
import { fitTensorRegression, type TensorPool } from '../../../src-compute/fitting/tensor-regression/fit.ts';
import type { TensorFitResult } from '../../../src-compute/fitting/tensor-regression/settings.ts';
import type { TensorPassSettings } from '../../../src-compute/fitting/tensor-regression/tensor-pass.ts';
import type { Coverage } from '../../../src-compute/fitting/uncertainty/predicted.ts';
import { suggestSizes } from '../../../src-compute/fitting/tensor-regression/suggest-sizes.ts';
import type { PotentialDocument, Provenance } from '../../../src-compute/potentials/document.ts';
import {
  parameterCount,
  type PotentialModel,
  type TermModel,
} from '../../../src-compute/potentials/registry.ts';
import { sumModel } from '../../../src-compute/potentials/sum/sum.ts';
import {
  descriptorLayout,
  headSize,
  validateTensorRegressionModel,
  type DescriptorSettings,
  type TensorRegressionModel,
} from '../../../src-compute/potentials/tensor-regression/index.ts';
import type { CrowdingModel } from '../../../src-compute/potentials/crowding/model.ts';
import { symbolOf } from '../../../src-compute/structure/configuration.ts';
import { PROGRAM } from '../program.ts';
import { joinSets } from './configuration-set.ts';
import { openTensorFitChannels } from './fit-channels.ts';
import {
  chooseMinimumDistance,
  dealGroups,
  measure,
  referenceEnergies,
  trainingSource,
  type ReferenceEnergies,
} from './fit-data.ts';
import type { FitRequest } from './fit-request.ts';
import { withFirstCore } from '../../../src-compute/fitting/tensor-regression/train-fit.ts';
import { fittedErrors } from './fit-uncertainty.ts';
import type { FitInput, FitOptions, FitOutcome } from './fit-service.ts';
import {
  pairWarnings,
  radiiOf,
  repel,
  repulsionRecord,
  repulsionSentence,
  repulsionWarnings,
  repulsiveTerms,
  type RepulsionRecord,
} from './repulsion.ts';
import type { HoleReport } from '../../../src-compute/fitting/repulsion/forbid-holes.ts';
import type { RepulsionRadii } from '../../../src-compute/fitting/repulsion/radii.ts';
import { surveyTraining, type TrainingSurvey } from './survey.ts';

/**
 * Runs a fit of a tensor-regression potential.
 * @throws FitError, PotentialError, CancelledError, each with a sentence for the user
 */
export async function runTensorFit(input: FitInput, options: FitOptions): Promise<FitOutcome> {
  const started = performance.now();
  const { request } = input;
  if (input.initial) {
    throw new PotentialError('A tensor-regression fit starts from its data, not from another potential.', {
      remedy: 'Leave --start-from out.',
    });
  }
  const survey = surveyTraining(input.train, request.cutoff, options.signal);
  const minimumDistance = chooseMinimumDistance(request, survey);
  const references = referenceEnergies(survey);
  const baseline = { energies: baselineEnergies(input, survey, references), sentence: references.sentence };
  const radii = radiiOf(request, survey);
  options.onNote?.(baseline.sentence, 'info');
  const atomSpecies = request.tensor.perAtom ? speciesOfEveryAtom(input, survey.species) : undefined;
  const heads = atomSpecies?.length ?? survey.species.length;
  const descriptors = {
    ...chooseDescriptors(input, survey, minimumDistance, heads),
    ...(radii && { handover: radii.handover }),
  };
  options.onNote?.(sizesSentence(descriptors), 'info');
  const groups = dealGroups(input);
  const source = trainingSource(input, survey.species, groups, baseline.energies);
  const threads = Math.min(
    request.threads ?? options.resume?.threads ?? availableParallelism(),
    source.chunkCount,
  );
  const pool = new FitPool(openTensorFitChannels(threads), source, options.signal);
  try {
    const { rank, bondDimension, ridgeChoice, sweeps } = request.tensor;
    const form: TensorPassSettings = {
      descriptors,
      mode: atomSpecies ? 'per-atom' : 'shared',
      heads,
      weights: request.weights,
    };
    const result = await fitTensorRegression(
      {
        ...form,
        rank,
        bondDimension,
        ridge: request.ridge,
        ridgeChoice,
        sweeps,
        seed: request.seed,
        hasValidation: groups.some((number) => groupOf(number) === VALIDATION_GROUP),
        keepSums: request.uncertainty,
        keepCore: radii !== undefined,
      },
      pool,
      {
        onProgress: options.onProgress,
        onCheckpoint: (checkpoint) => options.onCheckpoint?.({ ...checkpoint, threads }),
      },
      options.resume?.stage === 'sweep' ? options.resume : undefined,
    );
    const { shift, scale } = result;
    const { head, report, crowding } = await repelled(
      input,
      pool,
      result,
      survey,
      radii,
      references,
      baseline.energies,
    );
    const terms = repulsiveTerms(radii, crowding);
    const predictions = new Map<number, Predictions>();
    const point = { kind: 'model', shift, scale, head } as const;
    const metrics = await measure(pool, source, point, new Float64Array(0), predictions, terms);
    const repulsion = radii && repulsionRecord(survey, radii, report);
    if (repulsion) options.onNote?.(repulsionSentence(repulsion), 'info');
    const tensor = assemble(descriptors, atomSpecies, { ...result, head }, baseline.energies);
    const model: PotentialModel = radii ? sumModel<TermModel>([tensor, ...terms]) : tensor;
    const known = await fittedErrors({
      wanted: request.uncertainty,
      sums: result.sums,
      source,
      model,
      predictions,
      signal: options.signal,
      onProgress: options.onProgress,
    });
    const warnings = [
      ...references.warnings,
      ...pairWarnings(survey, radii),
      ...warningsOf(result, survey),
      ...known.warnings,
      ...(repulsion ? repulsionWarnings(repulsion, report, request.tensor.perAtom) : []),
    ];
    for (const warning of warnings) options.onNote?.(warning, 'warning');
    const seconds = (performance.now() - started) / 1000;
    const document: PotentialDocument = {
      name: input.name,
      model,
      metrics,
      provenance: provenance(input, descriptors, result, {
        threads,
        seconds,
        references: baseline.sentence,
        warnings,
        coverage: known.coverage,
        repulsion,
      }),
      uncertainty: known.uncertainty,
    };
    return {
      document,
      parameters: parameterCount(model),
      seconds,
      iterations: Math.max(1, result.sweeps),
      ...metrics,
      curve: [],
      warnings,
      ...(known.coverage && { coverage: known.coverage }),
      ...(repulsion && { repulsion }),
    };
  } finally {
    pool.dispose();
  }
}

/**
 * Energies per element that are taken off before the fit and put into the constants of the heads: those of isolated atoms
 * where the data have them, else least squares of the energies on the composition.
 */
export function baselineEnergies(
  input: FitInput,
  survey: TrainingSurvey,
  { fixed }: ReferenceEnergies,
): Float64Array {
  if (!fixed.some(Number.isNaN)) return fixed;
  const n = survey.species.length;
  const gram = new Float64Array(n * n);
  const right = new Float64Array(n);
  for (let from = 0; from < input.train.count; from += 64) {
    for (const c of input.train.range(from, Math.min(input.train.count, from + 64))) {
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
  const solved = solveSmall(gram, right, n);
  return fixed.map((known, z) => (Number.isNaN(known) ? solved[z] : known));
}

/** Smallest solution in effect: a tiny ridge decides what one composition alone cannot. */
function solveSmall(gram: Float64Array, right: Float64Array, n: number): Float64Array {
  let trace = 0;
  for (let a = 0; a < n; a++) trace += gram[a * n + a];
  const matrix = gram.map((value, k) => value + (k % (n + 1) === 0 ? 1e-9 * trace || 1 : 0));
  const factor = cholesky(matrix, n);
  return factor ? choleskySolve(factor, n, right) : new Float64Array(n);
}

/** Species of every atom, the same in all configurations. @throws FitError naming the first one that differs */
function speciesOfEveryAtom(input: FitInput, species: readonly string[]): Int32Array {
  const sets = [input.train, input.validation, input.test].filter((set) => set !== undefined);
  const all = joinSets(sets);
  let first: Int32Array | undefined;
  for (let k = 0; k < all.count; k++) {
    const [c] = all.range(k, k + 1);
    const own = Int32Array.from(c.kinds, (_, i) => species.indexOf(symbolOf(c, i)));
    first ??= own;
    const same = own.length === first.length && own.every((z, i) => z === first?.[i]);
    if (same) continue;
    const what = own.length === first.length ? 'the same elements in another order' : `${own.length} atoms`;
    throw new FitError(
      `A per-atom potential is for one system whose atoms keep their identity: configuration 1 has ${first.length} atoms, and configuration ${k + 1} has ${what}.`,
      { remedy: 'Keep the configurations of one system, or fit a shared potential (without --per-atom).' },
    );
  }
  return first ?? new Int32Array(0);
}

function chooseDescriptors(
  input: FitInput,
  survey: TrainingSurvey,
  minimumDistance: number,
  heads: number,
): DescriptorSettings {
  const { request, train } = input;
  const { tensor, cutoff } = request;
  const atoms = train.atoms.reduce((sum, n) => sum + n, 0);
  const labels = survey.withEnergy + (3 * atoms * survey.withForces) / train.count + 6 * survey.withVirial;
  const sizes = suggestSizes({
    species: survey.species,
    elementWeighting: tensor.elements,
    rank: tensor.bondDimension === undefined ? tensor.rank : 2,
    heads,
    labels,
    given: {
      radialSize: tensor.radialSize,
      angularSize: tensor.angularSize,
      angularRadial: tensor.angularRadial,
    },
  });
  return {
    species: survey.species,
    cutoff,
    minimumDistance,
    ...sizes,
    elementWeighting: tensor.elements,
  };
}

function sizesSentence(descriptors: DescriptorSettings): string {
  const { radialSize, angularSize, angularRadial } = descriptors;
  const m = descriptorLayout(descriptors).size;
  return `${m} descriptors: ${radialSize} radial, ${angularSize} angular functions over ${angularRadial} radial ones.`;
}

function warningsOf(result: TensorFitResult, survey: TrainingSurvey): string[] {
  const warnings: string[] = [];
  if (result.rows < result.columns) {
    warnings.push(
      `There are ${result.rows} labels for ${result.columns} coefficients: the ridge decides most of them. Fewer descriptors or more data would be safer.`,
    );
  }
  if (survey.withForces === 0) {
    warnings.push('The training data have no forces: forces of this potential are not to be trusted.');
  }
  return warnings;
}

/** The head without holes, and with the energies of isolated atoms; heads of single atoms as they are. */
async function repelled(
  input: FitInput,
  pool: TensorPool,
  result: TensorFitResult,
  survey: TrainingSurvey,
  radii: RepulsionRadii | undefined,
  references: ReferenceEnergies,
  baseline: Float64Array,
): Promise<{ head: TensorFitResult['head']; report?: HoleReport; crowding?: CrowdingModel }> {
  const { head } = result;
  const linear =
    head.kind === 'dense'
      ? { point: result.point, equations: result.equations, x: head.coefficients }
      : result.core;
  // structures that are searched have no atoms of lasting identity
  if (!linear || input.request.tensor.perAtom) return { head };
  const { point, equations, x } = linear;
  const { rank } = input.request.tensor;
  const m = result.shift.length / survey.species.length;
  const found = await repel(
    {
      equations,
      x,
      rows: async (chunks) => await pool.energyRows(point, chunks),
      baseline,
      isolated: references.fixed,
      // angular descriptors are products of two sums over neighbours
      degree: (input.request.tensor.angularSize === 0 ? 1 : 2) * rank,
    },
    input.train,
    survey,
    radii,
    input.request,
  );
  if (!found) return { head };
  return {
    head: head.kind === 'dense' ? { ...head, coefficients: found.x } : withFirstCore(head, m, found.x),
    report: found.report,
    crowding: found.crowding,
  };
}

/** The fitted model; baseline energies go into the constants. */
function assemble(
  descriptors: DescriptorSettings,
  atomSpecies: Int32Array | undefined,
  result: TensorFitResult,
  baseline: Float64Array,
): TensorRegressionModel {
  const { shift, scale, head } = result;
  const m = descriptorLayout(descriptors).size;
  const speciesOfHead = (h: number) => atomSpecies?.[h] ?? h;
  const heads = atomSpecies?.length ?? descriptors.species.length;
  const model: TensorRegressionModel = {
    form: 'tensor-regression',
    ...descriptors,
    mode: atomSpecies ? 'per-atom' : 'shared',
    ...(atomSpecies && { atomSpecies }),
    shift,
    scale,
    head: withConstants(head, heads, m, (h) => baseline[speciesOfHead(h)]),
  };
  validateTensorRegressionModel(model);
  return model;
}

/** The head with an energy added to each of its constants. */
function withConstants(
  head: TensorRegressionModel['head'],
  heads: number,
  m: number,
  energy: (head: number) => number,
): TensorRegressionModel['head'] {
  if (head.kind === 'tensor-train')
    return { ...head, constants: head.constants.map((e, h) => e + energy(h)) };
  const coefficients = head.coefficients.slice();
  const size = headSize(head, m);
  for (let h = 0; h < heads; h++) coefficients[h * size] += energy(h);
  return { ...head, coefficients };
}

function provenance(
  input: FitInput,
  descriptors: DescriptorSettings,
  result: TensorFitResult,
  facts: {
    threads: number;
    seconds: number;
    references: string;
    warnings: readonly string[];
    coverage: Coverage | undefined;
    repulsion: RepulsionRecord | undefined;
  },
): Provenance {
  const { radialSize, angularSize, angularRadial, minimumDistance } = descriptors;
  const request: FitRequest = {
    ...input.request,
    minimumDistance,
    tensor: { ...input.request.tensor, radialSize, angularSize, angularRadial },
    threads: facts.threads,
  };
  return {
    program: PROGRAM,
    created: new Date().toISOString(),
    data: input.data,
    settings: JSON.parse(JSON.stringify(request)) as Provenance['settings'],
    report: {
      seconds: facts.seconds,
      iterations: Math.max(1, result.sweeps),
      passesOverTheData: result.passes,
      stoppedBecause: result.stoppedBecause,
      objectivePerConfiguration: result.objective / Math.max(1, result.configurations),
      ridge: result.ridge,
      conditionNumber: result.conditionNumber,
      degreesOfFreedom: result.degreesOfFreedom,
      linearColumns: result.columns,
      labels: result.rows,
      descriptors: descriptorLayout(descriptors).size,
      ...(result.head.kind === 'tensor-train' && { bonds: Array.from(result.head.bonds) }),
      ...(facts.coverage && { coverage: { ...facts.coverage, warnings: [...facts.coverage.warnings] } }),
      referenceEnergies: facts.references,
      ...(facts.repulsion && { repulsion: { ...facts.repulsion } }),
      warnings: [...facts.warnings],
    },
  };
}
