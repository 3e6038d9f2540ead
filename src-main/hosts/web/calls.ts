/**
 * The router over plain HTTP, for programs: GET /api/CALL?input=JSON asks, POST /api/CALL with a JSON body changes, and
 * GET /api lists the calls with the JSON Schema of their input. The answers are those of tRPC's HTTP protocol
 * (https://trpc.io/docs/rpc): {"result": {"data": …}} or {"error": {"message": …, "data": {"user": {remedy, …}}}}.
 */
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { MESSAGE_LIMIT } from '../../../src-compute/packed-positions.ts';
import { describeCalls } from '../../api/calls.ts';
import { appRouter } from '../../api/router.ts';
import { logUnexpected } from '../../api/trpc.ts';
import type { Workspace } from '../../api/workspace.ts';
import { SECURITY_HEADERS } from '../content-security.ts';
import { refusal } from '../content.ts';

/**
 * @param authorised whether the request carries the token
 * @returns the answer, or undefined for addresses that are no call
 */
export async function answerCall(
  request: Request,
  workspace: Workspace,
  authorised: boolean,
): Promise<Response | undefined> {
  const { pathname } = new URL(request.url);
  if (pathname !== '/api' && !pathname.startsWith('/api/')) return undefined;
  if (!authorised) {
    return refusal(
      401,
      'This call has no permission.',
      'Send the token of the address that `forcewright serve` printed: Authorization: Bearer TOKEN.',
    );
  }
  if (pathname === '/api' || pathname === '/api/') {
    return Response.json({ calls: describeCalls() }, { headers: headers() });
  }
  if (request.method === 'POST') {
    const length = Number(request.headers.get('content-length') ?? NaN);
    if (!Number.isFinite(length)) return refusal(411, 'A body with its length was expected.');
    if (length > MESSAGE_LIMIT)
      return refusal(413, 'This request is too large for one call.', 'Do it in several steps.');
  }
  const response = await fetchRequestHandler({
    endpoint: '/api',
    req: request,
    router: appRouter,
    allowBatching: false,
    createContext: () => ({ workspace, host: { kind: 'web' as const }, authorised }),
    onError: ({ error, path }) => logUnexpected(error, path),
  });
  for (const [name, value] of Object.entries(headers())) response.headers.set(name, value);
  return response;
}

const headers = () => ({ ...SECURITY_HEADERS, 'Cache-Control': 'no-store' });
