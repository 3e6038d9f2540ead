/** Arrays of the analyses behind the coverage views. */
import { encodeArrayFrame, type FrameArray } from '../../../src-compute/array-frame.ts';
import { comparisonRunner } from '../../services/entropy/comparison.ts';
import { entropyRunner } from '../../services/entropy/entropy-runner.ts';
import { mapRunner } from '../../services/entropy/map-runner.ts';
import {
  trajectoryNoveltyResult,
  trajectoryNoveltyRunner,
} from '../../services/entropy/trajectory-novelty.ts';
import { StoreError } from '../../store/store-error.ts';
import type { AnalysisSummary } from '../../store/analyses.ts';
import type { OpenProject } from '../workspace.ts';

const KINDS: readonly string[] = [
  entropyRunner.kind,
  mapRunner.kind,
  comparisonRunner.kind,
  trajectoryNoveltyRunner.kind,
];

/** An analysis of one of these kinds, without its arrays. @throws StoreError when the project does not have it */
export function requireAnalysis(open: OpenProject, id: number, kinds: readonly string[]): AnalysisSummary {
  const found = open.analyses.summary(id);
  if (found === undefined || !kinds.includes(found.kind)) {
    throw new StoreError('not-found', 'This analysis is not in the project any more.', {
      remedy: 'Measure again.',
    });
  }
  return found;
}

/** All arrays, but the numbers of the atoms of every frame of a trajectory: those are asked for frame by frame. */
export function analysisBlock(open: OpenProject, id: number): Uint8Array<ArrayBuffer> {
  requireAnalysis(open, id, KINDS);
  const arrays: Record<string, FrameArray> = {};
  for (const name of open.analyses.arrayNames(id)) {
    const data = name.startsWith('values-') ? undefined : open.analyses.array(id, name);
    if (data !== undefined) arrays[name] = data;
  }
  return encodeArrayFrame(arrays);
}

/**
 * Novelty of the atoms of one frame, f32 `values`.
 * @param look which of the frames that were looked at, from 0
 */
export function noveltyFrame(open: OpenProject, id: number, look: number): Uint8Array<ArrayBuffer> {
  const { result } = requireAnalysis(open, id, [trajectoryNoveltyRunner.kind]);
  const { framesPerChunk, atoms } = trajectoryNoveltyResult.parse(result);
  const chunk = open.analyses.array(id, `values-${Math.floor(look / framesPerChunk)}`);
  const from = (look % framesPerChunk) * atoms;
  if (!(chunk instanceof Float32Array) || chunk.length < from + atoms) {
    throw new StoreError('not-found', `The novelty of frame ${look} was not measured.`, {
      remedy: 'Measure again.',
    });
  }
  return encodeArrayFrame({ values: chunk.slice(from, from + atoms) });
}
