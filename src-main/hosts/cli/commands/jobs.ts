/** `forcewright jobs`: list, show, cancel and resume the jobs of a project. */
import type { Command } from 'commander';
import { JobService } from '../../../services/jobs/job-service.ts';
import type { Job } from '../../../store/jobs.ts';
import type { JobQuestion } from '../../../services/jobs/job-demands.ts';
import type { Project } from '../../../store/project.ts';
import { StoreError } from '../../../store/store-error.ts';
import { whole } from '../options.ts';
import { openProject } from '../open-project.ts';
import { duration, note, printResult, table, type Json } from '../output.ts';
import { runShown } from '../run-job.ts';

export function register(program: Command): void {
  const jobs = program
    .command('jobs')
    .summary('list, show, cancel and resume jobs of a project')
    .description('Without a subcommand: the jobs of a project, newest first. Times in seconds.')
    .option('--project <file>', 'project file, *.fwproj')
    .option('--json', 'print one JSON object')
    .action((_options: unknown, command: Command) => list(command));
  sub(jobs, 'show <job>', 'One job with its log and its curves.').action(show);
  sub(
    jobs,
    'rename <job> <title>',
    'Give a job another title, and the trajectory that it wrote the same name.',
  ).action(rename);
  sub(jobs, 'cancel <job>', 'Ask a job to stop, whichever process runs it.').action(cancel);
  sub(
    jobs,
    'resume <job>',
    'Go on with a job that was interrupted, cancelled or failed, from its last checkpoint. One that was made on another\n' +
      'machine or by another user is shown first, and goes on when it is confirmed.',
  )
    .option('--confirm <code>', 'the code that was shown with what the job starts and reads')
    .action(resume);
}

function rename(job: string, title: string, _options: unknown, command: Command): void {
  using opened = open(command);
  const id = Number(job);
  const name = title.trim();
  if (name === '') command.error('error: a title is needed');
  opened.service.rename(id, name);
  printResult(opened.json, { id, title: name }, () => `Job ${id} is called ${name} now.`);
}

function sub(jobs: Command, usage: string, description: string): Command {
  return jobs
    .command(usage)
    .description(description)
    .option('--project <file>', 'project file, *.fwproj')
    .option('--json', 'print one JSON object');
}

/** --project and --json may stand before or after the subcommand's name. */
function open(command: Command): { project: Project; service: JobService; json: boolean } & Disposable {
  const { project: path, json } = command.optsWithGlobals<{ project?: string; json?: boolean }>();
  if (path === undefined) command.error("error: required option '--project <file>' not specified");
  const project = openProject(path as string);
  const service = new JobService(project);
  return {
    project,
    service,
    json: json ?? false,
    [Symbol.dispose]() {
      service[Symbol.dispose]();
      project.close();
    },
  };
}

function toJson(job: Job): { readonly [key: string]: Json | undefined } {
  return {
    id: job.id,
    kind: job.kind,
    title: job.title,
    state: job.state,
    fraction: job.fraction,
    message: job.message,
    eta_seconds: job.etaSeconds ?? null,
    seconds: seconds(job),
    attempts: job.attempts,
    settings: job.settings,
    result: job.result ?? null,
    error: job.error ? { message: job.error.message, remedy: job.error.remedy } : null,
  };
}

/** How long the last attempt took or has taken so far. */
function seconds(job: Job): number | null {
  if (job.startedAt === undefined) return null;
  // by the clock on the wall, which may have been set back meanwhile
  return Math.max(0, (job.finishedAt ?? Date.now()) - job.startedAt) / 1000;
}

function list(command: Command): void {
  using context = open(command);
  const jobs = context.service.list();
  printResult(context.json, { project: context.project.path, jobs: jobs.map(toJson) }, () =>
    jobs.length === 0
      ? 'The project has no jobs.'
      : table([
          ['job', 'kind', 'state', 'done', 'time', 'what'],
          ...jobs.map((job) => [
            String(job.id),
            job.kind,
            job.state,
            `${Math.floor(100 * job.fraction)} %`,
            job.startedAt === undefined ? '–' : duration(seconds(job) ?? 0),
            job.title.length > 60 ? `${job.title.slice(0, 59)}…` : job.title,
          ]),
        ]),
  );
}

function show(number: string, _options: unknown, command: Command): void {
  const id = whole(1)(number);
  using context = open(command);
  const job = context.service.get(id);
  const log = context.service.log(id);
  const curvesByName = new Map<string, [number, number][]>();
  for (const { series: name, x, y } of context.service.points(id)) {
    const points = curvesByName.get(name) ?? [];
    points.push([x, y]);
    curvesByName.set(name, points);
  }
  const series = Object.fromEntries(curvesByName);
  const result: Json = { ...toJson(job), log: log.map((line) => ({ ...line })), series };
  printResult(context.json, result, () => {
    const curves = Object.entries(series).map(
      ([name, points]) =>
        `${name}: ${points.length} points, last ${points[points.length - 1][1]} at ${points[points.length - 1][0]}`,
    );
    return [
      `job ${job.id}: ${job.title}`,
      `${job.state}, ${Math.floor(100 * job.fraction)} %${job.message === '' ? '' : `, ${job.message}`}`,
      ...(job.error === undefined ? [] : [`${job.error.message} ${job.error.remedy}`.trim()]),
      ...curves,
      ...log.map(
        (line) =>
          `${new Date(line.time).toISOString()}  ${line.level === 'info' ? '' : `${line.level}: `}${line.text}`,
      ),
    ].join('\n');
  });
}

function cancel(number: string, _options: unknown, command: Command): void {
  const id = whole(1)(number);
  using context = open(command);
  const job = context.service.cancel(id);
  printResult(context.json, toJson(job), () =>
    job.state === 'running' ? `Job ${id} was asked to stop.` : `Job ${id} is ${job.state}.`,
  );
}

async function resume(number: string, options: { confirm?: string }, command: Command): Promise<void> {
  const id = whole(1)(number);
  using context = open(command);
  const { service } = context;
  service.checkResumable(id);
  const question = service.question(id);
  if (question !== undefined) {
    if (options.confirm === undefined) throw askFirst(question);
    service.confirm(id, options.confirm);
  }
  const job = await runShown(service, id);
  printResult(context.json, toJson(job), () => `Job ${id} is done.`);
}

/** Shows all that a job of somebody else would do. */
function askFirst(question: JobQuestion): StoreError {
  const { jobId, kind, title, demands, settings, digest } = question;
  note(`Job ${jobId} (${kind}): ${title}`);
  for (const { what, text } of demands) note(`  ${what}: ${text}`);
  if (demands.length === 0) note('  It starts no other program and reads no other file.');
  note(`All its settings:\n${settings}`);
  return new StoreError(
    'untrusted',
    `Job ${jobId} was made on another machine, by another user or by an older version, or was changed since.`,
    { remedy: `Read above what it starts and reads. If you want that here, add --confirm ${digest}` },
  );
}
