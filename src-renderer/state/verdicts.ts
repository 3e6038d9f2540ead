/** What validations said of potentials, the newest first. */
import { computed, type ComputedRef } from 'vue';
import type { JobView } from '../../src-main/api/types.ts';
import { useJobs } from './jobs.ts';

/** What the job left behind. */
interface Made {
  readonly verdicts?: readonly { readonly potentialId: number; readonly verdict: readonly string[] }[];
}

export interface KnownVerdict {
  readonly job: JobView;
  readonly verdict: readonly string[];
}

/** The newest verdict on a potential; undefined where it was not validated. */
export function useVerdict(potentialId: () => number): ComputedRef<KnownVerdict | undefined> {
  const jobs = useJobs();
  return computed(() => {
    for (const job of jobs.list) {
      if (job.kind !== 'validation' || job.state !== 'done') continue;
      const { verdicts } = JSON.parse(job.result) as Made;
      const verdict = verdicts?.find((item) => item.potentialId === potentialId())?.verdict;
      if (verdict) return { job, verdict };
    }
    return undefined;
  });
}
