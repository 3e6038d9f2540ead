/** Fits of moment tensor potentials: from a survey of the data to a fitted term. */
import { PotentialError } from '../../errors.ts';
import { expectedEnergies, takenOff } from '../../fitting/data/reference-energies.ts';
import { noForces, type TrainingSurvey } from '../../fitting/data/survey.ts';
import type { DesignPoint, DesignSettings } from '../../fitting/design-pass.ts';
import { fitMomentTensor } from '../../fitting/fit-moment-tensor.ts';
import type { FitPool } from '../../fitting/fit-pool.ts';
import type { MomentTensorFitResult } from '../../fitting/fit-settings.ts';
import { generateMomentGraph } from '../../potentials/moment-tensor/basis.ts';
import { basisSize } from '../../potentials/moment-tensor/basis-size.ts';
import type { MomentTensorModel } from '../../potentials/moment-tensor/model.ts';
import { DEFAULT_BODY_ORDER } from '../../potentials/moment-tensor/scalars.ts';
import type {
  FitData,
  FitDataSize,
  FitForecast,
  FitForm,
  FitRun,
  FittedForm,
  SearchedModel,
} from '../fit-form.ts';
import { momentTensorFitSettings, type MomentTensorFitRequest } from './settings.ts';

type Data = FitData<MomentTensorFitRequest>;

/** One pass: s of one core per atom and column; measured with level 8 to 16 on silicon. */
const SECONDS_PER_ATOM_COLUMN = 1.6e-6;
/** Passes over the data of a full fit: search and climb work on parts of the data and at lower levels. */
const FULL_PASSES = 35;

export const momentTensorFit: FitForm<MomentTensorFitRequest, MomentTensorModel> = {
  tag: 'mtp',
  title: 'Moment tensor',
  help: [
    'a moment tensor potential: radial functions by variable projection (Gauss–Newton with the linear part',
    'eliminated exactly), the rest by ridge regression.',
  ],
  settings: momentTensorFitSettings,
  smaller: 'lower level',
  name: ({ level }) => `MTP ${level}`,
  words: ({ level }) => `moment tensor potential, level ${level}`,
  stopsEarly: ({ linear }) => !linear,
  forecast,
  plan: (data) => {
    const baseline = takenOff(data.references);
    return { notes: [], baseline, run: (run) => runFit(data, baseline, run) };
  },
};

function forecast(request: MomentTensorFitRequest, { species, atoms }: FitDataSize): FitForecast {
  const { scalars, radialFunctions } = basisSize(request);
  const radial = request.linear ? 0 : radialFunctions * request.radialBasisSize * species.length ** 2;
  const linear = scalars + species.length;
  const pass = SECONDS_PER_ATOM_COLUMN * atoms * (linear + 8);
  return {
    linear,
    radial,
    solved: linear + radial,
    descriptors: null,
    work: { shared: pass * (request.linear ? 1 : FULL_PASSES), alone: 0 },
    kind: request.linear ? 'linear' : 'full',
  };
}

async function runFit(
  data: Data,
  baseline: Float64Array,
  run: FitRun,
): Promise<FittedForm<MomentTensorModel>> {
  const { request, survey, minimumDistance, references, radii } = data;
  const pool = run.open<DesignSettings, DesignPoint>('moment-tensor');
  const result = await fitMomentTensor(
    {
      ...request,
      species: survey.species,
      minimumDistance,
      fixedElements: Array.from(references.fixed, (energy) => !Number.isNaN(energy)),
      expectedEnergies: expectedEnergies(data.train, survey, references),
      handover: radii?.handover,
      keepSums: request.uncertainty,
    },
    pool,
    { atoms: pool.source.atomCount, hasValidation: run.hasValidation },
    { onProgress: run.onProgress, onCheckpoint: run.onCheckpoint },
    run.resume,
    initialCoefficients(data),
  );
  forgetMissingPairs(result, survey);
  const { determinacy } = result;
  const free = Array.from(references.fixed, (_, z) => z).filter((z) => Number.isNaN(references.fixed[z]));
  return {
    searched: searchedModel(data, pool, result, free),
    sums: result.sums,
    iterations: result.iterations,
    curve: result.curve,
    warnings: warningsOf(result, survey),
    settings: { ...request, minimumDistance },
    report: {
      iterations: result.iterations,
      passesOverTheData: result.passes,
      stoppedBecause: result.stoppedBecause,
      objectivePerConfiguration: result.loss,
      ridge: result.ridge,
      conditionNumber: determinacy.conditionNumber,
      effectiveRank: determinacy.effectiveRank,
      degreesOfFreedom: determinacy.degreesOfFreedom,
      linearColumns: determinacy.columns,
    },
    finish: (x) => {
      const linear = linearOf(result, x, free);
      const columns = Float64Array.from([...linear.speciesCoefficients, ...linear.momentCoefficients]);
      const { radialCoefficients } = result;
      return {
        term: assemble(data, { ...result, ...linear }, baseline),
        predict: (onChunk) => pool.predict({ radialCoefficients }, columns, onChunk),
      };
    },
  };
}

/** Radial coefficients of the potential to start from, when it fits the request. */
function initialCoefficients({ initial, request, survey, minimumDistance }: Data): Float64Array | undefined {
  if (!initial) return undefined;
  const { species } = survey;
  const graph = generateMomentGraph(request);
  const wrong =
    initial.species.join() !== species.join()
      ? `is for ${initial.species.join(', ')} and the data have ${species.join(', ')}`
      : initial.radialFunctionCount !== graph.radialFunctionCount
        ? `has ${initial.radialFunctionCount} radial functions and level ${request.level} has ${graph.radialFunctionCount}`
        : initial.radialBasisSize !== request.radialBasisSize
          ? `has a radial basis of ${initial.radialBasisSize} and ${request.radialBasisSize} is asked for`
          : initial.cutoff !== request.cutoff || Math.abs(initial.minimumDistance - minimumDistance) > 1e-9
            ? `runs from ${initial.minimumDistance} to ${initial.cutoff} Å and the fit from ${minimumDistance} to ${request.cutoff} Å`
            : undefined;
  if (wrong) {
    throw new PotentialError(`The potential to start from ${wrong}.`, {
      remedy: 'Give the same settings, or start anew.',
    });
  }
  return initial.radialCoefficients.slice();
}

function warningsOf({ determinacy }: MomentTensorFitResult, survey: TrainingSurvey): string[] {
  const warnings: string[] = [];
  // a coefficient or two at the edge of round-off is usual at high levels and harmless under the ridge
  if (determinacy.effectiveRank < 0.95 * determinacy.columns) {
    warnings.push(
      `The data determine only ${determinacy.effectiveRank} of the ${determinacy.columns} linear coefficients; the ridge decides the others. A lower level or more varied data would be safer.`,
    );
  }
  return [...warnings, ...noForces(survey)];
}

/** Radial coefficients of pairs that no data determine are zero, in place of what the starting point had. */
function forgetMissingPairs(result: MomentTensorFitResult, survey: TrainingSurvey): void {
  const perPair = result.radialCoefficients.length / survey.shortest.length;
  survey.shortest.forEach((distance, pair) => {
    if (!Number.isFinite(distance)) {
      result.radialCoefficients.fill(0, pair * perPair, (pair + 1) * perPair);
    }
  });
}

/** @param free species whose energy is fitted */
function searchedModel(
  { request, references }: Data,
  pool: FitPool,
  result: MomentTensorFitResult,
  free: readonly number[],
): SearchedModel {
  const species = references.fixed.length;
  const scalars = result.momentCoefficients.length;
  return {
    equations: result.equations,
    x: Float64Array.from([...free.map((z) => result.speciesCoefficients[z]), ...result.momentCoefficients]),
    rows: async (chunks) => {
      const point = { radialCoefficients: result.radialCoefficients };
      const lists = await pool.energyRows(point, chunks);
      // columns of fixed energies take no part
      return lists.map((list, k) =>
        Float64Array.from({ length: chunks[k].count * (free.length + scalars) }, (_, at) => {
          const [row, column] = [Math.floor(at / (free.length + scalars)), at % (free.length + scalars)];
          const from = column < free.length ? free[column] : species + column - free.length;
          return list[row * (species + scalars) + from];
        }),
      );
    },
    baseline: takenOff(references),
    // an atom without neighbours has no moments: its energy is that of its element
    isolated: new Float64Array(species).fill(NaN),
    // a scalar is a product of at most this many moments
    degree: (request.maximumBodyOrder ?? DEFAULT_BODY_ORDER) - 1,
  };
}

function linearOf(
  result: MomentTensorFitResult,
  x: Float64Array | undefined,
  free: readonly number[],
): Pick<MomentTensorFitResult, 'speciesCoefficients' | 'momentCoefficients'> {
  if (!x) return result;
  const speciesCoefficients = result.speciesCoefficients.slice();
  free.forEach((z, k) => (speciesCoefficients[z] = x[k]));
  return { speciesCoefficients, momentCoefficients: x.slice(free.length) };
}

function assemble(
  { request, survey, minimumDistance, radii }: Data,
  result: MomentTensorFitResult,
  baseline: Float64Array,
): MomentTensorModel {
  return {
    form: 'moment-tensor',
    species: survey.species,
    cutoff: request.cutoff,
    minimumDistance,
    scaling: result.scaling,
    radialBasisSize: request.radialBasisSize,
    radialCoefficients: result.radialCoefficients,
    speciesCoefficients: result.speciesCoefficients.map((energy, z) => energy + baseline[z]),
    momentCoefficients: result.momentCoefficients,
    ...generateMomentGraph(request),
    ...(radii && { handover: radii.handover }),
  };
}
