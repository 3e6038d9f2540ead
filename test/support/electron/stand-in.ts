/** The desktop program in a process of its own, started by the stand-in for Electron, as a test sees it. */
import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { repositoryRoot } from '../shared.ts';

/** Something that happened in the program or that it asks of the user. */
export interface StandInEvent {
  readonly event: string;
  readonly [name: string]: unknown;
}

export interface StandInOptions {
  /** Folder of settings, projects and Chromium's files. */
  readonly home: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Folder with a package.json; the repository otherwise. */
  readonly folder?: string;
}

const folder = join(repositoryRoot, 'test', 'support', 'electron');

export class StandIn {
  readonly events: StandInEvent[] = [];
  readonly exited: Promise<number | null>;
  /** What the user does in dialogs of the system: the answer to a question of the kind. */
  onQuestion: (question: string, options: Record<string, unknown>) => unknown = () => null;
  /** What the program wrote. */
  output = '';
  private readonly child: ChildProcess;
  private readonly wakers = new Set<() => void>();
  private ended = false;
  private browser: Browser | undefined;

  constructor(options: StandInOptions) {
    this.child = fork(
      join(folder, 'program.ts'),
      [options.folder ?? repositoryRoot, ...(options.args ?? [])],
      {
        execArgv: ['--import', join(folder, 'register.ts')],
        cwd: options.home,
        env: {
          ...process.env,
          FORCEWRIGHT_HOME: join(options.home, 'home'),
          STAND_IN_HOME: options.home,
          ...options.env,
        },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      },
    );
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (data) => {
        this.output += String(data);
        if (process.env.STAND_IN_TRACE) process.stderr.write(String(data));
      });
    }
    this.child.on('message', (message: StandInEvent) => {
      this.events.push(message);
      // the answer goes before whatever the test does next
      if (message.event === 'question') {
        const answer = this.onQuestion(String(message.question), message.options as Record<string, unknown>);
        this.child.send({ id: message.id, answer });
      }
      for (const wake of this.wakers) wake();
    });
    this.exited = new Promise((done) =>
      this.child.on('exit', (code) => {
        this.ended = true;
        for (const wake of this.wakers) wake();
        done(code);
      }),
    );
  }

  named(event: string): StandInEvent[] {
    return this.events.filter((each) => each.event === event);
  }

  /** Waits until something has happened so many times. @throws Error when the program ends before */
  async until(event: string, times = 1): Promise<StandInEvent> {
    while (this.named(event).length < times) {
      if (this.ended) throw new Error(`The program ended without “${event}”: ${this.output}`);
      await new Promise<void>((wake) => {
        const once = () => {
          this.wakers.delete(once);
          wake();
        };
        this.wakers.add(once);
      });
    }
    return this.named(event)[times - 1];
  }

  /** The page in the newest window. */
  async page(): Promise<Page> {
    const { port } = await this.until('chromium');
    await this.until('shown');
    this.browser ??= await chromium.connectOverCDP(`http://127.0.0.1:${String(port)}`);
    const pages = this.browser.contexts().flatMap((context) => context.pages());
    const page = pages.findLast((each) => each.url().includes('.forcewright.invalid'));
    if (page === undefined) throw new Error('There is no page of the window.');
    return page;
  }

  command(command: 'close' | 'quit' | 'open-file', path?: string): void {
    this.child.send({ command, path });
  }

  async stop(): Promise<void> {
    if (!this.ended) this.child.disconnect();
    await this.exited;
    await this.browser?.close().catch(() => undefined);
  }
}
