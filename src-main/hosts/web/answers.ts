/** Requests over HTTP, checked and answered through the content handler. Nothing thrown here leaves it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { refusal } from '../content.ts';

const LOCAL_NAMES = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Methods that a page may send; others are not even looked at. */
const METHODS = new Set(['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS']);

/** Why a request is refused, or undefined. */
export function problemWith(request: IncomingMessage, originNeeded: boolean): string | undefined {
  const host = request.headers.host ?? '';
  if (!LOCAL_NAMES.has(host.replace(/:\d+$/, ''))) return 'This host answers local names only.';
  const { origin } = request.headers;
  if (origin === undefined) return originNeeded ? 'A page of this host was expected.' : undefined;
  return origin === `http://${host}` ? undefined : 'Pages of other origins are not answered.';
}

/** The address of a request, whatever it holds; undefined where it is none (`//`, `http://`, …). */
export function addressOf(request: IncomingMessage): URL | undefined {
  const target = request.url ?? '/';
  // a path, never another host: new URL('//x', base) would take x for one, and throw for '//'
  return target.startsWith('/') ? (URL.parse(`http://localhost${target}`) ?? undefined) : undefined;
}

/**
 * Answers one request, or ends its connection. Never rejects.
 * @param trusted whether it carries the token: a program that does need not be a page, and names no Origin. A page of
 * another origin is refused in any case.
 */
export async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: Request) => Promise<Response>,
  trusted = false,
): Promise<void> {
  request.on('error', () => undefined);
  response.on('error', () => undefined);
  try {
    const reply = await replyTo(request, answer, trusted);
    const headers = Object.fromEntries(reply.headers);
    // a body that nobody reads is not waited for
    if (!request.complete) headers.connection = 'close';
    response.writeHead(reply.status, headers);
    if (reply.body === null || request.method === 'HEAD') {
      await reply.body?.cancel();
      response.end();
    } else await pipeline(Readable.fromWeb(reply.body as WebStream<Uint8Array>), response);
    if (!request.complete) request.destroy();
  } catch {
    // the browser went away in the middle of an answer
    response.destroy();
  }
}

async function replyTo(
  request: IncomingMessage,
  answer: (request: Request) => Promise<Response>,
  trusted: boolean,
): Promise<Response> {
  const { method = 'GET' } = request;
  if (!METHODS.has(method)) return refusal(405, 'This method is not answered.');
  const problem = problemWith(request, !trusted && method !== 'GET' && method !== 'HEAD');
  if (problem !== undefined) return refusal(403, problem);
  const address = addressOf(request);
  if (address === undefined) return refusal(400, 'This is no address of this host.');
  return answer(webRequest(request, method, address));
}

function webRequest(request: IncomingMessage, method: string, address: URL): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  const hasBody = method !== 'GET' && method !== 'HEAD';
  return new Request(address, {
    method,
    headers,
    ...(hasBody
      ? { body: Readable.toWeb(request) as ReadableStream<Uint8Array>, duplex: 'half' as const }
      : {}),
  });
}
