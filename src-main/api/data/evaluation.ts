/** Predictions beside the reference, for parity plots and colouring by error; evaluation-runner.ts makes them. */
import { z } from 'zod';
import { encodeArrayFrame, type FrameArray } from '../../../src-compute/array-frame.ts';
import { EVALUATION } from '../../services/evaluation/evaluation-runner.ts';
import { StoreError } from '../../store/store-error.ts';
import type { OpenProject } from '../workspace.ts';

const resultSchema = z.object({ symbols: z.array(z.string()) });

export function evaluationBlock(open: OpenProject, id: number): Uint8Array<ArrayBuffer> {
  const analysis = open.analyses.get(id);
  if (analysis === undefined || analysis.kind !== EVALUATION) {
    throw new StoreError('not-found', 'This evaluation is not in the project any more.', {
      remedy: 'Evaluate the potential again.',
    });
  }
  const arrays: Record<string, FrameArray> = {};
  for (const [name, { data }] of Object.entries(analysis.arrays ?? {})) arrays[name] = data;
  return encodeArrayFrame(arrays, resultSchema.parse(analysis.result));
}
