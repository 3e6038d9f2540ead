/**
 * A trajectory reduced to the distribution of its descriptors, frame by frame: histograms and moments of a few principal
 * components, and how far the distribution has drifted from that of the first frames. For trajectories that are too
 * large to keep: a frame becomes some hundred numbers, whatever the number of atoms.
 *
 * | what | shape |
 * |---|---|
 * | moments | frames × components × 3: mean, variance, third central moment |
 * | histograms | frames × components × bins, counts; values outside the range go to the first and last bin |
 * | drift | frames: Σ over components of the Wasserstein-1 distance of the histograms to the reference's, in deviations |
 *
 * Components are the principal axes of the reference environments, in units of their deviations along each.
 */
import { StructureError } from '../../errors.ts';
import type { DescriptorMatrix } from '../descriptors/descriptor.ts';
import { principalAxes, project, type PrincipalAxes } from './principal-axes.ts';

export interface TrajectorySummarySettings {
  /** Principal components that are kept. */
  readonly components: number;
  /** Bins per component. */
  readonly bins: number;
  /** Half the range of the histograms, in deviations of the reference. */
  readonly range: number;
}

export const TRAJECTORY_SUMMARY_DEFAULTS: TrajectorySummarySettings = { components: 4, bins: 64, range: 8 };

/** Moments per component. */
const MOMENTS = 3;

export class TrajectorySummary {
  readonly settings: TrajectorySummarySettings;
  /** Numbers of the frames that were added, in order. */
  readonly frames: number[] = [];
  private readonly axes: PrincipalAxes;
  private readonly scale: Float64Array;
  private readonly referenceShares: Float64Array;
  private readonly histogramRows: Uint32Array[] = [];
  private readonly momentRows: Float64Array[] = [];
  private readonly driftValues: number[] = [];

  /**
   * @param reference environments of the first frames, or of a training set
   * @throws StructureError when there are none, or for settings that cannot work
   */
  constructor(
    reference: DescriptorMatrix,
    settings: TrajectorySummarySettings = TRAJECTORY_SUMMARY_DEFAULTS,
  ) {
    if (reference.rows === 0)
      throw new StructureError('A trajectory cannot be summarised without a first frame.');
    if (!(settings.bins >= 2) || !(settings.range > 0) || !(settings.components >= 1)) {
      throw new StructureError('A summary needs at least one component, two bins and a positive range.');
    }
    this.settings = { ...settings, components: Math.min(settings.components, reference.dimension) };
    this.axes = principalAxes(reference);
    // a component that does not vary in the reference is counted in its own unit
    this.scale = this.axes.variances
      .slice(0, this.settings.components)
      .map((v) => (v > 1e-24 ? Math.sqrt(v) : 1));
    this.referenceShares = shares(
      this.histogram(this.componentsOf(reference), reference.rows),
      reference.rows,
    );
  }

  /** Adds a frame; gives its drift. */
  add(frame: number, environments: DescriptorMatrix): number {
    const { components } = this.settings;
    const values = this.componentsOf(environments);
    const histogram = this.histogram(values, environments.rows);
    this.frames.push(frame);
    this.histogramRows.push(histogram);
    this.momentRows.push(moments(values, environments.rows, components));
    const drift = this.distance(shares(histogram, environments.rows));
    this.driftValues.push(drift);
    return drift;
  }

  /** Drift per frame, in deviations of the reference summed over components. */
  get drift(): Float64Array {
    return Float64Array.from(this.driftValues);
  }

  /** frames × components × bins. */
  get histograms(): Uint32Array {
    return joined(this.histogramRows, (length) => new Uint32Array(length));
  }

  /** frames × components × 3. */
  get moments(): Float64Array {
    return joined(this.momentRows, (length) => new Float64Array(length));
  }

  /** Numbers kept per frame. */
  get numbersPerFrame(): number {
    const { components, bins } = this.settings;
    return components * (bins + MOMENTS);
  }

  private componentsOf(matrix: DescriptorMatrix): Float64Array {
    const { components } = this.settings;
    const values = project(matrix, this.axes, components);
    for (let k = 0; k < values.length; k++) values[k] /= this.scale[k % components];
    return values;
  }

  private histogram(values: Float64Array, rows: number): Uint32Array {
    const { components, bins, range } = this.settings;
    const counts = new Uint32Array(components * bins);
    for (let i = 0; i < rows; i++) {
      for (let c = 0; c < components; c++) {
        const place = Math.floor(((values[i * components + c] + range) / (2 * range)) * bins);
        counts[c * bins + Math.min(bins - 1, Math.max(0, place))]++;
      }
    }
    return counts;
  }

  /** Σ_c ∫ |F_c(x) − F_c^ref(x)| dx: how far mass must be moved, in deviations. */
  private distance(own: Float64Array): number {
    const { components, bins, range } = this.settings;
    const width = (2 * range) / bins;
    let sum = 0;
    for (let c = 0; c < components; c++) {
      let difference = 0;
      for (let b = 0; b < bins; b++) {
        difference += own[c * bins + b] - this.referenceShares[c * bins + b];
        sum += Math.abs(difference) * width;
      }
    }
    return sum;
  }
}

function shares(histogram: Uint32Array, rows: number): Float64Array {
  return Float64Array.from(histogram, (count) => count / rows);
}

function moments(values: Float64Array, rows: number, components: number): Float64Array {
  const result = new Float64Array(components * MOMENTS);
  for (let c = 0; c < components; c++) {
    let mean = 0;
    for (let i = 0; i < rows; i++) mean += values[i * components + c] / rows;
    let [second, third] = [0, 0];
    for (let i = 0; i < rows; i++) {
      const x = values[i * components + c] - mean;
      second += (x * x) / rows;
      third += (x * x * x) / rows;
    }
    result.set([mean, second, third], c * MOMENTS);
  }
  return result;
}

function joined<T extends Uint32Array | Float64Array>(rows: readonly T[], make: (length: number) => T): T {
  const length = rows.reduce((sum, row) => sum + row.length, 0);
  const result = make(length);
  let offset = 0;
  for (const row of rows) {
    result.set(row, offset);
    offset += row.length;
  }
  return result;
}
