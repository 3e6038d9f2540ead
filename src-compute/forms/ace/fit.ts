/**
 * Fits of ACE potentials: an atom's energy is a sum of products of sums over its neighbours (basis.ts), with coefficients of its
 * element, by one linear solve; radial functions come from the data (learned.ts) or are those of a family. Below the distances of the data the radial functions of a pair end, as `.yace`
 * files can say, and the repulsion of bare nuclei takes over.
 */
import { PotentialError } from '../../errors.ts';
import { baselineEnergies } from '../../fitting/data/reference-energies.ts';
import type { RepulsionRadii } from '../../fitting/repulsion/radii.ts';
import type { TensorPool } from '../../fitting/tensor-regression/sums.ts';
import {
  validateAceModel,
  type AceBond,
  type AceEmbedding,
  type AceFunction,
  type AceModel,
} from '../../potentials/ace/model.ts';
import { runDenseFit } from '../dense-fit.ts';
import { denseWork } from '../descriptor-fit.ts';
import type { FitData, FitDataSize, FitForecast, FitForm, FitPlan, FitRun, FittedForm } from '../fit-form.ts';
import type { AceParameters } from './all-parameters/structure.ts';
import { momentTensorFit } from '../moment-tensor/fit.ts';
import { momentTensorFitSettings } from '../moment-tensor/settings.ts';
import { aceBasis, basisExtent, type BasisFunction } from './basis.ts';
import { AceDescriptors, type AceDescriptorSettings } from './descriptors.ts';
import {
  learnAll,
  smallerBasis,
  startingLevel,
  startingRadials,
  takenFrom,
  withRadial,
  type LearnedAce,
} from './learned.ts';
import { aceFitSettings, degreesOf, rulesOf, type AceFitRequest } from './settings.ts';

type Data = FitData<AceFitRequest>;

/** s per atom and function with its derivatives, of one core; measured with 28 neighbours. */
const SECONDS_PER_FUNCTION = 3e-6;
/** The same of a gradient by all parameters; and passes over all data for a step: on a part of them first, line searches counted. */
const SECONDS_PER_STEP_FUNCTION = 3e-6;
const STEP_PASSES = 2;
/** Å; the spacing that other programs write into `.yace` files. */
const TABLE_SPACING = 0.001;
/** Functions above which a fit takes hours. */
const MOST_FUNCTIONS = 20_000;

export const aceFit: FitForm<AceFitRequest, AceModel> = {
  tag: 'ace',
  title: 'ACE',
  help: [
    'a potential of the atomic cluster expansion: products of sums over the neighbours of an atom, linear, with radial',
    'functions from the data; a .yace for LAMMPS’ pair_style pace is written beside it.',
  ],
  settings: aceFitSettings,
  smaller: 'a smaller degree',
  name: ({ degree, rank }) => `ACE ${degree}/${rank}`,
  words: ({ degree, rank, densities }) =>
    `${densities > 1 ? 'ACE of two densities' : 'linear ACE'}, degree ${degree}, products of up to ${rank} sums`,
  stopsEarly: ({ radials }) => radials !== 'fixed',
  forecast,
  plan,
};

function basisOf(request: AceFitRequest, species: number): BasisFunction[] {
  return aceBasis({ ...rulesOf(request), species, degrees: degreesOf(request), lmax: request.lmax });
}

function forecast(request: AceFitRequest, size: FitDataSize): FitForecast {
  const elements = size.species.length;
  const m = 1 + basisOf(request, elements).length;
  const { shared, alone } = denseWork(elements * m, size);
  const { radials, steps, densities } = request;
  const fitted = densities > 1 || radials === 'fitted';
  const start =
    radials === 'fixed' && !fitted
      ? 0
      : momentTensorFit.forecast(
          momentTensorFitSettings.parse({ form: 'moment-tensor', level: startingLevel(request) }),
          size,
        ).work.shared;
  const all = fitted ? STEP_PASSES * steps * SECONDS_PER_STEP_FUNCTION * size.atoms * m : 0;
  return {
    linear: elements * m,
    radial: 0,
    solved: elements * m,
    descriptors: { size: m },
    work: { shared: shared + SECONDS_PER_FUNCTION * size.atoms * m + start + all, alone },
    kind: fitted ? 'ace-all' : start > 0 ? 'ace-learned' : 'dense',
  };
}

function plan(data: Data): FitPlan<AceModel> {
  const { request, survey, references, train } = data;
  if (data.initial)
    throw new PotentialError('A linear ACE fit starts from its data, not from another potential.', {
      remedy: 'Leave --start-from out.',
    });
  const { species } = survey;
  const functions = basisOf(request, species.length);
  if (functions.length === 0 || functions.length > MOST_FUNCTIONS)
    throw new PotentialError(
      `These settings make ${functions.length} functions: 1 to ${MOST_FUNCTIONS} were expected.`,
      { remedy: 'Choose another degree or number of factors.' },
    );
  const descriptors = descriptorSettings(data, functions);
  const baseline = baselineEnergies(train, survey, references);
  return {
    notes: [
      `${functions.length} functions, products of up to ${Math.max(...functions.map((f) => f.radial.length))} sums, and a constant for each of ${species.length} elements.`,
    ],
    baseline,
    run: (run) =>
      request.radials === 'fixed' && request.densities === 1
        ? linear(data, descriptors, baseline, run)
        : learned(data, descriptors, baseline, run),
  };
}

function linear(
  data: Data,
  descriptors: AceDescriptorSettings,
  baseline: Float64Array,
  run: FitRun,
  pool?: TensorPool,
): Promise<FittedForm<AceModel>> {
  const { functions } = descriptors;
  return runDenseFit(
    data,
    {
      ...{ descriptors, baseline, rank: 1, order: Math.max(...functions.map((f) => f.radial.length)) },
      ...(pool && { pool }),
      penalties: smoothness(functions, data.request),
      smaller: 'A smaller degree',
      warnings: [],
      settings: { ...data.request },
      assemble: (coefficients) => assemble(descriptors, coefficients),
    },
    run,
  );
}

/**
 * Prior: products of a higher degree are held back more, as those of a smooth energy are small; functions of single neighbours,
 * of which the data have most, like the lowest.
 */
function smoothness(functions: readonly BasisFunction[], request: AceFitRequest): Float64Array {
  const { factorWeight, radialWeight, angularWeight } = rulesOf(request);
  const degrees = functions.map(({ radial, angular }) =>
    radial.length === 1
      ? 1
      : radial.reduce(
          (sum, n, t) => sum + factorWeight + radialWeight * (n - 1) + angularWeight * angular[t],
          1,
        ),
  );
  const largest = Math.max(...degrees);
  return Float64Array.from(degrees, (degree) => (degree / largest) ** (2 * request.smoothness));
}

/** Radial functions come from the data first. */
async function learned(
  data: Data,
  descriptors: AceDescriptorSettings,
  baseline: Float64Array,
  run: FitRun,
): Promise<FittedForm<AceModel>> {
  const { request, survey } = data;
  const started = await startingRadials(data, descriptors, run);
  const pool: TensorPool = run.open('descriptors');
  if (request.densities > 1) return nonlinear(data, await learnAll(data, started, run, pool), baseline);
  if (request.radials === 'moment-tensors') return await linear(data, started, baseline, run, pool);
  const small = smallerBasis(started, request.degree, (degree) =>
    basisOf({ ...request, degree }, survey.species.length),
  );
  const { found } = await learnAll(data, small, run, pool);
  const own = takenFrom(withRadial(small, found.parameters.radial), started);
  const fitted = await linear(data, own, baseline, run, pool);
  const { curve, iterations } = found;
  return { ...fitted, curve, iterations, report: { ...fitted.report, radialSteps: iterations } };
}

/** The result of a fit of several densities, which no linear solve follows. */
function nonlinear(
  { request }: Data,
  { descriptors, embeddings, pool, found }: LearnedAce,
  baseline: Float64Array,
): FittedForm<AceModel> {
  const { parameters, iterations, curve, stoppedBecause } = found;
  const term = assembleAll(descriptors, embeddings, parameters, baseline);
  return {
    ...{ searched: undefined, sums: undefined, iterations, curve, warnings: [] },
    notSearched: 'A fit with a second density is no linear problem',
    settings: { ...request },
    report: { iterations, stoppedBecause },
    finish: () => ({
      term,
      predict: (onChunk) => pool.predict(parameters, new Float64Array(0), onChunk),
    }),
  };
}

function descriptorSettings(
  { request, survey, radii }: Data,
  functions: readonly BasisFunction[],
): AceDescriptorSettings {
  const { species } = survey;
  const { cutoff, radial, lambda } = request;
  const extent = basisExtent(functions);
  const bonds = species.flatMap((_, a) =>
    species.map((_name, b): AceBond => {
      const inner = innerCutoff(radii, a * species.length + b, cutoff);
      return {
        ...{ radial, parameter: lambda, cutoff, cutoffWidth: 0.01, corePrefactor: 0, coreExponent: 1 },
        ...inner,
        ...{ radialCount: extent.radial, baseCount: extent.base, lmax: extent.lmax },
        coefficients: identity(extent),
      };
    }),
  );
  return {
    family: 'ace',
    ...{ species, cutoff, tableSpacing: TABLE_SPACING, core: 'distance', bonds, functions },
  };
}

/** Where the radial functions of a pair end: over the interval in which its repulsion sets in. */
function innerCutoff(radii: RepulsionRadii | undefined, pair: number, cutoff: number) {
  if (!radii) return { innerCutoff: 0, innerWidth: 0 };
  const { inner, outer } = radii.handover;
  // a pair that the data never have is handed over at its whole cutoff: the repulsion's own radii end its functions
  const known = inner[pair] < outer[pair] && outer[pair] < cutoff;
  const [from, to] = known
    ? [inner[pair], outer[pair]]
    : [radii.zbl.radii?.inner[pair] ?? inner[pair], radii.zbl.radii?.outer[pair] ?? outer[pair]];
  return to < cutoff ? { innerCutoff: to, innerWidth: to - from } : { innerCutoff: 0, innerWidth: 0 };
}

/** R_nl = g_n. */
function identity({ radial, lmax, base }: ReturnType<typeof basisExtent>): Float64Array {
  const out = new Float64Array(radial * (lmax + 1) * base);
  for (let n = 0; n < radial; n++) for (let l = 0; l <= lmax; l++) out[(n * (lmax + 1) + l) * base + n] = 1;
  return out;
}

/** The model with all parameters of a fit. */
function assembleAll(
  settings: AceDescriptorSettings,
  embeddings: readonly AceEmbedding[],
  { constants, weights, radial }: AceParameters,
  baseline: Float64Array,
): AceModel {
  const { species, cutoff, tableSpacing, core, bonds, functions } = settings;
  const each = radial.length / bonds.length;
  const count = embeddings[0].weights.length;
  const model: AceModel = {
    ...{ form: 'ace', species, cutoff, tableSpacing, core, embeddings },
    bonds: bonds.map((bond, k) => ({ ...bond, coefficients: radial.slice(k * each, (k + 1) * each) })),
    isolated: constants.map((value, s) => value + baseline[s]),
    functions: species.map((_, s) =>
      functions.map(({ neighbours, radial: ns, angular, coupling }, f): AceFunction => ({
        neighbours: Int32Array.from(neighbours),
        radial: Int32Array.from(ns),
        angular: Int32Array.from(angular),
        orders: coupling.orders,
        couplings: Float64Array.from(
          Array.from(coupling.coefficients).flatMap((c) => Array.from({ length: count }, () => c)),
        ),
        weights: weights.slice((s * functions.length + f) * count, (s * functions.length + f + 1) * count),
      })),
    ),
  };
  validateAceModel(model);
  return model;
}

/** The model as `.yace` files have it. @param coefficients a constant and one per function, species after species */
function assemble(settings: AceDescriptorSettings, coefficients: Float64Array): AceModel {
  const { species, cutoff, tableSpacing, core, bonds, functions } = settings;
  const per = AceDescriptors.count(settings);
  const model: AceModel = {
    ...{ form: 'ace', species, cutoff, tableSpacing, core, bonds },
    isolated: Float64Array.from(species, (_, s) => coefficients[s * per]),
    embeddings: species.map(() => ({
      ...{ kind: 'FinnisSinclair', weights: Float64Array.of(1), exponents: Float64Array.of(1) },
      ...{ coreCutoff: 100_000, coreWidth: 250 },
    })),
    functions: species.map((_, s) =>
      functions.map(({ neighbours, radial, angular, coupling }, f): AceFunction => ({
        neighbours: Int32Array.from(neighbours),
        radial: Int32Array.from(radial),
        angular: Int32Array.from(angular),
        orders: coupling.orders,
        couplings: coupling.coefficients,
        weights: Float64Array.of(coefficients[s * per + 1 + f]),
      })),
    ),
  };
  validateAceModel(model);
  return model;
}

/** The descriptors of a model that was fitted; undefined of one that was read from a file. */
export function descriptorsOfModel(model: AceModel): AceDescriptorSettings | undefined {
  const { species, cutoff, tableSpacing, core, bonds, functions, embeddings } = model;
  const linear = embeddings.every(
    ({ exponents, weights }) => exponents.length === 1 && exponents[0] === 1 && weights[0] === 1,
  );
  const identical = functions.every((list) => list.length === functions[0].length);
  if (!linear || !identical) return undefined;
  return {
    family: 'ace',
    ...{ species, cutoff, tableSpacing, core, bonds },
    functions: functions[0].map(({ neighbours, radial, angular, orders, couplings }) => ({
      neighbours: Array.from(neighbours),
      radial: Array.from(radial),
      angular: Array.from(angular),
      coupling: { orders, coefficients: couplings },
    })),
  };
}
