/**
 * Windows for the tests of a file: each test gets a page without a past and a project of its own, so that a test that
 * fails takes no other with it. Host and browser are the slow parts: they are shared while they live, and started again
 * when a test has left them dead or at work.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, expect } from 'vitest';
import { WebSocket } from 'ws';
import type { AppRouter } from '../../../src-main/api/router.ts';
import { launchBrowser, startHost, Visitor, type RunningHost } from './web-host.ts';

/** Makes a project file at a path. */
export type MakeProject = (path: string) => void | Promise<void>;

export interface WindowOptions {
  /** What the test's project holds; the start screen is shown without one. */
  readonly project?: MakeProject;
  /** Name of the project. */
  readonly name?: string;
  readonly dark?: boolean;
}

export class Windows {
  readonly folder = mkdtempSync(join(tmpdir(), 'forcewright-e2e-'));
  private readonly made = new Map<MakeProject, Promise<string>>();
  private readonly visitors: Visitor[] = [];
  private running: RunningHost | undefined;
  private launched: Browser | undefined;
  private count = 0;

  /** A host that answers. */
  async host(): Promise<RunningHost> {
    if (!this.running?.alive) this.running = await startHost({ folder: this.folder });
    return this.running;
  }

  /** A page on a project of its own. What goes wrong in the page fails the test at its end. */
  async open(options: WindowOptions = {}): Promise<Visitor> {
    const { project, name = 'project' } = options;
    const path = project && (await this.copyOf(project, name));
    await this.show(path).catch(async () => {
      // jobs that a failed test left behind, or a host that died: another one
      await this.running?.stop();
      this.running = undefined;
      await this.show(path);
    });
    if (!this.launched?.isConnected()) this.launched = await launchBrowser();
    const { url } = await this.host();
    const visitor = await Visitor.arrive(url, { dark: options.dark, browser: this.launched });
    this.visitors.push(visitor);
    return visitor;
  }

  /** Makes a project once and copies it for every test that wants it. */
  private async copyOf(make: MakeProject, name: string): Promise<string> {
    const folder = join(this.folder, 'projects');
    mkdirSync(folder, { recursive: true });
    let template = this.made.get(make);
    if (template === undefined) {
      const path = join(this.folder, `template-${this.made.size}.fwproj`);
      template = Promise.resolve(make(path)).then(() => path);
      this.made.set(make, template);
      // what failed once may be tried again by the next test
      template.catch(() => this.made.delete(make));
    }
    const source = await template;
    const target = join(folder, `${name} ${++this.count}.fwproj`);
    for (const part of ['', '-wal'])
      if (existsSync(source + part)) copyFileSync(source + part, target + part);
    return target;
  }

  /** Has the host open a project, or none. */
  private show(path: string | undefined): Promise<void> {
    return this.ask(async (api) => {
      await api.project.close.mutate();
      if (path === undefined) return;
      const known = (await api.project.list.query()).find(({ name }) => path.endsWith(`/${name}.fwproj`));
      if (known === undefined) throw new Error(`The host does not list ${path}.`);
      await api.project.open.mutate({ key: known.key });
    });
  }

  /** Asks the host something beside the page: what another window does. */
  async ask(work: (api: ReturnType<typeof createTRPCClient<AppRouter>>) => Promise<void>): Promise<void> {
    const { url } = await this.host();
    const { host, origin, hash } = new URL(url);
    class PageSocket extends WebSocket {
      constructor(address: string | URL) {
        super(address, { headers: { Origin: origin } });
      }
    }
    const socket = createWSClient({
      url: `ws://${host}/trpc`,
      // ws offers the browser's interface; its own type declares more
      WebSocket: PageSocket as unknown as typeof globalThis.WebSocket,
      connectionParams: () => ({ token: hash.replace('#token=', '') }),
    });
    try {
      await work(createTRPCClient<AppRouter>({ links: [wsLink({ client: socket })] }));
    } finally {
      await socket.close();
    }
  }

  /** Closes the pages of a test; their errors fail it. */
  async leavePages(): Promise<void> {
    const visitors = this.visitors.splice(0);
    const errors = visitors.flatMap((visitor) => visitor.errors);
    await Promise.all(visitors.map((visitor) => visitor.leave().catch(() => undefined)));
    expect(errors, 'errors in the page').toEqual([]);
  }

  async close(): Promise<void> {
    await this.launched?.close();
    await this.running?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Windows for the tests of the file or group where this is called. */
export function useWindows(): Windows {
  const windows = new Windows();
  afterEach(() => windows.leavePages());
  afterAll(() => windows.close());
  return windows;
}
