/** The connection to the host: the typed router over a WebSocket (or Electron's pipe), arrays and uploads by fetch. */
import { createTRPCClient, createWSClient, TRPCClientError, wsLink, type TRPCLink } from '@trpc/client';
import { observable } from '@trpc/server/observable';
import { ArrayFrame } from '../../src-compute/array-frame.ts';
import { ForcewrightError } from '../../src-compute/errors.ts';
import { MESSAGE_LIMIT, packPositions } from '../../src-compute/packed-positions.ts';
import type { FileGrant } from '../../src-main/api/file-grants.ts';
import type { AppRouter } from '../../src-main/api/router.ts';
import { bridge } from './bridge.ts';
import { pipeWebSocket } from './pipe-web-socket.ts';

const TOKEN_KEY = 'forcewright-token';

/** The token comes in the address once and then lives in this tab only. */
function takeToken(): string {
  const match = /[#&]token=([\w-]+)/.exec(window.location.hash);
  if (match !== null) {
    sessionStorage.setItem(TOKEN_KEY, match[1]);
    window.history.replaceState(null, '', window.location.pathname);
  }
  return sessionStorage.getItem(TOKEN_KEY) ?? '';
}
const token = takeToken();

/** Whether this page was opened with the token that the terminal printed. */
export const hasPermission = bridge !== undefined || token !== '';

type Listener = (connected: boolean) => void;
const listeners = new Set<Listener>();
/** Tells when the connection is lost or back. */
export function onConnectionChange(listener: Listener): void {
  listeners.add(listener);
}
const tell = (connected: boolean) => {
  for (const listener of listeners) listener(connected);
};

const socketUrl = () =>
  `${window.location.protocol === 'https:' ? 'wss' : 'ws'}://${window.location.host}/trpc`;
const socket = createWSClient({
  url: bridge ? 'ws://window/trpc' : socketUrl(),
  ...(bridge ? { WebSocket: pipeWebSocket(bridge) } : { connectionParams: () => ({ token }) }),
  lazy: { enabled: !hasPermission, closeMs: 0 },
  retryDelayMs: (attempt) => Math.min(4000, 250 * 2 ** attempt),
  onOpen: () => tell(true),
  onClose: () => tell(false),
});

/** Refuses what the host would not read, before it is sent: a socket that is closed over it would only try again. */
const withinLimit: TRPCLink<AppRouter> =
  () =>
  ({ op, next }) =>
    observable((observer) => {
      const length = JSON.stringify(op.input ?? null).length;
      if (length <= MESSAGE_LIMIT - 1000) return next(op).subscribe(observer);
      const problem = new ForcewrightError('This request is too large for one message.', {
        remedy: 'Do it in several steps, with fewer configurations in each.',
      });
      observer.error(TRPCClientError.from(problem));
    });

/** All that the window may ask. */
export const api = createTRPCClient<AppRouter>({ links: [withinLimit, wsLink({ client: socket })] });

/** Positions in a table as they travel: some bytes in base 64 instead of a list of numbers. */
export const packed = (positions: Iterable<number>): string => base64(packPositions(positions));

/** Numbers as they travel. */
export const packedNumbers = (numbers: Iterable<number>): string =>
  base64(new Uint8Array(Float64Array.from(numbers).buffer));

function base64(bytes: Uint8Array): string {
  const pieces: string[] = [];
  // as many arguments as a call may have, and a multiple of three
  for (let k = 0; k < bytes.length; k += 24_576)
    pieces.push(btoa(String.fromCharCode(...bytes.subarray(k, k + 24_576))));
  return pieces.join('');
}

const headers = (): HeadersInit => (bridge ? {} : { Authorization: `Bearer ${token}` });

async function problem(response: Response): Promise<ForcewrightError> {
  const body: unknown = await response.json().catch(() => null);
  const text = (name: string) =>
    typeof body === 'object' && body !== null && name in body ? String(Reflect.get(body, name)) : '';
  return new ForcewrightError(text('message') || `The host answered with ${response.status}.`, {
    remedy: text('remedy'),
  });
}

async function data(path: string, signal?: AbortSignal): Promise<Response> {
  const response = await fetch(`/data/${path}`, { headers: headers(), signal }).catch((cause: unknown) => {
    if (signal?.aborted) throw cause;
    throw new ForcewrightError('The host cannot be reached.', { remedy: 'Check that it still runs.', cause });
  });
  if (!response.ok) throw await problem(response);
  return response;
}

/** Fetches arrays. @param path behind /data/ */
export async function fetchArrays(path: string, signal?: AbortSignal): Promise<ArrayFrame> {
  return new ArrayFrame(await (await data(path, signal)).arrayBuffer());
}

/** Fetches a file as it is to be saved; the browser keeps what is large on disk. */
export async function fetchFile(path: string): Promise<Blob> {
  return (await data(path)).blob();
}

/**
 * Hands files over to the host: by path in Electron, by upload in a browser.
 * @param onProgress called with the number of files done
 */
export async function handOver(
  files: readonly File[],
  onProgress?: (done: number) => void,
): Promise<FileGrant[]> {
  if (bridge) {
    const answer = await bridge.grantFiles(files);
    if (answer.ok) return answer.value;
    throw new ForcewrightError(answer.message, { remedy: answer.remedy });
  }
  const grants: FileGrant[] = [];
  for (const file of files) {
    const response = await fetch(`/upload?name=${encodeURIComponent(file.name)}`, {
      method: 'PUT',
      headers: headers(),
      body: file,
    });
    if (!response.ok) throw await problem(response);
    grants.push(grantOf(await response.json()));
    onProgress?.(grants.length);
  }
  return grants;
}

function grantOf(value: unknown): FileGrant {
  if (
    typeof value !== 'object' ||
    value === null ||
    !('key' in value) ||
    !('name' in value) ||
    !('bytes' in value)
  ) {
    throw new ForcewrightError('The host did not take the file.', { remedy: 'Drop it again.' });
  }
  return { key: String(value.key), name: String(value.name), bytes: Number(value.bytes) };
}

/** An error in words for the user. */
export interface ErrorWords {
  readonly message: string;
  readonly remedy: string;
  readonly cancelled: boolean;
  /** What is wrong with a project, such as 'read-only'; '' otherwise. */
  readonly reason: string;
}

export function errorWords(given: unknown): ErrorWords {
  const error =
    given instanceof TRPCClientError && given.cause instanceof ForcewrightError ? given.cause : given;
  if (error instanceof TRPCClientError) {
    const user: unknown = (error as TRPCClientError<AppRouter>).data?.user;
    if (typeof user === 'object' && user !== null && 'message' in user && 'remedy' in user) {
      return {
        message: String(user.message),
        remedy: String(user.remedy),
        cancelled: 'cancelled' in user && user.cancelled === true,
        reason: 'reason' in user ? String(user.reason) : '',
      };
    }
    return {
      message: 'The host did not answer.',
      remedy: 'Check that it still runs; the page tries again.',
      cancelled: false,
      reason: '',
    };
  }
  if (error instanceof ForcewrightError)
    return { message: error.message, remedy: error.remedy, cancelled: false, reason: '' };
  const aborted = error instanceof DOMException && error.name === 'AbortError';
  return {
    message: error instanceof Error ? error.message : String(error),
    remedy: '',
    cancelled: aborted,
    reason: '',
  };
}
