/**
 * tRPC's own WebSocket protocol over Electron's IPC: the main side of the pipe is a WebSocket that writes to a window
 * instead of a network (trpc-electron breaks subscriptions on Node 24; PLATFORM.md, "Electron").
 */
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { getWSConnectionHandler } from '@trpc/server/adapters/ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { appRouter, type AppRouter } from '../../api/router.ts';
import { logUnexpected, type ApiContext } from '../../api/trpc.ts';
import { ApiSocket } from '../api-socket.ts';
import type { PipeMessage } from './channels.ts';

/** All pipes of one window. */
export class PipeServer {
  private readonly pipes = new Map<number, ApiSocket>();
  private readonly post: (message: PipeMessage) => void;
  private readonly connect: (socket: WebSocket, request: IncomingMessage) => void;

  /**
   * @param context what procedures get
   * @param post sends a message to the window
   */
  constructor(context: ApiContext, post: (message: PipeMessage) => void) {
    this.post = post;
    this.connect = getWSConnectionHandler<AppRouter>({
      // never listens: the handler asks for a server only to type its options
      wss: new WebSocketServer({ noServer: true }),
      router: appRouter,
      createContext: () => context,
      onError: ({ error, path }) => logUnexpected(error, path),
    });
  }

  /** Takes whatever the window sent; what is no message of the protocol is ignored. */
  receive(message: unknown): void {
    if (!isPipeMessage(message)) return;
    const { pipe } = message;
    if (message.kind === 'open') {
      this.pipes.get(pipe)?.end();
      this.open(pipe);
    } else if (message.kind === 'data') this.pipes.get(pipe)?.receive(message.text);
    else {
      this.pipes.get(pipe)?.end();
      this.pipes.delete(pipe);
    }
  }

  /** The window was closed or loads another page. */
  closeAll(): void {
    for (const socket of this.pipes.values()) socket.end();
    this.pipes.clear();
  }

  private open(pipe: number): void {
    const close = () => {
      this.pipes.delete(pipe);
      this.post({ pipe, kind: 'close' });
    };
    const send = (text: string) => this.post({ pipe, kind: 'data', text });
    // Electron does not tell how much waits in its channel
    const socket = new ApiSocket({ waiting: 0, send, close, terminate: close }, true);
    this.pipes.set(pipe, socket);
    const request = new IncomingMessage(new Socket());
    request.url = '/trpc';
    request.headers.host = 'window';
    // ws declares more than the handler uses (see ApiSocket)
    this.connect(socket as unknown as WebSocket, request);
    this.post({ pipe, kind: 'open' });
  }
}

function isPipeMessage(value: unknown): value is PipeMessage {
  if (typeof value !== 'object' || value === null) return false;
  if (!('pipe' in value) || !('kind' in value) || !Number.isInteger(value.pipe)) return false;
  if (value.kind === 'open' || value.kind === 'close') return true;
  return value.kind === 'data' && 'text' in value && typeof value.text === 'string';
}
