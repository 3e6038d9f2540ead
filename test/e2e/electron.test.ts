/**
 * The desktop program as it is built (main process, preload, window), run by the stand-in for Electron over a real
 * Chromium: it opens, does the whole job, takes projects from the system, and ends well.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Project } from '../../src-main/store/project.ts';
import { JobRepository } from '../../src-main/store/jobs.ts';
import { StandIn, type StandInOptions } from '../support/electron/stand-in.ts';
import { desktopJourney, dropFromDisk } from './support/desktop-journey.ts';
import { dataProject } from './support/silicon-project.ts';
import { hasChromium } from './support/web-host.ts';

vi.setConfig({ testTimeout: 400_000 });

let home: string;
const running: StandIn[] = [];
function start(options: Partial<StandInOptions> = {}): StandIn {
  const program = new StandIn({ home, ...options });
  running.push(program);
  return program;
}
async function stopAll(): Promise<void> {
  for (const program of running.splice(0).reverse()) await program.stop();
}

/** A project file with nothing in it. */
function emptyProject(name: string): string {
  const path = join(home, name);
  Project.open(path, { create: true }).close();
  return path;
}

/** The name of the open project stands at the window's side. */
const opened = (page: Page, name: string) => page.getByText(name).first().waitFor();

describe.skipIf(!hasChromium)('the desktop program on the stand-in for Electron', () => {
  let program: StandIn;
  let page: Page;
  const errors: string[] = [];
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'forcewright-desktop-'));
    program = start();
    page = await program.page();
    page.setDefaultTimeout(180_000);
    page.on('pageerror', (error) => errors.push(error.stack ?? error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
  });
  afterAll(async () => {
    await stopAll();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  });

  it('opens its window after the main module was evaluated, isolated and with shared memory', async () => {
    const order = program.events.map(({ event }) => event);
    expect(order.indexOf('ready')).toBeGreaterThan(order.indexOf('evaluated'));
    expect(order.indexOf('shown')).toBeGreaterThan(order.indexOf('ready'));
    expect(program.named('app-user-model-id')).toHaveLength(1);
    const facts = await page.evaluate<unknown[]>(
      `[crossOriginIsolated, isSecureContext, typeof SharedArrayBuffer, typeof require, typeof process,
        Object.isFrozen(window.forcewright), Object.keys(window.forcewright).sort().join()]`,
    );
    expect(facts).toEqual([
      true,
      true,
      'function',
      'undefined',
      'undefined',
      true,
      'grantFiles,kind,openPipe,platform',
    ]);
  });

  it('does the whole job: drop, import, fit, outlier, refit, reload, dynamics, export', async () => {
    const saveNext = async (path: string) => {
      program.onQuestion = (question) => (question === 'download' ? path : null);
      await program.until('downloaded', program.named('downloaded').length + 1);
    };
    await desktopJourney({ page, folder: home, saveNext });
    expect(errors).toEqual([]);
  });

  it('copies text: the one permission that the page has', async () => {
    await page.getByRole('button', { name: /copy/i }).first().click();
    await expect
      .poll(() => page.evaluate('navigator.clipboard.writeText("x").then(() => "written")'))
      .toBe('written');
    const state = (name: string) =>
      page.evaluate(`navigator.permissions.query({ name: '${name}' }).then(({ state }) => state)`);
    expect(await state('clipboard-write')).toBe('granted');
    expect(await state('geolocation')).toBe('denied');
    expect(await state('camera')).toBe('denied');
  });

  it('says what to do about a file that it cannot read: the remedy comes through IPC', async () => {
    const path = join(home, 'gone.xyz');
    writeFileSync(path, 'x');
    // the file goes away between the drop and the reading
    const answer = page.evaluate<{ ok: boolean; remedy: string }>(
      `new Promise((done) => window.addEventListener('drop', (event) => {
         event.stopImmediatePropagation(); event.preventDefault();
         const [file] = event.dataTransfer.files;
         window.goOn = () => window.forcewright.grantFiles([file]).then(done);
       }, { capture: true, once: true }))`,
    );
    await dropFromDisk(page, [path]);
    rmSync(path);
    await page.evaluate(
      `new Promise((done) => {
         const look = () => (window.goOn ? done(void window.goOn()) : setTimeout(look, 20));
         look();
       })`,
    );
    expect(await answer).toMatchObject({
      ok: false,
      remedy: expect.stringMatching(/still exists/) as string,
    });
    expect(await page.evaluate("window.forcewright.grantFiles([new File(['a'], 'made.xyz')])")).toEqual({
      ok: true,
      value: [],
    });
  });

  it('opens a project that a second instance was given, and comes forward', async () => {
    const path = emptyProject('zweites Projekt.fwproj');
    const second = start({ args: [path] });
    expect(await second.exited).toBe(0);
    expect(second.named('ready')).toEqual([]);
    await program.until('focused');
    await opened(page, 'zweites Projekt');
  });

  it('opens a project of macOS’ open-file', async () => {
    program.command('open-file', emptyProject('dritte Datei.fwproj'));
    await opened(page, 'dritte Datei');
  });

  // the last: a navigation that is refused in Chromium itself, and not before it as in Electron, may take calls along
  it('goes nowhere else and opens no other window', async () => {
    const before = page.url();
    // both once the call has been answered: a call that is under way while its page turns elsewhere may hang
    await page.evaluate(`void setTimeout(() => { location.href = 'https://example.invalid/'; })`);
    await page.waitForTimeout(300);
    await page.evaluate(`void setTimeout(() => window.open('https://example.invalid/'))`);
    await page.waitForTimeout(300);
    expect(page.url()).toBe(before);
  });
});

describe.skipIf(!hasChromium)('how the desktop program begins and ends', () => {
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'forcewright-desktop-'));
  });
  afterEach(stopAll);
  afterAll(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));

  it('waits for ever with a main module that awaits ready at its top level, as Electron does', async () => {
    const folder = join(home, 'old');
    mkdirSync(folder);
    writeFileSync(join(folder, 'package.json'), '{ "type": "module", "main": "main.js" }');
    writeFileSync(join(folder, 'main.js'), "import { app } from 'electron';\nawait app.whenReady();");
    const program = start({ folder });
    await program.until('evaluating');
    await new Promise((later) => setTimeout(later, 1000));
    expect(program.named('ready')).toEqual([]);
    expect(program.named('evaluated')).toEqual([]);
  });

  it('opens the project that was double-clicked', async () => {
    const program = start({ args: [emptyProject('erstes Projekt.fwproj')] });
    const page = await program.page();
    await opened(page, 'erstes Projekt');
    program.command('close');
    expect(await program.exited).toBe(0);
    const order = program.events.map(({ event }) => event);
    // the first quitting is stopped until the project is closed
    expect(order.slice(order.indexOf('window-all-closed'))).toEqual([
      'window-all-closed',
      'before-quit',
      'before-quit',
      'will-quit',
      'quit',
    ]);
  });

  it('says in a box what stands against a project', async () => {
    const path = join(home, 'broken.fwproj');
    writeFileSync(path, 'no project at all');
    const program = start({ args: [path] });
    const { options } = await program.until('question');
    expect(JSON.stringify(options)).toMatch(/broken\.fwproj|project/i);
    await program.page();
  });

  it('shows a window that never paints, once its page is loaded', async () => {
    const program = start({ env: { STAND_IN_NEVER_PAINTS: '1' } });
    const page = await program.page();
    await page.getByRole('heading', { name: 'Forcewright' }).waitFor();
  });

  it('opens the browser where no window comes in time, and says so', async () => {
    const report = join(home, 'report');
    const program = start({
      env: { FORCEWRIGHT_START_LIMIT: '0.05', FORCEWRIGHT_START_REPORT: report },
    });
    const { url } = await program.until('opened-externally');
    expect(program.output).toMatch(/No window opened within 0\.05 seconds: Forcewright opens in the browser/);
    expect((await fetch(String(url))).status).toBe(200);
    expect(existsSync(report)).toBe(true);
    program.command('quit');
    expect(await program.exited).toBe(0);
  });

  it('asks before it quits while a job runs, lets it come to rest, and quits', async () => {
    const path = join(home, 'busy.fwproj');
    await dataProject(path);
    const program = start({ args: [path] });
    const page = await program.page();
    page.setDefaultTimeout(120_000);
    await page
      .getByRole('navigation', { name: 'Pages' })
      .getByRole('link', { name: 'Fit', exact: true })
      .click();
    // as many iterations as it takes: the fit is stopped in its middle
    await page.getByRole('button', { name: 'Start the fit' }).click();
    await page.getByRole('button', { name: 'Stop' }).first().waitFor();
    program.onQuestion = () => 2;
    program.command('quit');
    await program.until('question');
    expect(JSON.stringify(program.named('question')[0])).toMatch(/still running/);
    program.command('close');
    await program.until('question', 2);
    await page.getByRole('button', { name: 'Stop' }).first().waitFor();
    program.onQuestion = () => 0;
    program.command('quit');
    expect(await program.exited).toBe(0);
    const order = program.events.map(({ event }) => event);
    expect(order.slice(-3)).toEqual(['before-quit', 'will-quit', 'quit']);
    using project = Project.open(path);
    const [job] = new JobRepository(project).list({ kind: 'fit' });
    expect(job.state).toBe('interrupted');
  });
});
