/** Whether a job that ended early can be gone on with, run again, or neither: resuming is offered where it can help. */
import { ZodError } from 'zod';
import {
  FitError,
  ForcewrightError,
  PotentialError,
  SimulationError,
  StructureError,
} from '../../../src-compute/errors.ts';
import { FormatError } from '../../formats/format.ts';
import type { Job } from '../../store/jobs.ts';

/** 'on' from its last checkpoint, 'again' from its beginning, 'never' where that would end in the same way. */
export type Continuation = 'on' | 'again' | 'never';

/** Errors of what a job was given; subclasses that ask for something between two attempts are none of them. */
const OF_THE_INPUT: readonly unknown[] = [
  ForcewrightError,
  FormatError,
  StructureError,
  PotentialError,
  FitError,
  SimulationError,
  ZodError,
];

/** Whether the same job would fail in the same way again. */
export function isLasting(error: unknown): boolean {
  return error instanceof Error && OF_THE_INPUT.includes(error.constructor);
}

/** @param hasCheckpoint whether there is something to go on from */
export function continuationOf(
  { state, error }: Pick<Job, 'state' | 'error'>,
  hasCheckpoint: boolean,
): Continuation {
  if (state === 'done' || state === 'running' || state === 'queued') return 'never';
  if (state === 'failed' && error?.lasting) return 'never';
  return hasCheckpoint ? 'on' : 'again';
}
