/**
 * The base of the router: context, error shape, procedures. Every procedure validates its input with zod; every error
 * reaches the window as one sentence and a remedy, without stack or paths of this machine's code.
 */
import { initTRPC, TRPCError } from '@trpc/server';
import { ZodError } from 'zod';
import { ForcewrightError } from '../../src-compute/errors.ts';
import { visibleText } from '../../src-compute/quoting/visible.ts';
import { validationSentence } from '../../src-compute/validation-words.ts';
import { wordsFor } from '../error-words.ts';
import { asSentence } from '../platform/file-error.ts';
import { StoreError } from '../store/store-error.ts';
import type { Workspace } from './workspace.ts';

/** What the host offers beyond the services; the rest of the router does not know which host it is. */
export interface HostServices {
  readonly kind: 'electron' | 'web';
  /** A dialog of the system to choose a project, or a place for a new one. Absent in a browser. */
  readonly chooseProject?: (mode: 'open' | 'create') => Promise<string | undefined>;
}

export interface ApiContext {
  readonly workspace: Workspace;
  readonly host: HostServices;
  /** Whether the connection showed the host's token; without it every procedure refuses. */
  readonly authorised: boolean;
  /** Resolves when the connection can take more: a stalled page gets merged events, not a growing queue. */
  readonly ready?: () => Promise<void>;
}

/** What the window shows of an error. */
export interface UserError {
  readonly message: string;
  readonly remedy: string;
  /** Name of the class, such as StoreError. */
  readonly kind: string;
  readonly cancelled: boolean;
  /** What went wrong with a project, for a page that can offer another way; '' otherwise. */
  readonly reason: string;
}

function userError(error: TRPCError): UserError {
  const cause = asSentence(error.cause);
  if (cause instanceof ForcewrightError) {
    return {
      message: cause.message,
      remedy: cause.remedy,
      kind: cause.name,
      cancelled: cause.name === 'CancelledError',
      reason: cause instanceof StoreError ? cause.reason : '',
    };
  }
  if (cause instanceof ZodError) {
    return {
      message: `A value was not accepted: ${validationSentence(cause)}.`,
      remedy: 'Correct the value and try again.',
      kind: 'InputError',
      cancelled: false,
      reason: '',
    };
  }
  if (error.code === 'UNAUTHORIZED') {
    return { message: error.message, remedy: '', kind: 'Unauthorized', cancelled: false, reason: '' };
  }
  if (OF_THE_SENDER.has(error.code)) {
    return {
      message: 'The page sent something that this version of Forcewright does not know.',
      remedy: 'Load the page again.',
      kind: 'InputError',
      cancelled: false,
      reason: '',
    };
  }
  const words = wordsFor(cause);
  if (words.expected) {
    const { message, remedy } = words;
    return { message, remedy, kind: 'SystemError', cancelled: false, reason: '' };
  }
  return {
    message: words.message,
    remedy: 'Your data is safe. Details are in the terminal that runs Forcewright; please report them.',
    kind: 'Unexpected',
    cancelled: false,
    reason: '',
  };
}

const t = initTRPC.context<ApiContext>().create({
  errorFormatter({ shape, error }) {
    const user = userError(error);
    return {
      code: shape.code,
      message: user.message,
      data: { code: shape.data.code, httpStatus: shape.data.httpStatus, path: shape.data.path, user },
    };
  },
});

/** Mistakes of whoever sent a message: they are answered, and anybody could make any number of them. */
const OF_THE_SENDER: ReadonlySet<string> = new Set([
  'PARSE_ERROR',
  'BAD_REQUEST',
  'NOT_FOUND',
  'METHOD_NOT_SUPPORTED',
  'UNAUTHORIZED',
]);

/** Writes what the user is not shown to the terminal. */
export function logUnexpected(error: TRPCError, path: string | undefined): void {
  if (error.cause instanceof ForcewrightError || error.cause instanceof ZodError) return;
  if (OF_THE_SENDER.has(error.code)) return;
  const text = `Unexpected error in ${path ?? 'the connection'}: ${error.stack ?? error.message}`;
  process.stderr.write(`${visibleText(text)}\n`);
}

export const router = t.router;

/** The base of every procedure. */
export const procedure = t.procedure.use(({ ctx, next }) => {
  if (!ctx.authorised) {
    throw new TRPCError({
      code: 'UNAUTHORIZED',
      message: 'This page has no permission: open the address that the terminal shows, with its token.',
    });
  }
  return next();
});

/** For everything that needs an open project: adds it to the context. */
export const projectProcedure = procedure.use(({ ctx, next }) =>
  next({ ctx: { ...ctx, open: ctx.workspace.requireOpen() } }),
);
