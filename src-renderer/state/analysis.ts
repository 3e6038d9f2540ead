/** What a page shows that a job makes: there already, or waited for. */
import { computed, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue';
import type { AnalysisStart, JobView } from '../../src-main/api/types.ts';
import { errorWords } from '../host/connection.ts';
import { jobEnd } from './job-end.ts';
import { useJobs } from './jobs.ts';

export interface JobResultState<T> {
  readonly result: ShallowRef<T | undefined>;
  /** The job while it runs. */
  readonly job: ComputedRef<JobView | undefined>;
  /** Between the question and its answer. */
  readonly busy: ComputedRef<boolean>;
  /** Why there is no result. */
  readonly problem: Ref<string>;
  /** It was stopped or interrupted, in words; '' otherwise. */
  readonly stopped: Ref<string>;
  /** Forgets the result, and what was asked for. */
  clear(): void;
  /** Asks; of several questions only the newest is answered. */
  run(): Promise<void>;
}

/**
 * An analysis that is kept in the project.
 * @param start finds the analysis or starts its job; undefined when there is nothing to ask
 * @param read fetches the result by the number of the analysis
 */
export function useAnalysis<T>(
  start: () => Promise<AnalysisStart> | undefined,
  read: (analysisId: number) => Promise<T>,
): JobResultState<T> {
  return useJobResult(start, ({ analysisId }) => {
    if (analysisId === null) throw new Error('The job made no analysis.');
    return read(analysisId);
  });
}

/** The analysis that a job's result names. */
function analysisOf(result: string): number | null {
  const made: unknown = JSON.parse(result);
  if (typeof made !== 'object' || made === null || !('analysisId' in made)) return null;
  return typeof made.analysisId === 'number' ? made.analysisId : null;
}

/**
 * The result of a job.
 * @param start finds what is asked for or starts a job for it; undefined when there is nothing to ask
 * @param read fetches the result from the analysis, or from the job that has ended
 */
export function useJobResult<T>(
  start: () => Promise<AnalysisStart> | undefined,
  read: (made: AnalysisStart) => Promise<T>,
): JobResultState<T> {
  const jobs = useJobs();
  const result = shallowRef<T>();
  const problem = ref('');
  const stopped = ref('');
  const asking = ref(false);
  const waitingFor = ref<number>();
  const job = computed(() => jobs.list.find((item) => item.id === waitingFor.value));
  let request = 0;

  function clear(): void {
    // nobody waits for the answer to an older question any more
    const left = job.value;
    if (left?.state === 'running' || left?.state === 'queued') void jobs.cancel(left.id);
    request++;
    result.value = undefined;
    problem.value = '';
    stopped.value = '';
    waitingFor.value = undefined;
    asking.value = false;
  }

  function fail(error: unknown): void {
    const { message, remedy } = errorWords(error);
    problem.value = `${message} ${remedy}`.trim();
  }

  async function fetchResult(made: AnalysisStart, mine: number): Promise<void> {
    const answer = await read(made);
    if (mine === request) result.value = answer;
  }

  async function run(): Promise<void> {
    clear();
    const mine = request;
    const question = start();
    if (question === undefined) return;
    asking.value = true;
    try {
      const { analysisId, jobId } = await question;
      if (mine !== request) return;
      if (analysisId !== null) await fetchResult({ analysisId, jobId: null }, mine);
      else {
        waitingFor.value = jobId ?? undefined;
        await jobs.refresh();
      }
    } catch (error) {
      if (mine === request) fail(error);
    } finally {
      if (mine === request) asking.value = false;
    }
  }

  watch(
    () => job.value?.state,
    async (state) => {
      const ended = job.value;
      if (ended === undefined || state === 'running' || state === 'queued') return;
      const mine = request;
      try {
        if (state === 'done') {
          await fetchResult({ analysisId: analysisOf(ended.result), jobId: ended.id }, mine);
        } else if (mine === request) {
          const end = jobEnd(ended, ended.kind === 'export' ? 'export' : 'analysis');
          (end?.isError ? problem : stopped).value = end?.text ?? '';
        }
      } catch (error) {
        if (mine === request) fail(error);
      } finally {
        if (mine === request) waitingFor.value = undefined;
      }
    },
  );

  return {
    result,
    job,
    busy: computed(() => asking.value || waitingFor.value !== undefined),
    problem,
    stopped,
    clear,
    run,
  };
}
