/** Resuming is offered where it can help. */
import { describe, expect, it } from 'vitest';
import { FitError, ForcewrightError, SimulationError } from '../../../../src-compute/errors.ts';
import { NoveltyLimitReached } from '../../../../src-compute/analysis/entropy/novelty-monitor.ts';
import { continuationOf, isLasting } from '../../../../src-main/services/jobs/continuation.ts';
import { JobService } from '../../../../src-main/services/jobs/job-service.ts';
import { FileError } from '../../../../src-main/platform/file-error.ts';
import type { JobRunner } from '../../../../src-main/services/jobs/runner.ts';
import { Project } from '../../../../src-main/store/project.ts';
import { temporaryFolder } from '../../../support/project.ts';

const folder = temporaryFolder();

describe('how a job can be gone on with', () => {
  it('is known from how it ended and what it saved', () => {
    const failed = (lasting: boolean) => ({
      state: 'failed' as const,
      error: { message: '', remedy: '', lasting },
    });
    const other = (state: 'done' | 'cancelled' | 'interrupted' | 'running') => ({ state, error: undefined });
    expect(continuationOf(failed(true), true)).toBe('never');
    expect(continuationOf(failed(false), true)).toBe('on');
    expect(continuationOf(failed(false), false)).toBe('again');
    expect(continuationOf(other('cancelled'), true)).toBe('on');
    expect(continuationOf(other('interrupted'), false)).toBe('again');
    expect(continuationOf(other('done'), true)).toBe('never');
    expect(continuationOf(other('running'), true)).toBe('never');
  });

  it('lasts what is wrong with the input, and not what a disk or a pause does', () => {
    expect([new ForcewrightError('a'), new FitError('a'), new SimulationError('a')].every(isLasting)).toBe(
      true,
    );
    expect(isLasting(new FileError('full'))).toBe(false);
    expect(isLasting(Object.create(NoveltyLimitReached.prototype))).toBe(false);
    expect(isLasting(new TypeError('a'))).toBe(false);
  });

  it('is kept with the job', async () => {
    const failing = (error: Error): JobRunner => ({
      kind: 'fail',
      run: async (context) => {
        context.checkpoint(Uint8Array.of(1));
        throw error;
      },
    });
    using project = Project.open(`${folder}/continuation.fwproj`, { create: true });
    for (const [error, expected] of [
      [new FitError('No labels.'), 'never'],
      [new FileError('The disk is full.'), 'on'],
    ] as const) {
      using service = new JobService(project, { runners: { fail: async () => failing(error) } });
      const id = service.create('fail', 'Fail', {});
      await expect(service.run(id)).rejects.toThrow(error.message);
      expect(service.continuations()(service.get(id))).toBe(expected);
    }
  });
});
