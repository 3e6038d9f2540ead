/**
 * Two datasets by what they cover: the overlap, and what each has that the other lacks, atom by atom. The job keeps its
 * result as an analysis of kind 'coverage-comparison'.
 */
import { z } from 'zod';
import { joinFrames } from '../../../src-compute/analysis/entropy/frames.ts';
import {
  entropyOfLogSums,
  noveltyOfLogSums,
  overlapOfLogSums,
  pairLogSums,
  type PairLogSums,
} from '../../../src-compute/analysis/entropy/measures.ts';
import type { AnalysisResult } from '../../store/analyses.ts';
import { keptAnalysisRunner } from '../jobs/kept-analysis.ts';
import type { JobContext } from '../jobs/runner.ts';
import { datasetStructures } from './dataset-choice.ts';
import { datasetPart, partHash, selectionOf, type DatasetPart } from './dataset-part.ts';
import { kernelEngine } from './engine.ts';
import { descriptorOf, forDatasets, kernelSettings, prepare, unknownElements } from './settings.ts';

export const comparisonSettings = z.object({
  ...kernelSettings.shape,
  first: datasetPart,
  second: datasetPart,
});
export type ComparisonSettings = z.infer<typeof comparisonSettings>;

const side = z.object({
  frames: z.number(),
  environments: z.number(),
  entropy: z.number(),
  maximum: z.number(),
  diversity: z.number(),
  /** Mean δH of its environments against the other set, and the part of them with δH > 0. */
  meanNovelty: z.number(),
  fractionNew: z.number(),
  /** Elements that the other set does not have. */
  elementsOfItsOwn: z.array(z.string()),
});

/** What stands in the analysis, apart from the arrays `positions`, `start`, `novelty` of each side (first…, second…). */
export const comparisonResult = z.object({
  first: side,
  second: side,
  together: z.object({
    environments: z.number(),
    entropy: z.number(),
    maximum: z.number(),
    diversity: z.number(),
  }),
  divergence: z.number(),
  maximumDivergence: z.number(),
  bandwidth: z.number(),
  bandwidthRule: z.string(),
  descriptor: z.string(),
});

export const comparisonRunner = keptAnalysisRunner({
  kind: 'coverage-comparison',
  settings: comparisonSettings,
  inputs: (project, { first, second, ...rest }) => ({
    ...rest,
    first: partHash(project, first),
    second: partHash(project, second),
    // what does not change the result is no part of the key
    threads: undefined,
  }),
  compute: compare,
});

async function compare(context: JobContext, given: ComparisonSettings): Promise<AnalysisResult> {
  const { project, signal } = context;
  const settings = forDatasets(project, given, [given.first, given.second]);
  const load = (part: DatasetPart, from: number) =>
    datasetStructures(project, part.datasetId, selectionOf(part), settings, {
      signal,
      onProgress: (f) => context.progress({ fraction: from + 0.15 * f, message: 'describing environments' }),
    });
  const sets = [await load(settings.first, 0), await load(settings.second, 0.15)] as const;
  const frames = sets.map(({ frames: own }) => own);
  // neither of the two is the yardstick: units and bandwidth come from both together
  const descriptor = descriptorOf(settings);
  const both = joinFrames(
    frames.map(({ matrix }) => matrix),
    descriptor.dimension,
  );
  const configurations = sets.flatMap((set) => set.configurations);
  const common = prepare([...frames, both], descriptor, settings.bandwidth, configurations);
  using engine = kernelEngine(settings);
  const sums = await pairLogSums(common.sets[0].matrix, common.sets[1].matrix, common.bandwidth, engine, {
    signal,
    onProgress: (f) => context.progress({ fraction: 0.3 + 0.7 * f, message: 'comparing environments' }),
  });
  const sideOf = (k: 0 | 1): z.infer<typeof side> => {
    const novelty = noveltyOfLogSums(sums.crossed[k]);
    return {
      frames: sets[k].positions.length,
      ...entropyOfLogSums(sums.own[k]),
      meanNovelty: novelty.mean,
      fractionNew: novelty.fractionPositive,
      elementsOfItsOwn: unknownElements(sets[k].configurations, sets[1 - k].configurations),
    };
  };
  const { divergence, maximumDivergence } = overlapOfLogSums(sums);
  return {
    result: {
      first: sideOf(0),
      second: sideOf(1),
      together: entropyOfLogSums(sumsOfUnion(sums)),
      divergence,
      maximumDivergence,
      bandwidth: common.bandwidth,
      bandwidthRule: common.rule,
      descriptor: descriptor.name,
    } satisfies z.infer<typeof comparisonResult>,
    arrays: {
      ...arraysOf('first', sets[0].positions, frames[0].start, sums.crossed[0]),
      ...arraysOf('second', sets[1].positions, frames[1].start, sums.crossed[1]),
    },
  };
}

function arraysOf(
  name: 'first' | 'second',
  positions: Uint32Array,
  start: Int32Array,
  crossed: Float64Array,
) {
  return {
    [`${name}Positions`]: { data: positions },
    [`${name}Start`]: { data: start },
    [`${name}Novelty`]: { data: crossed.map((value) => 0 - value) },
  };
}

/** ln Σ K over both sets, for the environments of both. */
function sumsOfUnion({ own, crossed }: PairLogSums): Float64Array {
  const together = [0, 1].map((k) =>
    own[k].map((value, i) => value + Math.log1p(Math.exp(crossed[k][i] - value))),
  );
  return Float64Array.from([...together[0], ...together[1]]);
}
