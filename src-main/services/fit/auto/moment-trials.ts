/**
 * Trials of moment tensor settings: short fits at a low level on three quarters of the data, errors on the fourth. Radial
 * functions found there are good enough to tell cutoffs and weights apart, and are where linear fits of other levels start.
 */
import {
  costPerAtom,
  momentColumns,
  momentPassesSeconds,
} from '../../../../src-compute/fitting/auto/work.ts';
import type { Trial, TrialPoint } from '../../../../src-compute/fitting/auto/choice.ts';
import { fitMomentTensor } from '../../../../src-compute/fitting/fit-moment-tensor.ts';
import { FitPool } from '../../../../src-compute/fitting/fit-pool.ts';
import { TEST_GROUP, type MomentTensorFitSettings } from '../../../../src-compute/fitting/fit-settings.ts';
import { extendCoefficients } from '../../../../src-compute/fitting/radial-start.ts';
import { SeededRandom } from '../../../../src-compute/fitting/random.ts';
import { FOLDS } from '../../../../src-compute/fitting/fit-settings.ts';
import type { TrainingSource } from '../../../../src-compute/fitting/training-set.ts';
import {
  generateMomentGraph,
  MAXIMUM_LEVEL,
} from '../../../../src-compute/potentials/moment-tensor/basis.ts';
import type { MomentTensorModel } from '../../../../src-compute/potentials/moment-tensor/model.ts';
import type { MomentTensorFitRequest } from '../../../../src-compute/forms/moment-tensor/settings.ts';
import { openFitChannels } from '../fit-channels.ts';
import { measure, trainingSource } from '../fit-data.ts';
import { neighboursOf, type TrialData, type TrialResult, type TrialRunner } from './trial-runner.ts';

/** Level, starting points and iterations of a short fit. */
const SKETCH = { level: 8, starts: 3, iterations: 10 } as const;
const LEVEL_STEP = 4;
/** Passes over all data that a short fit takes, about. */
const SKETCH_PASSES = 30;

/** What the radial functions of a short fit belong to. */
const keyOf = ({ cutoff, forceWeight }: TrialPoint) => `${cutoff} ${forceWeight}`;

export class MomentTrials implements TrialRunner {
  readonly start: TrialPoint;
  private readonly data: TrialData<MomentTensorFitRequest>;
  private readonly source: TrainingSource;
  private readonly pool: FitPool;
  private readonly fixedElements: readonly boolean[];
  /** Radial coefficients of short fits by cutoff and weight. */
  private readonly found = new Map<string, Float64Array>();
  private readonly counted = new Set<string>();

  /** @param fixed energies of isolated atoms by species, eV; NaN where they are fitted */
  constructor(data: TrialData<MomentTensorFitRequest>, fixed: Float64Array) {
    const { request, survey, set, groups, threads, signal } = data;
    this.data = data;
    this.fixedElements = Array.from(fixed, (energy) => !Number.isNaN(energy));
    const references = fixed.map((energy) => (Number.isNaN(energy) ? 0 : energy));
    this.start = { cutoff: request.cutoff, level: request.level, forceWeight: request.weights.force };
    const held = groups.map((group) => (group % FOLDS === 0 ? TEST_GROUP : group));
    this.source = trainingSource({ train: set, request }, survey.species, held, references);
    this.pool = new FitPool(
      openFitChannels(Math.min(threads, this.source.chunkCount), 'moment-tensor'),
      this.source,
      signal,
    );
  }

  neighbours(point: TrialPoint): TrialPoint[] {
    const level = point.level ?? this.data.request.level;
    return [level - LEVEL_STEP, level + LEVEL_STEP, level - 2 * LEVEL_STEP]
      .filter((other) => other >= SKETCH.level && other <= MAXIMUM_LEVEL - 2)
      .map((other) => ({ ...point, level: other }));
  }

  async run(kind: Trial['kind'], point: TrialPoint): Promise<TrialResult> {
    const radial = await this.shortFit(point);
    const low = Math.min(SKETCH.level, this.data.request.level);
    const level = kind === 'sketch' ? low : (point.level ?? this.data.request.level);
    const settings = this.settingsOf(point, level);
    const graph = generateMomentGraph(settings);
    const shape = {
      species: settings.species.length,
      functions: generateMomentGraph({ ...settings, level: low }).radialFunctionCount,
      size: settings.radialBasisSize,
    };
    const random = new SeededRandom(1000 * settings.seed + level);
    const start = extendCoefficients(radial, shape, graph.radialFunctionCount, random);
    const result = await fitMomentTensor(
      { ...settings, linear: true },
      this.pool,
      { atoms: this.source.atomCount, hasValidation: false },
      {},
      undefined,
      start,
    );
    const x = Float64Array.from([...result.speciesCoefficients, ...result.momentCoefficients]);
    const { radialCoefficients } = result;
    const { test } = await measure(this.source, (onChunk) =>
      this.pool.predict({ radialCoefficients }, x, onChunk),
    );
    const model: MomentTensorModel = {
      form: 'moment-tensor',
      species: settings.species,
      cutoff: settings.cutoff,
      minimumDistance: settings.minimumDistance,
      scaling: result.scaling,
      radialBasisSize: settings.radialBasisSize,
      radialCoefficients: result.radialCoefficients,
      speciesCoefficients: result.speciesCoefficients,
      momentCoefficients: result.momentCoefficients,
      ...graph,
    };
    return {
      energy: test?.energy_mae_mev_per_atom ?? null,
      force: test?.force_mae_ev_per_a ?? null,
      virial: test?.virial_mae_mev_per_atom ?? null,
      cost: kind === 'full' ? costPerAtom(model, neighboursOf(this.data.probe, model.cutoff)) : null,
      coefficients: x.length,
    };
  }

  seconds(kind: Trial['kind'], point: TrialPoint): number {
    const { request, survey, set } = this.data;
    const atoms = set.atoms.reduce((sum, n) => sum + n, 0);
    const species = survey.species.length;
    const columnsOf = (level: number) =>
      momentColumns({ ...request, level }, species, request.radialBasisSize);
    const low = Math.min(SKETCH.level, request.level);
    const sketch = columnsOf(low);
    // counted once for every cutoff and weight, whether a search goes on or not
    const short = this.counted.has(keyOf(point)) ? 0 : SKETCH_PASSES;
    this.counted.add(keyOf(point));
    const level = kind === 'sketch' ? low : (point.level ?? request.level);
    return (
      momentPassesSeconds(atoms, sketch.linear + sketch.radial, short) +
      momentPassesSeconds(atoms, columnsOf(level).linear, 2)
    );
  }

  dispose(): void {
    this.pool.dispose();
  }

  /** Radial functions for a cutoff and weights by a short fit at a low level. */
  private async shortFit(point: TrialPoint): Promise<Float64Array> {
    const key = keyOf(point);
    const known = this.found.get(key);
    if (known) return known.slice();
    const { level } = this.data.request;
    const result = await fitMomentTensor(this.settingsOf(point, Math.min(SKETCH.level, level)), this.pool, {
      atoms: this.source.atomCount,
      hasValidation: false,
    });
    this.found.set(key, result.radialCoefficients);
    return result.radialCoefficients.slice();
  }

  private settingsOf(point: TrialPoint, level: number): MomentTensorFitSettings {
    const { request, survey, minimumDistance } = this.data;
    return {
      ...request,
      species: survey.species,
      level,
      cutoff: point.cutoff,
      minimumDistance,
      weights: { ...request.weights, force: point.forceWeight },
      starts: SKETCH.starts,
      maximumIterations: SKETCH.iterations,
      fixedElements: this.fixedElements,
    };
  }
}
