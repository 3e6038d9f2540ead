/** The real web host in a process of its own, and a real Chromium on its page. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { requireProgram } from '../../support/real-part.ts';
import { repositoryRoot } from '../../support/shared.ts';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // software WebGL for the 3D view
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
];

/** Whether there is a Chromium; its absence is a failure under CI. */
export const hasChromium = requireProgram('chromium', 'apt-get install chromium');

export interface RunningHost {
  readonly url: string;
  readonly folder: string;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

export interface HostOptions {
  readonly args?: readonly string[];
  readonly folder?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Runs the host as another user; only root can. */
  readonly user?: number;
  /** Program in whose hands the host is started: the host's own command follows its arguments. */
  readonly under?: readonly string[];
}

/** Starts `forcewright serve` with projects and settings in a fresh folder. */
export async function startHost(options: HostOptions = {}): Promise<RunningHost> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'forcewright-e2e-'));
  const [program, ...args] = [
    ...(options.under ?? []),
    join(repositoryRoot, 'bin', 'forcewright'),
    ...['serve', '--json', '--projects', join(folder, 'projects')],
    ...(options.args ?? []),
  ];
  const child = spawn(program, args, {
    env: { ...process.env, FORCEWRIGHT_HOME: join(folder, 'home'), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.user === undefined ? {} : { uid: options.user, gid: options.user }),
  });
  const ended = new Promise<void>((done) => child.on('exit', () => done()));
  const url = await new Promise<string>((done, fail) => {
    let text = '';
    let errors = '';
    child.stderr.on('data', (data) => {
      errors += String(data);
      process.stderr.write(data);
    });
    child.stdout.on('data', (data) => {
      text += String(data);
      if (text.includes('\n')) done((JSON.parse(text) as { url: string }).url);
    });
    child.on('exit', () => fail(new Error(`The host ended before it listened: ${errors}`)));
  });
  return {
    url,
    folder,
    process: child,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A browser, and a page whose errors fail the test. */
export class Visitor {
  readonly browser: Browser;
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors of the page's scripts and refusals of its content security policy. */
  readonly errors: string[] = [];

  private constructor(browser: Browser, context: BrowserContext, page: Page) {
    this.browser = browser;
    this.context = context;
    this.page = page;
    page.on('pageerror', (error) => this.errors.push(error.stack ?? error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(`${message.text()} (${message.location().url})`);
    });
  }

  static async arrive(url: string, options: { dark?: boolean } = {}): Promise<Visitor> {
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });
    const context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      colorScheme: options.dark ? 'dark' : 'light',
    });
    const page = await context.newPage();
    const visitor = new Visitor(browser, context, page);
    await page.goto(url);
    return visitor;
  }

  /** Saves what is seen, to be looked at by people. */
  async picture(name: string): Promise<void> {
    const folder = join(repositoryRoot, 'test-output', 'screenshots');
    mkdirSync(folder, { recursive: true });
    await this.page.screenshot({ path: join(folder, `${name}.png`) });
  }

  async leave(): Promise<void> {
    await this.browser.close();
  }
}
