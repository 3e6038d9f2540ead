/**
 * ACE fits whose radial functions R_nl = Σ_k c_nlk g_k come from the data: those of moment tensors, found by variable projection,
 * then every l its own by quasi-Newton steps on all parameters (all-parameters/), then one linear solve in the whole basis. With
 * a second density under a square root the steps are the fit.
 */
import type { DesignPoint, DesignSettings } from '../../fitting/design-pass.ts';
import { expectedEnergies } from '../../fitting/data/reference-energies.ts';
import { SeededRandom } from '../../fitting/random.ts';
import { fitTensorRegression } from '../../fitting/tensor-regression/fit.ts';
import { PenalisedLeastSquares } from '../../fitting/tensor-regression/ridge.ts';
import { densePenalties, type TensorPool } from '../../fitting/tensor-regression/sums.ts';
import type { AceBond, AceEmbedding } from '../../potentials/ace/model.ts';
import { multipliedOut } from '../dense-fit.ts';
import type { FitData, FitRun } from '../fit-form.ts';
import { momentTensorStart } from './all-parameters/moment-tensor-start.ts';
import { optimiseAce, type AcePool, type Optimised } from './all-parameters/optimise.ts';
import type { AceParameters } from './all-parameters/structure.ts';
import { basisExtent, type BasisFunction } from './basis.ts';
import type { AceDescriptorSettings } from './descriptors.ts';
import type { AceFitRequest } from './settings.ts';

type Data = FitData<AceFitRequest>;

/** Functions of the basis in which radial functions are fitted, at most: they are used in larger ones. */
const MOST_LEARNING = 130;
/** Share of the training groups that the first steps see. */
const SHARE = 0.4;
/** Spread of the second density at the start: where its square root is bent. */
const SECOND_DENSITY = 1;
/** Levels of the moment tensors whose radial functions begin. */
const START = { least: 8, most: 16 } as const;
/** Parts of the progress: moment tensors, steps on a part of the data, and on all of it. */
const PROGRESS = { start: 0.3, part: 0.6, all: 0.9 } as const;

/** Level of the moment tensors whose radial functions begin. */
export const startingLevel = ({ degree }: AceFitRequest): number =>
  Math.min(START.most, Math.max(START.least, 2 * Math.floor(degree / 2)));

/** The descriptors with the radial functions of a moment tensor potential of the same data. */
export async function startingRadials(
  data: Data,
  descriptors: AceDescriptorSettings,
  run: FitRun,
): Promise<AceDescriptorSettings> {
  const { request, survey, references } = data;
  const level = startingLevel(request);
  const radial = await momentTensorStart(run.open<DesignSettings, DesignPoint>('moment-tensor'), {
    ...{ descriptors, level, weights: request.weights, seed: request.seed },
    ...{ hasValidation: run.hasValidation, minimumDistance: data.minimumDistance },
    fixedElements: Array.from(references.fixed, (energy) => !Number.isNaN(energy)),
    expectedEnergies: expectedEnergies(data.train, survey, references),
    onProgress: ({ fraction, message }) =>
      run.onProgress?.({ fraction: PROGRESS.start * fraction, message: `radial functions: ${message}` }),
  });
  return withRadial(descriptors, radial);
}

/** What steps on all parameters found. */
export interface LearnedAce {
  readonly descriptors: AceDescriptorSettings;
  readonly embeddings: readonly AceEmbedding[];
  readonly pool: AcePool;
  readonly found: Optimised;
}

/** Steps on all parameters from a linear start. @param descriptors whose radial functions begin */
export async function learnAll(
  data: Data,
  descriptors: AceDescriptorSettings,
  run: FitRun,
  linearPool: TensorPool,
): Promise<LearnedAce> {
  const { request, survey } = data;
  const { species } = survey;
  const count = request.densities;
  const functions = descriptors.functions.length;
  const pool: AcePool = run.open('ace-parameters');
  const embeddings = species.map(() => embeddingOf(count));
  const begin = new LinearStart(request, descriptors, linearPool);
  const found = await optimiseAce(pool, {
    settings: { descriptors, embeddings, weights: request.weights },
    start: {
      constants: new Float64Array(species.length),
      weights: new Float64Array(species.length * functions * count),
      radial: Float64Array.from(descriptors.bonds.flatMap(({ coefficients }) => Array.from(coefficients))),
    },
    iterations: { part: request.steps, all: request.steps },
    ...{ share: SHARE, hasValidation: run.hasValidation, seed: request.seed },
    solve: (parameters) => begin.solve(parameters),
    onStep: (point, fraction) => {
      const [from, to] =
        point.stage === 'climb' ? [PROGRESS.start, PROGRESS.part] : [PROGRESS.part, PROGRESS.all];
      run.onProgress?.({
        fraction: from + (to - from) * fraction,
        message: `${point.stage === 'climb' ? 'all parameters, part of the data' : 'all parameters'}: loss ${point.loss.toPrecision(4)}`,
        point,
      });
    },
  });
  return { descriptors, embeddings, pool, found };
}

/** The linear problem at given radial functions. */
class LinearStart {
  private readonly request: AceFitRequest;
  private readonly descriptors: AceDescriptorSettings;
  private readonly pool: TensorPool;
  private solved = false;

  constructor(request: AceFitRequest, descriptors: AceDescriptorSettings, pool: TensorPool) {
    this.request = request;
    this.descriptors = descriptors;
    this.pool = pool;
  }

  async solve(parameters: AceParameters) {
    const { request, descriptors } = this;
    const species = descriptors.species.length;
    const { shift, scale, head, equations, ridge } = await fitTensorRegression(
      {
        descriptors: withRadial(descriptors, parameters.radial),
        ...{ mode: 'shared', heads: species, rank: 1, sweeps: 1, hasValidation: false },
        ...{ weights: request.weights, ridge: request.ridge, ridgeChoice: 'evidence', seed: request.seed },
      },
      this.pool,
    );
    if (head.kind !== 'dense') throw new Error('polynomials have dense coefficients');
    const penalties = densePenalties(species, shift.length / species);
    const { factor, scale: norms } = new PenalisedLeastSquares(equations, penalties).solve(ridge);
    const linear = { shift, scale, factor, norms };
    // with several densities the linear solution is where the first begins, and no more
    if (request.densities > 1 && this.solved) return { linear, parameters };
    this.solved = true;
    return { linear, parameters: this.parametersOf(head.coefficients, shift, scale, parameters.radial) };
  }

  private parametersOf(
    coefficients: Float64Array,
    shift: Float64Array,
    scale: Float64Array,
    radial: Float64Array,
  ): AceParameters {
    const species = this.descriptors.species.length;
    const per = shift.length / species;
    const functions = per - 1;
    const count = this.request.densities;
    const random = new SeededRandom(this.request.seed);
    const constants = new Float64Array(species);
    const weights = new Float64Array(species * functions * count);
    for (let s = 0; s < species; s++) {
      const [from, to] = [s * per, (s + 1) * per];
      const own = multipliedOut(
        coefficients.subarray(from, to),
        shift.subarray(from, to),
        scale.subarray(from, to),
        false,
      );
      constants[s] = own[0];
      for (let f = 0; f < functions; f++) {
        const at = (s * functions + f) * count;
        weights[at] = own[1 + f];
        for (let p = 1; p < count; p++)
          weights[at + p] = (SECOND_DENSITY / Math.sqrt(functions)) * scale[from + 1 + f] * random.normal();
      }
    }
    return { constants, weights, radial };
  }
}

/** The first density is the energy itself, a second one under a square root. */
function embeddingOf(densities: number): AceEmbedding {
  return {
    kind: 'FinnisSinclairShiftedScaled',
    weights: new Float64Array(densities).fill(1),
    exponents: Float64Array.of(1, 0.5).slice(0, densities),
    ...{ coreCutoff: 100_000, coreWidth: 250 },
  };
}

/** The same with other radial coefficients of all pairs. */
export function withRadial(descriptors: AceDescriptorSettings, radial: Float64Array): AceDescriptorSettings {
  const each = radial.length / descriptors.bonds.length;
  const bonds = descriptors.bonds.map((bond, k) => ({
    ...bond,
    coefficients: radial.slice(k * each, (k + 1) * each),
  }));
  return { ...descriptors, bonds };
}

/**
 * The largest basis that is small enough for radial functions to be fitted in, with radial functions as here.
 * @param basisOf functions of a degree
 */
export function smallerBasis(
  descriptors: AceDescriptorSettings,
  degree: number,
  basisOf: (degree: number) => BasisFunction[],
): AceDescriptorSettings {
  let { functions } = descriptors;
  for (let next = degree - 1; functions.length > MOST_LEARNING && next > 4; next--) functions = basisOf(next);
  const { radial, lmax } = basisExtent(functions);
  const bonds = descriptors.bonds.map((bond): AceBond => {
    const coefficients = new Float64Array(radial * (lmax + 1) * bond.baseCount);
    for (let n = 0; n < radial; n++)
      for (let l = 0; l <= lmax; l++)
        coefficients.set(rowOf(bond, n, l), (n * (lmax + 1) + l) * bond.baseCount);
    return { ...bond, radialCount: radial, lmax, coefficients };
  });
  return { ...descriptors, functions, bonds };
}

/** Radial functions of a smaller basis in the place of those with the same n and l. */
export function takenFrom(
  smaller: AceDescriptorSettings,
  descriptors: AceDescriptorSettings,
): AceDescriptorSettings {
  const bonds = descriptors.bonds.map((bond, pair) => {
    const small = smaller.bonds[pair];
    const coefficients = bond.coefficients.slice();
    for (let n = 0; n < Math.min(small.radialCount, bond.radialCount); n++)
      for (let l = 0; l <= Math.min(small.lmax, bond.lmax); l++)
        coefficients.set(rowOf(small, n, l), (n * (bond.lmax + 1) + l) * bond.baseCount);
    return { ...bond, coefficients };
  });
  return { ...descriptors, bonds };
}

function rowOf({ coefficients, lmax, baseCount }: AceBond, n: number, l: number): Float64Array {
  const from = (n * (lmax + 1) + l) * baseCount;
  return coefficients.subarray(from, from + baseCount);
}
