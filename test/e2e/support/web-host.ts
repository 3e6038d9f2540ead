/** The real web host in a process of its own, and a real Chromium on its page. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { BROWSER_FLAGS } from '../../support/browser-flags.ts';
import { requireProgram } from '../../support/real-part.ts';
import { repositoryRoot } from '../../support/shared.ts';
import { settled } from './settled.ts';

/** Whether there is a Chromium; its absence is a failure under CI. */
export const hasChromium = requireProgram('chromium', 'apt-get install chromium');

/**
 * How long a step may take, ms. Nothing is measured by it: on a machine that others use too a step may take long
 * without anything being wrong, and what never comes is to be told from what comes late.
 */
export const PATIENCE = Number(process.env.FORCEWRIGHT_PATIENCE ?? 300_000);

export interface RunningHost {
  readonly url: string;
  readonly folder: string;
  readonly process: ChildProcess;
  /** Whether the process still runs. */
  readonly alive: boolean;
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
    get alive() {
      return child.exitCode === null && child.signalCode === null;
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A browser of one's own. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: [...BROWSER_FLAGS] });
}

export interface ArrivalOptions {
  readonly dark?: boolean;
  /** Where to open the page; a browser of its own otherwise. */
  readonly browser?: Browser;
}

/** A page whose errors fail the test. */
export class Visitor {
  readonly browser: Browser;
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors of the page's scripts and refusals of its content security policy. */
  readonly errors: string[] = [];
  private readonly ownsBrowser: boolean;

  private constructor(browser: Browser, context: BrowserContext, page: Page, ownsBrowser: boolean) {
    this.browser = browser;
    this.context = context;
    this.page = page;
    this.ownsBrowser = ownsBrowser;
    page.setDefaultTimeout(PATIENCE);
    page.on('pageerror', (error) => this.errors.push(error.stack ?? error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(`${message.text()} (${message.location().url})`);
    });
    // what the host says of it; the console names the status alone
    page.on('response', (response) => {
      if (response.status() < 400) return;
      void response.text().then(
        (text) => this.errors.push(`${response.status()} ${response.url()}: ${text.slice(0, 500)}`),
        () => undefined,
      );
    });
  }

  /** Opens the host's page and waits until it answers to keys and clicks. */
  static async arrive(url: string, options: ArrivalOptions = {}): Promise<Visitor> {
    const browser = options.browser ?? (await launchBrowser());
    const context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      colorScheme: options.dark ? 'dark' : 'light',
      // bars that go round for ever take the processor from what they wait for
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    const visitor = new Visitor(browser, context, page, options.browser === undefined);
    await page.goto(url);
    await visitor.ready();
    return visitor;
  }

  /** Until the page has heard from its host: it shows the start screen, or the pages of a project. */
  async ready(): Promise<void> {
    const start = this.page.getByRole('heading', { name: 'Forcewright' });
    await start.or(this.rail('Home')).first().waitFor();
  }

  /** A link of the rail of pages. */
  rail(name: string) {
    return this.page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name });
  }

  /** Saves what is seen when the page has come to rest, to be looked at by people. */
  async picture(name: string): Promise<void> {
    const folder = join(repositoryRoot, 'test-output', 'screenshots');
    mkdirSync(folder, { recursive: true });
    await settled(this.page);
    await this.page.screenshot({ path: join(folder, `${name}.png`) });
  }

  async leave(): Promise<void> {
    if (this.ownsBrowser) await this.browser.close();
    else await this.context.close();
  }
}
