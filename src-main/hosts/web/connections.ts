/**
 * The network connections of the web host. Anybody on this machine can open some: they are counted, an error on one is
 * nobody's end, and when there are too many the oldest that never showed the token makes room, so that a flood of
 * strangers does not keep the page out.
 */
import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** Connections at a time; a browser opens six and a socket per page. */
const MOST_CONNECTIONS = 500;

export class Connections {
  private readonly strangers = new Set<Duplex>();
  private readonly trusted = new Set<Duplex>();
  private readonly most: number;

  constructor(server: Server, most = MOST_CONNECTIONS) {
    this.most = most;
    server.on('connection', (socket) => this.add(socket));
  }

  get size(): number {
    return this.strangers.size + this.trusted.size;
  }

  /** The one behind this connection showed the token. */
  trust(socket: Duplex): void {
    if (this.strangers.delete(socket)) this.trusted.add(socket);
  }

  private add(socket: Duplex): void {
    // a reset may come at any time, also after the answer: without a listener it would end the process
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      this.strangers.delete(socket);
      this.trusted.delete(socket);
    });
    this.strangers.add(socket);
    if (this.size > this.most) {
      const [oldest] = this.strangers;
      oldest.destroy();
      this.strangers.delete(oldest);
    }
  }
}

/** Answers in HTTP on a bare socket and lets go of it, whether or not the other side does. */
export function refuseSocket(socket: Duplex, status: string): void {
  socket.on('error', () => socket.destroy());
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}
