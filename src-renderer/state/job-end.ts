/** How a job that a page waited for has ended, in words: being stopped is no error. */
import type { JobView } from '../../src-main/api/types.ts';

export interface JobEndWords {
  readonly text: string;
  /** Whether something went wrong; a job that was stopped did what it was told. */
  readonly isError: boolean;
}

/**
 * @param noun what was waited for: 'measurement'
 * @returns undefined while the job goes on, and when it is done
 */
export function jobEnd(
  { state, error }: Pick<JobView, 'state' | 'error'>,
  noun: string,
): JobEndWords | undefined {
  switch (state) {
    case 'cancelled':
      return { text: `The ${noun} was stopped.`, isError: false };
    case 'interrupted':
      return { text: `The ${noun} was interrupted: the program that ran it has ended.`, isError: false };
    case 'failed':
      return {
        text: error ? `${error.message} ${error.remedy}`.trim() : `The ${noun} failed.`,
        isError: true,
      };
    default:
      return undefined;
  }
}
