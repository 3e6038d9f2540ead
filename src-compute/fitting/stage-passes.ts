/** Passes of a moment tensor fit over its data: normal equations, exact linear solutions, points of the projection. */
import { FitError } from '../errors.ts';
import type { FitPool } from './fit-pool.ts';
import type { MomentTensorFitSettings } from './fit-settings.ts';
import { passCost, type Stage } from './fit-stages.ts';
import { dropColumns, linearPart, lossOf, solveRidge, type NormalEquations } from './least-squares.ts';
import type { GroupSums } from './normal-equations.ts';
import { RowSamples } from './row-sample.ts';
import { projectionPoint, type ProjectionPoint } from './variable-projection.ts';

/** Ridge strength while radial functions move; the final one is chosen by cross-validation. */
const WORKING_RIDGE = 1e-9;

/**
 * How much the expected energies of rare elements count, in parts of what the data say of their constants: nothing where
 * the data tell atom and bonds apart, and all where they do not.
 */
const EXPECTATION = 3e-3;

/** The objective, its derivatives and the validation error at one set of radial coefficients. */
export interface StagePoint {
  readonly point: ProjectionPoint;
  /** Validation objective per configuration; the training objective where there is no validation. */
  readonly validation: number;
  readonly configurations: number;
  /** Sums of the validation configurations. */
  readonly held?: GroupSums;
}

export class StagePasses {
  /** Passes so far, parts of the data counted as parts. */
  passes = 0;
  /** Work done so far in the units of passCost. */
  costDone = 0;
  /** Columns of reference energies that are solved for. */
  readonly free: number;
  /** Of the columns of reference energies the fixed ones, which take no part. */
  private readonly fixed: readonly boolean[];
  private readonly settings: MomentTensorFitSettings;
  private readonly pool: FitPool;

  constructor(settings: MomentTensorFitSettings, pool: FitPool) {
    this.settings = settings;
    this.pool = pool;
    this.fixed = settings.species.map((_, z) => settings.fixedElements?.[z] ?? false);
    this.free = this.fixed.filter((isFixed) => !isFixed).length;
  }

  /** Scaling s of the radial functions: makes (r_c − r)² at most one. */
  scaling(): number {
    return 1 / (this.settings.cutoff - this.settings.minimumDistance) ** 2;
  }

  /** Energies of all species from those of the free ones. */
  speciesEnergies(free: ArrayLike<number>): Float64Array {
    let next = 0;
    return Float64Array.from(this.fixed, (isFixed) => (isFixed ? 0 : free[next++]));
  }

  /** Prepares the workers for a stage. */
  configure(stage: Stage): void {
    const { species, radialBasisSize, minimumDistance, cutoff, weights, handover } = this.settings;
    this.pool.configure({
      graph: stage.graph,
      species: species.length,
      radialBasisSize,
      minimumDistance,
      cutoff,
      scaling: this.scaling(),
      weights,
      handover,
    });
  }

  /**
   * One pass: sums per slot; with ξ also the columns of the radial coefficients.
   * @throws FitError when a sum is not finite or nothing has a weight
   */
  async pass(
    c: Float64Array,
    xi: Float64Array | undefined,
    stage: Stage,
    share: number,
    samples?: RowSamples,
  ): Promise<Map<number, GroupSums>> {
    const cost = passCost(stage, share, xi !== undefined);
    const before = this.costDone;
    const sums = await this.pool.pass(
      { radialCoefficients: c, momentCoefficients: xi },
      stage.slots,
      (part) => {
        this.costDone = before + part * cost;
      },
      samples,
    );
    this.costDone = before + cost;
    this.passes += share;
    checkSums(sums.values().next().value?.gram);
    for (const group of sums.values()) this.expectEnergies(group.gram);
    return sums;
  }

  /** Adds rows e_z = expected energy, which count as a part of the rows that e_z stands in. */
  private expectEnergies(gram: Float64Array): void {
    const { expectedEnergies = [] } = this.settings;
    const total = Math.sqrt(gram.length);
    const target = total - 1;
    expectedEnergies.forEach((energy, z) => {
      if (Number.isNaN(energy)) return;
      const weight = EXPECTATION * gram[z * total + z];
      gram[z * total + z] += weight;
      gram[z * total + target] += weight * energy;
      gram[target * total + z] += weight * energy;
      gram[target * total + target] += weight * energy ** 2;
    });
  }

  /** Configurations whose rows a pass is to keep. @param foldOf as of RowSamples.choose */
  samples(foldOf: (group: number) => number): Promise<RowSamples> {
    return RowSamples.choose(this.pool.source, foldOf);
  }

  /** Linear coefficients at c from a pass without radial columns. */
  async linearSolution(c: Float64Array, stage: Stage): Promise<Float64Array> {
    const sums = await this.pass(c, undefined, stage, stage.share);
    return solveRidge(this.equations(sums.get(0)!, stage, 0), WORKING_RIDGE, this.free).x;
  }

  /** Normal equations of the linear columns of a pass with `radial` radial columns. */
  equations(group: GroupSums, stage: Stage, radial: number): NormalEquations {
    const linear = this.settings.species.length + stage.graph.scalarMoments.length;
    const total = linear + radial + 1;
    const dropped = this.fixed.length - this.free;
    const gram = dropColumns(group.gram, total, this.fixed);
    return linearPart(gram, total - dropped, linear - dropped);
  }

  /** The point of the projection at c, derivatives taken at the linear coefficients x. */
  async evaluate(c: Float64Array, x: Float64Array, stage: Stage): Promise<StagePoint> {
    const { free, fixed } = this;
    const sums = await this.pass(c, x.slice(free), stage, stage.share);
    const total = this.settings.species.length + stage.graph.scalarMoments.length + c.length + 1;
    const gram = dropColumns(sums.get(0)!.gram, total, fixed);
    const linear = free + stage.graph.scalarMoments.length;
    const point = projectionPoint(gram, linear, c, x, WORKING_RIDGE, free);
    const held = sums.get(1);
    const validation = held
      ? lossOf(this.equations(held, stage, c.length), point.solution.x) / held.configurations
      : point.solution.objective;
    return { point, validation, configurations: sums.get(0)!.configurations, held };
  }
}

function checkSums(gram: Float64Array | undefined): void {
  if (gram?.some((value) => !Number.isFinite(value))) {
    throw new FitError(
      'The sums of this fit are not finite: a label or a position is not a number, or numbers overflow.',
      {
        remedy: 'Check the dataset for NaN and infinite labels and for atoms on top of each other.',
      },
    );
  }
  if (!gram || gram[gram.length - 1] === 0) {
    throw new FitError(
      'There is nothing to fit: no configuration has an energy, forces or a virial with a weight.',
      {
        remedy: 'Check the labels of the dataset and the weights.',
      },
    );
  }
}
