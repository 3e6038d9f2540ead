/** Projects: make, open, recent, close; and the stream of what happens. */
import { tracked } from '@trpc/server';
import { z } from 'zod';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import type { WorkspaceEvent } from '../event-queue.ts';
import type { OpenProject } from '../workspace.ts';
import { procedure, router } from '../trpc.ts';

/** The open project, for the window's head. */
export interface ProjectSummary {
  readonly key: string;
  readonly name: string;
  readonly folder: string;
  readonly readOnly: boolean;
  /** What happened to the file while it was open, in a sentence: nothing can be saved in it any more. */
  readonly lost: string | null;
  /** Whether another file was copied over it: no copy can be saved then. */
  readonly overwritten: boolean;
  /** What the file lacked when it was opened, in a sentence. */
  readonly incomplete: string | null;
}

/** An event as it travels: nothing in it is nested. */
export type WindowEvent =
  | { readonly type: 'project' | 'changed' }
  | {
      readonly type: 'progress';
      readonly jobId: number;
      readonly fraction: number;
      readonly message: string;
      readonly etaSeconds: number | null;
    }
  | { readonly type: 'log'; readonly jobId: number; readonly level: string; readonly text: string }
  | { readonly type: 'end'; readonly jobId: number };

function summary(open: OpenProject): ProjectSummary {
  const { path, readOnly, place, incomplete = null } = open.project;
  const folder = path.replace(/[/\\][^/\\]*$/, '');
  const { lost = null, overwritten } = place;
  return { key: open.key, name: open.name, folder, readOnly, lost, overwritten, incomplete };
}

function windowEvent(event: WorkspaceEvent): WindowEvent {
  if (event.type !== 'progress') return event;
  const { type, jobId, fraction, message, etaSeconds } = event;
  return { type, jobId, fraction, message, etaSeconds: etaSeconds ?? null };
}

/** Shortest time between two progress events of one job, ms: the window redraws no faster. */
const PROGRESS_INTERVAL = 150;

const projectFileName = z
  .string()
  .trim()
  .min(1, 'a name is needed')
  .max(80, 'at most 80 characters')
  .regex(/^[^/\\<>:"|?*]+$/, 'a name without / \\ < > : " | ? * is needed');
const key = z.string().regex(/^[0-9a-f]{24}$/);

export const projectRouter = router({
  /** The host and the open project. */
  current: procedure.query(({ ctx }) => ({
    host: ctx.host.kind,
    hasDialogs: ctx.host.chooseProject !== undefined,
    projectsFolder: ctx.workspace.projectsFolder,
    project: ctx.workspace.open ? summary(ctx.workspace.open) : null,
  })),

  list: procedure.query(({ ctx }) => ctx.workspace.projects()),

  create: procedure
    .input(z.object({ name: projectFileName }))
    .mutation(({ ctx, input }) => summary(ctx.workspace.createNamed(input.name))),

  open: procedure
    .input(z.object({ key }))
    .mutation(({ ctx, input }) => summary(ctx.workspace.openKey(input.key))),

  /** Opens a copy of a project that cannot be written or opened where it lies. */
  openCopy: procedure
    .input(z.object({ key }))
    .mutation(async ({ ctx, input }) => summary(await ctx.workspace.openCopy(input.key))),

  /** Opens a project file that was dropped or uploaded. */
  openFile: procedure
    .input(z.object({ file: z.uuid() }))
    .mutation(async ({ ctx, input }) => summary(await ctx.workspace.openGranted(input.file))),

  /** Asks with the system's dialog. Null when the user cancelled. */
  openWithDialog: procedure
    .input(z.object({ mode: z.enum(['open', 'create']) }))
    .mutation(async ({ ctx, input }) => {
      if (ctx.host.chooseProject === undefined) {
        throw new ForcewrightError('This host has no dialog for files.', {
          remedy: 'Use the list of projects.',
        });
      }
      const path = await ctx.host.chooseProject(input.mode);
      return path === undefined ? null : summary(ctx.workspace.openPath(path, input.mode === 'create'));
    }),

  forget: procedure.input(z.object({ key })).mutation(({ ctx, input }) => ctx.workspace.forget(input.key)),

  close: procedure.mutation(({ ctx }) => ctx.workspace.close()),

  /** Everything that happens, as it happens; progress of one job at most a few times a second. */
  events: procedure.subscription(async function* ({ ctx, signal }) {
    const lastProgress = new Map<number, number>();
    let id = 0;
    const ended = signal ?? new AbortController().signal;
    for await (const event of ctx.workspace.events(ended, ctx.ready)) {
      if (event.type === 'progress') {
        const now = performance.now();
        if (now - (lastProgress.get(event.jobId) ?? -Infinity) < PROGRESS_INTERVAL && event.fraction < 1)
          continue;
        lastProgress.set(event.jobId, now);
      }
      yield tracked(String(++id), windowEvent(event));
    }
  }),
});
