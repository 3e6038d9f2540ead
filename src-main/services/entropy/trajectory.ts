/** A trajectory file reduced to distributions of descriptors, frame by frame: memory does not grow with its atoms. */
import { CancelledError, ForcewrightError } from '../../../src-compute/errors.ts';
import type { Descriptor } from '../../../src-compute/analysis/descriptors/descriptor.ts';
import { frameEnvironments } from '../../../src-compute/analysis/entropy/frames.ts';
import { TrajectorySummary } from '../../../src-compute/analysis/entropy/trajectory-summary.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { jsonPieces } from '../../../src-compute/quoting/json-pieces.ts';
import { readFrames, type ReadOptions } from '../../formats/index.ts';
import { environmentsOf } from './environments.ts';
import { descriptorOf, forElements, usedSymbols, type DescriptorSettings } from './settings.ts';
import { writeWholeFile } from '../../platform/whole-file.ts';

/**
 * Summarises a trajectory.
 * @param references what the distribution is compared with; the trajectory's first frame when absent
 */
export async function summariseTrajectory(
  path: string,
  references: readonly Configuration[] | undefined,
  settings: DescriptorSettings,
  options: ReadOptions = {},
): Promise<TrajectorySummary> {
  let summary: TrajectorySummary | undefined;
  let descriptor: Descriptor | undefined;
  if (references) {
    descriptor = descriptorOf(forElements(settings, usedSymbols(references)));
    const { matrix } = await environmentsOf(references, descriptor, references.length, {
      signal: options.signal,
    });
    summary = new TrajectorySummary(matrix);
  }
  for await (const { configuration, frame } of readFrames(path, options)) {
    if (options.signal?.aborted) throw new CancelledError();
    if (configuration === undefined) continue;
    descriptor ??= descriptorOf(forElements(settings, usedSymbols([configuration])));
    const { matrix } = frameEnvironments([configuration], descriptor);
    summary ??= new TrajectorySummary(matrix);
    summary.add(frame, matrix);
  }
  if (summary === undefined || summary.frames.length === 0) {
    throw new ForcewrightError(`${path} has no frame that could be summarised.`);
  }
  return summary;
}

/** Writes a summary as JSON: settings, and per frame its number, drift, moments and histograms. */
export async function writeSummary(summary: TrajectorySummary, path: string): Promise<void> {
  const { settings, frames, drift, moments, histograms } = summary;
  const perFrame = (values: Float64Array | Uint32Array, k: number) => {
    const size = values.length / frames.length;
    return Array.from(values.subarray(k * size, (k + 1) * size));
  };
  const document = {
    settings,
    shapes: { moments: [settings.components, 3], histograms: [settings.components, settings.bins] },
    frames: frames.map((frame, k) => ({
      frame,
      drift: drift[k],
      moments: perFrame(moments, k),
      histograms: perFrame(histograms, k),
    })),
  };
  await writeWholeFile(path, summaryText(document));
}

/** One line of JSON, in pieces: a long run has more of it than a string can hold. */
function* summaryText(document: unknown): Generator<string> {
  yield* jsonPieces(document);
  yield '\n';
}
