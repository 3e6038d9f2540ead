/** Fits of tensor-regression potentials: from a survey of the data to a fitted term. */
import { FitError, PotentialError } from '../../errors.ts';
import type { ConfigurationSet } from '../../fitting/data/configuration-set.ts';
import { baselineEnergies } from '../../fitting/data/reference-energies.ts';
import type { FitPool } from '../../fitting/fit-pool.ts';
import { fitTensorRegression } from '../../fitting/tensor-regression/fit.ts';
import type { TensorPool } from '../../fitting/tensor-regression/sums.ts';
import type { TensorFitResult } from '../../fitting/tensor-regression/settings.ts';
import { suggestSizes } from '../../fitting/tensor-regression/suggest-sizes.ts';
import type { TensorPassSettings, TensorPoint } from '../../fitting/tensor-regression/tensor-pass.ts';
import { withFirstCore } from '../../fitting/tensor-regression/train-fit.ts';
import { denseCount, trainCount } from '../../potentials/tensor-regression/heads.ts';
import {
  descriptorLayout,
  headSize,
  validateTensorRegressionModel,
  type DescriptorSettings,
  type TensorRegressionModel,
} from '../../potentials/tensor-regression/index.ts';
import { symbolOf } from '../../structure/configuration.ts';
import {
  labelCount,
  type FitData,
  type FitDataSize,
  type FitForecast,
  type FitForm,
  type FitPlan,
  type FitRun,
  type FittedForm,
  type SearchedModel,
} from '../fit-form.ts';
import { denseWork, descriptorReport, descriptorWarnings, labelsOfSurvey } from '../descriptor-fit.ts';
import { tensorRegressionFitSettings, type TensorRegressionFitRequest } from './settings.ts';

type Request = TensorRegressionFitRequest;
type Data = FitData<Request>;

/** Bond dimension that is assumed where it is found by the fit. */
const ASSUMED_BOND = 6;

export const tensorRegressionFit: FitForm<Request, TensorRegressionModel> = {
  tag: 'tensor',
  title: 'Tensor regression',
  help: [
    'a tensor-regression potential: a tensor of some rank over radial and angular descriptors, by one linear',
    'solve in seconds; with --bond-dimension a tensor train, by alternating least squares.',
  ],
  settings: tensorRegressionFitSettings,
  smaller: 'lower rank, or fewer descriptors,',
  name: ({ rank, bondDimension, perAtom }) =>
    `${bondDimension === undefined ? 'tensor' : 'tensor train'} rank ${rank}${perAtom ? ' per atom' : ''}`,
  words: ({ rank, bondDimension, perAtom }) =>
    `${bondDimension === undefined ? 'tensor regression' : 'tensor train'}, rank ${rank}${perAtom ? ', one per atom' : ''}`,
  stopsEarly: () => true,
  forecast,
  plan,
};

/** Sizes and heads as the fit will choose them. */
function forecast(request: Request, size: FitDataSize): FitForecast {
  const { species } = size;
  const { rank, elements, sweeps } = request;
  const heads = request.perAtom ? Math.max(1, Math.round(size.atoms / size.configurations)) : species.length;
  const train = request.bondDimension !== undefined;
  const sizes = sizesFor(request, species, heads, labelCount(size));
  const layout = {
    species,
    elementWeighting: elements,
    cutoff: request.cutoff,
    minimumDistance: 0,
    ...sizes,
  };
  const m = descriptorLayout(layout).size;
  const descriptors = { ...sizes, size: m };
  if (!train) {
    const linear = heads * denseCount(m, rank);
    return { linear, radial: 0, solved: linear, descriptors, work: denseWork(linear, size), kind: 'dense' };
  }
  const chi = typeof request.bondDimension === 'number' ? request.bondDimension : ASSUMED_BOND;
  const bonds = Array.from({ length: rank + 1 }, (_, k) => (k === 0 || k === rank ? 1 : chi));
  const solved = heads * m * chi * chi;
  const { shared, alone } = denseWork(solved, size);
  return {
    linear: heads * (1 + trainCount(m, bonds)),
    radial: 0,
    solved,
    descriptors,
    // one pass for every core of every sweep; then the solutions
    work: { shared: sweeps * rank * shared, alone: sweeps * rank * alone },
    kind: 'train',
  };
}

function sizesFor(request: Request, species: readonly string[], heads: number, labels: number) {
  const { rank, elements, bondDimension, radialSize, angularSize, angularRadial } = request;
  return suggestSizes({
    species,
    elementWeighting: elements,
    rank: bondDimension === undefined ? rank : 2,
    heads,
    labels,
    given: { radialSize, angularSize, angularRadial },
  });
}

function plan(data: Data): FitPlan<TensorRegressionModel> {
  const { request, survey, minimumDistance, references, radii, train } = data;
  if (data.initial) {
    throw new PotentialError('A tensor-regression fit starts from its data, not from another potential.', {
      remedy: 'Leave --start-from out.',
    });
  }
  const baseline = baselineEnergies(train, survey, references);
  const { species } = survey;
  const atomSpecies = request.perAtom ? speciesOfEveryAtom(data.all, species) : undefined;
  const heads = atomSpecies?.length ?? species.length;
  const descriptors: DescriptorSettings = {
    species,
    cutoff: request.cutoff,
    minimumDistance,
    ...sizesFor(request, species, heads, labelsOfSurvey(survey, train)),
    elementWeighting: request.elements,
    ...(radii && { handover: radii.handover }),
  };
  const { radialSize, angularSize, angularRadial } = descriptors;
  const m = descriptorLayout(descriptors).size;
  return {
    notes: [
      `${m} descriptors: ${radialSize} radial, ${angularSize} angular functions over ${angularRadial} radial ones.`,
    ],
    baseline,
    run: (run) => runFit(data, baseline, descriptors, atomSpecies, run),
  };
}

async function runFit(
  data: Data,
  baseline: Float64Array,
  descriptors: DescriptorSettings,
  atomSpecies: Int32Array | undefined,
  run: FitRun,
): Promise<FittedForm<TensorRegressionModel>> {
  const { request, survey } = data;
  const { rank, bondDimension, ridgeChoice, sweeps } = request;
  const pool: FitPool<TensorPassSettings, TensorPoint> = run.open('descriptors');
  const result = await fitTensorRegression(
    {
      descriptors,
      mode: atomSpecies ? 'per-atom' : 'shared',
      heads: atomSpecies?.length ?? survey.species.length,
      weights: request.weights,
      rank,
      bondDimension,
      ridge: request.ridge,
      ridgeChoice,
      sweeps,
      seed: request.seed,
      hasValidation: run.hasValidation,
      keepSums: request.uncertainty,
      keepCore: data.radii !== undefined,
    },
    pool,
    { onProgress: run.onProgress, onCheckpoint: run.onCheckpoint },
    run.resume?.stage === 'sweep' ? run.resume : undefined,
  );
  const { shift, scale } = result;
  const { radialSize, angularSize, angularRadial, minimumDistance } = descriptors;
  const m = descriptorLayout(descriptors).size;
  return {
    searched: searchedModel(data, baseline, pool, result),
    sums: result.sums,
    iterations: Math.max(1, result.sweeps),
    curve: [],
    warnings: descriptorWarnings(result, survey, 'Fewer descriptors'),
    ...(request.perAtom && { notSearched: 'Heads of single atoms speak of no other structure' }),
    settings: { ...request, minimumDistance, radialSize, angularSize, angularRadial },
    report: {
      ...descriptorReport(result),
      descriptors: m,
      ...(result.head.kind === 'tensor-train' && { bonds: Array.from(result.head.bonds) }),
    },
    finish: (x) => {
      const head = headWith(result.head, m, x);
      const point = { kind: 'model', shift, scale, head } as const;
      return {
        term: assemble(descriptors, atomSpecies, { ...result, head }, baseline),
        predict: (onChunk) => pool.predict(point, new Float64Array(0), onChunk),
      };
    },
  };
}

function headWith(head: TensorFitResult['head'], m: number, x: Float64Array | undefined) {
  if (!x) return head;
  return head.kind === 'dense' ? { ...head, coefficients: x } : withFirstCore(head, m, x);
}

/** The head, or the first core of a train; heads of single atoms as they are. */
function searchedModel(
  { request, references }: Data,
  baseline: Float64Array,
  pool: TensorPool,
  result: TensorFitResult,
): SearchedModel | undefined {
  const { head } = result;
  const linear =
    head.kind === 'dense'
      ? { point: result.point, equations: result.equations, x: head.coefficients }
      : result.core;
  // structures that are searched have no atoms of lasting identity
  if (!linear || request.perAtom) return undefined;
  const { point, equations, x } = linear;
  return {
    equations,
    x,
    rows: async (chunks) => await pool.energyRows(point, chunks),
    baseline,
    isolated: references.fixed,
    // angular descriptors are products of two sums over neighbours
    degree: (request.angularSize === 0 ? 1 : 2) * request.rank,
  };
}

/** Species of every atom, the same in all configurations. @throws FitError naming the first one that differs */
function speciesOfEveryAtom(all: ConfigurationSet, species: readonly string[]): Int32Array {
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
