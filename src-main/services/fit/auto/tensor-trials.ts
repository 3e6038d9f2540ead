/**
 * Trials of tensor-regression settings: one pass gives the normal equations of the parts of the data; each part in turn is
 * taken off, the rest solved, and the part predicted.
 */
import { FitError } from '../../../../src-compute/errors.ts';
import { costPerAtom, tensorTrialSeconds } from '../../../../src-compute/fitting/auto/work.ts';
import type { TrialPoint, Trial } from '../../../../src-compute/fitting/auto/choice.ts';
import { FitPool } from '../../../../src-compute/fitting/fit-pool.ts';
import { GROUPS } from '../../../../src-compute/fitting/fit-settings.ts';
import { MetricsSum } from '../../../../src-compute/fitting/metrics.ts';
import { standardFromSums } from '../../../../src-compute/fitting/tensor-regression/fit.ts';
import {
  densePenalties,
  foldEquations,
  summed,
  trainingSlots,
  type TensorPool,
} from '../../../../src-compute/fitting/tensor-regression/sums.ts';
import {
  PenalisedLeastSquares,
  ridgeByEvidence,
} from '../../../../src-compute/fitting/tensor-regression/ridge.ts';
import {
  neighbouringSizes,
  suggestSizes,
  type SizeQuestion,
} from '../../../../src-compute/fitting/tensor-regression/suggest-sizes.ts';
import { less } from '../../../../src-compute/fitting/uncertainty/held-out.ts';
import { FOLDS } from '../../../../src-compute/fitting/fit-settings.ts';
import type { Predictions, TrainingSource } from '../../../../src-compute/fitting/training-set.ts';
import { denseCount } from '../../../../src-compute/potentials/tensor-regression/heads.ts';
import {
  descriptorLayout,
  type DenseHead,
  type DescriptorSettings,
  type TensorRegressionModel,
} from '../../../../src-compute/potentials/tensor-regression/index.ts';
import type { TensorRegressionFitRequest } from '../../../../src-compute/forms/tensor-regression/settings.ts';
import { openFitChannels } from '../fit-channels.ts';
import { trainingSource } from '../fit-data.ts';
import { neighboursOf, type TrialData, type TrialResult, type TrialRunner } from './trial-runner.ts';

export class TensorTrials implements TrialRunner {
  readonly start: TrialPoint;
  readonly wider: TrialPoint;
  private readonly data: TrialData<TensorRegressionFitRequest>;
  private readonly question: SizeQuestion;
  private readonly source: TrainingSource;
  private readonly pool: TensorPool;
  private readonly rank: 1 | 2 | 3;

  constructor(data: TrialData<TensorRegressionFitRequest>, baseline: Float64Array | undefined) {
    const { request, survey, set, groups, threads, signal } = data;
    if (request.perAtom) {
      throw new FitError(
        'A search of settings is for potentials of any structure, not for one head per atom.',
        {
          remedy: 'Leave --auto or --per-atom out.',
        },
      );
    }
    const { rank, bondDimension, radialSize, angularSize, angularRadial, elements } = request;
    // a train is searched as the dense tensor of rank 2 over the same descriptors
    this.rank = bondDimension !== undefined || rank > 3 ? 2 : (rank as 1 | 2 | 3);
    const atoms = set.atoms.reduce((sum, n) => sum + n, 0);
    this.data = data;
    this.question = {
      species: survey.species,
      elementWeighting: elements,
      rank: this.rank,
      heads: survey.species.length,
      labels: survey.withEnergy + (3 * atoms * survey.withForces) / set.count + 6 * survey.withVirial,
      given: { radialSize, angularSize, angularRadial },
    };
    this.start = {
      cutoff: request.cutoff,
      forceWeight: request.weights.force,
      ...suggestSizes(this.question),
    };
    const [above] = neighbouringSizes(this.question).above;
    this.wider = { ...this.start, ...above };
    const sets = { train: set, request };
    this.source = trainingSource(sets, survey.species, groups, baseline);
    this.pool = new FitPool(
      openFitChannels(Math.min(threads, this.source.chunkCount), 'descriptors'),
      this.source,
      signal,
    );
  }

  neighbours(point: TrialPoint): TrialPoint[] {
    const { above, below } = neighbouringSizes(this.question);
    return [...above, ...(below ? [below] : [])].map((sizes) => ({ ...point, ...sizes }));
  }

  async run(kind: Trial['kind'], point: TrialPoint): Promise<TrialResult> {
    const { pool, rank, data } = this;
    const { species } = data.survey;
    const descriptors = this.descriptorsOf(point);
    const heads = species.length;
    const weights = { ...data.request.weights, force: point.forceWeight };
    pool.configure({ descriptors, mode: 'shared', heads, weights });
    const statistics = await pool.pass(
      { kind: 'statistics' },
      trainingSlots(() => 0),
    );
    const m = descriptorLayout(descriptors).size;
    const standard = standardFromSums(statistics.get(0)!.gram, heads, m);
    const sums = await pool.pass(
      { kind: 'dense', rank, ...standard },
      Int32Array.from({ length: GROUPS }, (_, group) => group % FOLDS),
    );
    const { equations, rows } = summed([...sums.values()]);
    const folds = foldEquations(sums, equations.n + 1, equations.n);
    const penalties = densePenalties(heads, denseCount(m, rank));
    // anew for every trial, so that a search that goes on finds what an uninterrupted one finds
    const ridge =
      data.request.ridge ?? ridgeByEvidence(new PenalisedLeastSquares(equations, penalties), rows).ridge;
    const errors = new MetricsSum();
    let head: DenseHead | undefined;
    for (const [fold, part] of folds) {
      const { x } = new PenalisedLeastSquares(less(equations, part), penalties).solve(ridge);
      head = { kind: 'dense', rank, coefficients: x };
      const predictions = new Map<number, Predictions>();
      await pool.predict({ kind: 'model', ...standard, head }, new Float64Array(0), (index, found) =>
        predictions.set(index, found),
      );
      await this.collect(fold, predictions, errors);
    }
    const { energy_mae_mev_per_atom, force_mae_ev_per_a, virial_mae_mev_per_atom } = errors.result();
    const model: TensorRegressionModel | undefined = head && {
      form: 'tensor-regression',
      ...descriptors,
      mode: 'shared',
      ...standard,
      head,
    };
    return {
      energy: energy_mae_mev_per_atom,
      force: force_mae_ev_per_a,
      virial: virial_mae_mev_per_atom,
      cost: model && kind === 'full' ? costPerAtom(model, neighboursOf(data.probe, point.cutoff)) : null,
      coefficients: equations.n,
    };
  }

  seconds(_kind: Trial['kind'], point: TrialPoint): number {
    const { data, question, rank } = this;
    const atoms = data.set.atoms.reduce((sum, n) => sum + n, 0);
    const columns = question.heads * denseCount(descriptorLayout(this.descriptorsOf(point)).size, rank);
    return tensorTrialSeconds(question.labels, atoms, neighboursOf(data.probe, point.cutoff), columns);
  }

  dispose(): void {
    this.pool.dispose();
  }

  private descriptorsOf(point: TrialPoint): DescriptorSettings {
    const { survey, request, minimumDistance } = this.data;
    const { radialSize, angularSize, angularRadial } = { ...suggestSizes(this.question), ...point };
    return {
      species: survey.species,
      cutoff: point.cutoff,
      minimumDistance,
      elementWeighting: request.elements,
      radialSize,
      angularSize,
      angularRadial,
    };
  }

  /** Errors of the configurations of one part. */
  private async collect(
    fold: number,
    predictions: ReadonlyMap<number, Predictions>,
    errors: MetricsSum,
  ): Promise<void> {
    for (let index = 0; index < this.source.chunkCount; index++) {
      const chunk = await this.source.chunk(index);
      const found = predictions.get(index);
      for (let k = 0; found && k < chunk.count; k++) {
        if (chunk.group[k] % FOLDS !== fold) continue;
        const [first, end] = [3 * chunk.atomStart[k], 3 * chunk.atomStart[k + 1]];
        errors.add(
          (end - first) / 3,
          {
            energy: found.energies[k],
            forces: found.forces.subarray(first, end),
            virial: found.virials.subarray(9 * k, 9 * k + 9),
          },
          {
            energy: chunk.energies[k],
            forces: chunk.forces.subarray(first, end),
            virial: chunk.virials.subarray(9 * k, 9 * k + 9),
          },
        );
      }
    }
  }
}
