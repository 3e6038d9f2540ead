/** Jobs as the window knows them: the list from the host, progress as it comes. */
import { defineStore } from 'pinia';
import { computed, ref, watch } from 'vue';
import type { JobQuestion, JobView } from '../../src-main/api/routers/jobs.ts';
import { bridge } from '../host/bridge.ts';
import { api } from '../host/connection.ts';
import { useNotices } from './notices.ts';
import { latestRead } from './latest-read.ts';
import { useSession } from './session.ts';

/** Analyses of the coverage page, which are not announced when they were soon done: one still looks at the page. */
const SHOWN_BY_COVERAGE: ReadonlySet<string> = new Set([
  'entropy',
  'environment-map',
  'select',
  'near-duplicates',
  'coverage-comparison',
  'trajectory-novelty',
]);
/** ms */
const SOON = 20_000;
const took = (job: JobView) => (job.finishedAt ?? 0) - (job.startedAt ?? 0);

export const useJobs = defineStore('jobs', () => {
  const session = useSession();
  const notices = useNotices();
  const list = ref<JobView[]>([]);
  const trayOpen = ref(false);
  /** A job that was made elsewhere and waits for the user's word. */
  const question = ref<JobQuestion>();
  const active = computed(() =>
    list.value.filter((job) => job.state === 'running' || job.state === 'queued'),
  );

  const refresh = latestRead(
    async () => (session.project === null ? [] : await api.jobs.list.query()),
    (answer) => (list.value = answer),
  );
  let pending = false;
  watch(
    [() => session.revision, () => session.project?.key],
    () => {
      // several changes in a row need one look
      if (pending) return;
      pending = true;
      setTimeout(() => {
        pending = false;
        refresh().catch(() => undefined);
      }, 60);
    },
    { immediate: true },
  );

  session.listen((event) => {
    if (event.type === 'progress') {
      list.value = list.value.map((job) =>
        job.id === event.jobId
          ? {
              ...job,
              state: 'running',
              fraction: event.fraction,
              message: event.message,
              etaSeconds: event.etaSeconds,
            }
          : job,
      );
    } else if (event.type === 'end') void announce(event.jobId);
  });

  async function announce(id: number): Promise<void> {
    const job = await api.jobs.get.query({ id });
    // its page waits for it and shows the result
    if ((job.kind === 'evaluate' || job.kind === 'export') && job.state === 'done') return;
    if (SHOWN_BY_COVERAGE.has(job.kind) && job.state === 'done' && took(job) < SOON) return;
    const show = { label: 'Show', run: () => void (trayOpen.value = true) };
    if (job.state === 'done') notices.done(`${job.title}: done.`, show);
    else if (job.state === 'failed')
      notices.failed(`${job.title} failed: ${job.error?.message ?? ''}`, job.error?.remedy, show);
    // Electron's main process shows its own notification; a browser asks the user once, when a job is first started
    if (!bridge && document.hidden && 'Notification' in window && Notification.permission === 'granted') {
      new Notification(job.title, {
        body: job.state === 'done' ? 'Done.' : (job.error?.message ?? job.state),
      });
    }
  }

  /** Whether a job was a fit, whose settings can be used again. */
  const wasFit = (id: number | null | undefined) =>
    list.value.some((job) => job.id === id && job.kind === 'fit');

  async function cancel(id: number): Promise<void> {
    await notices.attempt(() => api.jobs.cancel.mutate({ id }));
    await refresh();
  }
  /** Begins a job that waits for a free core. */
  async function startNow(id: number): Promise<void> {
    await notices.attempt(() => api.jobs.startNow.mutate({ id }));
    await refresh();
  }
  /** Goes on with a job, or asks first when it was made elsewhere. @param confirmed digest of what the user agreed to */
  async function resume(id: number, confirmed?: string): Promise<void> {
    const asked = await notices.attempt(() => api.jobs.resume.mutate({ id, confirmed }));
    question.value = asked ?? undefined;
    await refresh();
  }

  return { list, active, trayOpen, question, refresh, wasFit, cancel, startNow, resume };
});
