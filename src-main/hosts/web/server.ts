/**
 * The web host: the same window in a browser on this machine, or through an SSH tunnel. It listens on 127.0.0.1 only;
 * every request must name a local host (against DNS rebinding), come from the page it served (Origin) or from no page at
 * all, and carry the token that only the printed address holds. Cookies are not used: they are shared by all ports of a host.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { getWSConnectionHandler } from '@trpc/server/adapters/ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { MESSAGE_LIMIT } from '../../../src-compute/packed-positions.ts';
import { appRouter, type AppRouter } from '../../api/router.ts';
import { logUnexpected, type ApiContext } from '../../api/trpc.ts';
import type { Workspace } from '../../api/workspace.ts';
import { ApiSocket } from '../api-socket.ts';
import { createContentHandler } from '../content.ts';
import { addressOf, problemWith, respond } from './answers.ts';
import { answerCall } from './calls.ts';
import { Connections, refuseSocket } from './connections.ts';

export interface WebHostOptions {
  readonly workspace: Workspace;
  readonly rendererFolder: string;
  /** 0 takes a free port. */
  readonly port?: number;
  /** Ends the host after so many minutes without a page and without a running job; 0 never. */
  readonly idleMinutes?: number;
  /** Called when the host ends itself. */
  readonly onIdle?: () => void;
  /** Time for a request's head and for the token of a page, ms. */
  readonly patience?: number;
  /** A word that the address must carry; random when absent. */
  readonly token?: string;
}

export interface WebHost {
  readonly url: string;
  readonly port: number;
  readonly token: string;
  close(): Promise<void>;
}

/** Longest message that is read at all; between this and MESSAGE_LIMIT it is answered with a sentence. */
const PAYLOAD_LIMIT = 4 * MESSAGE_LIMIT;

/** Pages that have not shown the token yet, at a time. */
const MOST_STRANGERS = 16;
/** Time for a request's head, and for the token after a page connected, ms. */
const PATIENCE = 10_000;

/** Limits of a request's head; an upload has its own (file-grants.ts), so there is none for the whole. */
const HTTP_LIMITS = {
  maxHeaderSize: 16 * 1024,
  requestTimeout: 0,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
};
/** A connection over which nothing goes in either direction is given up after so long, ms. */
const SILENCE = 120_000;

/** Starts the web host. @throws ForcewrightError when the port is taken */
export async function startWebHost(options: WebHostOptions): Promise<WebHost> {
  const token = options.token ?? randomBytes(24).toString('base64url');
  const { patience = PATIENCE } = options;
  const permitted = (header: string | null | undefined) => tokenFits(token, bearer(header ?? null));
  const authorise = (request: Request) => permitted(request.headers.get('authorization'));
  const { workspace, rendererFolder } = options;
  const content = createContentHandler({ workspace, rendererFolder, authorise });
  const answer = async (request: Request) =>
    (await answerCall(request, workspace, authorise(request))) ?? content(request);
  let lastCall = -Infinity;
  const server = createServer({ ...HTTP_LIMITS, headersTimeout: patience }, (request, response) => {
    const trusted = permitted(request.headers.authorization);
    if (trusted) {
      connections.trust(request.socket);
      lastCall = performance.now();
    }
    void respond(request, response, answer, trusted);
  });
  server.timeout = SILENCE;
  const connections = new Connections(server);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
    refuseSocket(
      socket,
      error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request',
    ),
  );
  const sockets = acceptPages(server, connections, token, options);
  const port = await listen(server, options.port ?? 0);
  // no file handles left to accept with, for example: the next connection may find one
  server.on('error', (error) => process.stderr.write(`The web host: ${error.message}\n`));
  const idle = watchIdle(
    options,
    () => sockets.clients.size > 0,
    () => lastCall,
  );
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

/** Takes pages' sockets at /trpc and connects them to the router. */
function acceptPages(
  server: Server,
  connections: Connections,
  token: string,
  { workspace, patience = PATIENCE }: WebHostOptions,
): WebSocketServer {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: PAYLOAD_LIMIT });
  const strangers = new Set<ApiSocket>();
  const connect = getWSConnectionHandler<AppRouter>({
    wss: sockets,
    router: appRouter,
    createContext: ({ info, res, req }): ApiContext => {
      const authorised = tokenFits(token, info.connectionParams?.token);
      // what was connected below
      const page = res as unknown as ApiSocket;
      if (authorised) {
        page.trusted = true;
        strangers.delete(page);
        connections.trust(req.socket);
      }
      return { workspace, host: { kind: 'web' }, authorised, ready: () => page.ready() };
    },
    onError: ({ error, path }) => logUnexpected(error, path),
    keepAlive: { enabled: true, pingMs: 30_000, pongWaitMs: 20_000 },
  });
  const open = (client: WebSocket, request: Parameters<typeof connect>[1]) => {
    const page = pageOf(client);
    strangers.add(page);
    // the first message carries the token, right or wrong
    const limit = setTimeout(() => page.terminate(), patience);
    page.once('message', () => clearTimeout(limit));
    page.once('close', () => (clearTimeout(limit), strangers.delete(page)));
    if (strangers.size > MOST_STRANGERS) [...strangers][0].terminate();
    // ws declares more than the handler uses (ApiSocket)
    connect(page as unknown as WebSocket, request);
  };
  server.on('upgrade', (request, socket: Duplex, head) => {
    socket.on('error', () => socket.destroy());
    try {
      if (addressOf(request)?.pathname !== '/trpc' || problemWith(request, true) !== undefined)
        refuseSocket(socket, '403 Forbidden');
      else sockets.handleUpgrade(request, socket, head, (client) => open(client, request));
    } catch (error) {
      process.stderr.write(`A page could not be connected: ${String(error)}\n`);
      socket.destroy();
    }
  });
  sockets.on('error', () => undefined);
  return sockets;
}

/** The page at the other end of a network socket. */
function pageOf(client: WebSocket): ApiSocket {
  const page = new ApiSocket(
    {
      get waiting() {
        return client.bufferedAmount;
      },
      send: (text) => client.send(text, () => undefined),
      close: () => client.close(),
      terminate: () => client.terminate(),
    },
    false,
  );
  client.on('message', (data, isBinary) => page.receive(data as Buffer, isBinary));
  client.on('error', () => client.terminate());
  client.once('close', () => page.end());
  return page;
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

function bearer(header: string | null): string | undefined {
  return header?.startsWith('Bearer ') ? header.slice('Bearer '.length) : undefined;
}

/** Compares in constant time. */
function tokenFits(token: string, given: string | undefined): boolean {
  const a = Buffer.from(token);
  const b = Buffer.from(given ?? '');
  return a.length === b.length && timingSafeEqual(a, b);
}

function watchIdle(
  options: WebHostOptions,
  hasPages: () => boolean,
  lastCall: () => number,
): NodeJS.Timeout | undefined {
  const minutes = options.idleMinutes ?? 0;
  if (minutes <= 0) return undefined;
  let lastUse = performance.now();
  const timer = setInterval(
    () => {
      if (hasPages() || options.workspace.busy) lastUse = performance.now();
      else if (performance.now() - Math.max(lastUse, lastCall()) > minutes * 60_000) options.onIdle?.();
    },
    Math.min(5_000, minutes * 20_000),
  );
  timer.unref();
  return timer;
}
