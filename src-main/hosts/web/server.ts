/**
 * The web host: the same window in a browser on this machine, or through an SSH tunnel. It listens on 127.0.0.1 only;
 * every request must name a local host (against DNS rebinding), come from the page it served (Origin), and carry the
 * token that only the printed address holds. Cookies are not used: they are shared by all ports of a host.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { WebSocketServer } from 'ws';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { appRouter, type AppRouter } from '../../api/router.ts';
import { logUnexpected, type ApiContext } from '../../api/trpc.ts';
import type { Workspace } from '../../api/workspace.ts';
import { createContentHandler, refusal } from '../content.ts';

export interface WebHostOptions {
  readonly workspace: Workspace;
  readonly rendererFolder: string;
  /** 0 takes a free port. */
  readonly port?: number;
  /** Ends the host after so many minutes without a page and without a running job; 0 never. */
  readonly idleMinutes?: number;
  /** Called when the host ends itself. */
  readonly onIdle?: () => void;
  /** A word that the address must carry; random when absent. */
  readonly token?: string;
}

export interface WebHost {
  readonly url: string;
  readonly port: number;
  readonly token: string;
  close(): Promise<void>;
}

const LOCAL_NAMES = new Set(['127.0.0.1', 'localhost', '[::1]']);
const PAYLOAD_LIMIT = 4 * 1024 * 1024;

/** Starts the web host. @throws ForcewrightError when the port is taken */
export async function startWebHost(options: WebHostOptions): Promise<WebHost> {
  const token = options.token ?? randomBytes(24).toString('base64url');
  const answer = createContentHandler({
    workspace: options.workspace,
    rendererFolder: options.rendererFolder,
    authorise: (request) => tokenFits(token, bearer(request.headers.get('authorization'))),
  });
  const server = createServer((request, response) => {
    void respond(request, response, answer);
  });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: PAYLOAD_LIMIT });
  server.on('upgrade', (request, socket, head) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname !== '/trpc' || problemWith(request, true) !== undefined) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request));
  });
  applyWSSHandler<AppRouter>({
    wss: sockets,
    router: appRouter,
    createContext: ({ info }): ApiContext => ({
      workspace: options.workspace,
      host: { kind: 'web' },
      authorised: tokenFits(token, info.connectionParams?.token),
    }),
    onError: ({ error, path }) => logUnexpected(error, path),
    keepAlive: { enabled: true, pingMs: 30_000, pongWaitMs: 20_000 },
  });
  const port = await listen(server, options.port ?? 0);
  const idle = watchIdle(options, () => sockets.clients.size > 0);
  return {
    url: `http://127.0.0.1:${port}/#token=${token}`,
    port,
    token,
    async close() {
      clearInterval(idle);
      for (const client of sockets.clients) client.terminate();
      sockets.close();
      server.closeAllConnections();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((done, fail) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const taken = cause.code === 'EADDRINUSE';
      fail(
        new ForcewrightError(
          taken
            ? `Port ${port} is in use by another program.`
            : `Port ${port} cannot be opened: ${cause.message}.`,
          { remedy: 'Choose another with --port, or leave it out to take a free one.', cause },
        ),
      );
    });
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      done(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

/** Why a request is refused, or undefined. */
function problemWith(request: IncomingMessage, originNeeded: boolean): string | undefined {
  const host = request.headers.host ?? '';
  if (!LOCAL_NAMES.has(host.replace(/:\d+$/, ''))) return 'This host answers local names only.';
  const { origin } = request.headers;
  if (origin === undefined) return originNeeded ? 'A page of this host was expected.' : undefined;
  return origin === `http://${host}` ? undefined : 'Pages of other origins are not answered.';
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: Request) => Promise<Response>,
): Promise<void> {
  try {
    const changes = request.method !== 'GET' && request.method !== 'HEAD';
    const problem = problemWith(request, changes);
    const reply = problem === undefined ? await answer(webRequest(request)) : refusal(403, problem);
    response.writeHead(reply.status, Object.fromEntries(reply.headers));
    if (reply.body === null || request.method === 'HEAD') response.end();
    else await pipeline(Readable.fromWeb(reply.body as WebStream<Uint8Array>), response);
  } catch {
    // the browser went away in the middle of an answer
    response.destroy();
  }
}

function webRequest(request: IncomingMessage): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD';
  return new Request(new URL(request.url ?? '/', `http://${request.headers.host}`), {
    method: request.method,
    headers,
    ...(hasBody
      ? { body: Readable.toWeb(request) as ReadableStream<Uint8Array>, duplex: 'half' as const }
      : {}),
  });
}

function bearer(header: string | null): string | undefined {
  return header?.startsWith('Bearer ') ? header.slice('Bearer '.length) : undefined;
}

/** Compares in constant time. */
function tokenFits(token: string, given: string | undefined): boolean {
  const a = Buffer.from(token);
  const b = Buffer.from(given ?? '');
  return a.length === b.length && timingSafeEqual(a, b);
}

function watchIdle(options: WebHostOptions, hasPages: () => boolean): NodeJS.Timeout | undefined {
  const minutes = options.idleMinutes ?? 0;
  if (minutes <= 0) return undefined;
  let lastUse = Date.now();
  const timer = setInterval(
    () => {
      if (hasPages() || options.workspace.busy) lastUse = Date.now();
      else if (Date.now() - lastUse > minutes * 60_000) options.onIdle?.();
    },
    Math.min(5_000, minutes * 20_000),
  );
  timer.unref();
  return timer;
}
