/** Runs a job in this process, with its progress and its log on stderr; SIGINT and SIGTERM cancel it in good order. */
import type { Job } from '../../store/jobs.ts';
import type { JobService } from '../../services/jobs/job-service.ts';
import { interruptible } from './interrupt.ts';
import { endProgress, note, showProgress } from './output.ts';

/**
 * @returns the job when it is done
 * @throws what the job failed with; CancelledError after a signal
 */
export async function runShown(service: JobService, id: number): Promise<Job> {
  using open = new DisposableStack();
  const interrupt = open.use(interruptible());
  open.use(
    service.watch((event) => {
      if (event.type === 'progress') showProgress(event.fraction, event.message, event.etaSeconds);
      if (event.type === 'log') note(event.level === 'info' ? event.text : `${event.level}: ${event.text}`);
    }),
  );
  // awaited here: what `using` holds must live until the job ends
  return await service.run(id, interrupt.signal).finally(endProgress);
}
