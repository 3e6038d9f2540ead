/** Runs a pass on this thread and the workers of the host, in slices that leave room for progress and cancelling. */
import { CancelledError } from '../../errors.ts';
import { sharedTeam } from '../../workers/team.ts';
import type { PassMemory } from './block-pass.ts';
import type { KernelProgress } from './kernel-engine.ts';
import type { PairMode } from './kernel-program.ts';
import { PASS_PHASE } from './pass-program.ts';

/** Time aimed at for one slice, ms. */
const SLICE = 100;

/**
 * Does all rows of blocks.
 * @throws CancelledError when the signal aborts
 */
export async function runPass(
  pass: PassMemory,
  mode: PairMode,
  threads: number,
  progress?: KernelProgress,
): Promise<void> {
  const rows = pass.shape.queryBlocks;
  const team = threads > 1 ? sharedTeam() : undefined;
  team?.require(threads);
  const engine = team?.addEngine(pass.module, pass.memory);
  const runChunk = (chunk: number) => pass.runChunk(mode, chunk);
  try {
    let slice = threads;
    let row = 0;
    while (row < rows) {
      const count = Math.min(slice, rows - row);
      const started = performance.now();
      pass.setFirstRow(row);
      if (team && engine !== undefined) team.run(engine, PASS_PHASE[mode], count, threads, runChunk);
      else for (let chunk = 0; chunk < count; chunk++) runChunk(chunk);
      row += count;
      const perRow = (performance.now() - started) / count;
      slice = Math.max(threads, Math.min(2 * slice, Math.round(SLICE / Math.max(perRow, 1e-3))));
      progress?.onProgress?.(fractionDone(mode, row / rows));
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (progress?.signal?.aborted) throw new CancelledError();
    }
  } finally {
    if (engine !== undefined) team?.removeEngine(engine);
  }
}

/** Rows of a symmetric pass become shorter. */
function fractionDone(mode: PairMode, rows: number): number {
  return mode === 'symmetric' ? rows * (2 - rows) : rows;
}
