/**
 * Entropy of structures, and their novelty against a reference set: what `forcewright entropy` and the entropy job do.
 */
import { atomCount, type Configuration } from '../../../src-compute/structure/configuration.ts';
import {
  completenessCurve,
  type CompletenessPoint,
} from '../../../src-compute/analysis/entropy/completeness.ts';
import { otherFramesLogSums } from '../../../src-compute/analysis/entropy/frame-novelty.ts';
import type { DescriptorMatrix } from '../../../src-compute/analysis/descriptors/descriptor.ts';
import {
  gaussianEntropy,
  nearestNeighbourEntropy,
  type GaussianEntropy,
} from '../../../src-compute/analysis/entropy/differential.ts';
import { byFrame, type FrameEnvironments } from '../../../src-compute/analysis/entropy/frames.ts';
import type { KernelEngine, KernelProgress } from '../../../src-compute/analysis/entropy/kernel-engine.ts';
import {
  descriptorEntropy,
  novelty,
  overlap,
  NOVELTY_ROUND_OFF,
  type EntropyResult,
  type OverlapResult,
} from '../../../src-compute/analysis/entropy/measures.ts';
import { environmentsOf } from './environments.ts';
import { kernelEngine } from './engine.ts';
import {
  descriptorOf,
  forElements,
  prepare,
  unknownElements,
  usedSymbols,
  type KernelSettings,
} from './settings.ts';

export interface MeasureRequest {
  readonly settings: KernelSettings;
  /** Also the completeness curve: as costly again as H itself, about 9 times. */
  readonly completeness?: boolean;
  /** Also the overlap of the two sets. */
  readonly overlap?: boolean;
  /** Also the differential entropies of the descriptors' distribution. */
  readonly differential?: boolean;
  /** Also the novelty of every environment against all other structures of its own set. */
  readonly ranking?: boolean;
  readonly seed?: number;
}

export interface NoveltyReport {
  readonly mean: number;
  readonly max: number;
  /** Fraction of atoms with δH > 0, or of an element that the reference set does not have. */
  readonly fractionPositive: number;
  /** δH per environment. */
  readonly values: Float64Array;
  /** Mean δH of each structure. */
  readonly frameMean: Float64Array;
  /** Largest δH of each structure. */
  readonly frameMax: Float64Array;
  readonly unknownElements: readonly string[];
  readonly bandwidth: number;
  readonly bandwidthRule: string;
}

/** Values of a component nearer than this count as so far apart in the nearest-neighbour entropy. */
const RESOLUTION = 1e-6;

/** Entropies of the distribution of descriptors; they depend on the descriptor's unit and can be negative. */
export interface DifferentialReport {
  readonly gaussian: GaussianEntropy;
  /** Kozachenko–Leonenko entropy of every component, nats. */
  readonly nearestNeighbour: Float64Array;
  /** In the unit of the descriptor, or in deviations where it is standardised. */
  readonly resolution: number;
}

export interface MeasureReport {
  readonly entropy: EntropyResult;
  readonly bandwidthRule: string;
  readonly descriptor: string;
  /** Several elements were measured with a descriptor that cannot tell them apart. */
  readonly blindToElements: boolean;
  readonly backend: string;
  readonly threads: number;
  /** First environment of each structure; structures + 1. */
  readonly frameStart: Int32Array;
  readonly novelty: NoveltyReport | undefined;
  readonly completeness: readonly CompletenessPoint[] | undefined;
  readonly overlap: OverlapResult | undefined;
  /** δH per environment against all other structures of the set; +∞ where there is no other one. */
  readonly amongOthers: Float64Array | undefined;
  readonly differential: DifferentialReport | undefined;
  /** H is too large by this at most, nats; 0 where nothing is left out but round-off. */
  readonly errorBound: number;
}

/** Structures with their environments, where these are known already. */
export interface StructureSet {
  readonly configurations: readonly Configuration[];
  readonly frames?: FrameEnvironments;
}

/**
 * Measures a set of structures.
 * @throws ForcewrightError for structures without atoms and settings that do not fit
 */
export async function measureEntropy(
  structures: StructureSet,
  references: StructureSet | undefined,
  request: MeasureRequest,
  progress: KernelProgress & { onStage?: (message: string) => void } = {},
): Promise<MeasureReport> {
  const elements = [structures, ...(references ? [references] : [])].map(({ configurations }) =>
    usedSymbols(configurations),
  );
  const settings = forElements(request.settings, ...elements);
  const descriptor = descriptorOf(settings);
  const { signal, onProgress } = progress;
  const stages = references ? [0.2, 0.2, 0.6] : [0.3, 0, 0.7];
  const part = (from: number, size: number): KernelProgress => ({
    signal,
    onProgress: (fraction) => onProgress?.(from + size * fraction),
  });
  progress.onStage?.('describing environments');
  const describe = (set: StructureSet, p: KernelProgress) =>
    set.frames ??
    environmentsOf(set.configurations, descriptor, set.configurations.length, {
      ...p,
      threads: settings.threads,
    });
  const own = await describe(structures, part(0, stages[0]));
  const other = references && (await describe(references, part(stages[0], stages[1])));
  const reference = (references ?? structures).configurations;
  const {
    sets,
    bandwidth,
    rule,
    novelty: judged,
  } = prepare(other ? [own, other] : [own], descriptor, settings.bandwidth, reference, other !== undefined);
  using engine = kernelEngine(settings);
  progress.onStage?.('comparing environments');
  // shares of the time as measured on silicon: H itself, the ranking, the curve
  const shares = [1, request.ranking ? 5 : 0, request.completeness ? 9 : 0];
  const unit = stages[2] / (shares[0] + shares[1] + shares[2]);
  const from = (k: number) =>
    1 - stages[2] + unit * shares.slice(0, k).reduce((sum, share) => sum + share, 0);
  const kernelPart = part(from(0), unit * shares[0]);
  const entropy = await descriptorEntropy(sets[0].matrix, bandwidth, engine, kernelPart);
  const noveltyReport =
    references && (await noveltyOf(sets[0], sets[1], structures, references, judged, engine, signal));
  const curve = request.completeness
    ? await completenessCurve(
        sets[0].matrix,
        bandwidth,
        engine,
        { seed: request.seed },
        part(from(2), unit * shares[2]),
      )
    : undefined;
  const others = request.ranking
    ? await otherFramesLogSums(sets[0], bandwidth, engine, part(from(1), unit * shares[1]))
    : undefined;
  const common =
    request.overlap && references
      ? await overlap(sets[0].matrix, sets[1].matrix, bandwidth, engine)
      : undefined;
  return {
    entropy,
    bandwidthRule: rule,
    descriptor: descriptor.name,
    blindToElements: elements.some(({ size }) => size > 1) && !descriptor.seesElements,
    backend: engine.backend,
    threads: engine.threads,
    frameStart: own.start,
    novelty: noveltyReport,
    completeness: curve,
    overlap: common,
    amongOthers: others?.map((value) => 0 - value),
    differential: request.differential ? differentialOf(sets[0].matrix) : undefined,
    errorBound: settings.tolerance ?? 0,
  };
}

function differentialOf(matrix: DescriptorMatrix): DifferentialReport {
  return {
    gaussian: gaussianEntropy(matrix),
    nearestNeighbour: nearestNeighbourEntropy(matrix, RESOLUTION),
    resolution: RESOLUTION,
  };
}

async function noveltyOf(
  own: FrameEnvironments,
  other: FrameEnvironments,
  structures: StructureSet,
  references: StructureSet,
  { bandwidth, rule }: { readonly bandwidth: number; readonly rule: string },
  engine: KernelEngine,
  signal: AbortSignal | undefined,
): Promise<NoveltyReport> {
  const result = await novelty(own.matrix, other.matrix, bandwidth, engine, { signal });
  const unknown = unknownElements(structures.configurations, references.configurations);
  const frames = byFrame(own, result.values);
  let fractionPositive = result.fractionPositive;
  if (unknown.length > 0)
    fractionPositive = positiveWithUnknown(structures.configurations, result.values, unknown);
  return {
    mean: result.mean,
    max: result.max,
    fractionPositive,
    values: result.values,
    frameMean: frames.mean,
    frameMax: frames.max,
    unknownElements: unknown,
    bandwidth,
    bandwidthRule: rule,
  };
}

/** Atoms of elements that the references lack count as new, whatever their surroundings look like. */
function positiveWithUnknown(
  configurations: readonly Configuration[],
  values: Float64Array,
  unknown: readonly string[],
): number {
  let [row, positive] = [0, 0];
  for (const configuration of configurations) {
    for (let atom = 0; atom < atomCount(configuration); atom++, row++) {
      const symbol = configuration.symbols[configuration.kinds[atom]];
      if (values[row] > NOVELTY_ROUND_OFF || unknown.includes(symbol)) positive++;
    }
  }
  return positive / values.length;
}
