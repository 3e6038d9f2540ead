/** Chromium as the stand-in's browser: started with a port for the DevTools protocol and spoken to in it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as later } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { BROWSER_FLAGS } from '../browser-flags.ts';

const FLAGS = [...BROWSER_FLAGS, '--force-prefers-reduced-motion', '--remote-debugging-port=0'];

/** A message of the DevTools protocol; what is in it depends on its method. */
export type Params = Record<string, unknown>;
type Listener = (params: Params, sessionId: string | undefined) => void;

/** A running Chromium. */
export class Chromium {
  readonly port: number;
  private readonly child: ChildProcess;
  private readonly socket: WebSocket;
  private readonly waiting = new Map<number, { done(result: Params): void; fail(error: Error): void }>();
  private readonly listeners = new Map<string, Listener[]>();
  private last = 0;

  private constructor(child: ChildProcess, socket: WebSocket, port: number) {
    this.child = child;
    this.socket = socket;
    this.port = port;
    socket.on('message', (data) => {
      const { id, method, params, sessionId, result, error } = JSON.parse(String(data)) as {
        id?: number;
        method: string;
        params: Params;
        sessionId?: string;
        result: Params;
        error?: { message: string };
      };
      if (id === undefined)
        for (const listener of this.listeners.get(method) ?? []) listener(params, sessionId);
      else if (error) this.waiting.get(id)?.fail(new Error(error.message));
      else this.waiting.get(id)?.done(result);
    });
  }

  static async start(profile: string): Promise<Chromium> {
    const child = spawn('/usr/bin/chromium', [...FLAGS, `--user-data-dir=${profile}`, 'about:blank'], {
      stdio: 'ignore',
    });
    const file = join(profile, 'DevToolsActivePort');
    while (!existsSync(file) || !readFileSync(file, 'utf8').includes('\n')) await later(30);
    const [port, path] = readFileSync(file, 'utf8').trim().split('\n');
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { maxPayload: 2 ** 30 });
    await new Promise((open, fail) => socket.once('open', open).once('error', fail));
    return new Chromium(child, socket, Number(port));
  }

  on(method: string, listener: Listener): void {
    this.listeners.set(method, [...(this.listeners.get(method) ?? []), listener]);
  }

  /** @throws Error with Chromium's own words */
  send(method: string, params: Params = {}, sessionId?: string): Promise<Params> {
    const id = ++this.last;
    this.socket.send(JSON.stringify({ id, method, params, sessionId }));
    return new Promise((done, fail) =>
      this.waiting.set(id, { done, fail: (error) => fail(new Error(`${method}: ${error.message}`)) }),
    );
  }

  kill(): void {
    this.socket.terminate();
    this.child.kill('SIGKILL');
  }
}
